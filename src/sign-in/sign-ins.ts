import type { EventEmitter } from 'eventemitter3';
import { PendingPage, type CallbackPage } from '../callback/callback-page.js';
import { attempt, type Delivery, type Failure, type Outcome } from '../callback/host.js';
import type { RejectionReason } from '../callback/request-guard.js';
import { AuthAbortedError, AuthorizationError, ServerError } from '../errors.js';
import { checkedRequest, type ExpectedRequest } from '../oauth/authorization-response.js';
import { readAuthorizationUri } from '../oauth/authorization-uri.js';
import type { AuthorizationCodeResponse, GrantResponse, ImplicitGrantResponse } from '../oauth/grant-response.js';
import { assertKnownOptions, type OptionNames } from '../oauth/known-options.js';
import { randomBase64url } from '../oauth/random-and-digest.js';
import { trace } from '../trace.js';
import type { AuthServer } from '../server/auth-server.js';
import { ExpectedRequests } from './expected-requests.js';
import { GrantWaiters, type ExchangeContext, type Wait } from './grant-waiters.js';
import type { CheckedServerOptions } from '../server/options.js';

/** The events of an {@link AuthServer}. */
export interface AuthServerEvents {
  /** An access token arrived (implicit grant). */
  implicitGrantReceived: (response: ImplicitGrantResponse, page: CallbackPage) => void;
  /** An authorization code arrived. */
  authorizationCodeReceived: (response: AuthorizationCodeResponse, page: CallbackPage) => void;
  /** The sign-in ended with an error: the provider's, such as `access_denied`, or that of a response that cannot be accepted. */
  errorReceived: (error: AuthorizationError, page: CallbackPage) => void;
  /** A request or a response was rejected. A diagnostic without values. */
  callbackRejected: (rejection: { reason: RejectionReason }) => void;
}

/** How to wait for a grant. */
export interface WaitForGrantOptions<Result = GrantResponse> {
  /** Ends the wait, `exchange` included. @default the wait ends with the grant, an error, or the server's stop */
  signal?: AbortSignal | undefined;
  /** The request whose response is awaited: a `LoginRequest`, or the authorization URI that an SDK made. @default any request */
  request?: ExpectedRequest | string | URL | undefined;
  /** Called with the grant while the page shows "finishing sign-in": exchange the code here. @default none */
  exchange?: ((grant: GrantResponse, context: ExchangeContext) => Result | Promise<Result>) | undefined;
}

const waitOptionNames: OptionNames<WaitForGrantOptions> = { signal: true, request: true, exchange: true };

const startAddressBytes = 12;

/** @internal The sign-ins of one server: what is expected, who waits for it, and how both are notified. */
export class SignIns {
  /** How many sign-ins ask the user to paste the callback URI. */
  pasteOffers = 0;
  /** Between a stop and the next start, nothing can be waited for. */
  isStopping = false;
  readonly #server: AuthServer;
  readonly #allowUnsolicited: boolean;
  readonly #requests: ExpectedRequests;
  readonly #waiters = new GrantWaiters();
  /** Login URIs by path, with the state that ends them (R31). */
  readonly #startAddresses = new Map<string, { readonly uri: URL; readonly state: string }>();
  readonly #warned = new Set<string>();

  constructor(server: AuthServer, options: CheckedServerOptions) {
    this.#server = server;
    this.#allowUnsolicited = options.allowUnsolicited;
    this.#requests = new ExpectedRequests(options.requestLifetime);
  }

  expect(request: ExpectedRequest | string | URL): void {
    this.#requests.add(this.#checked(request));
  }

  forget(request: ExpectedRequest | string | URL): void {
    const expected = this.#checked(request);
    this.#requests.delete(expected);
    this.#waiters.forget(expected.state);
    this.#endStartAddress(expected.state);
  }

