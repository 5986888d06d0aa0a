import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import request from 'supertest';
import { AuthServer } from '#src/server/auth-server.js';
import type { AuthServerOptions } from '#src/server/options.js';
import { AuthorizationCodeResponse, ImplicitGrantResponse } from '#src/oauth/grant-response.js';
import { PortUnavailableError } from '#src/errors.js';
import { LoginRequest } from '#src/oauth/login-request.js';
import { ResponseType } from '#src/oauth/response-type.js';
import { deliverFragment, deliverQuery, once } from '../helpers/callback.js';

const anyPort = 'http://127.0.0.1:0/callback';
const servers: AuthServer[] = [];

async function started(baseUri: string = anyPort, options?: AuthServerOptions): Promise<AuthServer> {
  const server = new AuthServer(baseUri, options);
  servers.push(server);
  await server.start();
  return server;
}

function tokenRequest(server: AuthServer): LoginRequest {
  return new LoginRequest(server, 'client', ResponseType.Token);
}

function codeRequest(server: AuthServer): LoginRequest {
  return new LoginRequest(server, 'client', ResponseType.Code);
}

async function occupied(host: string, port = 0): Promise<{ server: Server; port: number }> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, host, resolve);
  });
  return { server, port: (server.address() as AddressInfo).port };
}

function connected(server: AuthServer): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(server.port, '127.0.0.1', () => {
      resolve(socket);
    }).once('error', reject);
  });
}

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

describe('AuthServer', () => {
  it('has the default address of EmbedIOAuthServer', () => {
    const server = new AuthServer();
    expect(server.baseUri.href).toBe('http://127.0.0.1:5543/callback');
    expect(server.port).toBe(5543);
    expect(server.listening).toBe(false);
  });

  it.each([
    ['a relative URI', '/callback', TypeError],
    ['an empty string', '', TypeError],
    ['backslashes', 'http:\\\\127.0.0.1:5543\\callback', TypeError],
    ['a backslash in its path', 'http://127.0.0.1:5543\\callback', TypeError],
    ['a custom scheme', 'myapp://callback', TypeError],
    ['a fragment', 'http://127.0.0.1:5543/callback#x', TypeError],
    ['a parameter of the protocol', 'http://127.0.0.1:5543/callback?state=1', TypeError],
    ['a bare question mark', 'http://127.0.0.1:5543/callback?', TypeError],
    ['a bare number sign', 'http://127.0.0.1:5543/callback#', TypeError],
    ['a path that is the token endpoint', 'http://127.0.0.1:5543/auth/token', TypeError],
    ['credentials', 'http://a:b@127.0.0.1:5543/callback', TypeError],
    ['a host that is not loopback', 'http://example.com:5543/callback', RangeError],
    ['a private address', 'http://192.168.1.2:5543/callback', RangeError],
    ['https without a key', 'https://127.0.0.1:5543/callback', TypeError],
  ])('rejects a base URI with %s', (_, uri, type) => {
    expect(() => new AuthServer(uri)).toThrow(type);
    expect(() => new AuthServer(uri)).toThrow(/`(?:baseUri|tls)`/);
  });

  it.each([
    ['port', { port: 70_000 }, RangeError],
    ['port', { port: -1 }, RangeError],
    ['port', { port: 1.5 }, RangeError],
    ['port', { port: [] }, TypeError],
    ['port', { port: ['5543'] as unknown as number[] }, TypeError],
    ['requestTimeout', { requestTimeout: 0 }, RangeError],
    ['maxHeaderSize', { maxHeaderSize: Number.NaN }, RangeError],
    ['tls', { tls: { key: 'k', cert: 'c' } }, TypeError],
    ['host', { host: '' }, TypeError],
    ['allowUnsolicited', { allowUnsolicited: 'yes' as unknown as boolean }, TypeError],
    ['template', { template: 5 as unknown as string }, TypeError],
  ])('names the option %s if it is wrong', (name, options, type) => {
    expect(() => new AuthServer(anyPort, options)).toThrow(type);
    expect(() => new AuthServer(anyPort, options)).toThrow(`\`${name}\``);
  });

  it.each([{ cert: 'c' }, { key: 'k' }, {}, { key: 'k', cert: 5 }])('names `tls` if it is incomplete: %j', (tls) => {
    // A caller without types may give anything.
    const attempt = (): unknown => new AuthServer('https://127.0.0.1:0/callback', { tls: tls as never });
    expect(attempt).toThrow(new TypeError('`tls` must have `key` and `cert`, each as PEM in a string or a Buffer'));
  });

  it('rejects a port that browsers block, in the constructor', () => {
    expect(() => new AuthServer('http://127.0.0.1:6000/callback')).toThrow(
      expect.objectContaining({ code: 'PORT_BLOCKED', port: 6000, reason: 'ERR_UNSAFE_PORT' }),
    );
  });

  it('keeps its requests, options and secrets out of util.inspect', async () => {
    const server = await started();
    const { state } = tokenRequest(server);
    expect(inspect(server, { depth: null, showHidden: true })).not.toContain(state);
    expect(inspect(server)).not.toContain('SignIns');
    expect(Reflect.ownKeys(server).join(' ')).not.toMatch(/sign/i);
  });

  it('gives a new `baseUri` at every call', () => {
    const server = new AuthServer();
    server.baseUri.port = '1';
    expect(server.baseUri.href).toBe('http://127.0.0.1:5543/callback');
  });
});

