import { AuthorizationError } from '../errors.js';
import { providerErrors, rejections, type ResponseRejection } from '../outcomes.js';
import { AuthorizationCodeResponse, ImplicitGrantResponse, type GrantResponse } from './grant-response.js';
import { readClaims } from './id-token.js';
import { resultParameters } from './parameters.js';
import { isSameDigest, sha256 } from './random-and-digest.js';
import { isRedirectUri } from './redirect-uri.js';
import { checkResponseType } from './response-type.js';
import { controlCharacter, findContradiction, isResponse, tokenOf, valueOf } from './response-parameters.js';

/** A request whose response is awaited: a `LoginRequest`, or the result of its `toExpected()` from a session store. */
export interface ExpectedRequest {
  /** The request's `state`. */
  readonly state: string;
  /** The redirect URI that the request named. A response that arrives at another address is rejected. */
  readonly redirectUri?: string | undefined;
  /** The response type of the request. If it is given, a grant of another kind is rejected. */
  readonly responseType?: string | undefined;
  /** The issuer that must have sent the response (RFC 9207). @default not checked */
  readonly issuer?: string | undefined;
  /** The PKCE code verifier, which the grant will have. */
  readonly codeVerifier?: string | undefined;
  /** The `prompt` of the request. After `none`, the error `consent_required` is not the user's refusal. @default not `none` */
  readonly prompt?: string | undefined;
}

/** @internal What arrived, by any channel, before it is known whether it is expected. */
export interface ReceivedResponse {
  /** The decoded parameters that count. */
  readonly params: URLSearchParams;
  /** The callback URI that holds the same parameters (R30). */
  readonly uri: URL;
  /** Undefined also if there are different states. */
  readonly state: string | undefined;
  /** Whether it has neither a grant nor an error. */
  readonly isEmpty: boolean;
  /** What is malformed. Names parameters, never values. */
  readonly problem: string | undefined;
  /** Whether the provider reports an error. */
  readonly hasError: boolean;
  /** The address that it arrived at, and the query there: what R25 compares. */
  readonly address: URL;
  readonly query: URLSearchParams;
  /** The path at which the server expects responses, if it arrived at another one. */
  readonly expectedPath?: string;
}

/** @internal The result of the checks on a response. */
export type ValidationResult =
  | { readonly kind: 'grant'; readonly grant: GrantResponse }
  /** It has the awaited state, so the wait ends. `rejection` is absent if it is the provider's error. */
  | { readonly kind: 'error'; readonly error: AuthorizationError; readonly rejection?: ResponseRejection }
  /** It belongs to no request, so nothing ends. */
  | { readonly kind: 'rejected'; readonly reason: ResponseRejection; readonly error: AuthorizationError };

/**
 * @internal Reads a response. Query and fragment are never mixed (R15), except that the state of a query counts for a token or an
 * error in the fragment that has none.
 * @param base - the redirect URI that it arrived at, without a fragment
 * @param parts - what arrived, as raw text without `?` and `#`; `query` includes the redirect URI's own query, which it is by
 * default; `form` is the body of a form post
 */
export function readResponse(
  base: string | URL,
  parts: { query?: string | undefined; fragment?: string | undefined; form?: string | undefined },
): ReceivedResponse {
  const address = new URL(base);
  const { query = address.search.slice(1), fragment = '', form } = parts;
  const inQuery = new URLSearchParams(query);
  const inFragment = new URLSearchParams(fragment);
  const uri = new URL(address);
  let raw = isResponse(inQuery) ? query : (form ?? query);
  const mayBeInFragment = !isResponse(inQuery) && form === undefined;
  if (mayBeInFragment && (isResponse(inFragment) || (hasState(inFragment) && !hasState(inQuery)))) {
    raw = fragment;
    // SDKs read a code in the query only; what a hybrid response has in addition must not get there.
    const isCodeOnly = valueOf(inFragment, 'code') !== undefined && !inFragment.has('id_token') && !tokenOf(inFragment);
    uri.search = isCodeOnly ? `?${fragment}` : '';
    uri.hash = isCodeOnly ? '' : `#${fragment}`;
    const lacksState = tokenOf(inFragment) !== undefined || errorOf(inFragment) !== undefined;
    if (lacksState && !hasState(inFragment) && hasState(inQuery)) {
      raw += query;
      for (const state of inQuery.getAll('state')) uri.searchParams.append('state', state);
    }
  } else {
    uri.search = `?${raw}`;
  }
  // Read back from the URI, so that the two cannot differ.
  const params = new URLSearchParams(uri.search);
  if (uri.hash !== '') for (const [name, value] of new URLSearchParams(uri.hash.slice(1))) params.append(name, value);
  const states = new Set(params.getAll('state').filter((state) => state !== ''));
  return {
    params,
    uri,
    state: states.size === 1 ? valueOf(params, 'state') : undefined,
    isEmpty: !isResponse(params),
    problem: findProblem(params, raw),
    hasError: errorOf(params) !== undefined,
    address,
    query: inQuery,
  };
}

