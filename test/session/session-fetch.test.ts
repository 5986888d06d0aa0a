import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createSession } from '#src/session.js';
import { Harness, rejection } from './harness.js';
import { RotatingServer, sendJson } from './rotating-server.js';

let harness: Harness;

beforeEach(async () => {
  harness = await Harness.start();
});

afterEach(async () => {
  await harness[Symbol.asyncDispose]();
});

const resource = (): URL => new URL('resource', harness.server.origin);

describe('Session.fetch', () => {
  it('sends the access token, with the headers of the app', async () => {
    const session = harness.session();
    const response = await session.fetch(resource(), { method: 'POST', body: 'a', headers: { 'x-app': '1' } });
    expect(response.status).toBe(200);
    const [request] = harness.server.requestsOf('resource');
    expect(request?.headers).toMatchObject({ authorization: 'Bearer access-token-1', 'x-app': '1' });
    const again = await session.fetch(new Request(resource(), { headers: { 'x-request': '2' } }));
    expect(again.status).toBe(200);
    expect(harness.server.requestsOf('resource')[1]?.headers).toMatchObject({ 'x-request': '2' });
  });

  it('S11: refuses clear text to another machine, before anything is sent', async () => {
    const session = harness.session();
    for (const uri of [
      'http://api.example.com/',
      'http://127.0.0.1.example.com/',
      'ftp://127.0.0.1/',
      'data:text/plain,a',
    ]) {
      expect(await rejection(session.fetch(uri))).toBeInstanceOf(TypeError);
    }
    for (const uri of ['/v1', '']) {
      expect((await rejection(session.fetch(uri))).message).toBe('`fetch` of a session needs an absolute URI');
    }
    expect(harness.server.requests).toHaveLength(0);
  });

  it('S11: with `resource`, sends the token to its origin only', async () => {
    const session = createSession({
      name: 'my-app',
      issuer: harness.server.origin,
      clientId: 'c',
      resource: 'https://api.example.com/v1',
    });
    const error = await rejection(session.fetch('https://api.example.org/v1'));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toContain('https://api.example.com only');
    expect(harness.server.requests).toHaveLength(0);
  });

  it('S11: after a 401, refreshes once and sends once more', async () => {
    const { server } = harness;
    const session = harness.session();
    server.refuse(await session.accessToken());
    const response = await session.fetch(resource(), { method: 'POST', body: new URLSearchParams({ a: 'b' }) });
    expect(response.status).toBe(200);
    expect(server.requestsOf('token')).toHaveLength(1);
    expect(server.requestsOf('resource').map(({ params }) => params.get('a'))).toEqual(['b', 'b']);
  });

  it('S11: skips the refresh if another token is stored than the one that was refused', async () => {
    const { server } = harness;
    const session = harness.session();
    await session.accessToken();
    server.next['resource'] = [
      async (_request, response) => {
        await harness.session().accessToken({ forceRefresh: true });
        sendJson(response, 401, {});
      },
    ];
    expect((await session.fetch(resource())).status).toBe(200);
    expect(server.requestsOf('token')).toHaveLength(1);
  });

  it('S11: ten calls with a 401 at once send one refresh', async () => {
    const { server } = harness;
    const session = harness.session();
    server.refuse(await session.accessToken());
    const responses = await Promise.all(Array.from({ length: 10 }, () => session.fetch(resource())));
    expect(responses.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 200));
    expect(server.requestsOf('token')).toHaveLength(1);
  });

  it('S11: a token that its own refresh after a 401 has brought, and that is refused too, is not refreshed again for 60 s', async () => {
    const { server } = harness;
    server.always['resource'] = (_request, response) => {
      sendJson(response, 401, {});
    };
    const session = harness.session();
    // That of a sign-in does not count.
    for (let count = 0; count < 3; count++) expect((await session.fetch(resource())).status).toBe(401);
    expect(server.requestsOf('token')).toHaveLength(1);
    const now = performance.now();
    const clock = jest.spyOn(performance, 'now').mockImplementation(() => now + 60_001);
    expect((await session.fetch(resource())).status).toBe(401);
    clock.mockRestore();
    expect(server.requestsOf('token')).toHaveLength(2);
    // That of another process does not count, either.
    await harness.session().accessToken({ forceRefresh: true });
    server.always = {};
    expect((await session.fetch(resource())).status).toBe(200);
  });

  it('S11: a 401 of another origin, after a redirect, refreshes nothing, and got no token', async () => {
    await using other = await RotatingServer.start();
    const { server } = harness;
    server.next['resource'] = [
      (_request, response) => response.writeHead(302, { location: new URL('resource', other.origin).href }).end(),
    ];
    const session = harness.session();
    expect((await session.fetch(resource())).status).toBe(401);
    expect(other.requests[0]?.headers.authorization).toBeUndefined();
    expect(server.requestsOf('token')).toHaveLength(0);
    server.next['resource'] = [(_request, response) => response.writeHead(302, { location: '/resource' }).end()];
    expect((await session.fetch(resource())).status).toBe(200);
  });

  it('S11: does not send a consumed body again; the token is refreshed for the next call', async () => {
    const { server } = harness;
    const bodies: (() => [string | URL | Request, RequestInit])[] = [
      () => [resource(), { method: 'POST', body: new Blob(['a=b']).stream(), duplex: 'half' } as RequestInit],
      () => [new Request(resource(), { method: 'POST', body: 'a=b' }), {}],
    ];
    for (const make of bodies) {
      const session = harness.session();
      server.refuse(await session.accessToken());
      const before = server.requestsOf('resource').length;
      expect((await session.fetch(...make())).status).toBe(401);
      expect(server.requestsOf('resource')).toHaveLength(before + 1);
      expect((await session.fetch(...make())).status).toBe(200);
    }
  });

  it('S3: after a 401, a refresh that fails rejects: the refused token is not used again', async () => {
    const { server } = harness;
    const session = harness.session();
    server.refuse(await session.accessToken());
    server.always['token'] = (_request, response) => {
      sendJson(response, 503, {});
    };
    expect(await rejection(session.fetch(resource()))).toMatchObject({ code: 'REFRESH_FAILED' });
    expect(server.requestsOf('resource')).toHaveLength(1);
  });

  it('S7: without a refresh token, tries a token that seems to be over, and signs in after a 401', async () => {
    const { server } = harness;
    let signIns = 0;
    const options = {
      signIn: (): unknown => {
        signIns += 1;
        const { access_token } = server.issue();
        return { access_token, expires_in: 1 };
      },
    };
    const first = await harness.session(options).accessToken();
    const later = Date.now() + 100_000;
    jest.spyOn(Date, 'now').mockImplementation(() => later);
    expect((await harness.session(options).fetch(resource())).status).toBe(200);
    expect(signIns).toBe(1);
    server.refuse(first);
    expect((await harness.session(options).fetch(resource())).status).toBe(200);
    expect(signIns).toBe(2);
  });

  it('rejects with the reason of its signal, as `fetch` does', async () => {
    const session = harness.session({ signIn: () => new Promise(() => undefined) });
    const error = await rejection(session.fetch(resource(), { signal: AbortSignal.timeout(20) }));
    expect(error.name).toBe('TimeoutError');
  });
});
