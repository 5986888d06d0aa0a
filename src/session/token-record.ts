/** @internal The key of a method that `console.log` uses. */
export const inspect = Symbol.for('nodejs.util.inspect.custom');

/** @internal A token response in wire form. */
export type TokenResponse = Readonly<Record<string, unknown>> & { readonly access_token: string };

/** @internal What a sign-in or a refresh has brought. */
export interface Received {
  readonly response: TokenResponse;
  /** Milliseconds since 1970. */
  readonly receivedAt: number;
  readonly expiresAt?: number | undefined;
  readonly claims?: Readonly<Record<string, unknown>> | undefined;
}

/** @internal A response whose lifetime counts from its receipt: now, unless another time is given, in milliseconds since 1970. */
export function receivedNow(
  response: TokenResponse,
  details: { readonly receivedAt?: number | undefined; readonly claims?: Received['claims'] } = {},
): Received {
  const { receivedAt = Date.now(), claims } = details;
  return { response, receivedAt, expiresAt: expiryOf(response, receivedAt), claims };
}

/** What a response keeps of the one before if it does not state it. */
const keptMembers = ['refresh_token', 'scope', 'id_token'] as const;

/** @internal What a store keeps for a session, as JSON. */
export interface TokenRecord extends Received {
  readonly version: 1;
  /** Whose tokens these are: a text under another key is not used. */
  readonly key: string;
  /** The scopes that were requested when the user signed in. */
  readonly requestedScope?: readonly string[] | undefined;
  readonly kept?: Readonly<Partial<Record<(typeof keptMembers)[number], string>>> | undefined;
}

/** @internal Makes the record of a response; `previous` is the one that was refreshed. */
export function makeRecord(
  key: string,
  received: Received,
  { requestedScope, previous }: { requestedScope?: readonly string[] | undefined; previous?: TokenRecord | undefined },
): TokenRecord {
  const kept: Partial<Record<(typeof keptMembers)[number], string>> = {};
  for (const name of keptMembers) {
    if (typeof received.response[name] === 'string' && received.response[name] !== '') continue;
    const value = memberOf(previous, name);
    if (value !== undefined) kept[name] = value;
  }
  const { response, receivedAt, expiresAt } = received;
  const hasIdToken = typeof response['id_token'] === 'string';
  const claims = received.claims ?? (hasIdToken ? undefined : previous?.claims);
  const scopes = previous === undefined ? requestedScope : previous.requestedScope;
  return {
    version: 1,
    key,
    receivedAt,
    ...(expiresAt !== undefined && { expiresAt }),
    ...(scopes !== undefined && { requestedScope: scopes }),
    ...(claims !== undefined && { claims }),
    ...(Object.keys(kept).length > 0 && { kept }),
    response,
  };
}

/** @internal The newest value of a member that responses may leave out. */
export function memberOf(record: TokenRecord | undefined, name: (typeof keptMembers)[number]): string | undefined {
  const value = record?.response[name];
  return typeof value === 'string' && value !== '' ? value : record?.kept?.[name];
}

/** @internal Reads the text of a store. */
export function parseRecord(text: string, key: string): TokenRecord | 'damaged' | 'other-version' {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'damaged';
  }
  const {
    encryption,
    version,
    key: found,
    receivedAt,
    expiresAt,
    response,
    requestedScope,
    kept,
    claims,
  } = membersOf(value);
  if (typeof version === 'number' && (version !== 1 || encryption !== undefined)) return 'other-version';
  const isWhole =
    version === 1 &&
    found === key &&
    typeof receivedAt === 'number' &&
    (expiresAt === undefined || typeof expiresAt === 'number') &&
    isUsable(membersOf(response)['access_token']) &&
    (requestedScope === undefined || (Array.isArray(requestedScope) && requestedScope.every(isText))) &&
    Object.values(membersOf(kept)).every(isText) &&
    (claims === undefined || (typeof claims === 'object' && claims !== null));
  // Every member was checked.
  return isWhole ? (value as TokenRecord) : 'damaged';
}

/** The last time that a `Date` can have. JSON has no infinite one. */
const lastTime = 8.64e15;

/**
 * When a token expires. Counted from the receipt, by `expires_in`, which may be a numeric string. What is no positive number
 * says nothing: the token is valid until it is rejected.
 */
function expiryOf(response: Readonly<Record<string, unknown>>, receivedAt: number): number | undefined {
  const { expires_in: lifetime, expires_at: time } = response;
  const seconds = numberOf(lifetime);
  const at = seconds === undefined ? numberOf(time) : Math.round(receivedAt + seconds * 1000);
  if (at === undefined || (seconds === undefined && lifetime !== undefined)) return undefined;
  return Math.min(at, lastTime);
}

function numberOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d+(?:\.\d+)?$/.test(value.trim()) ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) && number > 0 ? number : undefined;
}

/** @internal Whether a value can be sent as a token: text without control characters (RFC 6749, appendix A.12). */
export function isUsable(token: unknown): token is string {
  return typeof token === 'string' && /^[\x20-\x7e]+$/.test(token);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function membersOf(value: unknown): Partial<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? value : {}; // Read by name.
}
