import { afterEach, describe, expect, it, jest } from '@jest/globals';
import request, { type Test } from 'supertest';
import { AuthServer, login, LoginRequest, ResponseType, type CallbackPage, type ExpectedRequest } from '#src/index.js';
import { signInsOf } from '#src/server/auth-server.js';
import { deliverQuery } from '../helpers/callback.js';
import { useServers } from '../helpers/use-servers.js';
import { ProcessTrap } from '../helpers/with-server.js';

const startServer = useServers();
const issuer = 'https://accounts.example.com';
const options = { authorizationEndpoint: `${issuer}/authorize` };
const requestFor = (server: AuthServer): LoginRequest => new LoginRequest(server, 'client', ResponseType.Code, options);

/** What an SDK sends the browser to. */
function authorizationUri(redirectUri: string, state = 'sdk'): string {
  const query = new URLSearchParams({ response_type: 'code', state, redirect_uri: redirectUri });
  return `${issuer}/authorize?${query.toString()}`;
}

/** Delivers a callback URI without a browser. */
function receive(server: AuthServer, params: Record<string, string>): Promise<unknown> {
  return server.receive(`${server.redirectUri}?${new URLSearchParams(params).toString()}`);
}

/** The codes of the warnings that the action causes. */
async function warningsOf(action: () => Promise<unknown>): Promise<(string | undefined)[]> {
  const warning = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  await action();
  return warning.mock.calls.map(([, detail]) => (detail as { code?: string } | undefined)?.code);
}

/** Runs the action, and returns the errors that would have ended the process. */
async function surfacedBy(action: () => Promise<unknown>): Promise<unknown[]> {
  const trap = new ProcessTrap();
  try {
    await action();
  } finally {
    await trap.flushed();
    trap.restore();
  }
  return trap.surfaced;
}

afterEach(() => {
  jest.restoreAllMocks();
});

describe('AuthServer.waitForGrant', () => {
  it('leaves no rejection unhandled if the app awaits the result only later', async () => {
    const server = await startServer();
    const waiting = server.waitForGrant();
    await server.stop();
    // Jest fails a test whose rejection is unhandled at the end of a turn of the event loop.
    await new Promise((resolve) => setImmediate(resolve));
    await expect(waiting).rejects.toMatchObject({ code: 'SERVER_STOPPED' });
  });

  it('keeps the checks of a request that is expected already: a wait by its state alone loosens none', async () => {
    const server = new AuthServer();
    const request = new LoginRequest(server, 'client', ResponseType.Code, { ...options, issuer });
    const waiting = server.waitForGrant({ request: { state: request.state } });
    const params = { code: 'c', state: request.state, iss: 'https://evil.example' };
    await expect(receive(server, params)).rejects.toMatchObject({ code: 'ISSUER_MISMATCH' });
    await expect(waiting).rejects.toMatchObject({ code: 'ISSUER_MISMATCH' });
  });

  it('keeps its request expected beyond `requestLifetime`, as long as it lasts', async () => {
    const server = new AuthServer(undefined, { requestLifetime: 1000 });
    const [awaited, other] = [requestFor(server), requestFor(server)];
    const waiting = server.waitForGrant({ request: awaited });
    const now = performance.now();
    jest.spyOn(performance, 'now').mockImplementation(() => now + 1001);
    await expect(receive(server, { code: 'c', state: other.state })).rejects.toMatchObject({ code: 'STATE_FOREIGN' });
    await receive(server, { code: 'c', state: awaited.state });
    await expect(waiting).resolves.toMatchObject({ code: 'c' });
  });

  it('lets a request age that is expected again, once the wait for its former response has ended', async () => {
    const server = new AuthServer(undefined, { requestLifetime: 1000 });
    const request = requestFor(server);
    await receive(server, { code: 'former', state: request.state });
    server.expect(request);
    await expect(server.waitForGrant({ request })).resolves.toMatchObject({ code: 'former' });
    const now = performance.now();
    jest.spyOn(performance, 'now').mockImplementation(() => now + 1001);
    await expect(receive(server, { code: 'c', state: request.state })).rejects.toMatchObject({ code: 'STATE_FOREIGN' });
  });

  it('forgets only a request whose wait was aborted, not one that is expected again after a stop', async () => {
    const server = await startServer();
    const request = requestFor(server);
    const waiting = server.waitForGrant({ request });
    const stopped = server.stop();
    server.expect(request);
    await expect(waiting).rejects.toMatchObject({ code: 'SERVER_STOPPED' });
    await stopped;
    await expect(receive(server, { code: 'c', state: request.state })).resolves.toMatchObject({ code: 'c' });
  });

  it('forgets no other request than that of the aborted wait', async () => {
    const server = await startServer();
    const [given, other] = [requestFor(server), requestFor(server)];
    const any = server.waitForGrant();
    const abort = new AbortController();
    const aborted = server.waitForGrant({ request: given, signal: abort.signal });
    abort.abort();
    await expect(aborted).rejects.toMatchObject({ code: 'ABORTED' });
    await expect(receive(server, { code: 'c', state: given.state })).rejects.toMatchObject({ code: 'STATE_FOREIGN' });
    await receive(server, { code: 'c', state: other.state });
    await expect(any).resolves.toMatchObject({ state: other.state });
  });
});