/**
 * @internal Checks a response: its state, then the redirect URI, its form, its issuer, and only then whether it is an error.
 * @param expected - the request with that state; `'used'` if its response was accepted before; undefined if there is none
 * @param options - `allowUnsolicited`: accept a response to no request; `redirectUri`: the redirect URI of a request that has
 * none, as exact text
 */
export function validateResponse(
  received: ReceivedResponse,
  expected: ExpectedRequest | 'used' | undefined,
  options: { allowUnsolicited?: boolean | undefined; redirectUri?: string | undefined } = {},
): ValidationResult {
  const { params, uri, state } = received;
  const request = expected === 'used' ? undefined : expected;
  const redirectUri = request?.redirectUri ?? options.redirectUri;
  const rejection =
    findStateProblem(received, expected, options.allowUnsolicited) ?? findRejection(received, redirectUri, request);
  if (rejection !== undefined) {
    const [reason, problem] = rejection;
    const { code, advice } = rejections[reason];
    const message = `The authorization response was rejected: ${problem}. ${advice}`;
    const error = new AuthorizationError(code, message, request === undefined ? { params } : { params, state });
    return request === undefined ? { kind: 'rejected', reason, error } : { kind: 'error', error, rejection: reason };
  }
  const error = errorOf(params);
  if (error !== undefined) return { kind: 'error', error: providerError(error, received, request) };
  const init = { params, uri, redirectUri, codeVerifier: request?.codeVerifier };
  const isCode = valueOf(params, 'code') !== undefined;
  return { kind: 'grant', grant: isCode ? new AuthorizationCodeResponse(init) : new ImplicitGrantResponse(init) };
}

/** @internal A copy of the members that count, checked: a `LoginRequest` has them as accessors. */
export function checkedRequest(request: ExpectedRequest): ExpectedRequest {
  const { state, redirectUri, responseType, issuer, codeVerifier, prompt } = request;
  if (typeof state !== 'string' || state === '') throw new TypeError('`request` must have a `state`');
  for (const [name, value] of Object.entries({ redirectUri, responseType, issuer, codeVerifier, prompt })) {
    if (value !== undefined && typeof value !== 'string') throw new TypeError(`\`${name}\` must be a string`);
  }
  if (responseType !== undefined) checkResponseType(responseType, 'responseType');
  return { state, redirectUri, responseType, issuer, codeVerifier, prompt };
}

/** @internal Compares two states in constant time. */
export function isSameState(one: string | undefined, other: string): boolean {
  return one !== undefined && isSameDigest(sha256(one), sha256(other));
}

function hasState(params: URLSearchParams): boolean {
  return valueOf(params, 'state') !== undefined;
}

type Rejection = readonly [reason: ResponseRejection, problem: string];

const empty: Rejection = ['empty', 'it has neither a code, nor a token, nor an error'];

/** Why the response belongs to no request, unless it does or need not. */
function findStateProblem(
  { params, state, isEmpty }: ReceivedResponse,
  expected: ExpectedRequest | 'used' | undefined,
  allowUnsolicited = false,
): Rejection | undefined {
  if (expected === 'used') return ['state_used', 'its `state` was used before'];
  if (expected !== undefined || allowUnsolicited) return undefined;
  if (state !== undefined) return ['state_foreign', 'its `state` belongs to no request that is awaited'];
  if (hasState(params)) return ['malformed', 'it has more than one `state`'];
  return isEmpty ? empty : ['state_foreign', 'it has no `state`'];
}

function findRejection(
  { params, address, query, problem, isEmpty, hasError, expectedPath }: ReceivedResponse,
  redirectUri: string | undefined,
  request: ExpectedRequest | undefined,
): Rejection | undefined {
  if (redirectUri !== undefined && !isRedirectUri(redirectUri, address, query)) {
    return ['wrong_redirect_uri', isDoubled(query, params) ? doubledQuery : describeMismatch(redirectUri, address)];
  }
  if (expectedPath !== undefined) {
    const problem = `it arrived at the path of the redirect URI, but this server expects it at ${shorten(expectedPath)}; let the proxy or tunnel change the path, or give both URIs the same path`;
    return ['wrong_redirect_uri', problem];
  }
  if (problem !== undefined) return ['malformed', problem];
  if (isEmpty) return isDoubled(query, params) ? ['empty', doubledQuery] : empty;
  const wrongIssuer = request?.issuer === undefined ? undefined : findIssuerProblem(params, request.issuer);
  if (wrongIssuer !== undefined) return ['wrong_issuer', wrongIssuer];
  if (hasError) return undefined;
  const kind = valueOf(params, 'code') === undefined ? 'token' : 'code';
  const words = request?.responseType?.split(' ') ?? [];
  const wanted = ['code', 'token'].find((word) => words.includes(word));
  return wanted === undefined || wanted === kind
    ? undefined
    : ['malformed', `it has a ${kind}, but the request asked for a ${wanted}`];
}

