import { describe, expect, it, jest } from '@jest/globals';
import type { Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { closed, dial, parseResponse, received, requestBytes } from '../helpers/raw.js';
import { navigation, signIn, withServer, type Arena } from '../helpers/with-server.js';

// Real processes, or many sockets: a busy machine needs its time for them.
jest.setTimeout(30_000);

const json = (arena: Arena): (readonly [string, string])[] => [
  ['Host', arena.host],
  ['Origin', arena.origin],
  ['Content-Type', 'application/json'],
];

describe('Too much, and too slow', () => {
  it('26: rejects a body of 1 MiB, with or without a length, and closes (R14)', () =>
    withServer(async (arena) => {
      const body = JSON.stringify({ fragment: `${arena.answer()}&pad=${'x'.repeat(1_048_576)}` });
      const said = await arena.raw(
        requestBytes('POST /token HTTP/1.1', [...json(arena), ['Content-Length', String(body.length)]], body),
      );
      expect([said.status, said.headers.get('connection')]).toEqual([413, 'close']);
      const chunk = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
      const unsaid = await arena.raw(
        requestBytes('POST /token HTTP/1.1', [...json(arena), ['Transfer-Encoding', 'chunked']], chunk),
      );
      // The server closes while the rest is still being written: the response may get lost, the sign-in must not.
      expect([413, 0]).toContain(unsaid.status);
      const form = await arena.ask(
        'POST /callback HTTP/1.1',
        [...navigation, ['Content-Type', 'application/x-www-form-urlencoded']],
        `${arena.answer()}&pad=${'x'.repeat(270_000)}`,
      );
      expect(form.status).toBe(413);
      expect(arena.rejections).toEqual(['body_too_large', 'body_too_large', 'body_too_large']);
    }));

  it('26: accepts a body of almost 256 KiB', () =>
    withServer(
      async (arena) => {
        const { status } = await arena.forward(`${arena.answer()}&id_token=${'x'.repeat(261_000)}`);
        expect(status).toBe(200);
      },
      { events: 1 },
    ));

  const inflated = JSON.stringify({ fragment: `access_token=a&pad=${'0'.repeat(50_000_000)}` });
  const bomb = gzipSync(inflated);

  it.each(['gzip', 'deflate', 'br', 'identity', 'x-gzip'])(
    '27: inflates nothing: Content-Encoding: %s (R14)',
    (encoding) =>
      withServer(async (arena) => {
        const length = ['Content-Length', String(bomb.length)] as const;
        const response = await arena.raw(
          requestBytes(
            'POST /token HTTP/1.1',
            [...json(arena), ['Content-Encoding', encoding], length, ['Connection', 'close']],
            bomb.subarray(0, 1000),
          ),
        );
        expect(response.status).toBe(415);
        expect(arena.rejections).toEqual(['content_type']);
      }),
  );

  it('28: accepts 20 KB of cookies of other apps, and explains itself at 100 KB (R14)', () =>
    withServer(
      async (arena) => {
        const cookie = (bytes: number): [string, string] => ['Cookie', `other=${'x'.repeat(bytes)}`];
        const page = await arena.get('/callback', [...navigation, cookie(20_000)]);
        expect(page.status).toBe(200);
        const { status } = await arena.forward(arena.answer(), Object.fromEntries([cookie(20_000)]));
        expect(status).toBe(200);
        const refused = await arena.get('/callback', [...navigation, cookie(100_000)]);
        expect(refused.status).toBe(431);
        expect(refused.body).toMatch(/cookies[^]*private window/);
        expect(refused.headers.get('content-type')).toBe('text/html; charset=utf-8');
        expect(refused.headers.get('cache-control')).toBe('no-store');
      },
      { events: 1 },
    ));

  it('29: ends slow headers and a slow body, and responds to others meanwhile (R14)', () =>
    withServer(
      async (arena) => {
        const headers = await dial(arena.server.port);
        const body = await dial(arena.server.port);
        const ends = [received(headers), received(body)];
        headers.write(`GET /callback?${arena.answer()} HTTP/1.1\r\nHost: ${arena.host}\r\nX-Slow: `);
        body.write(requestBytes('POST /token HTTP/1.1', [...json(arena), ['Content-Length', '100']], '{"fragment":"'));
        await signIn(arena, 'token');
        for (const text of await Promise.all(ends)) expect(parseResponse(text).status).toBe(408);
      },
      { requestTimeout: 300, events: 1 },
    ));

  it('29: ends headers that take longer than ten seconds, by default (R14)', () =>
    withServer(async (arena) => {
      const socket = await dial(arena.server.port);
      const end = received(socket);
      const began = performance.now();
      socket.write(`GET /callback?${arena.answer()} HTTP/1.1\r\nHost: ${arena.host}\r\nX-Slow: `);
      expect(parseResponse(await end).status).toBe(408);
      expect(performance.now() - began).toBeLessThan(20_000);
    }));

  it('30: responds behind 200 idle sockets, and stops in spite of them (R12, R14)', () =>
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

  it('30: serves the newest connection at the limit of 512, and closes the oldest silent one (R14)', () =>
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

  it('R12: stops at once although pipelined requests wait behind a held page, and keeps none of them', () =>
    withServer(
      async (arena) => {
        const held = new Promise<void>((resolve) => {
          arena.server.once('implicitGrantReceived', (_, page) => {
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
