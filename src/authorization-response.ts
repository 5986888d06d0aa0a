import { timingSafeEqual, sha256 } from './crypto.js';
import { AuthorizationError } from './errors.js';

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
    if (accessToken === undefined) throw malformed('it has no `access_token`');
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
    if (code === undefined) throw malformed('it has no `code`');
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

/** A request whose answer is awaited: a `LoginRequest`, or these members of one from a session store. */
export interface ExpectedRequest {
  /** The request's `state`. */
  readonly state: string;
  /** The redirect URI that the request named. An answer at another one is refused. */
  readonly redirectUri?: string | undefined;
  /** What was asked for. Where given, a grant of another kind is refused. */
  readonly responseType?: string | undefined;
  /** The issuer whose answer is awaited (RFC 9207). Where given, `iss` must be there and equal. */
  readonly issuer?: string | undefined;
  /** The PKCE code verifier, handed on with the code. */
  readonly codeVerifier?: string | undefined;
}

/** Why a callback was refused by the checks on the authorization response itself. */
export type ResponseRejection = 'state_foreign' | 'state_used' | 'malformed' | 'wrong_issuer' | 'wrong_redirect_uri';

/** @internal What came, before anybody was asked whether it was expected. */
export interface ReceivedResponse {
  readonly params: URLSearchParams;
  readonly uri: URL;
  readonly state: string | undefined;
  /** What is wrong with the response by itself; names parameters, never values. */
  readonly problem: string | undefined;
}

/** @internal What a response comes to, once the request it answers is known. */
export type Verdict =
  | { readonly kind: 'grant'; readonly response: GrantResponse }
  | { readonly kind: 'error'; readonly error: AuthorizationError }
  | { readonly kind: 'rejected'; readonly reason: ResponseRejection; readonly problem: string };

const answerParams = ['code', 'error', 'access_token', 'token', 'id_token'] as const;
// Control characters are not in any of the RFC's value grammars (RFC 6749, appendix A) and have no place in a header.
// U+FFFD is what broken percent-encoding decodes to: the value is not the one that was sent.
// eslint-disable-next-line no-control-regex -- control characters are what this looks for
const controlCharacters = /[\u0000-\u001f\u007f\ufffd]/;

/** @internal Whether these parameters are an authorization response, as against an app's own query. */
export function isResponse(params: URLSearchParams): boolean {
  return answerParams.some((name) => params.has(name));
}

/** @internal Reads an authorization response; everything that can be said without the request is said here. */
export function readResponse(params: URLSearchParams, uri: URL): ReceivedResponse {
  return { params, uri, state: valueOf(params, 'state'), problem: problemOf(params) };
}

/**
 * @internal Judges a response: its form, then its state, then its issuer, and only then whether it is an error.
 * @param expected - the request with that state; `'used'` for one answered before; undefined where there is none
 * @param unsolicited - whether an answer to no request is taken too
 */
export function judge(
  received: ReceivedResponse,
  expected: ExpectedRequest | 'used' | undefined,
  unsolicited = false,
): Verdict {
  const { params, uri, state, problem } = received;
  if (problem !== undefined) return { kind: 'rejected', reason: 'malformed', problem };
  if (expected === 'used') return { kind: 'rejected', reason: 'state_used', problem: 'its `state` was used before' };
  if (expected === undefined && !unsolicited) {
    return {
      kind: 'rejected',
      reason: 'state_foreign',
      problem: state === undefined ? 'it has no `state`' : 'its `state` belongs to no request that is waiting',
    };
  }
  if (expected?.issuer !== undefined && valueOf(params, 'iss') !== expected.issuer) {
    return { kind: 'rejected', reason: 'wrong_issuer', problem: 'its `iss` is not the issuer that was asked' };
  }
  const error = valueOf(params, 'error');
  if (error !== undefined) {
    return {
      kind: 'error',
      error: new AuthorizationError(
        error === 'access_denied' ? 'ACCESS_DENIED' : 'AUTHORIZATION_FAILED',
        error === 'access_denied'
          ? 'The person, or the provider on their behalf, denied the access (access_denied).'
          : 'The authorization server answered with an error: see `error` and `errorDescription`.',
        {
          error,
          errorDescription: valueOf(params, 'error_description'),
          errorUri: valueOf(params, 'error_uri'),
          state,
          params,
        },
      ),
    };
  }
  const kind = valueOf(params, 'code') === undefined ? 'token' : 'code';
  const asked = expected?.responseType?.split(' ').filter((word) => word === 'code' || word === 'token');
  if (asked !== undefined && asked.length > 0 && !asked.includes(kind)) {
    return { kind: 'rejected', reason: 'malformed', problem: `it holds a ${kind}, which is not what was asked for` };
  }
  const init = { params, uri, redirectUri: expected?.redirectUri, codeVerifier: expected?.codeVerifier };
  return {
    kind: 'grant',
    response: kind === 'code' ? new AuthorizationCodeResponse(init) : new ImplicitGrantResponse(init),
  };
}

