import { controlCharacter, findProtocolParameter } from './response-parameters.js';

/** @internal Whether a host name, as `URL` has it, is this machine's. */
export function isLoopbackHost(hostname: string): boolean {
  return /^(?:127(?:\.\d+){3}|\[::1\]|localhost)$/.test(hostname);
}

/** @internal Whether what is sent to a URI stays secret: https, or http on this machine. */
export function isHttpsOrLoopback({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || (protocol === 'http:' && isLoopbackHost(hostname));
}

/** @internal Whether a code or a secret may be sent there: https, or http on this machine. */
export function isSafeEndpoint(text: string): boolean {
  return URL.canParse(text) && isHttpsOrLoopback(new URL(text));
}

/** @internal Whether a host name leads to this machine, in any spelling that `URL` leaves. */
export function isThisMachine(hostname: string): boolean {
  const name = hostname.toLowerCase().replace(/\.$/, '');
  return (
    /^(?:127|0)(?:\.\d+){3}$/.test(name) ||
    /(?:^|\.)localhost$/.test(name) ||
    /^\[::(?:1|(?:ffff:)?(?:7f|0)[\da-f]{0,2}:[\da-f]{1,4})?\]$/.test(name)
  );
}

/** @internal The port of a URI, the default port of its scheme included. */
export function portOf(uri: URL): number {
  return Number(uri.port || (uri.protocol === 'https:' ? 443 : 80));
}

/** @internal The same text with that port; unchanged if it has it already, since strict providers compare text. */
export function withPort(text: string, port: number): string {
  if (port === portOf(new URL(text))) return text;
  return text.replace(/^([^:]+:\/*(?:\[[^\]]*\]|[^/:?]*))(?::\d*)?/, `$1:${port}`);
}

/** @internal Checks a redirect URI and returns its exact text, which is sent; `name` is the option that the caller wrote. */
export function checkRedirectUri(name: string, redirectUri: unknown): string {
  const text = redirectUri instanceof URL ? redirectUri.href : redirectUri;
  if (typeof text !== 'string') throw new TypeError(`\`${name}\` must be a string or a URL, not ${typeof text}`);
  if (!URL.canParse(text) || !text.isWellFormed() || /[\s\\]/.test(text) || controlCharacter.test(text)) {
    throw new TypeError(`\`${name}\` must be an absolute URI, such as http://127.0.0.1:5543/callback`);
  }
  if (text.includes('#')) throw new TypeError(`\`${name}\` must not have a fragment (RFC 6749, section 3.1.2)`);
  if (text.endsWith('?')) throw new TypeError(`\`${name}\` must not end in a bare \`?\``);
  const { protocol, pathname, searchParams } = new URL(text);
  // As a `Location`, such a path would name a host.
  if (/^https?:$/.test(protocol) && pathname.startsWith('//')) {
    throw new TypeError(`\`${name}\` must not have a path that begins with two slashes`);
  }
  const parameter = findProtocolParameter(searchParams);
  if (parameter !== undefined) {
    throw new TypeError(
      `\`${name}\` must not have the parameter \`${parameter}\` in its query: responses use that name`,
    );
  }
  return text;
}

/**
 * @internal Whether a response arrived at the redirect URI of its request: scheme, host, port, path and the redirect URI's
 * own query are compared after parsing (R25).
 * @param address - the address that the response arrived at, with the query that belongs to that address
 * @param query - the query that arrived
 */
export function isRedirectUri(redirectUri: string, address: URL, query: URLSearchParams): boolean {
  if (redirectUri === address.href && address.search === '') return true;
  if (!URL.canParse(redirectUri)) return false;
  const wanted = new URL(redirectUri);
  return (
    addressOf(wanted) === addressOf(address) &&
    isPartOf(wanted.searchParams, query) &&
    isPartOf(address.searchParams, wanted.searchParams)
  );
}

/** Systems pass `myapp://auth` on as `myapp://auth/`, and may change the case of its host. */
function addressOf({ protocol, username, password, host, pathname }: URL): string {
  return JSON.stringify([protocol, username, password, host.toLowerCase(), pathname || '/']);
}

function isPartOf(part: URLSearchParams, whole: URLSearchParams): boolean {
  const valuesOf = (params: URLSearchParams, name: string): string =>
    JSON.stringify([...new Set(params.getAll(name))].sort());
  return [...part.keys()].every((name) => valuesOf(part, name) === valuesOf(whole, name));
}
