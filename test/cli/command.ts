import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, beforeEach } from '@jest/globals';

export const root = fileURLToPath(new URL('../..', import.meta.url));
/** The built command. */
export const cli = join(root, 'dist', 'cli.js');
/** A browser for BROWSER: a user who signs in, without a window. */
export const browser = join(root, 'test', 'fixtures', 'browsers', 'sign-in.mjs');

type Environment = Readonly<Record<string, string>>;

/** The variables of the test run, without those that decide how the command behaves. */
export function environment(env: Environment): NodeJS.ProcessEnv {
  const isNeutral = (name: string): boolean =>
    !/DISPLAY$|^(?:BROWSER$|SSH_|EMBED_|CI$|GITHUB_|CODESPACES|NO_COLOR|FORCE_COLOR)/.test(name);
  return { ...Object.fromEntries(Object.entries(process.env).filter(([name]) => isNeutral(name))), ...env };
}

/** The command in a process of its own. */
export class Command {
  readonly child: ChildProcessWithoutNullStreams;
  /** The exit status. */
  readonly ended: Promise<number | null>;
  stdout = '';
  stderr = '';

  constructor(file: string, args: readonly string[], env: Environment, cwd: string) {
    this.child = spawn(file, args, { env: environment(env), cwd });
    this.child.stdout.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.ended = once(this.child, 'close').then(([code]) => code as number | null);
  }

  /** Waits until stderr has a text. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    return await this.#waitFor(pattern, 'stderr');
  }

  /** Waits until stdout has a text. */
  async prints(pattern: RegExp): Promise<RegExpExecArray> {
    return await this.#waitFor(pattern, 'stdout');
  }

  async #waitFor(pattern: RegExp, stream: 'stdout' | 'stderr'): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this[stream]);
      if (match !== null) return match;
      const more = await Promise.race([once(this.child[stream], 'data'), this.ended.then(() => undefined)]);
      if (more === undefined && !pattern.test(this[stream])) {
        throw new Error(`It never said ${pattern}: ${this.stdout}${this.stderr}`);
      }
    }
  }

  /** The address that it prints for the user's browser. */
  async loginUri(): Promise<string> {
    return (await this.says(/^Sign in at (http\S+)$/m))[1] ?? '';
  }
}

/** The authorization request behind the address that the command prints, which may be a short one. */
export async function requestOf(loginUri: string): Promise<URLSearchParams> {
  const { searchParams } = new URL(loginUri);
  if (searchParams.has('client_id')) return searchParams;
  const { headers } = await fetch(loginUri, { redirect: 'manual' });
  return new URL(headers.get('location') ?? '').searchParams;
}

/** The port that the command listens on, by the address that it prints. */
export function portOf(loginUri: string): number {
  return Number(new URL(new URL(loginUri).searchParams.get('redirect_uri') ?? loginUri).port);
}

/** Starts commands in a folder of the test, and ends them after it. */
export function useCommands(): {
  readonly folder: string;
  /** `embed-auth-server ARGS`. */
  readonly start: (args: readonly string[], env?: Environment) => Command;
  /** `node ARGS`. */
  readonly run: (args: readonly string[], env: Environment) => Command;
  /** A shell script in which `$CLI` is the command. */
  readonly shell: (script: string, env?: Environment) => Command;
} {
  let folder = '';
  let running: Command[] = [];
  beforeAll(() => {
    if (!existsSync(cli)) throw new Error('dist/cli.js is missing: npm run build');
  });
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cli-'));
    running = [];
  });
  afterEach(async () => {
    for (const { child } of running) child.kill('SIGKILL');
    await Promise.all(running.map(({ ended }) => ended));
    await rm(folder, { recursive: true });
  });
  const started = (command: Command): Command => {
    running.push(command);
    return command;
  };
  return {
    get folder() {
      return folder;
    },
    start: (args, env = { BROWSER: browser }) => started(new Command(process.execPath, [cli, ...args], env, folder)),
    run: (args, env) => started(new Command(process.execPath, args, env, folder)),
    shell: (script, env = {}) =>
      started(new Command('/bin/sh', ['-c', script], { CLI: `${process.execPath} ${cli}`, ...env }, folder)),
  };
}

/** Resolves if the port is free. */
export async function expectFree(port: number): Promise<void> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  server.close();
}
