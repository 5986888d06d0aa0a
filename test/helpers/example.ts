import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'puppeteer-core';
import { approveInBrowser } from '../../examples/support/person.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** How the examples print the login URI where no browser can be opened. */
const loginUri = /^ *(https?:\/\/\S+\/authorize\?\S+)$/m;

/** An example that runs, by the command that its README entry gives. */
export interface Example extends AsyncDisposable {
  /** Everything that it has written to stdout and stderr so far. */
  readonly output: string;
  /** Resolves with the match once the output has it; rejects where the example ends without. */
  printed(pattern: RegExp): Promise<RegExpExecArray>;
  /** The login URI, once it is printed. */
  loginUri(): Promise<URL>;
  /** Resolves with the exit code when it has ended. */
  readonly ended: Promise<number | null>;
  /** Writes a line to its stdin. */
  type(line: string): void;
  kill(signal: NodeJS.Signals): void;
}

/**
 * Runs `npx tsx examples/PATH` as a person would at a machine without a display: no browser opens, and the URI is printed.
 *
 * @param env - added to an environment that has little more than PATH; a name with undefined is taken out
 */
export function runExample(
  path: string,
  { args = [], env = {}, uid }: { args?: readonly string[]; env?: NodeJS.ProcessEnv; uid?: number } = {},
): Example {
  const child = spawn('npx', ['--no-install', 'tsx', `examples/${path}`, ...args], {
    cwd: root,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], EXAMPLE_PORT: '0', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
    // A process group of its own: npx has the example as its grandchild.
    detached: true,
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
      process.kill(-child.pid, signal);
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
        reject(new Error(`The example has ended without printing ${String(pattern)}:\n${output}`));
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

/** Who can sign in at the authorization server of the examples. */
export const people = {
  ada: { username: 'ada', password: 'lovelace' },
  grace: { username: 'grace', password: 'hopper' },
} as const;

/** Plays the person in a browser of their own; the returned page is where they end. */
export async function signInAt(
  browser: Browser,
  uri: URL,
  { person = 'ada', decision = 'allow' }: { person?: keyof typeof people; decision?: 'allow' | 'deny' } = {},
): Promise<Page> {
  const page = await (await browser.createBrowserContext()).newPage();
  await page.goto(uri.href);
  await approveInBrowser(page, { ...people[person], decision });
  return page;
}

/** What the callback page says in the end. */
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
