import { describe, expect, it, jest } from '@jest/globals';
import express from 'express';
import { once } from 'node:events';
import request from 'supertest';
import { AuthServer, LoginRequest, ResponseType, type RejectionReason } from '#src/index.js';
import { deliverQuery } from '../helpers/callback.js';
import { runFixture } from '../helpers/child.js';
import { dial } from '../helpers/raw.js';
import { useServers } from '../helpers/use-servers.js';

const startServer = useServers();
const options = { authorizationEndpoint: 'https://accounts.example.com/authorize' };

describe('AuthServerOptions.publicUri', () => {
  const publicUri = 'https://name-5543.example.dev/prefix/callback';

  it('is what is sent and compared; the bound path is served, under both names', async () => {
    const server = await startServer({ publicUri });
    expect(server.redirectUri).toBe(publicUri);
    expect(server.baseUri.href).toBe(publicUri);
    const bound = `http://127.0.0.1:${server.port}`;
    for (const [host, origin] of [
      ['name-5543.example.dev', 'https://name-5543.example.dev'],
      [`127.0.0.1:${server.port}`, 'https://name-5543.example.dev'],
      ['name-5543.example.dev', bound],
    ] as const) {
      const login = new LoginRequest(server, 'client', ResponseType.Token, options);
      expect(login.redirectUri).toBe(publicUri);
      const waiting = server.waitForGrant({ request: login });
      await request(bound).get('/callback').set('Host', host).expect(200);
      await request(bound)
        .post('/token')
        .set({ Host: host, Origin: origin, 'Sec-Fetch-Site': 'same-origin' })
        .send({ fragment: `access_token=t&state=${login.state}` })
        .expect(200);
      const grant = await waiting;
      expect(grant.uri.href).toBe(`${publicUri}#access_token=t&state=${login.state}`);
      expect(grant.redirectUri).toBe(publicUri);
    }
    await request(bound).get('/callback').set({ Host: 'evil.test', Accept: 'text/html' }).expect(421, /<html/);
    await request(bound).get('/prefix/callback').set('Host', 'name-5543.example.dev').expect(404);
  });

  it('ends the wait for a response that a tunnel delivers without changing its path (R37)', async () => {
    const server = await startServer({ publicUri });
    const login = new LoginRequest(server, 'client', ResponseType.Code, options);
    const waiting = server.waitForGrant({ request: login });
    const bound = request(`http://127.0.0.1:${server.port}`);
    const host = { Host: 'name-5543.example.dev' };
    await bound.get('/prefix/callback?code=c&state=foreign').set(host).expect(404);
    await bound.get(`/prefix/callback?code=SECRET&state=${login.state}`).set(host).expect(400);
    const error: unknown = await waiting.catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'REDIRECT_URI_MISMATCH' });
    expect(String(error)).toContain('this server expects it at /callback; let the proxy or tunnel change the path');
    expect(String(error)).not.toContain('SECRET');
  });

  it('may be http on a loopback host, as with a published container port', async () => {
    const server = await startServer({ publicUri: 'http://localhost:8080/callback' });
    await request(`http://127.0.0.1:${server.port}`).get('/callback').set('Host', 'localhost:8080').expect(200);
  });

  it.each([
    ['http://example.dev/callback', RangeError],
    ['myapp://callback', TypeError],
    ['/callback', TypeError],
    ['https://example.dev/callback#x', TypeError],
    ['https://example.dev/callback?code=1', TypeError],
  ])('rejects %s', (uri, type) => {
    expect(() => new AuthServer(undefined, { publicUri: uri })).toThrow(type);
    expect(() => new AuthServer(undefined, { publicUri: uri })).toThrow(/`publicUri`/);
  });
});