describe('AuthServer.start', () => {
  it('binds any free port for port 0 and reports it', async () => {
    const server = await started();
    expect(server.listening).toBe(true);
    expect(server.port).toBeGreaterThan(0);
    expect(server.baseUri.port).toBe(String(server.port));
  });

  it.each(['127.0.0.1', '[::1]', 'localhost'])('is reached at %s', async (host) => {
    const server = await started(`http://${host}:0/callback`);
    expect(server.baseUri.hostname).toBe(host);
    await request(server.baseUri.origin).get('/callback').expect(200);
  });

  it('binds both families for localhost', async () => {
    const server = await started('http://localhost:0/callback');
    for (const address of ['127.0.0.1', '[::1]']) {
      await request(`http://${address}:${server.port}`).get('/callback').set('Host', server.baseUri.host).expect(200);
    }
  });

  it('fails for localhost if ::1 is in use, and leaves 127.0.0.1 free', async () => {
    const squatter = await occupied('::1');
    try {
      const server = new AuthServer(`http://localhost:${squatter.port}/callback`);
      await expect(server.start()).rejects.toMatchObject({ code: 'PORT_IN_USE', host: '::1', port: squatter.port });
      const free = await occupied('127.0.0.1', squatter.port);
      free.server.close();
    } finally {
      squatter.server.close();
    }
  });

  it('is strict about a fixed port', async () => {
    const other = await occupied('127.0.0.1');
    try {
      const server = new AuthServer(`http://127.0.0.1:${other.port}/callback`);
      const error: unknown = await server.start().catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(PortUnavailableError);
      expect(error).toMatchObject({ code: 'PORT_IN_USE', port: other.port, reason: 'EADDRINUSE' });
      expect(server.listening).toBe(false);
    } finally {
      other.server.close();
    }
    // What failed once may succeed now.
    const again = await started(`http://127.0.0.1:${other.port}/callback`);
    expect(again.port).toBe(other.port);
  });

  it('tries candidates in order', async () => {
    const [one, two] = [await occupied('127.0.0.1'), await occupied('127.0.0.1')];
    two.server.close();
    try {
      const server = await started('http://127.0.0.1/callback', { port: [one.port, two.port] });
      expect(server.port).toBe(two.port);
      expect(server.baseUri.href).toBe(`http://127.0.0.1:${two.port}/callback`);
    } finally {
      one.server.close();
    }
  });

  it('binds the first candidate again after a stop', async () => {
    const { server: other, port } = await occupied('127.0.0.1');
    other.close();
    const server = await started('http://127.0.0.1/callback', { port: [port, 0] });
    await server.stop();
    await server.start();
    expect(server.port).toBe(port);
  });

  it('is the same when called twice, at once or later', async () => {
    const server = new AuthServer(anyPort);
    servers.push(server);
    await Promise.all([server.start(), server.start()]);
    const { port } = server;
    await server.start();
    expect(server.port).toBe(port);
  });

  it('starts again after a stop, also one that is still going on', async () => {
    const server = await started();
    const stopping = server.stop();
    await server.start();
    await stopping;
    expect(server.listening).toBe(true);
    await request(server.baseUri.origin).get('/callback').expect(200);
  });

  it('succeeds after it has failed, when the port is free', async () => {
    const other = await occupied('127.0.0.1');
    const server = new AuthServer(`http://127.0.0.1:${other.port}/callback`);
    servers.push(server);
    const [first, second] = await Promise.allSettled([server.start(), server.start()]);
    expect([first, second]).toMatchObject([{ reason: { code: 'PORT_IN_USE' } }, { reason: { code: 'PORT_IN_USE' } }]);
    await new Promise((resolve) => other.server.close(resolve));
    await server.start();
    expect(server.listening).toBe(true);
  });

  it('accepts the names of the port that is bound, also after another start', async () => {
    const { server: other, port } = await occupied('127.0.0.1');
    other.close();
    const server = await started('http://127.0.0.1/callback', { port: [port, 0] });
    await request(server.baseUri.origin).get('/callback').expect(200);
    await server.stop();
    const squatter = await occupied('127.0.0.1', port);
    try {
      await server.start();
      expect(server.port).not.toBe(port);
      await request(server.baseUri.origin).get('/callback').expect(200);
      await request(server.baseUri.origin).get('/callback').set('Host', `127.0.0.1:${port}`).expect(421);
    } finally {
      squatter.server.close();
    }
  });

  it('rejects with a typed error if the custom page is missing', async () => {
    const server = new AuthServer(anyPort, { templatePath: join(tmpdir(), 'there-is-no-such-page.html') });
    await expect(server.start()).rejects.toMatchObject({ code: 'TEMPLATE_UNREADABLE' });
    expect(server.listening).toBe(false);
  });
});

