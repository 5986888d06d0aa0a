import { describe, expect, it, jest } from '@jest/globals';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AuthAbortedError, AuthError, AuthorizationError, type AuthErrorCode } from '#src/index.js';
import { describeFailure } from '#src/cli/failure-messages.js';
import { commandHelp, helpText, providerTable, shortHelp } from '#src/cli/help.js';
import { parseLoginArguments } from '#src/cli/login-arguments.js';
import { commandOptions, loginOptions } from '#src/cli/options.js';
import { width } from '#src/terminal/text.js';
import { findProvider, providers } from '#src/cli/providers.js';
import { onLinux } from '../helpers/systems.js';
import { root, useCommands } from './command.js';

jest.setTimeout(60_000);

const commands = useCommands();

function of(provider: string, ...more: string[]): string[] {
  return ['login', '--client-id', 'x', '--provider', provider, ...more];
}

function by(...more: string[]): string[] {
  return ['login', '--client-id', 'x', ...more];
}

describe('the command line', () => {
  it.each([
    ['no client id', ['login'], '--client-id is needed'],
    ['no provider', by(), 'One of --provider, --issuer and --authorize-uri is needed'],
    ['an unknown option', by('--bogus'), "Unknown option '--bogus'"],
    ['a secret', by('--client-secret=s3cret'), 'A client secret is given in EMBED_AUTH_CLIENT_SECRET'],
    ['a stray argument', by('stray'), "Unexpected argument 'stray'"],
    ['an unknown command', ['log\u001b[2J', 'x'], 'Unknown command: log\ufffd[2J'],
    ['a command with a typing error', ['lgoin'], 'Unknown command: lgoin. Did you mean login?'],
    [
      'an option with a typing error',
      by('--redirct-uri', 'x'),
      "Unknown option '--redirct-uri'. Did you mean --redirect-uri?",
    ],
    ['a provider with a typing error', of('githup'), 'Did you mean github?'],
    ['an option instead of a command', ['--client-secret=hunter2'], 'A command comes first'],
    [
      'no token endpoint',
      ['token', '--client-id', 'x', '--authorize-uri', 'https://a.test/'],
      'For a token, give --token-uri',
    ],
    ['no secret where one is needed', of('github', '--save'), 'For a token, set EMBED_AUTH_CLIENT_SECRET'],
    [
      'both ways to ask',
      ['token', '--client-id', 'x', '--provider', 'spotify', '--sign-in', '--no-sign-in'],
      'exclude each other',
    ],
    ['an option of another command', ['token', '--show'], '--show is an option of login, not of token.'],
    ['an option of token', ['status', '--sign-in'], '--sign-in is an option of token, not of status.'],
    ['an option without its value', by('--issuer'), '--issuer needs a value.'],
    ['--save without an exchange', of('spotify', '--save', '--no-exchange'), '--save has no use with --no-exchange'],
    ['an option of providers', ['providers', '--json'], 'providers has no options'],
    ['an unknown provider', of('constructor'), '--provider must be one of'],
    ['a flow that is not supported', of('spotify', '--flow', 'implicit'), 'Spotify does not support --flow implicit'],
    ['an unknown flow', of('spotify', '--flow', 'magic'), '--flow must be code or implicit.'],
    ['the device grant as a flow', of('github', '--flow', 'device'), 'give --device'],
    ['an endpoint without https', by('--authorize-uri', 'http://a.test/'), '--authorize-uri must be an https URI'],
    ['an endpoint that is no URI', by('--authorize-uri', 'a.test'), '--authorize-uri must be an https URI'],
    ['a token endpoint with the implicit grant', of('twitch', '--token-uri', 'https://a.test/'), 'no use with --flow'],
    ['an issuer without https', by('--issuer', 'http://a.test'), '--issuer must be an https URI'],
    [
      'a discovery document as the issuer',
      by('--issuer', 'https://a.test/.well-known/openid-configuration'),
      '--issuer must be the issuer alone',
    ],
    [
      'a redirect URI that names a host as its path',
      of('spotify', '--redirect-uri', 'http://127.0.0.1:5599//callback'),
      '--redirect-uri must not have a path that begins with two slashes.',
    ],
    ['a redirect URI elsewhere', of('spotify', '--redirect-uri', 'https://a.test/'), 'give that as --public-uri'],
    [
      'a redirect URI with a fragment',
      of('spotify', '--redirect-uri', 'http://127.0.0.1/#x'),
      '--redirect-uri must not have a fragment',
    ],
    [
      'a public URI without https',
      of('spotify', '--public-uri', 'http://a.test/'),
      '--public-uri must be an https URI',
    ],
    ['a port that is none', of('spotify', '--port', '70000'), '--port must be a whole number from 0 to 65535'],
    ['no time', of('spotify', '--timeout', '0'), '--timeout must be from 1 second to 24 hours'],
    ['a time of another form', of('spotify', '--timeout', '5 minutes'), '--timeout must be from 1 second to 24 hours'],
    ['half a parameter', of('spotify', '--param', 'x'), '--param must be of the form name=value'],
    ['a parameter of the protocol', of('spotify', '--param', 'state=x'), '--param must not contain state.\n'],
    [
      'a parameter that has an option',
      of('spotify', '--param', 'client_id=x'),
      '--param must not contain client_id: see the option --client-id',
    ],
    ['--device without an endpoint', by('--device'), '--device needs --provider, --issuer, or both'],
    [
      '--device at a provider without it',
      of('spotify', '--device'),
      'No device authorization endpoint of Spotify is known',
    ],
    ['--device with a port', of('github', '--device', '--port', '0'), '--port has no use with --device'],
    ['--device-uri alone', by('--device', '--device-uri', 'https://a.test/'), '--device-uri needs --token-uri'],
    ['--device-uri without --device', of('github', '--device-uri', 'https://a.test/'), '--device-uri needs --device'],
  ])('is rejected with status 2 if it has %s', async (_name, args, message) => {
    const command = commands.start(args, {});
    expect([await command.ended, command.stdout]).toEqual([2, '']);
    expect(command.stderr.replace(/\n(?!$|`)/g, ' ')).toContain(message);
    expect(command.stderr).not.toContain('\u001b');
  });

  onLinux('says so between words in a terminal of 40 columns', async () => {
    const args = of('nothere').join(' ');
    const command = commands.shell(`script -qec "stty cols 40; $CLI ${args}" /dev/null`, { SHELL: '/bin/sh' });
    expect(await command.ended).toBe(2);
    const lines = command.stdout.trimEnd().split('\r\n');
    expect(lines[0]).toBe('--provider must be one of spotify,');
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(40);
    expect(lines.join(' ')).toContain('For another provider, give --issuer or --authorize-uri. `embed-auth-server');
  });

  it.each(['--client-secret=hunter2', '--secret=hunter2', '--client-secret', '-shunter2'])(
    'never prints the value of the option %s back (R47)',
    async (option) => {
      const started = [
        [option, 'hunter2'],
        ['login', option, 'hunter2'],
        ['login', '--client-id', 'x', option],
      ];
      for (const args of started) {
        const command = commands.start(args, {});
        expect([await command.ended, command.stdout]).toEqual([2, '']);
        expect(command.stderr).not.toContain('hunter2');
      }
    },
  );

  it.each([
    ['90', 90],
    ['90s', 90],
    ['5m', 300],
    ['1h30m', 5400],
    ['24h', 86_400],
  ])('reads --timeout %s as %d seconds', (text, seconds) => {
    expect(parseLoginArguments(of('spotify', '--timeout', text).slice(1), {}).seconds).toBe(seconds);
  });

  it('reads the client secret from the environment, and removes it there', () => {
    const env = { EMBED_AUTH_CLIENT_SECRET: 'hush', OTHER: 'x' };
    expect(parseLoginArguments(of('spotify').slice(1), env).clientSecret).toBe('hush');
    expect(env).toEqual({ OTHER: 'x' });
  });
});

describe('the help', () => {
  const help = helpText();

  it('is printed with --help, before or after the command, and so are the version and the providers', async () => {
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
    const lines = [[], ['--help'], ['help'], ['login', '-h'], ['help', 'login'], ['--version'], ['providers']];
    const started = lines.map((args) => commands.start(args));
    expect(await Promise.all(started.map(({ ended }) => ended))).toEqual(lines.map(() => 0));
    const own = commandHelp('login');
    const texts = [shortHelp(), help, help, own, own, `${version}\n`, providerTable()];
    expect(started.map(({ stdout }) => stdout)).toEqual(texts);
    for (const id of Object.keys(providers)) expect(providerTable()).toContain(`${id} `);
  });

  it('has only the options and examples of a command', () => {
    for (const name of ['login', 'token', 'status', 'logout'] as const) {
      const options = [...(commandHelp(name) ?? '').matchAll(/^ {2}--([\w-]+)/gm)].map(([, option]) => option);
      expect(options.sort()).toEqual(Object.keys(commandOptions(name)).sort());
    }
    expect(commandHelp('token')).toMatch(/Examples:\n {2}TOKEN=.*\n$/);
    expect(commandHelp('demo')).toMatch(/^Usage: embed-auth-server demo\n\n.*\n$/);
    for (const name of ['login', 'demo', 'providers']) expect(shortHelp()).toMatch(new RegExp(`^ {2}${name} `, 'm'));
  });

  it('ends with 2 and the commands if there is no such command', async () => {
    const command = commands.start(['help', 'nonsense']);
    expect([await command.ended, command.stdout]).toEqual([2, '']);
    const text = command.stderr.replaceAll('\n', ' ');
    expect(text).toContain('Unknown command: nonsense. The commands: login, token, status, logout, demo, providers.');
  });

  it('fits 80 columns, and names every option, variable and exit status', () => {
    for (const columns of [40, 60, 80, 100]) {
      const examples = /^ {2}(?:TOKEN|npx| {2}--).*$/gm;
      const longest = (text: string): number => Math.max(...text.replace(examples, '').split('\n').map(width));
      expect(longest(providerTable(columns))).toBeLessThanOrEqual(Math.max(columns, 64));
      expect(longest(helpText(columns).replace(/^.*embed-auth-server.*$/gm, ''))).toBeLessThanOrEqual(columns);
    }
    expect(helpText(100).split('\n').length).toBeLessThan(help.split('\n').length);
    for (const name of [...Object.keys(loginOptions), 'help', 'version'])
      expect(help).toMatch(new RegExp(`^ .*--${name}\\b`, 'm'));
    for (const status of [0, 1, 2, 3, 4, 124, 130]) expect(help).toMatch(new RegExp(`^ +${status} {2,}\\w`, 'm'));
    for (const name of ['EMBED_AUTH_CLIENT_SECRET', 'NODE_USE_ENV_PROXY', 'NODE_EXTRA_CA_CERTS'])
      expect(help).toContain(name);
  });

  it('has every option that a message names', async () => {
    const folder = join(root, 'src', 'cli');
    const sources = await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name), 'utf8')));
    const named = new Set(sources.join('\n').match(/(?<![\w-])--[a-z][a-z-]*/g));
    // Those of Deno and Node name what these do not permit.
    const isOurs = (name: string): boolean => !name.startsWith('--allow-') && name !== '--permission';
    expect([...named].filter((name) => isOurs(name) && !(name.slice(2) in loginOptions)).sort()).toEqual([
      '--client-secret',
      '--help',
      '--version',
    ]);
  });
});

