import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { isInstalled, modules } from '../helpers/compat.js';
import { describeOnPosix, onLinux } from '../helpers/systems.js';
import { restored, TerminalSignIn, type TerminalSignInOptions } from '../helpers/terminal-sign-in.js';

jest.setTimeout(60_000);

const running: TerminalSignIn[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((terminal) => terminal.dispose()));
});

async function start(options: TerminalSignInOptions): Promise<TerminalSignIn> {
  const terminal = await TerminalSignIn.start(options);
  running.push(terminal);
  return terminal;
}

const env = { SSH_CONNECTION: '203.0.113.7 1 192.0.2.9 22' };

describeOnPosix('login({ terminal: true }) in a program that reads stdin itself (R46)', () => {
  it('offers no paste while the program reads', async () => {
    const terminal = await start({ env, login: { hostInput: 'reads' } });
    await terminal.shows('Waiting for the browser.');
    terminal.type('help\r');
    await terminal.shows('command help');
    await terminal.redirect();
    await terminal.shows('grant with a code of 11 characters');
    terminal.type('exit\r');
    await terminal.shows(restored);
    expect(terminal.raw).not.toContain('paste');
  });

  it('accepts a paste while the program has paused, which neither sees nor shows it', async () => {
    const terminal = await start({ env, login: { hostInput: 'paused' } });
    await terminal.shows(/paste it here\./);
    terminal.type(`${(await terminal.callbackUri()).href}\r`);
    await terminal.shows('grant with a code of 11 characters');
    expect(terminal.raw).not.toMatch(/secret-code|command/);
    terminal.type('exit\r');
    await terminal.shows('command exit');
    await terminal.shows(restored);
  });

  it('leaves the terminal to a program that begins to read', async () => {
    const terminal = await start({ env, login: { hostInput: 'later' } });
    await terminal.shows(/paste it here\./);
    process.kill((await terminal.addresses()).pid, 'SIGUSR1');
    await terminal.shows(/paste it here\.$/);
    terminal.type('exit\r');
    await terminal.shows('command exit');
    await terminal.redirect();
    await terminal.shows('grant with a code of 11 characters');
    await terminal.shows(restored);
  });

  onLinux('accepts a paste in a terminal that is not the controlling one', async () => {
    const terminal = await start({ env, before: 'setsid -w' });
    await terminal.shows(/paste it here\./);
    terminal.type(`${(await terminal.callbackUri()).href}\r`);
    await terminal.shows('Signed in. grant with a code of 11 characters');
    await terminal.shows(restored);
    expect(terminal.raw).not.toContain('secret-code');
  });
});

const deno = path.join(modules, '@deno', 'linux-x64-glibc', 'deno');

(isInstalled('@deno/linux-x64-glibc') ? describe : describe.skip)('login({ terminal: true }) on Deno', () => {
  let folder: string;
  let app: string;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'deno-terminal-'));
    const root = fileURLToPath(new URL('../..', import.meta.url));
    // The page is read from the folder templates/ two levels above.
    app = path.join(folder, 'src', 'page', 'sign-in.mjs');
    await symlink(path.join(root, 'templates'), path.join(folder, 'templates'));
    const banner = "--banner:js=import{createRequire}from'node:module';const require=createRequire(import.meta.url);";
    execFileSync(path.join(root, 'node_modules', '.bin', 'esbuild'), [
      path.join(root, 'test', 'fixtures', 'terminal', 'sign-in.ts'),
      ...['--bundle', '--platform=node', '--format=esm', '--external:open', '--external:express', banner],
      ...['--log-level=error', `--outfile=${app}`],
    ]);
  });

  afterAll(() => rm(folder, { recursive: true }));

  it.each<[NodeJS.Signals, string]>([
    ['SIGTERM', '143'],
    ['SIGINT', '130'],
  ])('restores the terminal if %s ends the program', async (signal, status) => {
    const command = [deno, 'run', '--no-prompt', '--allow-all', app];
    const terminal = await start({ env: { ...env, DENO_DIR: folder, DENO_NO_UPDATE_CHECK: '1' }, command });
    await terminal.shows(/paste it here\./);
    process.kill((await terminal.addresses()).pid, signal);
    expect((await terminal.shows(restored))[1]).toBe(status);
  });

  it('accepts a paste', async () => {
    const command = [deno, 'run', '--no-prompt', '--allow-all', app];
    const terminal = await start({ env: { ...env, DENO_DIR: folder, DENO_NO_UPDATE_CHECK: '1' }, command });
    await terminal.shows(/paste it here\./);
    terminal.type(`\u001b[200~${(await terminal.callbackUri()).href}\u001b[201~\r`);
    await terminal.shows('Signed in. grant with a code of 11 characters');
    await terminal.shows(restored);
    expect(terminal.raw).not.toContain('secret-code');
  });
});
