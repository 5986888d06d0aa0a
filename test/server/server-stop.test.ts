import { describe, expect, it, jest } from '@jest/globals';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import request from 'supertest';
import { LoginRequest, ResponseType, type AuthServer, type CallbackPage } from '#src/index.js';
import { deliverFragment, deliverQuery } from '../helpers/callback.js';
import { withFakeClock } from '../helpers/fake-clock.js';
import { countKept } from '../helpers/garbage.js';
import { nextOf } from '../helpers/node-channels.js';
import { dial, parseResponse, received, requestBytes, sendRaw } from '../helpers/raw.js';
import { useServers } from '../helpers/use-servers.js';

jest.setTimeout(20_000);
const startServer = useServers();
const custom = '<p data-auth-message></p>';
const returnToApp = '&#34;reason&#34;:&#34;return_to_app&#34;';

function requestFor(server: AuthServer): LoginRequest {
  const authorizationEndpoint = 'https://accounts.example.com/authorize';
  return new LoginRequest(server, 'client', ResponseType.Code, { authorizationEndpoint });
}

/** Signs in; resolves to the page, which is held until `promise` settles, once the handler has run. */
async function holdPage(server: AuthServer, promise: Promise<unknown>): Promise<{ text: Promise<string> }> {
  const held = new Promise<void>((resolve) => {
    server.once('authorizationCodeReceived', (_, { page }) => {
      page.waitUntil(promise);
      resolve();
    });
  });
  const text = deliverQuery(server, { code: 'c', state: requestFor(server).state }).then((response) => response.text);
  await held;
  return { text };
}

/** Whether the server still serves; what is due by then has happened. */
async function isServing(server: AuthServer): Promise<boolean> {
  if (!server.listening) return false;
  const { origin } = server.baseUri;
  return request(origin)
    .get('/other')
    .then(
      ({ status }) => status === 404,
      () => false,
    );
}