describe('AuthServer.stop', () => {
  it('does nothing before start, and twice', async () => {
    const server = new AuthServer(anyPort);
    await server.stop();
    await server.start();
    await Promise.all([server.stop(), server.stop()]);
    await server.stop();
    expect(server.listening).toBe(false);
  });

  it('ends a start that is under way', async () => {
    const server = new AuthServer(anyPort);
    const starting = server.start();
    await server.stop();
    await starting;
    expect(server.listening).toBe(false);
  });

  it('frees the port although silent, half-sent and kept-alive sockets are open', async () => {
    const server = await started();
    const { port } = server;
    const [silent, half, kept] = await Promise.all([connected(server), connected(server), connected(server)]);
    half.write('GET /callback HTTP/1.1\r\nHost: 127');
    kept.write(`GET /callback HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
    await new Promise((resolve) => kept.once('data', resolve));
    await server.stop();
    const next = await occupied('127.0.0.1', port);
    next.server.close();
    for (const socket of [silent, half, kept]) socket.destroy();
  });

  it('keeps the real port in baseUri, for the exchange that follows', async () => {
    const server = await started();
    const { port } = server;
    const { href } = server.baseUri;
    await server.stop();
    expect(server.baseUri.href).toBe(href);
    expect(server.port).toBe(port);
  });

  it('is the end of an `await using` block', async () => {
    let server: AuthServer | undefined;
    {
      await using inner = await started();
      server = inner;
      expect(server.listening).toBe(true);
    }
    expect(server.listening).toBe(false);
  });

  it('forgets what was expected', async () => {
    const server = await started();
    const { state } = codeRequest(server);
    await server.stop();
    await server.start();
    await deliverQuery(server, { code: 'c', state }).expect(400);
  });
});

describe('implicitGrantReceived', () => {
  it('has the token of a forwarded fragment', async () => {
    const server = await started();
    const { state } = tokenRequest(server);
    const received: ImplicitGrantResponse[] = [];
    server.on('implicitGrantReceived', (response) => received.push(response));
    const answer = await deliverFragment(server, {
      access_token: 'a=b',
      token_type: 'bearer',
      expires_in: '3600',
      scope: 'one two',
      state,
    });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ state: 'success' });
    expect(received).toHaveLength(1);
    expect(received[0]).toBeInstanceOf(ImplicitGrantResponse);
    expect(received[0]).toMatchObject({
      accessToken: 'a=b',
      tokenType: 'bearer',
      expiresIn: 3600,
      scope: 'one two',
      state,
    });
    expect(received[0]?.uri.href.startsWith(`${server.baseUri.href}#access_token=a%3Db`)).toBe(true);
  });

  it('is emitted once for fifty simultaneous responses', async () => {
    const server = await started();
    const { state } = tokenRequest(server);
    let events = 0;
    server.on('implicitGrantReceived', () => (events += 1));
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => deliverFragment(server, { access_token: 't', state })),
    );
    expect(events).toBe(1);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array.from({ length: 49 }, () => 409)]);
  });

  it('is not emitted for a code request: the sign-in ends with a typed error', async () => {
    const server = await started();
    const { state } = codeRequest(server);
    let events = 0;
    server.on('implicitGrantReceived', () => (events += 1));
    const errors: string[] = [];
    server.on('errorReceived', ({ code }) => errors.push(code));
    await deliverFragment(server, { access_token: 't', state }).expect(400);
    expect(events).toBe(0);
    expect(errors).toEqual(['RESPONSE_MALFORMED']);
    await deliverQuery(server, { code: 'c', state }).expect(409);
  });
});

