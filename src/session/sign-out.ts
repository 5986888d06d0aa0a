import { SessionError } from './session-error.js';
import type { SessionState } from './session-state.js';
import type { Stored } from './stored-tokens.js';
import { abortable } from './waiting.js';

/**
 * @internal Signs the user out. What another process stores while the provider is asked is revoked, too. The refresh lock is not
 * waited for: a refresh that is under way compares what is stored before it writes.
 */
export async function signOut(state: SessionState, signal: AbortSignal | undefined): Promise<{ revoked: boolean }> {
  const { store } = state;
  let revoked = false;
  let last: Stored | undefined;
  try {
    for (let rounds = 0; rounds < 3; rounds++) {
      const stored = await store.read();
      if (stored === undefined || stored.text === last?.text) break;
      last = stored;
      revoked = await revoke(state, stored, signal);
    }
  } catch (error) {
    // What must not be used, such as the tokens of another version, stays. What cannot be read, because its key is lost, is deleted.
    if (error instanceof SessionError && error.code === 'STORE_UNREADABLE') throw error;
  }
  // Also if nothing could be revoked.
  await store.delete();
  state.changed(undefined);
  return { revoked };
}

async function revoke(state: SessionState, { tokens }: Stored, signal: AbortSignal | undefined): Promise<boolean> {
  const timeout = AbortSignal.timeout(state.refreshTimeout);
  const until = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
  try {
    const source = await state.source();
    return await abortable(source.revoke(tokens, until), until);
  } catch {
    return false; // The tokens are deleted all the same, and end by themselves.
  }
}
