import { AuthAbortedError, type Rejections } from '../errors.js';
import type { ValidationResult } from '../oauth/authorization-response.js';
import type { GrantResponse } from '../oauth/grant-response.js';
import { notify } from './failure.js';

/** @internal A validated response that ends the wait for a request. */
export type Outcome = Exclude<ValidationResult, { kind: 'rejected' }>;

/** @internal What a sign-in needs of the page that shows its end. */
export interface OutcomePage {
  /** The end if it is known, otherwise the promise of it. */
  readonly outcome: string | Promise<string>;
  /** Holds the page until the promise settles. */
  waitUntil(outcome: Promise<unknown>): void;
  /** The handlers have run. */
  dispatched(): void;
  /** Completes the page; the first outcome counts. */
  settle(outcome: 'failed' | 'released', error?: unknown): void;
}

/** @internal */
export interface WaitOptions<Page> {
  readonly signal?: AbortSignal | undefined;
  /** Ends `exchange`. @default `signal` */
  readonly exchangeSignal?: AbortSignal | undefined;
  readonly exchange?:
    ((grant: GrantResponse, context: { readonly page: Page; readonly signal: AbortSignal }) => unknown) | undefined;
  /** Whether the opener has failed, which the error of a timeout then says. */
  readonly hasNoBrowser?: (() => boolean) | undefined;
  /** Called for each rejection that may concern this wait; `isEnd`: the rejected response ends it. */
  readonly onRejected?: ((reason: string, isEnd: boolean) => unknown) | undefined;
}

/** @internal One wait for a grant, and then for `exchange`. */
export class Wait<Page extends OutcomePage> {
  /** The result of `exchange`, or the grant without it. A rejection that is not awaited yet does not end the process. */
  readonly result: Promise<unknown>;
  readonly #options: WaitOptions<Page>;
  readonly #rejections: Rejections = {};
  readonly #beganAt = performance.now();
  readonly #removeAbortAction: () => void;
  #settle: { resolve: (result: unknown) => void; reject: (error: unknown) => void };
  /** Of the outcome that `exchange` runs for. */
  #page: Page | undefined;

  /**
   * @param arrived - resolves when everything that has arrived is handled
   * @param onAborted - called when the signal has ended the wait
   */
  constructor(options: WaitOptions<Page>, arrived: () => Promise<void>, onAborted: () => void) {
    this.#options = options;
    this.#settle = { resolve: () => undefined, reject: () => undefined };
    this.result = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    this.result.catch(() => undefined);
    const { signal } = options;
    const end = (): void => {
      this.#abort();
      onAborted();
    };
    this.#removeAbortAction = addAbortAction(signal, () => {
      // The time may have passed while the process did not run: what has arrived meanwhile is read first (R43).
      if (this.#page === undefined && isTimeout(signal?.reason)) void arrived().then(end);
      else end();
    });
  }

  #abort(): void {
    const { signal, exchangeSignal = signal } = this.#options;
    if (this.#page !== undefined && exchangeSignal?.aborted !== true) return;
    this.#page?.settle('released');
    const missing = isTimeout(signal?.reason) && this.#options.hasNoBrowser?.() === true ? 'browser' : undefined;
    const unfinished = this.#page === undefined ? missing : 'exchange';
    this.reject(new AuthAbortedError(signal?.reason, this.#rejections, unfinished, performance.now() - this.#beganAt));
  }

  /** Settles the wait; `exchange` begins in this turn of the event loop, and holds the page if it returns a promise. */
  complete(outcome: Outcome, page: Page): void {
    const { exchange, signal, exchangeSignal = signal ?? new AbortController().signal } = this.#options;
    if (outcome.kind === 'error') this.reject(outcome.error);
    else if (exchange === undefined) this.#resolve(outcome.grant);
    else {
      this.#page = page;
      try {
        const result = exchange(outcome.grant, { page, signal: exchangeSignal });
        const work = Promise.resolve(result);
        if (typeof (Object(result) as { then?: unknown }).then === 'function') page.waitUntil(work);
        work.then(this.#resolve, this.reject);
      } catch (error) {
        page.settle('failed', error);
        this.reject(error);
      }
    }
  }

  /** Counts a rejection; `isEnd`: it ends this wait. */
  rejected(reason: string, isEnd: boolean): void {
    this.#rejections[reason] = (this.#rejections[reason] ?? 0) + 1;
    notify('onRejected', () => this.#options.onRejected?.(reason, isEnd));
  }

  /** The app no longer expects the response. */
  forgotten(): void {
    this.reject(new AuthAbortedError(undefined, this.#rejections, 'forgotten'));
  }

  /** Ends the wait with an error. */
  readonly reject = (error: unknown): void => {
    this.#removeAbortAction();
    this.#settle.reject(error);
  };

  readonly #resolve = (result: unknown): void => {
    this.#removeAbortAction();
    this.#settle.resolve(result);
  };
}

function isTimeout(reason: unknown): boolean {
  return (Object(reason) as { name?: unknown }).name === 'TimeoutError';
}

const abortActions = new WeakMap<AbortSignal, AbortActions>();

/** Calls back once when the signal aborts. */
function addAbortAction(signal: AbortSignal | undefined, action: () => void): () => void {
  if (signal === undefined) return () => undefined;
  const actions = abortActions.get(signal) ?? listen(signal);
  actions.add(action);
  return () => {
    actions.delete(action);
    if (actions.size === 0) actions.stopListening();
  };
}

/** What is called when one signal aborts. */
class AbortActions extends Set<() => void> {
  /** On Deno, a listener on `AbortSignal.timeout()` keeps the process running until then. */
  stopListening: () => void = () => undefined;
}

/** One listener serves any number of waits, so Node warns of no leak. A function apart, so that it keeps no wait in memory. */
function listen(signal: AbortSignal): AbortActions {
  const actions = new AbortActions();
  abortActions.set(signal, actions);
  const run = (): void => {
    abortActions.delete(signal);
    for (const action of [...actions]) action();
  };
  signal.addEventListener('abort', run, { once: true });
  actions.stopListening = () => {
    abortActions.delete(signal);
    signal.removeEventListener('abort', run);
  };
  return actions;
}
