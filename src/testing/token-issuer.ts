import { randomBase64url, sha256 } from '../oauth/random-and-digest.js';
import type { CheckedBehavior } from './checked-options.js';
import type { Client } from './clients.js';
import type { DeviceAuthorizations } from './device-authorizations.js';
import { errorResponse, withChanges } from './error-response.js';
import { issueIdToken } from './id-token.js';

/** What the user granted. */
export interface GrantDetails {
  readonly clientId: string;
  /** As the request named it; undefined if it named none. */
  readonly redirectUri?: string | undefined;
  readonly codeChallenge?: string | undefined;
  readonly nonce?: string | undefined;
  readonly scope: string | undefined;
  /** The id of the account that was chosen. */
  readonly account: string;
}

/** What was issued for one sign-in, and is revoked together (RFC 9700, section 4.14.2). */
interface Family {
  readonly details: GrantDetails;
  /** Seconds since 1970. */
  readonly signedInAt: number;
  revoked: boolean;
}

interface Secret {
  readonly family: Family;
  readonly expiresAt: number;
  used: boolean;
}

/** The `grant_type` of RFC 8628, section 3.4. */
export const deviceGrantType = 'urn:ietf:params:oauth:grant-type:device_code';

/** Milliseconds. */
const codeLifetime = 60_000;
/** Seconds. */
const idTokenLifetime = 3600;

/** Issues codes and tokens, and checks them. */
export class TokenIssuer {
  readonly #devices: DeviceAuthorizations;
  readonly #behavior: () => CheckedBehavior;
  readonly #issuer: () => string;
  readonly #codes = new Map<string, Secret>();
  readonly #accessTokens = new Map<string, Secret>();
  readonly #refreshTokens = new Map<string, Secret>();

  constructor(devices: DeviceAuthorizations, behavior: () => CheckedBehavior, issuer: () => string) {
    this.#devices = devices;
    this.#behavior = behavior;
    this.#issuer = issuer;
  }

  issueCode(details: GrantDetails): string {
    const code = randomBase64url(24);
    this.#codes.set(code, { family: newFamily(details), expiresAt: Date.now() + codeLifetime, used: false });
    return code;
  }

  /** Issues the members of an implicit grant. */
  issueAccessToken(details: GrantDetails): Record<string, unknown> {
    return this.#accessTokenOf(newFamily(details), details.scope);
  }

  /** Handles a token request of an authenticated client: returns the token response, or throws the error response. */
  redeem(params: URLSearchParams, client: Client): Record<string, unknown> {
    return withChanges(this.#grant(params, client.id), this.#behavior().tokenResponseParams);
  }

  /** The account whose access token this is; undefined if the token is not valid. */
  accountOf(accessToken: string): string | undefined {
    const found = this.#accessTokens.get(accessToken);
    return found === undefined || found.family.revoked || isExpired(found) ? undefined : found.family.details.account;
  }

  expireAccessTokens(): void {
    this.#accessTokens.clear();
  }

  revokeTokens(): void {
    this.#accessTokens.clear();
    this.#refreshTokens.clear();
  }

  /**
   * Revokes a token of an authenticated client: a refresh token with everything that was issued with it.
   *
   * @see [RFC 7009, section 2.1](https://www.rfc-editor.org/rfc/rfc7009#section-2.1)
   */
  revoke(token: string | null, { id }: Client): void {
    if (token === null) throw errorResponse('invalid_request', '`token` is missing.');
    const refreshToken = this.#refreshTokens.get(token);
    const found = refreshToken ?? this.#accessTokens.get(token);
    if (found === undefined) return;
    if (found.family.details.clientId !== id) {
      throw errorResponse('invalid_grant', '`token` was issued to another client.');
    }
    if (refreshToken === undefined) this.#accessTokens.delete(token);
    else refreshToken.family.revoked = true;
  }

  #grant(params: URLSearchParams, clientId: string): Record<string, unknown> {
    switch (params.get('grant_type')) {
      case 'authorization_code':
        return this.#firstTokens(this.#redeemCode(params, clientId));
      case 'refresh_token':
        return this.#refresh(params, clientId);
      case deviceGrantType: {
        const { scope, account } = this.#devices.redeem(params.get('device_code'), clientId);
        return this.#firstTokens(newFamily({ clientId, scope, account }));
      }
      case null:
        throw errorResponse('invalid_request', '`grant_type` is missing.');
      default:
        throw errorResponse('unsupported_grant_type', '`grant_type` is not supported.');
    }
  }

