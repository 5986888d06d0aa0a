import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { once } from 'node:events';
import { Agent, createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LoginRequest, ResponseType, type ExpectedRequest } from '#src/index.js';
import { createCallbackRouter, type CallbackRouterOptions } from '#src/router.js';
import { dial, requestBytes, sendRaw, type RawResponse } from '../helpers/raw.js';
import { useHttpServers } from '../helpers/use-http-servers.js';

type Headers = readonly (readonly [string, string])[];

const redirectUri = 'http://app.example/auth/callback';
const form = 'application/x-www-form-urlencoded';
const servers = useHttpServers();

interface NextCall {
  readonly error: unknown;
  /** Whether the response had been sent when `next` was called. */
  readonly isSent: boolean;
}

interface App {
  readonly port: number;
  /** Calls of the store, and of the app's handlers, in order. */
  readonly calls: string[];
  readonly next: readonly NextCall[];
  /** The first of them. */
  readonly firstNext: Promise<NextCall>;
  /** A user begins to sign in. */
  expecting(): ExpectedRequest;
  send(startLine: string, headers?: Headers, body?: string): Promise<RawResponse>;
  /** The provider redirects the user with a query. */
  navigate(params: Record<string, string>, headers?: Headers): Promise<RawResponse>;
}

/** A server without any framework, whose requests go through a callback router. */
async function startApp(
  options: Partial<CallbackRouterOptions> = {},
  before: (req: IncomingMessage & { originalUrl?: string }, res: ServerResponse) => void = () => undefined,
): Promise<App> {
  const stored = new Map<string, ExpectedRequest>();
  const calls: string[] = [];
  const next: NextCall[] = [];
  let onNext: (call: NextCall) => void = () => undefined;
  const firstNext = new Promise<NextCall>((resolve) => {
    onNext = resolve;
  });
  const router = createCallbackRouter({
    redirectUri,
    requests: {
      add: (_, request) => {
        stored.set(request.state, request);
      },
      // A store that hands out copies for ever: the router itself must know what was used.
      find: (_, state) => {
        calls.push('find');
        return stored.get(state);
      },
      take: () => {
        calls.push('take');
        return true;
      },
    },
    onGrant: () => {
      calls.push('onGrant');
    },
    onError: () => {
      calls.push('onError');
    },
    onRejected: ({ reason }) => {
      calls.push(reason);
    },
    ...options,
  });
  const server = createServer((req, res) => {
    before(req, res);
    router(req, res, (error) => {
      const call = { error, isSent: res.writableFinished };
      next.push(call);
      onNext(call);
      if (!res.headersSent) res.writeHead(404).end();
    });
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // A listening TCP server's address is an AddressInfo.
  const send: App['send'] = (startLine, headers = [], body = '') =>
    sendRaw(
      port,
      requestBytes(
        startLine,
        [
          ['Host', 'app.example'],
          ...headers,
          ...(body === '' ? [] : [['Content-Length', String(Buffer.byteLength(body))] as const]),
          ['Connection', 'close'],
        ],
        body,
      ),
    );
  return {
    port,
    calls,
    next,
    firstNext,
    send,
    expecting: () => {
      const expected = new LoginRequest(redirectUri, 'client', ResponseType.Code).toExpected();
      stored.set(expected.state, expected);
      return expected;
    },
    navigate: (params, headers) =>
      send(`GET /auth/callback?${new URLSearchParams(params).toString()} HTTP/1.1`, headers),
  };
}

/** A promise, and what resolves it. */
function signal(): { readonly reached: Promise<void>; readonly reach: () => void } {
  let reach: () => void = () => undefined;
  const reached = new Promise<void>((resolve) => {
    reach = resolve;
  });
  return { reached, reach };
}

describe('createCallbackRouter, order of the calls', () => {
  it('asks the store once, uses the request up, and then notifies the app', async () => {
    const app = await startApp();
    await app.navigate({ code: 'abc', state: app.expecting().state });
    await app.navigate({ error: 'access_denied', state: app.expecting().state });
    expect(app.calls).toEqual(['find', 'take', 'onGrant', 'find', 'take', 'onError']);
    expect(app.next).toEqual([]);
  });

  it('asks the store neither for a state that it knows as used, nor without a state', async () => {
    const app = await startApp();
    const { state } = app.expecting();
    await app.navigate({ code: 'abc', state });
    app.calls.length = 0;
    expect((await app.navigate({ code: 'abc', state })).status).toBe(409);
    expect((await app.navigate({ code: 'abc' })).status).toBe(400);
    expect((await app.send('GET /auth/callback HTTP/1.1')).status).toBe(200);
    expect(app.calls).toEqual(['state_used', 'state_foreign']);
  });

  it('uses nothing up for a state that the store does not have', async () => {
    const app = await startApp();
    expect((await app.navigate({ code: 'abc', state: 'foreign' })).status).toBe(400);
    expect(app.calls).toEqual(['find', 'state_foreign']);
  });
});

describe('createCallbackRouter, copies of one response', () => {
  it('accepts one of two copies that the store found at the same time, although it lets both be taken (R2)', async () => {
    const expected = new LoginRequest(redirectUri, 'client', ResponseType.Code).toExpected();
    const { reached: bothAsked, reach } = signal();
    let asked = 0;
    const app = await startApp({
      requests: {
        add: () => undefined,
        find: async () => {
          asked += 1;
          if (asked === 2) reach();
          await bothAsked;
          return expected;
        },
        take: () => true,
      },
    });
    const copy = (): Promise<RawResponse> => app.navigate({ code: 'abc', state: expected.state });
    const statuses = (await Promise.all([copy(), copy()])).map(({ status }) => status);
    expect(statuses.sort()).toEqual([200, 409]);
    expect(app.calls.sort()).toEqual(['onGrant', 'state_used']);
  });
});

describe('createCallbackRouter, a sign-in that takes long', () => {
  it('is not repeated by a reload after 4,097 other sign-ins, until its response is sent (R41)', async () => {
    const held = signal();
    const granted: string[] = [];
    const app = await startApp({
      onGrant: async (grant) => {
        granted.push(grant.state ?? '');
        if (granted.length === 1) await held.reached;
      },
    });
    const { state } = app.expecting();
    const first = app.navigate({ code: 'c', state });
    const agent = new Agent({ keepAlive: true, maxSockets: 8 });
    const visit = (): Promise<void> =>
      new Promise((resolve, reject) => {
        const path = `/auth/callback?code=c&state=${app.expecting().state}`;
        const options = { port: app.port, path, agent, headers: { Host: 'app.example' } };
        get(options, (response) => void response.resume().on('end', resolve)).on('error', reject);
      });
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        for (let count = 0; count < 513; count += 1) await visit();
      }),
    );
    agent.destroy();
    const reload = await app.navigate({ code: 'c', state });
    expect([reload.status, reload.body]).toEqual([409, expect.stringContaining('state_used')]);
    held.reach();
    expect((await first).status).toBe(200);
    expect(granted.filter((one) => one === state)).toHaveLength(1);
  }, 60_000);
});

