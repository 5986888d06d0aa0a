import { checkedRequest, type ExpectedRequest } from './authorization-response.js';
import { singleParameters } from './parameters.js';
import { isLoopbackHost } from './redirect-uri.js';
import { valueOf } from './response-parameters.js';
import { checkResponseType } from './response-type.js';

/** @internal What is known in addition to an authorization URI of an SDK. `state` and `codeVerifier` were offered to the SDK. */
export interface AuthorizationUriContext extends Partial<ExpectedRequest> {
  /** The state that the `authorizationUri` function returned with the URI. */
  readonly returnedState?: string | undefined;
  /** The challenge of `codeVerifier`. */
  readonly codeChallenge?: string | undefined;
}

/**
 * @internal Reads the authorization URI of an SDK, also of one that uses PAR (RFC 9126) or JAR (RFC 9101).
 * @returns the URI, and the request whose response is awaited
 * @throws TypeError that names `authorizationUri` and contains no value of its parameters
 */
export function readAuthorizationUri(
  authorizationUri: string | URL,
  context: AuthorizationUriContext,
): { uri: URL; expected: ExpectedRequest } {
  const { redirectUri, issuer, codeChallenge, codeVerifier } = context;
  const uri = checkAuthorizationEndpoint('authorizationUri', authorizationUri);
  const params = uri.searchParams;
  for (const name of singleParameters) {
    if (params.getAll(name).length > 1) throw wrongUri(`has the parameter \`${name}\` more than once`);
  }
  const hasRequestObject = valueOf(params, 'request_uri') !== undefined || valueOf(params, 'request') !== undefined;
  const mode = valueOf(params, 'response_mode');
  if (mode !== undefined && !['query', 'fragment', 'form_post'].includes(mode)) {
    throw wrongUri('must have the `response_mode` query, fragment or form_post: others cannot be received here');
  }
  const sentRedirectUri = valueOf(params, 'redirect_uri');
  if (redirectUri !== undefined && sentRedirectUri !== undefined && sentRedirectUri !== redirectUri) {
    throw wrongUri(
      `has another \`redirect_uri\` than the server. Give the SDK the \`redirectUri\` that the function receives, as exact text: ${redirectUri}`,
    );
  }
  const prompt = valueOf(params, 'prompt');
  const challenge = valueOf(params, 'code_challenge');
  const verifier = challenge === undefined || challenge === codeChallenge ? codeVerifier : undefined;
  const awaitedRedirectUri = redirectUri ?? sentRedirectUri;
  const expected = {
    state: findState(valueOf(params, 'state'), hasRequestObject, context),
    ...(awaitedRedirectUri !== undefined && { redirectUri: awaitedRedirectUri }),
    responseType: findResponseType(valueOf(params, 'response_type'), hasRequestObject, context.responseType),
    ...(issuer !== undefined && { issuer }),
    ...(verifier !== undefined && { codeVerifier: verifier }),
    ...(prompt !== undefined && { prompt }),
  };
  return { uri, expected };
}

/**
 * @internal A checked copy of the request that a caller awaits, or of the one in an authorization URI.
 * @param redirectUri - that of an authorization URI without a custom protocol
 */
export function toExpectedRequest(request: ExpectedRequest | string | URL, redirectUri: string): ExpectedRequest {
  if (typeof request === 'string' || request instanceof URL) {
    const sent = URL.canParse(String(request)) ? new URL(request).searchParams.get('redirect_uri') : null;
    // A custom protocol's response arrives by `receive()`, at its own redirect URI.
    const isCustom = sent !== null && /^(?!https?:)[a-z][a-z\d+.-]*:/i.test(sent);
    return readAuthorizationUri(request, { redirectUri: isCustom ? sent : redirectUri }).expected;
  }
  if (typeof request !== 'object' || (request as unknown) === null) {
    throw new TypeError('`request` must be a LoginRequest, an authorization URI, or an object with a `state`');
  }
  return checkedRequest(request);
}

/** @internal The loopback `redirect_uri` of an authorization URI, as exact text; a server can listen there. */
export function findLoopbackRedirectUri(authorizationUri: string | URL): string | undefined {
  const { searchParams } = checkAuthorizationEndpoint('authorizationUri', authorizationUri);
  const redirectUri = valueOf(searchParams, 'redirect_uri');
  if (redirectUri === undefined || !URL.canParse(redirectUri)) return undefined;
  const { protocol, hostname } = new URL(redirectUri);
  return /^https?:$/.test(protocol) && isLoopbackHost(hostname) ? redirectUri : undefined;
}

/** @internal Checks an authorization endpoint, with or without parameters; `name` is the option that the caller wrote. */
export function checkAuthorizationEndpoint(name: string, endpoint: unknown): URL {
  const text = endpoint instanceof URL ? endpoint.href : endpoint;
  if (typeof text !== 'string' || !URL.canParse(text)) {
    throw new TypeError(`\`${name}\` must be an absolute URI, such as https://accounts.example.com/authorize`);
  }
  const uri = new URL(text);
  const isLocal = isLoopbackHost(uri.hostname) || uri.hostname.endsWith('.localhost');
  if (uri.protocol !== 'https:' && !(uri.protocol === 'http:' && isLocal)) {
    throw new TypeError(`\`${name}\` must be an https URI; http is accepted for 127.0.0.1, [::1] and localhost only`);
  }
  if (text.includes('#')) throw new TypeError(`\`${name}\` must not have a fragment (RFC 6749, section 3.1)`);
  return uri;
}

function findState(
  sent: string | undefined,
  hasRequestObject: boolean,
  { state: offered, returnedState: returned }: AuthorizationUriContext,
): string {
  if (returned !== undefined && (typeof returned !== 'string' || returned === '')) {
    throw new TypeError('`authorizationUri` must return a `state` that is a string and not empty');
  }
  if (!hasRequestObject && sent !== undefined && returned !== undefined && sent !== returned) {
    throw new TypeError('`authorizationUri` must return the same `state` as its URI has');
  }
  const state = returned ?? (hasRequestObject ? (offered ?? sent) : sent);
  if (state === undefined) {
    throw wrongUri(
      'has no `state`, so its response cannot be recognized. Make it a function and give the SDK the `state` that the function receives; if the SDK makes a state that the URI does not show, return `{ uri, state }`',
    );
  }
  return state;
}

function findResponseType(sent: string | undefined, hasRequestObject: boolean, option: string | undefined): string {
  const responseType = sent ?? (hasRequestObject ? (option ?? 'code') : undefined);
  if (responseType === undefined) throw wrongUri('has neither `response_type`, nor `request_uri`, nor `request`');
  const words = (text: string): string => text.split(' ').sort().join(' ');
  if (option !== undefined && words(option) !== words(responseType)) {
    throw new TypeError('`responseType` contradicts the `response_type` of `authorizationUri`');
  }
  return checkResponseType(responseType, sent === undefined ? 'responseType' : 'authorizationUri');
}

function wrongUri(problem: string): TypeError {
  return new TypeError(`\`authorizationUri\` ${problem}`);
}
