import { describe, expect, it } from '@jest/globals';
import { dial, requestBytes } from '../helpers/raw.js';
import { withServer, type Arena } from '../helpers/with-server.js';

/** Sends the awaited response, with these headers replaced. */
async function expectRejected(
  arena: Arena,
  replaced: Readonly<Record<string, string | undefined>>,
  status: number,
  reason: string,
): Promise<void> {
  const before = arena.rejections.length;
  const response = await arena.forward(arena.answer(), replaced);
  expect([replaced, response.status]).toEqual([replaced, status]);
  expect(arena.rejections.slice(before)).toEqual([reason]);
  expect(response.text).not.toContain('stolen');
  expect(JSON.parse(response.body)).toMatchObject({ state: 'error', reason: 'not_forwarded', rejection: reason });
  // No CORS header, ever: what a foreign page may send, it may not read.
  expect([...response.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
}

describe('POST of the token', () => {
  it('rejects one without Origin, unless Sec-Fetch-Site is same-origin (R5)', () =>
    withServer(
      async (arena) => {
        for (const site of [undefined, 'same-site', 'cross-site', 'none', '']) {
          await expectRejected(arena, { Origin: undefined, 'Sec-Fetch-Site': site }, 403, 'foreign_origin');
        }
        expect((await arena.forward(arena.answer(), { Origin: undefined })).status).toBe(200);
      },
      { events: 1 },
    ));

  it('rejects Origin: null, unless Sec-Fetch-Site is same-origin (R5)', () =>
    withServer(
      async (arena) => {
        for (const origin of ['NULL', '', 'undefined', '*']) {
          await expectRejected(arena, { Origin: origin }, 403, 'foreign_origin');
        }
        for (const site of [undefined, 'same-site', 'cross-site', 'none', '']) {
          await expectRejected(arena, { Origin: 'null', 'Sec-Fetch-Site': site }, 403, 'foreign_origin');
        }
        expect((await arena.forward(arena.answer(), { Origin: 'null' })).status).toBe(200);
      },
      { events: 1 },
    ));

  it('rejects the Origin of another local port (R5)', () =>
    withServer(async (arena) => {
      for (const origin of ['http://127.0.0.1:1', 'http://127.0.0.1', `http://127.0.0.1:${arena.server.port}0`]) {
        await expectRejected(arena, { Origin: origin }, 403, 'foreign_origin');
      }
    }));

  it('rejects the Origin of another name, or scheme, of this machine (R5)', () =>
    withServer(async (arena) => {
      const { port } = arena.server;
      for (const origin of [
        `http://localhost:${port}`,
        `http://[::1]:${port}`,
        `https://127.0.0.1:${port}`,
        `http://127.0.0.1.evil.test:${port}`,
        `http://evil.test#http://127.0.0.1:${port}`,
        `${arena.origin}/`,
        `x${arena.origin}`,
      ]) {
        await expectRejected(arena, { Origin: origin }, 403, 'foreign_origin');
      }
    }));

  it('rejects a Sec-Fetch-Site that is not same-origin, although the Origin is right (R5)', () =>
    withServer(async (arena) => {
      for (const site of ['same-site', 'cross-site', 'none', '', 'same-origin, cross-site']) {
        await expectRejected(arena, { 'Sec-Fetch-Site': site }, 403, 'foreign_origin');
      }
    }));

  it('accepts one without Sec-Fetch-Site, as old browsers send it (R5)', () =>
    withServer(
      async (arena) => {
        expect((await arena.forward(arena.answer(), { 'Sec-Fetch-Site': undefined })).status).toBe(200);
      },
      { events: 1 },
    ));

  it('rejects JSON as text/plain, which a form can send (R5)', () =>
    withServer(async (arena) => {
      for (const type of ['text/plain', 'text/plain;charset=UTF-8', 'text/plain; application/json', 'text/json']) {
        await expectRejected(arena, { 'Content-Type': type }, 415, 'content_type');
      }
    }));

  it('rejects JSON without a content type (R5)', () =>
    withServer(async (arena) => {
      await expectRejected(arena, { 'Content-Type': undefined }, 415, 'content_type');
      await expectRejected(arena, { 'Content-Type': '' }, 415, 'content_type');
    }));

  it('rejects forms (R5)', () =>
    withServer(async (arena) => {
      for (const type of ['application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'multipart/mixed']) {
        await expectRejected(arena, { 'Content-Type': type }, 415, 'content_type');
      }
    }));

  it('rejects charsets other than UTF-8 (R5, R10)', () =>
    withServer(async (arena) => {
      for (const charset of ['utf-7', 'utf-16', 'utf-16le', '"utf-7"', 'utf-8; charset=utf-7', 'x'.repeat(500), '']) {
        await expectRejected(arena, { 'Content-Type': `application/json; charset=${charset}` }, 415, 'content_type');
      }
      await expectRejected(arena, { 'Content-Type': 'application/json, text/plain' }, 415, 'content_type');
    }));

  it('accepts UTF-8 in any spelling', () =>
    withServer(
      async (arena) => {
        const { status } = await arena.forward(arena.answer(), {
          'Content-Type': 'APPLICATION/json ; Charset="UTF-8"',
        });
        expect(status).toBe(200);
      },
      { events: 1 },
    ));

  it('gives a preflight nothing (R5, R6)', () =>
    withServer(async (arena) => {
      for (const path of ['/token', '/callback', '/auth_assets/main.js', '/']) {
        const { status, headers } = await arena.ask(`OPTIONS ${path} HTTP/1.1`, [
          ['Origin', 'http://evil.test'],
          ['Access-Control-Request-Method', 'POST'],
          ['Access-Control-Request-Headers', 'content-type'],
          ['Access-Control-Request-Private-Network', 'true'],
        ]);
        expect([path, status]).toEqual([path, path === '/' ? 404 : 405]);
        expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
      }
    }));

  it('rejects two Origins, even if both are right (R5)', () =>
    withServer(async (arena) => {
      const body = JSON.stringify({ fragment: arena.answer() });
      for (const [one, other] of [
        [arena.origin, 'http://evil.test'],
        ['http://evil.test', arena.origin],
        [arena.origin, arena.origin],
      ] as const) {
        const { status } = await arena.ask(
          'POST /token HTTP/1.1',
          [
            ['Origin', one],
            ['origin', other],
            ['Sec-Fetch-Site', 'same-origin'],
            ['Content-Type', 'application/json'],
          ],
          body,
        );
        expect([one, other, status]).toEqual([one, other, 403]);
      }
      await expectRejected(arena, { Origin: `${arena.origin}, ${arena.origin}` }, 403, 'foreign_origin');
      await expectRejected(arena, { Origin: `${arena.origin} http://evil.test` }, 403, 'foreign_origin');
    }));

  it('has no other method at the token (R6)', () =>
    withServer(async (arena) => {
      const headers = [
        ['Origin', arena.origin],
        ['Sec-Fetch-Site', 'same-origin'],
        ['Content-Type', 'application/json'],
        ['X-HTTP-Method-Override', 'POST'],
      ] as const;
      const body = JSON.stringify({ fragment: arena.answer() });
      for (const method of ['GET', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'TRACE', 'QUERY', 'PROPFIND']) {
        const response = await arena.ask(`${method} /token?${arena.answer()} HTTP/1.1`, headers, body);
        // What Node's parser does not know is not even a request.
        expect([method, [405, 400].includes(response.status)]).toEqual([method, true]);
        if (response.status === 405) expect(response.headers.get('allow')).toBe('POST');
        expect(response.text).not.toContain('stolen');
      }
    }));

  it('rejects bodies of another shape (R10)', () =>
    withServer(async (arena) => {
      const fragment = arena.answer();
      for (const body of [
        '[]',
        'null',
        '"x"',
        '{bad',
        '',
        '0',
        'true',
        '{}',
        '{"fragment":null}',
        '{"fragment":1}',
        '{"fragment":{}}',
        JSON.stringify({ fragment: [fragment] }),
        JSON.stringify([{ fragment }]),
        JSON.stringify({ FRAGMENT: fragment }),
        JSON.stringify({ loaded: 'yes' }),
        `{"fragment":${'['.repeat(30_000)}${']'.repeat(30_000)}}`,
        '['.repeat(60_000),
        '{"a":'.repeat(10_000),
        `\u0000${JSON.stringify({ fragment })}`,
        `{"fragment":"${fragment}"`,
        fragment,
      ]) {
        const response = await arena.ask(
          'POST /token HTTP/1.1',
          [
            ['Origin', arena.origin],
            ['Content-Type', 'application/json'],
          ],
          body,
        );
        expect([body.slice(0, 40), response.status]).toEqual([body.slice(0, 40), 400]);
        expect(JSON.parse(response.body)).toMatchObject({
          state: 'error',
          reason: 'not_forwarded',
          rejection: 'body_invalid',
        });
        expect(response.text).not.toMatch(/stolen|SyntaxError|node_modules/);
      }
      expect(new Set(arena.rejections)).toEqual(new Set(['body_invalid']));
    }));

  it('R5: processes a body that has both a fragment and a report that the page is loaded', () =>
    withServer(
      async (arena) => {
        expect((await arena.forward({ loaded: true, fragment: arena.answer() })).status).toBe(200);
      },
      { events: 1 },
    ));

  it('R14: uses nothing of a body that the client cuts off, and reports it', () =>
    withServer(async (arena) => {
      const body = JSON.stringify({ fragment: arena.answer() });
      const headers = [
        ['Host', arena.host],
        ['Origin', arena.origin],
        ['Content-Type', 'application/json'],
        ['Content-Length', String(body.length + 10)],
      ] as const;
      const rejected = new Promise((resolve) => arena.server.once('callbackRejected', resolve));
      const socket = await dial(arena.server.port);
      socket.write(requestBytes('POST /token HTTP/1.1', headers, body));
      socket.end();
      expect(await rejected).toEqual({ reason: 'body_invalid' });
    }));

  it('emits one event for the same POST sent 50 times at once (R2)', () =>
    withServer(
      async (arena) => {
        const responses = await Promise.all(Array.from({ length: 50 }, () => arena.forward(arena.answer())));
        const statuses = responses.map(({ status }) => status).sort();
        expect(statuses).toEqual([200, ...Array.from({ length: 49 }, () => 409)]);
        expect(arena.rejections).toEqual(Array.from({ length: 49 }, () => 'state_used'));
        const replay = responses.find(({ status }) => status === 409);
        expect(JSON.parse(replay?.body ?? '')).toMatchObject({ state: 'pending', reason: 'state_used' });
      },
      { events: 1 },
    ));

  it('emits one event for 50 responses on one connection (R2)', () =>
    withServer(
      async (arena) => {
        const target = `GET /callback?${arena.answer()} HTTP/1.1`;
        const one = requestBytes(target, [['Host', arena.host]]);
        await arena.raw(Buffer.concat(Array.from({ length: 50 }, () => one)));
      },
      { events: 1 },
    ));
});
