import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { existsSync } from 'node:fs';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onLinux, onPosix } from '../helpers/systems.js';
import { useCommands, type Command } from './command.js';
import { granted, pending, useDeviceServer } from './device-server.js';
import { inTurn, sendJson } from '../helpers/json-server.js';
import { signInWithForms, useOidcServer } from './oidc-server.js';

jest.setTimeout(60_000);

const commands = useCommands();

describe('login --device at a certified provider', () => {
  const provider = useOidcServer();

  async function start(
    clientId: string,
    env: Readonly<Record<string, string>> = {},
  ): Promise<[Command, string, string]> {
    const args = ['login', '--device', '--issuer', provider.issuer, '--client-id', clientId, '--no-browser', '--json'];
    const command = commands.start([...args, '--scope', 'openid'], env);
    const [, uri = ''] = await command.says(/^(http\S+\/device)$/m);
    const [, code = ''] = await command.says(/^([A-Z]{4}-[A-Z]{4})$/m);
    return [command, uri, code];
  }

  it.each([
    ['a public client', 'public', {}],
    ['a client with a secret', 'post', { EMBED_AUTH_CLIENT_SECRET: 'client-secret' }],
  ])('signs in with the code that the user enters, as %s', async (_name, clientId, env) => {
    const [command, uri, code] = await start(clientId, env);
    expect(await signInWithForms(uri, { user_code: code })).toContain('Sign-in Success');
    expect(await command.ended).toBe(0);
    const tokens = JSON.parse(command.stdout) as Record<string, string>;
    expect(tokens).toMatchObject({ token_type: 'Bearer', scope: 'openid' });
    expect(tokens['id_token']?.split('.')).toHaveLength(3);
    expect(command.stderr).not.toMatch(/client-secret|Redirect URI/);
  });

  it('exits with 3 if the user denies', async () => {
    const [command, uri, code] = await start('public');
    await signInWithForms(uri, { user_code: code, abort: 'yes' });
    expect([await command.ended, command.stdout]).toEqual([3, '']);
    expect(command.stderr).toMatch(/The sign-in was denied at 127\.0\.0\.1/);
  });
});

describe('login --device', () => {
  const { server, authorization, args, start } = useDeviceServer(commands);

  it('sends the scopes and parameters, and prints the token alone', async () => {
    const command = start('--scope', 'one', '--scope', 'two three', '--param', 'resource=a', '--param', 'resource=b');
    expect([await command.ended, command.stdout]).toEqual([0, 'the-token\n']);
    const [{ params } = { params: new URLSearchParams() }] = server.requestsTo('/device_authorization');
    expect([params.get('scope'), params.getAll('resource')]).toEqual(['one two three', ['a', 'b']]);
    expect(Object.fromEntries(server.requestsTo('/token')[0]?.params ?? [])).toEqual({
      client_id: 'my-id',
      device_code: 'the-device-code',
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      resource: 'b',
    });
    expect(server.requestsTo('/token')[0]?.params.getAll('resource')).toEqual(['a', 'b']);
    expect(command.stderr).not.toMatch(/the-token|the-device-code/);
  });

  describe('the browser', () => {
    const opened = (): string => join(commands.folder, 'opened');
    let env: Readonly<Record<string, string>>;

    beforeEach(async () => {
      const opener = join(commands.folder, 'opener.sh');
      await writeFile(
        opener,
        `#!/bin/sh\nprintf '%s\\n' "$@" > "${opened()}.new"\nenv >> "${opened()}.new"\nmv "${opened()}.new" "${opened()}"\n`,
      );
      await chmod(opener, 0o755);
      env = { BROWSER: opener, EMBED_AUTH_CLIENT_SECRET: 'canary-secret' };
      server.routes['/device_authorization'] = authorization({
        verification_uri_complete: `${server.origin}/device?user_code=WDJB-MJHT`,
      });
      server.routes['/token'] = (response) => {
        const [status, body] = existsSync(opened()) ? granted : pending;
        sendJson(response, status, body);
      };
    });

    onLinux('is opened with the complete URI, and does not inherit the client secret', async () => {
      const command = commands.start(args(), env);
      expect(await command.ended).toBe(0);
      const text = await readFile(opened(), 'utf8');
      expect(text.split('\n')[0]).toBe(`${server.origin}/device?user_code=WDJB-MJHT`);
      expect(text).not.toContain('canary-secret');
      expect(server.requestsTo('/token')[0]?.params.get('client_secret')).toBe('canary-secret');
      expect(command.stderr).not.toContain('canary-secret');
    });

    it.each([
      ['with --no-browser', ['--no-browser'], {}],
      ['with BROWSER=none', [], { BROWSER: 'none' }],
      ['in a remote session', [], { SSH_CONNECTION: '10.0.0.1 1 10.0.0.2 22' }],
    ])('is not opened %s', async (_name, more, variables) => {
      server.routes['/token'] = inTurn(granted);
      const command = commands.start(args(...more), { ...env, ...variables });
      expect(await command.ended).toBe(0);
      expect(command.stderr).not.toMatch(/browser (?:was|could)|Opening/);
      expect(existsSync(opened())).toBe(false);
    });
  });

  onLinux('fits a terminal of 40 columns, in which only the URIs are longer', async () => {
    server.routes['/device_authorization'] = authorization({
      verification_uri_complete: `${server.origin}/device?user_code=WDJB-MJHT`,
    });
    const command = commands.shell(`script -qec "stty cols 40; $CLI ${args('--no-browser').join(' ')}" /dev/null`, {
      TERM: 'dumb',
      SHELL: '/bin/sh',
    });
    expect(await command.ended).toBe(0);
    expect(command.stdout.replaceAll('\r\n', '\n').replaceAll(server.origin, 'https://login.test')).toBe(`\
To sign in at ${server.origin.replace('http://', '')}, open this
address in a browser on any device:

https://login.test/device

Enter this code there:

WDJB-MJHT

Or open this address, which already
contains the code:

https://login.test/device?user_code=WDJB-MJHT

The code is valid for 15 minutes.
Waiting for the sign-in; Ctrl-C cancels.
Signed in.
  access token  (hidden; --show prints it)
  token type    Bearer
`);
  });

  onPosix('ends at once by Ctrl-C', async () => {
    server.routes['/device_authorization'] = authorization({ interval: 300 });
    const command = start();
    await command.says(/Waiting/);
    command.child.kill('SIGINT');
    expect([await command.ended, command.stdout]).toEqual([130, '']);
    expect(command.stderr).toContain('Cancelled.');
  });
});
