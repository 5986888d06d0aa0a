import { describe, expect, it, jest } from '@jest/globals';
import { gzipSync } from 'node:zlib';
import { dial, parseResponse, received, requestBytes } from '../helpers/raw.js';
import { navigation, signIn, withServer, type Arena } from '../helpers/with-server.js';

// Real processes, or many sockets: a busy machine needs its time for them.
jest.setTimeout(30_000);

const json = (arena: Arena): (readonly [string, string])[] => [
  ['Host', arena.host],
  ['Origin', arena.origin],
  ['Content-Type', 'application/json'],
];

describe('Too much, and too slow', () => {
  it('rejects a body of 1 MiB, with or without a length, and closes (R14)', () =>
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

  it('accepts a body of almost 256 KiB', () =>
    withServer(
      async (arena) => {
        const { status } = await arena.forward(`${arena.answer()}&id_token=${'x'.repeat(261_000)}`);
        expect(status).toBe(200);
      },
      { events: 1 },
    ));

  const inflated = JSON.stringify({ fragment: `access_token=a&pad=${'0'.repeat(50_000_000)}` });
  const bomb = gzipSync(inflated);

  it.each(['gzip', 'deflate', 'br', 'identity', 'x-gzip'])('inflates nothing: Content-Encoding: %s (R14)', (encoding) =>
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

  it('accepts 20 KB of cookies of other apps, and explains itself at 100 KB (R14)', () =>
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

  it('ends slow headers and a slow body, and responds to others meanwhile (R14)', () =>
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

  it('ends headers that take longer than ten seconds, by default (R14)', () =>
    withServer(async (arena) => {
      const socket = await dial(arena.server.port);
      const end = received(socket);
      const began = performance.now();
      socket.write(`GET /callback?${arena.answer()} HTTP/1.1\r\nHost: ${arena.host}\r\nX-Slow: `);
      expect(parseResponse(await end).status).toBe(408);
      expect(performance.now() - began).toBeLessThan(20_000);
    }));
});
