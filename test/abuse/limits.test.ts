import { describe, expect, it, jest } from '@jest/globals';
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
  it('26: refuses a body of 1 MiB, said or unsaid, and closes (R14)', () =>
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
      // The server closes while the rest is still being written: the answer may get lost in that, the sign-in must not.
      expect([413, 0]).toContain(unsaid.status);
      const form = await arena.ask(
        'POST /callback HTTP/1.1',
        [...navigation, ['Content-Type', 'application/x-www-form-urlencoded']],
        `${arena.answer()}&pad=${'x'.repeat(70_000)}`,
      );
      expect(form.status).toBe(413);
      expect(arena.rejections).toEqual(['body_too_large', 'body_too_large', 'body_too_large']);
    }));

  it('26: takes a body of almost 64 KiB', () =>
    withServer(
      async (arena) => {
        const { status } = await arena.forward(`${arena.answer()}&id_token=${'x'.repeat(65_000)}`);
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

  it('28: takes 20 KB of cookies of other apps, and explains itself at 100 KB (R14)', () =>
    withServer(
      async (arena) => {
        const cookie = (bytes: number): [string, string] => ['Cookie', `other=${'x'.repeat(bytes)}`];
        const page = await arena.get('/callback', [...navigation, cookie(20_000)]);
        expect(page.status).toBe(200);
        const { status } = await arena.forward(arena.answer(), Object.fromEntries([cookie(20_000)]));
        expect(status).toBe(200);
        const refused = await arena.get('/callback', [...navigation, cookie(100_000)]);
        expect(refused.status).toBe(431);
        expect(refused.body).toMatch(/cookies.*private window/);
        expect(refused.headers.get('cache-control')).toBe('no-store');
      },
      { events: 1 },
    ));

  it('29: ends slow headers and a slow body, and answers others meanwhile (R14)', () =>
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

  it('30: answers behind 200 idle sockets, and stops in spite of them (R12, R14)', () =>
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

  it('30: takes no more than 512 connections at a time (R14)', () =>
    withServer(async (arena) => {
      const sockets = await Promise.all(Array.from({ length: 512 }, () => dial(arena.server.port)));
      const tooMany = await dial(arena.server.port);
      // Not even a 408, which it would get in the end.
      expect(await received(tooMany)).toBe('');
      expect(sockets.filter((socket) => socket.closed)).toEqual([]);
      await Promise.all(sockets.map((socket) => closed(socket.destroy())));
      // The server learns of it in its own time; until then it may turn the next one away.
      while ((await arena.get('/callback')).status === 0);
    }));
});
