import { ProviderError } from '../oauth/provider-error.js';
import type { Provider } from '../provider/provider.js';
import type { McpMemoryFile, McpRegistration } from './mcp-memory.js';
import { failure, refreshFailure } from './refresh-failure.js';
import { SessionError } from './session-error.js';
import { isUsable, receivedNow, type Received, type TokenResponse } from './token-record.js';
import type { RefreshOutcome, TokenSource } from './token-source.js';
import type { Tokens } from './tokens.js';

/** Milliseconds for a refresh or a revocation. */
const requestTimeout = 30_000;

/** @internal */
export interface McpSourceContext {
  readonly issuer: string;
  readonly memory: McpMemoryFile;
  /** Signs the user in, and calls `save` before the page says that the sign-in has succeeded. */
  readonly signIn: (
    signal: AbortSignal,
    save: (tokens: Readonly<Record<string, unknown>>) => Promise<void>,
  ) => Promise<void>;
}

/** @internal Where the tokens of an MCP server come from: the SDK's requests for a sign-in, the package's own for a refresh. */
export class McpSource implements TokenSource {
  readonly canRefresh = true;
  readonly #context: McpSourceContext;
  #registration: McpRegistration | undefined;

  constructor(context: McpSourceContext) {
    this.#context = context;
  }

  async signIn({
    signal,
    save,
  }: {
    signal: AbortSignal;
    save: (received: Received) => Promise<void>;
  }): Promise<Received> {
    let received: Received | undefined;
    await this.#context.signIn(signal, async (tokens) => {
      received = receivedOf(tokens);
      await save(received);
    });
    if (received === undefined) throw new SessionError('SIGN_IN_REQUIRED', 'The sign-in has brought no tokens.');
    return received;
  }

  async prepareRefresh(): Promise<void> {
    this.#registration = (await this.#context.memory.read()).registrations[this.#context.issuer];
    await import('../provider/provider.js');
  }

  async refresh(refreshToken: string, tokens: Tokens): Promise<RefreshOutcome> {
    const registration = this.#registration;
    // Without the client that it was issued to, a refresh token is worth nothing.
    if (registration === undefined) return { kind: 'over' };
    try {
      const provider = await providerOf(registration);
      const { tokens: response } = await provider.refresh(refreshToken, { previous: tokens });
      return { kind: 'tokens', received: receivedOf(response) };
    } catch (error) {
      const verdict = error instanceof ProviderError && error.isVerdict ? error.oauthError : undefined;
      if (verdict === 'invalid_grant') return { kind: 'over' };
      // The server has forgotten a client that registered itself: its tokens ended with it.
      if (verdict === 'invalid_client' && registration.isDynamic) {
        await this.#forget();
        return { kind: 'over' };
      }
      return { kind: 'failed', error: refreshFailure(error, tokens) };
    }
  }

  async revoke(tokens: Tokens, signal: AbortSignal): Promise<boolean> {
    const registration = (await this.#context.memory.read()).registrations[this.#context.issuer];
    if (registration === undefined) return false;
    const provider = await providerOf(registration);
    const hint = tokens.refreshToken === undefined ? 'access_token' : 'refresh_token';
    return await provider.revoke(tokens.refreshToken ?? tokens.accessToken, { hint, signal });
  }

  async #forget(): Promise<void> {
    const { issuer, memory } = this.#context;
    await memory.update(({ registrations, ...rest }) => ({
      ...rest,
      registrations: Object.fromEntries(Object.entries(registrations).filter(([name]) => name !== issuer)),
    }));
  }
}

/** A client, and the endpoints that the metadata named when the user signed in. */
async function providerOf({ client, metadata, resource }: McpRegistration): Promise<Provider> {
  const { Provider } = await import('../provider/provider.js');
  const config = { clientId: client.client_id, clientSecret: client.client_secret, resource };
  return new Provider(config, metadata, true, requestTimeout);
}

function receivedOf(tokens: Readonly<Record<string, unknown>>): Received {
  const { access_token: accessToken, token_type: tokenType } = tokens;
  if (!isUsable(accessToken)) throw failure('The token response has no usable `access_token`');
  if (typeof tokenType === 'string' && tokenType.toLowerCase() !== 'bearer') {
    throw failure('The access token is no bearer token');
  }
  return receivedNow(tokens as TokenResponse); // Its token was checked.
}
