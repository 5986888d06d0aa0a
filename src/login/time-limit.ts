/**
 * How long the end of a limit takes, in milliseconds. It is measured by a timer of its own: after a limit that passed while the process
 * did not run, what has arrived meanwhile is read first (R43).
 */
const grace = 100;

/** The time limit of one sign-in, until its grant has arrived. */
export class TimeLimit {
  readonly #controller = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  /** @param timeout - in milliseconds; false: no limit */
  constructor(timeout: number | false) {
    if (timeout === false) return;
    const last = Math.min(grace, timeout);
    const expire = (): void => {
      this.abort(new DOMException('The sign-in was not finished within `timeout`.', 'TimeoutError'));
    };
    this.#timer = setTimeout(() => {
      this.#timer = setTimeout(expire, last);
    }, timeout - last);
  }

  /** Aborted at the limit, and by `abort()`. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Measures no longer. */
  end(): void {
    clearTimeout(this.#timer);
  }

  abort(reason?: unknown): void {
    this.end();
    this.#controller.abort(reason);
  }
}
