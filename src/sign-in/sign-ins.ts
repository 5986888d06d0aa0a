import { AuthAbortedError, AuthorizationError, ServerError } from '../errors.js';
import { validateResponse, type ExpectedRequest } from '../oauth/authorization-response.js';
import { readCallbackUri } from '../oauth/callback-uri.js';
import type { GrantResponse } from '../oauth/grant-response.js';
import { randomBase64url, sha256 } from '../oauth/random-and-digest.js';
import { trace } from '../trace.js';
import { attempt, rethrow, type Failure } from './failure.js';
import type { Delivery, SignIn, SignInsOwner } from './sign-in.js';
import { UnclaimedOutcomes } from './unclaimed-outcomes.js';
import { UsedStates } from './used-states.js';
import { Wait, type Outcome, type OutcomePage, type WaitOptions } from './wait.js';

/** How many requests may be expected that no wait is in progress for (R27). */
const limit = 10_000;
const startAddressBytes = 12;

/** @internal The sign-ins of one server: what is expected, who waits for it, and what nothing has claimed yet. */
export class SignIns<Page extends OutcomePage> {
  readonly #owner: SignInsOwner<Page>;
  /** By digest, the one that was expected first at the beginning. */
  readonly #signIns = new Map<string, SignIn<Page>>();
  /** The waits for the response to any request. */
  readonly #openWaits = new Set<Wait<Page>>();
  readonly #unclaimed = new UnclaimedOutcomes<Page>();
  readonly #used = new UsedStates();
  readonly #warned = new Set<string>();
  #everExpected = false;
  #isStopped = false;
  #pasteOffers = 0;

  constructor(owner: SignInsOwner<Page>) {
    this.#owner = owner;
  }

  get redirectUri(): string {
    return this.#owner.redirectUri();
  }

  /** Whether a sign-in asks the user to paste the callback URI. */
  get isPasteOffered(): boolean {
    return this.#pasteOffers > 0;
  }

  /** A sign-in asks the user to paste the callback URI, until the returned function is called. */
  offerPaste(): () => void {
    this.#pasteOffers += 1;
    return () => {
      this.#pasteOffers -= 1;
    };
  }

  /** From now on, grants can be waited for again. */
  start(): void {
    this.#isStopped = false;
  }

  /** Ends every wait, and forgets every request and every outcome. */
  stop(): void {
    this.#isStopped = true;
    const waits = this.#allWaits();
    this.#signIns.clear();
    this.#openWaits.clear();
    this.#unclaimed.forget();
    for (const wait of waits) {
      const message = 'The server was stopped before a grant arrived. Start a new sign-in.';
      wait.reject(new ServerError('SERVER_STOPPED', message));
    }
  }

  expect(request: ExpectedRequest): void {
    const digest = sha256(request.state);
    this.#used.delete(digest);
    this.#add(digest, request, this.#signIns.get(digest));
  }

  /** Ends the waits for a request, and no longer accepts its response. */
  forget({ state }: ExpectedRequest): void {
    const digest = sha256(state);
    const waits = this.#signIns.get(digest)?.waits ?? [];
    this.#signIns.delete(digest);
    this.#unclaimed.forget(digest);
    for (const wait of waits) wait.forgotten();
  }

  /** Waits for the response to a request, or to any, and for `exchange`. */
  wait(options: WaitOptions<Page> & { readonly request?: ExpectedRequest | undefined }): Promise<unknown> {
    const { request, signal } = options;
    if (this.#isStopped) {
      throw new ServerError('SERVER_STOPPED', 'The server was stopped. Start it before you wait for a grant.');
    }
    const digest = request && sha256(request.state);
    if (signal?.aborted === true) {
      if (digest !== undefined) this.#giveUp(digest);
      throw new AuthAbortedError(signal.reason, {}, undefined, 0);
    }
    const kept = this.#unclaimed.take(digest);
    const signIn = kept === undefined && request !== undefined ? this.#expectOnce(request) : undefined;
    const waits = signIn?.waits ?? this.#openWaits;
    const wait = new Wait(options, this.#owner.arrived, () => {
      if (waits.delete(wait) && signIn !== undefined) this.#giveUp(signIn.digest);
    });
    if (kept === undefined) waits.add(wait);
    else {
      // A page that was released meanwhile is complete; the app may still use its methods.
      const isOpen = kept.page !== undefined && typeof kept.page.outcome !== 'string';
      wait.complete(kept.outcome, isOpen ? kept.page : this.#owner.makePage());
      kept.claimed();
    }
    return wait.result;
  }

