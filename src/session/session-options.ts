import type { AuthServerOptions } from '../server/options.js';
import type { LoginCommonOptions } from '../login/login-options.js';
import { assertKnownOptions } from '../oauth/known-options.js';
import { isHttpsOrLoopback } from '../oauth/redirect-uri.js';
import { checkName } from './store-folder.js';
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

/** @internal The options of a call, with their defaults. */
export interface CheckedTokenOptions {
  readonly minimumLifetime: number;
  readonly interactive: boolean;
  readonly forceRefresh: boolean;
  readonly signal: AbortSignal | undefined;
}

type AnyOptions = {
  [Name in keyof ProviderSessionOptions | keyof SdkSessionOptions]?:
    (ProviderSessionOptions & Omit<SdkSessionOptions, 'key'>)[Name] | undefined;
};

const commonNames = { name: true, store: true, interactive: true, refreshTimeout: true, key: true };
const sdkNames = { signIn: true, refresh: true, revoke: true };
const providerNames = {
  ...{ issuer: true, endpoints: true, clientId: true, clientSecret: true, scope: true },
  ...{ resource: true, extraParams: true, grant: true, login: true },
};
const tokenNames = { minimumLifetime: true, interactive: true, forceRefresh: true, signal: true };

/** @internal Where the options of the sign-in are, such as `port`. */
export const loginHint = '. The options of the sign-in, such as `port`, are in `login`';

/** @internal Checks the options before anything is done. */
export function checkSessionOptions(given: SessionOptions): SdkSessionOptions | ProviderSessionOptions {
  assertKnownOptions('createSession', given, { ...commonNames, ...sdkNames, ...providerNames }, loginHint);
  const options: AnyOptions = given;
  checkName(options.name);
  checkType(options, 'boolean', ['interactive']);
  checkType(options, 'function', ['signIn', 'refresh', 'revoke']);
  checkType(options, 'string', ['clientSecret', 'key']);
  checkStore(options.store);
  const { refreshTimeout } = options;
  if (
    refreshTimeout !== undefined &&
    !(Number.isFinite(refreshTimeout) && refreshTimeout > 0 && refreshTimeout < 2 ** 31)
  ) {
    throw new RangeError('`refreshTimeout` must be a positive number of milliseconds below 2 ** 31');
  }
  if (options.signIn !== undefined) {
    const other = Object.keys(providerNames).find((name) => options[name as keyof AnyOptions] !== undefined);
    if (other !== undefined)
      throw new TypeError(`\`${other}\` cannot be combined with \`signIn\`: the SDK has its own`);
    if (!options.key)
      throw new TypeError(
        '`key` is required with `signIn`: it tells whose tokens these are, such as the issuer and the client id',
      );
    return given;
  }
  const sdkOnly = (['refresh', 'revoke'] as const).find((name) => options[name] !== undefined);
  if (sdkOnly !== undefined) throw new TypeError(`\`${sdkOnly}\` requires \`signIn\``);
  checkProviderOptions(options);
  return given;
}

/** @internal Whether the tokens come from the functions of an SDK. */
export function isSdk(options: SdkSessionOptions | ProviderSessionOptions): options is SdkSessionOptions {
  return 'signIn' in options && typeof (options as Partial<SdkSessionOptions>).signIn === 'function';
}

/** @internal The options of a call, with their defaults. */
export function checkTokenOptions(
  caller: string,
  given: TokenOptions,
  interactiveByDefault: boolean,
): CheckedTokenOptions {
  assertKnownOptions(caller, given, tokenNames);
  const { minimumLifetime = 60, interactive = interactiveByDefault, forceRefresh = false, signal } = given;
  if (typeof minimumLifetime !== 'number' || !(minimumLifetime >= 0)) {
    throw new RangeError('`minimumLifetime` must be a number of seconds, 0 or more');
  }
  checkType({ interactive, forceRefresh }, 'boolean', ['interactive', 'forceRefresh']);
  checkSignal(signal);
  return { minimumLifetime, interactive, forceRefresh, signal };
}

/** @internal */
export function checkSignal(signal: unknown): void {
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw new TypeError('`signal` must be an AbortSignal');
}

function checkProviderOptions(options: AnyOptions): void {
  const { issuer, endpoints, clientId, scope, resource, grant, extraParams, login } = options;
  if (issuer === undefined && endpoints === undefined) {
    throw new TypeError('`issuer`, `endpoints` or `signIn` is required: where the tokens come from');
  }
  if (typeof clientId !== 'string' || clientId === '')
    throw new TypeError('`clientId` is required: the id that the provider gave the app');
  if (issuer !== undefined) checkUri('issuer', issuer);
  if (resource !== undefined) checkAbsolute('resource', resource);
  if (endpoints !== undefined) {
    const names = {
      authorization: true,
      token: true,
      deviceAuthorization: true,
      revocation: true,
      pushedAuthorizationRequest: true,
    };
    assertKnownOptions('createSession endpoints', endpoints, names);
    for (const [name, uri] of Object.entries(endpoints)) if (uri !== undefined) checkUri(`endpoints.${name}`, uri);
    if (issuer === undefined && (endpoints as Partial<SessionEndpoints>).token === undefined) {
      throw new TypeError('`endpoints.token` is required: the token endpoint');
    }
  }
  if (
    scope !== undefined &&
    !(Array.isArray(scope) && scope.every((name) => typeof name === 'string' && /^[!#-[\]-~]+$/.test(name)))
  ) {
    throw new TypeError("`scope` must be a list of scopes, such as ['openid', 'offline_access']");
  }
  if (grant !== undefined && !['browser', 'device', 'auto'].includes(grant)) {
    throw new TypeError("`grant` must be 'browser', 'device' or 'auto'");
  }
  for (const [name, value] of Object.entries({ extraParams, login })) {
    if (value !== undefined && typeof value !== 'object') throw new TypeError(`\`${name}\` must be an object`);
  }
}

function checkUri(name: string, value: unknown): void {
  if (isHttpsOrLoopback(checkAbsolute(name, value))) return;
  throw new TypeError(`\`${name}\` must be https, or http on this machine`);
}

/** @internal */
export function checkAbsolute(name: string, value: unknown): URL {
  if ((typeof value === 'string' || value instanceof URL) && URL.canParse(String(value))) return new URL(value);
  throw new TypeError(`\`${name}\` must be an absolute URI`);
}

/** @internal */
export function checkStore(store: unknown): void {
  if (store === undefined) return;
  const found = Object(store) as Record<string, unknown>;
  for (const name of ['read', 'write', 'delete']) {
    if (typeof found[name] !== 'function') {
      throw new TypeError(
        `\`store\` must be an object with the methods \`read\`, \`write\` and \`delete\`; it has no \`${name}\``,
      );
    }
  }
  if (found['lock'] !== undefined && typeof found['lock'] !== 'function')
    throw new TypeError('`store.lock` must be a function');
}

function checkType(
  options: Readonly<Record<string, unknown>> | AnyOptions,
  type: 'boolean' | 'function' | 'string',
  names: readonly string[],
): void {
  for (const name of names) {
    const value = (options as Readonly<Record<string, unknown>>)[name];
    if (value !== undefined && typeof value !== type)
      throw new TypeError(`\`${name}\` must be a ${type}, not ${typeof value}`);
  }
}
