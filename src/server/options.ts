import type { RequestListener } from 'node:http';
import { PortUnavailableError } from '../errors.js';
import { assertKnownOptions, type OptionNames } from '../oauth/known-options.js';
import { checkRedirectUri, isHttpsOrLoopback, isLoopbackHost, portOf } from '../oauth/redirect-uri.js';
import type { ServerNames } from '../callback/request-guard.js';
import { pageOptionNames, type CallbackPageOptions } from '../page/options.js';
import type { ListenerOptions } from './listener.js';
import { blockedPorts } from './ports.js';

/** How an `AuthServer` listens, what it accepts, and how its page looks. */
export interface AuthServerOptions extends CallbackPageOptions {
  /** The port; 0 is any free one; a list is tried in order. A single port is strict. @default the port of `baseUri` */
  port?: number | Iterable<number> | undefined;
  /** The address to bind. @default the host of `baseUri`; `localhost` binds 127.0.0.1 and ::1 */
  host?: string | undefined;
  /**
   * The redirect URI as the browser reaches it, if that is not the bound address: behind a TLS tunnel, a forwarded or a published
   * port. It is https, or http on a loopback host. Only the redirect URI changes; the path that is served stays that of `baseUri`.
   * @default `baseUri`
   */
  publicUri?: string | URL | undefined;
  /**
   * Handles every other path of this server: a `node:http` listener, such as an Express app. It is called after the callback and
   * its files, behind the same check of `Host`. Any web page can send it requests. @default 404
   */
  handler?: RequestListener | undefined;
  /** Whether a response with any `state`, or none, is accepted, as EmbedIOAuthServer does. @default false */
  allowUnsolicited?: boolean | undefined;
  /** Milliseconds for which a request stays expected if nothing waits for it. @default 3_600_000 */
  requestLifetime?: number | undefined;
  /** Milliseconds within which an HTTP request must have arrived completely. @default 30_000 */
  requestTimeout?: number | undefined;
  /** The limit for the headers of an HTTP request, in bytes: browsers send the cookies of other apps on this host. @default 65_536 */
  maxHeaderSize?: number | undefined;
  /** Key and certificate, for a `baseUri` with https. @default none */
  tls?:
    | {
        /** The private key, as PEM. */
        readonly key: string | Buffer;
        /** The certificate, or its chain, as PEM. */
        readonly cert: string | Buffer;
      }
    | undefined;
}

/** @internal */
export const serverOptionNames: OptionNames<AuthServerOptions> = {
  ...pageOptionNames,
  port: true,
  host: true,
  publicUri: true,
  handler: true,
  allowUnsolicited: true,
  requestLifetime: true,
  requestTimeout: true,
  maxHeaderSize: true,
  tls: true,
};

/** @internal The same options, checked and complete. */
export interface CheckedServerOptions extends ListenerOptions {
  /** The base URI as it was given; its port may still be unknown. */
  readonly baseUri: string;
  readonly publicUri: string | undefined;
  readonly path: string;
  readonly handler: RequestListener | undefined;
  readonly allowUnsolicited: boolean;
  readonly requestLifetime: number;
}

/**
 * @internal Checks what the constructor was given, before anything is done with it.
 * @param caller - what the caller calls the function and the base URI
 */
