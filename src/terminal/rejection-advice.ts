import { AuthorizationError } from '../errors.js';
import { rejectionRow } from '../outcomes.js';

/** One line for the terminal; undefined for a reason that the user need not know. */
export function adviceFor(reason: string): string | undefined {
  return rejectionRow(reason)?.terminal;
}

/** @internal */
export const otherSignIn = 'This address belongs to another sign-in. Copy the one of this sign-in.';

/** What the user reads about a pasted text that was not accepted. */
export function adviceForPaste(error: Error, redirectUri: string): string {
  switch (error instanceof AuthorizationError ? error.code : undefined) {
    case 'STATE_FOREIGN':
    case 'STATE_USED':
      return otherSignIn;
    case 'REDIRECT_URI_MISMATCH':
    case 'RESPONSE_EMPTY':
    case 'RESPONSE_MALFORMED':
      return `This is not the whole address of the page after the sign-in, which begins with ${redirectUri}.`;
    default:
      return error.message;
  }
}
