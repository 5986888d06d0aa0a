import { blockedPorts } from './ports.js';
import type { CallbackPageOptions } from '../page/options.js';
import { PortUnavailableError } from '../errors.js';
import type { OwnNames } from '../callback/request-guard.js';

/** How an `AuthServer` listens, what it accepts and how its page looks. */
export interface AuthServerOptions extends CallbackPageOptions {
  /** The port; 0 is any free one; a list is tried in order. A single port is strict. @default the port of `baseUri` */
  port?: number | Iterable<number> | undefined;
  /** The address to bind. @default the host of `baseUri`; `localhost` binds 127.0.0.1 and ::1 */
  host?: string | undefined;
  /** Whether an answer to no request, with any state or none, is accepted, as the original does. @default false */
  allowUnsolicited?: boolean | undefined;
  /** Milliseconds within which a request must have arrived whole. @default 30_000 */
  requestTimeout?: number | undefined;
  /** Bytes that the headers of a request may have: cookies of other apps on this host are sent to us. @default 65_536 */
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

/** The same, checked and complete. Internal. */
export interface CheckedOptions {
  readonly baseUri: URL;
  readonly addresses: readonly string[];
  readonly ports: readonly number[];
  readonly allowUnsolicited: boolean;
  readonly requestTimeout: number;
  readonly maxHeaderSize: number;
  readonly tls: { readonly key: string | Buffer; readonly cert: string | Buffer } | undefined;
}

/** Checks what the constructor was given, before anything is done with it. */
export function checkServerOptions(baseUri: string | URL, options: AuthServerOptions): CheckedOptions {
  const { port, host, allowUnsolicited = false, requestTimeout = 30_000, maxHeaderSize = 65_536, tls } = options;
  const uri = checkedBaseUri(baseUri, host);
  if (typeof allowUnsolicited !== 'boolean') throw new TypeError('`allowUnsolicited` must be true or false');
  if (host !== undefined && (typeof host !== 'string' || host === '')) throw new TypeError('`host` must be an address');
  checkNumber('requestTimeout', requestTimeout);
  checkNumber('maxHeaderSize', maxHeaderSize);
  if ((uri.protocol === 'https:') !== (tls !== undefined)) {
    throw new TypeError('`tls` must be given where `baseUri` is an https URI, and only there');
  }
  const ports = checkedPorts(port ?? portOf(uri), uri.hostname);
  // Until it is known, the port is 0, so that nobody takes a wanted port for the real one.
  const wanted = ports.length === 1 ? ports[0] : undefined;
  const hostname = host ?? uri.hostname.replace(/^\[|\]$/g, '');
  const addresses = hostname === 'localhost' ? ['127.0.0.1', '::1'] : [hostname];
  return {
    baseUri: withPort(uri, wanted ?? 0),
    addresses,
    ports,
    allowUnsolicited,
    requestTimeout,
    maxHeaderSize,
    tls,
  };
}

function checkedBaseUri(baseUri: string | URL, host: string | undefined): URL {
  if (typeof baseUri !== 'string' && !(baseUri instanceof URL)) {
    throw new TypeError(`\`baseUri\` must be a string or a URL, not ${typeof baseUri}`);
  }
  const uri = parsedBaseUri(baseUri);
  if (uri.protocol !== 'http:' && uri.protocol !== 'https:') {
    throw new TypeError(
      `\`baseUri\` must be an http or https URI, not ${uri.protocol} (for a custom protocol, expect() the request and give its URI to receive())`,
    );
  }
  if (uri.username !== '' || uri.password !== '' || uri.search !== '' || uri.hash !== '') {
    throw new TypeError('`baseUri` must have neither credentials, nor a query, nor a fragment');
  }
  if (host === undefined && !/^(?:127(?:\.\d+){3}|\[::1\]|localhost)$/.test(uri.hostname)) {
    throw new RangeError(
      '`baseUri` must name a loopback host: 127.0.0.1, [::1] or localhost (or say with `host` what to bind)',
    );
  }
  return uri;
}

function parsedBaseUri(baseUri: string | URL): URL {
  try {
    return new URL(baseUri);
  } catch {
    // Node's own error holds the text, which may be anything.
    throw new TypeError('`baseUri` must be an absolute URI, such as http://127.0.0.1:5543/callback');
  }
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

function checkNumber(name: string, value: unknown): void {
  if (typeof value !== 'number' || !Number.isInteger(value) || value <= 0) {
    throw new RangeError(`\`${name}\` must be a whole number above 0`);
  }
}

/** The port of a URI, the scheme's own included. */
export function portOf(uri: URL): number {
  return uri.port === '' ? (uri.protocol === 'https:' ? 443 : 80) : Number(uri.port);
}

/** A base URI with that port; it has nothing but a scheme, a host, a port and a path. */
export function withPort(uri: URL, port: number): URL {
  return port === portOf(uri) ? uri : new URL(`${uri.protocol}//${uri.hostname}:${port}${uri.pathname}`);
}

/** The names under which a server answers that has this base URI. */
export function namesOf(uri: URL): OwnNames {
  return { hosts: new Set([uri.host, `${uri.hostname}:${portOf(uri)}`]), origins: new Set([uri.origin]) };
}
