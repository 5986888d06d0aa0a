/** @internal Settles as the promise does, or rejects with the signal's reason as soon as it aborts. */
export function abortable<Result>(promise: Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
  if (signal === undefined) return promise;
  // Many calls may share one signal: no leak, about which Node would warn.
  process.getBuiltinModule('node:events').setMaxListeners(0, signal);
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      // The app's own reason, of any type.
      reject(signal.reason as Error);
    };
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', abort);
    });
  });
}

/** @internal What `within` resolves to if the time is over. */
export const timedOut = Symbol('timedOut');

/** @internal Settles as the promise does, or resolves to {@link timedOut} after some milliseconds. */
export function within<Result>(promise: Promise<Result>, milliseconds: number): Promise<Result | typeof timedOut> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      // After a time in which the process did not run, what has arrived meanwhile is read first.
      setImmediate(() => {
        setImmediate(() => {
          resolve(timedOut);
        });
      });
    }, milliseconds);
    promise.then(resolve, reject).finally(() => {
      clearTimeout(timer);
    });
  });
}

/** @internal Something that several callers wait for, each with a signal of its own. It is aborted when all of them have. */
export class SharedTask<Result> {
  readonly #abandoned = new AbortController();
  readonly #result: Promise<Result>;
  #waiting = 0;

  constructor(start: (abandoned: AbortSignal) => Promise<Result>) {
    this.#result = start(this.#abandoned.signal);
    this.#result.catch(() => undefined); // Those who wait get it.
  }

  /** Whether no caller waits any more, so that it may be ending. */
  get isAbandoned(): boolean {
    return this.#abandoned.signal.aborted;
  }

  /** Resolves when it has settled. */
  get settled(): Promise<unknown> {
    return this.#result.catch(() => undefined);
  }

  async join(signal: AbortSignal | undefined): Promise<Result> {
    this.#waiting += 1;
    try {
      return await abortable(this.#result, signal);
    } finally {
      this.#waiting -= 1;
      if (this.#waiting === 0 && signal?.aborted === true) this.#abandoned.abort(signal.reason);
    }
  }
}
