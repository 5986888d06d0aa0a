import { timingSafeEqual, sha256 } from './random-and-digest.js';
import { AuthorizationError } from '../errors.js';
import { AuthorizationCodeResponse, ImplicitGrantResponse, valueOf, type GrantResponse } from './grant-response.js';

/** A request whose answer is awaited: a `LoginRequest`, or these members of one from a session store. */
export interface ExpectedRequest {
  /** The request's `state`. */
  readonly state: string;
  /** The redirect URI that the request named. An answer at another one is refused. */
  readonly redirectUri?: string | undefined;
  /** What was asked for. Where given, a grant of another kind is refused. */
  readonly responseType?: string | undefined;
  /** How the answer was asked to come back, where it was (`response_mode`). Nothing is refused by it. */
  readonly responseMode?: string | undefined;
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

/**
 * @internal Whether the answer to a request comes in the query, as codes do unless something else is asked for (OAuth 2.0
 * Multiple Response Type Encoding Practices, section 2.1). Nothing but speed hangs on it.
 */
export function isAnsweredInQuery({ responseType, responseMode }: ExpectedRequest): boolean {
  return responseMode === undefined ? responseType === 'code' : responseMode === 'query';
}

/** @internal Whether these parameters are an authorization response, as against an app's own query. */
export function isResponse(params: URLSearchParams): boolean {
  return answerParams.some((name) => params.has(name));
}

/** @internal The same, where empty parameters count as absent. */
export function hasAnswer(params: URLSearchParams): boolean {
  return answerParams.some((name) => valueOf(params, name) !== undefined);
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

/** @internal Compares two states in constant time. */
export function isSameState(one: string | undefined, other: string): boolean {
  return one !== undefined && timingSafeEqual(sha256(one), sha256(other));
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
