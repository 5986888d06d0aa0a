import { timeoutMessage } from '../errors.js';

/** The time limit of one sign-in, until its grant has arrived. */
export class TimeLimit {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout | undefined;

  /** @param timeout - in milliseconds; false: no limit */
  constructor(timeout: number | false) {
    if (timeout === false) return;
    this.#timer = setTimeout(() => {
      this.#controller.abort(new DOMException(timeoutMessage, 'TimeoutError'));
    }, timeout);
  }

  /** Aborted at the limit, and by `abort()`. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Measures no longer. */
  end(): void {
    clearTimeout(this.#timer);
  }

  abort(): void {
    this.end();
    this.#controller.abort();
  }
}
