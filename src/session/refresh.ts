import { guardAgainstSignals } from './signal-guard.js';
import { failure } from './refresh-failure.js';
import { SessionError } from './session-error.js';
import { withLock } from './session-lock.js';
import type { RefreshResult, SessionState } from './session-state.js';
import { storedOf, type PreparedWrite, type Stored } from './stored-tokens.js';
import { makeRecord, type Received } from './token-record.js';
import type { RefreshOutcome, TokenSource } from './token-source.js';
import type { HeldLock } from './token-store.js';
import { timedOut, within } from './waiting.js';

/** How much longer than a refresh another process may hold the lock. */
const lockGrace = 15_000;
/** How long a response that did not come in time is waited for, instead of sending the refresh token again. */
const latest = 300_000;

/**
 * @internal Refreshes the tokens, once among all processes. If another process has stored others since `before`, those are the result.
 *
 * @param abandoned - aborts if no caller waits any more; a refresh that was sent goes on
 * @throws {@link SessionError} with `REFRESH_FAILED`, `STORE_LOCKED` or `STORE_UNWRITABLE`: the tokens are kept
 */
export async function refresh(state: SessionState, before: Stored, abandoned: AbortSignal): Promise<RefreshResult> {
  const late = state.late.get(before.refreshToken ?? '');
  if (late !== undefined) return await resultOfLate(state, late);
  for (;;) {
    const result = await attemptRefresh(state, before, abandoned);
    if (result !== 'lost') return result;
  }
}

async function attemptRefresh(
  state: SessionState,
  before: Stored,
  abandoned: AbortSignal,
): Promise<RefreshResult | 'lost'> {
  const tooLong = new AbortController();
  const timer = setTimeout(() => {
    tooLong.abort();
  }, state.refreshTimeout + lockGrace);
  const progress = { isStarted: false };
  const action = async (held: HeldLock): Promise<RefreshResult | 'lost'> => {
    progress.isStarted = true;
    clearTimeout(timer);
    return await refreshUnderLock(state, before, held, abandoned);
  };
  const seen = watchStore(state, before);
  try {
    const signal = AbortSignal.any([abandoned, tooLong.signal]);
    return await withLock(state.lockTarget(''), action, { signal, look: seen });
  } catch (error) {
    if (progress.isStarted || !tooLong.signal.aborted || abandoned.aborted) throw error;
    const current = await state.store.read();
    if (current !== undefined && current.text !== before.text) return { stored: current };
    throw new SessionError(
      'STORE_LOCKED',
      'Another process has been refreshing the tokens for too long. Try again later.',
    );
  } finally {
    clearTimeout(timer);
  }
}

/** While another process refreshes, its tokens are seen as soon as they are stored. */
function watchStore({ store }: SessionState, before: Stored): () => RefreshResult | undefined {
  let found: RefreshResult | undefined;
  let reading = false;
  return () => {
    if (!reading) {
      reading = true;
      void store
        .read()
        .then(
          (stored) => {
            if (stored !== undefined && stored.text !== before.text) found = { stored };
          },
          () => undefined,
        )
        .finally(() => {
          reading = false;
        });
    }
    return found;
  };
}

async function refreshUnderLock(
  state: SessionState,
  before: Stored,
  held: HeldLock,
  abandoned: AbortSignal,
): Promise<RefreshResult | 'lost'> {
  const { store } = state;
  const current = await store.read();
  if (current?.text !== before.text || current.refreshToken === undefined) return resultOf(current);
  const source = await state.source();
  await source.prepareRefresh?.(abandoned);
  const write = await store.prepare();
  const endGuard = guardAgainstSignals(() => {
    held.release();
  });
  try {
    abandoned.throwIfAborted();
    if (!held.isHeld()) return 'lost';
    const sent = source.refresh(current.refreshToken, current.tokens);
    const outcome = await within(sent, state.refreshTimeout);
    if (outcome !== timedOut) return await conclude(state, source, current, outcome, { write, held });
    rememberLate(state, source, current, sent);
    throw failure(`The provider did not respond within ${state.refreshTimeout / 1000} seconds`);
  } finally {
    write.discard();
    endGuard();
  }
}

