import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { completeLogin, startTestAuthorizationServer } from '#src/testing.js';
import { Command } from '../cli/command.js';
import { appScript, removeFolder, run, signedIn, temporaryFolder } from '../helpers/package.js';
import { installedApp, isInstalled } from '../helpers/compat.js';
import { runtimes } from '../helpers/runtimes.js';

jest.setTimeout(240_000);

let folder: string | undefined;
let app: string;
let env: Record<string, string>;

beforeAll(async () => {
  if (!runtimes.some((runtime) => isInstalled(runtime.package))) return;
  folder = await temporaryFolder('runtimes');
  app = await installedApp(folder);
  env = { DENO_DIR: path.join(folder, 'deno'), DENO_NO_UPDATE_CHECK: '1', NO_COLOR: '1' };
});

afterAll(async () => {
  if (folder !== undefined) await removeFolder(folder);
});

for (const runtime of runtimes) {
  const isHere = isInstalled(runtime.package);
  const why = `skipped: run npm ci --prefix test/compat on Linux x64; missing ${runtime.package}`;
  (isHere ? describe : describe.skip)(`the packed package on ${runtime.name}${isHere ? '' : ` (${why})`}`, () => {
    it('runs on this runtime', async () => {
      const { stdout } = await run(runtime.program, ['--version'], { cwd: app, env });
      expect(stdout).toMatch(runtime.version);
    });

    it.each(['main.mjs', 'main.cjs'])(
      'signs in for a token and for a code from %s, stops, exits by itself and warns of nothing',
      async (script) => {
        const { stdout, stderr } = await run(runtime.program, [...runtime.args, script], { cwd: app, env });
        expect(stderr).toBe('');
        expect(JSON.parse(stdout)).toEqual(signedIn);
      },
    );

    it('traces the steps of a sign-in', async () => {
      const traced = { ...env, NODE_DEBUG: 'embed-auth-server' };
      const { stderr } = await run(runtime.program, [...runtime.args, 'main.mjs'], { cwd: app, env: traced });
      // One sign-in with a token, and one with a code.
      expect(stderr.match(/response with .*: grant/g)).toHaveLength(2);
      expect(stderr.match(/event: \w+/g)).toEqual(['event: implicitGrantReceived', 'event: authorizationCodeReceived']);
    });

    it('runs the test kit without HTTP_PROXY, which Bun and Deno use for loopback, too', async () => {
      const script = path.join(app, 'kit.mjs');
      await writeFile(script, await appScript('esm', 'kit.ts'));
      // Nothing listens there. Node uses the variables only with the third one.
      const proxy = { HTTP_PROXY: 'http://127.0.0.1:9', http_proxy: 'http://127.0.0.1:9', NODE_USE_ENV_PROXY: '1' };
      const { stdout } = await run(runtime.program, [...runtime.args, script], { cwd: app, env: { ...env, ...proxy } });
      expect(JSON.parse(stdout)).toEqual({ state: 'success', isCode: true });
    });

    it('runs the command', async () => {
      const provider = await startTestAuthorizationServer({ accessToken: 'the-token' });
      try {
        const args = ['node_modules/embed-auth-server/dist/cli.js', 'login', '--client-id', 'my-id', '--port', '0'];
        args.push('--authorize-uri', provider.authorizationEndpoint.href, '--token-uri', provider.tokenEndpoint.href);
        const command = new Command(runtime.program, [...runtime.args, ...args, '--no-browser', '--json'], env, app);
        await completeLogin(await command.loginUri());
        expect([await command.ended, command.stderr]).toEqual([0, expect.stringContaining('Signed in.')]);
        expect(JSON.parse(command.stdout)).toMatchObject({ access_token: 'the-token' });
      } finally {
        await provider.close();
      }
    });
  });
}
