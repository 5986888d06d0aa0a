import type * as Keyring from '@napi-rs/keyring';
import { SessionError, withoutTokens } from './session-error.js';
import { FileTokenStore } from './file-store.js';
import { checkName } from './store-folder.js';
import type { HeldLock, LocalTokenStore, LockOptions, Reservation, TokenStore } from './token-store.js';

/** The options of {@link createKeyringTokenStore}. */
export interface KeyringTokenStoreOptions {
  /** The name of the app: its folder, and its entry in the keychain. 1 to 64 of the characters a-z, 0-9, `.`, `_` and `-`. */
  name: string;
  /**
   * What to do if this machine has no keychain (a server, a container, Linux without a Secret Service): `file` keeps the tokens in a file
   * that is not encrypted. @default rejects with `STORE_UNAVAILABLE`
   */
  fallback?: 'file' | undefined;
}

/**
 * Keeps tokens encrypted (AES-256-GCM) in the same files as {@link createFileTokenStore}. The key is in the system's keychain: macOS
 * Keychain, Windows Credential Manager, or a Secret Service (GNOME Keyring, KWallet) on Linux. Install `@napi-rs/keyring` to use it.
 *
 * @param options - see {@link KeyringTokenStoreOptions}
 * @returns the store. Without the package or a keychain, its methods reject with `STORE_UNAVAILABLE`.
 * @throws TypeError naming the option that was wrong
 *
 * @example
 * ```ts
 * import { createKeyringTokenStore, createSession } from 'embed-auth-server/session';
 *
 * const store = createKeyringTokenStore({ name: 'my-app' });
 * createSession({ name: 'my-app', issuer: 'https://accounts.example.com', clientId: 'my-client-id', store });
 * ```
 */
export function createKeyringTokenStore({ name, fallback }: KeyringTokenStoreOptions): TokenStore {
  // A caller without types may give anything.
  if (fallback !== undefined && (fallback as string) !== 'file') throw new TypeError("`fallback` must be 'file'");
  return new KeyringTokenStore(checkName(name), fallback === 'file');
}

const account = 'embed-auth-server';
/** How long another process may take to make the key: the user may have to unlock the keychain. */
const keyTimeout = 60_000;

class KeyringTokenStore implements LocalTokenStore {
  readonly #files: FileTokenStore;
  readonly #name: string;
  readonly #hasFallback: boolean;
  #hasWarned = false;

  constructor(name: string, hasFallback: boolean) {
    this.#files = new FileTokenStore(name);
    this.#name = name;
    this.#hasFallback = hasFallback;
  }

