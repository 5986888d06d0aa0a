import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { request, type IncomingMessage } from 'node:http';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { completeLogin, startTestAuthorizationServer, type TestAuthorizationServer } from '#src/testing.js';
import { browser, expectFree, portOf, requestOf, useCommands, type Command } from './command.js';
import { onLinux, onPosix } from '../helpers/systems.js';

// Each test starts processes, on machines that may be busy.
jest.setTimeout(60_000);

const commands = useCommands();
let provider: TestAuthorizationServer;

beforeEach(async () => {
  provider = await startTestAuthorizationServer({ accessToken: 'secret-token', refreshToken: 'secret-refresh' });
});

afterEach(async () => {
  await provider.close();
});

function login(...args: string[]): string[] {
  const endpoint = ['--authorize-uri', provider.authorizationEndpoint.href];
  return ['login', '--client-id', 'my-id', ...endpoint, '--port', '0', ...args];
}

function start(...args: string[]): Command {
  return commands.start(login('--no-browser', ...args), {});
}

/** What stderr says, without the breaks of lines. */
function said({ stderr }: Command): string {
  return stderr.replaceAll('\n', ' ');
}

describe('embed-auth-server login', () => {
  onLinux('prints the bare token to a pipe, and everything else to stderr', async () => {
    const command = commands.start(login('--flow', 'implicit', '--scope', 'one', '--scope', 'two three'));
    expect([await command.ended, command.stdout]).toEqual([0, 'secret-token\n']);
    expect(command.stderr).toMatch(/^Sign in at http[^]*^Signed in\.$/m);
    expect(command.stderr).not.toMatch(/secret|\u001b/); // eslint-disable-line no-control-regex -- colours begin with it
    expect(provider.requestsTo('authorization')[0]?.params.get('scope')).toBe('one two three');
  });

  onLinux('prints JSON with the wire names', async () => {
    const command = commands.start(login('--flow', 'implicit', '--json', '--issuer', provider.issuer));
    expect(await command.ended).toBe(0);
    expect(JSON.parse(command.stdout)).toEqual({
      access_token: 'secret-token',
      token_type: 'Bearer',
      expires_in: 3600,
    });
  });

  it('sends each --param, also several of one name', async () => {
    const command = start('--param', 'prompt=login=now', '--param', 'resource=a', '--param', 'resource=b');
    const params = await requestOf(await command.loginUri());
    expect([params.get('prompt'), params.getAll('resource')]).toEqual(['login=now', ['a', 'b']]);
  });

  onLinux('exchanges the code if the token endpoint is given', async () => {
    const page = join(commands.folder, 'page.json');
    const command = commands.start(login('--token-uri', provider.tokenEndpoint.href, '--json'), {
      BROWSER: browser,
      TEST_PAGE: page,
    });
    expect(await command.ended).toBe(0);
    expect(JSON.parse(command.stdout)).toMatchObject({ access_token: 'secret-token', refresh_token: 'secret-refresh' });
    const [sent] = provider.requestsTo('token');
    expect(Object.fromEntries(sent?.params ?? [])).toMatchObject({ client_id: 'my-id' });
    expect(sent?.params.has('code_verifier')).toBe(true);
    expect(JSON.parse(await readFile(page, 'utf8'))).toMatchObject({ state: 'success' });
  });

  onLinux('sends the client secret of the environment, which the browser does not inherit', async () => {
    await provider.close();
    provider = await startTestAuthorizationServer({ clientSecret: 'canary-secret', accessToken: 'for the secret' });
    const opener = join(commands.folder, 'opener.sh');
    const variables = join(commands.folder, 'variables');
    await writeFile(opener, `#!/bin/sh\nenv > ${variables}\nexec ${browser} "$@"\n`, { mode: 0o755 });
    const command = commands.start(login('--token-uri', provider.tokenEndpoint.href), {
      BROWSER: opener,
      EMBED_AUTH_CLIENT_SECRET: 'canary-secret',
    });
    expect([await command.ended, command.stdout]).toEqual([0, 'for the secret\n']);
    const inherited = await readFile(variables, 'utf8');
    expect(inherited).toContain('BROWSER=');
    expect(inherited + command.stderr).not.toMatch(/canary|EMBED_AUTH/);
  });

  it('fails if the exchange fails, and the page says so', async () => {
    provider.configure({ tokenError: 'invalid_grant' });
    const command = start('--token-uri', provider.tokenEndpoint.href);
    const page = await completeLogin(await command.loginUri());
    expect(page).toMatchObject({ state: 'error', reason: 'failed' });
    expect([await command.ended, command.stdout]).toEqual([1, '']);
    expect(said(command)).toContain('rejected the request (invalid_grant). Run the command again.');
    expect(command.stderr).not.toContain(page.callbackUri?.searchParams.get('code') ?? '');
  });

  it('prints the code and what its exchange needs if --no-exchange is given', async () => {
    const command = start('--no-exchange');
    const uri = await command.loginUri();
    expect(await completeLogin(uri)).toMatchObject({ state: 'success' });
    expect(await command.ended).toBe(0);
    const grant = JSON.parse(command.stdout) as Record<string, string>;
    expect(Object.keys(grant)).toEqual(['code', 'code_verifier', 'redirect_uri', 'client_id']);
    const body = new URLSearchParams({ grant_type: 'authorization_code', ...grant });
    expect((await fetch(provider.tokenEndpoint, { method: 'POST', body })).status).toBe(200);
    expect(said(command)).toContain('within a minute or so.');
    await expectFree(portOf(uri));
  });

  it('says before the browser opens that there will be no token, prints the code, and exits with 1', async () => {
    const command = start();
    const uri = await command.loginUri();
    expect(said(command)).toContain('There will be a code, but no token: give --token-uri');
    await completeLogin(uri);
    expect(await command.ended).toBe(1);
    expect(JSON.parse(command.stdout)).toHaveProperty('code');
  });

  it('exits with 3 if the access is denied, with the provider’s words made safe', async () => {
    provider.configure({ error: { error: 'access_denied', errorDescription: 'Never' } });
    const command = start();
    await completeLogin(await command.loginUri());
    expect([await command.ended, command.stdout]).toEqual([3, '']);
    const host = provider.authorizationEndpoint.host;
    expect(command.stderr).toContain(`The access was denied.\n${host} says: access_denied: Never\n`);
  });

  it('exits with 1 if the provider responds with another error, and says what to compare', async () => {
    provider.configure({ error: 'invalid_scope' });
    const command = start();
    await completeLogin(await command.loginUri());
    expect([await command.ended, command.stdout]).toEqual([1, '']);
    expect(said(command)).toMatch(
      /Compare --client-id, --scope and the redirect URI with .*Redirect URI: http:\/\/127\.0\.0\.1:PORT\/callback/,
    );
  });

  it('names the provider that was asked, not the one whose endpoint was replaced', async () => {
    provider.configure({ error: 'invalid_scope' });
    const command = start('--provider', 'spotify');
    await completeLogin(await command.loginUri());
    expect(await command.ended).toBe(1);
    expect(command.stderr).not.toContain('Spotify');
  });

  it.each([
    [['--timeout', '1'], 'The limit was 1 second;'],
    [['--timeout', '2'], 'The limit was 2 seconds;'],
  ])('exits with 124 after %j, and says that nothing arrived', async (args, limit) => {
    const command = start(...args);
    const uri = await command.loginUri();
    expect([await command.ended, command.stdout]).toEqual([124, '']);
    expect(said(command)).toMatch(/No response arrived\. Usual causes: the redirect URI is not registered/);
    expect(said(command)).toContain(`${limit} --timeout sets another.`);
    await expectFree(portOf(uri));
  });

  it('says at once that a response was rejected, and counts it when the time is over', async () => {
    const command = start('--timeout', '5');
    const { port } = new URL(`http://127.0.0.1:${portOf(await command.loginUri())}`);
    await fetch(`http://127.0.0.1:${port}/callback?code=foreign-code&state=foreign-state`);
    await command.says(/A response of another sign-in arrived and was rejected/);
    expect([await command.ended, command.stdout]).toEqual([124, '']);
    expect(said(command)).toContain('1 response arrived and was rejected: state_foreign.');
    expect(command.stderr).not.toMatch(/foreign-code|foreign-state/);
  });

  onPosix('accepts a pasted address at a terminal, and shows no secret there', async () => {
    const args = ['--no-browser', '--flow', 'implicit'];
    const command = commands.shell(`script -qec "$CLI ${login(...args).join(' ')}" /dev/null`, {
      SHELL: '/bin/sh',
      NO_COLOR: '1',
    });
    const uri = await command.prints(/^(http\S+\/authorize\?\S+)\r?$/m);
    const { callbackUri } = await completeLogin(uri[1] ?? '', { visitCallback: false });
    command.child.stdin.write(`${String(callbackUri)}\n`);
    expect(await command.ended).toBe(0);
    expect(command.stdout).toMatch(/Signed in\.[^]*access token {2}\(hidden; --show prints it\)/);
    expect(command.stdout).not.toContain('secret-token');
    expect(command.stdout.match(/Signed in/g)).toHaveLength(1);
  });

  onPosix.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('ends cleanly by %s while it waits', async (signal, status) => {
    const command = start();
    const uri = await command.loginUri();
    command.child.kill(signal);
    expect([await command.ended, command.stdout]).toEqual([status, '']);
    expect(said(command)).toContain('register http://127.0.0.1:PORT/callback there. Cancelled.');
    await expectFree(portOf(uri));
  });

  onPosix('ends cleanly by Ctrl-C while the code is being exchanged, and the page says so', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as { port: number };
    try {
      const command = start('--token-uri', `http://127.0.0.1:${port}/token`);
      const uri = await command.loginUri();
      const page = completeLogin(uri);
      const [socket] = (await once(silent, 'connection')) as [Socket];
      command.child.kill('SIGINT');
      expect(await command.ended).toBe(130);
      expect(await page).not.toMatchObject({ state: 'success' });
      socket.destroy();
      await expectFree(portOf(uri));
    } finally {
      silent.close();
    }
  });
});

