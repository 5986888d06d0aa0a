import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withFileLock } from '#src/session/file-lock.js';
import type { HeldLock } from '#src/session/token-store.js';
import { describeOnPosix } from '../helpers/systems.js';
import { Arena, failureOf, until } from './arena.js';
import { Apps, type App } from './processes.js';
import { sendJson } from './rotating-server.js';

jest.setTimeout(60_000);

/** Each waits for more than ten seconds, so that all run at once. */
const scenarios = {
  'S6: kill -9 of a process that refreshes frees the lock within 15 s': async (arena: Arena) => {
    await arena.signIn();
    const [dying, waiting] = await arena.appsOf(2);
    const held = arena.hold('token');
    dying?.call('accessToken').catch(() => undefined);
    await held;
    const token = waiting?.call('accessToken');
    dying?.process.kill('SIGKILL');
    const before = performance.now();
    expect(arena.server.isValid(String(await token))).toBe(true);
    expect(performance.now() - before).toBeGreaterThan(9000);
    expect(performance.now() - before).toBeLessThan(15_000);
    expect(arena.server.requestsOf('token')).toHaveLength(2);
    expect(await arena.files()).toContain('KEY.json');
  },

  'S5: kill -9 of a process that signs in frees the lock, and the next who waits signs in, once': async (
    arena: Arena,
  ) => {
    const [dying, ...waiting] = await arena.appsOf(3);
    const held = arena.hold('sign-in');
    dying?.call('accessToken').catch(() => undefined);
    await held;
    const tokens = waiting.map((app) => app.call('accessToken'));
    await until(() => waiting.every((app) => app.stderr() !== ''));
    dying?.process.kill('SIGKILL');
    expect(new Set(await Promise.all(tokens)).size).toBe(1);
    expect(arena.server.requestsOf('sign-in')).toHaveLength(2);
  },

  'S6: a holder that was stopped takes the lock again, and does not write over what another has stored': async (
    arena: Arena,
  ) => {
    await arena.signIn();
    const [stopped, other] = await arena.appsOf(2);
    const held = arena.hold('token');
    const late = stopped?.call('accessToken');
    const go = await held;
    stopped?.process.kill('SIGSTOP');
    const token = await other?.call('accessToken');
    go((response) => {
      sendJson(response, 200, { access_token: 'late', refresh_token: 'late', expires_in: 3600 });
    });
    stopped?.process.kill('SIGCONT');
    expect(await late).toBe(token);
    expect((await arena.stored())?.response.access_token).toBe(token);
  },

  'S6: a holder that was stopped still writes if nothing was stored meanwhile': async (arena: Arena) => {
    await arena.signIn();
    const [stopped, other] = await arena.appsOf(2);
    const held = arena.hold('token');
    const late = stopped?.call('accessToken');
    const go = await held;
    stopped?.process.kill('SIGSTOP');
    // It takes the lock, and fails.
    arena.server.next['token'] = [
      (_request, response) => {
        sendJson(response, 503, {});
      },
    ];
    expect(await failureOf(other?.call('accessToken') ?? Promise.resolve())).toMatchObject({ code: 'REFRESH_FAILED' });
    go();
    stopped?.process.kill('SIGCONT');
    expect((await arena.stored())?.response.access_token).not.toBe(undefined);
    expect(await late).toBe('access-token-2');
    expect((await arena.stored())?.response.access_token).toBe('access-token-2');
  },

  'S6: a machine that sleeps in the middle of a refresh loses nothing': async (arena: Arena) => {
    await arena.signIn();
    const [holder, waiting] = await arena.appsOf(2);
    const held = arena.hold('token');
    const call = async (app: App | undefined): Promise<unknown> => await app?.call('accessToken');
    const tokens = [call(holder)];
    const go = await held;
    tokens.push(call(waiting));
    await new Promise((resolve) => setTimeout(resolve, 500));
    // No process runs for longer than a lock takes to become stale. The clock that goes on is the one that counts.
    for (const app of [holder, waiting]) app?.process.kill('SIGSTOP');
    await new Promise((resolve) => setTimeout(resolve, 12_000));
    // The one who waits is awake first, and sees a lock without a sign of life.
    waiting?.process.kill('SIGCONT');
    await new Promise((resolve) => setTimeout(resolve, 500));
    holder?.process.kill('SIGCONT');
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(arena.server.requestsOf('token')).toHaveLength(1);
    go();
    expect(new Set(await Promise.all(tokens)).size).toBe(1);
    expect(arena.server.requestsOf('token')).toHaveLength(1);
  },

  'S6: a clock that jumps steals no lock': async (arena: Arena) => {
    await arena.signIn();
    const jumps =
      'const { now } = Date; let hours = 0; Date.now = () => now() + (hours += 1) * 3_600_000 * (hours % 2 ? 1 : -1);';
    const nodeArgs = ['--import', `data:text/javascript,${encodeURIComponent(jumps)}`];
    const holder = await arena.app();
    const waiting = await arena.app({}, { nodeArgs });
    const held = arena.hold('token');
    const tokens: Promise<unknown>[] = [holder.call('accessToken')];
    const go = await held;
    tokens.push(waiting.call('accessToken'));
    await new Promise((resolve) => setTimeout(resolve, 12_000));
    expect(arena.server.requestsOf('token')).toHaveLength(1);
    go();
    expect(new Set(await Promise.all(tokens)).size).toBe(1);
    expect(arena.server.requestsOf('token')).toHaveLength(1);
  },

  'S6: waiting for the lock ends after `refreshTimeout` and 15 s, with STORE_LOCKED': async (arena: Arena) => {
    await arena.signIn();
    const holder = await arena.app({ refreshTimeout: 60_000 });
    const held = arena.hold('token');
    const token = holder.call('accessToken');
    const go = await held;
    const waiting = await arena.app({ refreshTimeout: 500 });
    const before = performance.now();
    expect(await failureOf(waiting.call('accessToken'))).toMatchObject({ name: 'SessionError', code: 'STORE_LOCKED' });
    expect(performance.now() - before).toBeGreaterThan(15_400);
    go();
    await token;
  },

  'S3: a provider that hangs while three processes wait: each gets an error, and the tokens are kept': async (
    arena: Arena,
  ) => {
    await arena.signIn();
    const all = await arena.appsOf(3, { refreshTimeout: 1000 });
    arena.server.always['token'] = () => undefined;
    const failures = await Promise.all(all.map((app) => failureOf(app.call('accessToken'))));
    for (const { code } of failures) expect(code).toBe('REFRESH_FAILED');
    expect((await arena.stored())?.response.refresh_token).toBe('refresh-token-1');
  },

  'S4: a signal waits for a response that does not come for 5 s': async (arena: Arena) => {
    await arena.signIn();
    const app = await arena.app();
    const held = arena.hold('token');
    app.call('accessToken').catch(() => undefined);
    await held;
    const before = performance.now();
    app.process.kill('SIGTERM');
    expect(await app.ended).toMatchObject({ signal: 'SIGTERM' });
    expect(performance.now() - before).toBeGreaterThan(4900);
    expect(await arena.files()).not.toContain('KEY.lock');
  },

  'S6: a holder whose event loop was busy for as long writes only if nothing was stored meanwhile': async (
    arena: Arena,
  ) => {
    await arena.signIn();
    const [busy, other] = await arena.appsOf(2);
    const held = arena.hold('token');
    const late = busy?.call('accessToken');
    const go = await held;
    busy?.call('block', 12_500).catch(() => undefined);
    const token = await other?.call('accessToken');
    go((response) => {
      sendJson(response, 200, { access_token: 'late', refresh_token: 'late', expires_in: 3600 });
    });
    expect(await late).toBe(token);
    expect((await arena.stored())?.response.access_token).toBe(token);
  },
};

