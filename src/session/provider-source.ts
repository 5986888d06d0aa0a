import type { AuthorizationCodeResponse } from '../oauth/grant-response.js';
import { ProviderError } from '../oauth/provider-error.js';
import { discoverProvider } from '../provider/discover-provider.js';
import type { Provider } from '../provider/provider.js';
import type { TokenResult } from '../provider/token-response.js';
import { refreshFailure } from './refresh-failure.js';
import type { ProviderSessionOptions, SessionLoginOptions } from './session-options.js';
import { receivedNow, type Received } from './token-record.js';
import type { RefreshOutcome, TokenSource } from './token-source.js';
import type { Tokens } from './tokens.js';

type SignInContext = Parameters<TokenSource['signIn']>[0];

/** @internal A provider whose endpoints are known, or looked up when they are needed first. */
export class ProviderSource implements TokenSource {
  readonly canRefresh = true;
  readonly #options: ProviderSessionOptions;
  readonly #timeout: number;
  #provider: Promise<Provider> | undefined;

  constructor(options: ProviderSessionOptions, timeout: number) {
    this.#options = options;
    this.#timeout = timeout;
  }

  async signIn(context: SignInContext): Promise<Received> {
    const { grant = 'browser' } = this.#options;
    const provider = await this.#discover(context.signal);
    if (grant === 'device' || (grant === 'auto' && provider.hasDeviceGrant && (await isBrowserFar()))) {
      try {
        return await this.#signInByDevice(provider, context);
      } catch (error) {
        const isRefused = error instanceof ProviderError && error.oauthError === 'unauthorized_client';
        if (grant === 'device' || !isRefused) throw error;
      }
    }
    return await this.#signInByBrowser(provider, context);
  }

  async prepareRefresh(signal: AbortSignal): Promise<void> {
    try {
      await this.#discover(signal);
    } catch (error) {
      signal.throwIfAborted();
      throw refreshFailure(error);
    }
  }

  async refresh(refreshToken: string, tokens: Tokens): Promise<RefreshOutcome> {
    try {
      const provider = await this.#discover(undefined);
      // Without a limit of time: its response may hold the only valid token.
      const result = await provider.refresh(refreshToken, { previous: tokens });
      return { kind: 'tokens', received: receivedOf(result) };
    } catch (error) {
      if (error instanceof ProviderError && error.isVerdict && error.oauthError === 'invalid_grant')
        return { kind: 'over' };
      return { kind: 'failed', error: refreshFailure(error, tokens) };
    }
  }

  async revoke({ refreshToken, accessToken }: Tokens, signal: AbortSignal): Promise<boolean> {
    const provider = await this.#discover(signal);
    const hint = refreshToken === undefined ? 'access_token' : 'refresh_token';
    return await provider.revoke(refreshToken ?? accessToken, { hint, signal, timeout: this.#timeout });
  }

  /** Looks the endpoints up, once; after a failure again. */
  async #discover(signal: AbortSignal | undefined): Promise<Provider> {
    const { issuer, endpoints, clientId, clientSecret, scope, resource, extraParams } = this.#options;
    const config = {
      issuer,
      endpoints,
      clientId,
      clientSecret,
      scope,
      extraParams,
      resource: resource && String(resource),
    };
    const found = (this.#provider ??= discoverProvider(config, { signal, timeout: this.#timeout }));
    try {
      return await found;
    } catch (error) {
      if (this.#provider === found) this.#provider = undefined;
      throw error;
    }
  }

  async #signInByBrowser(provider: Provider, { signal, save }: SignInContext): Promise<Received> {
    const { login } = await import('../login/login.js');
    const { responseMode, terminal = true, onLoginUri, ...options } = this.#options.login ?? {};
    const limits = { timeout: this.#timeout, signal };
    let nonce: string | undefined;
    return await login({
      ...options,
      // `prompt` asks the user instead of the terminal.
      ...(options.prompt === undefined && { terminal }),
      ...(onLoginUri && { onLoginUri }),
      responseType: 'code',
      authorizationUri: async ({ redirectUri, state, codeChallenge }) => {
        const parameters = { redirectUri, state, codeChallenge, responseMode };
        const made = await provider.authorizationUri(parameters, limits);
        ({ nonce } = made);
        return made.uri;
      },
      // The page says success when the tokens are saved.
      exchange: async (grant: AuthorizationCodeResponse) => {
        const received = receivedOf(await provider.exchange(grant, { ...limits, nonce }));
        await save(received);
        return received;
      },
      signal,
    });
  }

  /** The lifetime of the code is the limit. */
  async #signInByDevice(provider: Provider, { signal, save }: SignInContext): Promise<Received> {
    const device = await provider.startDeviceAuthorization({ signal, timeout: this.#timeout });
    const { userCode, verificationUri, expiresIn } = device;
    const { terminal, onLoginUri }: SessionLoginOptions = this.#options.login ?? {};
    onLoginUri?.(new URL(verificationUri), { userCode, expiresAt: Date.now() + expiresIn * 1000 });
    if (terminal !== false) {
      process.stderr.write(
        `To sign in at ${provider.name}, open this address in a browser on any device:\n\n${verificationUri}\n\nand enter this code: ${userCode}\n`,
      );
    }
    const received = receivedOf(await device.poll({ signal }));
    await save(received);
    return received;
  }
}

/** Whether the user's browser is most likely on another machine. */
async function isBrowserFar(): Promise<boolean> {
  const { isRemoteSession } = await import('../terminal/prompt.js');
  return isRemoteSession();
}

function receivedOf({ tokens, response, claims }: TokenResult): Received {
  const { token_type: type } = response;
  return receivedNow({ ...tokens, ...(typeof type === 'string' && { token_type: type }) }, { claims });
}
