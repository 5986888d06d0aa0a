import { ProviderError } from '../oauth/provider-error.js';
import { asSentence, SessionError, withoutTokens, type SessionErrorDetails } from './session-error.js';
import type { Tokens } from './tokens.js';

/** @internal The error for a refresh that brought neither tokens nor a verdict. */
export function failure(problem: string, details: SessionErrorDetails = {}): SessionError {
  const again = details.retryAfter === undefined ? 'Try again later' : `Try again in ${details.retryAfter} seconds`;
  return new SessionError(
    'REFRESH_FAILED',
    `The access token could not be refreshed; the sign-in is kept. ${asSentence(problem)} ${again}.`,
    details,
  );
}

/**
 * @internal The error for a request of this package that brought neither tokens nor a verdict.
 *
 * @param tokens - the tokens of before, of which the provider may speak, although they were not sent
 */
export function refreshFailure(error: unknown, { accessToken, idToken }: Partial<Tokens> = {}): Error {
  if (!(error instanceof ProviderError)) {
    const cause = withoutTokens(error);
    return failure(cause.message, { cause });
  }
  const { message, oauthError, retryAfter } = error;
  const tokens = [accessToken, idToken].filter((token) => token !== undefined);
  const hide = (text: string): string => tokens.reduce((rest, token) => rest.replaceAll(token, '[hidden]'), text);
  const cause = hide(message) === message ? error : undefined;
  return failure(hide(message), { cause, oauthError: oauthError && hide(oauthError), retryAfter });
}
