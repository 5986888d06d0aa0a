import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onPosix } from '../helpers/systems.js';
import { Arena, failureOf } from './arena.js';
import { Apps } from './processes.js';

jest.setTimeout(60_000);

let apps: Apps;

beforeAll(async () => {
  apps = await Apps.build();
});

afterAll(async () => {
  await apps[Symbol.asyncDispose]();
});

const isRoot = process.getuid?.() === 0;

describe('the file system of the tokens', () => {
  it('S6, S9: a file system that has neither links nor modes is used, and is said to keep no modes', async () => {
    await using arena = await Arena.start(apps);
    const preload = `import fs from 'node:fs';
      import { syncBuiltinESMExports } from 'node:module';
      const { fstatSync } = fs;
      fs.fstatSync = (descriptor) => Object.assign(fstatSync(descriptor), { mode: 0o100777 });
      fs.fchmodSync = fs.linkSync = fs.link = fs.promises.link = () => {
        throw Object.assign(new Error('ENOTSUP'), { code: 'ENOTSUP', syscall: 'link' });
      };
      syncBuiltinESMExports();`;
    const nodeArgs = ['--import', `data:text/javascript,${encodeURIComponent(preload)}`];
    const [one, other] = [await arena.app({}, { nodeArgs }), await arena.app({}, { nodeArgs })];
    await one.call('accessToken');
    const tokens = await Promise.all([one, other].map((app) => app.call('accessToken', { forceRefresh: true })));
    expect(new Set(tokens).size).toBe(1);
    expect(arena.server.reuses).toBe(0);
    const warnings = one.reports.filter(([kind]) => kind === 'warning');
    expect(warnings).toEqual([
      ['warning', 'EMBED_AUTH_STORE_MODES', expect.stringContaining('keeps no file modes') as unknown],
    ]);
  });

  onPosix(
    'S4: sends nothing if the folder cannot be written to; the stored token is used while it is valid',
    async () => {
      await using arena = await Arena.start(apps);
      await arena.signIn();
      chmodSync(arena.folder, 0o500);
      chmodSync(arena.home, 0o755);
      // Root may write everywhere.
      const command = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', process.execPath] as const;
      if (isRoot) execFileSync('chown', ['-R', '65534:65534', arena.home]);
      const app = await arena.app({}, isRoot ? { command: [...command] } : {});
      const failure = await failureOf(app.call('accessToken'));
      expect(failure).toMatchObject({ name: 'SessionError', code: 'STORE_UNWRITABLE' });
      expect(arena.server.requestsOf('token')).toHaveLength(0);
    },
  );

  it('S9: a process says that it has no home folder', async () => {
    await using arena = await Arena.start(apps);
    const nobody = isRoot
      ? {
          command: ['setpriv', '--reuid=54321', '--regid=54321', '--clear-groups', process.execPath] as [
            string,
            ...string[],
          ],
        }
      : {};
    const app = await arena.app({}, { env: { XDG_STATE_HOME: '', HOME: '' }, ...nobody });
    if (!isRoot) return;
    expect(await failureOf(app.call('accessToken'))).toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect((await failureOf(app.call('peek'))).message).toContain('no home folder');
  });
});

const canMount = isRoot && process.platform === 'linux' && mounts();

function mounts(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder], { stdio: 'ignore' });
    execFileSync('umount', [folder]);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

(canMount ? describe : describe.skip)('on a small disk (skipped where no file system can be mounted)', () => {
  let disk: string;

  beforeAll(() => {
    disk = mkdtempSync(join(tmpdir(), 'session-disk-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk]);
    mkdirSync(join(disk, 'home'));
  });

  afterAll(() => {
    execFileSync('umount', [disk]);
    rmSync(disk, { recursive: true });
  });

  const fill = (): void => {
    try {
      for (let count = 0; ; count++) writeFileSync(join(disk, `filler-${String(count)}`), Buffer.alloc(4096));
    } catch {
      // It is full.
    }
  };
  const free = (): void => {
    execFileSync('sh', ['-c', `rm -f ${disk}/filler-*`]);
  };

  it('S4: a disk that is full before the request: nothing is sent', async () => {
    await using arena = await Arena.start(apps, join(disk, 'home'));
    await arena.signIn();
    fill();
    const app = await arena.app();
    const failure = await failureOf(app.call('accessToken'));
    expect(failure).toMatchObject({ code: 'STORE_UNWRITABLE' });
    expect(failure.message).toMatch(/make room/i);
    expect(arena.server.requestsOf('token')).toHaveLength(0);
    free();
    await app.call('accessToken', { interactive: false });
    expect(arena.server.reuses).toBe(0);
  });

  it('S4: a disk that fills up after it: the token has its room', async () => {
    mkdirSync(join(disk, 'home'), { recursive: true });
    await using arena = await Arena.start(apps, join(disk, 'home'));
    await arena.signIn();
    const app = await arena.app();
    const held = arena.hold('token');
    const call = app.call('accessToken');
    const go = await held;
    fill();
    go();
    const token = await call;
    expect((await arena.stored())?.response.access_token).toBe(token);
    expect(app.reports).toEqual([['tokensChanged', token]]);
    free();
  });
});
