import { AuthError } from '../errors.js';
import { asSentence, SessionError, withoutTokens } from './session-error.js';
import { memberOf, parseRecord, type TokenRecord } from './token-record.js';
import { isLocalStore, type HeldLock, type TokenStore, type WriteResult } from './token-store.js';
import { Tokens } from './tokens.js';
import { timedOut, within } from './waiting.js';

/** @internal Tokens, and the text that is stored for them. */
export interface Stored {
  readonly text: string;
  readonly record: TokenRecord;
  readonly refreshToken: string | undefined;
  readonly tokens: Tokens;
}

/** @internal */
export function storedOf(record: TokenRecord, text = JSON.stringify(record)): Stored {
  return { text, record, refreshToken: memberOf(record, 'refresh_token'), tokens: new Tokens(record) };
}

/** @internal A write that is prepared: it only has to be done. */
export interface PreparedWrite {
  /** Writes if what is stored has the expected refresh token. In a store of this package, it happens in this turn. */
  commit(stored: Stored, expected: Stored, held: HeldLock): WriteResult | Promise<WriteResult>;
  discard(): void;
}

/** Tokens that could not be written, and what is stored instead of them. */
interface Unsaved {
  readonly stored: Stored;
  readonly instead: string | undefined;
}

/** @internal A store, as a session uses it: with its key, its limit of time, and what could not be written yet. */
export class StoredTokens {
  readonly store: TokenStore;
  readonly key: string;
  readonly timeout: number;
  #last: Stored | undefined;
  #unsaved: Unsaved | undefined;
  #hasWarned = false;

  constructor(store: TokenStore, key: string, timeout: number) {
    this.store = store;
    this.key = key;
    this.timeout = timeout;
  }