describe('the redirect URI', () => {
  const rule = 'The port may vary only if the provider ignores the port of loopback addresses';

  it.each([
    [
      'of a known provider',
      ['--provider', 'github'],
      'Redirect URI: http://127.0.0.1:5543/callback GitHub: Register http://127.0.0.1/callback; the port may vary.',
    ],
    [
      'with another port',
      ['--provider', 'twitch', '--port', '6001'],
      'Redirect URI: http://localhost:6001/callback Twitch: Register exactly this URI',
    ],
    [
      'of an unknown provider',
      ['--authorize-uri', 'https://a.test/'],
      `Redirect URI: http://127.0.0.1:5543/callback Register exactly this URI with a.test. ${rule}`,
    ],
    [
      'as text',
      ['--authorize-uri', 'https://a.test/', '--redirect-uri', 'http://LOCALHOST:6002'],
      'Redirect URI: http://LOCALHOST:6002 ',
    ],
    [
      'with several ports',
      ['--authorize-uri', 'https://a.test/', '--port', '6003', '--port', '6004'],
      'Redirect URIs: http://127.0.0.1:6003/callback http://127.0.0.1:6004/callback Register each of them with a.test.',
    ],
    [
      'with any port',
      ['--authorize-uri', 'https://a.test/', '--port', '0'],
      'Redirect URI: http://127.0.0.1:PORT/callback Register it with a.test.',
    ],
    [
      'with port 0 in it',
      ['--authorize-uri', 'https://a.test/', '--redirect-uri', 'http://127.0.0.1:0/callback'],
      'Redirect URI: http://127.0.0.1:PORT/callback Register it with a.test.',
    ],
    [
      'of a tunnel',
      ['--authorize-uri', 'https://a.test/', '--public-uri', 'https://b.test/callback'],
      'Redirect URI: https://b.test/callback Register exactly this URI with a.test.',
    ],
  ])('is shown %s, with what to register, when the sign-in has failed', async (_name, args, text) => {
    const command = commands.start(['login', '--client-id', 'x', '--no-browser', '--timeout', '1', ...args], {});
    await command.loginUri();
    expect(command.stderr).not.toContain('Redirect URI');
    expect(await command.ended).toBe(124);
    expect(said(command)).toContain(text);
  });

  it('has another port if its own is in use, and others are given', async () => {
    const port = new URL(provider.issuer).port;
    const args = ['login', '--client-id', 'x', '--provider', 'spotify', '--no-browser', '--port', port];
    const command = commands.start(args, {});
    expect([await command.ended, command.stdout]).toEqual([1, '']);
    expect(said(command)).toContain(`Port ${port} on 127.0.0.1 is in use`);
    expect(said(command)).toContain('give --port once for each');
    const second = commands.start([...args, '--port', '0'], {});
    expect(portOf(await second.loginUri())).not.toBe(Number(port));
  });

  // Only Linux has the whole of 127.0.0.0/8.
  onLinux('is --public-uri if the browser uses another address, and --host is the address to listen on', async () => {
    const reserved = createServer().listen(0, '127.0.0.2');
    await once(reserved, 'listening');
    const { port } = reserved.address() as { port: number };
    reserved.close();
    const args = ['login', '--client-id', 'x', '--authorize-uri', 'https://a.test/', '--no-browser'];
    const command = commands.start(
      [...args, '--public-uri', 'https://b.test/callback', '--host', '127.0.0.2', '--port', String(port)],
      {},
    );
    const uri = new URL(await command.loginUri());
    expect(uri.searchParams.get('redirect_uri') ?? `${uri.origin}/callback`).toBe('https://b.test/callback');
    // The tunnel passes the request on, with its name as Host.
    const visit = request({ port, host: '127.0.0.2', path: '/callback', headers: { host: 'b.test' } }).end();
    const [response] = (await once(visit, 'response')) as [IncomingMessage];
    response.resume();
    expect(response.statusCode).toBe(200);
  });
});
