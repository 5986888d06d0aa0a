import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { isInstalled } from '../helpers/compat.js';
import { runtimes } from '../helpers/runtimes.js';
import { Arena } from './arena.js';
import { Apps, type App } from './processes.js';
import { RotatingServer } from './rotating-server.js';

jest.setTimeout(60_000);

let apps: Apps;

beforeAll(async () => {
  apps = await Apps.build();
});

afterAll(async () => {
  await apps[Symbol.asyncDispose]();
});

for (const { name, package: needed, program, args } of runtimes) {
  const title = isInstalled(needed) ? name : `${name} (skipped: run npm ci --prefix test/compat; missing ${needed})`;
  (isInstalled(needed) ? describe : describe.skip)(`a session on ${title}`, () => {
    const start = async (arena: Arena): Promise<App> => await arena.app({}, { command: [program, ...args] });

    it('S1: shares one refresh with a process on this Node', async () => {
      await using arena = await Arena.start(apps);
      await arena.signIn();
      const all = await Promise.all([start(arena), start(arena), arena.app()]);
      const held = arena.hold('token');
      const tokens = all.map((app) => app.call('accessToken'));
      (await held)();
      expect(new Set(await Promise.all(tokens)).size).toBe(1);
      expect(arena.server.requestsOf('token')).toHaveLength(1);
      expect(await all[0].call('signOut')).toEqual({ revoked: true });
      await Promise.all(all.map((app) => app.end()));
      expect(await arena.files()).toEqual([]);
      expect(all.map((app) => app.stderr())).toEqual(['', '', '']);
    });

    it('S4: the first SIGTERM waits for the response and its write', async () => {
      await using arena = await Arena.start(apps);
      await arena.signIn();
      const app = await start(arena);
      const held = arena.hold('token');
      app.call('accessToken').catch(() => undefined);
      const go = await held;
      app.process.kill('SIGTERM');
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(app.process.signalCode).toBeNull();
      go();
      expect(await app.ended).toMatchObject({ signal: 'SIGTERM' });
      expect(await arena.files()).toEqual(['KEY.json']);
      expect(arena.server.canRefresh((await arena.stored())?.response.refresh_token)).toBe(true);
    });

    it('S11: loses the token at a redirect to another origin, whose 401 refreshes nothing', async () => {
      await using arena = await Arena.start(apps);
      await using other = await RotatingServer.start();
      const app = await start(arena);
      arena.server.next['resource'] = [
        (_request, response) => response.writeHead(307, { location: new URL('resource', other.origin).href }).end(),
      ];
      expect(await app.call('fetch', 'resource')).toEqual([401, '{}']);
      expect(other.requestsOf('resource').map(({ headers }) => headers.authorization)).toEqual([undefined]);
      expect(arena.server.requestsOf('token')).toEqual([]);
      const token = await app.call('peek');
      arena.server.refuse(String(token));
      expect(await app.call('fetch', 'resource')).toEqual([200, expect.stringContaining('access-token-2')]);
      expect(arena.server.requestsOf('token')).toHaveLength(1);
    });
  });
}
