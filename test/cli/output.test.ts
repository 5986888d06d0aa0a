import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ImplicitGrantResponse } from '#src/index.js';
import { formatGrant, wireGrant } from '#src/cli/grant-output.js';
import { completeLogin, startTestAuthorizationServer, type TestAuthorizationServer } from '#src/testing.js';
import { onPosix } from '../helpers/systems.js';
import { cli, environment, useCommands } from './command.js';

jest.setTimeout(60_000);

const commands = useCommands();
const onFull = existsSync('/dev/full') ? it : it.skip;

describe('the standard output', () => {
  let provider: TestAuthorizationServer;
  let args: string;

  beforeEach(async () => {
    provider = await startTestAuthorizationServer({ accessToken: 'secret-token' });
    const endpoint = provider.authorizationEndpoint.href;
    args = `login --client-id x --authorize-uri ${endpoint} --flow implicit --port 0 --no-browser`;
  });

  afterEach(async () => {
    await provider.close();
  });

  onPosix('that was closed by its reader is an error, which says that the token was not delivered', async () => {
    const command = commands.start(args.split(' '), {});
    const uri = await command.loginUri();
    command.child.stdout.destroy();
    await completeLogin(uri);
    expect(await command.ended).toBe(1);
    expect(command.stderr.replaceAll('\n', ' ')).toMatch(
      /cannot be written to \(EPIPE\)\. The token was not delivered/,
    );
    expect(command.stderr).not.toContain('secret');
  });

  onFull('that is full is an error, which says that the token was not delivered', async () => {
    const command = commands.shell(`$CLI ${args} > /dev/full`);
    await completeLogin(await command.loginUri());
    expect(await command.ended).toBe(1);
    expect(command.stderr.replaceAll('\n', ' ')).toMatch(
      /cannot be written to \(ENOSPC\)\. The token was not delivered/,
    );
    expect(command.stderr).not.toContain('secret');
  });

  onPosix('that becomes full within the token is an error, too', async () => {
    provider.configure({ accessToken: 'secret'.repeat(1000) });
    // A limit of one block, instead of a disk with that much space left.
    const command = commands.shell(`trap '' XFSZ; ulimit -f 1; $CLI ${args} > token`);
    await completeLogin(await command.loginUri());
    expect(await command.ended).toBe(1);
    expect((await readFile(join(commands.folder, 'token'), 'utf8')).length).toBeLessThan(6000);
    expect(command.stderr.replaceAll('\n', ' ')).toContain('The token was not delivered');
  });

  onFull.each(['--help', '--version', 'providers'])('that is full is an error of %s', async (word) => {
    const command = commands.shell(`$CLI ${word} > /dev/full`);
    expect(await command.ended).toBe(1);
    expect(command.stderr).toContain('cannot be written to (ENOSPC)');
  });

  onPosix.each([['--help'], ['--version'], ['providers'], ['login']])(
    'may be /dev/null for reading and writing, as `stdio: "ignore"` and DEVNULL of Python open it: %s',
    async (word) => {
      const more = word === 'login' ? args.split(' ').slice(1) : [];
      const child = spawn(process.execPath, [cli, word, ...more], {
        stdio: ['ignore', 'ignore', 'pipe'],
        env: environment({ DISPLAY: ':0' }),
      });
      let stderr = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
      const ended = once(child, 'close');
      if (word === 'login') {
        while (!/^Sign in at (\S+)$/m.test(stderr)) await once(child.stderr, 'data');
        await completeLogin(/^Sign in at (\S+)$/m.exec(stderr)?.[1] ?? '');
      }
      expect(await ended).toEqual([0, null]);
      expect(stderr).not.toContain('EBADF');
    },
  );

  onPosix('may be a file, or /dev/null', async () => {
    const command = commands.shell(`$CLI ${args} > token`);
    await completeLogin(await command.loginUri());
    expect(await command.ended).toBe(0);
    expect(await readFile(join(commands.folder, 'token'), 'utf8')).toBe('secret-token\n');
    const discarding = commands.shell(`$CLI ${args} > /dev/null`);
    await completeLogin(await discarding.loginUri());
    expect(await discarding.ended).toBe(0);
  });

  onPosix('gets the token even if the standard error is closed', async () => {
    const command = commands.start([...args.split(' '), '--timeout', '30'], {});
    const uri = await command.loginUri();
    command.child.stderr.destroy();
    await completeLogin(uri);
    expect([await command.ended, command.stdout]).toEqual([0, 'secret-token\n']);
  });
});

describe('formatGrant', () => {
  const uri = new URL('http://127.0.0.1:5543/callback');
  const params = new URLSearchParams(
    'access_token=secret1&id_token=secret2&expires_in=60&scope=a%1Bb&token_type=bearer&state=secret3',
  );
  const wire = wireGrant(new ImplicitGrantResponse({ uri, params }), 'x', undefined);
  const terminal = { isTerminal: true, dim: String };

  it.each([false, true])('shows no secret at a terminal, with json: %s', (json) => {
    const text = formatGrant(wire, { json, show: false }, terminal);
    expect(text).not.toMatch(/secret|\u001b/); // eslint-disable-line no-control-regex -- none may be there
    expect(text).toContain('(hidden; --show prints it)');
  });

  it.each([false, true])('shows the secrets with --show, but never the state, with json: %s', (json) => {
    const text = formatGrant(wire, { json, show: true }, terminal);
    expect(text).toContain('secret1');
    expect(text).toContain('secret2');
    expect(text).not.toContain('secret3');
  });

  it('says until when a token is valid, unless the provider does not state it', () => {
    const format = (lifetime: unknown): string =>
      formatGrant({ expires_in: lifetime }, { json: false, show: false }, terminal);
    expect(format(60)).toMatch(/60 \(until \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d)\)/);
    for (const lifetime of [0, -1, 'x', 1e300]) expect(format(lifetime)).not.toContain('until');
  });
});
