import { PendingPage, type CallbackPage } from '../callback/callback-page.js';
import { attempt, type Failure, type Outcome } from '../callback/host.js';
import type { RejectionReason } from '../callback/request-guard.js';
import { AuthAbortedError, type Rejections } from '../errors.js';
import type { ExpectedRequest } from '../oauth/authorization-response.js';
import type { GrantResponse } from '../oauth/grant-response.js';

/** What `exchange` gets beside the grant. */
export interface ExchangeContext {
  /** Aborted when the sign-in is: hand it to `fetch`. */
  readonly signal: AbortSignal;
  /** The page that the user sees. */
  readonly page: CallbackPage;
}

/** @internal */
export interface Wait {
  readonly request: ExpectedRequest | undefined;
  readonly signal: AbortSignal | undefined;
  readonly exchange: ((grant: GrantResponse, context: ExchangeContext) => unknown) | undefined;
  /** Called for each rejection that may concern this wait; `isEnd`: the rejected response ends it. */
  readonly onRejected?: ((reason: RejectionReason, isEnd: boolean) => void) | undefined;
}

interface Waiter extends Wait {
  readonly rejections: Rejections;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** An outcome that arrived before anything waited for it. */
interface Kept {
  readonly outcome: Outcome;
  readonly state: string | undefined;
  /** Undefined for one that `receive()` has returned: only a wait for its request may still claim it. */
  readonly page: PendingPage | undefined;
  /** Milliseconds since the epoch. */
  readonly arrivedAt: number;
  /** Ends the hold of the page. */
  readonly claimed: () => void;
}

const keptLifetime = 60_000;
const keptLimit = 16;
/** How long the page of an outcome is held for a claim. Milliseconds. */
const claimGrace = 5000;

/** @internal Those who wait for a grant, and the outcomes that wait for them. */
export class GrantWaiters {
  readonly #waiters = new Set<Waiter>();
  #kept: Kept[] = [];