describe('authorizationCodeReceived', () => {
  it('has the code of a query, without JavaScript', async () => {
    const server = await started();
    const { state } = codeRequest(server);
    const received: AuthorizationCodeResponse[] = [];
    server.on('authorizationCodeReceived', (response) => received.push(response));
    const answer = await deliverQuery(server, { code: 'abc', state }).expect(200);
    expect(answer.text).toContain('data-auth-state="success"');
    expect(answer.text).not.toContain(state);
    expect(received[0]).toBeInstanceOf(AuthorizationCodeResponse);
    expect(received[0]).toMatchObject({ code: 'abc', state, redirectUri: server.baseUri.href });
  });

  it('shows success at once if the handler does not hold the page', async () => {
    const server = await started();
    const { state } = codeRequest(server);
    server.on('authorizationCodeReceived', () => undefined);
    const answer = await deliverQuery(server, { code: 'abc', state });
    expect(answer.text).not.toContain('data-auth-outcome=');
  });

  it('is emitted for a form_post, too', async () => {
    const server = await started();
    const { state } = codeRequest(server);
    const received: string[] = [];
    server.on('authorizationCodeReceived', ({ code }) => received.push(code));
    await request(server.baseUri.origin)
      .post('/callback')
      .set('Origin', 'null')
      .type('form')
      .send({ code: 'abc', state })
      .expect(200);
    expect(received).toEqual(['abc']);
  });
});

