import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import { gzipSync } from 'node:zlib';
import { createSession, type Session, type SessionError } from '#src/session.js';
import { Harness, rejection } from './harness.js';
import { sendJson } from './rotating-server.js';

jest.setTimeout(30_000);

let harness: Harness;

beforeEach(async () => {
  harness = await Harness.start();
  // The sign-in: every later request is a refresh.
  harness.server.next['token'] = [
    (_request, response) => {
      sendJson(response, 200, harness.server.issue());
    },
  ];
});

afterEach(async () => {
  await harness[Symbol.asyncDispose]();
});

/** A session whose requests are those of this package. */
function session(): Session {
  const { origin } = harness.server;
  return createSession({
    name: 'my-app',
    endpoints: { authorization: `${origin}/authorize`, token: `${origin}/token` },
    clientId: 'my-client-id',
    refreshTimeout: 2000,
    login: { redirectUri: 'http://127.0.0.1:0/callback', terminal: false, openBrowser: approve },
  });
}

async function approve(uri: URL): Promise<void> {
  const callback = new URL(uri.searchParams.get('redirect_uri') ?? '');
  callback.search = new URLSearchParams({ code: 'code', state: uri.searchParams.get('state') ?? '' }).toString();
  await fetch(callback);
}

type Answer = (response: ServerResponse, tokens: Record<string, unknown>) => unknown;

/** What a response brings that has rotated the refresh token. */
async function refreshWith(answer: Answer): Promise<Awaited<ReturnType<Session['tokens']>>> {
  const { server } = harness;
  const made = session();
  await made.tokens();
  server.next['token'] = [
    ({ params }, response) => {
      const [, tokens] = server.refresh(params);
      return answer(response, tokens);
    },
  ];
  return await made.tokens({ forceRefresh: true });
}

const members =
  (given: Record<string, unknown>): Answer =>
  (response, tokens) => {
    sendJson(response, 200, { ...tokens, ...given });
  };

const withBody =
  (status: number, headers: Record<string, string>, bodyOf: (text: string) => string | Buffer): Answer =>
  (response, tokens) =>
    response.writeHead(status, headers).end(bodyOf(JSON.stringify(tokens)));

