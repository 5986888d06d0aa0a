import type { ExpectedRequest } from './authorization-response.js';
import { checkAuthorizationEndpoint, checkResponseType } from './authorization-uri.js';
import { assertKnownOptions, type OptionNames } from './known-options.js';
import { choosePkceCodes } from './pkce-util.js';
import { randomBase64url } from './random-and-digest.js';
import { checkRedirectUri } from './redirect-uri.js';

/**
 * The response types of the two flows; any other registered value, such as `id_token token`, is given as a string.
 *
 * @see [IANA, OAuth parameters](https://www.iana.org/assignments/oauth-parameters/oauth-parameters.xhtml#endpoint)
 */
export const ResponseType = {
  /** Authorization code: the flow to use if the provider has it, with PKCE. */
  Code: 'code',
  /** Implicit grant: the access token comes in the redirect itself. */
  Token: 'token',
} as const;

/** `'code'`, `'token'`, or any other registered response type. */
// The intersection keeps the two known values in an editor's completions.
export type ResponseType = (typeof ResponseType)[keyof typeof ResponseType] | (string & Record<never, never>);

/** What a {@link LoginRequest} needs of a server: an `AuthServer` is one. */
export interface CallbackReceiver {
  /** The redirect URI, as the exact text to send. */
  readonly redirectUri: string;
  /** The redirect URI, parsed. */
  readonly baseUri: URL;
  /** From now on, accepts the response to this request. */
  expect(request: ExpectedRequest): void;
}

/** The optional parts of an authorization request. */
export interface LoginRequestOptions {
  /** The provider's authorization endpoint. @default `https://accounts.spotify.com/authorize` */
  authorizationEndpoint?: string | URL | undefined;
  /** The scopes: a list, or a string with spaces between them. @default none: the provider's own default */
  scope?: string | Iterable<string> | undefined;
  /** The state; at least 128 random bits if you make it yourself. @default 256 random bits */
  state?: string | undefined;
  /** Whether the user is asked again although they have consented before (Spotify). @default the provider's */
  showDialog?: boolean | undefined;
  /** Whether a request for a code uses PKCE (S256). @default true */
  pkce?: boolean | undefined;
  /** The PKCE code verifier. Its S256 challenge is sent, and the grant will have the verifier. @default a random one */
  codeVerifier?: string | undefined;
  /** The PKCE code challenge, if you keep the verifier yourself. @default made from `codeVerifier` */
  codeChallenge?: string | undefined;
  /** How the challenge was made. @default `S256` if there is a challenge */
  codeChallengeMethod?: 'S256' | 'plain' | undefined;
  /** How the response is to be sent. `form_post` leaves nothing in the browser's history. @default the provider's */
  responseMode?: 'query' | 'fragment' | 'form_post' | undefined;
  /** The issuer that the response must name by `iss` or by an ID token (RFC 9207). @default not checked */
  issuer?: string | undefined;
  /** Whether `redirect_uri` is sent; some providers (AniList) use the registered one and reject it. @default true */
  sendRedirectUri?: boolean | undefined;
  /** Further parameters, such as `nonce` or `audience`; a list is sent as several parameters of one name. @default none */
  extraParams?: Readonly<Record<string, string | readonly string[]>> | undefined;
}

/** @internal */
export const loginRequestOptionNames: OptionNames<LoginRequestOptions> = {
  authorizationEndpoint: true,
  scope: true,
  state: true,
  showDialog: true,
  pkce: true,
  codeVerifier: true,
  codeChallenge: true,
  codeChallengeMethod: true,
  responseMode: true,
  issuer: true,
  sendRedirectUri: true,
  extraParams: true,
};

// What this class writes itself, and the verifier, which is never sent here. Each has an option of the same name in camel case.
const protocolNames =
  /^(?:client_id|response_type|redirect_uri|state|scope|show_dialog|response_mode|code_verifier|code_challenge(?:_method)?)$/;

/**
 * An authorization request: the URI that the browser opens, and the state that the response must carry.
 *
 * Given an `AuthServer`, it uses that server's `redirectUri`, and the server expects the response. A request for a code uses
 * PKCE.
 *
 * @example
 * ```ts
 * import { AuthServer, BrowserUtil, LoginRequest, ResponseType } from 'embed-auth-server';
 *
 * const server = new AuthServer('http://127.0.0.1:5543/callback');
 * await server.start();
 * const request = new LoginRequest(server, 'my-client-id', ResponseType.Code, {
 *   authorizationEndpoint: 'https://accounts.example.com/authorize',
 *   scope: ['profile', 'email'],
 * });
 * await BrowserUtil.open(request.toUri());
 * ```
 *
 * @see [RFC 6749, sections 4.1.1 and 4.2.1](https://www.rfc-editor.org/rfc/rfc6749#section-4.1.1)
 */
export class LoginRequest implements ExpectedRequest {
  /** The provider's authorization endpoint. */
  readonly authorizationEndpoint: URL;
  /** The redirect URI, exactly as it was given. */
  readonly redirectUri: string;
  /** The app's client id. */
  readonly clientId: string;
  /** `code`, `token` or another registered response type. */
  readonly responseType: ResponseType;
  /** How the response is to be sent; undefined leaves that to the provider. */
  readonly responseMode: 'query' | 'fragment' | 'form_post' | undefined;
  /** The issuer that the response must name. */
  readonly issuer: string | undefined;
  readonly #state: string;
  readonly #codeVerifier: string | undefined;
  readonly #params: readonly (readonly [string, string])[];

