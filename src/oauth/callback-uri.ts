import {
  isSameState,
  readResponse,
  validateResponse,
  type ExpectedRequest,
  type ReceivedResponse,
} from './authorization-response.js';
import { malformedResponse, type GrantResponse } from './grant-response.js';
import { anyText, flag, optional, parseOptions, type OptionRows } from './option-rows.js';
import { cleanPastedUri } from './pasted-text.js';
import { checkRedirectUri } from './redirect-uri.js';
import { checkResponseType } from './response-type.js';

/** What {@link parseCallbackUri} checks: pass the result of `request.toExpected()`, or its members. */
export interface ParseCallbackUriOptions extends Omit<ExpectedRequest, 'redirectUri'> {
  /** The redirect URI of the request. Scheme, host, port, path and its query must be the same. @default not checked */
  readonly redirectUri?: string | URL | undefined;
  /** Accepts a response without looking at its `state`, if no `state` is given here. @default false */
  readonly allowUnsolicited?: boolean | undefined;
}

const rows = {
  state: optional(anyText, ''),
  redirectUri: optional((value, name) => checkRedirectUri(name, value)),
  responseType: optional(checkResponseType),
  issuer: optional(anyText),
  codeVerifier: optional(anyText),
  prompt: optional(anyText),
  allowUnsolicited: optional(flag, false),
} satisfies OptionRows<ParseCallbackUriOptions>;

/**
 * Reads an authorization response from a callback URI that the operating system delivered to a custom protocol. The URI is taken
 * character by character; text that a user pasted belongs in `server.receive(text, { pasted: true })`. Query and fragment are both
 * read and not mixed: the query counts if both hold a response.
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
  const parsed = parseOptions('parseCallbackUri', { ...options }, rows); // Also if there are none: the error must name `state`.
  const { state, allowUnsolicited, ...checks } = parsed;
  if (state === '' && !allowUnsolicited) {
    throw new TypeError(
      '`state` must be the state of the request, and not empty: without it any page could sign the user in to another account. Pass `allowUnsolicited: true` only if the provider returns no `state`',
    );
  }
  const received = readCallbackUri(uri, checks.redirectUri);
  const isExpected = state === '' || isSameState(received.state, state);
  const request = { ...checks, state: received.state ?? '' };
  const result = validateResponse(received, isExpected ? request : undefined);
  if (result.kind === 'grant') return result.grant;
  throw result.error;
}

/** How long a callback URI may be: as long as a response that arrives by a request (R14). */
const maxLength = 256 * 1024;
/** A host name has at most 253 characters. For a longer one, Node can take a time that grows with the square of its length. */
const longHost = /^[^:]*:[/\\\s]*[^/\\?#]{1000}/;

/**
 * @internal Reads a callback URI.
 * @param redirectUri - helps to find the URI in a pasted text, and is the example in an error; it is not compared here
 * @param pasted - whether the text was pasted by a user: what stands around the URI is removed
 * @throws {@link AuthorizationError} only if it is no URI
 */
export function readCallbackUri(uri: string | URL, redirectUri?: string, pasted = false): ReceivedResponse {
  if (typeof uri !== 'string' && !(uri instanceof URL)) {
    throw new TypeError(`\`uri\` must be a string or a URL, not ${typeof uri}`);
  }
  const given = uri instanceof URL ? uri.href : uri;
  if (given.length > maxLength) throw malformedResponse(`it has more than ${maxLength} characters`);
  const text = pasted ? cleanPastedUri(given, redirectUri) : given;
  const [, address = '', query = '', fragment = ''] = /^([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s.exec(text) ?? [];
  if (longHost.test(address) || !URL.canParse(address) || !/[/?#]/.test(text.slice(text.indexOf(':')))) {
    throw malformedResponse(
      text === ''
        ? 'it is empty'
        : `it is not a whole address (${redirectUri ?? 'http://127.0.0.1:5543/callback'}?code=...&state=...)`,
    );
  }
  return readResponse(address, { query: withoutOverEncoding(query), fragment: withoutOverEncoding(fragment) });
}

/** VS Code decodes a whole query, and `Uri.toString()` encodes it, its `=` and `&` included. `+` and `%` stand for themselves then. */
function withoutOverEncoding(parameters: string): string {
  if (/[=&]/.test(parameters) || !/%3d/i.test(parameters)) return parameters;
  try {
    return decodeURIComponent(parameters).replace(/[+%]/g, encodeURIComponent);
  } catch {
    return parameters; // It is broken, and stays so.
  }
}
