import { afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AuthError, AuthorizationError, ImplicitGrantResponse, type AuthErrorCode } from '#src/index.js';
import { describeFailure } from '#src/cli/failure-messages.js';
import { formatGrant, wireGrant } from '#src/cli/grant-output.js';
import { outputTo } from '#src/cli/terminal.js';
import { findProvider, providers } from '#src/cli/providers.js';
import { completeLogin, startTestAuthorizationServer, type TestAuthorizationServer } from '#src/testing.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const cli = join(root, 'dist', 'cli.js');
const browser = join(root, 'test', 'fixtures', 'browsers', 'sign-in.mjs');
// Elsewhere the system's opener does not look at BROWSER.
const onLinux = process.platform === 'linux' ? it : it.skip;
const onPosix = process.platform === 'win32' ? it.skip : it;

// Each test starts processes, on machines that may be busy.
jest.setTimeout(60_000);

let provider: TestAuthorizationServer;
let folder: string;
let running: Command[];

beforeAll(() => {
  if (!existsSync(cli)) throw new Error('dist/cli.js is not there: npm run build');
});

beforeEach(async () => {
  provider = await startTestAuthorizationServer({ accessToken: 'secret-token', refreshToken: 'secret-refresh' });
  folder = await mkdtemp(join(tmpdir(), 'cli-'));
  running = [];
});

afterEach(async () => {
  for (const { child } of running) child.kill('SIGKILL');
  await provider.close();
  await rm(folder, { recursive: true });
});

/** The command in a process of its own. */
class Command {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<number | null>;
  stdout = '';
  stderr = '';

  constructor(args: readonly string[], env: Readonly<Record<string, string>>) {
    const rest = Object.entries(process.env).filter(([name]) => !/^(?:.*DISPLAY|BROWSER|SSH_.*|EMBED_.*)$/.test(name));
    this.child = spawn(process.execPath, [cli, ...args], { env: { ...Object.fromEntries(rest), ...env }, cwd: folder });
    this.child.stdout.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.ended = once(this.child, 'close').then(([code]) => code as number | null);
  }

  /** Waits until stderr has a text. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.stderr);
      if (match !== null) return match;
      const over = await Promise.race([once(this.child.stderr, 'data'), this.ended.then(() => undefined)]);
      if (over === undefined && !pattern.test(this.stderr)) throw new Error(`It never said ${pattern}: ${this.stderr}`);
    }
  }

  async loginUri(): Promise<string> {
    return (await this.says(/^ {2}(http\S+)$/m))[1] ?? '';
  }
}

function start(args: readonly string[], env: Readonly<Record<string, string>> = { BROWSER: browser }): Command {
  const command = new Command(args, env);
  running.push(command);
  return command;
}

function login(...args: string[]): string[] {
  return [
    'login',
    '--client-id',
    'my-id',
    '--authorize-uri',
    provider.authorizationEndpoint.href,
    '--port',
    '0',
    ...args,
  ];
}

function portOf(loginUri: string): number {
  return Number(new URL(new URL(loginUri).searchParams.get('redirect_uri') ?? '').port);
}

/** Resolves when the port can be had. */
async function expectFree(port: number): Promise<void> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  server.close();
}

