import { preselectedAccount } from './accounts.js';
import type { CheckedBehavior } from './checked-options.js';
import { acceptedRedirectUri, type Client, type Clients } from './clients.js';
import type { Decision } from './device-authorizations.js';
import { errorParams, repeatedParameter, withChanges } from './error-response.js';
import type { TestErrorResponse } from './authorization-server-options.js';
import type { GrantDetails, TokenIssuer } from './token-issuer.js';

/** What an authorization request results in. */
export type AuthorizationResult =
  /** The redirect URI cannot be trusted, so that the browser is not redirected (RFC 6749, section 4.1.2.1). */
  | { readonly kind: 'error_page'; readonly problem: string }
  | {
      readonly kind: 'consent';
      readonly client: Client;
      readonly redirectUri: string;
      readonly scope: string | undefined;
    }
  | { readonly kind: 'redirect'; readonly uri: string }
  | { readonly kind: 'form_post'; readonly action: string; readonly params: Readonly<Record<string, string>> };

/** What the user chose on the consent page. */
export interface UserDecision {
  readonly decision: Decision;
  /** The id of the account; undefined: the first one. */
  readonly account: string | undefined;
}

/** What a result depends on, apart from the request. */
export interface AuthorizationContext {
  readonly issuer: string;
  readonly behavior: CheckedBehavior;
  readonly clients: Clients;
  readonly tokens: TokenIssuer;
}

/** Handles an authorization request, in the order of RFC 6749, section 4.1.2.1. */
export function authorize(
  params: URLSearchParams,
  decided: UserDecision | undefined,
  { issuer, behavior, clients, tokens }: AuthorizationContext,
): AuthorizationResult {
  const client = clients.find(onlyValue(params, 'client_id'));
  if (client === undefined) return { kind: 'error_page', problem: '`client_id` is missing or unknown.' };
  const redirectUri = acceptedRedirectUri(client, onlyValue(params, 'redirect_uri'));
  if (redirectUri === undefined) {
    return {
      kind: 'error_page',
      problem: '`redirect_uri` is missing, not registered, or not an absolute URI without a fragment.',
    };
  }
  const respond = (members: Readonly<Record<string, string>>): AuthorizationResult =>
    authorizationResponse(redirectUri, params, members, issuer, behavior);

  const error = requestError(params, redirectUri, client) ?? behavior.error;
  if (error !== undefined) return respond(errorParams(error));
  const account =
    decided?.account === undefined
      ? preselectedAccount(behavior.accounts, params.get('login_hint'))
      : behavior.accounts.find(({ id }) => id === decided.account);
  if (account === undefined) return { kind: 'error_page', problem: 'There is no such account.' };
  const scope = params.get('scope') ?? undefined;
  const decision = decided?.decision ?? (behavior.consent === 'ask' ? undefined : behavior.consent);
  if (decision === undefined) return { kind: 'consent', client, redirectUri, scope };
  if (decision === 'deny') {
    return respond(errorParams({ error: 'access_denied', errorDescription: 'The user denied the request.' }));
  }
  const details: GrantDetails = {
    clientId: client.id,
    scope,
    redirectUri: params.get('redirect_uri') ?? undefined,
    codeChallenge: params.get('code_challenge') ?? undefined,
    nonce: params.get('nonce') ?? undefined,
    account: account.id,
  };
  if (params.get('response_type') === 'code') return respond({ code: tokens.issueCode(details) });
  const token = Object.entries(tokens.issueAccessToken(details)).map(([name, value]) => [name, String(value)]);
  return respond(Object.fromEntries(token) as Record<string, string>);
}

/** The value of a parameter: null if there is none, and empty, which is never registered, if it is ambiguous. */
function onlyValue(params: URLSearchParams, name: string): string | null {
  const [value = null, ...more] = params.getAll(name);
  return more.length > 0 ? '' : value;
}

function requestError(params: URLSearchParams, redirectUri: string, client: Client): TestErrorResponse | undefined {
  const responseType = params.get('response_type') ?? '';
  if (repeatedParameter(params) !== undefined) return invalid('A parameter occurs more than once.');
  if (responseType === '') return invalid('`response_type` is missing.');
  if (responseType !== 'code' && responseType !== 'token') {
    return { error: 'unsupported_response_type', errorDescription: 'Only code and token are supported.' };
  }
  const mode = params.get('response_mode');
  if (mode !== null && !['query', 'fragment', 'form_post'].includes(mode)) {
    return {
      error: 'unsupported_response_mode',
      errorDescription: 'Only query, fragment and form_post are supported.',
    };
  }
  if (mode === 'query' && responseType === 'token') return invalid('A token must not be sent in the query.');
  if (mode === 'form_post' && !isWebUri(redirectUri)) return invalid('A form can only be posted to an http(s) URI.');
  // RFC 6749, appendix A.4.
  if (!/^[\x20\x21\x23-\x5b\x5d-\x7e]*$/.test(params.get('scope') ?? '')) {
    return { error: 'invalid_scope', errorDescription: '`scope` has characters that no scope can have.' };
  }
  if (responseType === 'token') return undefined;
  const challenge = params.get('code_challenge');
  if (challenge === null) {
    return client.requirePkce ? invalid('`code_challenge` is missing (see the option `requirePkce`).') : undefined;
  }
  if (params.get('code_challenge_method') !== 'S256') return invalid('`code_challenge_method` must be S256.');
  return /^[\w-]{43}$/.test(challenge) ? undefined : invalid('`code_challenge` is not a SHA-256 digest as base64url.');
}

function invalid(errorDescription: string): TestErrorResponse {
  return { error: 'invalid_request', errorDescription };
}

function authorizationResponse(
  redirectUri: string,
  request: URLSearchParams,
  members: Readonly<Record<string, string>>,
  issuer: string,
  behavior: CheckedBehavior,
): AuthorizationResult {
  // A state that came twice is not repeated: it is unknown which of the two is meant.
  const [state = null, ...more] = request.getAll('state');
  const complete: Record<string, string | null> = { ...members, state: more.length > 0 ? null : state, iss: issuer };
  // withChanges() removes null.
  const params = withChanges(complete, behavior.responseParams) as Record<string, string>;
  const mode = behavior.responseMode ?? responseMode(request);
  // An error in the request may be its mode, so that the redirect URI is checked again.
  if (mode === 'form_post' && isWebUri(redirectUri)) return { kind: 'form_post', action: redirectUri, params };
  if (mode === 'fragment') return { kind: 'redirect', uri: `${redirectUri}#${encoded(params)}` };
  return { kind: 'redirect', uri: withQuery(redirectUri, params) };
}

function responseMode(request: URLSearchParams): 'query' | 'fragment' | 'form_post' {
  const requested = request.get('response_mode');
  // Also for an error that says that a token must not be sent in the query.
  if (requested === 'query' || requested === 'fragment' || requested === 'form_post') return requested;
  return request.get('response_type')?.split(' ').includes('token') === true ? 'fragment' : 'query';
}

/** RFC 6749, section 3.1.2: a query that the redirect URI already has is kept. */
function withQuery(uri: string, params: Readonly<Record<string, string>>): string {
  return `${uri}${uri.includes('?') ? '&' : '?'}${encoded(params)}`;
}

function encoded(params: Readonly<Record<string, string>>): string {
  return new URLSearchParams(params).toString();
}

function isWebUri(uri: string): boolean {
  return /^https?:/i.test(uri);
}