describe('errorReceived', () => {
  it.each(['query', 'fragment'] as const)('has the provider’s error from the %s', async (way) => {
    const server = await started();
    const { state } = tokenRequest(server);
    const received: unknown[] = [];
    server.on('errorReceived', (error) => received.push(error));
    const params = { error: 'access_denied', error_description: '<b>No</b>', state };
    const answer = await (way === 'query' ? deliverQuery(server, params) : deliverFragment(server, params));
    expect(answer.status).toBe(200);
    expect(answer.text).not.toContain('<b>No');
    expect(received).toMatchObject([
      { code: 'ACCESS_DENIED', error: 'access_denied', errorDescription: '<b>No</b>', state },
    ]);
  });

  it('is not emitted for an error with a foreign state, and the awaited response still arrives', async () => {
    const server = await started();
    const { state } = codeRequest(server);
    const events: string[] = [];
    server.on('errorReceived', () => events.push('error'));
    server.on('authorizationCodeReceived', () => events.push('code'));
    server.on('callbackRejected', ({ reason }) => events.push(reason));
    await deliverQuery(server, { error: 'access_denied' }).expect(400);
    await deliverQuery(server, { error: 'access_denied', state: 'foreign' }).expect(400);
    await deliverQuery(server, { code: 'c', state }).expect(200);
    expect(events).toEqual(['state_foreign', 'state_foreign', 'code']);
  });
});

describe('expect', () => {
  it('accepts a code from a fragment', async () => {
    const server = await started();
    const { state } = codeRequest(server);
    const received = once(server, 'authorizationCodeReceived');
    await deliverFragment(server, { code: 'c', state }).expect(200);
    expect((await received)[0].code).toBe('c');
  });

  it('accepts a token for a request that was made after one for a code', async () => {
    const server = await started();
    codeRequest(server);
    await new Promise((resolve) => setImmediate(resolve));
    const { state } = tokenRequest(server);
    const received = once(server, 'implicitGrantReceived');
    await deliverFragment(server, { access_token: 't', state }).expect(200);
    expect((await received)[0].accessToken).toBe('t');
  });
});

describe('callbackRejected', () => {
  it('has the reason, and no value', async () => {
    const server = await started();
    const { state } = codeRequest(server);
    const seen: unknown[] = [];
    server.on('callbackRejected', (rejection) => seen.push(rejection));
    server.on('authorizationCodeReceived', () => undefined);
    await deliverQuery(server, { code: 'c', state }).expect(200);
    await deliverQuery(server, { code: 'c', state }).expect(409);
    await deliverQuery(server, { code: 'c', error: 'e', state: codeRequest(server).state }).expect(400);
    await request(server.baseUri.origin).head(`/callback?code=c&state=${state}`).expect(405);
    await request(server.baseUri.origin).get('/callback').set('Host', 'evil.test').expect(421);
    await request(server.baseUri.origin).get('/favicon.ico').expect(404);
    expect(seen).toEqual([
      { reason: 'state_used' },
      { reason: 'malformed' },
      { reason: 'method' },
      { reason: 'foreign_host' },
    ]);
  });
});

describe('AuthServerOptions.allowUnsolicited', () => {
  it('accepts any state, as EmbedIOAuthServer does', async () => {
    const server = await started(anyPort, { allowUnsolicited: true });
    const received: (string | undefined)[] = [];
    server.on('implicitGrantReceived', ({ state }) => received.push(state));
    await deliverFragment(server, { access_token: 't' }).expect(200);
    await deliverFragment(server, { access_token: 't', state: 'any' }).expect(200);
    expect(received).toEqual([undefined, 'any']);
  });

  it('warns once what to do if nothing is expected and it is not set', async () => {
    const server = await started();
    const emitWarning = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    try {
      await deliverQuery(server, { code: 'c', state: 'secret-state' }).expect(400);
      await deliverQuery(server, { code: 'c', state: 'secret-state' }).expect(400);
      expect(emitWarning).toHaveBeenCalledTimes(1);
      expect(emitWarning.mock.calls[0]?.[0]).toContain('server.expect(request)');
      expect(JSON.stringify(emitWarning.mock.calls)).not.toContain('secret-state');
    } finally {
      emitWarning.mockRestore();
    }
  });
});

