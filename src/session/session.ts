import { checkSessionOptions } from './option-checks.js';
import type { SessionOptions, TokenOptions } from './session-options.js';
import { TokenSession } from './token-session.js';
import type { SessionEvents, Tokens } from './tokens.js';

/**
 * Keeps a user signed in: {@link createSession} makes one.
 *
 * All processes of an app share the tokens, refresh once, and ask the user once.
 */
export interface Session {
  /**
   * An access token that is valid now. Refreshes it or asks the user to sign in if needed.
   *
   * @param options - see {@link TokenOptions}
   * @throws {@link SessionError}
   */
  accessToken(options?: TokenOptions): Promise<string>;
  /** The same, with everything that belongs to the access token. */
  tokens(options?: TokenOptions): Promise<Tokens>;
  /**
   * `fetch` with the access token. After a 401, the token is refreshed once, and the request is sent once more, unless its body can be
   * read only once.
   *
   * @throws TypeError if the token would be sent in clear text, or to another origin than that of `resource`
   * @throws {@link SessionError}
   */
  fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>;
  /** The stored tokens, valid or not. Asks neither the provider nor the user. */
  peek(): Promise<Tokens | undefined>;
  /**
   * Signs the user out: revokes the tokens at the provider (RFC 7009), and deletes them, also if the provider is out of reach.
   *
   * @returns whether the provider has confirmed it
   */
  signOut(options?: { signal?: AbortSignal | undefined }): Promise<{
    /** Whether the provider has confirmed that they end. */
    revoked: boolean;
  }>;
  /** Adds a listener. */
  on<Name extends keyof SessionEvents>(event: Name, listener: (...args: SessionEvents[Name]) => unknown): this;
  /** Removes a listener. */
  off<Name extends keyof SessionEvents>(event: Name, listener: (...args: SessionEvents[Name]) => unknown): this;
}

/**
 * Creates a session: it signs the user in once, and keeps access tokens valid, in every process of the app.
 *
 * @param options - a provider (`issuer` or `endpoints`, and `clientId`), or the functions of an SDK (`signIn`, `refresh`, `revoke`)
 * @returns the session. Nothing is read or sent before it is used.
 * @throws TypeError or RangeError naming the option that was wrong
 *
 * @example
 * ```ts
 * import { createSession } from 'embed-auth-server/session';
 *
 * const session = createSession({
 *   name: 'my-app',
 *   issuer: 'https://accounts.example.com',
 *   clientId: 'my-client-id',
 *   scope: ['openid', 'offline_access'],
 * });
 * const response = await session.fetch('https://api.example.com/me');
 * console.log(response.status);
 * ```
 */
export function createSession(options: SessionOptions): Session {
  return new TokenSession(checkSessionOptions(options));
}
