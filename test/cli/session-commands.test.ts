import { beforeEach, afterEach, describe, expect, it, jest } from '@jest/globals';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { completeLogin, startTestAuthorizationServer, type TestAuthorizationServer } from '#src/testing.js';
import { onLinux, onPosix } from '../helpers/systems.js';
import { browser, useCommands, type Command } from './command.js';

jest.setTimeout(120_000);

const commands = useCommands();
let provider: TestAuthorizationServer;

beforeEach(async () => {
  provider = await startTestAuthorizationServer({
    accounts: [{ sub: 'ada', name: 'Ada Lovelace', email: 'ada@example.com' }],
  });
});

afterEach(async () => {
  await provider.close();
});

/** Starts a command whose tokens are in the folder of the test. */
function start(
  word: string,
  more: readonly string[] = [],
  env: Readonly<Record<string, string>> = { BROWSER: browser },
): Command {
  const signIn = word === 'login' ? ['--save'] : [];
  const args = [word, '--issuer', provider.issuer, '--client-id', 'my-id', '--port', '0', ...signIn, ...more];
  return commands.start(args, { XDG_STATE_HOME: commands.folder, ...env });
}

async function outcome(command: Command): Promise<[number | null, string]> {
  return [await command.ended, command.stdout];
}

/** What stderr says, without the breaks of lines. */
function said({ stderr }: Command): string {
  return stderr.replaceAll('\n', ' ');
}