describe('CallbackPage.waitUntil', () => {
  it.each([
    ['success', () => Promise.resolve(), 200],
    ['error', () => Promise.reject(new Error('exchange failed')), 500],
  ])('responds to the script with %s as the promise settles', async (state, finish, status) => {
    const server = await started();
    const request = tokenRequest(server);
    server.on('implicitGrantReceived', (_, { page }) => {
      page.waitUntil(finish());
    });
    const answer = await deliverFragment(server, { access_token: 't', state: request.state });
    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject({ state });
  });

  it('shows that the sign-in is being finished, then how it ended, in one response', async () => {
    const server = await started();
    const { state } = codeRequest(server);
    let finish: () => void = () => undefined;
    server.on('authorizationCodeReceived', (_, { page }) => {
      page.waitUntil(new Promise<void>((resolve) => (finish = resolve)));
    });
    const response = await fetch(`${server.baseUri.href}?code=c&state=${state}`);
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    const first = await reader?.read();
    expect(first?.value).toContain('data-auth-state="pending"');
    expect(first?.value).toContain('data-auth-reason="finishing"');
    expect(first?.value).not.toContain('data-auth-outcome=');
    finish();
    let rest = '';
    for (let part = await reader?.read(); part?.done === false; part = await reader?.read()) rest += part.value;
    expect(rest).toContain('data-auth-outcome="{&#34;state&#34;:&#34;success&#34;');
  });

  it('waits for all of several, and fails with any', async () => {
    const server = await started();
    const { state } = tokenRequest(server);
    server.on('implicitGrantReceived', (_, { page }) => {
      page.waitUntil(Promise.resolve());
      page.waitUntil(Promise.reject(new Error('second')));
    });
    const answer = await deliverFragment(server, { access_token: 't', state });
    expect(answer.body).toMatchObject({ state: 'error', reason: 'failed' });
  });

  it('throws if the page is complete', async () => {
    const server = await started();
    const { state } = tokenRequest(server);
    const late = new Promise<unknown>((resolve) => {
      server.on('implicitGrantReceived', (_, { page }) => {
        setImmediate(() => {
          try {
            page.waitUntil(Promise.resolve());
          } catch (error) {
            resolve(error);
          }
        });
      });
    });
    await deliverFragment(server, { access_token: 't', state }).expect(200);
    expect(await late).toBeInstanceOf(TypeError);
  });
});

describe('a handler', () => {
  it.each(['query', 'fragment'] as const)('may stop the server in its first line (%s)', async (way) => {
    const server = await started();
    const stopped = new Promise<void>((resolve, reject) => {
      const handler = async (): Promise<void> => {
        await server.stop();
        resolve();
      };
      server.on('implicitGrantReceived', () => void handler().catch(reject));
      server.on('authorizationCodeReceived', () => void handler().catch(reject));
    });
    const { state } = way === 'query' ? codeRequest(server) : tokenRequest(server);
    const answer = await (way === 'query'
      ? deliverQuery(server, { code: 'c', state })
      : deliverFragment(server, { access_token: 't', state }));
    await stopped;
    expect(answer.status).toBe(200);
    expect(answer.text).toMatch(/data-auth-state="success"|"state":"success"/);
    expect(server.listening).toBe(false);
  });

  it.each(['query', 'fragment'] as const)(
    'may stop the server within what the page waits for: no deadlock, a complete page (%s)',
    async (way) => {
      const server = await started();
      let stopped: Promise<void> | undefined;
      const handler = (_: unknown, { page }: { page: { waitUntil(promise: Promise<unknown>): void } }): void => {
        stopped = server.stop();
        page.waitUntil(stopped);
      };
      server.on('implicitGrantReceived', handler);
      server.on('authorizationCodeReceived', handler);
      const { state } = way === 'query' ? codeRequest(server) : tokenRequest(server);
      const answer = await (way === 'query'
        ? deliverQuery(server, { code: 'c', state })
        : deliverFragment(server, { access_token: 't', state }));
      await stopped;
      expect(answer.text).toContain('return_to_app');
      expect(answer.text).not.toContain('"state":"success"');
    },
  );

  it('shows the outcome of a promise that settles while the server is stopping', async () => {
    const server = await started();
    const { state } = codeRequest(server);
    let stopped: Promise<void> | undefined;
    server.on('authorizationCodeReceived', (_, { page }) => {
      page.waitUntil(new Promise((resolve) => setTimeout(resolve, 30)));
      stopped = server.stop();
    });
    const answer = await deliverQuery(server, { code: 'c', state });
    await stopped;
    expect(answer.text).toContain('data-auth-outcome="{&#34;state&#34;:&#34;success&#34;');
  });
});

