import { assertKnownOptions } from '../oauth/known-options.js';
import {
  anyText,
  flag,
  oneOf,
  optional,
  parseOptions,
  readOptions,
  text,
  unchecked,
  type Check,
  type OptionRows,
  type Parsed,
} from '../oauth/option-rows.js';
import type { Account } from './accounts.js';
import type {
  TestAuthorizationServerBehavior,
  TestAuthorizationServerOptions,
  TestErrorResponse,
} from './authorization-server-options.js';

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

const accounts: Check<readonly Account[]> = (value, name) => {
  if (!(value instanceof Array) || value.length === 0 || value.some((one) => typeof one !== 'object')) {
    throw new TypeError(`\`${name}\` must be a list of at least one profile`);
  }
  return (value as Readonly<Record<string, unknown>>[]).map((profile, index) => {
    const id = profile['sub'] ?? profile['id'];
    return { id: typeof id === 'string' ? id : `account-${index + 1}`, profile };
  });
};

const errorRows = {
  error: text,
  errorDescription: optional(anyText),
  errorUri: optional(anyText),
} satisfies OptionRows<TestErrorResponse>;

const errorResponse: Check<TestErrorResponse> = (value, name) => {
  const response = typeof value === 'string' ? { error: value } : value;
  const { error } = Object(response) as Partial<Record<string, unknown>>;
  if (typeof error !== 'string' || error === '') {
    throw new TypeError(`\`${name}\` must be an error code, or an object with one as its \`error\``);
  }
  return parseOptions(name, response, errorRows, `${name}.`);
};

const seconds: Check<number> = (value, name) => {
  if (typeof value === 'number' && value >= 0 && value < Infinity) return value;
  throw new RangeError(`\`${name}\` must be a number of seconds`);
};

const lifetime: Check<number | false> = (value, name) => {
  if (value === false || Number.isInteger(value)) return value as number | false;
  throw new RangeError(`\`${name}\` must be a whole number of seconds, or false`);
};

const textOrFalse: Check<string | false> = (value, name) => {
  if (value === false || typeof value === 'string') return value;
  throw new TypeError(`\`${name}\` must be a string, or false`);
};

const port: Check<number> = (value, name) => {
  if (Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 65_535) return value as number;
  throw new RangeError(`\`${name}\` must be a whole number from 0 to 65535`);
};

const uris: Check<readonly string[]> = (value, name) => {
  if (typeof value === 'string') throw new TypeError(`\`${name}\` must be a list of redirect URIs`);
  return [...(value as Iterable<unknown>)].map(String);
};

type Behavior = TestAuthorizationServerBehavior;

const behaviorRows = {
  consent: optional(oneOf('ask', 'allow', 'deny'), 'ask'),
  accounts: (value = defaultAccounts, name) => accounts(value, name),
  error: optional(errorResponse),
  tokenError: optional(errorResponse),
  responseMode: optional(oneOf('query', 'fragment', 'form_post')),
  responseParams: optional(unchecked<NonNullable<Behavior['responseParams']>>(), {}),
  tokenResponseParams: optional(unchecked<NonNullable<Behavior['tokenResponseParams']>>(), {}),
  accessToken: optional(anyText),
  refreshToken: optional(textOrFalse),
  rotateRefreshTokens: optional(flag, true),
  detectReuse: optional(flag, true),
  idTokenClaims: optional(unchecked<NonNullable<Behavior['idTokenClaims']>>(), {}),
  expiresIn: optional(lifetime, 3600),
  scope: optional(anyText),
  deviceInterval: optional(seconds, 5),
} satisfies OptionRows<Behavior>;

/** The behaviour with its defaults. */
export type CheckedBehavior = Parsed<typeof behaviorRows>;

const registrationRows = {
  port: optional(port, 0),
  clientId: optional(anyText),
  clientName: optional(anyText),
  clientSecret: optional(anyText),
  redirectUris: optional(uris),
  requirePkce: optional(flag, true),
} satisfies OptionRows<Omit<TestAuthorizationServerOptions, keyof Behavior>>;

/** Checks the names of the options that change while the server runs. */
export function checkBehaviorNames(behavior: Behavior): void {
  assertKnownOptions('configure', behavior, behaviorRows);
}

/** Checks the behaviour, and fills in its defaults. */
export function checkBehavior(behavior: Behavior): CheckedBehavior {
  return readOptions(behavior, behaviorRows);
}

/** Checks the options that stay the same while the server runs. */
export function checkRegistration(options: TestAuthorizationServerOptions): Registration & { readonly port: number } {
  assertKnownOptions('startTestAuthorizationServer', options, { ...behaviorRows, ...registrationRows });
  return readOptions(options, registrationRows);
}