describe('createCallbackRouter, `onError`', () => {
  it('gets the request, its response and the page, which it may redirect', async () => {
    const methods: unknown[] = [];
    const app = await startApp({
      onError: (_, { req, res, page }) => {
        methods.push(req.method);
        res.setHeader('Set-Cookie', 'sid=new');
        page.redirect('/denied', { on: 'failure' });
      },
    });
    const { status, headers } = await app.navigate({ error: 'access_denied', state: app.expecting().state });
    expect([status, headers.get('location'), headers.get('set-cookie')]).toEqual([303, '/denied', 'sid=new']);
    expect([methods, app.next]).toEqual([['GET'], []]);
  });

  it('may be missing', async () => {
    const app = await startApp({ onError: undefined });
    expect((await app.navigate({ error: 'access_denied', state: app.expecting().state })).status).toBe(200);
    expect(app.next).toEqual([]);
  });
});

describe('createCallbackRouter, the page', () => {
  it('sends the cookies of the session with the fragment, and no report that its files are loaded', async () => {
    const app = await startApp();
    const { body } = await app.send('GET /auth/callback HTTP/1.1');
    expect(body).toContain('"credentials":"same-origin","reportLoaded":false');
  });
});

describe('createCallbackRouter, `next`', () => {
  const error = new Error('The database is out of reach');
  const fail = (): never => {
    throw error;
  };

  it('is called once without an error for a request that is not for the callback', async () => {
    for (const startLine of ['GET /other HTTP/1.1', 'OPTIONS * HTTP/1.1', 'GET http://app.example/ HTTP/1.1']) {
      const app = await startApp();
      expect((await app.send(startLine)).status).toBe(404);
      expect(app.next).toEqual([{ error: undefined, isSent: false }]);
    }
  });

  it.each([
    ['onGrant', { onGrant: fail }, 500, 'failed'],
    ['the store', { requests: { add: () => undefined, find: fail, take: () => true } }, 500, 'failed'],
    ['onError', { onError: fail }, 200, 'denied'],
    ['onRejected', { onRejected: fail }, 400, 'state_foreign'],
  ] as const)(
    'gets an error of %s once, and only when the page is sent (R19)',
    async (name, options, status, reason) => {
      const app = await startApp(options);
      const params = name === 'onError' ? { error: 'access_denied' } : { code: 'abc' };
      const state = name === 'onRejected' ? 'foreign' : app.expecting().state;
      const page = await app.navigate({ ...params, state }, [['Accept', 'text/html']]);
      expect(await app.firstNext).toEqual({ error, isSent: true });
      expect(app.next).toHaveLength(1);
      expect(page.status).toBe(status);
      expect(page.body).toMatch(new RegExp(`data-auth-reason="${reason}"[^]*</html>\\s*$`));
      expect(page.body).not.toContain('database');
    },
  );

  it('gets an error of `onRejected` also for a rejection that ends the sign-in', async () => {
    const app = await startApp({ onRejected: fail });
    const { status } = await app.navigate({ code: 'abc', error: 'e', state: app.expecting().state });
    expect([status, app.calls]).toEqual([400, ['find', 'take', 'onError']]);
    expect(await app.firstNext).toEqual({ error, isSent: true });
    const method = await startApp({ onRejected: fail });
    expect((await method.send('PUT /auth/callback HTTP/1.1')).status).toBe(405);
    expect(await method.firstNext).toEqual({ error, isSent: true });
  });

  it('gets the error of `onGrant` also if the client has left meanwhile', async () => {
    const { reached, reach } = signal();
    const app = await startApp({
      onGrant: async (_, { res }) => {
        reach();
        await once(res, 'close');
        throw error;
      },
    });
    const socket = await dial(app.port);
    const target = `/auth/callback?code=abc&state=${app.expecting().state}`;
    socket.write(requestBytes(`GET ${target} HTTP/1.1`, [['Host', 'app.example']]));
    await reached;
    socket.destroy();
    expect(await app.firstNext).toMatchObject({ error });
  });

  it('is not called for the report of a page that its files are loaded', async () => {
    const app = await startApp();
    const headers = [
      ['Origin', 'http://app.example'],
      ['Content-Type', 'application/json'],
    ] as const;
    expect((await app.send('POST /auth/token HTTP/1.1', headers, '{"loaded":true}')).status).toBe(204);
    expect([app.calls, app.next]).toEqual([[], []]);
  });

  it('is not called if the app has sent a response of its own', async () => {
    const app = await startApp({
      onGrant: (_, { res, page }) => {
        res.writeHead(302, { Location: '/own' }).end();
        page.waitUntil(Promise.resolve());
      },
    });
    const { status, headers } = await app.navigate({ code: 'abc', state: app.expecting().state });
    expect([status, headers.get('location')]).toEqual([302, '/own']);
    expect(app.next).toEqual([]);
  });
});

