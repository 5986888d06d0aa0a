import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'puppeteer-core';
import { isPosix } from './systems.js';
import { approveInBrowser, type ApproveOptions } from '../../examples/support/approve-in-browser.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** The address to open, as the examples print it if no browser opens: the login URI, or the short one that leads there. */
const loginUri = /(http:\/\/\S+\/(?:authorize\?\S+|[\w-]{16}))$/m;

/** A running example, started by the command in its README entry. */
export interface Example extends AsyncDisposable {
  /** What it has written to stdout and stderr so far. */
  readonly output: string;
  /** Resolves to the match once the output has it; rejects if the example ends without it. */
  printed(pattern: RegExp): Promise<RegExpExecArray>;
  /** The address to open, once it is printed. */
  loginUri(): Promise<URL>;
  /** Resolves to the exit code when it has ended. */
  readonly ended: Promise<number | null>;
  /** Writes a line to its stdin. */
  type(line: string): void;
  kill(signal: NodeJS.Signals): void;
}

/**
 * Runs `npx tsx examples/PATH` on a machine without a display, so that no browser opens and the address is printed.
 *
 * @param env - added to a minimal environment; undefined removes a variable
 */
export function runExample(
  path: string,
  { args = [], env = {}, uid }: { args?: readonly string[]; env?: NodeJS.ProcessEnv; uid?: number } = {},
): Example {
  // On Windows npx is a script of the shell.
  const command = isPosix ? 'npx' : process.execPath;
  const runner = isPosix ? ['--no-install', 'tsx'] : ['--import', import.meta.resolve('tsx')];
  const child = spawn(command, [...runner, `examples/${path}`, ...args], {
    cwd: root,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], EXAMPLE_PORT: '0', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
    // A new process group, so that kill() reaches the example, which is a grandchild of npx.
    detached: isPosix,
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  let output = '';
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
      for (const listener of listeners) listener();
    });
  }
  const ended = once(child, 'close').then(([code]: (number | null)[]) => code ?? null);
  const kill = (signal: NodeJS.Signals): void => {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    try {
      if (isPosix) process.kill(-child.pid, signal);
      else child.kill(signal);
    } catch {
      // It ended just now.
    }
  };
  const printed = (pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const match = pattern.exec(output);
        if (match === null) return;
        listeners.delete(look);
        resolve(match);
      };
      listeners.add(look);
      look();
      void ended.then(() => {
        reject(new Error(`The example ended without printing ${String(pattern)}:\n${output}`));
      });
    });
  return {
    get output() {
      return output;
    },
    printed,
    loginUri: async () => new URL((await printed(loginUri))[1] ?? ''),
    ended,
    type: (line) => {
      child.stdin.write(`${line}\n`);
    },
    kill,
    async [Symbol.asyncDispose]() {
      kill('SIGKILL');
      await ended;
    },
  };
}

/** Signs in in a new browser context; the returned page is the one at which the sign-in ends. */
export async function signInAt(browser: Browser, uri: URL, options?: ApproveOptions): Promise<Page> {
  const page = await (await browser.createBrowserContext()).newPage();
  await page.goto(uri.href);
  await approveInBrowser(page, options);
  return page;
}

/** What the callback page shows in the end. */
export async function outcomeOf(page: Page): Promise<{ state: string | undefined; text: string }> {
  await page.waitForSelector('html[data-auth-state="success"], html[data-auth-state="error"]', { timeout: 10_000 });
  return page.evaluate(() => ({
    state: document.documentElement.dataset['authState'],
    text: document.body.innerText,
  }));
}

/** A folder that is removed afterwards. */
export async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'eas-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