describe('the response to a refresh', () => {
  it.each<[string, unknown, number | undefined]>([
    ['3600.5', 3600.5, 3_600_500],
    ['"3600 "', '3600 ', 3_600_000],
    ['"3600.5"', '3600.5', 3_600_500],
    ['1e12', 1e12, 1e15],
    ['0', 0, undefined],
    ['-1', -1, undefined],
    ['"1h"', '1h', undefined],
    ['"-3600"', '-3600', undefined],
    ['"1e3"', '1e3', undefined],
    ['"0x10"', '0x10', undefined],
    ['null', null, undefined],
    ['true', true, undefined],
    ['[]', [], undefined],
    ['[3600]', [3600], undefined],
    ['{}', {}, undefined],
    ['""', '', undefined],
    ['" "', ' ', undefined],
  ])('S7, S12: with the lifetime %s brings a token, with `issuer` and with an SDK', async (_, lifetime, expected) => {
    const tokens = await refreshWith(members({ expires_in: lifetime }));
    harness.server.expiresIn = lifetime;
    const ofSdk = await harness.session().tokens();
    for (const { expiresAt } of [tokens, ofSdk]) {
      if (expected === undefined) expect(expiresAt).toBeUndefined();
      else expect(Math.abs(Number(expiresAt) - Date.now() - expected)).toBeLessThan(5000);
    }
  });

  it.each<[string, Answer]>([
    ['without `token_type`', members({ token_type: undefined })],
    ['with `token_type` null', members({ token_type: null })],
    ['with a scope that is no text', members({ scope: 5 })],
    ['with a scope of another shape', members({ scope: { read: true } })],
    [
      'with a member of 1,000 levels',
      withBody(200, {}, (text) => `${text.slice(0, -1)},"extra":${'['.repeat(1000)}${']'.repeat(1000)}}`),
    ],
    ['with an empty `error`', members({ error: '' })],
    ['with an `error` in addition to the tokens', members({ error: 'deprecated' })],
    ['with status 201', withBody(201, { 'content-type': 'application/json' }, (text) => text)],
    ['as text/html', withBody(200, { 'content-type': 'text/html' }, (text) => text)],
    ['without a content type', withBody(200, {}, (text) => text)],
    ['with a byte order mark', withBody(200, {}, (text) => `\ufeff${text}`)],
    ['with spaces around it', withBody(200, {}, (text) => `\r\n ${text} \n`)],
    ['in gzip', withBody(200, { 'content-encoding': 'gzip' }, (text) => gzipSync(text))],
    ['of almost 1 MiB', members({ padding: 'x'.repeat(1_000_000) })],
    [
      'after 103',
      (response, tokens) => {
        response.writeEarlyHints({ link: '</style.css>; rel=preload' });
        sendJson(response, 200, tokens);
      },
    ],
    [
      'byte by byte',
      async (response, tokens) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        for (const byte of Buffer.from(JSON.stringify(tokens))) {
          response.write(Buffer.of(byte));
          await new Promise((resolve) => setImmediate(resolve));
        }
        response.end();
      },
    ],
  ])('%s brings a token, and loses none', async (_, answer) => {
    const { server } = harness;
    const tokens = await refreshWith(answer);
    expect(server.isValid(tokens.accessToken)).toBe(true);
    expect(server.canRefresh((await session().peek())?.refreshToken)).toBe(true);
    expect(harness.warnings).toEqual([]);
  });

  it.each<[string, Answer]>([
    [
      '200 with `error`',
      (response) => {
        sendJson(response, 200, { error: 'invalid_client' });
      },
    ],
    [
      '200 with an `error` of its own',
      (response) => {
        sendJson(response, 200, { error: 'bad_refresh_token' });
      },
    ],
    [
      '200 with an `error` that is no text',
      (response) => {
        sendJson(response, 200, { error: { code: 'invalid_grant' } });
      },
    ],
    ['200 with nothing', withBody(200, {}, () => '')],
    ['200 with null', withBody(200, {}, () => 'null')],
    ['200 with a list', withBody(200, {}, (text) => `[${text}]`)],
    ['200 with half a JSON', withBody(200, {}, (text) => text.slice(0, -10))],
    ['200 with `access_token` null', members({ access_token: null })],
    ['200 with a list as `access_token`', members({ access_token: ['a'] })],
    ['200 with a line break in `access_token`', members({ access_token: 'a\r\nx: y' })],
    ['204', (response) => response.writeHead(204).end()],
    ['more than 1 MiB', members({ padding: 'x'.repeat(1_100_000) })],
    [
      'more than 1 MiB in gzip',
      withBody(200, { 'content-encoding': 'gzip' }, () => gzipSync(`{"a":"${' '.repeat(9e6)}"}`)),
    ],
    ['something that is no gzip', withBody(200, { 'content-encoding': 'gzip' }, (text) => text)],
    [
      '400 invalid_client',
      (response) => {
        sendJson(response, 400, { error: 'invalid_client' });
      },
    ],
    ['401 HTML', (response) => response.writeHead(401, { 'content-type': 'text/html' }).end('<h1>Sign in</h1>')],
    ['401 HTML that names invalid_grant', (response) => response.writeHead(401).end('<p>{"error":"invalid_grant"}')],
    [
      '403 of a firewall',
      (response) => {
        sendJson(response, 403, { message: 'blocked' });
      },
    ],
    ['511 of a portal', (response) => response.writeHead(511).end('<a href="http://portal">')],
    ['307', (response) => response.writeHead(307, { location: '/other' }).end()],
    ['300 with tokens', withBody(300, { 'content-type': 'application/json' }, (text) => text)],
    ['500 with tokens', withBody(500, { 'content-type': 'application/json' }, (text) => text)],
    [
      'invalid_grant with 500',
      (response) => {
        sendJson(response, 500, { error: 'invalid_grant' });
      },
    ],
    [
      'invalid_grant with a redirect',
      (response) => {
        sendJson(response, 302, { error: 'invalid_grant' }, { location: '/' });
      },
    ],
    ['a connection that ends at once', (response) => response.destroy()],
    [
      'a connection that ends in the body',
      (response) => {
        response.writeHead(200, { 'content-length': '1000' }).write('{"access_token":');
        setTimeout(() => response.destroy(), 50);
      },
    ],
    [
      'headers, and then silence',
      (response) => {
        response.writeHead(200).flushHeaders();
      },
    ],
    ['silence', () => undefined],
    ['no HTTP', (response) => response.socket?.end('SSH-2.0-OpenSSH_9.6\r\n')],
  ])('S3, S9: %s is REFRESH_FAILED: one request, the tokens are kept, no secret in the error', async (_, answer) => {
    const { server } = harness;
    const made = session();
    const before = await made.tokens();
    server.next['token'] = [
      (_request, response) => answer(response, { access_token: 'secret-1', refresh_token: 'secret-2' }),
    ];
    const sent = server.requestsOf('token').length;
    const error = await rejection(made.accessToken({ forceRefresh: true }));
    expect(error).toMatchObject({ name: 'SessionError', code: 'REFRESH_FAILED' } satisfies Partial<SessionError>);
    expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(/secret-|(?:access|refresh)-token-/);
    expect(server.requestsOf('token')).toHaveLength(sent + 1);
    expect(server.requestsOf('other')).toEqual([]);
    expect((await made.peek())?.refreshToken).toBe(before.refreshToken);
    expect(await made.accessToken({ interactive: false })).toBe(before.accessToken);
    server.next['token'] = [];
  });
});

describe('an error of an SDK', () => {
  it.each<[string, (refreshToken: string) => unknown]>([
    ['in its message', (token) => new Error(`POST refresh_token=${token} failed`)],
    ['in its members', (token) => Object.assign(new Error('failed'), { config: { data: token }, code: token })],
    ['in its cause', (token) => new Error('failed', { cause: { error: 'invalid_client', request: token } })],
    ['in its name', (token) => Object.assign(new Error('failed'), { name: `Error of ${token}` })],
    ['in `error`', (token) => ({ error: `unknown token ${token}` })],
    ['as the error itself', (token) => token],
  ])('S9: shows no token that is %s', async (_, errorOf) => {
    // SDKs reject with anything.
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
    const refresh = (token: string): Promise<never> => Promise.reject(errorOf(token));
    const made = harness.session({ refresh });
    await made.accessToken();
    const error = await rejection(made.accessToken({ forceRefresh: true }));
    expect(error).toMatchObject({ name: 'SessionError', code: 'REFRESH_FAILED' });
    expect(`${inspect(error, { depth: 9, showHidden: true })} ${JSON.stringify(error)}`).not.toContain(
      'refresh-token-',
    );
  });
});
