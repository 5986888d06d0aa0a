import { assertKnownOptions, type OptionNames } from '../oauth/known-options.js';
import type { Account } from './accounts.js';
import type {
  TestAuthorizationServerBehavior,
  TestAuthorizationServerOptions,
  TestErrorCode,
  TestErrorResponse,
} from './authorization-server-options.js';

/** The behaviour with its defaults. */
export interface CheckedBehavior {
  readonly consent: 'ask' | 'allow' | 'deny';
  readonly accounts: readonly Account[];
  readonly error: TestErrorResponse | undefined;
  readonly tokenError: TestErrorResponse | undefined;
  readonly responseMode: 'query' | 'fragment' | 'form_post' | undefined;
  readonly responseParams: Readonly<Record<string, string | null>>;
  readonly tokenResponseParams: Readonly<Record<string, unknown>>;
  readonly accessToken: string | undefined;
  readonly refreshToken: string | false | undefined;
  readonly rotateRefreshTokens: boolean;
  readonly detectReuse: boolean;
  readonly idTokenClaims: Readonly<Record<string, unknown>>;
  readonly expiresIn: number | false;
  readonly scope: string | undefined;
  readonly deviceInterval: number;
}

/** A registered client; undefined members mean that any value is accepted. */
export interface Registration {
  readonly clientId: string | undefined;
  readonly clientName: string | undefined;
  readonly clientSecret: string | undefined;
  readonly redirectUris: readonly string[] | undefined;
  readonly requirePkce: boolean;
}

const defaultAccounts = [
  { sub: 'test-user', name: 'Test User', email: 'test-user@example.test' },
  { sub: 'second-user', name: 'Second User', email: 'second-user@example.test' },
];

const behaviorNames: OptionNames<TestAuthorizationServerBehavior> = {
  consent: true,
  accounts: true,
  error: true,
  tokenError: true,
  responseMode: true,
  responseParams: true,
  tokenResponseParams: true,
  accessToken: true,
  refreshToken: true,
  rotateRefreshTokens: true,
  detectReuse: true,
  idTokenClaims: true,
  expiresIn: true,
  scope: true,
  deviceInterval: true,
};
const optionNames: OptionNames<TestAuthorizationServerOptions> = {
  ...behaviorNames,
  port: true,
  clientId: true,
  clientName: true,
  clientSecret: true,
  redirectUris: true,
  requirePkce: true,
};

/** Checks the names of the options that change while the server runs. */
export function checkBehaviorNames(behavior: TestAuthorizationServerBehavior): void {
  assertKnownOptions('configure', behavior, behaviorNames);
}

/** Checks the behaviour, and fills in its defaults. */
export function checkBehavior(behavior: TestAuthorizationServerBehavior): CheckedBehavior {
  const { consent = 'ask', responseMode, expiresIn = 3600, deviceInterval = 5, accessToken, refreshToken } = behavior;
  const { rotateRefreshTokens = true, detectReuse = true, scope } = behavior;
  const { responseParams = {}, tokenResponseParams = {}, idTokenClaims = {} } = behavior;
  if (!['ask', 'allow', 'deny'].includes(consent)) throw new RangeError('`consent` must be ask, allow or deny');
  if (responseMode !== undefined && !['query', 'fragment', 'form_post'].includes(responseMode)) {
    throw new RangeError('`responseMode` must be query, fragment or form_post');
  }
  if (expiresIn !== false && !Number.isInteger(expiresIn)) {
    throw new RangeError('`expiresIn` must be a whole number of seconds, or false');
  }
  if (!(Number.isFinite(deviceInterval) && deviceInterval >= 0)) {
    throw new RangeError('`deviceInterval` must be a number of seconds');
  }
  for (const [name, value] of Object.entries({ rotateRefreshTokens, detectReuse })) {
    if (typeof value !== 'boolean') throw new TypeError(`\`${name}\` must be true or false`);
  }
  checkStrings({ accessToken, scope });
  if (refreshToken !== undefined && refreshToken !== false && typeof refreshToken !== 'string') {
    throw new TypeError('`refreshToken` must be a string, or false');
  }
  return {
    consent,
    accounts: checkAccounts(behavior),
    error: checkError('error', behavior.error),
    tokenError: checkError('tokenError', behavior.tokenError),
    responseMode,
    responseParams,
    tokenResponseParams,
    accessToken,
    refreshToken,
    rotateRefreshTokens,
    detectReuse,
    idTokenClaims,
    expiresIn,
    scope,
    deviceInterval,
  };
}

/** Checks the options that stay the same while the server runs. */
export function checkRegistration(options: TestAuthorizationServerOptions): Registration & { readonly port: number } {
  assertKnownOptions('startTestAuthorizationServer', options, optionNames);
  const { port = 0, clientId, clientName, clientSecret, redirectUris, requirePkce = true } = options;
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new RangeError('`port` must be a whole number from 0 to 65535');
  }
  checkStrings({ clientId, clientName, clientSecret });
  if (typeof redirectUris === 'string') throw new TypeError('`redirectUris` must be a list of redirect URIs');
  return {
    port,
    clientId,
    clientName,
    clientSecret,
    redirectUris: redirectUris === undefined ? undefined : [...redirectUris].map(String),
    requirePkce,
  };
}

function checkAccounts({ accounts = defaultAccounts }: TestAuthorizationServerBehavior): readonly Account[] {
  // A caller without types may give anything.
  if (!(accounts instanceof Array) || accounts.length === 0 || accounts.some((one) => typeof one !== 'object')) {
    throw new TypeError('`accounts` must be a list of at least one profile');
  }
  return accounts.map((one, index) => {
    const id = one['sub'] ?? one['id'];
    return { id: typeof id === 'string' ? id : `account-${index + 1}`, profile: one };
  });
}

function checkStrings(values: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined && typeof value !== 'string') throw new TypeError(`\`${name}\` must be a string`);
  }
}

const errorNames: OptionNames<TestErrorResponse> = { error: true, errorDescription: true, errorUri: true };

function checkError(name: string, value: TestErrorCode | TestErrorResponse | undefined): TestErrorResponse | undefined {
  const response = typeof value === 'string' ? { error: value } : value;
  if (response !== undefined && (typeof response.error !== 'string' || response.error === '')) {
    throw new TypeError(`\`${name}\` must be an error code, or an object with one as its \`error\``);
  }
  if (response !== undefined) assertKnownOptions(name, response, errorNames);
  return response;
}
