import { build } from 'esbuild';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** What an app reports of an error. */
export interface ReportedError {
  readonly name: string;
  readonly code?: string;
  readonly message: string;
  readonly reason?: string;
  readonly oauthError?: string;
  readonly retryAfter?: number;
  readonly cause: string;
}

/** A process with a session: test/fixtures/session/app.ts. */
export interface App {
  readonly process: ChildProcess;
  readonly pid: number;
  /** Resolves to what the method resolves to; rejects with a {@link ReportedError}. */
  call(method: string, argument?: unknown): Promise<unknown>;
  /** Warnings and events, as far as they have arrived. */
  readonly reports: unknown[][];
  readonly stderr: () => string;
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** Kills it, with what it has started. */
  kill(): void;
  /** Ends its input, and with it the process. */
  end(): Promise<void>;
}

export interface AppOptions {
  readonly config: Record<string, unknown>;
  readonly env?: NodeJS.ProcessEnv;
  readonly nodeArgs?: readonly string[];
  readonly command?: readonly [string, ...string[]];
}

/** Builds the fixture once, so that its processes start as fast as those of a program. */
export class Apps implements AsyncDisposable {
  readonly #folder: string;
  readonly #file: string;
  readonly #apps = new Set<App>();

  private constructor(folder: string, file: string) {
    this.#folder = folder;
    this.#file = file;
  }

  static async build({ fixture = 'app', hasPackages = true } = {}): Promise<Apps> {
    const folder = await mkdtemp(join(tmpdir(), 'session-app-'));
    await build({
      entryPoints: [fileURLToPath(new URL(`../fixtures/session/${fixture}.ts`, import.meta.url))],
      outdir: folder,
      bundle: true,
      splitting: true,
      platform: 'node',
      format: 'esm',
      target: 'node20.19',
      outExtension: { '.js': '.mjs' },
      external: ['@napi-rs/keyring', 'open', 'express', 'get-port', 'oauth4webapi'],
      logLevel: 'error',
    });
    await chmod(folder, 0o755); // Some run as another user.
    if (hasPackages)
      await symlink(fileURLToPath(new URL('../../node_modules', import.meta.url)), join(folder, 'node_modules'));
    return new Apps(folder, join(folder, `${fixture}.mjs`));
  }

  async start({ config, env = {}, nodeArgs = [], command = [process.execPath] }: AppOptions): Promise<App> {
    const [program, ...args] = command;
    const child = spawn(program, [...args, ...nodeArgs, this.#file, JSON.stringify(config)], {
      env: { PATH: process.env['PATH'], NODE_PATH: process.env['NODE_PATH'], ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
      // With a group of its own, what the command starts can be ended, too.
      detached: command.length > 1,
    });
    const stderr: string[] = [];
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => stderr.push(chunk));
    child.stdin.on('error', () => undefined); // It was killed.
    const calls = new Map<number, { resolve: (value: unknown) => void; reject: (error: unknown) => void }>();
    const reports: unknown[][] = [];
    let isReady: () => void = () => undefined;
    const ready = new Promise<void>((resolve) => {
      isReady = resolve;
    });
    createInterface({ input: child.stdout }).on('line', (line) => {
      const [id, value, error] = JSON.parse(line) as [number | string, unknown, unknown];
      if (id === 'ready') isReady();
      else if (typeof id === 'string') reports.push([id, value, error].filter((part) => part !== undefined));
      else if (error === undefined) calls.get(id)?.resolve(value);
      else calls.get(id)?.reject(error);
    });
    const ended = once(child, 'close').then(([code, signal]: (number | string | null)[]) => {
      for (const { reject } of calls.values()) reject({ name: 'Ended', message: stderr.join('') });
      return { code: code as number | null, signal: signal as NodeJS.Signals | null };
    });
    let calls_ = 0;
    const app: App = {
      process: child,
      pid: child.pid ?? 0,
      reports,
      stderr: () => stderr.join(''),
      ended,
      kill: () => {
        try {
          process.kill(command.length > 1 ? -app.pid : app.pid, 'SIGKILL');
        } catch {
          // It has ended.
        }
      },
      call: (method, argument) =>
        new Promise((resolve, reject) => {
          const id = (calls_ += 1);
          calls.set(id, { resolve, reject });
          child.stdin.write(`${JSON.stringify([id, method, argument])}\n`);
        }),
      end: async () => {
        child.stdin.end();
        await ended;
      },
    };
    this.#apps.add(app);
    await Promise.race([
      ready,
      ended.then(() => {
        throw new Error(`The app has ended: ${stderr.join('')}`);
      }),
    ]);
    return app;
  }

  /** Ends every process that still runs. */
  async endAll(): Promise<void> {
    for (const app of this.#apps) app.kill();
    await Promise.all([...this.#apps].map(({ ended }) => ended));
    this.#apps.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.endAll();
    await rm(this.#folder, { recursive: true });
  }
}
