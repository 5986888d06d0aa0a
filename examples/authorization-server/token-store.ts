import { createHash, randomBytes } from 'node:crypto';
import oauth2orize from 'oauth2orize';
import { sameText, type User } from './accounts.js';

/** What a user allowed a client to do. Everything issued on its strength falls with it. */
export interface Grant {
  readonly clientId: string;
  readonly user: User;
  readonly scope: readonly string[];
}

/** What a token request must show again of the authorization request. */
export interface CodeBinding {
  /** The `redirect_uri` of the authorization request, undefined where it had none. */
  readonly redirectUri: string | undefined;
  readonly codeChallenge: string;
}

/** What a token request brings. */
export interface CodeRedemption {
  readonly clientId: string;
  readonly redirectUri: string | undefined;
  readonly codeVerifier: string | undefined;
}

export interface IssuedTokens {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly scope: readonly string[];
}

/** Seconds. */
export interface TokenLifetimes {
  readonly accessToken: number;
  readonly code: number;
}

interface AccessToken {
  readonly grant: Grant;
  readonly expiresAt: number;
}

interface Code extends AccessToken {
  readonly binding: CodeBinding;
}

/** Issues codes and tokens, and knows which are good. */
export class TokenStore {
  readonly #lifetimes: TokenLifetimes;
  readonly #codes = new Map<string, Code>();
  readonly #accessTokens = new Map<string, AccessToken>();
  readonly #refreshTokens = new Map<string, Grant>();
  // Codes and refresh tokens that have been used. One that comes again was stolen, before or after (RFC 9700, 4.14.2).
  readonly #spent = new Map<string, Grant>();

  constructor(lifetimes: TokenLifetimes) {
    this.#lifetimes = lifetimes;
  }

  /** Seconds. */
  get accessTokenLifetime(): number {
    return this.#lifetimes.accessToken;
  }

  issueCode(grant: Grant, binding: CodeBinding): string {
    const code = randomToken();
    this.#codes.set(code, { grant, binding, expiresAt: Date.now() + this.#lifetimes.code * 1000 });
    return code;
  }

  /** Exchanges a code. Any attempt uses it up, so that nobody can try verifiers. */
  redeemCode(code: string, redemption: CodeRedemption): IssuedTokens {
    this.#refuseSpent(code);
    const issued = this.#codes.get(code);
    if (!issued) throw invalidGrant('The code is not known');
    const { grant, binding, expiresAt } = issued;
    this.#codes.delete(code);
    this.#spent.set(code, grant);
    if (expiresAt <= Date.now()) throw invalidGrant('The code has expired');
    if (grant.clientId !== redemption.clientId) throw invalidGrant('The code was issued to another client');
    if (binding.redirectUri !== redemption.redirectUri) {
      throw invalidGrant('`redirect_uri` is not that of the authorization request');
    }
    if (redemption.codeVerifier === undefined) throw invalidGrant('`code_verifier` is missing');
    if (!sameText(challengeOf(redemption.codeVerifier), binding.codeChallenge)) {
      throw invalidGrant('`code_verifier` does not match the code challenge');
    }
    return this.#issueTokens(grant, grant.scope);
  }

  /** Exchanges a refresh token for new tokens, of the same scope or a narrower one. */
  refresh(refreshToken: string, clientId: string, scope: readonly string[] | undefined): IssuedTokens {
    this.#refuseSpent(refreshToken);
    const grant = this.#refreshTokens.get(refreshToken);
    if (grant?.clientId !== clientId) throw invalidGrant('The refresh token is not known or was revoked');
    if (scope?.some((name) => !grant.scope.includes(name))) {
      throw new oauth2orize.TokenError('`scope` goes beyond what was granted', 'invalid_scope');
    }
    this.#refreshTokens.delete(refreshToken);
    this.#spent.set(refreshToken, grant);
    return this.#issueTokens(grant, scope ?? grant.scope);
  }

  issueAccessToken(grant: Grant): string {
    const accessToken = randomToken();
    this.#accessTokens.set(accessToken, { grant, expiresAt: Date.now() + this.#lifetimes.accessToken * 1000 });
    return accessToken;
  }

  /** Says what an access token allows, if it is good. */
  findGrant(accessToken: string): Grant | undefined {
    const issued = this.#accessTokens.get(accessToken);
    return issued && issued.expiresAt > Date.now() ? issued.grant : undefined;
  }

  revokeAll(): void {
    this.#accessTokens.clear();
    this.#refreshTokens.clear();
  }

  #issueTokens(grant: Grant, scope: readonly string[]): IssuedTokens {
    const refreshToken = randomToken();
    this.#refreshTokens.set(refreshToken, grant);
    return { accessToken: this.issueAccessToken(grant), refreshToken, scope };
  }

  #refuseSpent(codeOrRefreshToken: string): void {
    const grant = this.#spent.get(codeOrRefreshToken);
    if (!grant) return;
    for (const [token, issued] of this.#accessTokens) if (issued.grant === grant) this.#accessTokens.delete(token);
    for (const [token, issued] of this.#refreshTokens) if (issued === grant) this.#refreshTokens.delete(token);
    throw invalidGrant('It was used before; what was issued on it is revoked');
  }
}

function challengeOf(verifier: string): string {
  return createHash('sha256').update(verifier).digest('base64url');
}

function invalidGrant(message: string): Error {
  return new oauth2orize.TokenError(message, 'invalid_grant');
}

function randomToken(): string {
  return randomBytes(32).toString('base64url');
}
