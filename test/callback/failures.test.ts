import { afterEach, describe, expect, it } from '@jest/globals';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AuthError, PortUnavailableError } from '#src/errors.js';
import { AuthServer, BrowserUtil, login, LoginRequest, parseCallbackUri, ResponseType } from '#src/index.js';
import type { PageTextKey } from '#src/page/language.js';
import { loadLanguage } from '#src/page/texts.js';

const document = new URL('../../docs/errors.md', import.meta.url);
const callback = 'http://127.0.0.1:5543/callback';
const base = 'http://127.0.0.1:0/callback';
const request = { clientId: 'c', authorizationEndpoint: 'https://accounts.example.com/authorize', redirectUri: base };
const servers: AuthServer[] = [];

interface Failure {
  /** How a sign-in ends, in the README's words. */
  readonly way: string;
  /** Makes it end like that, for real. */
  readonly provoke: () => unknown;
  /** What the user reads, if there is a page. */
  readonly page?: PageTextKey;
}

async function started(): Promise<AuthServer> {
  const server = new AuthServer(base);
  servers.push(server);
  await server.start();
  return server;
}

const failures: readonly Failure[] = [
  {
    way: 'denied',
    page: 'denied',
    provoke: () => parseCallbackUri(`${callback}?error=access_denied&state=s`, { state: 's' }),
  },
  {
    way: 'the provider’s error',
    page: 'refused',
    provoke: () => parseCallbackUri(`${callback}?error=server_error&state=s`, { state: 's' }),
  },
  {
    way: 'aborted by the signal',
    provoke: () => login({ ...request, openBrowser: false, signal: AbortSignal.abort() }),
  },
  {
    way: 'timed out by the signal',
    provoke: () => login({ ...request, openBrowser: false, signal: AbortSignal.timeout(300) }),
  },
  {
    way: 'port taken',
    provoke: async () => {
      const other = createServer();
      await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
      try {
        await new AuthServer(`http://127.0.0.1:${(other.address() as AddressInfo).port}/callback`).start();
      } finally {
        other.close();
      }
    },
  },
  // Root may bind every port, so this error is made as the listener makes it.
  { way: 'port reserved', provoke: () => Promise.reject(new PortUnavailableError(80, '127.0.0.1', 'EACCES')) },
  { way: 'port that browsers block', provoke: () => new AuthServer('http://127.0.0.1:6000/callback') },
  {
    way: 'address not on this machine',
    provoke: () => new AuthServer('http://localhost:0/callback', { host: '203.0.113.1' }).start(),
  },
  {
    way: 'no browser opened',
    provoke: () => login({ ...request, openBrowser: () => Promise.reject(new Error('none')) }),
  },
  { way: 'URI of another scheme', provoke: () => BrowserUtil.open('file:///etc/hostname') },
  {
    way: 'foreign state',
    page: 'state_foreign',
    provoke: () => parseCallbackUri(`${callback}?code=c&state=foreign`, { state: 'other' }),
  },
  {
    way: 'used state',
    page: 'state_used',
    provoke: async () => {
      const server = new AuthServer();
      const { state } = new LoginRequest(server, 'c', ResponseType.Code);
      await server.receive(`${callback}?code=c&state=${state}`);
      await server.receive(`${callback}?code=c&state=${state}`);
    },
  },
  {
    way: 'malformed response',
    page: 'malformed',
    provoke: () => parseCallbackUri(`${callback}?code=c&code=d&state=s`, { state: 's' }),
  },
  { way: 'no response', page: 'malformed', provoke: () => parseCallbackUri(`${callback}?state=s`, { state: 's' }) },
  {
    way: 'wrong issuer',
    page: 'wrong_issuer',
    provoke: () => parseCallbackUri(`${callback}?code=c&iss=x&state=s`, { state: 's', issuer: 'y' }),
  },
  {
    way: 'another redirect URI',
    page: 'malformed',
    provoke: () =>
      parseCallbackUri('http://127.0.0.1:5544/callback?code=c&state=s', { state: 's', redirectUri: callback }),
  },
  {
    way: 'server stopped',
    page: 'unreachable',
    provoke: async () => {
      const server = await started();
      await Promise.all([server.waitForGrant(), server.stop()]);
    },
  },
  { way: 'custom page unreadable', provoke: () => new AuthServer(base, { templatePath: '/there/is/none' }).start() },
];

async function errorOf({ provoke }: Failure): Promise<unknown> {
  try {
    return await provoke();
  } catch (error) {
    return error;
  }
}

async function table(): Promise<string> {
  const rows = await Promise.all(
    failures.map(async (failure) => {
      const error = await errorOf(failure);
      if (!(error instanceof AuthError)) throw new TypeError(`${failure.way} did not end with an AuthError`);
      const text = failure.page === undefined ? undefined : (await loadLanguage('en')).texts[failure.page];
      const message = error.message.replace(/Port \d+ on \S+/, 'Port … on …').replace(/\|/g, '\\|');
      const user = text === undefined ? 'no page' : `${text.heading}: ${text.message}`.replaceAll('{app}', 'the app');
      return `| ${failure.way} | \`${error.name}\` \`${error.code}\` | ${message} | ${user} |`;
    }),
  );
  return [
    '| how it ended | class and code | what you read | what the user reads |',
    '| --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

describe('the ways in which a sign-in ends', () => {
  it.each(failures.map((failure) => [failure.way, failure] as const))(
    '%s has an error code of its own',
    async (_, failure) => {
      const error = await errorOf(failure);
      expect(error).toBeInstanceOf(AuthError);
      const others = await Promise.all(failures.filter((other) => other !== failure).map(errorOf));
      expect(others.map((other) => (other as AuthError).code)).not.toContain((error as AuthError).code);
    },
  );

  it('are all in docs/errors.md, as they are (npm run readme writes it)', async () => {
    const text = await readFile(document, 'utf8');
    const [begin, end] = ['<!-- errors:begin -->', '<!-- errors:end -->'];
    const written = text.slice(text.indexOf(begin) + begin.length, text.indexOf(end)).trim();
    const current = await table();
    if (process.env['UPDATE_README'] === '1') {
      await writeFile(
        document,
        text.replace(
          `${begin}${text.slice(text.indexOf(begin) + begin.length, text.indexOf(end))}`,
          () => `${begin}\n\n${current}\n\n`,
        ),
      );
    } else {
      expect(written).toBe(current);
    }
  });
});
