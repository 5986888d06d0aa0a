import type { RequestListener } from 'node:http';
import { PortUnavailableError } from '../errors.js';
import { assertKnownOptions } from '../oauth/known-options.js';
import {
  callable,
  flag,
  milliseconds,
  optional,
  readOptions,
  text,
  wholeNumber,
  type Check,
  type OptionRows,
} from '../oauth/option-rows.js';
import { checkRedirectUri, isHttpsOrLoopback, isLoopbackHost, portOf, withPort } from '../oauth/redirect-uri.js';
import type { ServerNames } from '../callback/request-guard.js';
import { pageRows, type CallbackPageOptions } from '../page/options.js';
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
  /**
   * Whether a response with any `state`, or none, is accepted, as EmbedIOAuthServer does. One that arrives twice, such as after a reload,
   * is then accepted twice. @default false
   */
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

/** @internal The same options, checked and complete. */
export interface ServerSettings extends ListenerOptions {
  /** The base URI as it was given; its port may still be unknown. */
  readonly baseUri: string;
  readonly publicUri: string | undefined;
  readonly path: string;
  readonly handler: RequestListener | undefined;
  readonly allowUnsolicited: boolean;
  readonly requestLifetime: number;
}

const tls: Check<NonNullable<AuthServerOptions['tls']>> = (value, name) => {
  const { key, cert } = Object(value) as Partial<Record<string, unknown>>;
  if ([key, cert].every((pem) => typeof pem === 'string' || Buffer.isBuffer(pem))) {
    return value as NonNullable<AuthServerOptions['tls']>;
  }
  throw new TypeError(`\`${name}\` must have \`key\` and \`cert\`, each as PEM in a string or a Buffer`);
};

const publicUri: Check<string> = (value, name) => {
  const checked = checkHttpUri(name, value);
  const uri = new URL(checked);
  if (!isHttpsOrLoopback(uri)) {
    throw new RangeError(`\`${name}\` must be an https URI, or an http URI on 127.0.0.1, [::1] or localhost`);
  }
  rejectBlocked(portOf(uri), uri.hostname);
  return checked;
};

const ports: Check<readonly number[]> = (value, name) => {
  const list: unknown[] = typeof value === 'number' ? [value] : isIterable(value) ? [...value] : [];
  if (list.length === 0) throw new TypeError(`\`${name}\` must be a number, or a list of numbers that is not empty`);
  return list.map((port) => {
    if (typeof port !== 'number') throw new TypeError(`\`${name}\` must be a number, not ${typeof port}`);
    if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
    throw new RangeError(`\`${name}\` must be a whole number from 0 to 65535, not ${port}`);
  });
};

const serverRows = {
  host: optional(text),
  allowUnsolicited: optional(flag, false),
  handler: optional(callable<RequestListener>()),
  requestLifetime: optional(wholeNumber, 3_600_000),
  requestTimeout: optional(milliseconds, 30_000),
  maxHeaderSize: optional(wholeNumber, 65_536),
  tls: optional(tls),
  port: optional(ports),
  publicUri: optional(publicUri),
} satisfies OptionRows<Omit<AuthServerOptions, keyof CallbackPageOptions>>;

/** @internal Every option of an `AuthServer`; the page checks its own. */
export const allServerRows = { ...pageRows, ...serverRows } satisfies OptionRows<AuthServerOptions>;

/** @internal Checks what the constructor was given, before anything is done with it. */
export function parseServerOptions(baseUri: unknown, given: AuthServerOptions): ServerSettings {
  assertKnownOptions('AuthServer', given, allServerRows);
  const base = checkHttpUri('baseUri', baseUri);
  const uri = new URL(base);
  const { port = [portOf(uri)], host, ...options } = readOptions(given, serverRows);
  if (host === undefined && !isLoopbackHost(uri.hostname)) {
    throw new RangeError(
      "`baseUri` must name a loopback host: 127.0.0.1, [::1] or localhost. Otherwise say with `host` which address to bind, or give the browser's address as `publicUri`.",
    );
  }
  if ((uri.protocol === 'https:') !== (options.tls !== undefined)) {
    throw new TypeError('`tls` is required if `baseUri` is an https URI, and accepted only then');
  }
  for (const candidate of port) rejectBlocked(candidate, uri.hostname);
  const hostname = host ?? uri.hostname.replace(/^\[|\]$/g, '');
  return {
    ...options,
    // Until the port is known it is 0, so that a wanted port is not mistaken for the bound one.
    baseUri: withPort(base, (port.length === 1 ? port[0] : undefined) ?? 0),
    path: uri.pathname,
    addresses: hostname === 'localhost' ? ['127.0.0.1', '::1'] : [hostname],
    ports: port,
  };
}

function rejectBlocked(port: number, host: string): void {
  if (blockedPorts.has(port)) throw new PortUnavailableError(port, host, 'ERR_UNSAFE_PORT');
}

/** The text of a redirect URI that a server can receive responses at. */
function checkHttpUri(name: string, value: unknown): string {
  const uri = checkRedirectUri(name, value);
  const { protocol, username, password, pathname } = new URL(uri);
  if (/^[\w.-]+:\d/.test(uri)) throw new TypeError(`\`${name}\` must begin with http:// or https://`);
  if (protocol !== 'http:' && protocol !== 'https:') {
    throw new TypeError(
      `\`${name}\` must be an http or https URI, not ${protocol} (for a custom protocol, expect() the request and give its URI to receive())`,
    );
  }
  if (username !== '' || password !== '') throw new TypeError(`\`${name}\` must not have credentials`);
  if (pathname.endsWith('/token')) {
    throw new TypeError(`\`${name}\` must not end in \`/token\`: the callback page forwards the fragment to that path`);
  }
  return uri;
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}

/** @internal The names under which a server is reached that has these redirect URIs. */
export function namesOf(...uris: readonly string[]): ServerNames {
  const parsed = uris.map((text) => new URL(text));
  return {
    hosts: new Set(parsed.flatMap((uri) => [uri.host, `${uri.hostname}:${portOf(uri)}`])),
    origins: new Set(parsed.map(({ origin }) => origin)),
  };
}