  /** The expected request with that state; `'used'` if its response was accepted before, `'failed'` if that was in vain. */
  find(state: string | undefined): ExpectedRequest | 'used' | 'failed' | undefined {
    const digest = state === undefined ? '' : sha256(state);
    const found = this.#fresh(digest)?.request ?? this.#used.find(digest);
    if (found !== undefined) return found;
    // Without a state to go by, the response counts for the oldest wait.
    if (this.#owner.allowUnsolicited) return [...this.#signIns.values()].find(({ waits }) => waits.size > 0)?.request;
    if (state !== undefined && !this.#everExpected) {
      this.#warn(
        'EMBED_AUTH_NOTHING_EXPECTED',
        'A callback arrived, but no request is expected, so it was rejected. Make the LoginRequest with the server ' +
          '(`new LoginRequest(server, ...)`), or call `server.expect(request)`, or set `allowUnsolicited`.',
      );
    }
    return undefined;
  }

  /** Reports a rejected request, or a rejected response of no known request, to the app and to every wait. */
  rejected(reason: string): Failure | undefined {
    return this.#report(reason, undefined);
  }

  /**
   * Uses the request up, ends the wait for it, emits the event, and keeps the outcome if there was neither a wait nor a listener.
   * @param channel - the browser's request, whose page is held for a later claim, or `receive()`, which returns the outcome itself
   * @returns undefined if another response was faster
   */
  deliver(
    outcome: Outcome,
    expected: ExpectedRequest | undefined,
    channel: 'request' | 'receive',
  ): Delivery<Page> | undefined {
    const digest = expected && sha256(expected.state);
    const signIn = digest === undefined ? undefined : this.#signIns.get(digest);
    if (digest !== undefined && !(this.#signIns.delete(digest) && this.#used.begin(digest))) return undefined;
    const isRejected = outcome.kind === 'error' && outcome.rejection !== undefined;
    const rejection = isRejected ? this.#report(outcome.rejection, signIn) : undefined;
    const page = this.#owner.makePage();
    const event = eventOf(outcome);
    const waits = signIn !== undefined && signIn.waits.size > 0 ? signIn.waits : this.#openWaits;
    const [claimant] = waits;
    if (claimant !== undefined) waits.delete(claimant);
    const isClaimed = claimant !== undefined || this.#owner.listens(event);
    claimant?.complete(outcome, page);
    trace('event: %s', event);
    const failure = this.#emit(event, outcome.kind === 'error' ? outcome.error : outcome.grant, { page });
    for (const wait of signIn?.waits ?? []) {
      wait.reject(new AuthorizationError('STATE_USED', 'Another wait received the response to this request.'));
    }
    if (!isClaimed) {
      this.#unclaimed.keep(outcome, digest, channel === 'request' ? page : undefined, () => {
        this.#warn(
          'EMBED_AUTH_OUTCOME_UNCLAIMED',
          'A grant arrived, but the app neither listens for its event nor waits for it, so the page says "return to the ' +
            'app". Add a listener before the browser is opened, or call `server.waitForGrant()`.',
        );
      });
    }
    if (failure === undefined) page.dispatched();
    else page.settle('failed', failure.error);
    if (digest !== undefined) this.#remember(digest, outcome, page);
    return { page, failure: failure ?? rejection };
  }

  /** Validates a callback URI without any side effect. */
  validate(
    uri: string | URL,
    pasted = false,
  ): {
    result: ReturnType<typeof validateResponse>;
    expected: ExpectedRequest | undefined;
  } {
    const { redirectUri } = this;
    const received = readCallbackUri(uri, redirectUri, pasted);
    const found = this.find(received.state);
    const { allowUnsolicited } = this.#owner;
    const result = validateResponse(received, found === 'failed' ? 'used' : found, { allowUnsolicited, redirectUri });
    return { result, expected: typeof found === 'object' ? found : undefined };
  }

  /** Processes a callback URI that arrived in another way than by a request. */
  // eslint-disable-next-line @typescript-eslint/require-await -- async turns what the checks throw into a rejection
  async receive(uri: string | URL, pasted = false): Promise<GrantResponse> {
    const { result, expected } = this.validate(uri, pasted);
    if (result.kind === 'rejected') {
      rethrow(this.rejected(result.reason));
      throw result.error;
    }
    rethrow(this.deliver(result, expected, 'receive')?.failure);
    if (result.kind === 'error') throw result.error;
    return result.grant;
  }

  /** A short address that redirects to the login URI until the request is used or forgotten. */
  addStartAddress(uri: URL, { state }: ExpectedRequest): URL {
    const path = `/${randomBase64url(startAddressBytes)}`;
    const signIn = this.#signIns.get(sha256(state));
    if (signIn !== undefined) signIn.start = { path, uri };
    return new URL(path, this.redirectUri);
  }

  /** The login URI that a start address redirects to. */
  startAddress(path: string): URL | undefined {
    return [...this.#signIns.values()].find(({ start }) => start?.path === path)?.start?.uri;
  }

  /** The sign-in for a request that is waited for; its response must not have been delivered before. */
  #expectOnce(request: ExpectedRequest): SignIn<Page> {
    const digest = sha256(request.state);
    const signIn = this.#fresh(digest);
    if (signIn !== undefined) return signIn;
    if (this.#used.find(digest) !== undefined) {
      const message = 'The response to this request was delivered before. Start a new sign-in.';
      throw new AuthorizationError('STATE_USED', message);
    }
    return this.#add(digest, request);
  }

  /** `known`: the sign-in with that state, if it is expected already. */
  #add(digest: string, request: ExpectedRequest, known?: SignIn<Page>): SignIn<Page> {
    this.#everExpected = true;
    const signIn = known ?? { digest, request, expectedAt: 0, waits: new Set() };
    signIn.request = request;
    signIn.expectedAt = performance.now();
    this.#signIns.delete(digest);
    this.#signIns.set(digest, signIn);
    let surplus = this.#signIns.size - limit;
    for (const old of this.#signIns.values()) {
      if (old.waits.size > 0) continue;
      if (surplus <= 0 && !this.#isExpired(old)) break;
      this.#signIns.delete(old.digest);
      surplus -= 1;
    }
    return signIn;
  }

  #remember(digest: string, { kind }: Outcome, { outcome }: Page): void {
    const end = (pageOutcome: string): void => {
      this.#used.end(digest, kind === 'error' || pageOutcome === 'failed');
    };
    if (typeof outcome === 'string') end(outcome);
    else void outcome.then(end);
  }

  /** The app waits no longer. */
  #giveUp(digest: string): void {
    if ((this.#signIns.get(digest)?.waits.size ?? 0) > 0) return;
    this.#signIns.delete(digest);
    this.#unclaimed.forget(digest);
  }

  #fresh(digest: string): SignIn<Page> | undefined {
    const signIn = this.#signIns.get(digest);
    return signIn === undefined || this.#isExpired(signIn) ? undefined : signIn;
  }

  #isExpired({ waits, expectedAt }: SignIn<Page>): boolean {
    return waits.size === 0 && expectedAt <= performance.now() - this.#owner.requestLifetime;
  }

  #allWaits(): Wait<Page>[] {
    return [...[...this.#signIns.values()].flatMap(({ waits }) => [...waits]), ...this.#openWaits];
  }

  #report(reason: string, signIn: SignIn<Page> | undefined): Failure | undefined {
    trace('rejected: %s', reason);
    const waits = signIn === undefined ? this.#allWaits() : [...signIn.waits];
    for (const wait of waits) wait.rejected(reason, signIn !== undefined);
    return this.#emit('callbackRejected', { reason });
  }

  #emit(...event: Parameters<SignInsOwner<Page>['emit']>): Failure | undefined {
    return attempt(() => {
      this.#owner.emit(...event);
    });
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