describe('AuthServerOptions.allowUnsolicited', () => {
  it('gives a response without a state to the oldest wait for a request, then to the oldest other one', async () => {
    const server = await startServer({ allowUnsolicited: true });
    const requests = [requestFor(server), requestFor(server)] as const;
    const any = [server.waitForGrant(), server.waitForGrant()] as const;
    const own = requests.map((request) => server.waitForGrant({ request }));
    for (const [index, request] of requests.entries()) {
      await deliverQuery(server, { code: `c${index}` }).expect(200);
      await expect(own[index]).resolves.toMatchObject({ code: `c${index}`, codeVerifier: request.codeVerifier });
    }
    for (const [index, wait] of any.entries()) {
      await deliverQuery(server, { code: `any${index}` }).expect(200);
      await expect(wait).resolves.toMatchObject({ code: `any${index}`, codeVerifier: undefined });
    }
  });

  it('counts for receive(), too, which rejects what was sent to another address', async () => {
    const server = new AuthServer(undefined, { allowUnsolicited: true });
    await expect(receive(server, { code: 'c' })).resolves.toMatchObject({ code: 'c' });
    const elsewhere = server.receive('http://127.0.0.1:1/callback?code=c');
    await expect(elsewhere).rejects.toMatchObject({ code: 'REDIRECT_URI_MISMATCH' });
    const request = requestFor(server);
    await receive(server, { code: 'c', state: request.state });
    await expect(receive(server, { code: 'c', state: request.state })).rejects.toMatchObject({ code: 'STATE_USED' });
  });

  it('is necessary for such a response, also while a wait for a request is in progress', async () => {
    const server = await startServer();
    const request = requestFor(server);
    const waiting = server.waitForGrant({ request });
    await deliverQuery(server, { code: 'theirs' }).expect(400);
    await deliverQuery(server, { code: 'c', state: request.state }).expect(200);
    await expect(waiting).resolves.toMatchObject({ code: 'c' });
  });
});

describe('the warning EMBED_AUTH_NOTHING_EXPECTED', () => {
  const code = 'EMBED_AUTH_NOTHING_EXPECTED';

  it('is for a response with a state, if nothing was ever expected', async () => {
    const server = await startServer();
    expect(await warningsOf(() => deliverQuery(server, { code: 'c', state: 's' }).expect(400))).toEqual([code]);
  });

  it('is not for a request without a state, which anything on the machine may send', async () => {
    const server = await startServer();
    expect(await warningsOf(() => deliverQuery(server, { code: 'c' }).expect(400))).toEqual([]);
  });

  it('is not given once a request was expected, also if that is forgotten', async () => {
    const server = await startServer();
    server.forget(requestFor(server));
    expect(await warningsOf(() => deliverQuery(server, { code: 'c', state: 's' }).expect(400))).toEqual([]);
  });

  it('is not given with `allowUnsolicited`', async () => {
    const server = await startServer({ allowUnsolicited: true });
    server.on('authorizationCodeReceived', () => undefined);
    expect(await warningsOf(() => deliverQuery(server, { code: 'c', state: 's' }).expect(200))).toEqual([]);
  });
});

