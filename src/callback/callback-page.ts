/**
 * The page at which the person waits while an event is handled.
 *
 * @example
 * ```ts
 * import { AuthServer } from 'embed-auth-server';
 *
 * const server = new AuthServer();
 * server.on('authorizationCodeReceived', (response, page) => {
 *   page.waitUntil(exchangeForTokens(response.code));
 * });
 * declare function exchangeForTokens(code: string): Promise<void>;
 * ```
 */
export interface CallbackPage {
  /**
   * Holds the page at "finishing sign-in" until the promise settles: then it shows success, or failure where the promise
   * rejected. Call it in the handler before its first `await`; a later call throws, because the page has had its answer.
   * Where it is called several times, all must resolve. The promise stays yours: handle its rejection as you would without
   * the page.
   *
   * @param outcome - what the sign-in still depends on, such as the exchange of the code
   * @throws TypeError where the page has been answered already
   */
  waitUntil(outcome: Promise<unknown>): void;
}

/** How the wait for the app ended: `released` where the server was stopped before that. */
export type PageOutcome = 'success' | 'failed' | 'released';

/** A {@link CallbackPage} seen from the server's side. Internal. */
export class GrantPage implements CallbackPage {
  #waiting = 0;
  #open = true;
  #settled = false;
  #settle: (outcome: PageOutcome) => void = () => undefined;
  /** How it ended, once it has. */
  readonly outcome = new Promise<PageOutcome>((resolve) => {
    this.#settle = (outcome) => {
      this.#settled = true;
      resolve(outcome);
    };
  });

  waitUntil(outcome: Promise<unknown>): void {
    if (!this.#open && (this.#waiting === 0 || this.#settled)) {
      throw new TypeError(
        'The page has been answered already: call `page.waitUntil` in the handler before its first `await`.',
      );
    }
    this.#waiting += 1;
    Promise.resolve(outcome).then(
      () => {
        this.#waiting -= 1;
        this.#settleIfDone();
      },
      () => {
        this.#settle('failed');
      },
    );
  }

  /** The handlers have run. Returns the outcome where it is known at once, else the promise of it. */
  dispatched(): PageOutcome | Promise<PageOutcome> {
    this.#open = false;
    if (this.#waiting > 0) return this.outcome;
    this.#settle('success');
    return 'success';
  }

  /** The server is stopping: the page gets an answer now. */
  release(): void {
    this.#settle('released');
  }

  #settleIfDone(): void {
    if (!this.#open && this.#waiting === 0) this.#settle('success');
  }
}
