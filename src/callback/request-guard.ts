import type { IncomingMessage } from 'node:http';
import type { RequestRejection } from '../outcomes.js';

/** @internal A rejected request, and one sentence for a client that is not a browser. */
export interface HttpRejection {
  readonly reason: RequestRejection;
  /** The status of the response. @default that of the reason */
  readonly status?: number;
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** @internal The names under which a server is reached. */
export interface ServerNames {
  /** Values of `Host`, in lower case. */
  readonly hosts: ReadonlySet<string>;
  /** The origins of the callback page. */
  readonly origins: ReadonlySet<string>;
}

/** @internal The parts of a request target (RFC 9112, section 3.2). */
export interface RequestTarget {
  /** The authority of an absolute-form target. */
  readonly authority: string | undefined;
  readonly path: string;
  /** Without the question mark. */
  readonly query: string;
}

/** @internal Splits a request target. Undefined for the forms that name no path, such as those of CONNECT and `OPTIONS *`. */
export function parseTarget(target: string): RequestTarget | undefined {
  const absolute = /^https?:\/\/([^/?]*)(.*)$/i.exec(target);
  const authority = absolute?.[1];
  const rest = absolute?.[2] ?? target;
  const start = rest.indexOf('?');
  const path = (start === -1 ? rest : rest.slice(0, start)) || (authority === undefined ? '' : '/');
  return path.startsWith('/') ? { authority, path, query: start === -1 ? '' : rest.slice(start + 1) } : undefined;
}

/** @internal Every request must name this server in exactly one `Host`, and in an absolute-form target (R4). */
export function checkTarget(
  request: IncomingMessage,
  target: RequestTarget | undefined,
  names: ServerNames,
): HttpRejection | undefined {
  if (target === undefined) {
    return { reason: 'bad_target', text: 'The request target must be a path.' };
  }
  const hosts = rawValues(request, 'host');
  const named = target.authority === undefined ? hosts : [...hosts, target.authority];
  if (hosts.length !== 1 || !named.every((host) => names.hosts.has(host.toLowerCase()))) {
    return {
      reason: 'foreign_host',
      text: 'This server is not known under that name. Open the address that the app shows.',
    };
  }
  return undefined;
}

const prefetchHeaders = ['sec-purpose', 'purpose', 'x-purpose', 'x-moz'] as const;

/** @internal A request for the page must be a navigation by the user, or a service worker's repetition of one (R6). */
export function checkNavigation(request: IncomingMessage): HttpRejection | undefined {
  const { headers } = request;
  if (prefetchHeaders.some((name) => /prefetch|preview/i.test(String(headers[name] ?? '')))) {
    return { reason: 'prefetch', text: 'The callback must not be fetched ahead of time.' };
  }
  const destination = headers['sec-fetch-dest'];
  if (destination === undefined || destination === 'document' || isRepeatedNavigation(request)) return undefined;
  return notANavigation;
}

/** @internal */
export const notANavigation: HttpRejection = {
  reason: 'not_a_navigation',
  text: 'The callback accepts navigations only.',
};

/**
 * @internal Whether a service worker, left on this origin by another app, fetches a navigation again. No script of a page can
 * send these headers: `navigate` is not a mode for it, and `same-origin` is this origin itself.
 */
export function isRepeatedNavigation({ headers }: IncomingMessage): boolean {
  return (
    headers['sec-fetch-dest'] === 'empty' &&
    (headers['sec-fetch-mode'] === 'navigate' || headers['sec-fetch-site'] === 'same-origin')
  );
}

/** @internal A POST to `token` must be sent by the callback page itself, as JSON (R5). */
export function checkForward(request: IncomingMessage, names: ServerNames): HttpRejection | undefined {
  const origins = rawValues(request, 'origin');
  const [origin = 'null'] = origins;
  const site = request.headers['sec-fetch-site'];
  // Privacy extensions and hardened browsers remove the origin; `Sec-Fetch-Site` then says the same.
  const isKnown = names.origins.has(origin);
  const isAccepted = site === 'same-origin' ? isKnown || origin === 'null' : isKnown && site === undefined;
  if (origins.length > 1 || !isAccepted) {
    return { reason: 'foreign_origin', text: 'Only the callback page may send this request.' };
  }
  return checkContentType(request, 'application/json');
}

/** @internal The declared type of a body. A charset, if there is one, is UTF-8. */
export function checkContentType(request: IncomingMessage, expected: string): HttpRejection | undefined {
  const [type, ...parameters] = (request.headers['content-type'] ?? '').toLowerCase().split(';');
  const isUtf8 = parameters.every(
    (parameter) => !/^\s*charset\s*=/.test(parameter) || /=\s*"?utf-8"?\s*$/.test(parameter),
  );
  if (type?.trim() !== expected || !isUtf8 || request.headers['content-encoding'] !== undefined) {
    return { reason: 'content_type', text: `The body must be ${expected}, in UTF-8, not compressed.` };
  }
  return undefined;
}

/** @internal Rejects every method that a path does not have; HEAD and OPTIONS are inert. */
export function rejectMethod(...allowed: string[]): HttpRejection {
  return {
    reason: 'method',
    text: 'This method is not supported here.',
    headers: { Allow: allowed.join(', ') },
  };
}

/** Every value of a header as it was sent: Node drops or joins a second one. */
function rawValues(request: IncomingMessage, name: string): string[] {
  const { rawHeaders } = request; // Names and values in turn.
  return rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name);
}