describe('an error of a listener', () => {
  const failure = new Error('the listener failed');
  const fail = (): never => {
    throw failure;
  };

  it.each(['authorizationCodeReceived', 'errorReceived'] as const)(
    'of %s surfaces, and the wait still gets the outcome',
    async (name) => {
      const server = await startServer();
      const request = requestFor(server);
      const waiting = server.waitForGrant({ request });
      server.on(name, fail);
      const outcome = name === 'errorReceived' ? { error: 'access_denied' } : { code: 'c' };
      const surfaced = await surfacedBy(async () => {
        const { text } = await deliverQuery(server, { ...outcome, state: request.state });
        expect(text).toContain('data-auth-state="error"');
      });
      expect(surfaced).toEqual([failure]);
      const [result] = await Promise.allSettled([waiting]);
      expect(result).toMatchObject(
        name === 'errorReceived' ? { reason: { code: 'ACCESS_DENIED' } } : { value: { code: 'c' } },
      );
    },
  );

  it('of authorizationCodeReceived ends the hold of the page with failure', async () => {
    const server = await startServer();
    let page: CallbackPage | undefined;
    server.on('authorizationCodeReceived', (_, { page: given }) => {
      page = given;
      given.waitUntil(new Promise(() => undefined));
      fail();
    });
    const surfaced = await surfacedBy(() =>
      deliverQuery(server, { code: 'c', state: requestFor(server).state }).expect(500),
    );
    expect(surfaced).toEqual([failure]);
    expect(() => {
      page?.waitUntil(Promise.resolve());
    }).toThrow(/completed already/);
  });

  it('of callbackRejected surfaces after the response', async () => {
    const server = await startServer();
    server.expect({ state: 's' });
    server.on('callbackRejected', fail);
    const responses = [
      () => deliverQuery(server, { code: 'c', state: 'foreign' }).expect(400, /state_foreign/),
      () => deliverQuery(server, { code: 'c', state: 's' }).set('Host', 'evil.test').expect(421),
    ];
    for (const response of responses) expect(await surfacedBy(response)).toEqual([failure]);
  });

  it('surfaces from `receive()`, which returns the outcome nevertheless', async () => {
    const server = new AuthServer();
    const [granted, denied, malformed] = [requestFor(server), requestFor(server), requestFor(server)];
    server.on('authorizationCodeReceived', fail);
    server.on('errorReceived', fail);
    server.on('callbackRejected', fail);
    const received = (params: Record<string, string>, expected: object): Promise<unknown[]> =>
      surfacedBy(async () => {
        const [result] = await Promise.allSettled([receive(server, params)]);
        expect(result).toMatchObject(expected);
      });
    expect(await received({ code: 'c', state: granted.state }, { value: { code: 'c' } })).toEqual([failure]);
    const foreign = { reason: { code: 'STATE_FOREIGN' } };
    expect(await received({ code: 'c', state: 'foreign' }, foreign)).toEqual([failure]);
    const access = { reason: { code: 'ACCESS_DENIED' } };
    expect(await received({ error: 'access_denied', state: denied.state }, access)).toEqual([failure]);
    // The first of both events: the rejection, and the error that ends the sign-in.
    const both = { code: 'c', error: 'e', state: malformed.state };
    expect(await received(both, { reason: { code: 'RESPONSE_MALFORMED' } })).toEqual([failure]);
  });
});

