import { AuthError, nameErrorClass, replaceControls, setDetails, type AuthErrorCode } from '../errors.js';

/** The codes of a {@link SessionError}. */
export type SessionErrorCode = Extract<AuthErrorCode, 'SIGN_IN_REQUIRED' | 'REFRESH_FAILED' | `STORE_${string}`>;

/** @internal The members of a {@link SessionError} in addition to its message. */
export interface SessionErrorDetails {
  readonly cause?: unknown;
  readonly oauthError?: string | undefined;
  readonly retryAfter?: number | undefined;
  readonly reason?: string | undefined;
}

/**
 * A session has no token for the app. `code` says why:
 *
 * - `SIGN_IN_REQUIRED`: the user must sign in, and this call must not ask (`interactive: false`), or the sign-in ended without tokens;
 * - `REFRESH_FAILED`: the provider could not be reached or gave no verdict; the tokens are kept, try again later;
 * - `STORE_UNREADABLE`: the stored tokens must not be used, or are of another version of this package; nothing was deleted;
 * - `STORE_UNWRITABLE`: nothing can be written, so nothing was sent to the provider;
 * - `STORE_LOCKED`: another process holds the lock for too long;
 * - `STORE_UNAVAILABLE`: the store itself is missing, fails or hangs.
 *
 * Neither the message nor the `cause` contains a token.
 *
 * @example
 * ```ts
 * import { createSession, SessionError } from 'embed-auth-server/session';
 *
 * const session = createSession({ name: 'my-app', issuer: 'https://accounts.example.com', clientId: 'my-client-id' });
 * try {
 *   await session.accessToken({ interactive: false });
 * } catch (error) {
 *   if (error instanceof SessionError && error.code === 'SIGN_IN_REQUIRED') console.error('Run `my-app login` first.');
 *   else throw error;
 * }
 * ```
 */
export class SessionError extends AuthError {
  static {
    nameErrorClass(this, 'SessionError', ['oauthError', 'retryAfter', 'reason']);
  }

  /** The provider's error code, such as `invalid_client`, if it sent one. */
  declare readonly oauthError: string | undefined;
  /** The seconds after which the provider wants to be asked again, if it said so. */
  declare readonly retryAfter: number | undefined;
  /** Why a sign-in ended without tokens: the `code` of its error, such as `ACCESS_DENIED`. */
  declare readonly reason: string | undefined;

  /** @internal */
  constructor(code: SessionErrorCode, message: string, details: SessionErrorDetails = {}) {
    super(code, message, details.cause === undefined ? undefined : { cause: details.cause });
    const { retryAfter, reason } = details;
    const oauthError = replaceControls(details.oauthError)?.slice(0, 100);
    setDetails<SessionError>(this, { oauthError, retryAfter, reason });
  }
}

/**
 * @internal A copy of an error of the app, its SDK or its store, without its members: they may hold tokens, as may its text. Long words
 * that look like tokens are left out, too.
 */
export function withoutTokens(error: unknown, secrets: readonly (string | undefined)[] = []): Error {
  const { code, name } = Object(error) as { code?: unknown; name?: unknown };
  const safe = new Error(textWithoutTokens(error instanceof Error ? error.message : typeof error, secrets));
  if (typeof name === 'string' && /^\w{1,50}$/.test(name)) safe.name = name;
  if (error instanceof Error) delete safe.stack;
  return typeof code === 'string' && /^\w{1,50}$/.test(code) ? Object.assign(safe, { code }) : safe;
}

/** @internal A text that another one follows. */
export function asSentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** @internal A text for a message: one line, at most 300 characters, without tokens. */
export function textWithoutTokens(text: string, secrets: readonly (string | undefined)[] = []): string {
  const hidden = secrets.reduce<string>((rest, secret) => (secret ? rest.replaceAll(secret, '[hidden]') : rest), text);
  return (replaceControls(hidden) ?? '').replace(/[\w.~+=-]{32,}/g, '[hidden]').slice(0, 300);
}
