import { AuthError } from '../errors.js';
import { FileTokenStore } from './file-store.js';
import { SessionError, withoutTokens } from './session-error.js';
import { isLocalStore, type HeldLock, type LockOptions, type TokenStore } from './token-store.js';
import { abortable } from './waiting.js';

/** @internal Which lock, and of which store. */
export interface LockTarget {
  readonly store: TokenStore;
  /** The name of the app: a store without a lock uses a file in its folder. */
  readonly name: string;
  readonly key: string;
}

/**
 * @internal Runs an action under the lock of a store. Rejects with the reason of `signal` if it aborts before the lock is there.
 *
 * @returns what the action resolves to, or what `look` has returned
 */
export async function withLock<Result>(
  { store, name, key }: LockTarget,
  action: (held: HeldLock) => Promise<Result>,
  options: LockOptions<Result>,
): Promise<Result> {
  try {
    if (isLocalStore(store)) return await store.lock(key, action, options);
    if (store.lock === undefined) return await new FileTokenStore(name).lock(key, action, options);
    return await withForeignLock(store as ForeignStore, key, action, options.signal);
  } catch (error) {
    const isSystem =
      !(error instanceof AuthError) && typeof (Object(error) as { syscall?: unknown }).syscall === 'string';
    if (!isSystem) throw error;
    const { code } = error as { code?: string };
    throw new SessionError(
      'STORE_UNWRITABLE',
      `Nothing can be written where the tokens are kept (${String(code)}), so nothing was sent to the provider.`,
      {
        cause: error,
      },
    );
  }
}

type ForeignStore = TokenStore & Required<Pick<TokenStore, 'lock'>>;

/** The lock of an app's own store: it may hang, fail, or run the action late. */
async function withForeignLock<Result>(
  store: ForeignStore,
  key: string,
  action: (held: HeldLock) => Promise<Result>,
  signal: AbortSignal,
): Promise<Result> {
  let running: Promise<Result> | undefined;
  let isOver = false;
  const once = (): Promise<Result> => {
    if (isOver || running !== undefined) return Promise.reject(new Error('The lock was given too late, or twice'));
    return (running = action({ isHeld: () => true, release: () => undefined }));
  };
  const holding = (async () => await store.lock(key, once, { signal }))();
  try {
    await abortable(holding, running === undefined ? signal : undefined);
  } catch (error) {
    isOver = true;
    if (running !== undefined) return await running;
    signal.throwIfAborted();
    const cause = withoutTokens(error);
    throw new SessionError('STORE_UNAVAILABLE', `The lock of the \`store\` failed: ${cause.message}`, { cause });
  }
  if (running !== undefined) return await running;
  throw new SessionError('STORE_UNAVAILABLE', 'The `lock` of the `store` did not run the action.');
}
