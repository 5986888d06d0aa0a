import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { build } from 'esbuild';
import { copyFile, readFile } from 'node:fs/promises';
import path from 'node:path';
import { completeLogin, startTestAuthorizationServer } from '#src/testing.js';
import { installedApp } from '../helpers/compat.js';
import { removeFolder, root, temporaryFolder } from '../helpers/package.js';
import { Windows, wineMissing } from '../helpers/wine.js';

// A new Windows takes Wine a minute on a busy machine.
jest.setTimeout(300_000);

/** What a shell or PowerShell could take for its own. */
const loginUris = [
  'https://accounts.example.com/authorize?client_id=a&state=%22%20-x',
  "https://accounts.example.com/authorize?a=$(calc)&b=`calc`&c='d'&e=%PATH%^&f=;calc",
  'https://accounts.example.com/authorize?a="&calc&"&b=\\"\\',
];

(wineMissing === undefined ? describe : describe.skip)(
  `the packed package on Windows Node, under Wine${wineMissing === undefined ? '' : ` (skipped: ${wineMissing})`}`,
  () => {
    let folder: string;
    let app: string;
    let windows: Windows;
    let record: string;
    let result: Record<string, unknown>;

    beforeAll(async () => {
      folder = await temporaryFolder('windows');
      app = await installedApp(folder);
      const fixtures = path.join(root, 'test', 'fixtures', 'windows');
      await copyFile(path.join(fixtures, 'checks.mjs'), path.join(app, 'checks.mjs'));
      await build({
        entryPoints: [path.join(fixtures, 'protocol.ts')],
        outfile: path.join(app, 'protocol.mjs'),
        bundle: true,
        platform: 'node',
        format: 'esm',
        target: 'node20.19',
        external: ['embed-auth-server'],
      });
      windows = await Windows.create(folder);
      record = await windows.recordPowerShell();
      const checks = await windows.node(['checks.mjs', windows.path(folder), ...loginUris], { cwd: app });
      const status = await checks.ended;
      const output = await checks.output();
      if (status !== 0) throw new Error(`The checks failed with ${String(status)}: ${output}`);
      // The checks print one line of JSON; Wine may print others.
      const line = output.split('\n').find((text) => text.startsWith('{"platform"'));
      if (line === undefined) throw new Error(`The checks printed no result: ${output}`);
      result = JSON.parse(line) as Record<string, unknown>;
    });

    afterAll(async () => {
      await windows[Symbol.asyncDispose]();
      await removeFolder(folder);
    });

    it('runs on Windows', () => {
      expect(result.platform).toBe('win32');
    });

    it('signs in twelve times, by token and by code', () => {
      const expected = Array.from({ length: 12 }, (_, index) => `${index % 2 === 0 ? 'token' : 'code'}-${index}`);
      expect(result.signIns).toEqual(expected);
    });

    it('rejects a port in use, and frees its port at once', () => {
      expect(result.ports).toEqual({ code: 'PORT_IN_USE', isSame: true });
    });

    it('binds localhost to both families, or fails', () => {
      expect(result.families).toEqual({ statuses: [200, 200], code: 'PORT_IN_USE' });
    });

    it('serves a template folder with spaces in its path, by path and by URL, and nothing outside of it', () => {
      const site = { page: true, asset: 'the asset', leaks: 0 };
      expect(result.paths).toEqual([site, site]);
    });

    it('gives PowerShell each login URI as one quoted text', async () => {
      expect(result.openers).toEqual(loginUris.map(() => 'opened'));
      const lines = (await readFile(record, 'utf8')).split('\n');
      const commands = lines
        .filter((_, index) => /^-EncodedCommand$/i.test(lines[index - 1] ?? ''))
        .map((encoded) => Buffer.from(encoded, 'base64').toString('utf16le'));
      // PowerShell: in single quotes, only a single quote is special, and it is doubled.
      const quoted = loginUris.map((uri) => `'${new URL(uri).href.replaceAll("'", "''")}'`);
      expect(commands).toEqual(quoted.map((text) => expect.stringContaining(text)));
    });

    it('hands a URI of a registered custom protocol over to the first process, by a named pipe', async () => {
      const first = await windows.node(['protocol.mjs'], { cwd: app });
      const [, line = ''] = await first.says(/^(\{"uri":.*\})\s/m);
      const { uri } = JSON.parse(line) as { uri: string }; // The fixture prints it.
      // Wine 8 starts programs by HKEY_LOCAL_MACHINE only; Windows merges both.
      const [, scheme = ''] = /^(.*?):/.exec(uri) ?? [];
      const [from, to] = ['HKCU', 'HKLM'].map((key) => `${key}\\Software\\Classes\\${scheme}`);
      const copy = await windows.start(['reg', 'copy', from ?? '', to ?? '', '/s', '/f'], { cwd: app });
      expect([await copy.ended, await copy.output()]).toEqual([0, expect.any(String)]);
      const second = await windows.start(['start', uri], { cwd: app });
      expect([await second.ended, await second.output()]).toEqual([0, expect.any(String)]);
      expect([await first.ended, await first.output()]).toEqual([0, expect.stringContaining('{"token":"the token"}')]);
    });

    it('runs the command', async () => {
      const provider = await startTestAuthorizationServer({ accessToken: 'the-token' });
      try {
        const cli = 'node_modules/embed-auth-server/dist/cli.js';
        const args = [cli, 'login', '--client-id', 'my-id', '--flow', 'implicit', '--no-browser', '--json'];
        args.push('--authorize-uri', provider.authorizationEndpoint.href, '--port', '0');
        const command = await windows.node(args, { cwd: app });
        const [, uri = ''] = await command.says(/^Sign in at (http\S+)$/m);
        await completeLogin(uri);
        expect([await command.ended, await command.output()]).toEqual([0, expect.stringContaining('"the-token"')]);
      } finally {
        await provider.close();
      }
    });
  },
);
