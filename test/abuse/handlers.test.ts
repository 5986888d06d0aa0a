import { describe, expect, it, jest } from '@jest/globals';
import { AuthServer } from '#src/server/auth-server.js';
import { LoginRequest } from '#src/oauth/login-request.js';
import { deliverFragment } from '../helpers/callback.js';
import { runFixture } from '../helpers/child.js';
import { requestBytes, sendRaw, type RawResponse } from '../helpers/raw.js';
import { navigation, ProcessTrap, withServer } from '../helpers/with-server.js';

// Real processes, or many sockets: a busy machine needs its time for them.
jest.setTimeout(30_000);

/** What the page's script posts, to a server in another process. */
function forward(port: number, state: string | undefined): Promise<RawResponse> {
  const body = JSON.stringify({ fragment: `access_token=a&state=${String(state)}` });
  const headers = [
    ['Host', `127.0.0.1:${port}`],
    ['Origin', `http://127.0.0.1:${port}`],
    ['Content-Type', 'application/json'],
    ['Content-Length', String(body.length)],
  ] as const;
  return sendRaw(port, requestBytes('POST /token HTTP/1.1', headers, body));
}

interface Hello {
  port: number;
  states: string[];
}

describe('Handlers of the app', () => {
  it.each(['token', 'code'])('shows failure if a handler throws, and lets the error surface (%s) (R11)', (type) =>
    withServer(
      async (arena) => {
        const failure = new Error('the handler threw');
        const event = type === 'code' ? 'authorizationCodeReceived' : 'implicitGrantReceived';
        arena.server.once(event, () => {
          throw failure;
        });
        const response =
          type === 'code'
            ? await arena.get(`/callback?${arena.answer()}`, navigation)
            : await arena.forward(arena.answer());
        expect(response.status).toBe(500);
        expect(Number(response.headers.get('content-length'))).toBe(Buffer.byteLength(response.body));
        expect(response.body).toContain('failed');
        expect(response.text).not.toContain('threw');
        await new Promise((resolve) => setImmediate(resolve));
        expect(arena.surfaced.splice(0)).toEqual([failure]);
      },
      { responseType: type, events: 1 },
    ),
  );

  it('shows success if an async handler rejects on its own, and lets the rejection surface (R11)', async () => {
    const app = runFixture('abuse/app.ts', { args: ['rejects'] });
    const { port, states } = (await app.line()) as Hello;
    const first = await forward(port, states[0]);
    expect([first.status, await app.line()]).toEqual([200, { grants: 1 }]);
    expect(await app.line()).toEqual({ unhandledRejection: 'the handler rejected' });
    const honest = await forward(port, states[1]);
    expect([honest.status, await app.line()]).toEqual([200, { grants: 2 }]);
    app.process.kill();
    expect((await app.ended).stderr).toBe('');
  });

  it('ends the app by an uncaught error, page complete, if the app does not catch it (R11)', async () => {
    const app = runFixture('abuse/app.ts', { args: ['throws'] });
    const { port, states } = (await app.line()) as Hello;
    const { status, body, headers } = await forward(port, states[0]);
    expect([status, body.length]).toEqual([500, Number(headers.get('content-length'))]);
    const { code, stderr } = await app.ended;
    expect(code).toBe(1);
    expect(stderr).toContain('the handler threw');
    expect(stderr).not.toContain(states[0]);
  });

  it('sends the whole page if the handler stops the server and ends the process (R11)', async () => {
    const app = runFixture('abuse/app.ts', { args: ['exits'] });
    const { port, states } = (await app.line()) as Hello;
    const { status, body, headers } = await forward(port, states[0]);
    expect([status, body.length]).toEqual([200, Number(headers.get('content-length'))]);
    expect((await app.ended).code).toBe(0);
  });

  it.each(['token', 'code'])('sends the whole page if a handler stops the server first (%s) (R11, R12)', (type) =>
    withServer(
      async (arena) => {
        let stopped: Promise<void> | undefined;
        arena.server.once(
          type === 'code' ? 'authorizationCodeReceived' : 'implicitGrantReceived',
          (_grant, { page }) => {
            stopped = arena.server.stop();
            page.waitUntil(Promise.resolve());
          },
        );
        const response =
          type === 'code'
            ? await arena.get(`/callback?${arena.answer()}`, navigation)
            : await arena.forward(arena.answer());
        expect(response.status).toBe(200);
        expect(response.body).toContain('success');
        await stopped;
        expect(arena.server.listening).toBe(false);
      },
      { responseType: type, events: 1 },
    ),
  );

  it('shows failure if what the page waits for fails, and releases it if the app stops (R11, R12)', () =>
    withServer(
      async (arena) => {
        const failing = Promise.reject(new Error('no exchange'));
        arena.server.once('implicitGrantReceived', (_grant, { page }) => {
          page.waitUntil(failing);
        });
        const failed = await arena.forward(arena.answer());
        expect([failed.status, failed.body.includes('"reason":"failed"')]).toEqual([500, true]);
        await expect(failing).rejects.toThrow('no exchange');

        const next = new LoginRequest(arena.server, 'client', 'token');
        const never = new Promise<void>(() => undefined);
        const told = new Promise<void>((resolve) => {
          arena.server.once('implicitGrantReceived', (_grant, { page }) => {
            page.waitUntil(never);
            resolve();
          });
        });
        const held = arena.forward(`access_token=a&state=${next.state}`);
        await told;
        await arena.server.stop();
        const released = await held;
        expect([released.status, released.body.includes('return_to_app')]).toEqual([202, true]);
      },
      { events: 2 },
    ));

  it('survives errors and rejections without a listener (R10)', async () => {
    const trap = new ProcessTrap();
    const server = new AuthServer('http://127.0.0.1:0/callback');
    try {
      await server.start();
      const denied = new LoginRequest(server, 'client', 'token');
      await deliverFragment(server, { error: 'access_denied', state: denied.state }).expect(200);
      await deliverFragment(server, { error: 'access_denied', state: 'theirs' }).expect(400);
      await deliverFragment(server, { access_token: 'a', state: denied.state }).expect(409);
      const request = new LoginRequest(server, 'client', 'token');
      const granted = server.waitForGrant({ request });
      await deliverFragment(server, { access_token: 'honest', state: request.state }).expect(200);
      await expect(granted).resolves.toMatchObject({ accessToken: 'honest' });
      await trap.flushed();
      expect(trap.surfaced).toEqual([]);
    } finally {
      await server.stop();
      trap.restore();
    }
  });
});