describe('embed-auth-server login', () => {
  onLinux('prints the bare token to a pipe, and everything else to stderr', async () => {
    const command = start(login('--flow', 'implicit', '--scope', 'one', '--scope', 'two three'));
    expect([await command.ended, command.stdout]).toEqual([0, 'secret-token\n']);
    expect(command.stderr).toContain('Opening the browser');
    expect(command.stderr).not.toContain('secret');
    expect(command.stderr).not.toContain('\u001b');
    expect(provider.requestsTo('authorization')[0]?.params.get('scope')).toBe('one two three');
  });

  onLinux('prints JSON with the wire names', async () => {
    const command = start(
      login('--flow', 'implicit', '--json', '--param', 'prompt=login=now', '--issuer', provider.issuer),
    );
    expect(await command.ended).toBe(0);
    expect(JSON.parse(command.stdout)).toEqual({
      access_token: 'secret-token',
      token_type: 'Bearer',
      expires_in: 3600,
    });
    expect(provider.requestsTo('authorization')[0]?.params.get('prompt')).toBe('login=now');
  });

  onLinux('exchanges the code where the token endpoint is given', async () => {
    const page = join(folder, 'page.json');
    const command = start(login('--token-uri', provider.tokenEndpoint.href, '--json'), {
      BROWSER: browser,
      TEST_PAGE: page,
    });
    expect(await command.ended).toBe(0);
    expect(JSON.parse(command.stdout)).toMatchObject({ access_token: 'secret-token', refresh_token: 'secret-refresh' });
    const [request] = provider.requestsTo('token');
    expect(Object.fromEntries(request?.params ?? [])).toMatchObject({ client_id: 'my-id' });
    expect(request?.params.has('code_verifier')).toBe(true);
    expect(JSON.parse(await readFile(page, 'utf8'))).toMatchObject({ state: 'success' });
  });

  onLinux('sends a client secret from the environment', async () => {
    await provider.close();
    provider = await startTestAuthorizationServer({ clientSecret: 'hush', accessToken: 'for the secret' });
    const command = start(login('--token-uri', provider.tokenEndpoint.href), {
      BROWSER: browser,
      EMBED_AUTH_CLIENT_SECRET: 'hush',
    });
    expect([await command.ended, command.stdout]).toEqual([0, 'for the secret\n']);
  });

  it('fails where the exchange fails, and the page says so', async () => {
    provider.configure({
      tokenError: { error: 'invalid_grant', errorDescription: 'No\u001b[2J more' },
      code: 'the-code',
    });
    const command = start(login('--token-uri', provider.tokenEndpoint.href, '--no-browser'));
    const page = await completeLogin(await command.loginUri());
    expect(page).toMatchObject({ state: 'error', reason: 'failed' });
    expect([await command.ended, command.stdout]).toEqual([1, '']);
    expect(command.stderr).toContain('refused the code (invalid_grant: No\ufffd[2J more)');
    expect(command.stderr).not.toContain('the-code');
  });

  it('prints the code and what its exchange needs where no token endpoint is known', async () => {
    const command = start(login('--no-browser'));
    const uri = await command.loginUri();
    expect(await completeLogin(uri)).toMatchObject({ state: 'success' });
    expect(await command.ended).toBe(0);
    const { token_endpoint: endpoint, ...grant } = JSON.parse(command.stdout) as Record<string, string>;
    expect(endpoint).toBeUndefined();
    const body = new URLSearchParams({ grant_type: 'authorization_code', ...grant });
    expect((await fetch(provider.tokenEndpoint, { method: 'POST', body })).status).toBe(200);
    expect(command.stderr).toContain('give --token-uri');
    await expectFree(portOf(uri));
  });

  it('takes a pasted address, after one that it does not take', async () => {
    const command = start(login('--no-browser', '--flow', 'implicit'));
    const { callbackUri } = await completeLogin(await command.loginUri(), { visitCallback: false });
    command.child.stdin.write('http://127.0.0.1/callback?code=foreign&state=foreign\n');
    await command.says(/The callback was not taken/);
    command.child.stdin.write(`"${String(callbackUri)}"\n`);
    expect([await command.ended, command.stdout]).toEqual([0, 'secret-token\n']);
  });

  onLinux('asks for the answer where there is no browser', async () => {
    const command = start(login('--flow', 'implicit'), {});
    await command.says(/No browser could be opened here/);
    await command.says(/paste it here/);
    expect(await completeLogin(await command.loginUri())).toMatchObject({ state: 'success' });
    expect(await command.ended).toBe(0);
  });

  onLinux('asks for the answer in a remote shell, whose browser may be elsewhere', async () => {
    const command = start(login(), {
      BROWSER: browser,
      TEST_DECISION: 'close',
      SSH_CONNECTION: '10.0.0.1 1 10.0.0.2 22',
    });
    await command.says(/paste it here/);
    await completeLogin(await command.loginUri());
    expect(await command.ended).toBe(0);
    expect(command.stderr.match(/^ {2}http/gm)).toHaveLength(1);
  });

  it('exits with 3 where the access is denied, with the provider’s words made safe', async () => {
    provider.configure({ error: { error: 'access_denied', errorDescription: 'Never\u001b]0;x\u0007\u202e' } });
    const command = start(login('--no-browser'));
    await completeLogin(await command.loginUri());
    expect([await command.ended, command.stdout]).toEqual([3, '']);
    expect(command.stderr).toContain('says: access_denied: Never\ufffd]0;x\ufffd\ufffd');
  });

  it('exits with 1 where the provider refuses', async () => {
    provider.configure({ error: 'invalid_scope' });
    const command = start(login('--no-browser'));
    await completeLogin(await command.loginUri());
    expect(await command.ended).toBe(1);
    expect(command.stderr).toContain('Compare --client-id, --scope and --redirect-uri');
  });

  it('exits with 124 where nobody signs in', async () => {
    const command = start(login('--no-browser', '--timeout', '1'));
    const uri = await command.loginUri();
    expect([await command.ended, command.stdout]).toEqual([124, '']);
    expect(command.stderr).toContain('Nobody signed in within 1 seconds');
    await expectFree(portOf(uri));
  });

  onPosix('ends in silence where the reader of its output has gone', async () => {
    const command = start(login('--no-browser', '--flow', 'implicit'));
    const uri = await command.loginUri();
    command.child.stdout.destroy();
    expect(await completeLogin(uri)).toMatchObject({ state: 'success' });
    expect(await command.ended).toBe(1);
    expect(command.stderr).not.toMatch(/EPIPE|secret/);
  });

  onPosix.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('ends cleanly by %s while it waits', async (signal, status) => {
    const command = start(login('--no-browser'));
    const uri = await command.loginUri();
    command.child.kill(signal);
    expect([await command.ended, command.stdout]).toEqual([status, '']);
    expect(command.stderr).toContain('The sign-in was ended.');
    await expectFree(portOf(uri));
  });

  onLinux('ends cleanly by Ctrl-C while the browser is being opened', async () => {
    const command = start(login());
    await command.says(/Opening the browser/);
    command.child.kill('SIGINT');
    expect(await command.ended).toBe(130);
  });

  onPosix('ends cleanly by Ctrl-C while the code is being exchanged, and the page says so', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as { port: number };
    const command = start(login('--token-uri', `http://127.0.0.1:${port}/token`, '--no-browser'));
    const uri = await command.loginUri();
    const page = completeLogin(uri);
    const [socket] = (await once(silent, 'connection')) as [Socket];
    command.child.kill('SIGINT');
    expect(await command.ended).toBe(130);
    expect(await page).toMatchObject({ state: 'error', reason: 'failed' });
    socket.destroy();
    silent.close();
    await expectFree(portOf(uri));
  });

  it('says which port is taken, and takes another where one was named', async () => {
    const port = new URL(provider.issuer).port;
    const args = ['login', '--client-id', 'x', '--provider', 'spotify', '--no-browser', '--port', port];
    const command = start(args);
    expect([await command.ended, command.stdout]).toEqual([1, '']);
    expect(command.stderr).toContain(`Port ${port} on 127.0.0.1 is in use`);
    expect(command.stderr).toContain('--port, once for each port');
    const second = start([...args, '--port', '0']);
    expect(new URL(await second.loginUri()).host).toBe('accounts.spotify.com');
  });

  it.each([
    ['no client id', ['login'], '--client-id is needed'],
    ['no provider', ['login', '--client-id', 'x'], '--provider or --authorize-uri is needed'],
    ['an unknown option', ['login', '--bogus'], "Unknown option '--bogus'"],
    ['a stray argument', ['login', 'stray'], "Unexpected argument 'stray'"],
    ['an unknown command', ['logout'], 'There is no such command: logout'],
    ['no command', [], 'There is no command'],
    ['an unknown provider', ['login', '--client-id', 'x', '--provider', 'constructor'], '--provider must be one of'],
    ['a flow that is not served', [...of('spotify'), '--flow', 'implicit'], 'Spotify does not serve --flow implicit'],
    ['an unknown flow', [...of('spotify'), '--flow', 'device'], '--flow must be code or implicit'],
    [
      'an endpoint in the clear',
      ['login', '--client-id', 'x', '--authorize-uri', 'http://a.test/'],
      'must be an https URI',
    ],
    [
      'a token endpoint with the implicit grant',
      [...of('twitch'), '--token-uri', 'https://a.test/'],
      'no use with --flow',
    ],
    ['a redirect URI elsewhere', [...of('spotify'), '--redirect-uri', 'https://a.test/'], '--redirect-uri must be'],
    ['a port that is none', [...of('spotify'), '--port', '70000'], '--port must be a whole number'],
    ['no time', [...of('spotify'), '--timeout', '0'], '--timeout must be a whole number from 1'],
    ['half a parameter', [...of('spotify'), '--param', 'x'], '--param must be of the form name=value'],
    ['a parameter of our own', [...of('spotify'), '--param', 'state=x'], '--param must not contain state'],
  ])('exits with 2 where there is %s', async (_name, args, message) => {
    const command = start(args);
    expect([await command.ended, command.stdout]).toEqual([2, '']);
    expect(command.stderr).toContain(message);
  });

  it('prints help, its version and the providers', async () => {
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
    const commands = [['--help'], ['login', '-h'], ['--version'], ['providers']].map((args) => start(args));
    expect(await Promise.all(commands.map(({ ended }) => ended))).toEqual([0, 0, 0, 0]);
    const [help, loginHelp, shown, table] = commands.map(({ stdout }) => stdout);
    expect(help).toBe(loginHelp);
    expect(help).toMatch(/^ {2}124 {2}nobody/m);
    expect(Math.max(...(help ?? '').split('\n').map((line) => line.length))).toBeLessThan(80);
    expect(shown).toBe(`${version}\n`);
    for (const id of Object.keys(providers)) expect(table).toContain(`${id} `);
  });

  it('shares the classes of the main entry, which has nothing of the command or the test kit', async () => {
    const [index, command, testing] = await Promise.all(
      ['index', 'cli', 'testing'].map((name) => readFile(join(root, 'dist', `${name}.js`), 'utf8')),
    );
    expect(command).toMatch(/^#!\/usr\/bin\/env node\n/);
    for (const text of [command, testing]) expect(text).not.toMatch(/class (AuthServer|AuthError)\b/);
    expect(index).not.toMatch(/startTestAuthorizationServer|anilist\.co|\.\/(?:cli|testing)/);
  });
});

