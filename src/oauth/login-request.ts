import type { ExpectedRequest } from './authorization-response.js';
import { randomBase64url } from './random-and-digest.js';
import { PKCEUtil } from './pkce-util.js';

/**
 * The response types of the two flows; any other registered value, such as `id_token token`, is given as a string.
 *
 * @see [IANA, OAuth parameters](https://www.iana.org/assignments/oauth-parameters/oauth-parameters.xhtml#endpoint)
 */
export const ResponseType = {
  /** Authorization code: the flow to use wherever the provider has it, with PKCE. */
  Code: 'code',
  /** Implicit grant: the access token comes in the redirect itself. */
  Token: 'token',
} as const;

/** `'code'`, `'token'`, or any other registered response type. */
// The intersection keeps the two known values in an editor's completions.
export type ResponseType = (typeof ResponseType)[keyof typeof ResponseType] | (string & Record<never, never>);

/** What a {@link LoginRequest} needs of a server: an `AuthServer` is one. */
export interface CallbackReceiver {
  /** The redirect URI. */
  readonly baseUri: URL;
  /** From now on, accepts the answer to this request. */
  expect(request: ExpectedRequest): void;
}

/** The optional parts of an authorization request. */
export interface LoginRequestOptions {
  /** The provider's authorization endpoint. @default `https://accounts.spotify.com/authorize` */
  authorizationEndpoint?: string | URL | undefined;
  /** The scopes: a list, or a string with spaces between them. @default none: the provider's own default */
  scope?: string | Iterable<string> | undefined;
  /** The state; at least 128 random bits where you make it yourself. @default 256 random bits */
  state?: string | undefined;
  /** Whether the person is asked again although they have consented before (Spotify). @default the provider's */
  showDialog?: boolean | undefined;
  /** The PKCE code verifier. Its S256 challenge is sent, and the verifier is handed on with the code. @default none */
  codeVerifier?: string | undefined;
  /** The PKCE code challenge, where you keep the verifier yourself. @default made from `codeVerifier` */
  codeChallenge?: string | undefined;
  /** How the challenge was made. @default `S256` where there is a challenge */
  codeChallengeMethod?: 'S256' | 'plain' | undefined;
  /** How the answer is to come back. `form_post` leaves nothing in the browser's history. @default the provider's */
  responseMode?: 'query' | 'fragment' | 'form_post' | undefined;
  /** The issuer that must sign for the answer by `iss` (RFC 9207). @default not checked */
  issuer?: string | undefined;
  /** Whether `redirect_uri` is sent; some providers (AniList) take the registered one and refuse it. @default true */
  sendRedirectUri?: boolean | undefined;
  /** Further parameters, such as `nonce` or `audience`. They cannot replace one that this class writes. @default none */
  extraParams?: Readonly<Record<string, string>> | undefined;
}

const spotifyAuthorizationEndpoint = 'https://accounts.spotify.com/authorize';

const ownParams: Readonly<Record<string, string>> = {
  client_id: 'clientId',
  response_type: 'responseType',
  redirect_uri: 'redirect',
  state: 'state',
  scope: 'scope',
  show_dialog: 'showDialog',
  code_challenge: 'codeChallenge',
  code_challenge_method: 'codeChallengeMethod',
  response_mode: 'responseMode',
  code_verifier: 'codeVerifier',
};

/**
 * An authorization request: the URI that the browser is sent to, and the state that its answer must carry.
 *
 * Given an `AuthServer`, it takes that server's `baseUri` as its redirect URI and tells the server to expect the answer.
 *
 * @example
 * ```ts
 * import { AuthServer, BrowserUtil, LoginRequest, ResponseType } from 'embed-auth-server';
 *
 * const server = new AuthServer('http://127.0.0.1:5543/callback');
 * await server.start();
 * const request = new LoginRequest(server, 'my-client-id', ResponseType.Token, {
 *   authorizationEndpoint: 'https://id.twitch.tv/oauth2/authorize',
 *   scope: ['user:read:email'],
 * });
 * await BrowserUtil.open(request.toUri());
 * ```
 *
 * @see [RFC 6749, sections 4.1.1 and 4.2.1](https://www.rfc-editor.org/rfc/rfc6749#section-4.1.1)
 */
