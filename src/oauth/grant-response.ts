import { AuthorizationError, replaceControls } from '../errors.js';
import { tokenOf, valueOf } from './response-parameters.js';

/** @internal What both kinds of grant are made from. */
export interface GrantResponseInit {
  /** The response's parameters, decoded. */
  params: URLSearchParams;
  /** The callback URI that holds the same parameters. */
  uri: URL;
  /** The redirect URI of the request. @default the callback URI without its query and fragment */
  redirectUri?: string | undefined;
  /** The PKCE code verifier that belongs to the request. */
  codeVerifier?: string | undefined;
  /** When the response arrived. @default now */
  createdAt?: Date | undefined;
}

const inspect = Symbol.for('nodejs.util.inspect.custom');
/** Names the kind of a grant in every copy of this package: an entry may have its own. */
const grantKind = Symbol.for('embed-auth-server.grantKind');

/** What both kinds of grant have in common. Secrets are accessors: logging, JSON and `{...grant}` contain none. */
abstract class AuthorizationResponse {
  /** The redirect URI, exactly as the request named it. The token endpoint needs the same text (RFC 6749, section 4.1.3). */
  readonly redirectUri: string;
  /** When the response arrived. */
  readonly createdAt: Date;
  /** The type of the access token, as it was sent: compare it without regard to case (RFC 6749, section 5.1). */
  readonly tokenType: string | undefined;
  /** The access token's lifetime in seconds from `createdAt`; undefined if the provider does not state one, or states 0. */
  readonly expiresIn: number | undefined;
  /** The scopes, separated by spaces, if the provider states them. */
  readonly scope: string | undefined;
  readonly #params: URLSearchParams;
  readonly #uri: URL;

