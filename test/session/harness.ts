import { jest } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSession, type Session, type TokenStore } from '#src/session.js';
import { RotatingServer } from './rotating-server.js';

/** A rotating server, an empty folder for the tokens, and sessions that use both. */
export class Harness implements AsyncDisposable {
  readonly server: RotatingServer;
  readonly home: string;
  /** Warnings of the process, as `code: message`. */
  readonly warnings: string[] = [];
  readonly #before = process.env['XDG_STATE_HOME'];
  private constructor(server: RotatingServer, home: string) {
    this.server = server;
    this.home = home;
    process.env['XDG_STATE_HOME'] = home;
    jest.spyOn(process, 'emitWarning').mockImplementation((warning, options) => {
      const { code } = Object(options) as { code?: string };
      this.warnings.push(`${String(code)}: ${String(warning)}`);
    });
  }

  static async start(): Promise<Harness> {
    return new Harness(await RotatingServer.start(), await mkdtemp(join(tmpdir(), 'session-home-')));
  }

  get folder(): string {
    return join(this.home, 'my-app');
  }

  /** A session of the SDK form. */
  session(options: SdkPart = {}): Session {
    const { server } = this;
    return createSession({
      name: 'my-app',
      key: 'test',
      signIn: ({ signal }) => post(server, 'sign-in', {}, signal),
      refresh: (refreshToken) => post(server, 'token', { refresh_token: refreshToken }),
      revoke: (tokens) => post(server, 'revoke', { token: tokens.refreshToken ?? tokens.accessToken }),
      ...options,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    jest.restoreAllMocks();
    if (this.#before === undefined) delete process.env['XDG_STATE_HOME'];
    else process.env['XDG_STATE_HOME'] = this.#before;
    await this.server[Symbol.asyncDispose]();
    await rm(this.home, { recursive: true, force: true });
  }
}

export interface SdkPart {
  key?: string;
  store?: TokenStore;
  interactive?: boolean;
  refreshTimeout?: number;
  signIn?: (context: { signal: AbortSignal }) => unknown;
  refresh?: ((refreshToken: string) => unknown) | undefined;
  revoke?: (() => unknown) | undefined;
}

export async function post(
  server: RotatingServer,
  path: string,
  params: Record<string, string> = {},
  signal: AbortSignal | null = null,
): Promise<unknown> {
  const response = await fetch(new URL(path, server.origin), {
    method: 'POST',
    body: new URLSearchParams(params),
    redirect: 'manual',
    signal,
  });
  const text = await response.text();
  const body = JSON.parse(text) as { error?: string };
  if (response.ok && body.error === undefined) return body;
  const error = new Error(`rejected with ${String(response.status)}`);
  throw Object.assign(error, { error: body.error, status: response.status, response });
}

/** What a promise rejects with. */
export async function rejection(
  promise: Promise<unknown>,
): Promise<Error & { code?: string; reason?: string; oauthError?: string; retryAfter?: number }> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error('It has resolved');
}
