import { chmodSync, mkdirSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { App, AppOptions, Apps } from './processes.js';
import { RotatingServer } from './rotating-server.js';

/** A rotating server, an empty folder, and processes that use both. */
export class Arena implements AsyncDisposable {
  readonly server: RotatingServer;
  readonly home: string;
  readonly #apps: Apps;
  readonly #started: App[] = [];

  private constructor(apps: Apps, server: RotatingServer, home: string) {
    this.#apps = apps;
    this.server = server;
    this.home = home;
  }

  static async start(apps: Apps, home?: string): Promise<Arena> {
    return new Arena(apps, await RotatingServer.start(), home ?? (await mkdtemp(join(tmpdir(), 'session-home-'))));
  }

  get folder(): string {
    return join(this.home, 'my-app');
  }

  async app(config: Record<string, unknown> = {}, more: Partial<Omit<AppOptions, 'config'>> = {}): Promise<App> {
    const app = await this.#apps.start({
      ...more,
      config: { name: 'my-app', server: this.server.origin, ...config },
      env: { XDG_STATE_HOME: this.home, ...more.env },
    });
    this.#started.push(app);
    return app;
  }

  async appsOf(count: number, config: Record<string, unknown> = {}): Promise<App[]> {
    return await Promise.all(Array.from({ length: count }, async () => await this.app(config)));
  }

  /** Signs in; the access token is over at once, the refresh token is not. */
  async signIn(): Promise<void> {
    this.server.expiresIn = 0.001;
    const app = await this.app();
    await app.call('accessToken');
    await app.end();
    this.server.expiresIn = 3600;
  }

  /** Holds the next request of a path back. Resolves when it is there, to what responds to it: as usual, or in another way. */
  hold(path: string): Promise<(custom?: (response: ServerResponse) => unknown) => void> {
    return new Promise((resolve) => {
      (this.server.next[path] ??= []).push((_request, response, usual) => {
        resolve((custom = usual) => {
          custom(response);
        });
      });
    });
  }

  async stored(): Promise<{ response: { access_token: string; refresh_token: string } } | undefined> {
    const [file] = (await readdir(this.folder)).filter((name) => name.endsWith('.json'));
    if (file === undefined) return undefined;
    return JSON.parse(await readFile(join(this.folder, file), 'utf8')) as {
      response: { access_token: string; refresh_token: string };
    };
  }

  async files(): Promise<string[]> {
    return (await readdir(this.folder)).map((name) => name.replace(/^[\da-f]{64}/, 'KEY'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const app of this.#started) app.kill();
    await Promise.all(this.#started.map(({ ended }) => ended));
    await this.server[Symbol.asyncDispose]();
    mkdirSync(this.folder, { recursive: true });
    chmodSync(this.folder, 0o700);
    await rm(this.home, { recursive: true, force: true });
  }
}

/** What a call of an app rejects with. */
export async function failureOf(
  call: Promise<unknown>,
): Promise<{ code?: string; reason?: string; message: string; name: string }> {
  try {
    await call;
  } catch (error) {
    return error as { message: string; name: string };
  }
  throw new Error('It has resolved');
}

/** Resolves when a condition holds. It is looked at often: what it waits for happens in another process. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10));
}
