import type { IncomingMessage } from 'node:http';
import type { ResponseRejection } from '../oauth/authorization-response.js';

/** Why a request was refused before anybody read a response out of it. */
export type RequestRejection =
  | 'bad_target'
  | 'foreign_host'
  | 'foreign_origin'
  | 'not_a_navigation'
  | 'prefetch'
  | 'method'
  | 'content_type'
  | 'body_too_large'
  | 'body_invalid';

/** Why something that reached the callback or its `token` was not taken. A word, never a value. */
export type RejectionReason = RequestRejection | ResponseRejection;

/** A request that goes no further: the status and one sentence for whoever sent it. */
export interface Refusal {
  readonly reason: RequestRejection;
  readonly status: number;
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The names under which a server answers. */
export interface OwnNames {
  /** Values of `Host`, lower case. */
  readonly hosts: ReadonlySet<string>;
  /** The origins of its own pages. */
  readonly origins: ReadonlySet<string>;
}

/** What any request must be: addressed to us, by one of our names (R4). */
export function refuseTarget(request: IncomingMessage, target: string, own: OwnNames): Refusal | undefined {
  if (!target.startsWith('/')) {
    return { reason: 'bad_target', status: 400, text: 'The request target must be a path.' };
  }
  const hosts = rawValues(request, 'host');
  if (hosts.length !== 1 || !own.hosts.has(hosts[0]?.toLowerCase() ?? '')) {
    return { reason: 'foreign_host', status: 421, text: 'This server does not answer under that name.' };
  }
  return undefined;
}

const lookAheadHeaders = ['sec-purpose', 'purpose', 'x-purpose', 'x-moz'] as const;

/** What a request for the page must be: a person's navigation, and no look-ahead of a browser or a scanner (R6). */
export function refuseNavigation(request: IncomingMessage): Refusal | undefined {
  const { headers } = request;
  if (lookAheadHeaders.some((name) => headers[name] !== undefined && /prefetch|preview/i.test(String(headers[name])))) {
    return { reason: 'prefetch', status: 403, text: 'The callback is not to be fetched ahead of time.' };
  }
  const destination = headers['sec-fetch-dest'];
  if (destination !== undefined && destination !== 'document') {
    return { reason: 'not_a_navigation', status: 403, text: 'The callback answers to a navigation only.' };
  }
  return undefined;
}

/** What a POST to `token` must be: sent by our own page, as JSON (R5). */
export function refuseForward(request: IncomingMessage, own: OwnNames): Refusal | undefined {
  const origins = rawValues(request, 'origin');
  const site = request.headers['sec-fetch-site'];
  if (origins.length !== 1 || !own.origins.has(origins[0] ?? '') || (site !== undefined && site !== 'same-origin')) {
    return { reason: 'foreign_origin', status: 403, text: 'Only the callback page itself may send this.' };
  }
  return refuseContentType(request, 'application/json');
}

/** What a body must be said to be. A charset, where there is one, is UTF-8. */
export function refuseContentType(request: IncomingMessage, expected: string): Refusal | undefined {
  const [type, ...parameters] = (request.headers['content-type'] ?? '').toLowerCase().split(';');
  const isUtf8 = parameters.every(
    (parameter) => !/^\s*charset\s*=/.test(parameter) || /=\s*"?utf-8"?\s*$/.test(parameter),
  );
  if (type?.trim() !== expected || !isUtf8 || request.headers['content-encoding'] !== undefined) {
    return { reason: 'content_type', status: 415, text: `The body must be ${expected}, in UTF-8, not compressed.` };
  }
  return undefined;
}

/** Whatever is not one of the methods that a path has; HEAD and OPTIONS are inert. */
export function refuseMethod(...allowed: string[]): Refusal {
  return {
    reason: 'method',
    status: 405,
    text: 'That method has no meaning here.',
    headers: { Allow: allowed.join(', ') },
  };
}

/** Every value of a header as it was sent: Node drops or joins a second one. */
function rawValues(request: IncomingMessage, name: string): string[] {
  const { rawHeaders } = request; // Names and values in turn.
  const values: string[] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.toLowerCase() === name) values.push(rawHeaders[index + 1] ?? '');
  }
  return values;
}