  /** Ends every wait, and forgets every request and every outcome. */
  stop(): void {
    this.isStopping = true;
    this.#requests.clear();
    this.#startAddresses.clear();
    this.#waiters.forget();
    this.#waiters.rejectAll(
      () => new ServerError('SERVER_STOPPED', 'The server was stopped before a grant arrived. Start a new sign-in.'),
    );
  }

  waitForGrant<Result>(options: WaitForGrantOptions<Result>, onRejected?: Wait['onRejected']): Promise<Result> {
    const result = this.#waitForGrant(options, onRejected);
    // The app may await it only later; its rejection must not end the process before.
    result.catch(() => undefined);
    return result;
  }

  async #waitForGrant<Result>(options: WaitForGrantOptions<Result>, onRejected: Wait['onRejected']): Promise<Result> {
    assertKnownOptions('waitForGrant', options, waitOptionNames);
    const { signal, exchange } = options;
    if (signal !== undefined && !(signal instanceof AbortSignal))
      throw new TypeError('`signal` must be an AbortSignal');
    if (exchange !== undefined && typeof exchange !== 'function') throw new TypeError('`exchange` must be a function');
    const request = options.request === undefined ? undefined : this.#checked(options.request);
    if (this.isStopping) {
      throw new ServerError('SERVER_STOPPED', 'The server was stopped. Start it before you wait for a grant.');
    }
    if (request !== undefined && !this.#waiters.hasKept(request)) this.#expectOnce(request);
    const endWait = request === undefined ? undefined : this.#requests.wait(request);
    try {
      // Without `exchange` the result is the grant, and `Result` is its type.
      return (await this.#waiters.wait({ request, signal, exchange, onRejected })) as Result;
    } catch (error) {
      const isAborted = error instanceof AuthAbortedError;
      if (request !== undefined && isAborted && !this.#waiters.isAwaited(request)) this.forget(request);
      throw error;
    } finally {
      endWait?.();
    }
  }

  find(state: string | undefined): ExpectedRequest | 'used' | undefined {
    const found = this.#requests.find(state);
    if (found !== undefined) return found;
    // Without a state to go by, the response counts for the oldest wait.
    if (this.#allowUnsolicited) return this.#waiters.oldestRequest;
    if (state !== undefined && !this.#requests.everExpected) {
      this.#warn(
        'EMBED_AUTH_NOTHING_EXPECTED',
        'A callback arrived, but no request is expected, so it was rejected. Make the LoginRequest with the server ' +
          '(`new LoginRequest(server, ...)`), or call `server.expect(request)`, or set `allowUnsolicited`.',
      );
    }
    return undefined;
  }

  consume(expected: ExpectedRequest): boolean {
    return this.#requests.consume(expected);
  }

  rejected(reason: RejectionReason, expected?: ExpectedRequest): Failure | undefined {
    trace('rejected: %s', reason);
    const failure = this.#waiters.rejected(reason, expected?.state);
    return this.#emit('callbackRejected', { reason }) ?? failure;
  }

  /**
   * Ends the wait for the request, emits the event, and keeps the outcome if there was neither a wait nor a listener.
   * @param channel - the browser's request, whose page is held for a later claim, or `receive()`, which returns the outcome itself
   */
  deliver(outcome: Outcome, expected: ExpectedRequest | undefined, channel: 'request' | 'receive'): Delivery {
    const page = new PendingPage();
    const state = expected?.state;
    if (state !== undefined) this.#endStartAddress(state);
    const name = eventOf(outcome);
    const isClaimed = this.#waiters.claim(outcome, state, page) || this.#server.listenerCount(name) > 0;
    trace('event: %s', name);
    const failure = this.#emit(name, outcome.kind === 'error' ? outcome.error : outcome.grant, page);
    if (state !== undefined) {
      this.#waiters.rejectAll(
        () => new AuthorizationError('STATE_USED', 'Another wait received the response to this request.'),
        state,
      );
    }
    if (!isClaimed) {
      this.#waiters.keep(outcome, state, channel === 'request' ? page : undefined, () => {
        this.#warn(
          'EMBED_AUTH_OUTCOME_UNCLAIMED',
          'A grant arrived, but the app neither listens for its event nor waits for it, so the page says "return to the ' +
            'app". Add a listener before the browser is opened, or call `server.waitForGrant()`.',
        );
      });
    }
    if (failure === undefined) page.dispatched();
    else page.settle('failed');
    return { page, failure };
  }

  /** A short address that redirects to the login URI until the request is used or forgotten. */
  addStartAddress(uri: URL, { state }: ExpectedRequest): URL {
    const path = `/${randomBase64url(startAddressBytes)}`;
    this.#startAddresses.set(path, { uri, state });
    return new URL(path, this.#server.redirectUri);
  }

  startAddress(path: string): URL | undefined {
    return this.#startAddresses.get(path)?.uri;
  }

  #expectOnce(request: ExpectedRequest): void {
    const found = this.#requests.find(request.state);
    if (found === 'used') {
      throw new AuthorizationError(
        'STATE_USED',
        'The response to this request was delivered before. Start a new sign-in.',
      );
    }
    if (found === undefined) this.#requests.add(request);
  }

  #checked(request: ExpectedRequest | string | URL): ExpectedRequest {
    if (typeof request === 'string' || request instanceof URL) {
      const sent = URL.canParse(String(request)) ? new URL(request).searchParams.get('redirect_uri') : null;
      // A custom protocol's response arrives by `receive()`, at its own redirect URI.
      const isCustom = sent !== null && /^(?!https?:)[a-z][a-z\d+.-]*:/i.test(sent);
      return readAuthorizationUri(request, { redirectUri: isCustom ? sent : this.#server.redirectUri }).expected;
    }
    if (typeof request !== 'object' || (request as unknown) === null) {
      throw new TypeError('`request` must be a LoginRequest, an authorization URI, or an object with a `state`');
    }
    return checkedRequest(request);
  }

  #emit(name: keyof AuthServerEvents, ...values: readonly unknown[]): Failure | undefined {
    // The emitter's types cannot follow a name that is a variable.
    const emitter = this.#server as EventEmitter;
    return attempt(() => emitter.emit(name, ...values));
  }

  #endStartAddress(state: string): void {
    for (const [path, start] of this.#startAddresses) if (start.state === state) this.#startAddresses.delete(path);
  }

  #warn(code: string, message: string): void {
    if (this.#warned.has(code)) return;
    this.#warned.add(code);
    process.emitWarning(message, { code });
  }
}

function eventOf(outcome: Outcome): 'implicitGrantReceived' | 'authorizationCodeReceived' | 'errorReceived' {
  if (outcome.kind === 'error') return 'errorReceived';
  return outcome.grant.kind === 'token' ? 'implicitGrantReceived' : 'authorizationCodeReceived';
}

/** @internal An error of the app's handler surfaces as an uncaught exception, as it does with any other emitter. */
export function rethrow(failure: Failure | undefined): void {
  if (failure === undefined) return;
  process.nextTick(() => {
    throw failure.error;
  });
}
