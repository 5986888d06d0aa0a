import { randomBase64url, sha256 } from '../oauth/random-and-digest.js';
import type { CheckedBehavior, Registration, TestErrorResponse } from './authorization-server-options.js';

/** What an authorization request was granted. */
export interface GrantDetails {
  readonly clientId: string;
  /** As the request named it; undefined where it did not. */
  readonly redirectUri: string | undefined;
  readonly codeChallenge: string | undefined;
  readonly scope: string | undefined;
}

/** What came of one sign-in; when one of its secrets is used twice, all of them end (RFC 9700, section 4.14.2). */
interface Family {
  readonly details: GrantDetails;
  revoked: boolean;
}

interface Secret {
  readonly family: Family;
  readonly expiresAt: number;
  used: boolean;
}

/** A token request that is refused. */
export class TokenRequestError extends Error {
  readonly response: TestErrorResponse;
  readonly status: number;

  constructor(response: TestErrorResponse, status = 400) {
    super(response.error);
    this.response = response;
    this.status = status;
  }
}

const codeLifetime = 60_000;

/** Issues codes and tokens, and takes them back. */
export class TokenIssuer {
  readonly #registration: Registration;
  readonly #behavior: () => CheckedBehavior;
  readonly #codes = new Map<string, Secret>();
  readonly #accessTokens = new Map<string, Secret>();
  readonly #refreshTokens = new Map<string, Secret>();

  constructor(registration: Registration, behavior: () => CheckedBehavior) {
    this.#registration = registration;
    this.#behavior = behavior;
  }

  issueCode(details: GrantDetails): string {
    const code = this.#behavior().code ?? randomBase64url(24);
    const family = { details, revoked: false };
    this.#codes.set(code, { family, expiresAt: Date.now() + codeLifetime, used: false });
    return code;
  }

  /** The members of a response that brings an access token. */
  issueAccessToken(details: GrantDetails): Record<string, unknown> {
    return this.#accessTokenOf({ details, revoked: false });
  }

  /** Answers a token request. */
  answer(params: URLSearchParams, authorization: string | undefined): Record<string, unknown> {
    const { tokenError, tokenResponseParams } = this.#behavior();
    if (tokenError !== undefined) {
      throw new TokenRequestError(tokenError, tokenError.error === 'invalid_client' ? 401 : 400);
    }
    const names = [...params.keys()];
    if (new Set(names).size !== names.length) throw refused('invalid_request', 'A parameter is there more than once.');
    const clientId = this.#authenticate(params, authorization);
    const response = this.#grant(params, clientId);
    return withChanges(response, tokenResponseParams);
  }

  /** Whether a token opens the profile. */
  isValid(accessToken: string): boolean {
    const found = this.#accessTokens.get(accessToken);
    return found !== undefined && !found.used && !found.family.revoked && found.expiresAt > Date.now();
  }

  expireAccessTokens(): void {
    this.#accessTokens.clear();
  }

  #authenticate(params: URLSearchParams, authorization: string | undefined): string {
    const { clientId, clientSecret } = this.#registration;
    const basic = /^Basic (.+)$/i.exec(authorization ?? '')?.[1];
    const [basicId, basicSecret] =
      basic === undefined ? [] : Buffer.from(basic, 'base64').toString().split(':').map(formDecoded);
    const id = basicId ?? params.get('client_id') ?? '';
    if (id === '' || (clientId !== undefined && id !== clientId)) {
      throw refused('invalid_client', '`client_id` is missing or not known.', 401);
    }
    if (clientSecret !== undefined && (basicSecret ?? params.get('client_secret')) !== clientSecret) {
      throw refused('invalid_client', 'The client secret is missing or wrong.', 401);
    }
    return id;
  }

  #grant(params: URLSearchParams, clientId: string): Record<string, unknown> {
    switch (params.get('grant_type')) {
      case 'authorization_code':
        return this.#exchange(params, clientId);
      case 'refresh_token':
        return this.#refresh(params, clientId);
      case null:
        throw refused('invalid_request', '`grant_type` is missing.');
      default:
        throw refused('unsupported_grant_type', 'Only authorization_code and refresh_token are supported.');
    }
  }

  #exchange(params: URLSearchParams, clientId: string): Record<string, unknown> {
    const found = this.#codes.get(params.get('code') ?? '');
    if (found === undefined) throw refused('invalid_grant', '`code` is missing or was not issued here.');
    const { details } = found.family;
    if (found.used) {
      found.family.revoked = true;
      throw refused('invalid_grant', '`code` was used before; its tokens are revoked.');
    }
    if (found.expiresAt <= Date.now()) throw refused('invalid_grant', '`code` has expired.');
    if (details.clientId !== clientId) throw refused('invalid_grant', '`code` was issued to another client.');
    if (details.redirectUri !== undefined && details.redirectUri !== params.get('redirect_uri')) {
      throw refused('invalid_grant', '`redirect_uri` is not the one of the authorization request.');
    }
    const verifier = params.get('code_verifier') ?? undefined;
    if (details.codeChallenge !== undefined) {
      if (verifier === undefined || sha256(verifier).toString('base64url') !== details.codeChallenge) {
        throw refused('invalid_grant', '`code_verifier` is missing or does not fit the challenge.');
      }
    } else if (verifier !== undefined) {
      throw refused('invalid_grant', '`code_verifier` was sent, but the authorization request had no challenge.');
    }
    found.used = true;
    return this.#tokensOf(found.family);
  }

  #refresh(params: URLSearchParams, clientId: string): Record<string, unknown> {
    const token = params.get('refresh_token') ?? '';
    const found = this.#refreshTokens.get(token);
    if (found?.family.details.clientId !== clientId) {
      throw refused('invalid_grant', '`refresh_token` is missing or was not issued to this client.');
    }
    if (found.used) found.family.revoked = true;
    if (found.family.revoked) throw refused('invalid_grant', '`refresh_token` was used before, or revoked.');
    // Before the next one is issued, which may be chosen to be the same.
    found.used = true;
    return this.#tokensOf(found.family);
  }

  #tokensOf(family: Family): Record<string, unknown> {
    const { refreshToken = randomBase64url(24) } = this.#behavior();
    const tokens = this.#accessTokenOf(family);
    if (refreshToken === false) return tokens;
    this.#refreshTokens.set(refreshToken, { family, expiresAt: Infinity, used: false });
    return { ...tokens, refresh_token: refreshToken };
  }

  #accessTokenOf(family: Family): Record<string, unknown> {
    const { accessToken = randomBase64url(24), tokenType, expiresIn, scope = family.details.scope } = this.#behavior();
    const expiresAt = expiresIn === false ? Infinity : Date.now() + expiresIn * 1000;
    this.#accessTokens.set(accessToken, { family, expiresAt, used: false });
    return {
      access_token: accessToken,
      token_type: tokenType,
      ...(expiresIn === false ? {} : { expires_in: expiresIn }),
      ...(scope === undefined ? {} : { scope }),
    };
  }
}

/** Adds and replaces members; null takes one out. */
export function withChanges<Value>(
  members: Readonly<Record<string, Value>>,
  changes: Readonly<Record<string, Value>>,
): Record<string, Value> {
  return Object.fromEntries(Object.entries({ ...members, ...changes }).filter(([, value]) => value !== null));
}

function refused(error: string, errorDescription: string, status?: number): TokenRequestError {
  return new TokenRequestError({ error, errorDescription }, status);
}

/** The two halves of Basic credentials are form-encoded (RFC 6749, section 2.3.1). */
function formDecoded(text: string): string {
  return new URLSearchParams(`value=${text}`).get('value') ?? '';
}
