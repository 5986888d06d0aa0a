import type { ExpectedRequest } from './authorization-response.js';
import { checkAuthorizationEndpoint } from './authorization-uri.js';
import { assertKnownOptions } from './known-options.js';
import { flag, oneOf, optional, readOptions, text, type Check, type OptionRows, type Parsed } from './option-rows.js';
import { writtenParameters } from './parameters.js';
import { choosePkceCodes, pkceRows, type RequestCodes } from './pkce-util.js';
import { randomBase64url } from './random-and-digest.js';
import { checkRedirectUri } from './redirect-uri.js';
import { checkResponseType, type ResponseType } from './response-type.js';

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

const scopes: Check<string | undefined> = (value, name) => {
  if (typeof value !== 'string' && !(typeof value === 'object' && value !== null && Symbol.iterator in value)) {
    throw new TypeError(`\`${name}\` must be a string or a list of strings`);
  }
  const list = typeof value === 'string' ? [value] : [...(value as Iterable<unknown>)];
  for (const item of list) {
    if (typeof item !== 'string') throw new TypeError(`\`${name}\` must be strings, not ${typeof item}`);
  }
  return list.join(' ') || undefined;
};

const parameters: Check<readonly [string, string][]> = (value, option) => {
  if (typeof value !== 'object' || value === null) throw new TypeError(`\`${option}\` must be an object`);
  return Object.entries(value).flatMap(([name, values]: [string, unknown]) => {
    if (writtenParameters.includes(name)) {
      const own = name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
      throw new TypeError(`\`${option}\` must not contain ${name}: see the option \`${own}\``);
    }
    return [values].flat().map((item: unknown): [string, string] => {
      if (typeof item !== 'string') throw new TypeError(`\`${option}\` must hold strings; ${name} is ${typeof item}`);
      return [name, item];
    });
  });
};

/** @internal */
export const requestRows = {
  authorizationEndpoint: (value = 'https://accounts.spotify.com/authorize', name) =>
    checkAuthorizationEndpoint(name, value),
  scope: optional(scopes),
  state: optional(text),
  showDialog: optional(flag),
  ...pkceRows,
  responseMode: optional(oneOf('query', 'fragment', 'form_post')),
  issuer: optional(text),
  sendRedirectUri: optional(flag, true),
  extraParams: optional(parameters, []),
} satisfies OptionRows<LoginRequestOptions>;

/** @internal A request without the redirect URI, which a server may learn only later. State and PKCE codes are chosen. */
export interface RequestParts extends Omit<Parsed<typeof requestRows>, keyof typeof pkceRows> {
  readonly clientId: string;
  readonly responseType: ResponseType;
  readonly state: string;
  readonly codes: RequestCodes;
}

/** @internal Checks everything but the redirect URI. */
export function parseRequest(clientId: unknown, responseType: unknown, options: LoginRequestOptions): RequestParts {
  const { pkce, codeVerifier, codeChallenge, codeChallengeMethod, ...parsed } = readOptions(options, requestRows);
  const type = checkResponseType(responseType, 'responseType');
  return {
    ...parsed,
    clientId: text(clientId, 'clientId'),
    responseType: type,
    state: parsed.state ?? randomBase64url(32),
    codes: choosePkceCodes(type.split(' ').includes('code'), {
      pkce,
      codeVerifier,
      codeChallenge,
      codeChallengeMethod,
    }),
  };
}

