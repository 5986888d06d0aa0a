/**
 * Where a session keeps its tokens. The text is JSON with the tokens; keep it as it is, and secret.
 *
 * `read`, `write` and `delete` may return promises. `write` must replace the whole text at once. `key` names the sign-in; a session
 * also uses `key + ' sign-in'`, for why the last sign-in ended without tokens. `testTokenStore()` of `embed-auth-server/testing` checks a store.
 *
 * @example
 * ```ts
 * import { createSession, type TokenStore } from 'embed-auth-server/session';
 *
 * const texts = new Map<string, string>();
 * const store: TokenStore = {
 *   read: (key) => texts.get(key),
 *   write: (key, text) => {
 *     texts.set(key, text);
 *   },
 *   delete: (key) => {
 *     texts.delete(key);
 *   },
 * };
 * createSession({ name: 'my-app', issuer: 'https://accounts.example.com', clientId: 'my-client-id', store });
 * ```
 */
export interface TokenStore {
  /** Returns the text that was written last; undefined or null if there is none. */
  read(key: string): string | null | undefined | Promise<string | null | undefined>;
  /** Replaces the text. */
  write(key: string, text: string): void | Promise<void>;
  /** Deletes the text. It is no error if there is none. */
  delete(key: string): void | Promise<void>;
  /**
   * Runs `action` while no other process runs one for the same key, and settles as it does. Rejects if `signal` aborts before that.
   * It is called with `key` for a refresh and with `key + ' sign-in'` for a sign-in, which takes minutes. @default a file lock by `name` and key
   */
  lock?<Result>(key: string, action: () => Promise<Result>, options: { signal: AbortSignal }): Promise<Result>;
}

/** @internal A lock that is held, as far as is known. */
export interface HeldLock {
  /** Looks, synchronously, whether the lock is still this holder's. */
  isHeld(): boolean;
  /** Gives the lock back, synchronously. */
  release(): void;
}

/** @internal */
export interface LockOptions<Result> {
  readonly signal: AbortSignal;
  /** Called at each look while another holds the lock. What it returns, unless undefined, is the result; the action is not run. */
  readonly look?: (() => Result | undefined) | undefined;
}

/** @internal What a write resulted in: `changed` if another text is stored than expected, `lost` if the lock is another's now. */
export type WriteResult = 'written' | 'changed' | 'lost';

/** @internal Room for a text, made before the text exists. */
export interface Reservation {
  /** Compares what is stored, and replaces it, in one turn. */
  commit(text: string, isExpected: (stored: string | undefined) => boolean, held?: HeldLock): WriteResult;
  /** Frees what was not used. */
  discard(): void;
}

/** @internal What the stores of this package can do in addition. */
export interface LocalTokenStore extends TokenStore {
  read(key: string): string | undefined | Promise<string | undefined>;
  reserve(key: string): Promise<Reservation>;
  /** Deletes the text if it is the expected one, in one turn. */
  deleteIf(key: string, isExpected: (stored: string | undefined) => boolean): Promise<boolean>;
  /** Renames a damaged text, if it is still stored. Returns where it is now. */
  setAside(key: string, text: string): Promise<string | undefined>;
  lock<Result>(key: string, action: (held: HeldLock) => Promise<Result>, options: LockOptions<Result>): Promise<Result>;
}

/** @internal Whether a store is one of this package. */
export function isLocalStore(store: TokenStore): store is LocalTokenStore {
  return 'reserve' in store && 'deleteIf' in store;
}
