import { readClaims } from '../oauth/id-token.js';
import { isTransient } from '../oauth/provider-error.js';
import { failure } from './refresh-failure.js';
import { SessionError, textWithoutTokens, withoutTokens } from './session-error.js';
import { isUsable, receivedNow, type Received, type TokenResponse } from './token-record.js';
import type { RefreshOutcome, TokenSource } from './token-source.js';
import type { Tokens } from './tokens.js';
import type { SdkSessionOptions } from './session-options.js';

/** @internal The functions of an SDK. */
export class SdkSource implements TokenSource {
  readonly #options: Pick<SdkSessionOptions, 'signIn' | 'refresh' | 'revoke'>;

  constructor(options: Pick<SdkSessionOptions, 'signIn' | 'refresh' | 'revoke'>) {
    this.#options = options;
  }

  get canRefresh(): boolean {
    return this.#options.refresh !== undefined;
  }

  async signIn({ signal }: { signal: AbortSignal }): Promise<Received> {
    const { signIn } = this.#options;
    const value: unknown = await signIn({ signal });
    const received = receivedOf(value);
    if (typeof received === 'object') return received;
    throw new SessionError(
      'SIGN_IN_REQUIRED',
      `\`signIn\` resolved to ${received}. It must resolve to a token response with \`access_token\`.`,
    );
  }

  async refresh(refreshToken: string, tokens: Tokens): Promise<RefreshOutcome> {
    const { refresh } = this.#options;
    try {
      // A refresh that was sent is never aborted: its response may hold the only valid token.
      const value: unknown = await refresh?.(refreshToken, { tokens, signal: new AbortController().signal });
      if (value === undefined) return { kind: 'over' };
      const received = receivedOf(value);
      if (typeof received === 'object') return { kind: 'tokens', received };
      return { kind: 'failed', error: failure(`\`refresh\` resolved to ${received}.`) };
    } catch (error) {
      return outcomeOf(error, [refreshToken, tokens.accessToken, tokens.idToken]);
    }
  }

  async revoke(tokens: Tokens, signal: AbortSignal): Promise<boolean> {
    const { revoke } = this.#options;
    if (revoke === undefined) return false;
    await revoke(tokens, { signal });
    return true;
  }
}

/** Reads what an error of an SDK says about the provider's response (RFC 6749, section 5.2). */
function outcomeOf(error: unknown, secrets: readonly (string | undefined)[]): RefreshOutcome {
  const { cause } = Object(error) as { cause?: unknown };
  const found = [error, cause].map((value) => Object(value) as ProviderErrorLike);
  const oauthError = found.map((value) => value.error).find((value) => typeof value === 'string');
  const status = found
    .map((value) => value.status ?? value.response?.status)
    .find((value) => typeof value === 'number');
  const isVerdict = typeof status !== 'number' || !isTransient(status);
  if (oauthError === 'invalid_grant' && isVerdict) return { kind: 'over' };
  const retryAfter = found.map(retryAfterOf).find((value) => value !== undefined);
  const safe = withoutTokens(error, secrets);
  return {
    kind: 'failed',
    error: failure(safe.message, {
      cause: safe,
      retryAfter,
      oauthError: oauthError === undefined ? undefined : textWithoutTokens(oauthError, secrets),
    }),
  };
}

/** The members that errors of SDKs have, if any. */
interface ProviderErrorLike {
  readonly error?: unknown;
  readonly status?: unknown;
  readonly retryAfter?: unknown;
  readonly response?: { readonly status?: unknown; readonly headers?: unknown } | null;
}

function retryAfterOf({ retryAfter, response }: ProviderErrorLike): number | undefined {
  if (typeof retryAfter === 'number') return retryAfter >= 0 && Number.isFinite(retryAfter) ? retryAfter : undefined;
  const { headers } = Object(response) as { headers?: unknown };
  const text =
    headers instanceof Headers
      ? headers.get('retry-after')
      : (Object(headers) as Record<string, unknown>)['retry-after'];
  return typeof text === 'string' && /^\d{1,9}$/.test(text.trim()) ? Number(text) : undefined;
}

/** Reads a token response in wire form, or a grant of this package. A text says what it is instead. */
function receivedOf(value: unknown): Received | string {
  if (typeof value !== 'object' || value === null)
    return value === undefined || value === null ? 'nothing' : typeof value;
  const grant = value as {
    kind?: unknown;
    params?: unknown;
    createdAt?: unknown;
    expiresIn?: unknown;
    accessToken?: unknown;
  };
  const isGrant = (grant.kind === 'token' || grant.kind === 'code') && grant.params instanceof URLSearchParams;
  if (isGrant && grant.kind === 'code')
    return 'an authorization code, which `exchange` of `login()` exchanges for tokens';
  const members = isGrant ? wireOf(grant.params as URLSearchParams, grant) : plainCopy(value);
  if (members === undefined) return 'an object that cannot be saved as JSON';
  if (!isUsable(members['access_token'])) return 'a response without a usable `access_token`';
  const response = members as TokenResponse; // Its token was checked.
  const receivedAt = isGrant && grant.createdAt instanceof Date ? grant.createdAt.getTime() : undefined;
  // The SDK has validated the ID token.
  return receivedNow(response, { receivedAt, claims: readClaims(response['id_token']) });
}

function wireOf(
  params: URLSearchParams,
  { accessToken, expiresIn }: { accessToken?: unknown; expiresIn?: unknown },
): Record<string, unknown> {
  const members = Object.fromEntries([...params].filter(([name]) => name !== 'state'));
  return { ...members, access_token: accessToken, expires_in: expiresIn };
}

/** What JSON keeps of a value: SDKs return objects with methods. */
function plainCopy(value: object): Record<string, unknown> | undefined {
  try {
    // An object stays one, unless it has a `toJSON` of its own.
    const copy: unknown = JSON.parse(JSON.stringify(value));
    return typeof copy === 'object' && copy !== null && !Array.isArray(copy)
      ? (copy as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