  /** @internal */
  constructor({ params, uri, redirectUri, createdAt }: GrantResponseInit) {
    this.redirectUri = redirectUri ?? uri.href.replace(/[?#].*$/, '');
    this.createdAt = createdAt ?? new Date();
    this.tokenType = replaceControls(valueOf(params, 'token_type'));
    this.expiresIn = secondsOf(valueOf(params, 'expires_in')) ?? secondsOf(valueOf(params, 'expires'));
    this.scope = replaceControls(valueOf(params, 'scope'));
    this.#params = params;
    this.#uri = uri;
  }

  /** The `state` of the request. */
  get state(): string | undefined {
    return valueOf(this.#params, 'state');
  }

  /** The ID token, if the response has one. It is not verified: let an OpenID Connect library do that. */
  get idToken(): string | undefined {
    return valueOf(this.#params, 'id_token');
  }

  /** Every parameter, decoded and otherwise unchanged: also those that only this provider sends, such as `account_id`. */
  get params(): URLSearchParams {
    return this.#params;
  }

  /** The whole callback URI, which is what `openid-client` and `oauth4webapi` accept. It holds the same parameters. */
  get uri(): URL {
    return this.#uri;
  }

  /** @internal Whether a value is a grant of this class, or of the same class in another copy of this package. */
  static [Symbol.hasInstance](value: unknown): boolean {
    const wanted = Object.getOwnPropertyDescriptor(this.prototype, grantKind)?.value as unknown;
    if (wanted === undefined) return Function.prototype[Symbol.hasInstance].call(this, value);
    return typeof value === 'object' && value !== null && grantKind in value && value[grantKind] === wanted;
  }

  /** @internal */
  [inspect](): string {
    return `${this.constructor.name} { tokenType: ${JSON.stringify(this.tokenType)}, expiresIn: ${String(this.expiresIn)}, [secrets not shown] }`;
  }
}

/**
 * An access token that came straight from the authorization endpoint (the implicit grant).
 *
 * Only {@link ImplicitGrantResponse.accessToken} is certain: providers omit any of the others. Logging the object shows no
 * secret, and a copy by `{...grant}` contains none.
 *
 * @example
 * ```ts
 * import { AuthServer } from 'embed-auth-server';
 *
 * const server = new AuthServer();
 * server.on('implicitGrantReceived', async (grant) => {
 *   await server.stop();
 *   await fetch('https://api.example.com/me', { headers: { Authorization: `Bearer ${grant.accessToken}` } });
 * });
 * ```
 *
 * @see [RFC 6749, section 4.2.2](https://www.rfc-editor.org/rfc/rfc6749#section-4.2.2)
 */
export class ImplicitGrantResponse extends AuthorizationResponse {
  static {
    Object.defineProperty(this.prototype, grantKind, { value: 'token' });
  }

  /** Tells the two kinds of grant apart. */
  readonly kind = 'token';
  readonly #accessToken: string;

  /**
   * @internal
   * @param init - the parameters and the URI that holds them
   * @throws {@link AuthorizationError} with `RESPONSE_MALFORMED` if there is no access token
   */
  constructor(init: GrantResponseInit) {
    super(init);
    const accessToken = tokenOf(init.params);
    if (accessToken === undefined) throw malformedResponse('it has no `access_token`');
    this.#accessToken = accessToken;
  }

  /** The access token (`access_token`, or `token` as Trello calls it). */
  get accessToken(): string {
    return this.#accessToken;
  }

  /** Whether the token's lifetime has passed. False if the provider does not state one. */
  get isExpired(): boolean {
    return this.expiresIn !== undefined && this.createdAt.getTime() + this.expiresIn * 1000 <= Date.now();
  }
}

/**
 * An authorization code, to be exchanged for tokens at the provider's token endpoint. A hybrid response has tokens, too.
 * Logging the object shows no secret, and a copy by `{...grant}` contains none.
 *
 * @example
 * ```ts
 * import { AuthServer } from 'embed-auth-server';
 *
 * const server = new AuthServer();
 * server.on('authorizationCodeReceived', (grant, { page }) => {
 *   page.waitUntil(exchange(grant.code, grant.redirectUri, grant.codeVerifier));
 * });
 * declare function exchange(code: string, redirectUri: string, codeVerifier?: string): Promise<void>;
 * ```
 *
 * @see [RFC 6749, section 4.1.2](https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2)
 */
export class AuthorizationCodeResponse extends AuthorizationResponse {
  static {
    Object.defineProperty(this.prototype, grantKind, { value: 'code' });
  }

  /** Tells the two kinds of grant apart. */
  readonly kind = 'code';
  readonly #code: string;
  readonly #codeVerifier: string | undefined;

  /**
   * @internal
   * @param init - the parameters and the URI that holds them
   * @throws {@link AuthorizationError} with `RESPONSE_MALFORMED` if there is no code
   */
  constructor(init: GrantResponseInit) {
    super(init);
    const code = valueOf(init.params, 'code');
    if (code === undefined) throw malformedResponse('it has no `code`');
    this.#code = code;
    this.#codeVerifier = init.codeVerifier;
  }

  /** The authorization code. It works once, and only for a minute or so. */
  get code(): string {
    return this.#code;
  }

  /** The PKCE code verifier of the request, if it has one. */
  get codeVerifier(): string | undefined {
    return this.#codeVerifier;
  }

  /** The access token of a hybrid response (`code token`, `code id_token token`). */
  get accessToken(): string | undefined {
    return tokenOf(this.params);
  }
}

/** The result of a successful sign-in. `kind` tells the two apart: `'code'` or `'token'`. */
export type GrantResponse = ImplicitGrantResponse | AuthorizationCodeResponse;

/** @internal The error for something that is no authorization response. */
export function malformedResponse(problem: string): AuthorizationError {
  return new AuthorizationError(
    'RESPONSE_MALFORMED',
    `The authorization response was rejected: ${problem}. Copy the whole URI, or start a new sign-in.`,
  );
}

/** A lifetime in whole seconds. Anything else, and 0, counts as not stated. */
function secondsOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) || undefined : undefined;
}