describe('embed-auth-server token', () => {
  onLinux('signs in once, and prints the saved token from then on', async () => {
    const first = start('token', ['--sign-in']);
    const [status, token] = await outcome(first);
    expect([status, token]).toEqual([0, expect.stringMatching(/^\S+\n$/)]);
    expect(first.stderr).not.toContain(token.trim());
    expect(await outcome(start('token', ['--no-sign-in']))).toEqual([0, token]);
    expect(provider.requestsTo('authorization').length).toBeGreaterThan(0);
    expect(provider.requestsTo('token')).toHaveLength(1);
    const [file = ''] = await readdir(join(commands.folder, 'embed-auth-server'));
    const { mode } = await stat(join(commands.folder, 'embed-auth-server', file));
    expect(mode & 0o077).toBe(0);
  });

  onLinux('refreshes a token that has expired, without the user', async () => {
    provider.configure({ expiresIn: 1 });
    const [, first] = await outcome(start('token', ['--sign-in']));
    const [status, second] = await outcome(start('token', ['--no-sign-in']));
    expect([status, second === first]).toEqual([0, false]);
    expect(provider.requestsTo('token').map(({ params }) => params.get('grant_type'))).toEqual([
      'authorization_code',
      'refresh_token',
    ]);
  });

  it.each([
    ['with --no-sign-in', ['--no-sign-in']],
    ['if no user can be there', []],
  ])('exits with 4 and asks no user %s', async (_name, more) => {
    // Without a controlling terminal, as in a job of cron.
    const command = start('token', more);
    expect(await outcome(command)).toEqual([4, '']);
    // In the words of the command: it has no `interactive`.
    expect(said(command)).toMatch(
      /signed in, and this command asks no user: there is no terminal, or --no-sign-in was given\./,
    );
    expect(said(command)).toMatch(/No user is signed in.*login --save/);
    expect(provider.requestsTo('authorization')).toEqual([]);
  });

  onLinux('prints the expiry with --json', async () => {
    const [status, text] = await outcome(start('token', ['--sign-in', '--json']));
    const token = JSON.parse(text) as Readonly<Record<string, string>>;
    expect([status, Object.keys(token)]).toEqual([0, ['access_token', 'token_type', 'expires_at']]);
    const seconds = (Date.parse(token['expires_at'] ?? '') - Date.now()) / 1000;
    expect(token['expires_at']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(seconds).toBeGreaterThan(3500);
  });

  it('writes exactly one line to sign in if stderr is no terminal, and the next one says that no browser can be opened', async () => {
    const command = start('token', ['--sign-in'], { BROWSER: 'none' });
    const uri = await command.loginUri();
    expect(new URL(uri).searchParams.get('client_id')).toBe('my-id'); // The complete login URI.
    if (process.platform === 'linux') await command.says(/^Sign in at \S+\nNo browser can be opened here\.$/m);
    await completeLogin(uri);
    expect(await command.ended).toBe(0);
    expect(command.stderr.match(/^Sign in at/gm)).toHaveLength(1);
  });

  onLinux('keeps the tokens of two accounts apart', async () => {
    const [, one] = await outcome(start('token', ['--sign-in', '--account', 'one']));
    const [, two] = await outcome(start('token', ['--sign-in', '--account', 'two']));
    expect(one).not.toBe(two);
    expect(await outcome(start('token', ['--no-sign-in', '--account', 'one']))).toEqual([0, one]);
    expect((await outcome(start('token', ['--no-sign-in'])))[0]).toBe(4);
  });

  onLinux('exits with 3 if the user denies the access', async () => {
    provider.configure({ consent: 'deny' });
    expect(await outcome(start('token', ['--sign-in']))).toEqual([3, '']);
  });

  onPosix('keeps the tokens and exits with 1 if the provider cannot be reached', async () => {
    provider.configure({ expiresIn: 1 });
    expect((await outcome(start('token', ['--sign-in'])))[0]).toBe(0);
    await provider.close();
    const command = start('token', ['--no-sign-in']);
    expect(await outcome(command)).toEqual([1, '']);
    expect(said(command)).toContain('cannot be reached');
    expect((await outcome(start('status')))[0]).toBe(0);
  });
});

describe('embed-auth-server login --save', () => {
  onLinux('saves the tokens instead of printing them, and replaces those of before', async () => {
    const command = start('login');
    expect(await outcome(command)).toEqual([0, '']);
    expect(command.stderr).toContain('The tokens are saved.');
    const [, first] = await outcome(start('token', ['--no-sign-in']));
    expect(await outcome(start('login'))).toEqual([0, '']);
    const [status, second] = await outcome(start('token', ['--no-sign-in']));
    expect([status, second === first]).toEqual([0, false]);
  });
});

describe('embed-auth-server status', () => {
  it('exits with 1 if no user is signed in', async () => {
    const command = start('status');
    expect(await outcome(command)).toEqual([1, `No user is signed in at ${new URL(provider.issuer).host}.\n`]);
    expect(JSON.parse((await outcome(start('status', ['--json'])))[1])).toEqual({ signed_in: false });
  });

  onLinux('says of an output that is full only that it is', async () => {
    const command = commands.shell(`$CLI status --issuer ${provider.issuer} --client-id my-id > /dev/full`, {
      XDG_STATE_HOME: commands.folder,
    });
    expect(await command.ended).toBe(1);
    expect(command.stderr.replaceAll('\n', ' ')).toMatch(/cannot be written to \(ENOSPC\)\. $/);
  });

  onLinux('says who, which scopes, until when, and no secret; it asks no server', async () => {
    const scope = ['--scope', 'openid profile'];
    const [, token] = await outcome(start('token', ['--sign-in', ...scope]));
    const before = provider.requests.length;
    const [status, text] = await outcome(start('status', scope));
    expect(status).toBe(0);
    expect(text).toMatch(/^Signed in at 127\.0\.0\.1:\d+ as ada/);
    expect(text).toMatch(/^ {2}scope {2}openid profile$/m);
    expect(text).toMatch(/^ {2}until {2}\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d) \(then it is refreshed\)$/m);
    expect(text).not.toContain(token.trim());
    const json = JSON.parse((await outcome(start('status', [...scope, '--json'])))[1]) as unknown;
    expect(json).toMatchObject({ signed_in: true, scope: 'openid profile', refreshable: true });
    expect(provider.requests).toHaveLength(before);
  });

  onLinux('wraps between words on a narrow terminal', async () => {
    expect((await outcome(start('token', ['--sign-in'])))[0]).toBe(0);
    const status = `$CLI status --issuer ${provider.issuer} --client-id my-id --port 0`;
    const command = commands.shell(`script -qec "stty cols 40; ${status}" /dev/null`, {
      SHELL: '/bin/sh',
      XDG_STATE_HOME: commands.folder,
    });
    expect(await command.ended).toBe(0);
    const lines = command.stdout.split(/\r?\n/);
    expect(lines).toContain('  account  not known: that needs the');
    expect(lines).toContain('    scope openid');
    expect(lines.filter((line) => line.length > 40)).toEqual([]);
  });
});

