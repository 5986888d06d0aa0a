import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { build } from 'esbuild';
import { cp, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { startTestAuthorizationServer, type TestAuthorizationServer } from '#src/testing.js';
import { isInstalled, modules } from '../helpers/compat.js';
import { run } from '../helpers/package.js';

jest.setTimeout(120_000);

const root = fileURLToPath(new URL('../..', import.meta.url));
let server: TestAuthorizationServer;
let folder: string;
let program: string;
let store: string;

beforeAll(async () => {
  server = await startTestAuthorizationServer({ accessToken: 'the-token' });
  folder = await mkdtemp(path.join(tmpdir(), 'session-permission-'));
  // What runs from the sources reads them two folders up.
  program = path.join(folder, 'dist', 'bin', 'permission.mjs');
  await cp(path.join(root, 'templates'), path.join(folder, 'templates'), { recursive: true });
  await build({
    entryPoints: [
      path.join(root, 'test', 'fixtures', 'session', 'permission.ts'),
      path.join(root, 'test', 'fixtures', 'session', 'browser.ts'),
    ],
    outdir: path.dirname(program),
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['open', 'express', '@napi-rs/keyring', '@modelcontextprotocol/client'],
    // eventemitter3 is CommonJS.
    banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
  });
  // Node hands its permissions on to programs by NODE_OPTIONS, which another Node does not know.
  const browser = `#!/bin/sh\nexec env -u NODE_OPTIONS '${process.execPath}' '${path.dirname(program)}/browser.mjs' "$1"\n`;
  await writeFile(path.join(folder, 'browser'), browser, { mode: 0o755 });
});

beforeEach(async () => {
  const state = path.join(folder, 'state');
  store = path.join(state, 'my-app');
  await rm(state, { recursive: true, force: true });
  await mkdir(state);
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await server.close();
});

async function start([command = '', ...flags]: readonly string[], ...args: readonly string[]): Promise<string> {
  const env = {
    ...{ XDG_STATE_HOME: path.dirname(store), BROWSER: path.join(folder, 'browser'), NO_COLOR: '1' },
    ...{ DENO_DIR: path.join(folder, 'deno'), DENO_NO_UPDATE_CHECK: '1' },
  };
  // An open pipe as stdin would be waited for: the callback URI may come from there.
  const shell = ['-c', 'exec "$@" </dev/null', 'sh', command, ...flags, program, server.issuer, ...args];
  const { stdout } = await run('/bin/sh', shell, { env, cwd: folder });
  return stdout.trim();
}

const node = (version: string): string => path.join(modules, version, 'bin', 'node');
const deno = path.join(modules, '@deno', 'linux-x64-glibc', 'deno');

interface Flags {
  readonly program: readonly string[];
  readonly net: readonly string[];
  readonly env: readonly string[];
  /** To see whose the file of the tokens is. */
  readonly sys: readonly string[];
  read(folder: string): string;
  write(folder: string): string;
  readonly run: string;
}

const ofNode = (version: string, net: readonly string[]): Flags => ({
  program: [node(version), '--permission', '--allow-fs-read=./dist/*', '--allow-fs-read=./templates/*'],
  net,
  env: [],
  sys: [],
  // A folder that does not exist yet needs the asterisk.
  read: (name) => `--allow-fs-read=${name}/*`,
  write: (name) => `--allow-fs-write=${name}/*`,
  run: '--allow-child-process',
});

const runtimes: readonly (readonly [string, Flags])[] = [
  ['node22', ofNode('node22', [])],
  ['node24', ofNode('node24', [])],
  ['node26', ofNode('node26', ['--allow-net'])],
  [
    '@deno/linux-x64-glibc',
    {
      program: [deno, 'run', '--no-prompt', '--allow-read=./templates'],
      net: ['--allow-net=127.0.0.1'],
      env: ['--allow-env'],
      sys: ['--allow-sys=uid'],
      read: (name) => `--allow-read=${name}`,
      write: (name) => `--allow-write=${name}`,
      run: '--allow-run',
    },
  ],
];

for (const [name, flags] of runtimes) {
  (isInstalled(name) ? describe : describe.skip)(`createSession with the permissions of ${name}`, () => {
    const some = (...given: readonly string[]): readonly string[] => [
      ...flags.program,
      ...flags.net,
      ...flags.env,
      ...given,
    ];
    const flagOf = (flag: string): string => flag.replace(/=.*/, '');

    it('signs in with the smallest set, and saves the token for this user only', async () => {
      expect(await start(some(flags.read(store), flags.write(store), flags.run))).toBe('the-token');
      const [file = '', ...others] = await readdir(store);
      expect(others).toEqual([]);
      expect((await stat(path.join(store, file))).mode & 0o777).toBe(0o600);
      // A saved token needs no browser and no write.
      expect(await start(some(flags.read(store), ...flags.sys))).toBe('the-token');
    });

    it('names the flag to read the tokens', async () => {
      expect(await start(some(flags.write(store), flags.run))).toMatch(
        `cannot be read (this program must be run with ${flagOf(flags.read(store))})`,
      );
    });

    it('names the flag to write the tokens', async () => {
      expect(await start(some(flags.read(store), flags.run))).toMatch(
        `SessionError STORE_UNWRITABLE Nothing can be written where the tokens are kept (this program must be run with ${flagOf(flags.write(store))})`,
      );
    });

    it('names the flag to open a browser', async () => {
      expect(await start(some(flags.read(store), flags.write(store)))).toMatch(
        new RegExp(`^BrowserOpenError BROWSER_NOT_OPENED .* has no permission for it\\. Run it with ${flags.run}\\. `),
      );
    });

    it('names the flag to open a browser also if the session writes to stderr', async () => {
      expect(await start(some(flags.read(store), flags.write(store)), '--terminal')).toMatch(
        new RegExp(`^BrowserOpenError BROWSER_NOT_OPENED .* Run it with ${flags.run}\\.$`),
      );
    });

    it('names the flag to read a template folder', async () => {
      expect(await start(some(), path.join(folder, 'site'))).toMatch(
        new RegExp(`^TemplateError TEMPLATE_UNREADABLE .* run this program with ${flagOf(flags.read(''))}\\.$`),
      );
    });

    (flags.net.length > 0 ? it : it.skip)('names the flag to reach the provider', async () => {
      expect(await start([...flags.program, ...flags.env, flags.read(store), flags.write(store)])).toMatch(
        /^ProviderError PROVIDER_UNAVAILABLE .* this program has no permission for it\. Run it with --allow-net\.$/,
      );
    });
  });
}