describe('createCallbackRouter, paths', () => {
  it('accepts the redirect URI in absolute form, as a proxy sends it', async () => {
    const app = await startApp();
    const { state } = app.expecting();
    const { status } = await app.send(`GET http://app.example/auth/callback?code=abc&state=${state} HTTP/1.1`);
    expect([status, app.calls]).toEqual([200, ['find', 'take', 'onGrant']]);
    expect((await app.send('GET http://evil.example/auth/callback HTTP/1.1')).status).toBe(421);
  });

  it('finds the page below the prefix that `url` has lost', async () => {
    const app = await startApp({ redirectUri: 'http://app.example/service/auth/callback' }, (req) => {
      req.originalUrl = req.url ?? '';
      req.url = req.originalUrl.replace(/^\/auth(?=\/)/, '');
    });
    expect((await app.send('GET /auth/callback?next=/auth HTTP/1.1')).status).toBe(200);
    expect((await app.send('GET /service/auth/callback HTTP/1.1')).status).toBe(200);
    expect((await app.send('GET /callback HTTP/1.1')).status).toBe(404);
    expect((await app.send('GET /auth/other HTTP/1.1')).status).toBe(404);
  });

  it('finds the page at the whole path of the redirect URI, also below a shorter prefix', async () => {
    const app = await startApp({ redirectUri: 'http://app.example/auth/v1/callback' }, (req) => {
      req.originalUrl = req.url ?? '';
      req.url = req.originalUrl.replace(/^\/auth/, '');
    });
    expect((await app.send('GET /auth/v1/callback HTTP/1.1')).status).toBe(200);
    expect((await app.send('GET /auth/v1/callbacks HTTP/1.1')).status).toBe(404);
  });

  it('accepts no prefix of a URL that a middleware has rewritten to another path', async () => {
    const app = await startApp({}, (req) => {
      req.originalUrl = req.url ?? '';
      req.url = '/rewrites';
    });
    expect((await app.send('GET /sub/callback HTTP/1.1')).status).toBe(404);
    expect((await app.send('GET /auth/callback HTTP/1.1')).status).toBe(200);
  });

  it('finds `path` below the prefix, and no other page', async () => {
    const app = await startApp({ redirectUri: 'http://app.example/proxied/callback', path: '/own/page' }, (req) => {
      req.originalUrl = req.url ?? '';
      req.url = req.originalUrl.replace(/^\/mount/, '');
    });
    expect((await app.send('GET /mount/own/page HTTP/1.1')).status).toBe(200);
    expect((await app.send('POST /mount/own/token HTTP/1.1')).status).toBe(403);
    expect((await app.send('GET /mount/callback HTTP/1.1')).status).toBe(404);
    expect((await app.send('GET /proxied/callback HTTP/1.1')).status).toBe(404);
  });
});

