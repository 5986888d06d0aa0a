import { randomBytes } from 'node:crypto';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { HeldLock, LockOptions } from './token-store.js';

/** A lock whose holder shows no sign of life for this long, by the waiter's own running time, is free. */
const staleAfter = 10_000;
/** What one look counts at most: a waiter that was stopped or suspended saw nothing meanwhile. */
const longestStep = 1000;
const heartbeat = 1000;
/** How many locks of holders that died are remembered, so that none of them is removed twice. */
const remembered = 16;
/** What renaming fails with while another holds the lock. */
const contention = new Set<unknown>([
  ...['ENOTEMPTY', 'EEXIST'],
  ...(process.platform === 'win32' ? ['EPERM', 'EACCES', 'EBUSY'] : []),
]);

/**
 * @internal Runs an action while no other process holds the lock at `folder`.
 *
 * The lock is a folder with one file, named by its holder. It is made elsewhere and renamed to its place, which only succeeds if no holder is
 * there: that needs no `link`. A holder writes to its file every second. A stale lock is renamed to a name made from its holder, which
 * exists from then on, so that of several waiters only one removes it, and none removes the lock of the next holder.
 *
 * @returns what the action resolves to, or what `look` has returned
 */
export async function withFileLock<Result>(
  folder: string,
  action: (held: HeldLock) => Promise<Result>,
  options: LockOptions<Result>,
): Promise<Result> {
  const lock = new FileLock(folder);
  const seen = await lock.acquire(options);
  if (seen !== undefined) return seen;
  try {
    return await action(lock);
  } finally {
    lock.release();
  }
}

/** The locks of this process. One listener for all: Node warns of more than ten. */
const held = new Set<FileLock>();

function releaseAll(): void {
  for (const lock of held) lock.release();
}

class FileLock implements HeldLock {
  readonly #folder: string;
  readonly #id = randomBytes(12).toString('hex');
  readonly #file: string;
  #beats = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(folder: string) {
    this.#folder = folder;
    this.#file = path.join(folder, this.#id);
  }

  /** Resolves when the lock is held, or to what `look` has returned. */
  async acquire<Result>({ signal, look }: LockOptions<Result>): Promise<Result | undefined> {
    const made = `${this.#folder}.${this.#id}`;
    mkdirSync(path.dirname(made), { recursive: true, mode: 0o700 });
    const watch = new StaleWatch();
    try {
      for (let looks = 0; ; looks++) {
        signal.throwIfAborted();
        const holder = readHolder(this.#folder);
        if (holder === undefined && this.#take(made)) return undefined;
        const seen = look?.();
        if (seen !== undefined) return seen;
        if (holder !== undefined && watch.isStale(holder.life)) {
          if (readHolder(this.#folder)?.life === holder.life) removeStale(this.#folder, holder.id);
          continue;
        }
        // Few wait at once, and seldom: looking often costs less than waiting. A sign-in takes minutes.
        await delay((looks < 100 ? 15 : 75) * (1 + Math.random()), undefined, { signal }).catch(() => undefined);
      }
    } finally {
      if (this.#timer === undefined) rmSync(made, { recursive: true, force: true });
    }
  }

  isHeld(): boolean {
    this.#beat();
    return exists(this.#file);
  }

  release(): void {
    clearInterval(this.#timer);
    held.delete(this);
    if (held.size === 0) process.off('exit', releaseAll);
    // If the lock was lost, neither is this holder's file.
    attempt(() => {
      rmSync(this.#file);
      rmdirSync(this.#folder);
    });
  }

  #take(made: string): boolean {
    if (!exists(made)) {
      mkdirSync(made, { mode: 0o700 });
      writeFileSync(path.join(made, this.#id), '0', { mode: 0o600 });
    }
    // A holder that died while it released the lock has left an empty folder, which Windows does not replace.
    if (process.platform === 'win32')
      attempt(() => {
        rmdirSync(this.#folder);
      });
    try {
      renameSync(made, this.#folder);
    } catch (error) {
      // Another was faster, and may have released it since.
      if (contention.has(codeOf(error)) || exists(this.#folder)) return false;
      throw error;
    }
    this.#timer = setInterval(() => {
      this.#beat();
    }, heartbeat).unref();
    if (held.size === 0) process.on('exit', releaseAll);
    held.add(this);
    return true;
  }

  /** Shows that the holder lives. Does nothing if the lock is another's now. */
  #beat(): void {
    this.#beats += 1;
    try {
      writeFileSync(this.#file, String(this.#beats), { flag: 'r+' });
    } catch {
      // A full disk. The time of the file is a sign of life, too.
      attempt(() => {
        utimesSync(this.#file, new Date(), new Date());
      });
    }
  }
}

/** Counts how long a holder has shown no sign of life, in the running time of the one who looks. */
class StaleWatch {
  #life = '';
  #looks = 0;
  #silent = 0;
  #last = performance.now();

  isStale(life: string): boolean {
    const now = performance.now();
    const step = Math.min(now - this.#last, longestStep);
    this.#last = now;
    if (life !== this.#life) {
      this.#life = life;
      this.#looks = 0;
      this.#silent = 0;
      return false;
    }
    this.#looks += 1;
    this.#silent += step;
    return this.#silent >= staleAfter && this.#looks >= 5;
  }
}

interface Holder {
  readonly id: string;
  /** Changes at each sign of life. */
  readonly life: string;
}

/** Who holds the lock; undefined if it is free. */
function readHolder(folder: string): Holder | undefined {
  try {
    const [id] = readdirSync(folder);
    if (id === undefined) return undefined;
    const file = path.join(folder, id);
    return { id, life: `${id} ${readFileSync(file, 'utf8')} ${statSync(file).mtimeMs}` };
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined; // It was released just now.
    throw error;
  }
}

/** Removes the lock of a holder that died. */
function removeStale(folder: string, id: string): void {
  const grave = `${folder}.stale-${id}`;
  if (exists(grave)) return;
  attempt(() => {
    renameSync(folder, grave);
    // The holder released it, and another took it, between the look and the renaming: give it back.
    if (!exists(path.join(grave, id))) renameSync(grave, folder);
  });
  attempt(() => {
    forgetOldest(folder);
  });
}

function forgetOldest(folder: string): void {
  const parent = path.dirname(folder);
  const prefix = `${path.basename(folder)}.stale-`;
  const graves = readdirSync(parent)
    .filter((name) => name.startsWith(prefix))
    .map((name) => path.join(parent, name))
    .map((grave) => ({ grave, time: statSync(grave).mtimeMs }))
    .sort((one, other) => other.time - one.time);
  for (const { grave } of graves.slice(remembered)) rmSync(grave, { recursive: true, force: true });
}

function exists(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false }) !== undefined;
}

function codeOf(error: unknown): unknown {
  return (Object(error) as { code?: unknown }).code;
}

/** What may fail because another process was faster: the next look shows what is. */
function attempt(action: () => void): void {
  try {
    action();
  } catch {
    // See above.
  }
}
