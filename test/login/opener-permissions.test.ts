import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { copyFile, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { isInstalled, modules } from '../helpers/compat.js';
import { run } from '../helpers/package.js';

jest.setTimeout(120_000);

const root = fileURLToPath(new URL('../..', import.meta.url));
const deno = path.join(modules, '@deno', 'linux-x64-glibc', 'deno');
const node = path.join(modules, 'node24', 'bin', 'node');
const hasDeno = isInstalled('@deno/linux-x64-glibc');
const hasNode = isInstalled('node24');

let folder: string;
let bin: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'permissions-'));
  bin = path.join(folder, 'bin');
  await mkdir(bin);
  await writeFile(path.join(bin, 'my-browser'), `#!/bin/sh\necho "$@" > '${folder}/visit'\n`, { mode: 0o755 });
  const esbuild = path.join(root, 'node_modules', '.bin', 'esbuild');
  // What runs from the sources reads them two folders up.
  await cp(path.join(root, 'templates'), path.join(folder, 'templates'), { recursive: true });
  for (const name of ['open-uri', 'login-uri']) {
    const source = path.join(root, 'test', 'fixtures', 'openers', `${name}.ts`);
    const options = ['--bundle', '--platform=node', '--format=esm', '--external:open', '--external:express'];
    // eventemitter3 is CommonJS.
    const banner = "--banner:js=import{createRequire}from'node:module';const require=createRequire(import.meta.url);";
    execFileSync(esbuild, [
      source,
      ...options,
      banner,
      '--log-level=error',
      `--outfile=${folder}/dist/bin/${name}.mjs`,
    ]);
  }
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** What the program printed: the error's code and message, or `opened`. */
async function open(program: string, args: readonly string[], env: object, script = 'open-uri'): Promise<string> {
  const { stdout, stderr } = await run(program, [...args, path.join(folder, 'dist', 'bin', `${script}.mjs`)], {
    env: { DENO_DIR: path.join(folder, 'deno'), DENO_NO_UPDATE_CHECK: '1', NO_COLOR: '1', PATH: bin, ...env },
    cwd: folder,
  });
  expect(stderr).toBe('');
  return stdout.trim();
}

(hasDeno ? describe : describe.skip)('BrowserUtil.open on Deno', () => {
  const all = ['run', '--no-prompt', '--allow-all'];

  it('rejects if the program in BROWSER is missing', async () => {
    expect(await open(deno, all, { BROWSER: 'missing' })).toMatch(
      /^BROWSER_NOT_OPENED .*there is no such program; BROWSER takes a command line/,
    );
  });

  it('tries the next browser of BROWSER', async () => {
    expect(await open(deno, all, { BROWSER: 'missing:my-browser' })).toBe('opened');
    expect(await readFile(path.join(folder, 'visit'), 'utf8')).toBe('https://accounts.example.com/authorize\n');
  });

  it("rejects if the system's opener is missing", async () => {
    expect(await open(deno, all, { DISPLAY: ':99' })).toMatch(
      /^BROWSER_NOT_OPENED .*the system's opener could not be started/,
    );
  });

  it('opens with the smallest set, as docs/runtimes.md has it', async () => {
    const flags = ['run', '--no-prompt', '--allow-env', '--allow-run=xdg-open', '--allow-sys=osRelease'];
    await copyFile(path.join(bin, 'my-browser'), path.join(bin, 'xdg-open'));
    expect(await open(deno, flags, { DISPLAY: ':99' })).toBe('opened');
    await rm(path.join(bin, 'xdg-open'));
  });

  it.each([
    ['--allow-run', ['--allow-env', '--allow-read', '--allow-sys']],
    ['--allow-run', ['--allow-env', '--allow-read', '--allow-sys', '--allow-run=/bin/false']],
    ['--allow-env', ['--allow-run', '--allow-read', '--allow-sys']],
    ['--allow-env', ['--allow-run', '--allow-read', '--allow-env=BROWSER,DISPLAY']],
  ])('names the permission %s, with %j', async (flag, flags) => {
    expect(await open(deno, ['run', '--no-prompt', ...flags], { BROWSER: 'my-browser' })).toMatch(
      new RegExp(`^BROWSER_NOT_OPENED .* has no permission for it\\. Run it with ${flag}\\. `),
    );
  });

  it.each([
    ['--allow-run', ['--allow-env', '--allow-net', '--allow-read', '--allow-sys']],
    ['--allow-env', ['--allow-run', '--allow-net', '--allow-read', '--allow-sys']],
  ])('login() names the permission %s, with %j', async (flag, flags) => {
    expect(await open(deno, ['run', '--no-prompt', ...flags], { BROWSER: 'my-browser' }, 'login-uri')).toMatch(
      new RegExp(`^BROWSER_NOT_OPENED .* has no permission for it\\. Run it with ${flag}\\. `),
    );
  });
});

(hasNode ? describe : describe.skip)('BrowserUtil.open with the permission model of Node 24', () => {
  it('names the permission to start a program', async () => {
    expect(await open(node, ['--permission', '--allow-fs-read=*'], { BROWSER: 'my-browser' })).toMatch(
      /^BROWSER_NOT_OPENED .* has no permission for it\. Run it with --allow-child-process\. /,
    );
  });
});
