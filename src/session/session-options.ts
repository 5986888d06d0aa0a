import type { AuthServerOptions } from '../server/options.js';
import type { LoginCommonOptions } from '../login/login-options.js';
import type { TokenStore } from './token-store.js';
import type { Tokens } from './tokens.js';

/** The options that every session has. */
export interface CommonSessionOptions {
  /** The name of the app, 1 to 64 of the characters a-z, 0-9, `.`, `_` and `-`: the folder of its tokens. */
  name: string;
  /** Where the tokens are kept. @default `createFileTokenStore({ name })` */
  store?: TokenStore | undefined;
  /** Whether a call may ask the user to sign in. @default true */
  interactive?: boolean | undefined;
  /** How long a caller waits for the provider's response to a refresh, in milliseconds. @default 30,000 */
  refreshTimeout?: number | undefined;
}

/**
 * The options of a session whose tokens come from the functions of an SDK.
 *
 * @example
 * ```ts
 * import { login } from 'embed-auth-server';
 * import { createSession } from 'embed-auth-server/session';
 *
 * // Functions of the SDK: they resolve to token responses in wire form.
 * declare function exchangeCode(code: string, redirectUri: string, codeVerifier?: string): Promise<object>;
 * declare function refreshTokens(refreshToken: string): Promise<object>;
 *
 * const session = createSession({
 *   name: 'my-app',
 *   key: 'https://accounts.example.com my-client-id',
 *   signIn: ({ signal }) =>
 *     login({
 *       clientId: 'my-client-id',
 *       authorizationEndpoint: 'https://accounts.example.com/authorize',
 *       exchange: ({ code, redirectUri, codeVerifier }) => exchangeCode(code, redirectUri, codeVerifier),
 *       terminal: true,
 *       signal,
 *     }),
 *   refresh: (refreshToken) => refreshTokens(refreshToken),
 * });
 * console.log((await session.accessToken()).length);
 * ```
 */
export interface SdkSessionOptions extends CommonSessionOptions {
  /** Whose tokens these are: name the provider, the client and, if the app has several, the account. */
  key: string;
  /**
   * Signs the user in, and resolves to a token response in wire form: `access_token`, `expires_in` (seconds) or `expires_at`
   * (milliseconds since 1970), `refresh_token`, ... A grant with an access token is one, too.
   */
  signIn: (context: { signal: AbortSignal }) => unknown;
  /**
   * Refreshes: sends `refreshToken` once, and resolves to a token response in wire form. The sign-in is over if it rejects with an error
   * whose `error`, or whose `cause`'s, is `invalid_grant`, or resolves to undefined. Every other rejection keeps the tokens.
   * @default the user signs in when the access token is over
   */
  refresh?: ((refreshToken: string, context: { tokens: Tokens; signal: AbortSignal }) => unknown) | undefined;
  /** Tells the provider that the tokens are no longer needed. @default nothing */
  revoke?: ((tokens: Tokens, context: { signal: AbortSignal }) => unknown) | undefined;
}

/** The endpoints of a provider without discovery: https, or http on this machine. */
export interface SessionEndpoints {
  /** The authorization endpoint. */
  authorization?: string | URL | undefined;
  /** The token endpoint. */
  token: string | URL;
  /** The device authorization endpoint (RFC 8628). */
  deviceAuthorization?: string | URL | undefined;
  /** The revocation endpoint (RFC 7009). */
  revocation?: string | URL | undefined;
  /** The pushed authorization request endpoint (RFC 9126); if it is given, it is used. */
  pushedAuthorizationRequest?: string | URL | undefined;
}

/** What a session's sign-in takes from the options of `login()` and `AuthServer`. */
export type SessionLoginOptions = AuthServerOptions &
  Pick<
    LoginCommonOptions<'code', unknown>,
    'redirectUri' | 'server' | 'openBrowser' | 'onRejected' | 'prompt' | 'terminal'
  > & {
    /**
     * Called with the login URI before the browser is opened; with the device grant and without a terminal, with the address at which the
     * user enters `userCode`.
     */
    onLoginUri?: ((uri: URL, details: { startUri?: URL; userCode?: string; expiresAt?: number }) => void) | undefined;
    /** How the provider returns the response. @default the provider's default */
    responseMode?: 'query' | 'fragment' | 'form_post' | undefined;
    /** How long the user may take, in milliseconds; false: as long as they like. @default 300,000 */
    timeout?: number | false | undefined;
  };

/** The options of a session whose provider is known. */
export interface ProviderSessionOptions extends CommonSessionOptions {
  /** The issuer: its endpoints are looked up (OpenID Connect Discovery, then RFC 8414). `issuer` or `endpoints` is required. */
  issuer?: string | URL | undefined;
  /** The endpoints, if there is no discovery. */
  endpoints?: SessionEndpoints | undefined;
  /** The id that the provider gave the app. */
  clientId: string;
  /** The client secret, if the provider demands one. A secret that is shipped to users is none. @default none: a public client */
  clientSecret?: string | undefined;
  /** The scopes. A new scope in an update of the app asks the user to sign in again. @default none */
  scope?: readonly string[] | undefined;
  /** The API that the tokens are for (RFC 8707). `fetch` then sends them to its origin only. @default none */
  resource?: string | URL | undefined;
  /** Further parameters of the authorization request. @default none */
  extraParams?: Readonly<Record<string, string | readonly string[]>> | undefined;
  /**
   * How the user signs in: `browser`, `device` (RFC 8628), or `auto`: the device grant if no browser can be near and the provider has it.
   * @default `browser`
   */
  grant?: 'browser' | 'device' | 'auto' | undefined;
  /** Tells several accounts of one app apart. @default '' */
  key?: string | undefined;
  /** The options of the sign-in. `terminal` is true by default. */
  login?: SessionLoginOptions | undefined;
}

/** The options of {@link createSession}: a provider, or the functions of an SDK. */
export type SessionOptions =
  | (ProviderSessionOptions & { [Name in 'signIn' | 'refresh' | 'revoke']?: never })
  | (SdkSessionOptions & { [Name in Exclude<keyof ProviderSessionOptions, keyof SdkSessionOptions>]?: never });

/** The options of one call of a session. */
export interface TokenOptions {
  /** How many seconds the token must still be valid for, if it need not be refreshed. @default 60 */
  minimumLifetime?: number | undefined;
  /** Whether this call may ask the user to sign in. @default that of the session */
  interactive?: boolean | undefined;
  /** Whether to refresh a token that is still valid. @default false */
  forceRefresh?: boolean | undefined;
  /** Ends the waiting. A refresh that was sent goes on. @default none */
  signal?: AbortSignal | undefined;
}

/** @internal Whether the tokens come from the functions of an SDK. */
export function isSdk(options: SdkSessionOptions | ProviderSessionOptions): options is SdkSessionOptions {
  return 'signIn' in options && typeof (options as Partial<SdkSessionOptions>).signIn === 'function';
}