describe('the redirect URI', () => {
  it.each([
    ['http://localhost:5543', 'http://localhost:5543'],
    ['http://127.0.0.1:80/cb', 'http://127.0.0.1:80/cb'],
    ['HTTP://LocalHost:5543/Call%2Fback?tenant=1', 'HTTP://LocalHost:5543/Call%2Fback?tenant=1'],
    ['http://[::1]:5543/callback', 'http://[::1]:5543/callback'],
  ])('of %s is sent as %s', (given, sent) => {
    const server = new AuthServer(given);
    expect(server.redirectUri).toBe(sent);
    const login = new LoginRequest(server, 'client', ResponseType.Code, options);
    expect(login.toUri().searchParams.get('redirect_uri')).toBe(sent);
  });

  it('gets only its port filled in', async () => {
    const server = await startServer({ port: 0 }, 'http://LOCALHOST/Callback?tenant=1');
    expect(server.redirectUri).toBe(`http://LOCALHOST:${server.port}/Callback?tenant=1`);
    expect(server.baseUri.href).toBe(`http://localhost:${server.port}/Callback?tenant=1`);
  });

  it('may have a query, which the response must repeat (R25)', async () => {
    const server = await startServer({}, 'http://127.0.0.1:0/callback?tenant=1');
    const login = (): LoginRequest => new LoginRequest(server, 'client', ResponseType.Code, options);
    const errors: string[] = [];
    server.on('errorReceived', ({ code }) => errors.push(code));
    server.on('authorizationCodeReceived', ({ redirectUri }) => errors.push(redirectUri));
    await deliverQuery(server, { tenant: '1', code: 'c', state: login().state }).expect(200);
    await deliverQuery(server, { tenant: '2', code: 'c', state: login().state }).expect(400);
    expect(errors).toEqual([server.redirectUri, 'REDIRECT_URI_MISMATCH']);
  });
});

describe('AuthServerOptions.handler', () => {
  it('serves every other path, behind the check of Host; an Express app is one', async () => {
    const app = express().get('/help', (_, response) => {
      response.send('Help');
    });
    const server = await startServer({ handler: app });
    const agent = request(`http://127.0.0.1:${server.port}`);
    await agent.get('/help').expect(200, 'Help');
    await agent.get('/help').set('Host', 'evil.test').expect(421);
    await agent.get('/callback').expect(200, /data-auth-state="pending"/);
    await agent.get('/token').expect(405);
    await agent.get('/auth_assets/main.js').expect(200);
    await agent.get('/nothing').expect(404, /Cannot GET/);
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('handler failed');
      },
    ],
    ['rejects', () => Promise.reject(new Error('handler failed'))],
    [
      'throws no error',
      () => {
        throw null as never as Error;
      },
    ],
  ] as [string, () => void][])(
    'responds with 500 if it %s, and the process goes on with a warning (R42)',
    async (_, handler) => {
      const warning = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
      const server = await startServer({ handler });
      for (let time = 0; time < 2; time += 1) {
        const response = await request(`http://127.0.0.1:${server.port}`).get('/').expect(500);
        expect(response.text).not.toMatch(/handler failed|\bat /);
      }
      expect(warning).toHaveBeenCalledWith(expect.stringMatching(/^`handler` failed: /), {
        code: 'EMBED_AUTH_HOOK_FAILED',
      });
      warning.mockRestore();
    },
  );

  it('is checked', () => {
    expect(() => new AuthServer(undefined, { handler: 5 as never })).toThrow(/`handler`/);
    expect(() => new AuthServer(undefined, { handlers: 5 } as never)).toThrow(/Did you mean `handler`/);
  });
});