describe('AuthServer.expect, with the authorization URI of an SDK', () => {
  it.each(['myapp://cb', 'com.example.app-1+x:/cb', 'MyApp.Auth2://cb'])(
    'accepts the custom redirect URI %s, whose response arrives by receive()',
    async (redirectUri) => {
      const server = new AuthServer();
      server.expect(authorizationUri(redirectUri));
      await expect(server.receive(`${redirectUri}?code=c&state=sdk`)).resolves.toMatchObject({ code: 'c' });
    },
  );

  it.each([
    'http://127.0.0.1:1/other',
    'https://evil.example/callback',
    'HTTPS://evil.example/callback',
    '/callback',
    '/a:b',
  ])('rejects another redirect URI than that of the server: %s', (redirectUri) => {
    const server = new AuthServer();
    expect(() => {
      server.expect(authorizationUri(redirectUri));
    }).toThrow(TypeError);
  });

  it.each(['sdk', '', 'https:'])('names what is wrong with %j', (text) => {
    expect(() => {
      new AuthServer().expect(text);
    }).toThrow(/`authorizationUri` must be an absolute URI/);
  });

  it('compares a URI without `redirect_uri` with the redirect URI of the server', async () => {
    const server = new AuthServer();
    server.expect(new URL(`${issuer}/authorize?response_type=code&state=sdk`));
    await expect(receive(server, { code: 'c', state: 'sdk' })).resolves.toMatchObject({ code: 'c' });
    server.expect(`${issuer}/authorize?response_type=code&state=again`);
    await expect(server.receive('http://127.0.0.1:1/other?code=c&state=again')).rejects.toMatchObject({
      code: 'REDIRECT_URI_MISMATCH',
    });
  });

  it.each([undefined, null, 5, 'sdk'])('rejects %j as the request of forget()', (value) => {
    expect(() => {
      new AuthServer().forget(value as unknown as ExpectedRequest);
    }).toThrow(/`(?:request|authorizationUri)` must be/);
  });
});

describe('the start address of a sign-in (R31)', () => {
  interface Start {
    readonly request: LoginRequest;
    readonly path: string;
  }

  function addStart(server: AuthServer): Start {
    const login = requestFor(server);
    return { request: login, path: signInsOf(server).addStartAddress(login.toUri(), login).pathname };
  }

  function visit(server: AuthServer, { path }: Start): Test {
    return request(server.baseUri.origin).get(path);
  }

  it('ends with the response to its own request, and with no other', async () => {
    const server = await startServer();
    const [first, second] = [addStart(server), addStart(server)];
    server.on('authorizationCodeReceived', () => undefined);
    await deliverQuery(server, { code: 'c', state: 'foreign' }).expect(400);
    for (const start of [first, second]) {
      await visit(server, start).expect(302).expect('Location', start.request.toUri().href);
    }
    await deliverQuery(server, { code: 'c', state: first.request.state }).expect(200);
    await visit(server, first).expect(404);
    await visit(server, second).expect(302);
  });

  it('ends with forget() of its request, and with stop()', async () => {
    const server = await startServer();
    const [forgotten, stopped] = [addStart(server), addStart(server)];
    server.forget(forgotten.request);
    await visit(server, forgotten).expect(404);
    await visit(server, stopped).expect(302);
    await server.stop();
    await server.start();
    await visit(server, stopped).expect(404);
  });

  it('is unknown under a foreign Host, and for another method than GET', async () => {
    const server = await startServer();
    const start = addStart(server);
    const foreign = await visit(server, start).set('Host', 'evil.test').expect(421);
    expect(foreign.headers).not.toHaveProperty('location');
    await request(server.baseUri.origin).post(start.path).expect(404);
    await visit(server, start).expect(302);
  });

  it('is another one for each sign-in, at the origin of the redirect URI', async () => {
    const server = await startServer({ publicUri: 'https://name.example.dev/prefix/callback' });
    const starts: URL[] = [];
    const abort = new AbortController();
    const signIns = [1, 2].map(() =>
      login({
        ...options,
        server,
        clientId: 'client',
        openBrowser: false,
        signal: abort.signal,
        onLoginUri: (_, { startUri }) => {
          starts.push(startUri);
          if (starts.length === 2) abort.abort();
        },
      }),
    );
    await Promise.allSettled(signIns);
    expect(new Set(starts.map(({ pathname }) => pathname)).size).toBe(2);
    expect(starts.map(({ origin }) => origin)).toEqual(['https://name.example.dev', 'https://name.example.dev']);
  });
});
