import { AuthorizationError } from '../errors.js';
import type { ExpectedRequest, ValidationResult } from '../oauth/authorization-response.js';
import type { GrantResponse } from '../oauth/grant-response.js';
import { cleanPastedUri } from '../oauth/pasted-text.js';
import { otherSignIn } from './rejection-advice.js';

/** @internal What receives the pasted URI: an `AuthServer`. */
interface Receiver {
  readonly redirectUri: string;
  validate(uri: string | URL): { result: ValidationResult; expected: ExpectedRequest | undefined };
  receive(uri: string | URL): Promise<GrantResponse>;
}

/** @internal Asks until the pasted text is accepted, or there is nothing more to ask; then only the server waits. */
export async function askUntilAccepted<Context extends { readonly uri: URL; readonly signal: AbortSignal }>(
  prompt: (context: Context & { readonly error: AuthorizationError | undefined }) => unknown,
  receiver: Receiver,
  { state }: ExpectedRequest,
  context: Context,
): Promise<void> {
  const { signal } = context;
  let error: AuthorizationError | undefined;
  for (let isFirst = true; !signal.aborted; isFirst = false) {
    // A `prompt` that responds at once must leave the server its turn, and the timers theirs.
    if (!isFirst) await new Promise((resolve) => setTimeout(resolve));
    let pasted: unknown;
    try {
      pasted = await prompt({ ...context, uri: new URL(context.uri), error });
    } catch (failure) {
      if (isAborted(signal)) return;
      throw failure;
    }
    if (pasted === undefined || isAborted(signal)) return;
    try {
      // Rejected text must not end the sign-in: it is validated first, without side effects.
      const uri = typeof pasted === 'string' ? cleanPastedUri(pasted, receiver.redirectUri) : (pasted as URL);
      const { result, expected } = receiver.validate(uri);
      const isThisSignIn = expected === undefined || expected.state === state;
      const isFinal = result.kind === 'grant' || (result.kind === 'error' && result.rejection === undefined);
      if (isThisSignIn && isFinal) {
        await receiver.receive(uri).catch(() => undefined); // The wait ends with the same error.
        return;
      }
      error =
        result.kind === 'grant' || !isThisSignIn ? new AuthorizationError('STATE_FOREIGN', otherSignIn) : result.error;
    } catch (failure) {
      if (!(failure instanceof AuthorizationError)) throw failure;
      error = failure;
    }
  }
}

/** Asked again after each wait. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
