import { describe, expect, it, jest } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { AuthServer, LoginRequest, ResponseType } from '#src/index.js';
import { deliverQuery } from '../helpers/callback.js';
import { withFakeClock } from '../helpers/fake-clock.js';
import { closed, dial, requestBytes } from '../helpers/raw.js';
import { signIn, withServer } from '../helpers/with-server.js';

const fixture = fileURLToPath(new URL('../fixtures/abuse/flood.mjs', import.meta.url));

// Many sockets: a busy machine needs its time for them.
jest.setTimeout(30_000);

describe('Too many connections', () => {
  it('responds behind 200 idle sockets, and stops in spite of them (R12, R14)', () =>
    withServer(
      async (arena) => {
        const sockets = await Promise.all(Array.from({ length: 200 }, () => dial(arena.server.port)));
        const ends = sockets.map(closed);
        await signIn(arena, 'token');
        const began = performance.now();
        await arena.server.stop();
        expect(performance.now() - began).toBeLessThan(500);
        await Promise.all(ends);
      },
      { events: 1 },
    ));

  /** Opens connections that send this, and waits until the server has read it. */
  async function dialMany(count: number, port: number, bytes: string | Buffer = ''): Promise<Socket[]> {
    const sockets: Socket[] = [];
    while (sockets.length < count) {
      const socket = await dial(port);
      if (bytes !== '') socket.write(bytes);
      sockets.push(socket.resume());
    }
    await turns();
    return sockets;
  }

  async function turns(): Promise<void> {
    for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  }

  /** How many are open when the server has closed what it closes. */
  async function countOpen(sockets: readonly Socket[], expected: number): Promise<number> {
    while (sockets.filter(({ closed: isClosed }) => !isClosed).length > expected) await turns();
    await turns();
    return sockets.filter(({ closed: isClosed }) => !isClosed).length;
  }

  it.each([
    ['silent ones', ''],
    ['half-sent requests', 'GET /callback HTTP/1.1\r\nHost: 127'],
    ['half-sent headers of 60 KB', `GET /callback HTTP/1.1\r\nX: ${'x'.repeat(60_000)}`],
    ['half-sent bodies', 'POST /token HTTP/1.1\r\nHost: x\r\nContent-Length: 9999\r\n\r\n{'],
  ])('keeps 64 of 300, and serves the browser: %s (R36)', (_, bytes) =>
    withServer(
      async (arena) => {
        const sockets = await dialMany(300, arena.server.port, bytes);
        await signIn(arena, 'token');
        expect(await countOpen(sockets, 64)).toBeLessThanOrEqual(64);
        for (const socket of sockets) socket.destroy();
      },
      { events: 1 },
    ),
  );

  it('closes idle connections first, then silent ones older than a second, then half-sent requests, then the silent ones (R36)', () =>
    withFakeClock(async () => {
      const server = new AuthServer('http://127.0.0.1:0/callback');
      await server.start();
      const { port } = server;
      const page = requestBytes('GET /callback HTTP/1.1', [['Host', server.baseUri.host]]);
      const silent = await dialMany(16, port);
      jest.advanceTimersByTime(1001);
      const idle = await dialMany(16, port, page);
      const halfSent = await dialMany(16, port, 'GET /call');
      const young = await dialMany(16, port);
      const order = [...idle, ...silent, ...halfSent, ...young];
      expect(order.filter((socket) => socket.closed)).toHaveLength(0);
      const further: Socket[] = [];
      for (const count of [1, 16, 32, 48, 63]) {
        further.push(...(await dialMany(count - further.length, port)));
        await countOpen(order, 64 - count);
        expect(order.map((socket) => socket.closed)).toEqual(order.map((_, index) => index < count));
      }
      for (const socket of [...order, ...further]) socket.destroy();
      await server.stop();
    }));

  it('loses no redirect to a client that repeats a complete request on every connection, with silent ones in between (R36)', async () => {
    const server = new AuthServer('http://127.0.0.1:0/callback');
    await server.start();
    const { port } = server;
    // In another process: its work must not be that of the server.
    const flood = spawn(process.execPath, [fixture, String(port), '540'], { stdio: 'inherit' });
    try {
      for (let count = 0; count < 10; count += 1) {
        const request = new LoginRequest(server, 'client', ResponseType.Code);
        const waiting = server.waitForGrant({ request });
        await deliverQuery(server, { code: 'c', state: request.state }).expect(200);
        await expect(waiting).resolves.toMatchObject({ code: 'c' });
      }
    } finally {
      flood.kill();
      await once(flood, 'exit');
      await server.stop();
    }
  }, 120_000);

  it('closes no connection whose request is complete, such as that of a held page', () =>
    withServer(
      async (arena) => {
        let finish: () => void = () => undefined;
        const held = new Promise<void>((resolve) => {
          arena.server.once('implicitGrantReceived', (_, { page }) => {
            page.waitUntil(new Promise<void>((done) => (finish = done)));
            resolve();
          });
        });
        const page = arena.forward(arena.answer());
        await held;
        const sockets = await dialMany(200, arena.server.port, 'GET /call');
        expect((await arena.get('/other')).status).toBe(404);
        expect(await countOpen(sockets, 64)).toBeLessThanOrEqual(64);
        finish();
        expect((await page).status).toBe(200);
        for (const socket of sockets) socket.destroy();
      },
      { events: 1 },
    ));

  it('serves the browser although 200 requests are in progress in the handler of the app, and closes none of them', () =>
    withServer(
      async (arena) => {
        const bytes = requestBytes('GET /held HTTP/1.1', [['Host', arena.host]]);
        const sockets = await dialMany(200, arena.server.port, bytes);
        await signIn(arena, 'token');
        expect(sockets.filter((socket) => socket.closed)).toHaveLength(0);
        for (const socket of sockets) socket.destroy();
      },
      { events: 1, handler: () => undefined },
    ));

  it('leaves the app descriptors of its own: at most 512 connections, whatever they do', () =>
    withServer(
      async (arena) => {
        const bytes = requestBytes('GET /held HTTP/1.1', [['Host', arena.host]]);
        const sockets = await dialMany(600, arena.server.port, bytes);
        expect(await countOpen(sockets, 512)).toBeLessThanOrEqual(512);
        const ends = sockets.filter((socket) => !socket.closed).map(closed);
        for (const socket of sockets) socket.destroy();
        await Promise.all(ends);
        await turns();
      },
      { events: 0, handler: () => undefined },
    ));

  it('counts no connection that has ended', () =>
    withServer(
      async (arena) => {
        const silent = await dial(arena.server.port);
        for (let count = 0; count < 64; count += 1) {
          const socket = await dial(arena.server.port);
          const end = closed(socket.resume());
          socket.end();
          await end;
        }
        await signIn(arena, 'token');
        expect(silent.closed).toBe(false);
        silent.destroy();
      },
      { events: 1 },
    ));

  it('stops at once although pipelined requests wait behind a held page, and keeps none of them', () =>
    withServer(
      async (arena) => {
        const held = new Promise<void>((resolve) => {
          arena.server.once('implicitGrantReceived', (_, { page }) => {
            page.waitUntil(new Promise(() => undefined));
            resolve();
          });
        });
        const target = `GET /callback?${arena.answer()} HTTP/1.1`;
        const one = requestBytes(target, [['Host', arena.host]]);
        const socket = await dial(arena.server.port);
        socket.write(Buffer.concat(Array.from({ length: 200 }, () => one)));
        await held;
        const end = closed(socket.destroy());
        await end;
        const began = performance.now();
        await arena.server.stop();
        // The held page gets its second; the 199 requests behind it cost nothing.
        expect(performance.now() - began).toBeLessThan(1500);
      },
      { events: 1 },
    ));
});