export function checkServerOptions(
  baseUri: string | URL,
  options: AuthServerOptions,
  caller = { name: 'AuthServer', baseUri: 'baseUri' },
): CheckedServerOptions {
  if (caller.name === 'AuthServer') assertKnownOptions(caller.name, options, serverOptionNames);
  const { port, host, publicUri, handler, allowUnsolicited = false, tls } = options;
  const { requestLifetime = 3_600_000, requestTimeout = 30_000, maxHeaderSize = 65_536 } = options;
  const text = checkedHttpUri(caller.baseUri, baseUri);
  const uri = new URL(text);
  if (host !== undefined && (typeof host !== 'string' || host === '')) throw new TypeError('`host` must be an address');
  if (host === undefined && !isLoopbackHost(uri.hostname)) {
    throw new RangeError(
      `\`${caller.baseUri}\` must name a loopback host: 127.0.0.1, [::1] or localhost. Otherwise say with \`host\` which address to bind, or give the browser's address as \`publicUri\`.`,
    );
  }
  if (typeof allowUnsolicited !== 'boolean') throw new TypeError('`allowUnsolicited` must be true or false');
  if (handler !== undefined && typeof handler !== 'function') throw new TypeError('`handler` must be a function');
  for (const [name, value] of Object.entries({ requestLifetime, requestTimeout, maxHeaderSize })) {
    if (!Number.isInteger(value) || value <= 0) throw new RangeError(`\`${name}\` must be a whole number above 0`);
  }
  if ((uri.protocol === 'https:') !== (tls !== undefined)) {
    throw new TypeError(`\`tls\` is required if \`${caller.baseUri}\` is an https URI, and accepted only then`);
  }
  if (tls !== undefined && [tls.key, tls.cert].some((pem) => typeof pem !== 'string' && !Buffer.isBuffer(pem))) {
    throw new TypeError('`tls` must have `key` and `cert`, each as PEM in a string or a Buffer');
  }
  const ports = checkedPorts(port ?? portOf(uri), uri.hostname);
  const hostname = host ?? uri.hostname.replace(/^\[|\]$/g, '');
  return {
    // Until the port is known it is 0, so that a wanted port is not mistaken for the bound one.
    baseUri: withPort(text, (ports.length === 1 ? ports[0] : undefined) ?? 0),
    publicUri: publicUri === undefined ? undefined : checkedPublicUri(publicUri),
    path: uri.pathname,
    addresses: hostname === 'localhost' ? ['127.0.0.1', '::1'] : [hostname],
    ports,
    handler,
    allowUnsolicited,
    requestLifetime,
    requestTimeout,
    maxHeaderSize,
    tls,
  };
}

/** The text of a redirect URI that a server can receive responses at. */
function checkedHttpUri(name: string, value: string | URL): string {
  const text = checkRedirectUri(name, value);
  const { protocol, username, password, pathname } = new URL(text);
  if (/^[\w.-]+:\d/.test(text)) throw new TypeError(`\`${name}\` must begin with http:// or https://`);
  if (protocol !== 'http:' && protocol !== 'https:') {
    throw new TypeError(
      `\`${name}\` must be an http or https URI, not ${protocol} (for a custom protocol, expect() the request and give its URI to receive())`,
    );
  }
  if (username !== '' || password !== '') throw new TypeError(`\`${name}\` must not have credentials`);
  if (pathname.endsWith('/token')) {
    throw new TypeError(`\`${name}\` must not end in \`/token\`: the callback page forwards the fragment to that path`);
  }
  return text;
}

function checkedPublicUri(publicUri: string | URL): string {
  const text = checkedHttpUri('publicUri', publicUri);
  if (isHttpsOrLoopback(new URL(text))) return text;
  throw new RangeError('`publicUri` must be an https URI, or an http URI on 127.0.0.1, [::1] or localhost');
}

function checkedPorts(port: unknown, host: string): number[] {
  const ports: unknown[] = typeof port === 'number' ? [port] : isIterable(port) ? [...port] : [];
  if (ports.length === 0) throw new TypeError('`port` must be a number, or a list of numbers that is not empty');
  return ports.map((value) => {
    if (typeof value !== 'number') throw new TypeError(`\`port\` must be a number, not ${typeof value}`);
    if (!Number.isInteger(value) || value < 0 || value > 65_535) {
      throw new RangeError(`\`port\` must be a whole number from 0 to 65535, not ${value}`);
    }
    if (blockedPorts.has(value)) throw new PortUnavailableError(value, host, 'ERR_UNSAFE_PORT');
    return value;
  });
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}

/** @internal The same text with that port; unchanged if it has it already, since strict providers compare text. */
export function withPort(text: string, port: number): string {
  if (port === portOf(new URL(text))) return text;
  return text.replace(/^([^:]+:\/*(?:\[[^\]]*\]|[^/:?]*))(?::\d*)?/, `$1:${port}`);
}

/** @internal The names under which a server is reached that has these redirect URIs. */
export function namesOf(...uris: readonly string[]): ServerNames {
  const parsed = uris.map((text) => new URL(text));
  return {
    hosts: new Set(parsed.flatMap((uri) => [uri.host, `${uri.hostname}:${portOf(uri)}`])),
    origins: new Set(parsed.map(({ origin }) => origin)),
  };
}
