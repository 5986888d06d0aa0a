import { AuthError } from '../errors.js';
import { SessionError, textWithoutTokens, withoutTokens } from './session-error.js';
import { withLock } from './session-lock.js';
import type { SessionState } from './session-state.js';
import { storedOf, type Stored } from './stored-tokens.js';
import { makeRecord, type Received } from './token-record.js';

/** How long the lock may take until the user is told that another process has it. */
const silence = 300;

/**
 * @internal Signs the user in, once among all processes. Another process that signs in at the same time is waited for; its tokens are the
 * result, or its failure.
 *
 * @param before - what was stored when the call began
 */
export async function signIn(state: SessionState, before: Stored | undefined, abandoned: AbortSignal): Promise<Stored> {
  const { store } = state;
  const outcomeBefore = await store.readOutcome();
  const said = setTimeout(() => {
    if (state.writesLines) process.stderr.write('Waiting for the sign-in that another process has started.\n');
  }, silence);
  const isBrought = (current: Stored | undefined): current is Stored =>
    current !== undefined && current.text !== before?.text && !state.lacksScope(current);
  const progress = { isStarted: false };
  try {
    return await withLock(
      state.lockTarget(' sign-in'),
      async () => {
        progress.isStarted = true;
        clearTimeout(said);
        const current = await store.read();
        if (isBrought(current)) return current;
        const outcome = await store.readOutcome();
        if (outcome !== undefined && outcome !== outcomeBefore) throw errorOf(outcome);
        return await signInUnderLock(state, current, outcome !== undefined, abandoned);
      },
      { signal: abandoned },
    );
  } catch (error) {
    // Another process may have stored tokens in the last moment before this one gave up.
    if (progress.isStarted || abandoned.aborted) throw error;
    const current = await store.read();
    if (isBrought(current)) return current;
    throw error;
  } finally {
    clearTimeout(said);
  }
}

async function signInUnderLock(
  state: SessionState,
  before: Stored | undefined,
  hasOutcome: boolean,
  signal: AbortSignal,
): Promise<Stored> {
  const { store } = state;
  const source = await state.source();
  // The user is not asked for what cannot be kept.
  (await store.prepare()).discard();
  let saved: Stored | undefined;
  const save = async (received: Received): Promise<void> => {
    saved = storedOf(makeRecord(store.key, received, { requestedScope: state.scope }));
    try {
      await store.write(saved);
    } catch (error) {
      store.keep(saved, error, before);
    }
    state.changed(saved);
  };
  try {
    const received = await source.signIn({ signal, save });
    if (saved === undefined) await save(received);
  } catch (error) {
    // A failure of what follows the exchange, such as the page, is no failure of the sign-in.
    if (saved === undefined) {
      const safe = error instanceof AuthError ? error : withoutTokens(error);
      const reason = 'code' in safe && typeof safe.code === 'string' ? safe.code : safe.name;
      await store.writeOutcome(JSON.stringify({ version: 1, id: crypto.randomUUID(), reason, message: safe.message }));
      throw error;
    }
  }
  if (hasOutcome) await store.writeOutcome(undefined);
  const stored = saved; // `save` has set it.
  if (stored === undefined) throw new SessionError('SIGN_IN_REQUIRED', 'The sign-in has brought no tokens.');
  warnWithoutRefreshToken(stored, source.canRefresh);
  return stored;
}

function warnWithoutRefreshToken({ refreshToken, tokens }: Stored, canRefresh: boolean): void {
  if (refreshToken !== undefined || tokens.expiresAt === undefined || !canRefresh) return;
  process.emitWarning(
    'The provider sent no refresh token: the user must sign in again when the access token has expired. Many providers send one for the scope `offline_access`.',
    { code: 'EMBED_AUTH_NO_REFRESH_TOKEN' },
  );
}

/** The failure of another process's sign-in. */
function errorOf(outcome: string): SessionError {
  const { reason, message } = parse(outcome);
  const words = typeof message === 'string' ? ` ${textWithoutTokens(message)}` : '';
  return new SessionError(
    'SIGN_IN_REQUIRED',
    `The sign-in that another process had started ended without tokens.${words}`,
    {
      reason: typeof reason === 'string' ? textWithoutTokens(reason) : undefined,
    },
  );
}

function parse(text: string): { reason?: unknown; message?: unknown } {
  try {
    return Object(JSON.parse(text)) as { reason?: unknown; message?: unknown };
  } catch {
    return {};
  }
}