  async read(key: string): Promise<string | undefined> {
    const text = this.#files.read(key);
    if (text === undefined) return undefined;
    const { isEncrypted, decrypt } = await import('./encryption.js');
    // Written before the app had a keychain; the next write encrypts it.
    if (!isEncrypted(text)) return text;
    const found = decrypt(text, await this.#existingKey(), key);
    if (found === undefined) throw withoutKey();
    return found;
  }

  async write(key: string, text: string): Promise<void> {
    const encrypted = await this.#encrypter(key);
    await this.#files.write(key, encrypted(text));
  }

  async delete(key: string): Promise<void> {
    await this.#files.delete(key);
  }

  async deleteIf(key: string, isExpected: (stored: string | undefined) => boolean): Promise<boolean> {
    const read = await this.#reader(key);
    return await this.#files.deleteIf(key, (text) => isExpected(read(text)));
  }

  async reserve(key: string): Promise<Reservation> {
    const encrypted = await this.#encrypter(key);
    const read = await this.#reader(key);
    const reservation = await this.#files.reserve(key);
    return {
      commit: (text, isExpected, held) =>
        reservation.commit(encrypted(text), (stored) => isExpected(read(stored)), held),
      discard: () => {
        reservation.discard();
      },
    };
  }

  async setAside(key: string, text: string): Promise<string | undefined> {
    const read = await this.#reader(key);
    const stored = this.#files.read(key);
    return stored !== undefined && read(stored) === text ? await this.#files.setAside(key, stored) : undefined;
  }

  async lock<Result>(
    key: string,
    action: (held: HeldLock) => Promise<Result>,
    options: LockOptions<Result>,
  ): Promise<Result> {
    return await this.#files.lock(key, action, options);
  }

  /** Encrypts with the key of the keychain, which is made if there is no file that needs another one. */
  async #encrypter(key: string): Promise<(text: string) => string> {
    const { encrypt, isEncrypted, newKey } = await import('./encryption.js');
    const entry = await this.#entry();
    if (entry === undefined) return (text) => text;
    const find = async (): Promise<string | null | undefined> =>
      await this.#attempt(async () => await entry.getPassword());
    let found = await find();
    if (typeof found !== 'string') {
      const text = this.#files.read(key);
      if (text !== undefined && isEncrypted(text)) throw withoutKey();
      // Two processes that make a key at the same time must not lose one of them.
      const make = async (): Promise<string | null | undefined> => {
        const other = await find();
        if (typeof other === 'string') return other;
        await this.#attempt(async () => {
          await entry.setPassword(newKey().toString('base64url'));
        });
        return await find();
      };
      found = await this.#files.lock('keychain', make, { signal: AbortSignal.timeout(keyTimeout) });
    }
    if (typeof found !== 'string') throw unavailable('it does not keep what is saved in it');
    const secret = Buffer.from(found, 'base64url');
    return (text) => encrypt(text, secret, key);
  }

  /** Reads what is stored, synchronously. */
  async #reader(key: string): Promise<(text: string | undefined) => string | undefined> {
    const { isEncrypted, decrypt } = await import('./encryption.js');
    const text = this.#files.read(key);
    const secret = text !== undefined && isEncrypted(text) ? await this.#existingKey() : undefined;
    return (stored) =>
      stored !== undefined && secret !== undefined && isEncrypted(stored) ? decrypt(stored, secret, key) : stored;
  }

  async #existingKey(): Promise<Buffer> {
    const entry = await this.#entry();
    const found = entry && (await this.#attempt(async () => await entry.getPassword()));
    // A locked keychain, too, has nothing: this is no proof that the user is signed out.
    if (typeof found !== 'string') throw withoutKey();
    return Buffer.from(found, 'base64url');
  }

  /** The entry in the keychain; undefined if there is no keychain, and a file is good enough. */
  async #entry(): Promise<Keyring.AsyncEntry | undefined> {
    let keyring: typeof Keyring;
    try {
      keyring = await import('@napi-rs/keyring');
    } catch (error) {
      throw new SessionError(
        'STORE_UNAVAILABLE',
        'The system keychain needs the package @napi-rs/keyring: run `npm install @napi-rs/keyring`.',
        { cause: withoutTokens(error) },
      );
    }
    try {
      // Without a Secret Service, the default would be the kernel's keys, which vanish.
      return new keyring.AsyncEntry(this.#name, account, { linux: { store: 'secret-service' } });
    } catch (error) {
      if (!this.#hasFallback) throw unavailable(withoutTokens(error).message);
      if (!this.#hasWarned) {
        this.#hasWarned = true;
        process.emitWarning('This machine has no keychain, so the tokens are in a file that is not encrypted.', {
          code: 'EMBED_AUTH_NO_KEYCHAIN',
        });
      }
      return undefined;
    }
  }

  async #attempt<Result>(action: () => Promise<Result>): Promise<Result> {
    try {
      return await action();
    } catch (error) {
      throw unavailable(withoutTokens(error).message);
    }
  }
}

function unavailable(problem: string): SessionError {
  const advice =
    process.platform === 'linux'
      ? " On Linux it needs a Secret Service, such as GNOME Keyring or KWallet; `fallback: 'file'` does without."
      : '';
  return new SessionError('STORE_UNAVAILABLE', `The system keychain cannot be used: ${problem}.${advice}`);
}

function withoutKey(): SessionError {
  return new SessionError(
    'STORE_UNAVAILABLE',
    'The tokens are encrypted, and the system keychain has no key for them. Unlock the keychain; if the key is lost, sign out and in again.',
  );
}
