import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import type { HeldLock, Reservation, WriteResult } from './token-store.js';

/** What a write needs at most, as a rule. */
const reservedSize = 65_536;
const hasModes = process.platform !== 'win32';
/** With `--permission`, Node has no `fsync`, also with every permission. Each write then waits for the disk (`O_SYNC`). */
const hasPermissionModel = 'permission' in process;
let hasWarned = false;

/**
 * @internal A new file in the folder of `file`, readable by this user only, and so large that the text has room: a disk that is full shows itself
 * before anything is sent to the provider.
 */
export class FileReservation implements Reservation {
  readonly #file: string;
  readonly #temporary: string;
  readonly #read: () => string | undefined;
  #descriptor: number | undefined;

  /** @param read - reads `file` synchronously */
  constructor(file: string, read: () => string | undefined) {
    this.#file = file;
    this.#read = read;
    this.#temporary = `${file}.${randomBytes(8).toString('hex')}.tmp`;
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    removeTemporary(file);
    try {
      this.#open();
    } catch (error) {
      this.discard();
      throw error;
    }
  }

  commit(text: string, isExpected: (stored: string | undefined) => boolean, held?: HeldLock): WriteResult {
    try {
      const bytes = Buffer.from(text);
      this.#fill(bytes);
      // As late as possible: from here on, only the renaming is left.
      if (held?.isHeld() === false) return 'lost';
      if (!isExpected(this.#read())) return 'changed';
      try {
        renameWithPatience(this.#temporary, this.#file);
      } catch (error) {
        if ((Object(error) as { code?: unknown }).code !== 'ENOENT') throw error;
        // Another process, which is signing the user in, has taken it for what a process that was killed has left.
        this.#fill(bytes);
        renameWithPatience(this.#temporary, this.#file);
      }
      syncFolder(path.dirname(this.#file));
      return 'written';
    } finally {
      this.discard();
    }
  }

  discard(): void {
    this.#close();
    try {
      rmSync(this.#temporary, { force: true });
    } catch {
      // The next write removes it.
    }
  }

  #fill(bytes: Buffer): void {
    const descriptor = this.#descriptor ?? this.#open();
    ftruncateSync(descriptor, bytes.length);
    for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at, bytes.length - at, at);
    if (!hasPermissionModel) fsyncSync(descriptor);
    this.#close();
  }

  #open(): number {
    const flags = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY;
    const descriptor = openSync(this.#temporary, hasPermissionModel ? flags | constants.O_SYNC : flags, 0o600);
    this.#descriptor = descriptor;
    if (hasModes) this.#makePrivate(descriptor);
    // Random, because some file systems need no room for equal bytes.
    writeSync(descriptor, randomBytes(reservedSize));
    if (!hasPermissionModel) fsyncSync(descriptor);
    return descriptor;
  }

  #close(): void {
    if (this.#descriptor === undefined) return;
    closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  /** The mode of a new file depends on the umask; some file systems keep none. */
  #makePrivate(descriptor: number): void {
    if ((fstatSync(descriptor).mode & 0o777) === 0o600) return;
    try {
      fchmodSync(descriptor, 0o600);
    } catch {
      // A file system without modes, as the next line finds out.
    }
    if ((fstatSync(descriptor).mode & 0o077) === 0 || hasWarned) return;
    hasWarned = true;
    process.emitWarning(
      `The file system of ${path.dirname(this.#file)} keeps no file modes: other users of this machine may be able to read the tokens there.`,
      { code: 'EMBED_AUTH_STORE_MODES' },
    );
  }
}

/** @internal Removes what a process that was killed has left of its write. It may hold tokens. */
export function removeTemporary(file: string): void {
  const folder = path.dirname(file);
  const prefix = `${path.basename(file)}.`;
  for (const name of readdirSync(folder)) {
    if (name.startsWith(prefix) && name.endsWith('.tmp')) rmSync(path.join(folder, name), { force: true });
  }
}

/** On Windows, another process that has the file open for a moment (a virus scanner, a reader) makes renaming fail. */
function renameWithPatience(from: string, to: string): void {
  for (let pause = 5; ; pause *= 2) {
    try {
      renameSync(from, to);
      return;
    } catch (error) {
      const { code } = Object(error) as { code?: unknown };
      if (process.platform !== 'win32' || pause > 1000 || !['EPERM', 'EACCES', 'EBUSY'].includes(String(code)))
        throw error;
    }
    // Blocks: the tokens are on disk before anything else happens.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pause);
  }
}

function syncFolder(folder: string): void {
  if (!hasModes) return; // Windows cannot.
  try {
    const descriptor = openSync(folder, 'r');
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    // Some file systems cannot. The file itself is synced.
  }
}
