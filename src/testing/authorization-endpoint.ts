import { withChanges, type GrantDetails, type TokenIssuer } from './token-issuer.js';
import type { CheckedBehavior, Registration, TestErrorResponse } from './authorization-server-options.js';

/** What the authorization endpoint answers. */
export type AuthorizationAnswer =
  /** The redirect URI cannot be trusted: the person is told, and goes nowhere (RFC 6749, section 4.1.2.1). */
  | { readonly kind: 'refusal'; readonly problem: string }
  | { readonly kind: 'consent'; readonly clientId: string; readonly scope: string | undefined }
  | { readonly kind: 'redirect'; readonly uri: string }
  | { readonly kind: 'form_post'; readonly action: string; readonly params: Readonly<Record<string, string>> };

/** What an answer depends on beside the request. */
export interface AuthorizationContext {
  readonly issuer: string;
  readonly registration: Registration;
  readonly behavior: CheckedBehavior;
  readonly tokens: TokenIssuer;
}

type ResponseMode = 'query' | 'fragment' | 'form_post';

/** The person's answer, where there is one yet. */
export type Decision = 'allow' | 'deny';

/** Judges an authorization request, in the order of RFC 6749, section 4.1.2.1. */
export function answerAuthorizationRequest(
  params: URLSearchParams,
  decided: Decision | undefined,
  context: AuthorizationContext,
): AuthorizationAnswer {
  const { registration, behavior, tokens } = context;
  const clientId = params.get('client_id') ?? '';
  if (clientId === '' || (registration.clientId !== undefined && registration.clientId !== clientId)) {
    return { kind: 'refusal', problem: 'client_id is missing or not known.' };
  }
  const redirectUri = registeredRedirectUri(params.get('redirect_uri'), registration);
  if (redirectUri === undefined) {
    return {
      kind: 'refusal',
      problem: 'redirect_uri is missing, not registered, or not an absolute URI without fragment.',
    };
  }
  const responseType = params.get('response_type') ?? '';
  const mode = behavior.responseMode ?? modeOf(params.get('response_mode'), responseType);
  const respond = (members: Readonly<Record<string, string>>): AuthorizationAnswer =>
    response(redirectUri, mode, params.get('state'), members, context);

  const error = requestError(params, responseType, registration) ?? behavior.error;
  if (error !== undefined) return respond(errorParams(error));
  const scope = params.get('scope') ?? undefined;
  const decision = decided ?? (behavior.consent === 'ask' ? undefined : behavior.consent);
  if (decision === undefined) return { kind: 'consent', clientId, scope };
  if (decision === 'deny') {
    return respond(errorParams({ error: 'access_denied', errorDescription: 'The person denied the access.' }));
  }
  const details: GrantDetails = {
    clientId,
    scope,
    redirectUri: params.get('redirect_uri') ?? undefined,
    codeChallenge: params.get('code_challenge') ?? undefined,
  };
  if (responseType === 'code') return respond({ code: tokens.issueCode(details) });
  return respond(
    Object.fromEntries(Object.entries(tokens.issueAccessToken(details)).map(([name, value]) => [name, String(value)])),
  );
}

/** The members of an error response, by their wire names. */
export function errorParams({ error, errorDescription, errorUri }: TestErrorResponse): Record<string, string> {
  return {
    error,
    ...(errorDescription === undefined ? {} : { error_description: errorDescription }),
    ...(errorUri === undefined ? {} : { error_uri: errorUri }),
  };
}

function requestError(
  params: URLSearchParams,
  responseType: string,
  { requirePkce }: Registration,
): TestErrorResponse | undefined {
  const names = [...params.keys()];
  if (new Set(names).size !== names.length) return invalid('A parameter is there more than once.');
  if (responseType === '') return invalid('response_type is missing.');
  if (responseType !== 'code' && responseType !== 'token') {
    return { error: 'unsupported_response_type', errorDescription: 'Only code and token are supported.' };
  }
  const mode = params.get('response_mode');
  if (mode !== null && !['query', 'fragment', 'form_post'].includes(mode))
    return invalid('response_mode is not known.');
  if (mode === 'query' && responseType === 'token') return invalid('A token must not be sent in the query.');
  if (responseType === 'token') return undefined;
  const challenge = params.get('code_challenge');
  if (challenge === null) return requirePkce ? invalid('code_challenge is missing (see `requirePkce`).') : undefined;
  if (params.get('code_challenge_method') !== 'S256') return invalid('code_challenge_method must be S256.');
  return /^[\w-]{43}$/.test(challenge) ? undefined : invalid('code_challenge is not a SHA-256 digest as base64url.');
}

function invalid(errorDescription: string): TestErrorResponse {
  return { error: 'invalid_request', errorDescription };
}

function modeOf(asked: string | null, responseType: string): ResponseMode {
  if (asked === 'fragment' || asked === 'form_post') return asked;
  return responseType === 'token' ? 'fragment' : 'query';
}

function response(
  redirectUri: string,
  mode: ResponseMode,
  state: string | null,
  members: Readonly<Record<string, string>>,
  { issuer, behavior }: AuthorizationContext,
): AuthorizationAnswer {
  const own: Record<string, string | null> = { ...members, state, iss: issuer };
  // The filter of null leaves strings only.
  const params = withChanges(own, behavior.responseParams) as Record<string, string>;
  if (mode === 'form_post') return { kind: 'form_post', action: redirectUri, params };
  const uri = new URL(redirectUri);
  const text = new URLSearchParams(params).toString();
  if (mode === 'fragment') uri.hash = text;
  else uri.search = uri.search === '' ? text : `${uri.search}&${text}`;
  return { kind: 'redirect', uri: uri.href };
}

/** The redirect URI to answer at; undefined where it must not be used. */
function registeredRedirectUri(asked: string | null, { redirectUris }: Registration): string | undefined {
  if (asked === null) return redirectUris?.length === 1 ? redirectUris[0] : undefined;
  if (!URL.canParse(asked) || asked.includes('#')) return undefined;
  if (redirectUris === undefined) return asked;
  const portless = withoutLoopbackPort(asked);
  return redirectUris.some((uri) => uri === asked || withoutLoopbackPort(uri) === portless) ? asked : undefined;
}

function withoutLoopbackPort(text: string): string {
  if (!URL.canParse(text)) return text;
  const uri = new URL(text);
  if (!/^(?:127(?:\.\d+){3}|\[::1\]|localhost)$/.test(uri.hostname)) return text;
  uri.port = '';
  return uri.href;
}