  /** The oldest request that a wait is in progress for. */
  get oldestRequest(): ExpectedRequest | undefined {
    return [...this.#waiters].find(({ request }) => request !== undefined)?.request;
  }

  isAwaited({ state }: ExpectedRequest): boolean {
    return [...this.#waiters].some(({ request }) => request?.state === state);
  }

  hasKept({ state }: ExpectedRequest): boolean {
    return this.#fresh().some((kept) => kept.state === state);
  }

  /** Waits for an outcome, and for `exchange`. Resolves to its result, or to the grant without it. */
  async wait(wait: Wait): Promise<unknown> {
    const { signal, request } = wait;
    if (signal?.aborted === true) throw new AuthAbortedError(signal.reason);
    let end: (() => void) | undefined;
    try {
      return await new Promise((resolve, reject) => {
        const waiter: Waiter = { ...wait, rejections: {}, resolve, reject };
        end = onAbort(signal, () => {
          // A wait that has its outcome is one for `exchange`.
          const unfinished = this.#waiters.delete(waiter) ? undefined : 'exchange';
          reject(new AuthAbortedError(signal?.reason, waiter.rejections, unfinished));
        });
        const kept = this.#takeKept(request?.state);
        if (kept === undefined) this.#waiters.add(waiter);
        else {
          // A page that was released meanwhile is complete; the app may still use its methods.
          const isOpen = kept.page !== undefined && typeof kept.page.outcome !== 'string';
          finish(waiter, kept.outcome, isOpen ? kept.page : new PendingPage());
          kept.claimed();
        }
      });
    } finally {
      end?.();
    }
  }

  /** Hands an outcome to the wait for its request, otherwise to the oldest wait without one. False if there is none. */
  claim(outcome: Outcome, state: string | undefined, page: PendingPage): boolean {
    const waiters = [...this.#waiters];
    const claimant =
      waiters.find(({ request }) => request !== undefined && request.state === state) ??
      waiters.find(({ request }) => request === undefined);
    if (claimant === undefined) return false;
    this.#waiters.delete(claimant);
    finish(claimant, outcome, page);
    return true;
  }

  /** Keeps an outcome that nothing has claimed. `page`: it is held until the claim, for a while. */
  keep(outcome: Outcome, state: string | undefined, page: PendingPage | undefined, onReleased: () => void): void {
    let claimed = (): void => undefined;
    if (page !== undefined && outcome.kind === 'grant') {
      const claim = new Promise<void>((resolve) => {
        claimed = resolve;
      });
      page.waitUntil(claim);
      const timer = setTimeout(() => {
        page.settle('released');
        onReleased();
      }, claimGrace);
      void Promise.race([claim, page.outcome]).then(() => {
        clearTimeout(timer);
      });
    }
    this.#kept = [...this.#fresh(), { outcome, state, page, arrivedAt: Date.now(), claimed }].slice(-keptLimit);
  }

  /** Drops the outcome of one request, or of all. */
  forget(state?: string): void {
    const dropped = this.#kept.filter((kept) => state === undefined || kept.state === state);
    this.#kept = this.#kept.filter((kept) => !dropped.includes(kept));
    for (const { page } of dropped) page?.settle('released');
  }

  /**
   * Reports a rejection to the wait for its request, or to every wait if it belongs to no known request.
   * @returns the first error that a wait's hook threw; the other waits are notified in any case
   */
  rejected(reason: RejectionReason, state: string | undefined): Failure | undefined {
    let first: Failure | undefined;
    for (const { request, rejections, onRejected } of [...this.#waiters]) {
      if (state !== undefined && request?.state !== state) continue;
      rejections[reason] = (rejections[reason] ?? 0) + 1;
      const failure = attempt(() => onRejected?.(reason, state !== undefined));
      first ??= failure;
    }
    return first;
  }

  /** Ends the waits for a request, or all waits. */
  rejectAll(makeError: () => Error, state?: string): void {
    for (const waiter of this.#waiters) {
      if (state !== undefined && waiter.request?.state !== state) continue;
      this.#waiters.delete(waiter);
      waiter.reject(makeError());
    }
  }

  #takeKept(state: string | undefined): Kept | undefined {
    this.#kept = this.#fresh();
    const found = this.#kept.find((kept) => (state === undefined ? kept.page !== undefined : kept.state === state));
    this.#kept = this.#kept.filter((kept) => kept !== found);
    return found;
  }

  #fresh(): Kept[] {
    return this.#kept.filter(({ arrivedAt }) => arrivedAt > Date.now() - keptLifetime);
  }
}

/** Settles a wait; `exchange` begins in this turn of the event loop, and holds the page if it returns a promise. */
function finish({ exchange, signal, resolve, reject }: Waiter, outcome: Outcome, page: PendingPage): void {
  if (outcome.kind === 'error') {
    reject(outcome.error);
    return;
  }
  if (exchange === undefined) {
    resolve(outcome.grant);
    return;
  }
  const end = onAbort(signal, () => {
    page.settle('released');
  });
  try {
    const result = exchange(outcome.grant, { signal: signal ?? new AbortController().signal, page });
    const isPromise = typeof (Object(result) as { then?: unknown }).then === 'function';
    const work = Promise.resolve(result);
    if (isPromise) page.waitUntil(work);
    work.then(resolve, reject).finally(end);
  } catch (error) {
    end();
    page.settle('failed');
    reject(error);
  }
}

const abortActions = new WeakMap<AbortSignal, Set<() => void>>();

/** Calls back once when the signal aborts. */
function onAbort(signal: AbortSignal | undefined, action: () => void): () => void {
  if (signal === undefined) return () => undefined;
  const actions = abortActions.get(signal) ?? addAbortListener(signal);
  actions.add(action);
  return () => actions.delete(action);
}

/** One listener serves any number of waits, so Node warns of no leak. A function apart, so that it keeps no wait in memory. */
function addAbortListener(signal: AbortSignal): Set<() => void> {
  const actions = new Set<() => void>();
  abortActions.set(signal, actions);
  const run = (): void => {
    abortActions.delete(signal);
    for (const action of [...actions]) action();
  };
  signal.addEventListener('abort', run, { once: true });
  return actions;
}