export class LoginRequest implements ExpectedRequest {
  /** The provider's authorization endpoint. */
  readonly authorizationEndpoint: URL;
  /** The redirect URI, as it is sent. */
  readonly redirectUri: string;
  /** The app's client id. */
  readonly clientId: string;
  /** `code`, `token` or another registered response type. */
  readonly responseType: ResponseType;
  /** How the answer is to come back; undefined where that is the provider's to say. */
  readonly responseMode: 'query' | 'fragment' | 'form_post' | undefined;
  /** The issuer that must sign for the answer. */
  readonly issuer: string | undefined;
  readonly #state: string;
  readonly #codeVerifier: string | undefined;
  readonly #params: readonly (readonly [string, string])[];

  /**
   * @param redirect - the redirect URI, or the server whose `baseUri` it is and that is to expect the answer
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
    const {
      authorizationEndpoint = spotifyAuthorizationEndpoint,
      scope,
      state,
      showDialog,
      codeVerifier,
      codeChallenge = codeVerifier === undefined ? undefined : challengeOf(codeVerifier),
      codeChallengeMethod = codeChallenge === undefined ? undefined : 'S256',
      responseMode,
      issuer,
      sendRedirectUri = true,
      extraParams = {},
    } = options;
    const receiver = typeof redirect === 'string' || redirect instanceof URL ? undefined : redirect;
    this.redirectUri = checkedRedirectUri(redirect);
    this.authorizationEndpoint = checkedEndpoint(authorizationEndpoint);
    this.clientId = checkedText('clientId', clientId);
    this.responseType = checkedText('responseType', responseType);
    this.issuer = issuer === undefined ? undefined : checkedText('issuer', issuer);
    this.#state = state === undefined ? randomBase64url(32) : checkedText('state', state);
    this.#codeVerifier = codeVerifier === undefined ? undefined : checkedVerifier(codeVerifier);
    if (codeChallenge === undefined && codeChallengeMethod !== undefined) {
      throw new TypeError('`codeChallengeMethod` is given without `codeChallenge` or `codeVerifier`');
    }
    if (codeChallengeMethod !== undefined && !['S256', 'plain'].includes(codeChallengeMethod)) {
      throw new RangeError('`codeChallengeMethod` must be S256 or plain');
    }
    if (codeVerifier !== undefined && codeChallengeMethod !== 'S256') {
      throw new RangeError(
        '`codeChallengeMethod` must be S256 where `codeVerifier` is given: plain would show the verifier',
      );
    }
    if (responseMode !== undefined && !['query', 'fragment', 'form_post'].includes(responseMode)) {
      throw new RangeError('`responseMode` must be query, fragment or form_post');
    }
    this.responseMode = responseMode;
    this.#params = writtenParams([
      ['client_id', this.clientId],
      ['response_type', this.responseType],
      ['redirect_uri', sendRedirectUri ? this.redirectUri : undefined],
      ['state', this.#state],
      ['scope', scope === undefined ? undefined : checkedScope(scope)],
      ['show_dialog', showDialog?.toString()],
      ['code_challenge', codeChallenge],
      ['code_challenge_method', codeChallengeMethod],
      ['response_mode', responseMode],
      ...checkedExtraParams(extraParams),
    ]);
    receiver?.expect(this);
  }

  /** What ties the answer to this request. An accessor, so that printing the request does not print it. */
  get state(): string {
    return this.#state;
  }

  /** The PKCE code verifier, where one was given. It never enters the URI. */
  get codeVerifier(): string | undefined {
    return this.#codeVerifier;
  }

