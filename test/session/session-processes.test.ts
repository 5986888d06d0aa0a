import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { rmSync } from 'node:fs';
import { onPosix } from '../helpers/systems.js';
import { Arena, failureOf, until } from './arena.js';
import { Apps } from './processes.js';
import { sendJson } from './rotating-server.js';

jest.setTimeout(60_000);

let apps: Apps;

beforeAll(async () => {
  apps = await Apps.build();
});

afterAll(async () => {
  await apps[Symbol.asyncDispose]();
});

describe('several processes', () => {
  it('S1: 50 with an expired token send one refresh, and all get its token', async () => {
    await using arena = await Arena.start(apps);
    await arena.signIn();
    const all = await arena.appsOf(50);
    const tokens = await Promise.all(all.map((app) => app.call('accessToken')));
    expect(new Set(tokens).size).toBe(1);
    expect(arena.server.requestsOf('token')).toHaveLength(1);
    expect(arena.server.isValid(String(tokens[0]))).toBe(true);
    expect(await arena.files()).toEqual(['KEY.json']);
  });

  it('S1: who waited takes the token that another stored, also if it asked to refresh', async () => {
    await using arena = await Arena.start(apps);
    await arena.signIn();
    const all = await arena.appsOf(3);
    const held = arena.hold('token');
    const tokens = all.map((app) => app.call('accessToken', { forceRefresh: true }));
    (await held)();
    expect(new Set(await Promise.all(tokens)).size).toBe(1);
    expect(arena.server.requestsOf('token')).toHaveLength(1);
  });

  it('S1: 50 calls of one process that share a signal send one refresh, without a warning of too many listeners', async () => {
    await using arena = await Arena.start(apps);
    const app = await arena.app();
    for (const options of [{}, { forceRefresh: true }]) {
      const tokens = (await app.call('fifty', options)) as string[];
      expect([tokens.length, new Set(tokens).size]).toEqual([50, 1]);
    }
    expect(arena.server.requests).toHaveLength(2);
    await app.end();
    expect(app.stderr()).toBe('');
  });

  it('S6: a lock that another takes and releases at the same moment is no error', async () => {
    await using arena = await Arena.start(apps);
    await arena.signIn();
    // What the system says if the other one holds it; at the next look it is free.
    const preload = `import fs from 'node:fs';
      import { syncBuiltinESMExports } from 'node:module';
      const { renameSync } = fs;
      fs.renameSync = (from, to) => {
        if (!to.endsWith('.lock')) return renameSync(from, to);
        fs.renameSync = renameSync;
        syncBuiltinESMExports();
        throw Object.assign(new Error('ENOTEMPTY'), { code: 'ENOTEMPTY', syscall: 'rename' });
      };
      syncBuiltinESMExports();`;
    const app = await arena.app({}, { nodeArgs: ['--import', `data:text/javascript,${encodeURIComponent(preload)}`] });
    expect(arena.server.isValid(String(await app.call('accessToken')))).toBe(true);
  });

  it('S5: sign in once: the others wait, say so in one line, and take the tokens', async () => {
    await using arena = await Arena.start(apps);
    const [first, ...others] = await arena.appsOf(3);
    const held = arena.hold('sign-in');
    const token = first?.call('accessToken');
    const go = await held;
    const tokens = others.map((app) => app.call('accessToken'));
    await until(() => others.every((app) => app.stderr() !== ''));
    const silent = await arena.app({ interactive: false });
    expect(await failureOf(silent.call('accessToken'))).toMatchObject({ code: 'SIGN_IN_REQUIRED' });
    expect(await failureOf((await arena.app()).call('accessToken', { abortAfter: 50 }))).toMatchObject({
      code: 'TIMED_OUT',
    });
    go();
    expect(new Set(await Promise.all([token, ...tokens])).size).toBe(1);
    expect(arena.server.requestsOf('sign-in')).toHaveLength(1);
    for (const app of others) expect(app.stderr()).toBe('Waiting for the sign-in that another process has started.\n');
    expect(first?.stderr()).toBe('');
  });

  it('S5: if a sign-in ends without tokens, those who waited reject with its reason, and do not ask again', async () => {
    await using arena = await Arena.start(apps);
    const [first, ...others] = await arena.appsOf(4);
    const held = arena.hold('sign-in');
    const failure = failureOf(first?.call('accessToken') ?? Promise.resolve());
    const go = await held;
    const failures = others.map((app) => failureOf(app.call('accessToken')));
    await until(() => others.every((app) => app.stderr() !== ''));
    go((response) => {
      sendJson(response, 400, { error: 'access_denied' });
    });
    expect(await failure).toMatchObject({ name: 'Error', message: 'rejected with 400' });
    for (const { code, message, reason } of await Promise.all(failures)) {
      expect({ code, reason }).toEqual({ code: 'SIGN_IN_REQUIRED', reason: 'Error' });
      expect(message).toContain('rejected with 400');
    }
    expect(arena.server.requestsOf('sign-in')).toHaveLength(1);
    // A call that begins afterwards asks again.
    await others[0]?.call('accessToken');
    expect(arena.server.requestsOf('sign-in')).toHaveLength(2);
    expect(await arena.files()).toEqual(['KEY.json']);
  });

  it('S10: signing out in one process does not wait for the refresh of another, whose token is revoked and not stored', async () => {
    await using arena = await Arena.start(apps);
    await arena.signIn();
    const [one, other] = await Promise.all([arena.app(), arena.app()]);
    const held = arena.hold('token');
    const failure = failureOf(one.call('accessToken', { interactive: false }));
    const go = await held;
    // The old token is revoked, but this provider still responds with a new one.
    expect(await other.call('signOut')).toEqual({ revoked: true });
    expect(await arena.files()).toEqual(['KEY.lock']);
    go((response) => {
      sendJson(response, 200, arena.server.issue());
    });
    expect(await failure).toMatchObject({ code: 'SIGN_IN_REQUIRED' });
    expect(await one.call('peek')).toBeNull();
    expect(arena.server.requestsOf('revoke').map(({ params }) => params.get('token'))).toEqual([
      'refresh-token-1',
      'refresh-token-2',
    ]);
  });

  onPosix(
    'S4: the first SIGTERM waits for the response and its write, and ends the process as it would have',
    async () => {
      await using arena = await Arena.start(apps);
      for (const signal of ['SIGTERM', 'SIGINT'] as const) {
        await arena.signIn();
        const app = await arena.app();
        const held = arena.hold('token');
        app.call('accessToken').catch(() => undefined);
        const go = await held;
        app.process.kill(signal);
        await new Promise((resolve) => setTimeout(resolve, 200));
        expect(app.process.signalCode).toBeNull();
        go();
        expect(await app.ended).toMatchObject({ signal });
        expect(await arena.files()).toEqual(['KEY.json']);
        const other = await arena.app({ interactive: false });
        expect(arena.server.isValid(String(await other.call('accessToken')))).toBe(true);
        await other.call('signOut');
      }
      expect(arena.server.reuses).toBe(0);
    },
  );

  onPosix('S4: several signals of one Ctrl+C below a task runner are one signal', async () => {
    await using arena = await Arena.start(apps);
    await arena.signIn();
    const app = await arena.app();
    const held = arena.hold('token');
    app.call('accessToken').catch(() => undefined);
    const go = await held;
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGINT'] as const) app.process.kill(signal);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(app.process.signalCode).toBeNull();
    go();
    expect(await app.ended).toMatchObject({ signal: expect.stringMatching(/^SIG(INT|TERM)$/) });
    const other = await arena.app({ interactive: false });
    expect(arena.server.isValid(String(await other.call('accessToken')))).toBe(true);
    expect(arena.server.reuses).toBe(0);
  });

  onPosix('S4: the second signal acts at once, and outside a refresh so does the first', async () => {
    await using arena = await Arena.start(apps);
    await arena.signIn();
    const [app, idle] = await Promise.all([arena.app(), arena.app()]);
    const held = arena.hold('token');
    app.call('accessToken').catch(() => undefined);
    await held;
    app.process.kill('SIGTERM');
    await new Promise((resolve) => setTimeout(resolve, 200));
    const before = performance.now();
    app.process.kill('SIGTERM');
    expect(await app.ended).toMatchObject({ signal: 'SIGTERM' });
    expect(performance.now() - before).toBeLessThan(2000);
    await idle.call('peek');
    idle.process.kill('SIGTERM');
    expect(await idle.ended).toMatchObject({ signal: 'SIGTERM' });
  });

  onPosix('S4: a kill at any time leaves the old or the new file whole', async () => {
    await using arena = await Arena.start(apps);
    await arena.signIn();
    for (let round = 0; round < 6; round++) {
      const app = await arena.app();
      const { next } = arena.server;
      next['token'] = [
        (_request, _response, usual) => {
          usual();
          setTimeout(() => app.process.kill('SIGKILL'), round);
        },
      ];
      const call = app.call('accessToken', { forceRefresh: true }).catch(() => undefined);
      await app.ended;
      await call;
      const stored = await arena.stored();
      expect(stored?.response.refresh_token).toMatch(/^refresh-token-/);
      // What is left is no lock for long: it is removed here, because waiting for that is another test.
      rmSync(arena.folder, { recursive: true });
      await arena.signIn();
    }
  });

  it('S3: a refresh is sent once: its response is not asked for again if it gets lost', async () => {
    await using arena = await Arena.start(apps);
    await arena.signIn();
    const app = await arena.app();
    const held = arena.hold('token');
    const failure = failureOf(app.call('accessToken'));
    const go = await held;
    go((response) => {
      arena.server.refresh(new URLSearchParams({ refresh_token: 'refresh-token-1' }));
      response.destroy();
    });
    expect(await failure).toMatchObject({ code: 'REFRESH_FAILED' });
    expect(arena.server.requestsOf('token')).toHaveLength(1);
    expect((await arena.stored())?.response.refresh_token).toBe('refresh-token-1');
  });
});
