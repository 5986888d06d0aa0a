import { AuthorizationError } from '../errors.js';

/** What both kinds of grant are made from. */
export interface GrantResponseInit {
  /** The response's parameters, raw. */
  params: URLSearchParams;
  /** The whole callback URI. */
  uri: URL;
  /** The redirect URI that the request named. Default: the callback URI without its query and fragment. */
  redirectUri?: string | undefined;
  /** The PKCE code verifier that belongs to the request. */
  codeVerifier?: string | undefined;
  /** When the response arrived. Default: now. */
  createdAt?: Date | undefined;
}

/** Keeps a grant's secrets out of logs: `console.log(response)` shows which members there are, not their values. */
const inspect = Symbol.for('nodejs.util.inspect.custom');

/**
 * An access token that came straight from the authorization endpoint (the implicit grant).
 *
 * Only {@link ImplicitGrantResponse.accessToken} is certain: providers leave out any of the others.
 * Printing it with `console.log` shows no value.
 *
 * @example
 * ```ts
 * import { AuthServer } from 'embed-auth-server';
 *
 * const server = new AuthServer();
 * server.on('implicitGrantReceived', async (response) => {
 *   await server.stop();
 *   await fetch('https://api.example.com/me', { headers: { Authorization: `Bearer ${response.accessToken}` } });
 * });
 * ```
 *
 * @see [RFC 6749, section 4.2.2](https://www.rfc-editor.org/rfc/rfc6749#section-4.2.2)
 */
export class ImplicitGrantResponse {
  /** The access token (`access_token`, or `token` where a provider calls it that). */
  readonly accessToken: string;
  /** The token's type, as it was sent: compare it without regard to case (RFC 6749, section 5.1). */
  readonly tokenType: string | undefined;
  /** The token's lifetime in seconds from {@link ImplicitGrantResponse.createdAt}, where the provider says it. */
  readonly expiresIn: number | undefined;
  /** The scopes, separated by spaces, where the provider says them. */
  readonly scope: string | undefined;
  /** The `state` of the request that this answers. */
  readonly state: string | undefined;
  /** When the response arrived. */
  readonly createdAt: Date;
  /** Every parameter, raw: `id_token`, `refresh_token`, `account_username` and whatever else a provider adds. */
  readonly params: URLSearchParams;
  /** The whole callback URI, fragment included. */
  readonly uri: URL;

  /**
   * @param init - the parameters and the URI they came in
   * @throws {@link AuthorizationError} with `RESPONSE_MALFORMED` where there is no access token
   */
  constructor(init: GrantResponseInit) {
    const accessToken = valueOf(init.params, 'access_token') ?? valueOf(init.params, 'token');
    if (accessToken === undefined) throw malformedResponse('it has no `access_token`');
    this.accessToken = accessToken;
    this.tokenType = valueOf(init.params, 'token_type');
    this.expiresIn = secondsOf(valueOf(init.params, 'expires_in') ?? valueOf(init.params, 'expires'));
    this.scope = valueOf(init.params, 'scope');
    this.state = valueOf(init.params, 'state');
    this.createdAt = init.createdAt ?? new Date();
    this.params = init.params;
    this.uri = init.uri;
  }

  /** Whether the token's lifetime is over. False where the provider did not say how long it lives. */
  get isExpired(): boolean {
    return this.expiresIn !== undefined && this.createdAt.getTime() + this.expiresIn * 1000 <= Date.now();
  }

  /** @internal */
  [inspect](): string {
    return `ImplicitGrantResponse { tokenType: ${JSON.stringify(this.tokenType)}, expiresIn: ${String(this.expiresIn)}, [secrets not shown] }`;
  }
}

/**
 * An authorization code, to be exchanged for tokens at the provider's token endpoint.
 * Printing it with `console.log` shows no value.
 *
 * @example
 * ```ts
 * import { AuthServer } from 'embed-auth-server';
 *
 * const server = new AuthServer();
 * server.on('authorizationCodeReceived', (response, page) => {
 *   page.waitUntil(exchange(response.code, response.redirectUri, response.codeVerifier));
 * });
 * declare function exchange(code: string, redirectUri: string, codeVerifier?: string): Promise<void>;
 * ```
 *
 * @see [RFC 6749, section 4.1.2](https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2)
 */
export class AuthorizationCodeResponse {
  /** The authorization code. It works once, and for a minute or so. */
  readonly code: string;
  /** The `state` of the request that this answers. */
  readonly state: string | undefined;
  /** The PKCE code verifier of the request, where the request was made with one. */
  readonly codeVerifier: string | undefined;
  /** The `redirect_uri` to name at the token endpoint (RFC 6749, section 4.1.3). */
  readonly redirectUri: string;
  /** When the response arrived. */
  readonly createdAt: Date;
  /** Every parameter, raw. */
  readonly params: URLSearchParams;
  /** The whole callback URI: what `openid-client` and `oauth4webapi` take as input. */
  readonly uri: URL;

  /**
   * @param init - the parameters and the URI they came in
   * @throws {@link AuthorizationError} with `RESPONSE_MALFORMED` where there is no code
   */
  constructor(init: GrantResponseInit) {
    const code = valueOf(init.params, 'code');
    if (code === undefined) throw malformedResponse('it has no `code`');
    this.code = code;
    this.state = valueOf(init.params, 'state');
    this.codeVerifier = init.codeVerifier;
    this.redirectUri = init.redirectUri ?? withoutParams(init.uri);
    this.createdAt = init.createdAt ?? new Date();
    this.params = init.params;
    this.uri = init.uri;
  }

  /** @internal */
  [inspect](): string {
    return 'AuthorizationCodeResponse { [secrets not shown] }';
  }
}

/** What a sign-in ends in when it goes well; `instanceof` tells the two apart. */
export type GrantResponse = ImplicitGrantResponse | AuthorizationCodeResponse;

/** @internal A parameter's value; an empty one counts as absent (RFC 6749, section 3.1). */
export function valueOf(params: URLSearchParams, name: string): string | undefined {
  return params.get(name) || undefined;
}

/** @internal A URI without its query and fragment. */
export function withoutParams(uri: URL): string {
  const bare = new URL(uri);
  bare.search = '';
  bare.hash = '';
  return bare.href;
}

/** @internal The error for what is no authorization response. */
export function malformedResponse(problem: string): AuthorizationError {
  return new AuthorizationError(
    'RESPONSE_MALFORMED',
    `The callback was not taken: ${problem}. Copy the whole URI, or start a new sign-in.`,
  );
}

/** A lifetime in whole seconds; whatever is not one counts as not said. */
function secondsOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : undefined;
}
