import { randomBase64url, sha256 } from '../oauth/random-and-digest.js';
import type { CheckedBehavior } from './checked-options.js';
import type { Client } from './clients.js';
import type { DeviceAuthorizations } from './device-authorizations.js';
import { errorResponse, withChanges } from './error-response.js';

/** What the user granted. */
export interface GrantDetails {
  readonly clientId: string;
  /** As the request named it; undefined if it named none. */
  readonly redirectUri?: string | undefined;
  readonly codeChallenge?: string | undefined;
  readonly scope: string | undefined;
  /** The id of the account that was chosen. */
  readonly account: string;
}

/** What was issued for one sign-in. If one of its secrets is used twice, all are revoked (RFC 9700, section 4.14.2). */
interface Family {
  readonly details: GrantDetails;
  revoked: boolean;
}

interface Secret {
  readonly family: Family;
  readonly expiresAt: number;
  used: boolean;
}

/** The `grant_type` of RFC 8628, section 3.4. */
export const deviceGrantType = 'urn:ietf:params:oauth:grant-type:device_code';

/** Issues codes and tokens, and checks them. */
export class TokenIssuer {
  readonly #devices: DeviceAuthorizations;
  readonly #behavior: () => CheckedBehavior;
  readonly #codes = new Map<string, Secret>();
  readonly #accessTokens = new Map<string, Secret>();
  readonly #refreshTokens = new Map<string, Secret>();

  constructor(devices: DeviceAuthorizations, behavior: () => CheckedBehavior) {
    this.#devices = devices;
    this.#behavior = behavior;
  }

  issueCode(details: GrantDetails): string {
    const { code = randomBase64url(24), codeLifetime } = this.#behavior();
    const family = { details, revoked: false };
    this.#codes.set(code, { family, expiresAt: Date.now() + codeLifetime * 1000, used: false });
    return code;
  }

  /** Issues the members of an implicit grant. */
  issueAccessToken(details: GrantDetails): Record<string, unknown> {
    return this.#accessTokenOf({ details, revoked: false }, details.scope);
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

  #grant(params: URLSearchParams, clientId: string): Record<string, unknown> {
    switch (params.get('grant_type')) {
      case 'authorization_code':
        return this.#tokensOf(this.#redeemCode(params, clientId));
      case 'refresh_token':
        return this.#refresh(params, clientId);
      case deviceGrantType: {
        const { scope, account } = this.#devices.redeem(params.get('device_code'), clientId);
        return this.#tokensOf({ details: { clientId, scope, account }, revoked: false });
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
    const found = this.#refreshTokens.get(params.get('refresh_token') ?? '');
    if (found?.family.details.clientId !== clientId) {
      throw errorResponse('invalid_grant', '`refresh_token` is missing or was not issued to this client.');
    }
    if (found.used) found.family.revoked = true;
    if (found.family.revoked) throw errorResponse('invalid_grant', '`refresh_token` was used before, or revoked.');
    const scope = params.get('scope') ?? undefined;
    const granted = (this.#behavior().scope ?? found.family.details.scope)?.split(' ') ?? [];
    if (scope?.split(' ').some((name) => !granted.includes(name)) === true) {
      throw errorResponse('invalid_scope', '`scope` exceeds what was granted.');
    }
    // Before the next one is issued, which the `refreshToken` option may make identical.
    found.used = true;
    return this.#tokensOf(found.family, scope);
  }

  #tokensOf(family: Family, scope = family.details.scope): Record<string, unknown> {
    const { refreshToken = randomBase64url(24) } = this.#behavior();
    const tokens = this.#accessTokenOf(family, scope);
    if (refreshToken === false) return tokens;
    this.#refreshTokens.set(refreshToken, { family, expiresAt: Infinity, used: false });
    return { ...tokens, refresh_token: refreshToken };
  }

  #accessTokenOf(family: Family, requestedScope: string | undefined): Record<string, unknown> {
    const { accessToken = randomBase64url(24), tokenType, expiresIn, scope = requestedScope } = this.#behavior();
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

function isExpired({ expiresAt }: Secret): boolean {
  return expiresAt <= Date.now();
}