const doubledQuery =
  'its query has a second `?` in front of the parameters: the provider does not expect a redirect URI with a query; register one without a query, and use it';
const doubled = new RegExp(`\\?(?:${resultParameters.join('|')})=`);

/** As ejabberd appends a response to a redirect URI that has a query. */
function isDoubled(...parts: readonly URLSearchParams[]): boolean {
  return parts.flatMap((part) => [...part]).some(([name, value]) => doubled.test(`${name}=${value}`));
}

/** Both paths, without any query, if they are what differs: most often the registration has another one than the request. */
function describeMismatch(redirectUri: string, address: URL): string {
  const wanted = URL.canParse(redirectUri) ? new URL(redirectUri) : undefined;
  const isOtherPath = wanted?.host === address.host && wanted.pathname !== address.pathname;
  return isOtherPath
    ? `it arrived at the path ${shorten(address.pathname)}, but the path of the redirect URI is ${shorten(wanted.pathname)}; register the redirect URI exactly as the request has it`
    : 'it arrived at an address whose scheme, host, port, path or query is not that of the redirect URI';
}

function shorten(path: string): string {
  return path.length > 100 ? `${path.slice(0, 100)}...` : path;
}

/** What is malformed in the response by itself. */
function findProblem(params: URLSearchParams, raw: string): string | undefined {
  // `URL` drops tabs and line breaks, so that the URI would lose what the parameters have.
  if (controlCharacter.test(raw)) return 'it contains control characters that are not percent-encoded';
  const contradiction = findContradiction(params);
  if (contradiction !== undefined) return `it has \`${contradiction}\` more than once, with different values`;
  const [code, token, idToken] = [valueOf(params, 'code'), tokenOf(params), valueOf(params, 'id_token')];
  const hasGrant = code !== undefined || token !== undefined;
  if (hasGrant && valueOf(params, 'error') !== undefined) return 'it is both a grant and an error';
  if (!hasGrant && idToken !== undefined && errorOf(params) === undefined) {
    return 'it has only an `id_token`; request `id_token token` or a code';
  }
  // The RFC's grammar has no control characters (RFC 6749, appendix A). U+FFFD comes from broken percent-encoding.
  if ([code, token, idToken].some((value = '') => controlCharacter.test(value) || /\ufffd/.test(value))) {
    return 'its code or token contains control characters or broken percent-encoding';
  }
  return undefined;
}

/** The issuer is `iss`, or that of the ID token (R22). It is compared as text (RFC 9207, section 2.4). */
function findIssuerProblem(params: URLSearchParams, issuer: string): string | undefined {
  const iss = valueOf(params, 'iss');
  const idToken = valueOf(params, 'id_token');
  const claimed = idToken === undefined ? undefined : issuerOf(idToken);
  if ((iss ?? claimed) === undefined) return 'it does not name its issuer by `iss`';
  const wrong = [iss, claimed].find((value) => value !== undefined && value !== issuer);
  if (wrong === undefined) return undefined;
  if (wrong === `${issuer}/`)
    return 'its issuer is `issuer` with a slash at the end; if that is the provider, give `issuer` with the slash';
  return `${wrong}/` === issuer
    ? 'its issuer is `issuer` without the slash at the end; if that is the provider, give `issuer` without it'
    : 'its issuer is not `issuer`';
}

/** The issuer of an ID token, not verified; undefined if the token cannot be read. */
function issuerOf(idToken: string): string | undefined {
  const iss = readClaims(idToken)?.['iss'];
  return typeof iss === 'string' ? iss : undefined;
}

/** The provider's error code. Facebook reports `error_code` and `error_message` without `error`. */
function errorOf(params: URLSearchParams): string | undefined {
  const hasGrant = valueOf(params, 'code') !== undefined || tokenOf(params) !== undefined;
  return valueOf(params, 'error') ?? (hasGrant ? undefined : valueOf(params, 'error_code'));
}

function providerError(
  error: string,
  { params, state }: ReceivedResponse,
  request: ExpectedRequest | undefined,
): AuthorizationError {
  // LinkedIn, Apple and LemonLDAP::NG have words of their own for a denial.
  const isDenial =
    /^(?:access_denied|user_(?:cancell?ed|denied)(?:_\w+)?)$/.test(error) ||
    (error === 'consent_required' && request?.prompt !== 'none');
  // A code of the RFCs is such a word. Anything else is foreign text, which a message does not repeat.
  const word = /^[a-z_]{1,50}$/.test(error) ? ` (${error})` : '';
  const { code, message } = providerErrors[isDenial ? 'denied' : 'refused'];
  return new AuthorizationError(code, isDenial ? message : message.replace(':', `${word}:`), {
    error,
    errorDescription: valueOf(params, 'error_description') ?? valueOf(params, 'error_message'),
    errorUri: valueOf(params, 'error_uri'),
    state,
    params,
  });
}
