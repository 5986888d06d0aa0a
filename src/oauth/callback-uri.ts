import {
  hasAnswer,
  isResponse,
  isSameState,
  judge,
  readResponse,
  rejectionError,
  type ReceivedResponse,
} from './authorization-response.js';
import { AuthorizationError } from '../errors.js';
import { malformedResponse, withoutParams, type GrantResponse } from './grant-response.js';

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
  const params = candidates.find(hasAnswer) ?? candidates.find(isResponse);
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
  if (addressOf(received.uri) !== addressOf(new URL(redirectUri))) {
    throw rejectionError('wrong_redirect_uri', 'its scheme, host, port or path is not the redirect URI’s', received);
  }
}

/** Scheme, host, port and path. Systems hand `myapp://auth` on as `myapp://auth/`, which is the same address. */
function addressOf(uri: URL): string {
  const address = withoutParams(uri);
  return uri.pathname === '' ? `${address}/` : address;
}

function parseUri(text: string): URL {
  if (typeof text !== 'string') throw new TypeError(`\`uri\` must be a string or a URL, not ${typeof text}`);
  const cleaned = cleanPaste(text);
  if (!URL.canParse(cleaned)) {
    throw malformedResponse(cleaned === '' ? 'it is empty' : 'it is not an absolute URI');
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