function of(name: string): string[] {
  return ['login', '--client-id', 'x', '--provider', name];
}

describe('formatGrant', () => {
  const uri = new URL('http://127.0.0.1:5543/callback');
  const params = new URLSearchParams(
    'access_token=secret1&id_token=secret2&expires_in=60&scope=a%1Bb&token_type=bearer&state=secret3',
  );
  const options = { clientId: 'x', tokenUri: undefined };
  const wire = wireGrant(new ImplicitGrantResponse({ uri, params }), undefined, options);
  const terminal = { ...outputTo(process.stdout), isTerminal: true, bold: String, dim: String };

  it('shows a person no secret', () => {
    for (const json of [false, true]) {
      const text = formatGrant(wire, { json, show: false }, terminal);
      expect(text).not.toMatch(/secret/);
      expect(text).toContain('hidden');
      expect(text).not.toContain('\u001b');
    }
  });

  it('shows the secrets where the person asks for them', () => {
    for (const json of [false, true]) {
      const text = formatGrant(wire, { json, show: true }, terminal);
      expect(text).toContain('secret1');
      expect(text).toContain('secret2');
      expect(text).not.toContain('secret3');
    }
  });
});

describe('describeFailure', () => {
  it.each(['PORT_IN_USE', 'SERVER_FAILED', 'STATE_USED', 'BROWSER_NOT_OPENED', 'ISSUER_MISMATCH'] as AuthErrorCode[])(
    'has words for %s',
    (code) => {
      const failure = describeFailure(new AuthError(code, 'What happened.'), { seconds: 1, provider: undefined });
      expect(failure).toMatchObject({ status: 1 });
      expect(failure?.message).toContain('What happened.');
    },
  );

  it('reminds of what to register', () => {
    const error = new AuthorizationError('AUTHORIZATION_FAILED', 'x', { error: 'invalid_request' });
    const failure = describeFailure(error, { seconds: 1, provider: findProvider('Spotify') });
    expect(failure?.message).toContain('localhost is refused');
  });

  it('leaves bugs alone', () => {
    expect(describeFailure(new TypeError('x is not a function'), { seconds: 1, provider: undefined })).toBeUndefined();
  });
});
