import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  type Stats,
} from 'node:fs';
import path from 'node:path';
import { AuthError } from '../errors.js';
import { missingPermission } from '../missing-permission.js';
import { SessionError, type SessionErrorCode } from './session-error.js';
import { checkName, codeOf, findStoreFolder, reasonOf, storeAdvice } from './store-folder.js';
import type { HeldLock, LocalTokenStore, LockOptions, Reservation, TokenStore } from './token-store.js';

/** The options of {@link createFileTokenStore}. */
export interface FileTokenStoreOptions {
  /** The name of the app: its folder. 1 to 64 of the characters a-z, 0-9, `.`, `_` and `-`. */
  name: string;
}

/**
 * Keeps tokens in files that only this user can read: the default store of a session.
 *
 * They are in one folder per `name`: in `$XDG_STATE_HOME` or `~/.local/state` on Linux, `~/Library/Application Support` on macOS,
 * `%LOCALAPPDATA%` on Windows. The content is JSON, and not encrypted. A file that others may read, that belongs to another user or that is a
 * link is rejected.
 *
 * @param options - see {@link FileTokenStoreOptions}
 * @returns the store
 * @throws TypeError if `name` is not allowed
 *
 * @example
 * ```ts
 * import { createFileTokenStore, createSession } from 'embed-auth-server/session';
 *
 * const store = createFileTokenStore({ name: 'my-company' });
 * createSession({ name: 'my-app', issuer: 'https://accounts.example.com', clientId: 'my-client-id', store });
 * ```
 */
export function createFileTokenStore({ name }: FileTokenStoreOptions): TokenStore {
  return new FileTokenStore(checkName(name));
}

const hasModes = process.platform !== 'win32';
/** Without these flags, a link is followed, and a pipe blocks. Windows has neither. */
const noFollow = hasModes ? constants.O_NOFOLLOW | constants.O_NONBLOCK : 0;
/** More is not the text of a session. */
const sizeLimit = 4 * 1024 * 1024;

/** @internal */
export class FileTokenStore implements LocalTokenStore {
  readonly #name: string;
  readonly #files = new Map<string, string>();

  constructor(name: string) {
    this.#name = name;
  }

  read(key: string): string | undefined {
    return this.#read(this.#fileOf(key));
  }

  async write(key: string, text: string): Promise<void> {
    const reservation = await this.reserve(key);
    this.#attempt('STORE_UNWRITABLE', 'written', () => reservation.commit(text, () => true));
  }

  async delete(key: string): Promise<void> {
    await this.deleteIf(key, () => true);
  }

  async deleteIf(key: string, isExpected: (stored: string | undefined) => boolean): Promise<boolean> {
    const file = this.#fileOf(key);
    const { removeTemporary } = await import('./file-writer.js');
    return this.#attempt('STORE_UNWRITABLE', 'deleted', () => {
      if (!isExpected(this.#read(file))) return false;
      rmSync(file, { force: true });
      try {
        removeTemporary(file);
      } catch (error) {
        if (codeOf(error) !== 'ENOENT') throw error; // There is no folder.
      }
      return true;
    });
  }

  async reserve(key: string): Promise<Reservation> {
    const file = this.#fileOf(key);
    const { FileReservation } = await import('./file-writer.js');
    return this.#attempt('STORE_UNWRITABLE', 'written', () => new FileReservation(file, () => this.#read(file)));
  }

  // The interface is asynchronous.
  // eslint-disable-next-line @typescript-eslint/require-await
  async setAside(key: string, text: string): Promise<string | undefined> {
    const file = this.#fileOf(key);
    return this.#attempt('STORE_UNREADABLE', 'read', () => {
      if (this.#read(file) !== text) return undefined;
      const aside = `${file}.${process.pid}-${Math.trunc(performance.now())}.damaged`;
      renameSync(file, aside);
      return aside;
    });
  }

  async lock<Result>(
    key: string,
    action: (held: HeldLock) => Promise<Result>,
    options: LockOptions<Result>,
  ): Promise<Result> {
    const folder = this.#fileOf(key).replace(/json$/, 'lock');
    const { withFileLock } = await import('./file-lock.js');
    return await withFileLock(folder, action, options);
  }

  /** One file per key. The name is hexadecimal, because not every file system tells `a` from `A`. */
  #fileOf(key: string): string {
    const known = this.#files.get(key);
    if (known !== undefined) return known;
    const name = process.getBuiltinModule('node:crypto').hash('sha256', key, 'hex');
    const file = path.join(findStoreFolder(this.#name), `${name}.json`);
    this.#files.set(key, file);
    return file;
  }

  #read(file: string): string | undefined {
    return this.#attempt('STORE_UNREADABLE', 'read', () => readPrivateFile(file));
  }

  #attempt<Result>(code: SessionErrorCode, verb: string, action: () => Result): Result {
    try {
      return action();
    } catch (error) {
      if (error instanceof AuthError) throw error;
      const first = fullDisk.has(codeOf(error)) ? 'Make room' : 'Make it a folder of this user';
      const advice = missingPermission(error) === undefined ? ` ${first}, or ${storeAdvice}.` : '';
      const problem = `The tokens in ${findStoreFolder(this.#name)} cannot be ${verb} (${reasonOf(error)}).`;
      throw new SessionError(code, problem + advice, { cause: error });
    }
  }
}

/** The disk, or what this user may have of it, is full. */
const fullDisk: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT']);

/** Reads a file that only this user can read; undefined if there is none. Synchronous: it is small, and read at every call. */
function readPrivateFile(file: string): string | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(file, constants.O_RDONLY | noFollow);
    if (!hasModes && lstatSync(file).isSymbolicLink()) throw unreadable(file, 'it is a link');
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT') return undefined;
    if (code === 'ELOOP' || code === 'EMLINK') throw unreadable(file, 'it is a link');
    throw error;
  }
  try {
    const status = fstatSync(descriptor);
    checkStatus(file, status);
    const bytes = Buffer.allocUnsafe(Math.min(status.size, sizeLimit) + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read) {
      read = readSync(descriptor, bytes, length, bytes.length - length, length);
    }
    return bytes.toString('utf8', 0, length);
  } finally {
    closeSync(descriptor);
  }
}

function checkStatus(file: string, status: Stats): void {
  if (!status.isFile()) throw unreadable(file, 'it is not a file');
  if (!hasModes) return;
  const user = process.geteuid?.();
  if (user !== undefined && status.uid !== user) throw unreadable(file, 'it belongs to another user');
  // Loaded only in this case. A file system without modes gives every file the same one.
  if ((status.mode & 0o077) !== 0 && isModeKept(file)) {
    throw unreadable(file, 'others may read or write it; if you trust its content, run `chmod 600` on it');
  }
}

/** Whether the mode of a file says anything: a new file that asks for 0600 gets it. */
function isModeKept(file: string): boolean {
  const probe = `${file}.${process.pid}-${Math.trunc(performance.now() * 1000)}.tmp`;
  try {
    const descriptor = openSync(probe, 'wx', 0o600);
    const { mode } = fstatSync(descriptor);
    closeSync(descriptor);
    rmSync(probe, { force: true });
    return (mode & 0o077) === 0;
  } catch {
    return true; // Nothing can be written here.
  }
}

function unreadable(file: string, problem: string): SessionError {
  return new SessionError('STORE_UNREADABLE', `The tokens in ${file} are not used: ${problem}. Nothing was deleted.`);
}