/** @internal The typed error for a response that was refused. */
export function rejectionError(
  reason: ResponseRejection,
  problem: string,
  received: ReceivedResponse,
): AuthorizationError {
  const { code, advice } = rejections[reason];
  return new AuthorizationError(code, `The callback was not taken: ${problem}. ${advice}`, { params: received.params });
}

const rejections = {
  state_foreign: {
    code: 'STATE_FOREIGN',
    advice: 'Use the URI that the provider redirected to in answer to this very sign-in.',
  },
  state_used: { code: 'STATE_USED', advice: 'Start a new sign-in.' },
  malformed: { code: 'RESPONSE_MALFORMED', advice: 'Copy the whole URI, or start a new sign-in.' },
  wrong_issuer: { code: 'ISSUER_MISMATCH', advice: 'Check `issuer`, and who sent the person there.' },
  wrong_redirect_uri: {
    code: 'REDIRECT_URI_MISMATCH',
    advice: 'Copy the URI from the page that the provider redirected to.',
  },
} as const;

/** What {@link parseCallbackUri} checks. */
export interface ParseCallbackUriOptions {
  /** The `state` of the request. Without it the answer to any request is taken: leave it out only in tests. */
  state?: string;
  /** The redirect URI of the request; scheme, host, port and path of the callback must be the same. */
  redirectUri?: string | URL;
  /** The issuer that was asked (RFC 9207). Where given, `iss` must be there and equal. */
  issuer?: string;
  /** The PKCE code verifier of the request, handed on with the code. */
  codeVerifier?: string;
}

/**
 * Reads an authorization response out of a callback URI: one that the operating system delivered to a custom protocol, or
 * one that a person pasted (surrounding quotes, angle brackets, line breaks and a final full stop are removed). The query
 * and the fragment are both read, never merged: the query counts where both hold a response.
 *
 * @param uri - the callback URI
 * @param options - what to check it against
 * @returns the grant
 * @throws {@link AuthorizationError} where the URI holds an error response or is not taken; see its `code`
 * @throws TypeError where `uri` is neither a string nor a URL
 *
 * @example
 * ```ts
 * import { ImplicitGrantResponse, parseCallbackUri } from 'embed-auth-server';
 *
 * const grant = parseCallbackUri('myapp.auth://token#access_token=abc&state=xyz', { state: 'xyz' });
 * if (grant instanceof ImplicitGrantResponse) console.log(grant.accessToken.length);
 * ```
 *
 * @see [RFC 8252, section 7.1](https://www.rfc-editor.org/rfc/rfc8252#section-7.1)
 */
export function parseCallbackUri(uri: string | URL, options: ParseCallbackUriOptions = {}): GrantResponse {
  const { state, redirectUri, issuer, codeVerifier } = options;
  if (redirectUri !== undefined && !URL.canParse(String(redirectUri))) {
    throw new TypeError('`redirectUri` must be an absolute URI, such as http://127.0.0.1:5543/callback');
  }
  const received = readCallbackUri(uri);
  if (redirectUri !== undefined) assertRedirectUri(received, String(redirectUri));
  const expected = state === undefined || isSameState(received.state, state);
  const verdict = judge(
    received,
    expected ? { state: state ?? '', redirectUri: redirectUri?.toString(), issuer, codeVerifier } : undefined,
  );
  if (verdict.kind === 'rejected') throw rejectionError(verdict.reason, verdict.problem, received);
  if (verdict.kind === 'error') throw verdict.error;
  return verdict.response;
}

