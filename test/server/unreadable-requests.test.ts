import { describe, expect, it } from '@jest/globals';
import type { AuthAbortedError } from '#src/index.js';
import { LoginRequest, ResponseType, type AuthServer } from '#src/index.js';
import { dial, received, requestBytes, sendRaw } from '../helpers/raw.js';
import { useServers } from '../helpers/use-servers.js';

const startServer = useServers();
const hostOf = ({ baseUri }: AuthServer): readonly [string, string] => ['Host', baseUri.host];

function reasonsOf(server: AuthServer): string[] {
  const reasons: string[] = [];
  server.on('callbackRejected', ({ reason }) => reasons.push(reason));
  return reasons;
}

describe('what follows the request of a held page on its connection', () => {
  it.each([
    ['garbage', 'NONSENSE\r\n\r\n'],
    ['a TLS handshake', Buffer.from('160301000501020304', 'hex')],
    ['a version that does not exist', 'GET / HTTP/9.9\r\n\r\n'],
    ['two lengths', 'POST /token HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n'],
    ['headers of 100 KB', `GET / HTTP/1.1\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`],
    ['many pieces of garbage', Array.from({ length: 50 }, () => 'NONSENSE\r\n\r\n').join('')],
  ])('does not get into it: %s', async (_, noise) => {
    const server = await startServer();
    const request = new LoginRequest(server, 'client', ResponseType.Code);
    let finish: () => void = () => undefined;
    const result = server.waitForGrant({
      request,
      exchange: () =>
        new Promise<string>((resolve) => {
          finish = () => {
            resolve('tokens');
          };
        }),
    });
    const socket = await dial(server.port);
    const first = new Promise<void>((resolve) =>
      socket.once('data', () => {
        resolve();
      }),
    );
    const text = received(socket);
    socket.write(requestBytes(`GET /callback?code=c&state=${request.state} HTTP/1.1`, [hostOf(server)]));
    await first;
    const unreadable = new Promise<void>((resolve) =>
      socket.write(noise, () => {
        resolve();
      }),
    );
    await unreadable;
    // The server has read it when it responds to another connection.
    await sendRaw(server.port, requestBytes('GET /other HTTP/1.1', [hostOf(server), ['Connection', 'close']]));
    finish();
    await expect(result).resolves.toBe('tokens');
    const page = await text;
    expect(page.match(/HTTP\/1\.1/g)).toHaveLength(1);
    expect(page).toContain('data-auth-outcome');
  });
});

describe('a request that does not arrive in time', () => {
  it('is rejected; a connection that has sent nothing is none, and its request is accepted afterwards (R37, R43)', async () => {
    const server = await startServer({ requestTimeout: 1000 });
    const reasons = reasonsOf(server);
    const [spare, halfSent, halfBody] = [await dial(server.port), await dial(server.port), await dial(server.port)];
    const ends = [received(halfSent), received(halfBody)];
    halfSent.write('GET /callback HTTP/1.1\r\nHost: ');
    halfBody.write(requestBytes('POST /token HTTP/1.1', [hostOf(server), ['Content-Length', '100']]));
    for (const end of ends) expect(await end).toMatch(/^HTTP\/1\.1 (408|403) /);
    // The time of the spare connection, which is older than the others, is over as well.
    const text = received(spare);
    spare.write(requestBytes('GET /callback HTTP/1.1', [hostOf(server), ['Connection', 'close']]));
    expect(await text).toMatch(/^HTTP\/1\.1 200 /);
    expect(reasons).toContain('request_timeout');
    expect(reasons).not.toContain('bad_request');
  }, 20_000);

  it('is counted in the message of a timeout, as 400 and 431 are (R29, R37)', async () => {
    const server = await startServer({ requestTimeout: 1000 });
    const ended = new AbortController();
    const waiting = server.waitForGrant({ signal: ended.signal });
    await sendRaw(server.port, 'NONSENSE\r\n\r\n');
    await sendRaw(server.port, requestBytes('GET / HTTP/1.1', [hostOf(server), ['X', 'x'.repeat(100_000)]]));
    await sendRaw(server.port, 'GET / HTTP/1.1\r\nHo');
    ended.abort(new DOMException('time', 'TimeoutError'));
    const error = (await waiting.catch((reason: unknown) => reason)) as AuthAbortedError;
    expect(error).toMatchObject({
      code: 'TIMED_OUT',
      rejections: { bad_request: 1, headers_too_large: 1, request_timeout: 1 },
    });
    expect(error.message).toMatch(/bad_request, headers_too_large, request_timeout/);
    expect(error.message).not.toContain('No response arrived');
  }, 20_000);
});