  /** What is stored; what could not be written, if nothing else was stored meanwhile. */
  async read(): Promise<Stored | undefined> {
    const stored = await this.#readStore();
    if (this.#unsaved !== undefined) {
      if (isSame(this.#unsaved.instead, stored, this.key)) return this.#unsaved.stored;
      this.#unsaved = undefined;
    }
    return stored;
  }

  /** Makes sure that a write has room. */
  async prepare(): Promise<PreparedWrite> {
    const { store, key } = this;
    if (!isLocalStore(store)) {
      return {
        commit: async (stored, expected) => {
          const before = await this.#readText(key);
          if (!this.#isExpected(before, expected)) return 'changed';
          await this.#bounded('STORE_UNAVAILABLE', () => store.write(key, stored.text), stored);
          this.#unsaved = undefined;
          return 'written';
        },
        discard: () => undefined,
      };
    }
    const reservation = await this.#bounded('STORE_UNWRITABLE', () => store.reserve(key));
    return {
      commit: (stored, expected, held) => {
        const result = reservation.commit(stored.text, (text) => this.#isExpected(text, expected), held);
        if (result === 'written') this.#unsaved = undefined;
        return result;
      },
      discard: () => {
        reservation.discard();
      },
    };
  }

  /** Writes the tokens of a sign-in: they replace what is stored. */
  async write(stored: Stored): Promise<void> {
    await this.#bounded('STORE_UNWRITABLE', () => this.store.write(this.key, stored.text), stored);
    this.#unsaved = undefined;
  }

  /**
   * Keeps tokens that could not be written. They are used, and each later call tries to write them.
   *
   * @param before - what was stored, as far as is known; a store that cannot write may be unable to read, too
   */
  keep(stored: Stored, error: unknown, before: Stored | undefined): void {
    this.#unsaved = { stored, instead: this.#unsaved === undefined ? before?.text : this.#unsaved.instead };
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    process.emitWarning(
      `The new tokens cannot be saved: ${asSentence(withoutTokens(error, secretsOf(stored)).message)} They are used while this process runs; if it ends before they are saved, the user may have to sign in again.`,
      { code: 'EMBED_AUTH_TOKENS_UNSAVED' },
    );
  }

  /** Tries to write what could not be written before. */
  async writeUnsaved(): Promise<void> {
    const unsaved = this.#unsaved;
    if (unsaved === undefined) return;
    try {
      const { store, key } = this;
      const isExpected = (text: string | null | undefined): boolean => (text ?? undefined) === unsaved.instead;
      if (isLocalStore(store)) {
        const reservation = await this.#bounded('STORE_UNWRITABLE', () => store.reserve(key));
        reservation.commit(unsaved.stored.text, isExpected);
      } else if (isExpected(await this.#readText(key))) {
        await this.#bounded('STORE_UNWRITABLE', () => store.write(key, unsaved.stored.text), unsaved.stored);
      }
      if (this.#unsaved === unsaved) this.#unsaved = undefined;
    } catch {
      // The next call tries again; the first failure was reported.
    }
  }

  /** Deletes what is stored if it still has this refresh token. */
  async deleteIf(expected: Stored): Promise<boolean> {
    const { store, key } = this;
    const isExpected = (text: string | undefined): boolean => this.#isExpected(text, expected);
    if (isLocalStore(store)) {
      if (!(await this.#bounded('STORE_UNWRITABLE', () => store.deleteIf(key, isExpected)))) return false;
    } else {
      if (!isExpected((await this.#readText(key)) ?? undefined)) return false;
      await this.#bounded('STORE_UNAVAILABLE', () => store.delete(key), expected);
    }
    this.#unsaved = undefined;
    return true;
  }

  /** Deletes everything of this key. */
  async delete(): Promise<void> {
    this.#unsaved = undefined;
    await this.#bounded('STORE_UNAVAILABLE', () => this.store.delete(this.key), this.#last);
  }

  /** Another text of this session: why the last sign-in ended without tokens. */
  async readOutcome(): Promise<string | undefined> {
    return (await this.#readText(this.#outcomeKey).catch(() => undefined)) ?? undefined;
  }

  /** Best effort: those who wait open a browser of their own without it. */
  async writeOutcome(text: string | undefined): Promise<void> {
    const { store } = this;
    const key = this.#outcomeKey;
    const write = text === undefined ? () => store.delete(key) : () => store.write(key, text);
    await this.#bounded<unknown>('STORE_UNWRITABLE', write).catch(() => undefined);
  }

  get #outcomeKey(): string {
    return `${this.key} sign-in`;
  }

  async #readStore(): Promise<Stored | undefined> {
    const text = await this.#readText(this.key);
    if (text === undefined) return undefined;
    if (text === this.#last?.text) return this.#last;
    const record = parseRecord(text, this.key);
    if (record === 'other-version') {
      throw new SessionError(
        'STORE_UNREADABLE',
        'The stored tokens were written by another version of embed-auth-server, or by another kind of store. Nothing was deleted: use that one, or sign out with it.',
      );
    }
    if (record === 'damaged') {
      await this.#setAside(text);
      return undefined;
    }
    return (this.#last = storedOf(record, text));
  }

  async #setAside(text: string): Promise<void> {
    const { store, key } = this;
    if (!isLocalStore(store)) {
      throw new SessionError(
        'STORE_UNREADABLE',
        'The text that the `store` returned is not the one that was written. Nothing was deleted.',
      );
    }
    const aside = await this.#bounded('STORE_UNREADABLE', () => store.setAside(key, text));
    if (aside !== undefined) {
      process.emitWarning(`The stored tokens are damaged, so the user is signed out. They were set aside: ${aside}`, {
        code: 'EMBED_AUTH_STORE_DAMAGED',
      });
    }
  }

  async #readText(key: string): Promise<string | undefined> {
    const text: unknown = await this.#bounded('STORE_UNAVAILABLE', () => this.store.read(key), this.#last);
    if (text === undefined || text === null) return undefined;
    if (typeof text === 'string') return text;
    throw new SessionError(
      'STORE_UNREADABLE',
      `The \`store\` returned ${typeof text} instead of a text. Nothing was deleted.`,
    );
  }

  #isExpected(text: string | null | undefined, expected: Stored): boolean {
    // What could not be written is refreshed from memory: the store has the one before.
    if (this.#unsaved?.stored.text === expected.text) return (text ?? undefined) === this.#unsaved.instead;
    if (text === expected.text) return true;
    if (typeof text !== 'string' || expected.refreshToken === undefined) return false;
    const record = parseRecord(text, this.key);
    return typeof record === 'object' && memberOf(record, 'refresh_token') === expected.refreshToken;
  }

  /** What a store of the app does has a limit of time, and its errors may hold tokens. */
  async #bounded<Result>(
    code: 'STORE_UNAVAILABLE' | 'STORE_UNWRITABLE' | 'STORE_UNREADABLE',
    action: () => Result | Promise<Result>,
    stored?: Stored,
  ): Promise<Result> {
    let settled: Result | typeof timedOut;
    try {
      const result = action();
      if (!isThenable(result)) return result;
      settled = await within(result, this.timeout);
    } catch (error) {
      if (error instanceof AuthError) throw error; // One of this package: it holds no token.
      const cause = withoutTokens(error, secretsOf(stored));
      throw new SessionError(code, `The store of the tokens failed: ${cause.message}`, { cause });
    }
    if (settled !== timedOut) return settled;
    const seconds = this.timeout / 1000;
    throw new SessionError('STORE_UNAVAILABLE', `The store of the tokens did not respond within ${seconds} seconds.`);
  }
}

function isThenable<Result>(value: Result | Promise<Result>): value is Promise<Result> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

/** @internal The texts of tokens that no message may contain. */
export function secretsOf(stored: Stored | undefined): (string | undefined)[] {
  if (stored === undefined) return [];
  const { accessToken, refreshToken, idToken } = stored.tokens;
  return [stored.text, accessToken, refreshToken, idToken];
}

function isSame(text: string | undefined, stored: Stored | undefined, key: string): boolean {
  if (text === stored?.text) return true;
  if (text === undefined || stored === undefined) return false;
  const record = parseRecord(text, key);
  const refreshToken = typeof record === 'object' ? memberOf(record, 'refresh_token') : undefined;
  return refreshToken !== undefined && refreshToken === stored.refreshToken;
}
