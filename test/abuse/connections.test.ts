import { describe, expect, it, jest } from '@jest/globals';
import type { Socket } from 'node:net';
import { closed, dial, requestBytes } from '../helpers/raw.js';
import { signIn, withServer } from '../helpers/with-server.js';

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

  it('serves the newest connection at the limit of 512, and closes the oldest silent one (R14)', () =>
    withServer(
      async (arena) => {
        // One with an incomplete request is kept as long as there is a silent one.
        const sockets = [await dial(arena.server.port)];
        sockets[0]?.write('GET /call');
        while (sockets.length < 512) sockets.push(await dial(arena.server.port));
        const [, second] = sockets;
        const end = second && closed(second);
        await signIn(arena, 'token');
        await end;
        expect(sockets.filter((socket) => socket.closed)).toEqual([second]);
      },
      { events: 1 },
    ));

  it('R14: closes the oldest connection with an incomplete request if none is silent', () =>
    withServer(
      async (arena) => {
        const sockets: Socket[] = [];
        for (let count = 0; count < 512; count += 1) {
          const socket = await dial(arena.server.port);
          socket.write('GET /call');
          sockets.push(socket);
        }
        // The server has read from the last of them, too.
        for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
        const [oldest] = sockets;
        const end = oldest && closed(oldest);
        await signIn(arena, 'token');
        await end;
        expect(sockets.filter((socket) => socket.closed)).toEqual([oldest]);
      },
      { events: 1 },
    ));

  it('R14: closes no connection whose request is complete, such as that of a held page', () =>
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
        const sockets: Socket[] = [];
        while (sockets.length < 511) {
          const socket = await dial(arena.server.port);
          socket.write('GET /call');
          sockets.push(socket);
        }
        // The server has read from the last of them, too.
        for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
        const [oldest] = sockets;
        const end = oldest && closed(oldest);
        const newest = await arena.get('/other');
        await end;
        expect(newest.status).toBe(404);
        expect(sockets.filter((socket) => socket.closed)).toEqual([oldest]);
        finish();
        expect((await page).status).toBe(200);
      },
      { events: 1 },
    ));

  it('R14: closes one connection for each new one, also for several at once', () =>
    withServer(async (arena) => {
      const dialOne = (): Promise<Socket> => dial(arena.server.port);
      const sockets: Socket[] = [];
      while (sockets.length < 512) sockets.push(await dialOne());
      const others = Array.from({ length: 10 }, dialOne);
      const ends = sockets.map(closed);
      await Promise.all(others);
      await Promise.all(ends.slice(0, 10));
      const open = [...sockets, ...(await Promise.all(others))].filter((socket) => !socket.closed);
      expect(open).toHaveLength(512);
      for (const socket of open) socket.destroy();
    }));

  it('R14: serves a further connection if every other one has a complete request', () =>
    withServer(
      async (arena) => {
        const sockets: Socket[] = [];
        while (sockets.length < 512) {
          const socket = await dial(arena.server.port);
          socket.write(requestBytes('GET /held HTTP/1.1', [['Host', arena.host]]));
          sockets.push(socket);
        }
        // The server has read from the last of them, too.
        for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
        await signIn(arena, 'token');
        expect(sockets.filter((socket) => socket.closed)).toEqual([]);
        for (const socket of sockets) socket.destroy();
      },
      { events: 1, handler: () => undefined },
    ));

  it('R14: counts no connection that has ended', () =>
    withServer(
      async (arena) => {
        const silent = await dial(arena.server.port);
        for (let count = 0; count < 512; count += 1) {
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

  it('R12: stops at once although pipelined requests wait behind a held page, and keeps none of them', () =>
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
