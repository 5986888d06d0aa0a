import { assertKnownOptions } from '../oauth/known-options.js';
import {
  abortSignal,
  anyText,
  callable,
  flag,
  milliseconds,
  oneOf,
  optional,
  parseOptions,
  readOptions,
  shapeOf,
  text,
  type Check,
  type OptionRows,
  type Parsed,
} from '../oauth/option-rows.js';
import { isHttpsOrLoopback } from '../oauth/redirect-uri.js';
import type {
  ProviderSessionOptions,
  SdkSessionOptions,
  SessionEndpoints,
  SessionOptions,
  TokenOptions,
} from './session-options.js';
import { checkName } from './store-folder.js';
import type { TokenStore } from './token-store.js';

/** @internal An object whose members are checked where they are used. */
export const anyObject: Check<object> = (value, name) => {
  if (typeof value === 'object' && value !== null) return value;
  throw new TypeError(`\`${name}\` must be an object, not ${shapeOf(value)}`);
};

const absoluteUri: Check<URL> = (value, name) => {
  if ((typeof value === 'string' || value instanceof URL) && URL.canParse(String(value))) return new URL(value);
  throw new TypeError(`\`${name}\` must be an absolute URI`);
};

/** @internal A URI to which tokens are sent. */
export const safeUri: Check<URL> = (value, name) => {
  const uri = absoluteUri(value, name);
  if (isHttpsOrLoopback(uri)) return uri;
  throw new TypeError(`\`${name}\` must be https, or http on this machine`);
};

/** @internal The exact text of a resource indicator (RFC 8707, section 2). */
export const resourceUri: Check<string> = (value, name) => {
  if (absoluteUri(value, name).href.includes('#')) throw new TypeError(`\`${name}\` must have no fragment`);
  return String(value);
};

/** @internal The exact text of the URI of a client ID metadata document. */
export const documentUri: Check<string> = (value, name) => {
  const { hash, pathname, protocol } = absoluteUri(value, name);
  if (protocol === 'https:' && pathname !== '/' && hash === '') return String(value);
  throw new TypeError(`\`${name}\` must be an https URI with a path and without a fragment`);
};

/** @internal */
export const tokenStore: Check<TokenStore> = (value, name) => {
  const found = Object(value) as Partial<Record<string, unknown>>;
  const missing = ['read', 'write', 'delete'].find((method) => typeof found[method] !== 'function');
  if (missing !== undefined) {
    throw new TypeError(
      `\`${name}\` must be an object with the methods \`read\`, \`write\` and \`delete\`; it has no \`${missing}\``,
    );
  }
  optional(callable())(found['lock'], `${name}.lock`);
  return value as TokenStore; // It has the methods.
};

const scopes: Check<readonly string[]> = (value, name) => {
  const isScope = (scope: unknown): boolean => typeof scope === 'string' && /^[!#-[\]-~]+$/.test(scope);
  if (Array.isArray(value) && value.every(isScope)) return value as readonly string[];
  throw new TypeError(`\`${name}\` must be a list of scopes, such as ['openid', 'offline_access']`);
};

const endpointRows = {
  authorization: optional(safeUri),
  token: optional(safeUri),
  deviceAuthorization: optional(safeUri),
  revocation: optional(safeUri),
  pushedAuthorizationRequest: optional(safeUri),
} satisfies OptionRows<SessionEndpoints>;

const commonRows = {
  name: checkName,
  store: optional(tokenStore),
  interactive: optional(flag),
  refreshTimeout: optional(milliseconds),
  key: optional(anyText),
};
const sdkRows = {
  signIn: optional(callable()),
  refresh: optional(callable()),
  revoke: optional(callable()),
};
const providerRows = {
  issuer: optional(safeUri),
  endpoints: optional((value, name) => parseOptions(`createSession ${name}`, value, endpointRows, `${name}.`)),
  clientId: optional(text),
  clientSecret: optional(anyText),
  scope: optional(scopes),
  resource: optional(resourceUri),
  extraParams: optional(anyObject),
  grant: optional(oneOf('browser', 'device', 'auto')),
  login: optional(anyObject),
};
const sessionRows = { ...commonRows, ...sdkRows, ...providerRows } satisfies OptionRows<SessionOptions>;

/** @internal Where the options of the sign-in are, such as `port`. */
export const loginHint = '. The options of the sign-in, such as `port`, are in `login`';

/** @internal Checks the options before anything is done. */
export function checkSessionOptions(given: SessionOptions): SdkSessionOptions | ProviderSessionOptions {
  assertKnownOptions('createSession', given, sessionRows, loginHint);
  const options = readOptions(given, sessionRows);
  const { clientId, endpoints, issuer, key, signIn } = options;
  const find = (rows: object): string | undefined =>
    Object.keys(rows).find((name) => options[name as keyof typeof options] !== undefined);
  if (signIn !== undefined) {
    const other = find(providerRows);
    if (other !== undefined)
      throw new TypeError(`\`${other}\` cannot be combined with \`signIn\`: the SDK has its own`);
    if (key) return given;
    throw new TypeError(
      '`key` is required with `signIn`: it tells whose tokens these are, such as the issuer and the client id',
    );
  }
  const sdkOnly = find(sdkRows);
  if (sdkOnly !== undefined) throw new TypeError(`\`${sdkOnly}\` requires \`signIn\``);
  if (issuer === undefined && endpoints === undefined)
    throw new TypeError('`issuer`, `endpoints` or `signIn` is required: where the tokens come from');
  if (clientId === undefined) throw new TypeError('`clientId` is required: the id that the provider gave the app');
  if (issuer === undefined && endpoints?.token === undefined)
    throw new TypeError('`endpoints.token` is required: the token endpoint');
  return given;
}

const tokenRows = {
  minimumLifetime: optional((value, name) => {
    if (typeof value === 'number' && value >= 0) return value;
    throw new RangeError(`\`${name}\` must be a number of seconds, 0 or more`);
  }, 60),
  interactive: optional(flag),
  forceRefresh: optional(flag, false),
  signal: optional(abortSignal),
} satisfies OptionRows<TokenOptions>;

/** @internal Checks the options of `signOut()`. */
export function checkSignOutOptions(given: Pick<TokenOptions, 'signal'>): Parsed<Pick<typeof tokenRows, 'signal'>> {
  return parseOptions('signOut', given, { signal: tokenRows.signal });
}

/** @internal The options of a call, with their defaults. */
export type CheckedTokenOptions = Parsed<typeof tokenRows> & { readonly interactive: boolean };

/** @internal Checks the options of a call. */
export function checkTokenOptions(
  caller: string,
  given: TokenOptions,
  interactiveByDefault: boolean,
): CheckedTokenOptions {
  const options = parseOptions(caller, given, tokenRows);
  return { ...options, interactive: options.interactive ?? interactiveByDefault };
}
