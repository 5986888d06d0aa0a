import { describe, expect, it } from '@jest/globals';
import selfsigned from 'selfsigned';
import { AuthServer } from '#src/server/auth-server.js';
import { closed, dial, received, requestBytes } from '../helpers/raw.js';
import { navigation, ProcessTrap, withServer } from '../helpers/with-server.js';

const tlsHello = Buffer.from('16030100c4010000c00303' + '00'.repeat(32) + '00001c', 'hex');
const http2Preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

describe('What is no HTTP', () => {
  it('rejects bytes that are no HTTP request (R10)', () =>
    withServer(async (arena) => {
      const { host } = arena;
      const answer = arena.answer();
      for (const [name, bytes] of [
        ['NUL in the target', `GET /callback?${answer}\0 HTTP/1.1\r\nHost: ${host}\r\n\r\n`],
        ['NUL in a header', `GET /callback?${answer} HTTP/1.1\r\nHost: ${host}\r\nX: \0\r\n\r\n`],
        ['bare LF', `GET /callback?${answer} HTTP/1.1\nHost: ${host}\n\n`],
        ['bare CR', `GET /callback?${answer} HTTP/1.1\rHost: ${host}\r\r`],
        ['a folded header', `GET /callback?${answer} HTTP/1.1\r\nHost: ${host}\r\nX: a\r\n b\r\n\r\nxx`],
        ['a space before the colon', `GET /callback?${answer} HTTP/1.1\r\nHost : ${host}\r\n\r\n`],
        ['HTTP/3', `GET /callback?${answer} HTTP/3.0\r\nHost: ${host}\r\n\r\n`],
        [
          'TE and CL',
          `POST /token HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
        ],
        ['two lengths', `POST /token HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello`],
        ['a length below 0', `POST /token HTTP/1.1\r\nHost: ${host}\r\nContent-Length: -1\r\n\r\n`],
        ['a TLS hello', tlsHello],
        ['an h2 preface', http2Preface],
        ['noise', Buffer.from(Array.from({ length: 512 }, (_, index) => (index * 167 + 13) % 256))],
      ] as const) {
        const { status, text } = await arena.raw(bytes);
        expect([name, status]).toEqual([name, 400]);
        expect(text).not.toContain('stolen');
      }
    }));

  it('smuggles no second request in a body (R10)', () =>
    withServer(async (arena) => {
      const inner = `GET /callback?${arena.answer()} HTTP/1.1\r\nHost: ${arena.host}\r\n\r\n`;
      const bytes =
        `POST /token HTTP/1.1\r\nHost: ${arena.host}\r\nContent-Length: ${inner.length}\r\n` +
        `Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n${inner}`;
      expect((await arena.raw(bytes)).status).toBe(400);
      // A form of another site could hold such a body; the server reads it as the body that it is.
      const form = await arena.ask('POST /token HTTP/1.1', [['Origin', 'http://evil.test']], inner);
      expect(form.status).toBe(403);
    }));

  it('survives plain HTTP and noise at an https server (R10)', async () => {
    const { private: key, cert } = await selfsigned.generate([{ name: 'commonName', value: 'localhost' }]);
    const trap = new ProcessTrap();
    const server = new AuthServer('https://127.0.0.1:0/callback', { tls: { key, cert } });
    try {
      await server.start();
      for (const bytes of [`GET /callback HTTP/1.1\r\nHost: ${server.baseUri.host}\r\n\r\n`, '\0\0\0', tlsHello]) {
        const socket = await dial(server.port);
        const end = received(socket);
        socket.end(bytes);
        await end;
      }
      await trap.flushed();
      expect(trap.surfaced).toEqual([]);
      expect(server.listening).toBe(true);
    } finally {
      await server.stop();
      trap.restore();
    }
  });

  it('survives clients that reset the connection at every stage (R10)', () =>
    withServer(async (arena) => {
      const whole = requestBytes(`GET /callback HTTP/1.1`, [['Host', arena.host], ...navigation]);
      for (const bytes of [Buffer.alloc(0), whole.subarray(0, 10), whole, Buffer.concat([whole, whole])]) {
        const socket = await dial(arena.server.port);
        if (bytes.length > 0) await new Promise((resolve) => socket.write(bytes, resolve));
        const end = closed(socket);
        socket.resetAndDestroy();
        await end;
      }
    }));

  it('opens no tunnel and no web socket (R4, R6)', () =>
    withServer(async (arena) => {
      const tunnel = await arena.ask('CONNECT evil.test:443 HTTP/1.1');
      expect([0, 400, 405]).toContain(tunnel.status);
      const own = await arena.ask(`CONNECT ${arena.host} HTTP/1.1`);
      expect([0, 400, 405]).toContain(own.status);
      const upgrade = (protocol: string): [string, string][] => [
        ['Upgrade', protocol],
        ['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='],
        ['Sec-WebSocket-Version', '13'],
        ['Origin', 'http://evil.test'],
      ];
      // Browsers say what it is for; a server that knows no upgrade reads an ordinary request.
      for (const destination of ['websocket', 'empty']) {
        const response = await arena.raw(
          requestBytes(`GET /callback?${arena.answer()} HTTP/1.1`, [
            ['Host', arena.host],
            ...upgrade('websocket'),
            ['Sec-Fetch-Dest', destination],
            ['Connection', 'close, Upgrade'],
          ]),
        );
        expect([destination, response.status]).toEqual([destination, 403]);
      }
      const h2c = await arena.raw(
        requestBytes('GET /callback?access_token=theirs&state=theirs HTTP/1.1', [
          ['Host', arena.host],
          ['Upgrade', 'h2c'],
          ['HTTP2-Settings', 'AAMAAABkAAQAAP__'],
          ['Connection', 'close, Upgrade, HTTP2-Settings'],
        ]),
      );
      expect(h2c.status).toBe(400);
    }));
});
