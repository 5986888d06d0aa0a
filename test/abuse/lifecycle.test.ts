import { describe, expect, it, jest } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { AuthServer } from '#src/server/auth-server.js';
import { PortUnavailableError } from '#src/errors.js';
import { LoginRequest } from '#src/oauth/login-request.js';
import { login } from '#src/login/login.js';
import { deliverFragment } from '../helpers/callback.js';
import { runFixture } from '../helpers/child.js';
import { closed, dial, requestBytes } from '../helpers/raw.js';
import { signIn, withServer } from '../helpers/with-server.js';

// Real processes, or many sockets: a busy machine needs its time for them.
jest.setTimeout(30_000);

/** Another program that listens. */
async function squatter(host: string, port = 0): Promise<{ port: number; server: Server }> {
  const server = createServer();
  await once(server.listen({ port, host, exclusive: true }), 'listening');
  return { port: (server.address() as AddressInfo).port, server };
}

async function honest(server: AuthServer): Promise<void> {
  const request = new LoginRequest(server, 'client', 'token');
  const granted = server.waitForGrant({ request });
  await deliverFragment(server, { access_token: 'honest', state: request.state }).expect(200);
  await granted;
}

describe('Start and stop', () => {
  it('stops at once with silent, half-sent and in-flight sockets, and the port is free (R12)', () =>
    withServer(
      async (arena) => {
        const { port } = arena.server;
        const post = requestBytes('POST /token HTTP/1.1', [
          ['Host', arena.host],
          ['Origin', arena.origin],
          ['Content-Type', 'application/json'],
          ['Content-Length', '1000'],
        ]);
        const writes = [
          '',
          'GET /call',
          `GET /callback HTTP/1.1\r\nHost: ${arena.host}\r\n`,
          post,
          Buffer.concat([post, Buffer.from('{"fragment"')]),
          // A kept-alive one: the page, that is still to forward its fragment.
          `GET /callback HTTP/1.1\r\nHost: ${arena.host}\r\n\r\n`,
          // Its client never reads.
          `GET /callback HTTP/1.1\r\nHost: ${arena.host}\r\n\r\n`.repeat(20),
        ];
        const sockets = await Promise.all(writes.map(() => dial(port)));
        const ends = sockets.map(closed);
        for (const [index, socket] of sockets.entries()) {
          const bytes = writes[index] ?? '';
          if (bytes.length > 0) await new Promise((resolve) => socket.write(bytes, resolve));
          if (index < 6) socket.resume();
        }
        await signIn(arena, 'token');
        const began = performance.now();
        await arena.server.stop();
        expect(performance.now() - began).toBeLessThan(1500);
        const next = await squatter('127.0.0.1', port);
        await once(next.server.close(), 'close');
        for (const socket of sockets) socket.resume();
        await Promise.all(ends);
      },
      { events: 1 },
    ));

  it('stops within 10 ms if nothing is in progress (R12)', async () => {
    const times: number[] = [];
    for (let count = 0; count < 20; count += 1) {
      const server = new AuthServer('http://127.0.0.1:0/callback');
      await server.start();
      const socket = await dial(server.port);
      const end = closed(socket.resume());
      const began = performance.now();
      await server.stop();
      times.push(performance.now() - began);
      await end;
    }
    // The least of them: what the code does, and not what this machine was doing besides.
    expect(Math.min(...times)).toBeLessThan(10);
  });

  it('accepts stop() twice, before start, and during start (R13)', () =>
    withServer(async ({ server }) => {
      await Promise.all([server.stop(), server.stop(), server.stop()]);
      await server.stop();
      const fresh = new AuthServer('http://127.0.0.1:0/callback');
      await fresh.stop();
      const starting = fresh.start();
      const stopping = fresh.stop();
      await Promise.all([starting, stopping]);
      expect(fresh.listening).toBe(false);
      await Promise.all([fresh.start(), fresh.stop(), fresh.start()]);
      expect(fresh.listening).toBe(true);
      await honest(fresh);
      await fresh[Symbol.asyncDispose]();
      expect(fresh.listening).toBe(false);
    }));

  it('rejects every wait when the server stops (R13, R21)', () =>
    withServer(async ({ server }) => {
      const waiting = server.waitForGrant();
      await Promise.all([server.stop(), expect(waiting).rejects.toMatchObject({ code: 'SERVER_STOPPED' })]);
    }));

  it('accepts start() twice, and starts on its port again (R13)', () =>
    withServer(async ({ server }) => {
      const { port } = server;
      await Promise.all([server.start(), server.start()]);
      expect(server.port).toBe(port);
      const fixed = new AuthServer(`http://127.0.0.1:${port}/callback`);
      await expect(fixed.start()).rejects.toMatchObject({ name: 'PortUnavailableError', code: 'PORT_IN_USE', port });
      expect(fixed.listening).toBe(false);
      await server.stop();
      await fixed.start();
      await honest(fixed);
      await fixed.stop();
    }));

  it('rejects on a port that another program uses, and starts on the next call (R13)', async () => {
    const { port, server: other } = await squatter('127.0.0.1');
    const server = new AuthServer(`http://127.0.0.1:${port}/callback`);
    const error: unknown = await server.start().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(PortUnavailableError);
    expect(error).toMatchObject({ code: 'PORT_IN_USE', reason: 'EADDRINUSE', port, host: '127.0.0.1' });
    await once(other.close(), 'close');
    await server.start();
    await honest(server);
    await server.stop();
  });

  it.each([
    ['::1', '127.0.0.1'],
    ['127.0.0.1', '::1'],
  ])('does not start on localhost if %s is in use, and leaves %s free (R3)', async (taken, free) => {
    const { port, server: other } = await squatter(taken);
    const server = new AuthServer(`http://localhost:${port}/callback`);
    await expect(server.start()).rejects.toMatchObject({ code: 'PORT_IN_USE', port, host: taken });
    await expect(dial(port, free)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await once(other.close(), 'close');
    await server.start();
    await honest(server);
    await server.stop();
  });

  // https://fetch.spec.whatwg.org/#port-blocking
  it.each([
    1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109, 110,
    111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531, 532,
    540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061,
    6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
  ])('rejects port %i, which browsers block (R18)', (port) => {
    for (const make of [
      () => new AuthServer(`http://127.0.0.1:${port}/callback`),
      () => new AuthServer('http://127.0.0.1/callback', { port }),
      () => new AuthServer('http://127.0.0.1/callback', { port: [5543, port] }),
    ]) {
      expect(make).toThrow(expect.objectContaining({ code: 'PORT_BLOCKED', reason: 'ERR_UNSAFE_PORT', port }));
    }
  });

  it('rejects a blocked port in login(), before anything is opened (R18)', async () => {
    const opened: URL[] = [];
    const signingIn = login({
      clientId: 'client',
      authorizationEndpoint: 'https://accounts.example.com/authorize',
      redirectUri: 'http://127.0.0.1:6667/callback',
      openBrowser: (uri) => opened.push(uri),
    });
    await expect(signingIn).rejects.toMatchObject({ code: 'PORT_BLOCKED' });
    expect(opened).toEqual([]);
  });

  it('leaks neither memory, nor handles, nor listeners in 1,000 cycles (R12)', async () => {
    const child = runFixture('abuse/cycles.ts', { nodeArgs: ['--expose-gc'], args: ['1000'] });
    const { before, after } = (await child.line()) as Record<
      'before' | 'after',
      { heap: number; resources: object; listeners: number }
    >;
    expect(after.resources).toEqual(before.resources);
    expect(after.listeners).toBe(before.listeners);
    // 1 KB for each of them would be a megabyte.
    expect(after.heap - before.heap).toBeLessThan(1_000_000);
    expect(await child.ended).toMatchObject({ code: 0, stderr: '' });
  });

  it('R12: leaves the port free for the next run if the app is killed during a sign-in', async () => {
    const app = runFixture('abuse/app.ts', { args: ['killed'] });
    const { port } = (await app.line()) as { port: number };
    const idle = await dial(port);
    const half = await dial(port);
    half.write('POST /token HTTP/1.1\r\nHost: ');
    const ends = [closed(idle), closed(half)];
    app.process.kill('SIGKILL');
    expect(await app.ended).toMatchObject({ signal: 'SIGKILL' });
    await Promise.all(ends);
    const server = new AuthServer(`http://127.0.0.1:${port}/callback`);
    await server.start();
    await honest(server);
    await server.stop();
  });
});

describe('Signals (R21)', () => {
  it('R21: ends waitForGrant() and login() by their signal, and leaves nothing that listens', async () => {
    const server = new AuthServer('http://127.0.0.1:0/callback');
    await server.start();
    const controller = new AbortController();
    const waiting = server.waitForGrant({ signal: controller.signal });
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'ABORTED' });
    await expect(server.waitForGrant({ signal: controller.signal })).rejects.toMatchObject({ code: 'ABORTED' });
    const { port } = server;
    await server.stop();
    const signingIn = login({
      clientId: 'client',
      authorizationEndpoint: 'https://accounts.example.com/authorize',
      redirectUri: `http://127.0.0.1:${port}/callback`,
      openBrowser: false,
      signal: AbortSignal.timeout(20),
    });
    await expect(signingIn).rejects.toMatchObject({ code: 'TIMED_OUT' });
    await expect(dial(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('R21: has login() close its listener when the response has arrived', async () => {
    const server = new AuthServer('http://127.0.0.1:0/callback');
    await server.start();
    const { port } = server;
    await server.stop();
    const grant = await login({
      clientId: 'client',
      authorizationEndpoint: 'https://accounts.example.com/authorize',
      responseType: 'token',
      redirectUri: `http://127.0.0.1:${port}/callback`,
      openBrowser: async (uri) => {
        const state = uri.searchParams.get('state') ?? '';
        const answering = new AuthServer(`http://127.0.0.1:${port}/callback`);
        await deliverFragment(answering, { access_token: 'honest', state });
      },
    });
    expect(grant.accessToken).toBe('honest');
    await expect(dial(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});

describe('login() for codes (R20)', () => {
  it('R20: sends an S256 challenge by default, and the verifier nowhere', async () => {
    const controller = new AbortController();
    let uri: URL | undefined;
    const signingIn = login({
      clientId: 'client',
      authorizationEndpoint: 'https://accounts.example.com/authorize',
      port: 0,
      redirectUri: 'http://127.0.0.1:0/callback',
      signal: controller.signal,
      openBrowser: async (opened) => {
        uri = opened;
        const redirect = new URL(opened.searchParams.get('redirect_uri') ?? '');
        const answer = new URLSearchParams({ code: 'honest', state: opened.searchParams.get('state') ?? '' });
        await fetch(`${redirect.href}?${answer.toString()}`);
      },
    });
    const { codeVerifier } = await signingIn;
    expect(codeVerifier).toMatch(/^[\w.~-]{43,128}$/);
    expect(uri?.searchParams.get('code_challenge_method')).toBe('S256');
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(codeVerifier));
    expect(uri?.searchParams.get('code_challenge')).toBe(Buffer.from(digest).toString('base64url'));
    expect(uri?.href).not.toContain(codeVerifier);
  });

  it('R20: rejects the method plain, which would show the verifier', () => {
    const codeVerifier = 'v'.repeat(43);
    const make = (): unknown =>
      new LoginRequest('http://127.0.0.1:1/', 'client', 'code', { codeVerifier, codeChallengeMethod: 'plain' });
    expect(make).toThrow(RangeError);
  });
});
