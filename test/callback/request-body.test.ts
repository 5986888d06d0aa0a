import { describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { formOf, jsonOf, readBody } from '#src/callback/request-body.js';
import { dial, requestBytes } from '../helpers/raw.js';
import { useHttpServers } from '../helpers/use-http-servers.js';

type Result = Awaited<ReturnType<typeof readBody>>;
type Headers = readonly (readonly [string, string])[];

const limit = 262_144;
const servers = useHttpServers();

/** Writes a request to a server, and resolves to what `read` returns there. The client sends nothing more. */
async function post<T>(
  headers: Headers,
  body: string,
  read: (request: IncomingMessage) => Promise<T>,
  { cutOff = false } = {},
): Promise<T> {
  const server = createServer();
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = await dial((server.address() as AddressInfo).port); // A listening TCP server's address is an AddressInfo.
  const requested = once(server, 'request') as Promise<[IncomingMessage]>;
  socket.write(requestBytes('POST / HTTP/1.1', [['Host', 'localhost'], ...headers], body));
  if (cutOff) socket.end();
  const [request] = await requested;
  return read(request);
}

/** Reads the body after a middleware of the app has left `body`. */
function readAfter(body: unknown): (request: IncomingMessage) => Promise<Result> {
  return (request) => readBody(Object.assign(request, { body }));
}

/** Reads the body after a middleware of the app has consumed it, and has left `body`. */
function readConsumed(body: unknown): (request: IncomingMessage) => Promise<Result> {
  return async (request) => {
    await once(request.resume(), 'end');
    return readAfter(body)(request);
  };
}

const length = (size: number): Headers => [['Content-Length', String(size)]];
const chunked: Headers = [['Transfer-Encoding', 'chunked']];
const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;
const textOf = (result: Result): string => ('content' in result ? String(result.content) : result.reason);

describe('readBody', () => {
  it('reads a body that arrives in parts, with or without a length', async () => {
    expect(textOf(await post(length(10), 'code=käse', readBody))).toBe('code=käse');
    expect(textOf(await post(chunked, chunk('code=') + chunk('abc') + chunk(''), readBody))).toBe('code=abc');
    expect(textOf(await post([], '', readBody))).toBe('');
  });

  it('leaves no listener behind that keeps what arrives later', async () => {
    const counts = await post(length(3), 'abc', async (request) => {
      const names = ['data', 'end', 'close'];
      const before = names.map((name) => request.listenerCount(name));
      await readBody(request);
      return { before, after: names.map((name) => request.listenerCount(name)) };
    });
    expect(counts.after).toEqual(counts.before);
  });

  describe('limit', () => {
    it('is 256 KiB, for a body with and without a length', async () => {
      const most = 'x'.repeat(limit);
      expect(textOf(await post(length(limit), most, readBody))).toHaveLength(limit);
      expect(textOf(await post(chunked, chunk(most) + chunk(''), readBody))).toHaveLength(limit);
      expect(textOf(await post(chunked, chunk(most) + chunk('x'), readBody))).toBe('body_too_large');
    });

    it('rejects a larger length before anything of the body has arrived', async () => {
      expect(await post(length(limit + 1), '', readBody)).toEqual({
        reason: 'body_too_large',
        text: 'The body is larger than 262144 bytes.',
        headers: { Connection: 'close' },
      });
    });

    it('stops reading at the byte that exceeds it, although the client goes on', async () => {
      const isFlowing = await post(chunked, chunk('x'.repeat(limit)) + chunk('x'), async (request) => {
        expect(textOf(await readBody(request))).toBe('body_too_large');
        return request.readableFlowing;
      });
      expect(isFlowing).toBe(false);
    });
  });

  describe('cut off by the client', () => {
    const invalid = {
      reason: 'body_invalid',
      text: 'The body could not be read.',
      headers: { Connection: 'close' },
    };

    it('is invalid, and the part that arrived is not used', async () => {
      expect(await post(length(10), 'code=', readBody, { cutOff: true })).toEqual(invalid);
      expect(await post(chunked, chunk('code='), readBody, { cutOff: true })).toEqual(invalid);
    });

    it('is invalid although the client left before the body was read', async () => {
      const late = async (request: IncomingMessage): Promise<Result> => {
        request.on('error', () => undefined);
        await new Promise((resolve) => request.once('close', resolve));
        return readBody(request);
      };
      expect(await post(length(10), 'code=', late, { cutOff: true })).toEqual(invalid);
    });
  });

  describe('after a body parser of the app', () => {
    it('is what the parser has left', async () => {
      for (const body of ['code=abc', '', [], { code: 'abc' }, 0, false]) {
        expect(await post(length(2), '{}', readConsumed(body))).toEqual({ content: body });
        expect(await post(length(2), '{}', readAfter(body))).toEqual({ content: body });
      }
      // An empty JSON object, or an empty form.
      expect(await post(length(2), '{}', readConsumed({}))).toEqual({ content: {} });
    });

    it('is read if the parser has not read it, and left nothing or an empty object', async () => {
      for (const body of [undefined, null, {}]) {
        expect(textOf(await post(length(8), 'code=abc', readAfter(body)))).toBe('code=abc');
      }
    });

    it('is an error if a middleware has read it and left nothing', async () => {
      for (const body of [undefined, null]) {
        await expect(post(length(8), 'code=abc', readConsumed(body))).rejects.toThrow(
          new TypeError(
            'Another middleware has read the body and left nothing in `req.body`: mount the callback router before it.',
          ),
        );
      }
    });
  });
});

describe('jsonOf', () => {
  it('parses text and bytes, and leaves what a parser has made of them', () => {
    expect(jsonOf('{"a":1}')).toEqual({ a: 1 });
    expect(jsonOf(Buffer.from('{"a":"ä"}'))).toEqual({ a: 'ä' });
    const parsed = { a: 1 };
    expect(jsonOf(parsed)).toBe(parsed);
    expect(jsonOf(null)).toBeNull();
  });

  it('is undefined if the text is malformed', () => {
    for (const text of ['', '{', 'code=abc', '{"a":1}}']) expect(jsonOf(text)).toBeUndefined();
  });
});

describe('formOf', () => {
  it('is the form as it was sent', () => {
    expect(formOf('code=a+b&state=%C3%A4')).toBe('code=a+b&state=%C3%A4');
    expect(formOf(Buffer.from('code=a&code=b'))).toBe('code=a&code=b');
  });

  it('is made again from the strings that a parser has left, without lists and objects', () => {
    expect(formOf({ code: 'a&b=c', state: 'ä' })).toBe('code=a%26b%3Dc&state=%C3%A4');
    expect(formOf({ code: ['a'], state: { x: 'y' }, scope: 5, iss: 'i' })).toBe('iss=i');
  });

  it('has a parameter twice if the parser has left a list of both', () => {
    expect(formOf({ code: ['a', 'b'], state: ['', 's'] })).toBe('code=a&code=b&state=&state=s');
    expect(formOf({ code: ['a', { x: 'y' }] })).toBe('code=a');
  });

  it('is empty if there is nothing', () => {
    for (const content of [undefined, null, {}, 5]) expect(formOf(content)).toBe('');
  });
});