describe('embed-auth-server logout', () => {
  onLinux('revokes the tokens, and deletes them', async () => {
    expect((await outcome(start('token', ['--sign-in'])))[0]).toBe(0);
    const command = start('logout');
    expect(await outcome(command)).toEqual([0, '']);
    expect(command.stderr).toBe('Signed out.\n');
    expect(provider.requestsTo('revocation').length).toBeGreaterThan(0);
    expect((await outcome(start('status')))[0]).toBe(1);
    const again = start('logout');
    expect([await again.ended, again.stderr]).toEqual([0, 'No user was signed in.\n']);
  });

  onLinux('deletes them also if the provider cannot be reached, and says so', async () => {
    expect((await outcome(start('token', ['--sign-in'])))[0]).toBe(0);
    await provider.close();
    const command = start('logout', ['--json']);
    const [status, text] = await outcome(command);
    expect([status, JSON.parse(text)]).toEqual([0, { signed_out: true, revoked: false }]);
    expect(said(command)).toContain('has not confirmed that the tokens are revoked');
    expect((await outcome(start('status')))[0]).toBe(1);
  });
});

describe('embed-auth-server demo', () => {
  it('signs in with the user agent of the test kit if no user is there, and says so', async () => {
    const command = commands.start(['demo'], {});
    expect(await outcome(command)).toEqual([0, 'You are signed in as Ada Lovelace (ada@example.com).\n']);
    expect(said(command)).toContain('the test kit plays the browser and its user');
    expect(said(command)).toContain('npm install embed-auth-server');
  });

  onLinux('opens the browser of the user at a terminal with a display', async () => {
    const command = commands.shell(`script -qec "stty cols 40; $CLI demo" /dev/null`, {
      SHELL: '/bin/sh',
      DISPLAY: ':1',
      BROWSER: browser,
      NO_COLOR: '1',
    });
    expect(await command.ended).toBe(0);
    const shown = command.stdout.replaceAll(/\s+/g, ' ');
    expect(shown).toMatch(
      /are no passwords.*You are signed in as .*npm install embed-auth-server The README shows a program/,
    );
    expect(shown.match(/signed in/gi)).toHaveLength(1);
    expect(command.stdout).not.toContain('test kit');
  });

  onLinux('opens the browser that BROWSER names without a display', async () => {
    // A machine that is known to be no remote one, unlike the container that the tests may run in.
    const env = { SHELL: '/bin/sh', CI: 'true', BROWSER: browser, NO_COLOR: '1' };
    const command = commands.shell(`env -u DISPLAY -u WAYLAND_DISPLAY script -qec "$CLI demo" /dev/null`, env);
    expect(await command.ended).toBe(0);
    expect(command.stdout).toMatch(/are no passwords[^]*You are signed in as /);
    expect(command.stdout).not.toContain('test kit');
  });

  onLinux('says in words that the user has denied the access', async () => {
    const command = commands.shell(`script -qec "$CLI demo" /dev/null`, {
      SHELL: '/bin/sh',
      DISPLAY: ':1',
      BROWSER: browser,
      TEST_DECISION: 'deny',
      NO_COLOR: '1',
    });
    expect(await command.ended).toBe(3);
    expect(command.stdout).toMatch(/The access was denied\.\s+The demo says: access_denied/);
    expect(command.stdout).not.toMatch(/\.js:\d|^ +at /m);
  });
});
