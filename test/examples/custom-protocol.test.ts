import { describe, expect, it, jest } from '@jest/globals';
import { execFile, spawnSync } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { completeLogin } from '#src/testing.js';
import { runExample, temporaryFolder, type Example } from '../helpers/example.js';
import { onLinux, onPosix } from '../helpers/systems.js';

jest.setTimeout(120_000);

const run = promisify(execFile);
const hasXdgUtils = ['xdg-open', 'xdg-mime'].every((name) => spawnSync('which', [name]).status === 0);
const itWithXdg = hasXdgUtils ? it : it.skip;
const why = hasXdgUtils ? '' : ' (SKIPPED: xdg-utils is not installed)';

/** A home folder for the test, so that the user's settings are not touched. */
async function newHome(): Promise<{ path: string; env: NodeJS.ProcessEnv } & AsyncDisposable> {
  const folder = await temporaryFolder();
  const env = {
    HOME: folder.path,
    XDG_DATA_HOME: join(folder.path, 'data'),
    XDG_CONFIG_HOME: join(folder.path, 'config'),
    XDG_RUNTIME_DIR: join(folder.path, 'runtime'),
  };
  for (const name of ['data', 'config', 'runtime']) await mkdir(join(folder.path, name), { mode: 0o700 });
  return { path: folder.path, env, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

/**
 * Signs in, and returns the URI of the custom protocol. Not in a browser: Chromium aborts a navigation to a scheme that it does
 * not know, and then reports the response with the redirect only sometimes.
 */
async function redirectOf(uri: URL, decision: 'allow' | 'deny' = 'allow'): Promise<string> {
  const { callbackUri } = await completeLogin(uri, { account: 'ada', decision });
  return callbackUri?.href ?? '';
}

/** Does what the system does with a URI: finds its handler, and starts it. Any DISPLAY will do. */
async function xdgOpen(uri: string, env: NodeJS.ProcessEnv): Promise<{ stderr: string }> {
  return run('xdg-open', [uri], { env: { PATH: process.env['PATH'], ...env, DISPLAY: ':99', BROWSER: '' } });
}

function start(env: NodeJS.ProcessEnv, ...args: string[]): Example {
  return runExample('custom-protocol/index.ts', { args, env });
}

describe('examples/custom-protocol', () => {
  itWithXdg.each([
    ['a code in the query', [], /embed-auth-demo:\/\/callback\?code=/],
    ['a token in the fragment', ['--implicit'], /embed-auth-demo:\/\/callback#access_token=/],
  ])(`receives %s from a second process that xdg-open starts${why}`, async (_, args, shape) => {
    await using home = await newHome();
    await using example = start(home.env, ...args);
    const uri = await redirectOf(await example.loginUri());
    expect(uri).toMatch(shape);
    const folder = join(home.path, 'runtime', 'embed-auth-demo');
    const modes = ['.', 'hand-over.json', 'socket'].map(async (name) => (await stat(join(folder, name))).mode & 0o777);
    expect(await Promise.all(modes)).toEqual([0o700, 0o600, 0o600]);
    expect((await xdgOpen(uri, home.env)).stderr).toBe('');
    expect(await example.ended).toBe(0);
    expect(example.output).toContain('Ada Lovelace');
    expect(await readdir(folder)).toEqual([]);
  });

  itWithXdg(`rejects a foreign URI and goes on waiting, and ends with a denial${why}`, async () => {
    await using home = await newHome();
    await using example = start(home.env);
    const login = await example.loginUri();
    await xdgOpen('embed-auth-demo://callback?code=theirs&state=foreign', home.env);
    await example.printed(/A URI was rejected: state_foreign\./);
    await xdgOpen(await redirectOf(login, 'deny'), home.env);
    expect(await example.ended).toBe(1);
    expect(example.output).toContain('ACCESS_DENIED');
  });

  itWithXdg(`ends with an error if the response arrives at another URI${why}`, async () => {
    await using home = await newHome();
    await using example = start(home.env);
    const login = await example.loginUri();
    const response = { code: 'c', state: login.searchParams.get('state') ?? '', iss: login.origin };
    await xdgOpen(`embed-auth-demo://elsewhere?${new URLSearchParams(response).toString()}`, home.env);
    expect(await example.ended).toBe(1);
    expect(example.output).toContain('REDIRECT_URI_MISMATCH');
  });

  itWithXdg(`reports in the second process that no first one is running${why}`, async () => {
    await using home = await newHome();
    await using example = start(home.env);
    await example.loginUri();
    example.kill('SIGKILL'); // It leaves its socket and its file behind.
    await example.ended;
    const failure: unknown = await xdgOpen('embed-auth-demo://callback?code=c&state=s', home.env).catch(
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ stderr: expect.stringContaining('NO_FIRST_PROCESS: ') });
    expect((failure as { stderr: string }).stderr).not.toContain('code=c');
    // They do not keep the next first process from starting. A running one does.
    await using next = start(home.env);
    await next.loginUri();
    await using another = start(home.env);
    expect(await another.ended).toBe(1);
    expect(another.output).toContain('ANOTHER_FIRST_PROCESS: ');
  });

  itWithXdg(`removes its registration${why}`, async () => {
    await using home = await newHome();
    {
      await using example = start(home.env);
      await example.loginUri();
    }
    const entry = join(home.path, 'data', 'applications', 'embed-auth-demo.desktop');
    expect(await readFile(entry, 'utf8')).toContain('MimeType=x-scheme-handler/embed-auth-demo;');
    await using unregister = start(home.env, '--unregister');
    expect(await unregister.ended).toBe(0);
    await expect(stat(entry)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  onLinux('names the package to install if there is no xdg-mime', async () => {
    await using home = await newHome();
    const bin = join(home.path, 'bin');
    await mkdir(bin);
    for (const name of ['node', 'npx', 'sh', 'env']) {
      const { stdout } = await run('which', [name]);
      await symlink(stdout.trim(), join(bin, name));
    }
    await using example = start({ ...home.env, PATH: bin });
    expect(await example.ended).toBe(1);
    expect(example.output).toMatch(/XDG_MIME_MISSING: .*xdg-utils/);
  });

  onLinux('names the folder in which it may not register', async () => {
    await using home = await newHome();
    await chmod(join(home.path, 'data'), 0o500);
    // Root may write everywhere except there.
    const data = process.getuid?.() === 0 ? '/sys/embed-auth' : join(home.path, 'data');
    await using example = start({ ...home.env, XDG_DATA_HOME: data });
    expect(await example.ended).toBe(1);
    expect(example.output).toMatch(/NOT_PERMITTED: This user may not register a protocol here \(E[A-Z]+: \/.*\)\./);
  });

  onPosix('does not use a folder that others can use', async () => {
    await using home = await newHome();
    await mkdir(join(home.path, 'runtime', 'embed-auth-demo'), { mode: 0o755 });
    await using example = start(home.env, 'embed-auth-demo://callback?code=c&state=s');
    expect(await example.ended).toBe(1);
    expect(example.output).toContain('FOLDER_NOT_SAFE: ');
  });
});
