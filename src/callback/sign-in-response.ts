import {
  validateResponse,
  type ExpectedRequest,
  type ReceivedResponse,
  type ResponseRejection,
} from '../oauth/authorization-response.js';
import type { PageView } from '../page/renderer.js';
import { describeParameters, trace } from '../trace.js';
import { attempt, type CallbackHost, type Failure } from './host.js';
import { statusOfOutcome, success, viewOfOutcome, type ResponseWriter } from './response-writer.js';

/** @internal Validates a response, uses its request up, notifies the app, and completes the page. */
export async function respond(
  host: CallbackHost,
  received: ReceivedResponse,
  expected: ExpectedRequest | 'used' | undefined,
  writer: ResponseWriter,
): Promise<Failure | undefined> {
  const { allowUnsolicited, redirectUri } = host;
  let result = validateResponse(received, expected, { allowUnsolicited, redirectUri });
  if (result.kind !== 'rejected') {
    // What takes time is done before the request is used up, so that event and page share one turn of the event loop.
    await writer.prepare(result.kind === 'grant' ? success : errorView(result.error.code, expected));
    const consumed = typeof expected === 'object' ? host.consume(expected) : true;
    if (!(typeof consumed === 'boolean' ? consumed : await consumed)) result = validateResponse(received, 'used');
  }
  trace('response with %s: %s', describeParameters(received.params), result.kind);
  if (result.kind === 'rejected') {
    const failure = attempt(() => {
      host.rejected(result.reason);
    });
    const isBareError = received.hasError && received.state === undefined && result.reason === 'state_foreign';
    await writer.finish(...rejectedViews[isBareError ? 'error_without_state' : result.reason]);
    return failure;
  }
  const known = typeof expected === 'object' ? expected : undefined;
  const rejection = result.kind === 'error' ? result.rejection : undefined;
  const failure =
    rejection &&
    attempt(() => {
      host.rejected(rejection, known);
    });
  const delivery = host.deliver(result, known);
  const { page, failure: thrown } = 'then' in delivery ? await delivery : delivery;
  const { outcome } = page;
  if (result.kind === 'error') {
    const status = rejection === undefined ? 200 : 400;
    await writer.finish(
      errorView(result.error.code, expected),
      status,
      rejection === undefined ? page.redirectFor('failed') : undefined,
    );
  } else if (typeof outcome === 'string') {
    await writer.finish(viewOfOutcome(outcome), statusOfOutcome(outcome), page.redirectFor(outcome));
  } else {
    await writer.hold(page);
  }
  trace('page complete');
  return thrown ?? failure;
}

const rejectedViews: Readonly<Record<ResponseRejection | 'error_without_state', [PageView, number]>> = {
  state_foreign: [{ state: 'error', reason: 'state_foreign' }, 400],
  error_without_state: [{ state: 'error', reason: 'error_without_state' }, 400],
  state_used: [{ state: 'pending', reason: 'state_used' }, 409],
  malformed: [{ state: 'error', reason: 'malformed' }, 400],
  empty: [{ state: 'error', reason: 'malformed' }, 400],
  wrong_issuer: [{ state: 'error', reason: 'wrong_issuer' }, 400],
  wrong_redirect_uri: [{ state: 'error', reason: 'malformed' }, 400],
};

function errorView(code: string, expected: unknown): PageView {
  // The page shows the provider's words only if the state proves that they are the provider's.
  if (typeof expected !== 'object') return { state: 'error', reason: 'error_without_state' };
  const reasons = {
    ACCESS_DENIED: 'denied',
    AUTHORIZATION_FAILED: 'refused',
    ISSUER_MISMATCH: 'wrong_issuer',
  } as const;
  return { state: 'error', reason: code in reasons ? reasons[code as keyof typeof reasons] : 'malformed' };
}