describe('a TLS handshake at the http port (R29)', () => {
  it('is the rejection `tls`, is counted, and the server goes on', async () => {
    const server = await startServer();
    const controller = new AbortController();
    const waiting = server.waitForGrant({ signal: controller.signal });
    const rejected = new Promise<RejectionReason>((resolve) => {
      server.once('callbackRejected', ({ reason }) => {
        resolve(reason);
      });
    });
    const socket = await dial(server.port);
    const hello = Buffer.from('16030100c8010000c40303', 'hex');
    socket.write(Buffer.concat([hello, Buffer.alloc(190)]));
    expect(await rejected).toBe('tls');
    socket.destroy();
    controller.abort(new DOMException('Too late', 'TimeoutError'));
    await expect(waiting).rejects.toMatchObject({ rejections: { tls: 1 } });
    await expect(waiting).rejects.toThrow(/HTTPS-only mode.*127\.0\.0\.1 instead of localhost/);
    await request(`http://127.0.0.1:${server.port}`).get('/callback').expect(200);
  });
});

describe('a held page', () => {
  it('passes proxies and compression at once', async () => {
    const server = await startServer();
    server.on('authorizationCodeReceived', (_, { page }) => {
      page.waitUntil(new Promise<void>((resolve) => setImmediate(resolve)));
    });
    const { state } = new LoginRequest(server, 'client', ResponseType.Code, options);
    await deliverQuery(server, { code: 'c', state })
      .expect('X-Accel-Buffering', 'no')
      .expect('Cache-Control', 'no-store, no-transform');
  });

  it('is sent before an error of a handler surfaces', async () => {
    // More than the system takes at once: what is still in the process would be lost with it.
    const template = `<p>${' '.repeat(32_000_000)}</p>`;
    let received = 0;
    const receivedAtError: number[] = [];
    process.setUncaughtExceptionCaptureCallback(() => receivedAtError.push(received));
    try {
      const server = await startServer({ template });
      server.on('authorizationCodeReceived', () => {
        throw new Error('handler failed');
      });
      const { state } = new LoginRequest(server, 'client', ResponseType.Code, options);
      const socket = await dial(server.port);
      socket.on('data', ({ length }) => (received += length));
      socket.write(
        `GET /callback?code=c&state=${state} HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nConnection: close\r\n\r\n`,
      );
      await once(socket, 'close');
      await new Promise((resolve) => setImmediate(resolve));
      expect(received).toBeGreaterThan(template.length);
      expect(receivedAtError).toEqual([expect.any(Number)]);
      expect(receivedAtError[0]).toBeGreaterThan(template.length / 2);
    } finally {
      process.setUncaughtExceptionCaptureCallback(null);
    }
  });

  it('is rendered before its request is used up: a template that never returns costs no sign-in', async () => {
    let isStuck = true;
    const server = await startServer({
      template: () => (isStuck ? new Promise<never>(() => undefined) : '<p data-auth-message></p>'),
    });
    const { state } = new LoginRequest(server, 'client', ResponseType.Code, options);
    const received: string[] = [];
    server.on('authorizationCodeReceived', ({ code }) => received.push(code));
    const socket = await dial(server.port);
    socket.write(`GET /callback?code=stuck&state=${state} HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\n\r\n`);
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(received).toEqual([]);
    isStuck = false;
    await deliverQuery(server, { code: 'right', state }).expect(200);
    expect(received).toEqual(['right']);
    socket.destroy();
  });
});

describe('NODE_DEBUG=embed-auth-server', () => {
  jest.setTimeout(30_000);

  it('traces the steps of a sign-in, with the names of known parameters and no value (R33)', async () => {
    const child = runFixture('abuse/trace.ts', { env: { NODE_DEBUG: 'embed-auth-server' } });
    const { code, stdout, stderr } = await child.ended;
    expect([code, stdout]).toEqual([0, 'done\n']);
    for (const step of [
      'listening on port',
      'rejected: state_foreign',
      'code, state, 1 other',
      'no parameters',
      'event: authorizationCodeReceived',
      'stopped',
    ]) {
      expect(stderr).toContain(step);
    }
    expect(stderr.match(/response with .*access_token/g)).toBeNull();
    // A parameter that is there twice counts once.
    expect(stderr).not.toContain('2 other');
    expect(stderr).not.toMatch(/CANARY/i);
  });
});