/** Writes what a refresh has brought. Up to the write, nothing waits: the tokens are on disk in the turn in which they were read. */
async function conclude(
  state: SessionState,
  source: TokenSource,
  sent: Stored,
  outcome: RefreshOutcome,
  prepared: { write: PreparedWrite; held: HeldLock } | undefined,
): Promise<RefreshResult> {
  if (outcome.kind === 'failed') throw outcome.error;
  if (outcome.kind === 'over') return await endSession(state, sent);
  const next = nextOf(state, sent, outcome.received);
  let isReplaced = false;
  try {
    let result = prepared === undefined ? 'lost' : prepared.write.commit(next, sent, prepared.held);
    if (typeof result !== 'string') result = await result;
    if (result === 'lost') result = await writeAgain(state, next, sent);
    isReplaced = result === 'changed';
  } catch (error) {
    state.store.keep(next, error, sent);
  }
  if (isReplaced) return await yieldTo(state, source, next);
  state.changed(next);
  return { stored: next, isOwn: true };
}

function nextOf(state: SessionState, sent: Stored, received: Received): Stored {
  return storedOf(makeRecord(state.store.key, received, { previous: sent.record }));
}

/** The lock was lost or given back meanwhile: it is taken again, and the tokens are written only if they still continue what is stored. */
async function writeAgain(state: SessionState, next: Stored, sent: Stored): Promise<'written' | 'changed'> {
  const signal = AbortSignal.timeout(state.refreshTimeout + lockGrace);
  for (;;) {
    const result = await withLock(
      state.lockTarget(''),
      async (held) => {
        const write = await state.store.prepare();
        try {
          return await write.commit(next, sent, held);
        } finally {
          write.discard();
        }
      },
      { signal },
    );
    if (result === 'written' || result === 'changed') return result;
  }
}

/** Something else is stored than what was sent: another sign-in, or nothing, because the user has signed out. */
async function yieldTo(state: SessionState, source: TokenSource, next: Stored): Promise<RefreshResult> {
  const current = await state.store.read();
  if (current === undefined) {
    // No caller knows this token, so that it ends here. If the provider is out of reach, it ends by itself.
    await source.revoke(next.tokens, AbortSignal.timeout(state.refreshTimeout)).catch(() => undefined);
  }
  return resultOf(current);
}

/** The provider says that the refresh token is no longer valid. If another one is stored, it says nothing about that. */
async function endSession(state: SessionState, sent: Stored): Promise<RefreshResult> {
  if (!(await state.store.deleteIf(sent))) return resultOf(await state.store.read());
  state.changed(undefined);
  return { ended: 'over' };
}

function resultOf(stored: Stored | undefined): RefreshResult {
  return stored === undefined ? { ended: 'signed-out' } : { stored };
}

/** A response that comes after the callers have given up is still written. */
function rememberLate(state: SessionState, source: TokenSource, sent: Stored, response: Promise<RefreshOutcome>): void {
  const key = sent.refreshToken ?? '';
  const result = response.then((outcome) => conclude(state, source, sent, outcome, undefined));
  const forget = (): void => {
    if (state.late.get(key) === result) state.late.delete(key);
  };
  state.late.set(key, result);
  const timer = setTimeout(forget, latest).unref();
  result
    .catch(() => undefined) // The next caller gets it.
    .finally(() => {
      clearTimeout(timer);
      forget();
    });
}

async function resultOfLate(state: SessionState, late: Promise<RefreshResult>): Promise<RefreshResult> {
  const result = await within(late, state.refreshTimeout);
  if (result !== timedOut) return result;
  throw failure('The provider has still not responded to an earlier request');
}