  /**
   * The URI to send the browser to.
   *
   * @returns a new URL at every call: the endpoint with this request's parameters; the endpoint's own query is kept
   */
  toUri(): URL {
    const uri = new URL(this.authorizationEndpoint);
    const params = new URLSearchParams(uri.search);
    for (const [name, value] of this.#params) params.set(name, value);
    // A space may be written `+` or `%20` (RFC 6749, appendix B); every server reads the second.
    uri.search = params.toString().replaceAll('+', '%20');
    return uri;
  }
}

function writtenParams(params: readonly (readonly [string, string | undefined])[]): (readonly [string, string])[] {
  return params.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
}

function checkedText(name: string, value: unknown): string {
  if (typeof value !== 'string') throw new TypeError(`\`${name}\` must be a string, not ${typeof value}`);
  if (value === '') throw new TypeError(`\`${name}\` must not be empty`);
  if (!value.isWellFormed())
    throw new TypeError(`\`${name}\` must be well-formed Unicode: it has half a surrogate pair`);
  return value;
}

function checkedVerifier(codeVerifier: string): string {
  if (!/^[\w.~-]{43,128}$/.test(checkedText('codeVerifier', codeVerifier))) {
    throw new RangeError(
      '`codeVerifier` must be 43 to 128 of the characters A-Z a-z 0-9 - . _ ~ (RFC 7636, section 4.1)',
    );
  }
  return codeVerifier;
}

function challengeOf(codeVerifier: string): string {
  return PKCEUtil.generateCodes(checkedVerifier(codeVerifier)).challenge;
}

function checkedRedirectUri(redirect: string | URL | CallbackReceiver): string {
  const isReceiver = typeof redirect === 'object' && !(redirect instanceof URL);
  if (isReceiver && !((redirect as Partial<CallbackReceiver> | null)?.baseUri instanceof URL)) {
    throw new TypeError('`redirect` must be a string, a URL or an AuthServer');
  }
  const text = isReceiver
    ? redirect.baseUri.href
    : checkedText('redirect', redirect instanceof URL ? redirect.href : redirect);
  if (!URL.canParse(text))
    throw new TypeError('`redirect` must be an absolute URI, such as http://127.0.0.1:5543/callback');
  const uri = new URL(text);
  if (text.includes('#')) throw new TypeError('`redirect` must not have a fragment (RFC 6749, section 3.1.2)');
  if (uri.port === '0') {
    throw new TypeError(
      '`redirect` has port 0: start the server first, then make the request, so that its port is known',
    );
  }
  return text;
}

function checkedEndpoint(endpoint: string | URL): URL {
  if (!URL.canParse(String(endpoint))) {
    throw new TypeError(
      '`authorizationEndpoint` must be an absolute URI, such as https://accounts.example.com/authorize',
    );
  }
  const uri = new URL(endpoint);
  if (uri.protocol !== 'https:' && uri.protocol !== 'http:') {
    throw new TypeError(`\`authorizationEndpoint\` must be an https or http URI, not ${uri.protocol}`);
  }
  if (uri.hash !== '') throw new TypeError('`authorizationEndpoint` must not have a fragment (RFC 6749, section 3.1)');
  return uri;
}

function checkedScope(scope: string | Iterable<string>): string | undefined {
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

function checkedExtraParams(extraParams: Readonly<Record<string, string>>): (readonly [string, string])[] {
  return Object.entries(extraParams).map(([name, value]) => {
    const option = Object.hasOwn(ownParams, name) ? ownParams[name] : undefined;
    if (option !== undefined) {
      throw new TypeError(`\`extraParams\` must not contain ${name}: see the option \`${option}\``);
    }
    if (typeof value !== 'string') throw new TypeError(`\`extraParams\` must hold strings; ${name} is ${typeof value}`);
    return [name, value] as const;
  });
}
