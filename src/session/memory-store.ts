import type { HeldLock, LocalTokenStore, LockOptions, Reservation, TokenStore } from './token-store.js';
import { abortable } from './waiting.js';

/**
 * Keeps tokens in this process only: for tests, and for apps whose users sign in at every start.
 *
 * @returns the store
 *
 * @example
 * ```ts
 * import { createMemoryTokenStore, createSession } from 'embed-auth-server/session';
 *
 * const store = createMemoryTokenStore();
 * createSession({ name: 'my-app', issuer: 'https://accounts.example.com', clientId: 'my-client-id', store });
 * ```
 */
export function createMemoryTokenStore(): TokenStore {
  return new MemoryTokenStore();
}

class MemoryTokenStore implements LocalTokenStore {
  readonly #texts = new Map<string, string>();
  readonly #queues = new Map<string, Promise<unknown>>();

  read(key: string): string | undefined {
    return this.#texts.get(key);
  }

  write(key: string, text: string): void {
    this.#texts.set(key, text);
  }

  delete(key: string): void {
    this.#texts.delete(key);
  }

  reserve(key: string): Promise<Reservation> {
    return Promise.resolve({
      commit: (text, isExpected) => {
        if (!isExpected(this.#texts.get(key))) return 'changed';
        this.#texts.set(key, text);
        return 'written';
      },
      discard: () => undefined,
    });
  }

  deleteIf(key: string, isExpected: (stored: string | undefined) => boolean): Promise<boolean> {
    return Promise.resolve(isExpected(this.#texts.get(key)) && (this.#texts.delete(key), true));
  }

  setAside(key: string): Promise<undefined> {
    this.#texts.delete(key);
    return Promise.resolve(undefined);
  }

  async lock<Result>(
    key: string,
    action: (held: HeldLock) => Promise<Result>,
    { signal }: LockOptions<Result>,
  ): Promise<Result> {
    const before = this.#queues.get(key) ?? Promise.resolve();
    let end: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    const mine = before.then(() => ended);
    this.#queues.set(key, mine);
    try {
      await abortable(before, signal);
      return await action({ isHeld: () => true, release: end });
    } finally {
      end();
      if (this.#queues.get(key) === mine) this.#queues.delete(key);
    }
  }
}
