import { randomBase64url } from '../oauth/random-and-digest.js';
import type { Client } from './clients.js';
import { errorResponse } from './error-response.js';

const lifetime = 60;

/**
 * Authorization requests that a client has pushed.
 *
 * @see [RFC 9126](https://www.rfc-editor.org/rfc/rfc9126)
 */
export class PushedRequests {
  readonly #requests = new Map<string, { readonly params: URLSearchParams; readonly expiresAt: number }>();

  push(client: Client, params: URLSearchParams): Record<string, unknown> {
    if (params.has('request_uri')) throw errorResponse('invalid_request', '`request_uri` must not be pushed.');
    const requestUri = `urn:ietf:params:oauth:request_uri:${randomBase64url(24)}`;
    const pushed = new URLSearchParams(params);
    pushed.delete('client_secret');
    pushed.set('client_id', client.id);
    this.#requests.set(requestUri, { params: pushed, expiresAt: Date.now() + lifetime * 1000 });
    return { request_uri: requestUri, expires_in: lifetime };
  }

  /** The pushed parameters, if an authorization request refers to some; undefined if they are unknown or expired. */
  resolve(params: URLSearchParams): URLSearchParams | undefined {
    const requestUri = params.get('request_uri');
    if (requestUri === null) return params;
    const pushed = this.#requests.get(requestUri);
    const isValid = pushed !== undefined && pushed.expiresAt > Date.now();
    return isValid && pushed.params.get('client_id') === params.get('client_id') ? pushed.params : undefined;
  }

  /** A pushed request is used once. */
  forget(params: URLSearchParams): void {
    this.#requests.delete(params.get('request_uri') ?? '');
  }
}
