import * as oauth from 'oauth4webapi';
import { readClaims } from '../oauth/id-token.js';
import { isSameIssuer } from '../oauth/issuer.js';
import { ProviderError } from '../oauth/provider-error.js';

import { JsonResponse, type JsonObject } from './provider-request.js';

/**
 * A token response in wire form: checked, and normalized. `token_type` is in lower case, `scope` is one string, `expires_in` is a
 * positive number of seconds or absent, and nothing is null or empty.
 *
 * @see [RFC 6749, section 5.1](https://www.rfc-editor.org/rfc/rfc6749#section-5.1)
 */
export interface WireTokens extends JsonObject {
  readonly access_token: string;
  readonly token_type: string;
  readonly expires_in?: number;
  readonly refresh_token?: string;
  readonly scope?: string;
  readonly id_token?: string;
}

/** The claims of an ID token that was validated. */
export type IdTokenClaims = Readonly<Record<string, unknown>> & { readonly iss: string; readonly sub: string };

/** What a token request resolves to. */
export interface TokenResult {
  /** The tokens. */
  readonly tokens: WireTokens;
  /** The same response exactly as it was sent. */
  readonly response: JsonObject;
  /** The claims of the ID token; undefined if there is none, or if this computer's clock contradicts it. */
  readonly claims?: IdTokenClaims;
}

/** @internal What a token response is checked against. */
export interface TokenChecks {
  readonly metadata: oauth.AuthorizationServer;
  readonly clientId: string;
  /** Whether the metadata's issuer is known to be the provider's. */
  readonly hasIssuer: boolean;
  /** Whether the response must be one to an authorization code with this nonce, or without one. */
  readonly code?: { readonly nonce: string | undefined };
  /** The `sub` of the ID token so far. */
  readonly subject?: string | undefined;
  /** Whether this is one of several requests: a response without a token is then the network's noise. */
  readonly isPolled?: boolean | undefined;
  /** Whether tokens of any type are accepted. */
  readonly anyTokenType: boolean;
  /** Gets a warning for the user. */
  readonly warn: (message: string) => void;
}

/** Seconds by which this computer's clock may differ. */
const clockTolerance = 30;
/** Time is checked here, and not by oauth4webapi, which would reject the whole response. */
const anyTime = Number.MAX_SAFE_INTEGER;

/**
 * @internal Checks a token response, its ID token included. It settles in the turn of the event loop in which the response was read.
 *
 * @param subject - what messages call the endpoint
 * @throws {@link ProviderError} with `TOKEN_RESPONSE_INVALID`; errors of oauth4webapi
 */
export async function readTokenResponse(
  subject: string,
  response: Response,
  checks: TokenChecks,
): Promise<TokenResult> {
  const sent = (await response.json()) as JsonObject; // The response is a JsonResponse.
  const tokens = normalize(sent);
  const invalid = (problem: string): ProviderError =>
    new ProviderError('TOKEN_RESPONSE_INVALID', `${subject} sent ${problem}.`);
  if (checks.isPolled === true && tokens['access_token'] === undefined) {
    throw new ProviderError('PROVIDER_UNAVAILABLE', `${subject} sent a response without an access token.`);
  }
  if (!checks.anyTokenType && tokens['token_type'] !== 'bearer') {
    throw invalid('a token of a type that cannot be used (`token_type` is not "Bearer")');
  }
  for (const name of ['access_token', 'refresh_token'] as const) {
    const token = tokens[name];
    // RFC 6749, appendix A.12: a control character in a token would reach the terminal or a header.
    if (typeof token === 'string' && !/^[\x20-\x7e]+$/.test(token)) {
      throw invalid(
        `${name === 'access_token' ? 'an access' : 'a refresh'} token with characters that are not allowed`,
      );
    }
  }
  const claims = await validate(tokens, checks);
  const result = { tokens: tokens as WireTokens, response: sent }; // validate() has checked the types.
  if (claims === undefined) return result;
  if (checks.subject !== undefined && claims.sub !== checks.subject) {
    throw invalid('the ID token of another user');
  }
  const problem = findTimeProblem(claims);
  if (problem === undefined) return { ...result, claims };
  checks.warn(
    `The ID token ${problem} by this computer's clock, so that its claims are not used. The tokens are kept. Set the clock.`,
  );
  return result;
}

/** @internal The `sub` of an ID token that was validated when it arrived. */
export function subjectOfIdToken(idToken: unknown): string | undefined {
  const sub = readClaims(idToken)?.['sub'];
  return typeof sub === 'string' ? sub : undefined;
}

/** What providers do, and oauth4webapi rejects or reads otherwise. */
function normalize(sent: JsonObject): Record<string, unknown> {
  const {
    expires_in: lifetime,
    token_type: type = 'bearer',
    scope,
    ...rest
  } = Object.fromEntries(Object.entries(sent).filter(([, value]) => value !== null && value !== ''));
  const seconds = typeof lifetime === 'string' && /^\s*\d+(?:\.\d+)?\s*$/.test(lifetime) ? Number(lifetime) : lifetime;
  const scopes = Array.isArray(scope) ? scope.join(' ') : scope; // Twitch sends a list.
  return {
    ...rest,
    token_type: typeof type === 'string' ? type.toLowerCase() : type,
    // Of another shape, it is not worth a refresh token that was rotated.
    ...(typeof scopes === 'string' && { scope: scopes }),
    ...(typeof seconds === 'number' && seconds > 0 && Number.isFinite(seconds) && { expires_in: seconds }),
  };
}

async function validate(tokens: JsonObject, checks: TokenChecks): Promise<IdTokenClaims | undefined> {
  const { metadata, clientId, hasIssuer, code, anyTokenType } = checks;
  const client: oauth.Client = { client_id: clientId, [oauth.clockTolerance]: anyTime };
  const unchecked = readClaims(tokens['id_token']) ?? {};
  // Without an issuer, a token that cannot be read has nothing to be checked by.
  const isReadable = hasIssuer || Object.keys(unchecked).length > 0;
  const checked = { ...tokens, ...(!isReadable && { id_token: undefined }) };
  const { iss: named } = unchecked;
  const isAccepted = typeof named === 'string' && (!hasIssuer || isSameIssuer(named, metadata.issuer));
  const server: oauth.AuthorizationServer = {
    ...metadata,
    // The spelling of the token, if it is the same issuer: a slash at the end makes no difference.
    issuer: isAccepted ? named : metadata.issuer,
  };
  // An ID token is never demanded, but one that is there must have the nonce.
  const nonce = typeof checked.id_token === 'string' ? code?.nonce : undefined;
  const checkable = new JsonResponse({ ...checked, ...(anyTokenType && { token_type: 'bearer' }) });
  const result =
    code === undefined
      ? await oauth.processRefreshTokenResponse(server, client, checkable)
      : await oauth.processAuthorizationCodeResponse(server, client, checkable, {
          ...(nonce !== undefined && { expectedNonce: nonce }),
        });
  return oauth.getValidatedIdTokenClaims(result); // `iss` and `sub` were checked.
}

function findTimeProblem({ exp, nbf }: JsonObject): string | undefined {
  const now = Date.now() / 1000;
  if (typeof exp === 'number' && exp <= now - clockTolerance) return 'has expired';
  if (typeof nbf === 'number' && nbf > now + clockTolerance) return 'is not valid yet';
  return undefined;
}
