import { AuthError } from '../errors.js';
import { missingPermission } from '../missing-permission.js';
import { FileTokenStore } from './file-store.js';
import { findStoreFolder, reasonOf, storeAdvice } from './store-folder.js';
import { SessionError, withoutTokens } from './session-error.js';
import { isLocalStore, type HeldLock, type LockOptions, type TokenStore } from './token-store.js';
import { abortable, within } from './waiting.js';

/** @internal Which lock, and of which store. */
export interface LockTarget {
  readonly store: TokenStore;
  /** The name of the app: a store without a lock uses a file in its folder. */
  readonly name: string;
  readonly key: string;
  /** How long a store may take to give its lock back, in milliseconds. */
  readonly timeout: number;
}

/**
 * @internal Runs an action under the lock of a store. Rejects with the reason of `signal` if it aborts before the lock is there.
 *
 * @returns what the action resolves to, or what `look` has returned
 */
export async function withLock<Result>(
  { store, name, key, timeout }: LockTarget,
  action: (held: HeldLock) => Promise<Result>,
  options: LockOptions<Result>,
): Promise<Result> {
  try {
    if (isLocalStore(store)) return await store.lock(key, action, options);
    if (store.lock === undefined) return await new FileTokenStore(name).lock(key, action, options);
    return await withForeignLock(store as ForeignStore, key, action, { signal: options.signal, timeout });
  } catch (error) {
    if (error instanceof AuthError) throw error;
    const { syscall } = Object(error) as { syscall?: unknown };
    const isForbidden = missingPermission(error) !== undefined;
    if (typeof syscall !== 'string' && !isForbidden) throw error;
    const problem = `Nothing can be written where the tokens are kept (${reasonOf(error)}), so nothing was sent to the provider.`;
    const advice = isForbidden ? '' : adviceOf(store, name);
    throw new SessionError('STORE_UNWRITABLE', problem + advice, { cause: error });
  }
}

/** Names the folder of a store of this package. */
function adviceOf(store: TokenStore, name: string): string {
  if (store.lock !== undefined && !isLocalStore(store)) return '';
  return ` The folder is ${findStoreFolder(name)}: make room or make it writable, or ${storeAdvice}.`;
}

type ForeignStore = TokenStore & Required<Pick<TokenStore, 'lock'>>;

/** The lock of an app's own store: it may hang, fail, or run the action late. */
async function withForeignLock<Result>(
  store: ForeignStore,
  key: string,
  action: (held: HeldLock) => Promise<Result>,
  { signal, timeout }: { signal: AbortSignal; timeout: number },
): Promise<Result> {
  let running: Promise<Result> | undefined;
  let isOver = false;
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const once = (): Promise<Result> => {
    if (isOver || running !== undefined) return Promise.reject(new Error('The lock was given too late, or twice'));
    running = action({ isHeld: () => true, release: () => undefined });
    // A store that does not give its lock back must not keep the result.
    const giveUp = (): unknown => within(holding, timeout).then(end, end);
    running.then(giveUp, giveUp);
    return running;
  };
  const holding = (async () => await store.lock(key, once, { signal }))();
  try {
    await Promise.race([abortable(holding, running === undefined ? signal : undefined), ended]);
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