describeOnPosix('the locks of several processes', () => {
  let apps: Apps;
  const results = new Map<string, Promise<unknown>>();

  beforeAll(async () => {
    apps = await Apps.build();
    for (const [name, scenario] of Object.entries(scenarios)) {
      const run = async (): Promise<void> => {
        await using arena = await Arena.start(apps);
        await scenario(arena);
      };
      results.set(
        name,
        run().catch((error: unknown) => error),
      );
    }
  });

  afterAll(async () => {
    await Promise.all(results.values());
    await apps[Symbol.asyncDispose]();
  });

  it.each(Object.keys(scenarios))('%s', async (name) => {
    const error = await results.get(name);
    if (error !== undefined) throw error as Error;
  });
});

describe('withFileLock', () => {
  let parent: string;
  let folder: string;
  const { signal } = new AbortController();

  beforeAll(() => {
    parent = mkdtempSync(join(tmpdir(), 'session-lock-'));
    folder = join(parent, 'the.lock');
  });

  afterAll(() => {
    rmSync(parent, { recursive: true });
  });

  it('runs one action at a time, and leaves nothing', async () => {
    let running = 0;
    let most = 0;
    const action = async (): Promise<void> => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, 5));
      running -= 1;
    };
    await Promise.all(
      Array.from({ length: 20 }, () => withFileLock(folder, action, { signal: new AbortController().signal })),
    );
    expect(most).toBe(1);
    expect(readdirSync(parent)).toEqual([]);
  });

  it('is released if the action throws', async () => {
    await expect(withFileLock(folder, () => Promise.reject(new Error('action')), { signal })).rejects.toThrow('action');
    expect(await withFileLock(folder, () => Promise.resolve(5), { signal })).toBe(5);
  });

  it('ends the wait by its signal, or by what is seen meanwhile, and leaves nothing', async () => {
    await withFileLock(
      folder,
      async () => {
        const reason = new Error('enough');
        await expect(
          withFileLock(folder, () => Promise.resolve(1), { signal: AbortSignal.abort(reason) }),
        ).rejects.toBe(reason);
        let looks = 0;
        const look = (): number | undefined => ((looks += 1) > 2 ? looks : undefined);
        expect(await withFileLock(folder, () => Promise.resolve(1), { signal, look })).toBe(3);
      },
      { signal },
    );
    expect(readdirSync(parent)).toEqual([]);
  });

  it('takes an empty folder, which a holder that died while it released the lock has left', async () => {
    mkdirSync(folder);
    expect(await withFileLock(folder, () => Promise.resolve(1), { signal })).toBe(1);
  });

  it('knows when it was lost, and does not release the lock of the next holder', async () => {
    let held: HeldLock | undefined;
    await withFileLock(
      folder,
      (lock) => {
        held = lock;
        expect(lock.isHeld()).toBe(true);
        rmSync(folder, { recursive: true });
        mkdirSync(folder);
        writeFileSync(join(folder, 'another'), '1');
        expect(lock.isHeld()).toBe(false);
        return Promise.resolve();
      },
      { signal },
    );
    expect(held?.isHeld()).toBe(false);
    expect(readdirSync(folder)).toEqual(['another']);
    rmSync(folder, { recursive: true });
  });
});