describe('createCallbackRouter, a form_post without its session', () => {
  const parameters = 'code=secret-code&state=foreign';
  const path = '/auth/callback';
  const query = `${path}?${parameters}`;
  const spyOnWarnings = (): jest.SpiedFunction<typeof process.emitWarning> =>
    jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);

  afterEach(() => {
    jest.restoreAllMocks();
  });

  it.each([
    ['a form without a cookie', true, path, { 'Content-Type': form }],
    ['a form with an empty cookie', true, path, { 'Content-Type': form, Cookie: '' }],
    ['a type in upper case, with a charset', true, path, { 'Content-Type': `${form.toUpperCase()}; charset=UTF-8` }],
    ['a form of another site', true, path, { 'Content-Type': form, Cookie: 'a=b', 'Sec-Fetch-Site': 'cross-site' }],
    ['a form of the same site', false, path, { 'Content-Type': form, Cookie: 'a=b', 'Sec-Fetch-Site': 'same-site' }],
    ['a form with a cookie, of an old browser', false, path, { 'Content-Type': form, Cookie: 'a=b' }],
    ['a POST with the response in the query', false, query, { 'Content-Type': 'multipart/form-data' }],
    ['a POST without a type', false, query, {}],
    ['a POST of a type that only mentions a form', false, query, { 'Content-Type': `text/plain; a=${form}` }],
  ] as const)('%s; warning: %s', async (_, isExpected, target, headers) => {
    const emitWarning = spyOnWarnings();
    const app = await startApp();
    const body = target === path ? parameters : '';
    expect((await app.send(`POST ${target} HTTP/1.1`, Object.entries(headers), body)).status).toBe(400);
    expect(app.calls).toEqual(['find', 'state_foreign']);
    const codes = emitWarning.mock.calls.map(([, options]) => (options as unknown as { code: string }).code);
    expect(codes).toEqual(isExpected ? ['EMBED_AUTH_COOKIE_MISSING'] : []);
  });

  it('causes no warning with the method GET, although it declares a form', async () => {
    const emitWarning = spyOnWarnings();
    const app = await startApp();
    expect((await app.send(`GET ${query} HTTP/1.1`, [['Content-Type', form]])).status).toBe(400);
    expect(emitWarning).not.toHaveBeenCalled();
  });

  it('causes no warning if the store has the request, since the state is proof enough', async () => {
    const emitWarning = spyOnWarnings();
    const app = await startApp();
    const { state } = app.expecting();
    const { status } = await app.send(`POST ${path} HTTP/1.1`, [['Content-Type', form]], `code=abc&state=${state}`);
    expect(status).toBe(200);
    expect(emitWarning).not.toHaveBeenCalled();
  });
});
