import { EventEmitter } from 'eventemitter3';
import { AuthAbortedError } from '../errors.js';
import { FileTokenStore } from './file-store.js';
import { checkSignOutOptions, checkTokenOptions } from './option-checks.js';
import { SdkSource } from './sdk-source.js';
import { SessionError, withoutTokens } from './session-error.js';
import { isSdk, type ProviderSessionOptions, type SdkSessionOptions, type TokenOptions } from './session-options.js';
import type { RefreshResult, SessionState } from './session-state.js';
import { StoredTokens, type Stored } from './stored-tokens.js';
import type { TokenCall } from './token-call.js';
import type { TokenSource } from './token-source.js';
import type { SessionEvents, Tokens } from './tokens.js';
import { SharedTask } from './waiting.js';

/** @internal Where the tokens of a session come from that is neither a provider's nor an SDK's. */
export interface GivenSource {
  readonly source: TokenSource;
  /** Whether the session may write lines to stderr. */
  readonly writesLines: boolean;
}

/** @internal */
export class TokenSession {
  readonly #canRefresh: boolean;
  readonly #resource: string | URL | undefined;
  readonly #interactive: boolean;
  readonly #state: SessionState;
  readonly #events = new EventEmitter<SessionEvents>();
  readonly #refreshes = new Map<string, SharedTask<RefreshResult>>();
  #signIn: SharedTask<Stored> | undefined;
  readonly #fetch = madeOnce(async () => {
    const { SessionFetch } = await import('./session-fetch.js');
    return new SessionFetch(this, this.#interactive, this.#resource);
  });
  #signOuts = 0;
  /** How often this session itself has changed what is stored. */
  #changes = 0;
  #seen: { readonly text: string | undefined } | undefined;

  /** @param given - a source of its own, instead of the provider or the SDK of the options */
  constructor(options: SdkSessionOptions | ProviderSessionOptions, given?: GivenSource) {
    const { name, store = new FileTokenStore(name), interactive = true, refreshTimeout = 30_000 } = options;
    const { scope, login, resource }: Partial<ProviderSessionOptions> = isSdk(options) ? {} : options;
    const key = keyOf(options);
    this.#canRefresh = given !== undefined || !isSdk(options) || options.refresh !== undefined;
    this.#resource = resource;
    this.#interactive = interactive;
    this.#state = {
      store: new StoredTokens(store, key, refreshTimeout),
      refreshTimeout,
      scope,
      writesLines: given?.writesLines ?? login?.terminal !== false,
      late: new Map(),
      source: madeOnce(() =>
        given === undefined ? makeSource(options, refreshTimeout) : Promise.resolve(given.source),
      ),
      lockTarget: (suffix) => ({ store, name, key: `${key}${suffix}`, timeout: refreshTimeout }),
      changed: (stored) => {
        this.#changes += 1;
        this.#observe(stored, true);
      },
      lacksScope: ({ record }) => {
        const { requestedScope = [] } = record;
        return scope?.some((wanted) => !requestedScope.includes(wanted)) === true;
      },
    };
  }

  async accessToken(options: TokenOptions = {}): Promise<string> {
    const call = checkTokenOptions('accessToken', options, this.#interactive);
    return (await this.get(call)).tokens.accessToken;
  }

  async tokens(options: TokenOptions = {}): Promise<Tokens> {
    const call = checkTokenOptions('tokens', options, this.#interactive);
    return (await this.get(call)).tokens;
  }

  async fetch(input: string | URL | Request, init?: RequestInit): Promise<Response> {
    return await (await this.#fetch()).fetch(input, init);
  }

  async peek(): Promise<Tokens | undefined> {
    return (await this.read())?.tokens;
  }

  async signOut(options: Pick<TokenOptions, 'signal'> = {}): Promise<{ revoked: boolean }> {
    const { signal } = checkSignOutOptions(options);
    this.#signOuts += 1;
    // If no user is signed in, nothing changes. What cannot be read is reported below.
    await this.read().catch(() => undefined);
    const { signOut } = await import('./sign-out.js');
    return await signOut(this.#state, signal);
  }

  on<Name extends keyof SessionEvents>(event: Name, listener: (...args: SessionEvents[Name]) => unknown): this {
    this.#events.on(event, listener); // The emitter cannot relate the two.
    return this;
  }

  off<Name extends keyof SessionEvents>(event: Name, listener: (...args: SessionEvents[Name]) => unknown): this {
    this.#events.off(event, listener); // The same.
    return this;
  }

  /** @internal What is stored. */
  async read(): Promise<Stored | undefined> {
    const changes = this.#changes;
    const stored = await this.#state.store.read();
    // A slow store may respond with what was stored before this session's own change.
    if (changes === this.#changes) this.#observe(stored, false);
    return stored;
  }

  /** @internal Asks the user to sign in, unless another call or process has brought tokens since `before`. */
  async signInAgain(call: TokenCall, before: Stored | undefined, reason: string): Promise<Stored> {
    return await this.#askUser(call, before, reason);
  }

  /** @internal Tokens that satisfy a call. */
  async get(call: TokenCall): Promise<Stored> {
    const { signal, refused, forceRefresh } = call;
    if (signal?.aborted === true) throw new AuthAbortedError(signal.reason, {}, undefined, 0);
    const signOuts = this.#signOuts;
    await this.#state.store.writeUnsaved();
    const before = await this.read();
    if (before === undefined) return await this.#askUser(call, undefined, 'No user is signed in');
    if (call.anew === true) return await this.#askUser(call, before, 'A new sign-in was asked for');
    if (this.#state.lacksScope(before))
      return await this.#askUser(call, before, 'The app needs a scope that it did not ask for when the user signed in');
    const isGood =
      refused === undefined
        ? !forceRefresh && isFresh(before, call.minimumLifetime)
        : before.tokens.accessToken !== refused;
    if (isGood) return before;
    const isAsked = forceRefresh || refused !== undefined;
    if (before.refreshToken === undefined || !this.#canRefresh) {
      // Nothing but a sign-in brings another token: as long as this one may be valid, it is used.
      const mayBeValid = hasTimeLeft(before) || before.record.receivedAt > Date.now() || call.triesExpired === true;
      if (!isAsked && mayBeValid) return before;
      const stored = await this.#askUser(call, before, 'The access token is over, and there is no refresh token');
      if (stored.refreshToken === undefined) call.onBrought?.(stored);
      return stored;
    }
    try {
      const result = await this.#refresh(before, signal);
      if ('stored' in result) {
        this.#observe(result.stored, false);
        if (result.isOwn === true) call.onBrought?.(result.stored);
        if (this.#state.lacksScope(result.stored))
          return await this.#askUser(call, result.stored, 'The app needs a further scope');
        return result.stored;
      }
      this.#observe(undefined, false);
      if (signOuts !== this.#signOuts) throw new SessionError('SIGN_IN_REQUIRED', 'The user has signed out.');
      const reason =
        result.ended === 'over' ? 'The provider has ended the sign-in (invalid_grant)' : 'The user was signed out';
      return await this.#askUser(call, before, reason);
    } catch (error) {
      const isKept = error instanceof SessionError && error.code !== 'SIGN_IN_REQUIRED';
      if (isKept && !isAsked && hasTimeLeft(before)) return before;
      throw error;
    }
  }

  async #refresh(before: Stored, signal: AbortSignal | undefined): Promise<RefreshResult> {
    let task = this.#refreshes.get(before.text);
    if (task === undefined || task.isAbandoned) {
      const started = new SharedTask(async (abandoned) => {
        const { refresh } = await import('./refresh.js');
        return await refresh(this.#state, before, abandoned);
      });
      task = started;
      this.#refreshes.set(before.text, started);
      void started.settled.then(() => {
        if (this.#refreshes.get(before.text) === started) this.#refreshes.delete(before.text);
      });
    }
    return await withAbortedError(task.join(signal), signal, 'refresh');
  }

  async #askUser({ interactive, signal }: TokenCall, before: Stored | undefined, reason: string): Promise<Stored> {
    if (!interactive) {
      throw new SessionError(
        'SIGN_IN_REQUIRED',
        `${reason}, and this call must not ask the user to sign in (\`interactive\` is false).`,
      );
    }
    if (this.#signIn === undefined || this.#signIn.isAbandoned) {
      const started = new SharedTask(async (abandoned) => {
        const { signIn } = await import('./shared-sign-in.js');
        return await signIn(this.#state, before, abandoned);
      });
      this.#signIn = started;
      void started.settled.then(() => {
        if (this.#signIn === started) this.#signIn = undefined;
      });
    }
    const stored = await withAbortedError(this.#signIn.join(signal), signal);
    this.#observe(stored, false);
    return stored;
  }

  /** Notes what is stored, and reports it if it has changed. The first look reports nothing, unless this session has made the change. */
  #observe(stored: Stored | undefined, isOwn: boolean): void {
    const seen = this.#seen;
    this.#seen = { text: stored?.text };
    if (seen === undefined ? !isOwn : seen.text === stored?.text) return;
    for (const listener of this.#events.listeners('tokensChanged')) void this.#notify(listener, stored?.tokens);
  }

  /** A listener that fails must not end a refresh. */
  async #notify(listener: (tokens: Tokens | undefined) => unknown, tokens: Tokens | undefined): Promise<void> {
    try {
      await listener(tokens);
    } catch (error) {
      const { message } = withoutTokens(error, [tokens?.accessToken, tokens?.refreshToken]);
      process.emitWarning(`A listener of \`tokensChanged\` failed: ${message}`, { code: 'EMBED_AUTH_LISTENER_FAILED' });
    }
  }
}

async function withAbortedError<Result>(
  promise: Promise<Result>,
  signal: AbortSignal | undefined,
  unfinished?: 'refresh',
): Promise<Result> {
  try {
    return await promise;
  } catch (error) {
    if (signal?.aborted === true && error === signal.reason) throw new AuthAbortedError(signal.reason, {}, unfinished);
    throw error;
  }
}

function isFresh({ record }: Stored, minimumLifetime: number): boolean {
  const { expiresAt, receivedAt } = record;
  if (expiresAt === undefined) return true; // Valid until it is rejected.
  const now = Date.now();
  return receivedAt <= now && expiresAt - now >= minimumLifetime * 1000;
}

/** Whether a token can still be used while a new one is not available. */
function hasTimeLeft(stored: Stored): boolean {
  return isFresh(stored, 1);
}

/** Whose tokens these are: no other provider, client, API or account ever sees them. */
function keyOf(options: SdkSessionOptions | ProviderSessionOptions): string {
  if (isSdk(options)) return options.key;
  const { issuer, endpoints, clientId, resource, key } = options;
  const provider = issuer === undefined ? [endpoints?.authorization, endpoints?.token].map(hrefOf) : hrefOf(issuer);
  return JSON.stringify([provider, clientId, hrefOf(resource), key ?? '']);
}

/** A slash at the end makes no difference. */
function hrefOf(uri: string | URL | undefined): string {
  return uri === undefined ? '' : new URL(uri).href.replace(/\/$/, '');
}

/** What is made when it is first needed, and once. After a failure, such as for want of file descriptors, it is made again. */
function madeOnce<Made>(make: () => Promise<Made>): () => Promise<Made> {
  let made: Promise<Made> | undefined;
  return () =>
    (made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    }));
}

async function makeSource(
  options: SdkSessionOptions | ProviderSessionOptions,
  refreshTimeout: number,
): ReturnType<SessionState['source']> {
  if (isSdk(options)) return new SdkSource(options);
  const { ProviderSource } = await import('./provider-source.js');
  return new ProviderSource(options, refreshTimeout);
}
