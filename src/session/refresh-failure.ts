import { SessionError, type SessionErrorDetails } from './session-error.js';

/** @internal The error for a refresh that brought neither tokens nor a verdict. */
export function failure(problem: string, details: SessionErrorDetails = {}): SessionError {
  const again = details.retryAfter === undefined ? 'Try again later' : `Try again in ${details.retryAfter} seconds`;
  const sentence = /[.!?]$/.test(problem) ? problem : `${problem}.`;
  return new SessionError(
    'REFRESH_FAILED',
    `The access token could not be refreshed; the sign-in is kept. ${sentence} ${again}.`,
    details,
  );
}
