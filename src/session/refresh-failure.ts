import { ProviderError } from '../oauth/provider-error.js';
import { SessionError, withoutTokens, type SessionErrorDetails } from './session-error.js';

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

/** @internal The error for a request of this package that brought neither tokens nor a verdict. */
export function refreshFailure(error: unknown): Error {
  if (!(error instanceof ProviderError)) {
    const cause = withoutTokens(error);
    return failure(cause.message, { cause });
  }
  const { message, oauthError, retryAfter } = error;
  return failure(message, { cause: error, oauthError, retryAfter });
}