/** @internal Reads a callback URI as a person or the system gives it. */
export function readCallbackUri(uri: string | URL): ReceivedResponse {
  const url = uri instanceof URL ? uri : parseUri(uri);
  const candidates = [url.search.slice(1), url.hash.slice(1)].map((text) => new URLSearchParams(text));
  const params = candidates.find(isResponse);
  if (params === undefined) {
    throw new AuthorizationError(
      'RESPONSE_EMPTY',
      'The callback URI holds neither a code, nor a token, nor an error. Copy the whole address of the page that the provider redirected to, with all that follows `?` or `#`.',
    );
  }
  return readResponse(params, url);
}

/** @internal Refuses a callback that did not come to the redirect URI of its request. */
export function assertRedirectUri(received: ReceivedResponse, redirectUri: string): void {
  if (withoutParams(received.uri) !== withoutParams(new URL(redirectUri))) {
    throw rejectionError('wrong_redirect_uri', 'its scheme, host, port or path is not the redirect URI’s', received);
  }
}

/** @internal Compares two states in constant time. */
export function isSameState(one: string | undefined, other: string): boolean {
  return one !== undefined && timingSafeEqual(sha256(one), sha256(other));
}

function parseUri(text: string): URL {
  if (typeof text !== 'string') throw new TypeError(`\`uri\` must be a string or a URL, not ${typeof text}`);
  const cleaned = cleanPaste(text);
  if (!URL.canParse(cleaned)) {
    throw malformed(cleaned === '' ? 'it is empty' : 'it is not an absolute URI');
  }
  return new URL(cleaned);
}

const pairs: Readonly<Record<string, string>> = {
  '<': '>',
  '"': '"',
  "'": "'",
  '`': '`',
  '“': '”',
  '‘': '’',
  '(': ')',
};

/** Takes off what a terminal, a mail or a hand adds around a URI; a URI itself has neither white space nor quotes. */
function cleanPaste(text: string): string {
  let bare = text.replace(/\s+/g, '');
  for (let closing = pairs[bare.charAt(0)]; closing !== undefined; closing = pairs[bare.charAt(0)]) {
    bare = bare.slice(1);
    const end = bare.replace(/[.,;]$/, '');
    if (end.endsWith(closing)) bare = end.slice(0, -1);
  }
  // An apostrophe and a parenthesis may belong to the URI (tokens of Stack Exchange end with `))`); these may not.
  bare = bare.replace(/[>"`”’]+[.,;]?$/, '');
  // An unsecured JWT (RFC 7519, section 6) ends with the full stop that belongs to it.
  return /=[\w-]+\.[\w-]+\.$/.test(bare) ? bare : bare.replace(/[.,;]$/, '');
}

function problemOf(params: URLSearchParams): string | undefined {
  const names = [...params.keys()];
  if (new Set(names).size !== names.length) return 'one of its parameters is there more than once';
  const error = valueOf(params, 'error');
  const code = valueOf(params, 'code');
  const token = valueOf(params, 'access_token') ?? valueOf(params, 'token');
  if (error !== undefined && (code !== undefined || token !== undefined)) return 'it is both a grant and an error';
  if (error === undefined && code === undefined && token === undefined) {
    return params.has('id_token')
      ? 'it has an `id_token` alone; ask for `id_token token` or for a code'
      : 'it has neither a code, nor a token, nor an error';
  }
  if ([code, token, valueOf(params, 'state')].some((value) => value !== undefined && controlCharacters.test(value))) {
    return 'one of its values contains control characters or broken percent-encoding';
  }
  return undefined;
}

/** A parameter's value; an empty one counts as absent (RFC 6749, section 3.1). */
function valueOf(params: URLSearchParams, name: string): string | undefined {
  return params.get(name) || undefined;
}

/** A lifetime in whole seconds; whatever is not one counts as not said. */
function secondsOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : undefined;
}

function withoutParams(uri: URL): string {
  const bare = new URL(uri);
  bare.search = '';
  bare.hash = '';
  return bare.href;
}

function malformed(problem: string): AuthorizationError {
  return new AuthorizationError(
    'RESPONSE_MALFORMED',
    `The callback was not taken: ${problem}. ${rejections.malformed.advice}`,
  );
}