describe('AuthServer.waitForGrant', () => {
  it('resolves with the grant, and the handler may have stopped the server', async () => {
    const server = await started();
    const { state } = codeRequest(server);
    server.on('authorizationCodeReceived', () => void server.stop());
    const [grant] = await Promise.all([server.waitForGrant(), deliverQuery(server, { code: 'c', state })]);
    expect(grant).toBeInstanceOf(AuthorizationCodeResponse);
  });

  it('rejects with the provider’s error', async () => {
    const server = await started();
    const { state } = codeRequest(server);
    const waiting = server.waitForGrant();
    const failed = expect(waiting).rejects.toMatchObject({ code: 'ACCESS_DENIED' });
    await deliverQuery(server, { error: 'access_denied', state });
    await failed;
  });

  it('keeps several sign-ins apart', async () => {
    const server = await started();
    const requests = Array.from({ length: 5 }, () => codeRequest(server));
    const waiting = requests.map((request) => server.waitForGrant({ request }));
    for (const [index, { state }] of [...requests.entries()].reverse()) {
      await deliverQuery(server, { code: `code-${index}`, state });
    }
    const grants = await Promise.all(waiting);
    expect(grants.map((grant) => grant.params.get('code'))).toEqual(requests.map((_, index) => `code-${index}`));
  });

  it('rejects as aborted, or as timed out', async () => {
    const server = await started();
    const abort = new AbortController();
    const waiting = server.waitForGrant({ signal: abort.signal });
    abort.abort();
    await expect(waiting).rejects.toMatchObject({ name: 'AuthAbortedError', code: 'ABORTED' });
    await expect(server.waitForGrant({ signal: abort.signal })).rejects.toMatchObject({ code: 'ABORTED' });
    await expect(server.waitForGrant({ signal: AbortSignal.timeout(1) })).rejects.toMatchObject({ code: 'TIMED_OUT' });
  });

  it('rejects when the server stops', async () => {
    const server = await started();
    const waiting = server.waitForGrant();
    const failed = expect(waiting).rejects.toMatchObject({ code: 'SERVER_STOPPED' });
    await server.stop();
    await failed;
  });
});