describe('describeFailure', () => {
  const context = { seconds: 1, provider: undefined, clientSecret: undefined, serverName: 'a.test' };

  it.each(['PORT_IN_USE', 'SERVER_FAILED', 'STATE_USED', 'BROWSER_NOT_OPENED', 'ISSUER_MISMATCH'] as AuthErrorCode[])(
    'keeps the words of the library for %s, with the options of the command',
    (code) => {
      const failure = describeFailure(new AuthError(code, 'What happened to `port` and `redirectUri`.'), context);
      expect(failure?.status).toBe(1);
      expect(failure?.message).toContain('What happened to --port and --redirect-uri.');
    },
  );

  it('shows the provider’s words without control characters, and what to register', () => {
    const error = new AuthorizationError('AUTHORIZATION_FAILED', 'x', {
      error: 'odd\u001b',
      errorDescription: 'a\u009bb\u202e',
      errorUri: 'https://a.test/',
    });
    const redirect = { redirectUri: 'http://127.0.0.1:5543/callback', publicUri: undefined, ports: [] };
    const spotify = { provider: findProvider('Spotify'), serverName: 'Spotify' };
    const failure = describeFailure(error, { ...context, ...redirect, ...spotify });
    expect(failure?.message).toContain('Spotify says: odd\ufffd: a\ufffdb\ufffd (https://a.test/)');
    expect(failure?.message).toContain('Redirect URI: http://127.0.0.1:5543/callback\nSpotify: ');
  });

  it('says when the time is over that some servers show errors on a page of their own', () => {
    // The portal page of LemonLDAP::NG, the JSON pages of FastMCP: nothing of them comes back.
    const failure = describeFailure(new AuthAbortedError(new DOMException('over', 'TimeoutError')), context);
    expect([failure?.status, failure?.message]).toEqual([
      124,
      expect.stringMatching(/No response arrived\.[^]* show errors on a page of their own, and never send/),
    ]);
  });

  it('leaves bugs alone', () => {
    expect(describeFailure(new TypeError('x is not a function'), context)).toBeUndefined();
  });
});

describe('the entries of the package', () => {
  it('share the classes of the main entry, which has nothing of the command or the test kit', async () => {
    const [index, command, testing] = await Promise.all(
      ['index', 'cli', 'testing'].map((name) => readFile(join(root, 'dist', `${name}.js`), 'utf8')),
    );
    expect(command).toMatch(/^#!\/usr\/bin\/env node\n/);
    for (const text of [command, testing]) expect(text).not.toMatch(/class (AuthServer|AuthError)\b/);
    expect(index).not.toMatch(/startTestAuthorizationServer|anilist\.co|\.\/(?:cli|testing)/);
  });
});