/** Lets the event loop do what is due. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

function reportLoaded(server: AuthServer): Promise<unknown> {
  const { origin } = server.baseUri;
  return request(origin).post('/token').set('Origin', origin).send({ loaded: true }).expect(204);
}

describe('AuthServer.stop', () => {
  it('waits for no timer after a built-in page', () =>
    withFakeClock(async () => {
      const server = await startServer();
      server.on('authorizationCodeReceived', () => undefined);
      await deliverQuery(server, { code: 'c', state: requestFor(server).state }).expect(200);
      // Nothing waits for this report, which a script of the machine may send, too.
      await reportLoaded(server);
      await server.stop();
      expect(server.listening).toBe(false);
    }));

  it('waits until a custom page reports that its files are loaded', () =>
    withFakeClock(async () => {
      const server = await startServer({ template: custom });
      server.on('authorizationCodeReceived', () => undefined);
      await deliverQuery(server, { code: 'c', state: requestFor(server).state }).expect(200);
      const stopped = server.stop();
      expect(await isServing(server)).toBe(true);
      await reportLoaded(server);
      await stopped;
      expect(server.listening).toBe(false);
      // The report counts for that page: what follows waits for its own.
      await server.start();
      await server.stop();
    }));

  it('waits for the files of a custom page until one second has passed since it was sent', () =>
    withFakeClock(async () => {
      const server = await startServer({ template: custom });
      await request(server.baseUri.origin).get('/callback').expect(200);
      jest.advanceTimersByTime(400);
      const stopped = server.stop();
      expect(await isServing(server)).toBe(true);
      jest.advanceTimersByTime(599);
      expect(await isServing(server)).toBe(true);
      jest.advanceTimersByTime(1);
      await stopped;
      expect(server.listening).toBe(false);
    }));

  it('does not wait for the files of a page that was sent long ago', () =>
    withFakeClock(async () => {
      const server = await startServer({ template: custom });
      await request(server.baseUri.origin).get('/callback').expect(200);
      jest.advanceTimersByTime(60_000);
      const stopped = server.stop();
      expect(await isServing(server)).toBe(true);
      jest.advanceTimersByTime(1);
      await stopped;
    }));

  it('gives held pages one second to learn their outcome; then they say "return to the app"', () =>
    withFakeClock(async () => {
      const server = await startServer();
      let finish: () => void = () => undefined;
      const finished = await holdPage(server, new Promise<void>((resolve) => (finish = resolve)));
      const unfinished = await holdPage(server, new Promise(() => undefined));
      const stopped = server.stop();
      finish();
      expect(await finished.text).toContain('&#34;state&#34;:&#34;success&#34;');
      jest.advanceTimersByTime(999);
      expect(await isServing(server)).toBe(true);
      jest.advanceTimersByTime(1);
      expect(await unfinished.text).toContain(returnToApp);
      await stopped;
    }));

  it('ends as soon as the outcome of every held page is known', () =>
    withFakeClock(async () => {
      const server = await startServer();
      const ends: (() => void)[] = [];
      const hold = (): Promise<void> => new Promise((resolve) => ends.push(resolve));
      const pages = [await holdPage(server, hold()), await holdPage(server, hold())];
      const stopped = server.stop();
      for (const end of ends) end();
      await stopped;
      for (const { text } of pages) expect(await text).toContain('&#34;state&#34;:&#34;success&#34;');
    }));

  it('waits for a response that a handler is still making, also in front of a pipelined request', () =>
    withFakeClock(async () => {
      let respond: () => void = () => undefined;
      const arrived = new Promise<void>((resolve) => {
        respond = resolve;
      });
      const server = await startServer({
        handler: ({ url }, response) => {
          if (url !== '/slow') return;
          respond();
          respond = () => response.end('complete');
        },
      });
      const socket = await dial(server.port);
      const text = received(socket);
      const host = [['Host', server.baseUri.host]] as const;
      socket.write(Buffer.concat(['/slow', '/next'].map((path) => requestBytes(`GET ${path} HTTP/1.1`, host))));
      await arrived;
      const stopped = server.stop();
      await turns();
      respond();
      expect(parseResponse(await text).body).toBe('complete');
      await stopped;
    }));

  it('waits one second for such a response, and no longer', () =>
    withFakeClock(async () => {
      const server = await startServer({ handler: () => undefined });
      const begun = nextOf('http.server.request.start');
      const end = sendRaw(server.port, requestBytes('GET /slow HTTP/1.1', [['Host', server.baseUri.host]]));
      await begun;
      const stopped = server.stop();
      await turns();
      jest.advanceTimersByTime(999);
      await turns();
      expect(server.listening).toBe(true);
      jest.advanceTimersByTime(1);
      await stopped;
      expect((await end).text).toBe('');
    }));

  it('sends a large page to a client that reads late', () =>
    withFakeClock(async () => {
      const template = `<p>${' '.repeat(8_000_000)}</p>`;
      const server = await startServer({ template });
      const socket = await dial(server.port);
      const bytes = requestBytes('GET /callback HTTP/1.1', [
        ['Host', server.baseUri.host],
        ['Connection', 'close'],
      ]);
      socket.pause().write(bytes);
      await once(socket, 'readable');
      const stopped = server.stop();
      const { headers, body } = parseResponse(await received(socket.resume()));
      expect(Buffer.byteLength(body)).toBe(Number(headers.get('content-length')));
      jest.advanceTimersByTime(1000);
      await stopped;
    }));

  it('waits for no request that has not arrived completely', () =>
    withFakeClock(async () => {
      const server = await startServer();
      const begun = nextOf('http.server.request.start');
      const socket = await dial(server.port);
      const end = received(socket);
      const { host, origin } = server.baseUri;
      socket.write(
        requestBytes('POST /token HTTP/1.1', [
          ['Host', host],
          ['Origin', origin],
          ['Content-Type', 'application/json'],
          ['Content-Length', '100'],
        ]),
      );
      await begun;
      await server.stop();
      expect(await end).toBe('');
    }));
});

describe('a server that goes on', () => {
  it('keeps nothing of connections, responses and pages that have ended', async () => {
    const server = await startServer();
    const signIn = async (): Promise<WeakRef<object>[]> => {
      let page: WeakRef<CallbackPage> | undefined;
      server.once('authorizationCodeReceived', (_, { page: given }) => {
        page = new WeakRef(given);
      });
      const accepted = nextOf<{ socket: Socket }>('net.server.socket');
      const begun = nextOf<{ response: ServerResponse }>('http.server.request.start');
      const delivered = deliverQuery(server, { code: 'c', state: requestFor(server).state }).expect(200);
      const [{ socket }, { response }] = await Promise.all([accepted, begun, delivered]);
      if (!socket.destroyed) await once(socket, 'close');
      return [socket, response].map((each) => new WeakRef<object>(each)).concat(page ?? []);
    };
    const ended = [...(await signIn()), ...(await signIn())];
    // What was last is still within reach of Node itself.
    await deliverFragment(server, {}).expect(400);
    expect(ended).toHaveLength(6);
    expect(await countKept(ended)).toBe(0);
  });

  it('does not keep every response of a connection that goes on', async () => {
    const server = await startServer();
    const socket = await dial(server.port);
    const visit = async (): Promise<WeakRef<object>> => {
      const begun = nextOf<{ response: ServerResponse }>('http.server.request.start');
      socket.write(requestBytes('GET /callback HTTP/1.1', [['Host', server.baseUri.host]]));
      const [{ response }] = await Promise.all([begun, once(socket, 'data')]);
      if (!response.closed) await once(response, 'close');
      return new WeakRef<object>(response);
    };
    const ended = [await visit(), await visit(), await visit()];
    // What was last is still within reach of Node itself.
    await visit();
    expect(await countKept(ended)).toBe(0);
    expect(socket.readable).toBe(true);
    socket.destroy();
  });
});