/** @internal The URI for the browser: the endpoint with the parameters of the request; the endpoint's own query is kept. */
export function loginUriOf(parts: RequestParts, redirectUri: string): URL {
  const { codes } = parts;
  const wanted: [string, string | undefined][] = [
    ['client_id', parts.clientId],
    ['response_type', parts.responseType],
    ['redirect_uri', parts.sendRedirectUri ? redirectUri : undefined],
    ['state', parts.state],
    ['scope', parts.scope],
    ['show_dialog', parts.showDialog?.toString()],
    ['code_challenge', codes.challenge],
    ['code_challenge_method', codes.method],
    ['response_mode', parts.responseMode],
    ...parts.extraParams,
  ];
  const uri = new URL(parts.authorizationEndpoint);
  const params = new URLSearchParams(uri.search);
  const sent = wanted.filter((pair): pair is [string, string] => pair[1] !== undefined);
  for (const [name] of sent) params.delete(name);
  for (const [name, value] of sent) params.append(name, value);
  // A space may be written `+` or `%20` (RFC 6749, appendix B); every server reads the second.
  uri.search = params.toString().replaceAll('+', '%20');
  return uri;
}

/** @internal The members that the response is checked against. */
export function expectedOf(parts: RequestParts, redirectUri: string): ExpectedRequest {
  const { state, responseType, issuer, codes, extraParams } = parts;
  const [, prompt] = extraParams.find(([name]) => name === 'prompt') ?? [];
  return {
    state,
    redirectUri,
    responseType,
    ...(issuer !== undefined && { issuer }),
    ...(codes.verifier !== undefined && { codeVerifier: codes.verifier }),
    ...(prompt !== undefined && { prompt }),
  };
}

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
  readonly #parts: RequestParts;

  /**
   * @param redirect - the redirect URI, or the server that has it and is to expect the response
   * @param clientId - the id that the provider gave the app
   * @param responseType - which grant to ask for
   * @param options - everything else
   * @throws TypeError or RangeError naming the argument that was wrong
   */
  constructor(
    redirect: string | URL | { readonly redirectUri: string; expect(request: ExpectedRequest): void },
    clientId: string,
    responseType: ResponseType,
    options: LoginRequestOptions = {},
  ) {
    assertKnownOptions('LoginRequest', options, requestRows);
    this.redirectUri = checkRedirect(redirect);
    this.#parts = parseRequest(clientId, responseType, options);
    this.authorizationEndpoint = this.#parts.authorizationEndpoint;
    this.clientId = this.#parts.clientId;
    this.responseType = this.#parts.responseType;
    this.responseMode = this.#parts.responseMode;
    this.issuer = this.#parts.issuer;
    const receiver = typeof redirect === 'string' || redirect instanceof URL ? undefined : redirect;
    receiver?.expect(this);
  }

  /** The `prompt` of the request, if `extraParams` has one. */
  get prompt(): string | undefined {
    return this.toExpected().prompt;
  }

  /** What connects the response to this request. An accessor, so that printing the request does not print it. */
  get state(): string {
    return this.#parts.state;
  }

  /** The PKCE code verifier. It never enters the URI; undefined without PKCE, or if you gave only a challenge. */
  get codeVerifier(): string | undefined {
    return this.#parts.codes.verifier;
  }

  /**
   * The URI for the browser.
   *
   * @returns a new URL at every call: the endpoint with this request's parameters; the endpoint's own query is kept
   */
  toUri(): URL {
    return loginUriOf(this.#parts, this.redirectUri);
  }

  /**
   * The members that the response is checked against, as a plain object for a session store. It holds the state and the
   * verifier openly: keep it on the server, never in a cookie that the browser can read.
   *
   * @returns an object that survives JSON
   */
  toExpected(): ExpectedRequest {
    return expectedOf(this.#parts, this.redirectUri);
  }

  /** Throws a TypeError, because the JSON would have neither the state nor the verifier: keep {@link LoginRequest.toExpected} instead. */
  toJSON(): never {
    throw new TypeError(
      'A `LoginRequest` shows neither its state nor its verifier to JSON: store `request.toExpected()`',
    );
  }
}

function checkRedirect(redirect: unknown): string {
  let redirectUri = redirect;
  if (typeof redirect !== 'string' && !(redirect instanceof URL)) {
    redirectUri = (redirect as { readonly redirectUri?: unknown } | null | undefined)?.redirectUri;
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