describe('AuthServer.receive', () => {
  it('accepts a custom protocol’s URI without listening, and emits the same event', async () => {
    const server = new AuthServer();
    const request = new LoginRequest('myapp.auth://token', 'client', ResponseType.Token);
    server.expect(request);
    const received: string[] = [];
    server.on('implicitGrantReceived', ({ accessToken }) => received.push(accessToken));
    const grant = await server.receive(`myapp.auth://token#access_token=t&state=${request.state}`);
    expect(grant).toBeInstanceOf(ImplicitGrantResponse);
    expect(received).toEqual(['t']);
    await expect(server.receive(`myapp.auth://token#access_token=t&state=${request.state}`)).rejects.toMatchObject({
      code: 'STATE_USED',
    });
  });

  it.each([
    ['another scheme', 'myapp://127.0.0.1:5543/callback', 'REDIRECT_URI_MISMATCH'],
    ['another host', 'http://localhost:5543/callback', 'REDIRECT_URI_MISMATCH'],
    ['another port', 'http://127.0.0.1:5544/callback', 'REDIRECT_URI_MISMATCH'],
    ['another path', 'http://127.0.0.1:5543/other', 'REDIRECT_URI_MISMATCH'],
  ])('ends the sign-in with a typed error at %s', async (_, base, code) => {
    const server = new AuthServer();
    const { state } = codeRequest(server);
    await expect(server.receive(`${base}?code=c&state=${state}`)).rejects.toMatchObject({ code });
    await expect(server.receive(`http://127.0.0.1:5543/callback?code=c&state=${state}`)).rejects.toMatchObject({
      code: 'STATE_USED',
    });
  });

  it.each([
    ['', 'RESPONSE_MALFORMED'],
    ['/callback?code=c', 'RESPONSE_MALFORMED'],
    ['http://127.0.0.1:5543/callback', 'RESPONSE_EMPTY'],
    ['http://127.0.0.1:5543/callback?state=STATE', 'RESPONSE_EMPTY'],
    ['http://127.0.0.1:5543/callback?code=c&state=foreign', 'STATE_FOREIGN'],
    ['http://127.0.0.1:5543/callback?code=c&error=e', 'STATE_FOREIGN'],
    ['http://127.0.0.1:5543/callback?code=c&error=e&state=STATE', 'RESPONSE_MALFORMED'],
  ])('rejects %j', async (uri, code) => {
    const server = new AuthServer();
    const { state } = codeRequest(server);
    const promise = server.receive(uri.replace('STATE', state));
    await expect(promise).rejects.toMatchObject({ name: 'AuthorizationError', code });
  });

  it('accepts text that was pasted only if the app says so', async () => {
    const server = new AuthServer();
    const { state } = codeRequest(server);
    const paste = ` <http://127.0.0.1:5543/call\nback?code=c&sta\r\nte=${state}>. `;
    await expect(server.receive(paste)).rejects.toMatchObject({ code: 'RESPONSE_MALFORMED' });
    await expect(server.receive(paste, { pasted: true })).resolves.toMatchObject({ code: 'c' });
  });

  it.each([
    ['quotes', (uri: string) => `"${uri}"`],
    ['two slashes for the scheme', (uri: string) => uri.replace('http:', '')],
    ['https', (uri: string) => uri.replace('http', 'https')],
  ])('accepts pasted text with %s', async (_, change) => {
    const server = new AuthServer();
    const { state } = codeRequest(server);
    const text = change(`http://127.0.0.1:5543/callback?code=c&state=${state}`);
    await expect(server.receive(text, { pasted: true })).resolves.toMatchObject({ code: 'c' });
  });

  it('takes a URI of the system character by character, and names a wrong option', async () => {
    const server = new AuthServer();
    const { state } = codeRequest(server);
    await expect(server.receive(`http://127.0.0.1:5543/callback?state=${state}&code=abc.`)).resolves.toMatchObject({
      code: 'abc.',
    });
    await expect(server.receive('', { pasted: 1 as never })).rejects.toThrow('`pasted` must be true or false');
    await expect(server.receive('', { paste: true } as never)).rejects.toThrow('Did you mean `pasted`?');
  });

  it('rejects with the provider’s error, and emits errorReceived', async () => {
    const server = new AuthServer();
    const { state } = codeRequest(server);
    const seen: string[] = [];
    server.on('errorReceived', ({ code }) => seen.push(code));
    await expect(
      server.receive(`http://127.0.0.1:5543/callback?error=access_denied&state=${state}`),
    ).rejects.toMatchObject({ code: 'ACCESS_DENIED' });
    expect(seen).toEqual(['ACCESS_DENIED']);
  });

  it('throws a TypeError for a value that is neither a string nor a URL', async () => {
    await expect(new AuthServer().receive(5 as unknown as string)).rejects.toBeInstanceOf(TypeError);
  });
});

describe('AuthServer.expect', () => {
  it.each([undefined, null, {}, { state: '' }, { state: 5 }])('rejects %j', (value) => {
    expect(() => {
      new AuthServer().expect(value as unknown as LoginRequest);
    }).toThrow(/`request`/);
  });

  it('is undone by forget', async () => {
    const server = await started();
    const request = codeRequest(server);
    server.forget(request);
    await deliverQuery(server, { code: 'c', state: request.state }).expect(400);
  });
});
