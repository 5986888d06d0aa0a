import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { isInstalled, modules } from '../helpers/compat.js';
import { run } from '../helpers/package.js';

jest.setTimeout(60_000);

const root = fileURLToPath(new URL('../..', import.meta.url));
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'permission-'));
  await cp(path.join(root, 'templates'), path.join(folder, 'templates'), { recursive: true });
  execFileSync(path.join(root, 'node_modules', '.bin', 'esbuild'), [
    path.join(root, 'test', 'fixtures', 'server', 'start.ts'),
    ...['--bundle', '--platform=node', '--format=esm', '--external:open', '--external:express', '--log-level=error'],
    // eventemitter3 is CommonJS.
    "--banner:js=import{createRequire}from'node:module';const require=createRequire(import.meta.url);",
    `--outfile=${folder}/dist/bin/start.mjs`,
  ]);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function start(program: readonly string[], baseUri: string): Promise<string> {
  const [command = '', ...args] = program;
  const { stdout } = await run(command, [...args, path.join(folder, 'dist', 'bin', 'start.mjs'), baseUri], {
    env: { DENO_DIR: path.join(folder, 'deno'), DENO_NO_UPDATE_CHECK: '1', NO_COLOR: '1' },
    cwd: folder,
  });
  return stdout.trim();
}

const node = path.join(modules, 'node26', 'bin', 'node');
const deno = path.join(modules, '@deno', 'linux-x64-glibc', 'deno');
const runtimes = [
  ['node26', [node, '--permission', '--allow-fs-read=*']],
  ['@deno/linux-x64-glibc', [deno, 'run', '--no-prompt', '--allow-read', '--allow-env']],
] as const;

for (const [name, program] of runtimes) {
  (isInstalled(name) ? describe : describe.skip)(`AuthServer.start with the permissions of ${name}`, () => {
    it.each(['http://127.0.0.1:0/callback', 'http://[::1]:0/callback'])(
      'rejects with a typed error that names the flag, at %s',
      async (baseUri) => {
        expect(await start(program, baseUri)).toMatch(
          /^ServerError PERMISSION_MISSING This program has no permission to listen .* Run it with --allow-net\.$/,
        );
      },
    );

    it('listens with the flag', async () => {
      const [command, ...args] = program;
      const at = args[0] === 'run' ? 1 : 0;
      const permitted = [command, ...args.slice(0, at), '--allow-net', ...args.slice(at)];
      expect(await start(permitted, 'http://127.0.0.1:0/callback')).toBe('listening');
    });
  });
}