  /**
   * @param redirect - the redirect URI, or the server that has it and is to expect the response
   * @param clientId - the id that the provider gave the app
   * @param responseType - which grant to ask for
   * @param options - everything else
   * @throws TypeError or RangeError naming the argument that was wrong
   */
  constructor(
    redirect: string | URL | CallbackReceiver,
    clientId: string,
    responseType: ResponseType,
    options: LoginRequestOptions = {},
  ) {
    assertKnownOptions('LoginRequest', options, loginRequestOptionNames);
    const {
      authorizationEndpoint = 'https://accounts.spotify.com/authorize',
      scope,
      state,
      showDialog,
      responseMode,
      issuer,
      sendRedirectUri = true,
      extraParams = {},
    } = options;
    const receiver = typeof redirect === 'string' || redirect instanceof URL ? undefined : redirect;
    this.redirectUri = checkRedirect(redirect);
    this.authorizationEndpoint = checkAuthorizationEndpoint('authorizationEndpoint', authorizationEndpoint);
    this.clientId = checkText('clientId', clientId);
    this.responseType = checkResponseType('responseType', checkText('responseType', responseType));
    this.issuer = issuer === undefined ? undefined : checkText('issuer', issuer);
    this.#state = state === undefined ? randomBase64url(32) : checkText('state', state);
    const { verifier, challenge, method } = choosePkceCodes(this.responseType.split(' ').includes('code'), options);
    this.#codeVerifier = verifier;
    if (responseMode !== undefined && !['query', 'fragment', 'form_post'].includes(responseMode)) {
      throw new RangeError('`responseMode` must be query, fragment or form_post');
    }
    this.responseMode = responseMode;
    const params: [string, string | undefined][] = [
      ['client_id', this.clientId],
      ['response_type', this.responseType],
      ['redirect_uri', sendRedirectUri ? this.redirectUri : undefined],
      ['state', this.#state],
      ['scope', scope === undefined ? undefined : joinScopes(scope)],
      ['show_dialog', showDialog?.toString()],
      ['code_challenge', challenge],
      ['code_challenge_method', method],
      ['response_mode', responseMode],
      ...flattenExtraParams(extraParams),
    ];
    this.#params = params.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
    receiver?.expect(this);
  }

  /** What connects the response to this request. An accessor, so that printing the request does not print it. */
  get state(): string {
    return this.#state;
  }

  /** The PKCE code verifier. It never enters the URI; undefined without PKCE, or if you gave only a challenge. */
  get codeVerifier(): string | undefined {
    return this.#codeVerifier;
  }

  /**
   * The URI for the browser.
   *
   * @returns a new URL at every call: the endpoint with this request's parameters; the endpoint's own query is kept
   */
  toUri(): URL {
    const uri = new URL(this.authorizationEndpoint);
    const params = new URLSearchParams(uri.search);
    for (const [name] of this.#params) params.delete(name);
    for (const [name, value] of this.#params) params.append(name, value);
    // A space may be written `+` or `%20` (RFC 6749, appendix B); every server reads the second.
    uri.search = params.toString().replaceAll('+', '%20');
    return uri;
  }

  /**
   * The members that the response is checked against, as a plain object for a session store. It holds the state and the
   * verifier openly: keep it on the server, never in a cookie that the browser can read.
   *
   * @returns an object that survives JSON
   */
  toExpected(): ExpectedRequest {
    const { state, redirectUri, responseType, issuer, codeVerifier } = this;
    return {
      state,
      redirectUri,
      responseType,
      ...(issuer !== undefined && { issuer }),
      ...(codeVerifier !== undefined && { codeVerifier }),
    };
  }
}

function checkText(name: string, value: unknown): string {
  if (typeof value !== 'string') throw new TypeError(`\`${name}\` must be a string, not ${typeof value}`);
  if (value === '') throw new TypeError(`\`${name}\` must not be empty`);
  if (!value.isWellFormed())
    throw new TypeError(`\`${name}\` must be well-formed Unicode, without half surrogate pairs`);
  return value;
}

function checkRedirect(redirect: unknown): string {
  let redirectUri = redirect;
  if (typeof redirect !== 'string' && !(redirect instanceof URL)) {
    redirectUri = (redirect as Partial<CallbackReceiver> | null | undefined)?.redirectUri;
    if (typeof redirectUri !== 'string') throw new TypeError('`redirect` must be a string, a URL or an AuthServer');
  }
  const text = checkRedirectUri('redirect', redirectUri);
  if (new URL(text).port === '0') {
    throw new TypeError(
      '`redirect` has port 0: start the server first, then make the request, so that its port is known',
    );
  }
  return text;
}

function joinScopes(scope: string | Iterable<string>): string | undefined {
  const given: unknown = scope;
  if (typeof given !== 'string' && (typeof given !== 'object' || given === null || !(Symbol.iterator in given))) {
    throw new TypeError('`scope` must be a string or a list of strings');
  }
  const scopes = typeof scope === 'string' ? [scope] : [...scope];
  for (const item of scopes) {
    if (typeof item !== 'string') throw new TypeError(`\`scope\` must be strings, not ${typeof item}`);
  }
  return scopes.join(' ') || undefined;
}

function flattenExtraParams(extraParams: unknown): [string, string][] {
  if (typeof extraParams !== 'object' || extraParams === null) throw new TypeError('`extraParams` must be an object');
  return Object.entries(extraParams).flatMap(([name, value]: [string, unknown]) => {
    if (protocolNames.test(name)) {
      const option = name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
      throw new TypeError(`\`extraParams\` must not contain ${name}: see the option \`${option}\``);
    }
    return [value].flat().map((item: unknown): [string, string] => {
      if (typeof item !== 'string') throw new TypeError(`\`extraParams\` must hold strings; ${name} is ${typeof item}`);
      return [name, item];
    });
  });
}