  #redeemCode(params: URLSearchParams, clientId: string): Family {
    const found = this.#codes.get(params.get('code') ?? '');
    if (found === undefined) throw errorResponse('invalid_grant', '`code` is missing or was not issued here.');
    const { details } = found.family;
    if (found.used) {
      found.family.revoked = true;
      throw errorResponse('invalid_grant', '`code` was used before; its tokens are revoked.');
    }
    if (isExpired(found)) throw errorResponse('invalid_grant', '`code` has expired.');
    if (details.clientId !== clientId) throw errorResponse('invalid_grant', '`code` was issued to another client.');
    if (details.redirectUri !== undefined && details.redirectUri !== params.get('redirect_uri')) {
      throw errorResponse('invalid_grant', '`redirect_uri` is not the one of the authorization request.');
    }
    const verifier = params.get('code_verifier');
    if (verifier !== null && !/^[\w.~-]{43,128}$/.test(verifier)) {
      throw errorResponse('invalid_request', '`code_verifier` must have 43 to 128 unreserved characters.');
    }
    if (details.codeChallenge !== undefined) {
      if (verifier === null || sha256(verifier) !== details.codeChallenge) {
        throw errorResponse('invalid_grant', '`code_verifier` is missing or does not match the challenge.');
      }
    } else if (verifier !== null) {
      throw errorResponse('invalid_grant', '`code_verifier` was sent, but the authorization request had no challenge.');
    }
    found.used = true;
    return found.family;
  }

  #refresh(params: URLSearchParams, clientId: string): Record<string, unknown> {
    const sent = params.get('refresh_token') ?? '';
    const found = this.#refreshTokens.get(sent);
    if (found?.family.details.clientId !== clientId) {
      throw errorResponse('invalid_grant', '`refresh_token` is missing or was not issued to this client.');
    }
    const { family } = found;
    const { rotateRefreshTokens, detectReuse, scope: grantedScope = family.details.scope } = this.#behavior();
    if (found.used && detectReuse) family.revoked = true;
    if (found.used || family.revoked)
      throw errorResponse('invalid_grant', '`refresh_token` was used before, or revoked.');
    const scope = params.get('scope') ?? undefined;
    const granted = grantedScope?.split(' ') ?? [];
    if (scope?.split(' ').some((name) => !granted.includes(name)) === true) {
      throw errorResponse('invalid_scope', '`scope` exceeds what was granted.');
    }
    // OpenID Connect Core, section 12.2: an ID token of a refresh should have no nonce.
    const tokens = { ...this.#accessTokenOf(family, scope), ...this.#idTokenOf(family) };
    if (!rotateRefreshTokens) return tokens;
    // Before the next one is issued, which the `refreshToken` option may make identical.
    found.used = true;
    return { ...tokens, ...this.#refreshTokenOf(family) };
  }

  #firstTokens(family: Family): Record<string, unknown> {
    return {
      ...this.#accessTokenOf(family),
      ...this.#refreshTokenOf(family),
      ...this.#idTokenOf(family, family.details.nonce),
    };
  }

  #refreshTokenOf(family: Family): Record<string, unknown> {
    const { refreshToken = randomBase64url(24) } = this.#behavior();
    if (refreshToken === false) return {};
    this.#refreshTokens.set(refreshToken, { family, expiresAt: Infinity, used: false });
    return { refresh_token: refreshToken };
  }

  #accessTokenOf(family: Family, requestedScope = family.details.scope): Record<string, unknown> {
    const { accessToken = randomBase64url(24), expiresIn, scope = requestedScope } = this.#behavior();
    const expiresAt = expiresIn === false ? Infinity : Date.now() + expiresIn * 1000;
    this.#accessTokens.set(accessToken, { family, expiresAt, used: false });
    return {
      access_token: accessToken,
      token_type: 'Bearer',
      ...(expiresIn === false ? {} : { expires_in: expiresIn }),
      ...(scope === undefined ? {} : { scope }),
    };
  }

  #idTokenOf({ details, signedInAt }: Family, nonce?: string): Record<string, unknown> {
    const { scope = details.scope, accounts, idTokenClaims } = this.#behavior();
    if (scope?.split(' ').includes('openid') !== true) return {};
    const now = currentSecond();
    const claims = {
      ...accounts.find(({ id }) => id === details.account)?.profile,
      iss: this.#issuer(),
      sub: details.account,
      aud: details.clientId,
      iat: now,
      exp: now + idTokenLifetime,
      auth_time: signedInAt,
      nonce,
    };
    return { id_token: issueIdToken(claims, idTokenClaims) };
  }
}

function newFamily(details: GrantDetails): Family {
  return { details, signedInAt: currentSecond(), revoked: false };
}

function currentSecond(): number {
  return Math.floor(Date.now() / 1000);
}

function isExpired({ expiresAt }: Secret): boolean {
  return expiresAt <= Date.now();
}
