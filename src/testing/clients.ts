import { randomBase64url } from '../oauth/random-and-digest.js';
import type { Registration } from './checked-options.js';
import { errorResponse } from './error-response.js';

/** A client that made a request. */
export interface Client {
  readonly id: string;
  readonly name: string;
  readonly secret: string | undefined;
  readonly redirectUris: readonly string[] | undefined;
  readonly requirePkce: boolean;
}

/** The registered clients. */
export class Clients {
  readonly #registration: Registration;
  readonly #registered = new Map<string, Client>();

  constructor(registration: Registration) {
    this.#registration = registration;
  }

  find(id: string | null | undefined): Client | undefined {
    if (id === null || id === undefined || id === '') return undefined;
    const registered = this.#registered.get(id);
    if (registered !== undefined) return registered;
    const { clientId = id, clientName = id, clientSecret, redirectUris, requirePkce } = this.#registration;
    return id === clientId ? { id, name: clientName, secret: clientSecret, redirectUris, requirePkce } : undefined;
  }

  /**
   * Registers a client, and returns the registration response.
   *
   * @see [RFC 7591, section 3](https://www.rfc-editor.org/rfc/rfc7591#section-3)
   */
  register(metadata: unknown): Record<string, unknown> {
    if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata)) {
      throw errorResponse('invalid_client_metadata', 'The body must be a JSON object.');
    }
    const {
      redirect_uris: redirectUris,
      client_name: name,
      token_endpoint_auth_method: method = 'client_secret_basic',
    } = metadata as Readonly<Record<string, unknown>>;
    if (!Array.isArray(redirectUris) || !redirectUris.every((uri) => typeof uri === 'string' && URL.canParse(uri))) {
      throw errorResponse('invalid_redirect_uri', '`redirect_uris` must be a list of absolute URIs.');
    }
    const id = `client-${randomBase64url(9)}`;
    const secret = method === 'none' ? undefined : randomBase64url(24);
    this.#registered.set(id, {
      id,
      name: typeof name === 'string' ? name : id,
      secret,
      redirectUris: redirectUris as string[],
      requirePkce: this.#registration.requirePkce,
    });
    return {
      ...metadata,
      token_endpoint_auth_method: method,
      client_id: id,
      client_id_issued_at: Math.floor(Date.now() / 1000),
      ...(secret === undefined ? {} : { client_secret: secret, client_secret_expires_at: 0 }),
    };
  }

  /**
   * Identifies the client of a request to the token endpoint or the like.
   *
   * @see [RFC 6749, section 2.3.1](https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1)
   */
  authenticate(params: URLSearchParams, authorization: string | undefined): Client {
    const basic = /^Basic (.+)$/i.exec(authorization ?? '')?.[1];
    const [basicId, basicSecret] =
      basic === undefined ? [] : Buffer.from(basic, 'base64').toString().split(':').map(formDecoded);
    const client = this.find(basicId ?? params.get('client_id'));
    if (client === undefined) throw errorResponse('invalid_client', '`client_id` is missing or unknown.');
    if (client.secret !== undefined && (basicSecret ?? params.get('client_secret')) !== client.secret) {
      throw errorResponse('invalid_client', 'The client secret is missing or wrong.');
    }
    return client;
  }
}

/** The redirect URI to respond to, exactly as it was registered or sent; undefined if there is none to trust. */
export function acceptedRedirectUri({ redirectUris }: Client, requested: string | null): string | undefined {
  if (requested === null) return redirectUris?.length === 1 ? redirectUris[0] : undefined;
  // It becomes a Location header as it is: no spaces, control characters or backslashes, and no fragment (RFC 6749, 3.1.2).
  if (!/^[\x21-\x7e]+$/.test(requested) || /[\\#]/.test(requested) || !URL.canParse(requested)) return undefined;
  if (redirectUris === undefined) return requested;
  const portless = withoutLoopbackPort(requested);
  return redirectUris.some((uri) => withoutLoopbackPort(uri) === portless) ? requested : undefined;
}

function withoutLoopbackPort(uri: string): string {
  return uri.replace(/^(https?:\/\/(?:127(?:\.\d+){3}|\[::1\]|localhost)):\d+(?=[/?]|$)/, '$1');
}

/** The two halves of Basic credentials are form-encoded. */
function formDecoded(text: string): string {
  return new URLSearchParams(`value=${text}`).get('value') ?? '';
}
