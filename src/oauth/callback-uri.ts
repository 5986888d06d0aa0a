import {
  checkedRequest,
  isSameState,
  readResponse,
  validateResponse,
  type ExpectedRequest,
  type ReceivedResponse,
} from './authorization-response.js';
import { malformedResponse, type GrantResponse } from './grant-response.js';
import { assertKnownOptions, type OptionNames } from './known-options.js';
import { cleanPastedUri } from './pasted-text.js';
import { checkRedirectUri } from './redirect-uri.js';

/** What {@link parseCallbackUri} checks: pass the result of `request.toExpected()`, or its members. */
export interface ParseCallbackUriOptions extends Omit<ExpectedRequest, 'redirectUri'> {
  /** The redirect URI of the request. Scheme, host, port, path and its query must be the same. @default not checked */
  readonly redirectUri?: string | URL | undefined;
  /** Accepts a response without looking at its `state`, if no `state` is given here. @default false */
  readonly allowUnsolicited?: boolean | undefined;
}

const optionNames: OptionNames<ParseCallbackUriOptions> = {
  state: true,
  redirectUri: true,
  responseType: true,
  issuer: true,
  codeVerifier: true,
  allowUnsolicited: true,
};

/**
 * Reads an authorization response from a callback URI: one that the operating system delivered to a custom protocol, or
 * one that a user pasted. Text around a pasted URI, line breaks and quotes are removed. Query and fragment are both read and
 * not mixed: the query counts if both hold a response.
 *
 * @param uri - the callback URI
 * @param options - the request that it must belong to; `state` is required, unless `allowUnsolicited` is true
 * @returns the grant
 * @throws {@link AuthorizationError} if the URI holds the provider's error or is rejected; see its `code`
 * @throws TypeError if `uri` is neither a string nor a URL, or an option is wrong or missing
 *
 * @example
 * ```ts
 * import { parseCallbackUri } from 'embed-auth-server';
 *
 * const grant = parseCallbackUri('myapp.auth://token#access_token=abc&state=xyz', { state: 'xyz' });
 * if (grant.kind === 'token') console.log(grant.accessToken.length);
 * ```
 *
 * @see [RFC 8252, section 7.1](https://www.rfc-editor.org/rfc/rfc8252#section-7.1)
 */
export function parseCallbackUri(
  uri: string | URL,
  options: ParseCallbackUriOptions | (Partial<ParseCallbackUriOptions> & { readonly allowUnsolicited: true }),
): GrantResponse {
  const given = { ...options }; // Also if there are none: the error must name `state`.
  assertKnownOptions('parseCallbackUri', given, optionNames);
  const { state = '', allowUnsolicited = false, redirectUri: redirect, ...checks } = given;
  if (typeof allowUnsolicited !== 'boolean') throw new TypeError('`allowUnsolicited` must be true or false');
  if (typeof state !== 'string' || (state === '' && !allowUnsolicited)) {
    throw new TypeError(
      '`state` must be the state of the request, and not empty: without it any page could sign the user in to another account. Pass `allowUnsolicited: true` only if the provider returns no `state`',
    );
  }
  const redirectUri = redirect === undefined ? undefined : checkRedirectUri('redirectUri', redirect);
  const expected = checkedRequest({ ...checks, redirectUri, state: state || 'any' });
  const received = readCallbackUri(uri, redirectUri);
  const isExpected = state === '' || isSameState(received.state, state);
  const request = { ...expected, state: received.state ?? '' };
  const result = validateResponse(received, isExpected ? request : undefined);
  if (result.kind === 'grant') return result.grant;
  throw result.error;
}

/**
 * @internal Reads a callback URI as the user or the system gives it.
 * @param redirectUri - helps to find the URI in a text; it is not compared here, and the scheme stays
 * @throws {@link AuthorizationError} only if it is no URI
 */
export function readCallbackUri(uri: string | URL, redirectUri?: string): ReceivedResponse {
  if (typeof uri !== 'string' && !(uri instanceof URL)) {
    throw new TypeError(`\`uri\` must be a string or a URL, not ${typeof uri}`);
  }
  const text = uri instanceof URL ? uri.href : cleanPastedUri(uri, redirectUri, true);
  const [, address = '', query = '', fragment] = /^([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s.exec(text) ?? [];
  if (!URL.canParse(address) || !/:.*[/?#]/s.test(text)) {
    throw malformedResponse(
      text === ''
        ? 'it is empty'
        : `it is not a callback URI. A code alone is not accepted: copy the complete address from the browser, such as ${redirectUri ?? 'http://127.0.0.1:5543/callback'}?code=...&state=...`,
    );
  }
  return readResponse(address, { query, fragment });
}
