import { inspect, type TokenRecord } from './token-record.js';

/**
 * The tokens of a session. Secrets are accessors: logging, JSON and `{...tokens}` contain none.
 *
 * @example
 * ```ts
 * import { createSession } from 'embed-auth-server/session';
 *
 * const session = createSession({ name: 'my-app', issuer: 'https://accounts.example.com', clientId: 'my-client-id' });
 * const { accessToken, expiresAt, claims } = await session.tokens();
 * console.log(accessToken.length, expiresAt, claims?.['sub']);
 * ```
 */
export class Tokens {
  /** The type of the access token, as it was sent; `Bearer` if it was not. */
  readonly tokenType: string;
  /** When the access token expires, in milliseconds since 1970; undefined if the provider does not state it. */
  readonly expiresAt: number | undefined;
  /** The scopes, separated by spaces, if the provider states them. */
  readonly scope: string | undefined;
  readonly #record: TokenRecord;

  /** @internal */
  constructor(record: TokenRecord) {
    const { token_type: type, scope } = record.response;
    this.tokenType = typeof type === 'string' && type !== '' ? type : 'Bearer';
    this.expiresAt = record.expiresAt;
    this.scope = typeof scope === 'string' ? scope : record.kept?.['scope'];
    this.#record = record;
  }

  /** The access token. */
  get accessToken(): string {
    return this.#record.response.access_token;
  }

  /** The refresh token; undefined if the provider has sent none. */
  get refreshToken(): string | undefined {
    return this.#member('refresh_token');
  }

  /** The ID token (OpenID Connect), of this response or an earlier one. */
  get idToken(): string | undefined {
    return this.#member('id_token');
  }

  /**
   * The claims of the ID token. With `issuer` or `endpoints` they were validated when the tokens arrived; with the functions of an SDK,
   * validating is the SDK's task. Undefined if there is no ID token, or if this computer's clock contradicts it.
   */
  get claims(): Readonly<Record<string, unknown>> | undefined {
    return this.#record.claims;
  }

  /** The newest token response, with every member that the provider sent. */
  get response(): Readonly<Record<string, unknown>> {
    return this.#record.response;
  }

  /** @internal */
  [inspect](): string {
    return `Tokens { tokenType: ${JSON.stringify(this.tokenType)}, expiresAt: ${String(this.expiresAt)}, scope: ${JSON.stringify(this.scope)}, [secrets not shown] }`;
  }

  #member(name: 'refresh_token' | 'id_token'): string | undefined {
    const { [name]: value } = this.#record.response;
    return typeof value === 'string' && value !== '' ? value : this.#record.kept?.[name];
  }
}

/** The events of a {@link Session}. */
export interface SessionEvents {
  /** The tokens were refreshed, replaced by a sign-in, or deleted (undefined): by this session, or as far as it has seen, by another process. */
  tokensChanged: [tokens: Tokens | undefined];
}
