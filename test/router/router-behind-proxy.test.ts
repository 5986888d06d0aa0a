import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import express, { type Request, type Response } from 'express';
import session from 'express-session';
import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Page } from 'puppeteer-core';
import { generate } from 'selfsigned';
import { startAuthorizationServer, type AuthorizationServer } from '../helpers/authorization-server.js';
import { launchChromium } from '../../examples/support/chromium.js';
import { LoginRequest, type ExpectedRequest } from '#src/index.js';
import { createCallbackRouter, type RequestStore } from '#src/router.js';
import { signInAt } from '../helpers/example.js';
import { useBrowser } from '../helpers/use-browser.js';

jest.setTimeout(120_000);

declare module 'express-session' {
  interface SessionData {
    /** The sign-in that this browser has begun. */
    login: ExpectedRequest | undefined;
    /** What came of it. */
    granted: { kind: string; codeVerifier: string | undefined };
  }
}

const shared = useBrowser(() => launchChromium({ args: ['--ignore-certificate-errors'] }));
let authorizationServer: AuthorizationServer;
let tls: { key: string; cert: string };
let proxy: Server;
let instances: Server[];
/** Which instance got which request, in order. */
let requested: { instance: number; path: string; target: string }[];
let grants: number;
let rejections: string[];
let origin: string;

beforeAll(async () => {
  const [provider, certificate] = await Promise.all([
    startAuthorizationServer(),
    generate([{ name: 'commonName', value: '127.0.0.1' }]),
  ]);
  authorizationServer = provider;
  tls = { key: certificate.private, cert: certificate.cert };
});

afterAll(async () => {
  await authorizationServer.close();
});

beforeEach(async () => {
  requested = [];
  grants = 0;
  rejections = [];
  // The instances share one store and one secret.
  const store = new session.MemoryStore();
  // Ends TLS, and gives each request to the next instance. Like most proxies, it passes `Host` on.
  let turn = 0;
  proxy = createTlsServer(tls, (incoming, outgoing) => {
    if (incoming.url === '/favicon.ico') {
      outgoing.writeHead(404).end(); // It would take a turn.
      return;
    }
    const instance = turn++ % instances.length;
    requested.push({ instance, path: new URL(incoming.url ?? '', origin).pathname, target: incoming.url ?? '' });
    const forwarded = httpRequest(
      {
        host: '127.0.0.1',
        port: portOf(instances[instance]),
        method: incoming.method,
        path: incoming.url,
        headers: { ...incoming.headers, 'x-forwarded-proto': 'https' },
      },
      (answer: IncomingMessage) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
        answer.pipe(outgoing);
      },
    );
    incoming.pipe(forwarded);
  });
  await listen(proxy);
  origin = `https://127.0.0.1:${portOf(proxy)}`;
  instances = await Promise.all([0, 1].map(() => listen(createServer(appOf(store)))));
});

afterEach(async () => {
  for (const server of [proxy, ...instances]) {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  }
});

async function listen(server: Server): Promise<Server> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

function portOf(server: Server | undefined): number {
  return (server?.address() as AddressInfo).port;
}

/** On the session alone, whose copies the two instances may read at the same time. */
const requests: RequestStore<Request> = {
  add: (req, request) => {
    req.session.login = request;
  },
  find: ({ session: { login } }, state) => (login?.state === state ? login : undefined),
  take: (req) => {
    const isThere = req.session.login !== undefined;
    req.session.login = undefined;
    return isThere;
  },
};

function appOf(store: session.Store): express.Express {
  const redirectUri = `${origin}/sign-in/callback`;
  const app = express().set('trust proxy', 1);
  app.use(
    session({
      store,
      secret: 'shared',
      resave: false,
      saveUninitialized: false,
      cookie: { sameSite: 'lax', secure: true },
    }),
  );
  app.get('/login/:responseType/:responseMode', (req, res) => {
    const request = new LoginRequest(redirectUri, 'demo-client', req.params.responseType, {
      authorizationEndpoint: authorizationServer.authorizationEndpoint,
      responseMode: req.params.responseMode as 'query' | 'fragment',
    });
    req.session.login = request.toExpected();
    res.redirect(303, request.toUri().href);
  });
  app.use(
    '/sign-in',
    createCallbackRouter<Request, Response>({
      redirectUri,
      requests,
      onGrant: (grant, { req, page }) => {
        grants += 1;
        req.session.granted = {
          kind: grant.kind,
          codeVerifier: grant.kind === 'code' ? grant.codeVerifier : undefined,
        };
        page.redirect('/profile');
      },
      onRejected: ({ reason }) => rejections.push(reason),
    }),
  );
  app.get('/profile', (req, res) => {
    res.send(`<p id="profile">${req.session.granted?.kind ?? 'none'} ${String(req.secure)}</p>`);
  });
  return app;
}

async function profileOf(page: Page): Promise<string> {
  await page.waitForSelector('#profile', { timeout: 10_000 });
  return page.$eval('#profile', ({ textContent }) => textContent);
}

describe('createCallbackRouter on two instances, with one session store, behind a proxy that ends TLS', () => {
  it.each([
    ['code', 'query'],
    ['code', 'fragment'],
    ['token', 'fragment'],
  ])('completes a sign-in that goes from one instance to the other (%s in the %s)', async (type, mode) => {
    const page = await signInAt(shared.browser, new URL(`/login/${type}/${mode}`, origin));
    expect(await profileOf(page)).toBe(`${type} true`);
    expect(page.url()).toBe(`${origin}/profile`);
    expect(rejections).toEqual([]);
    expect(requested.map(({ path }) => path)).toEqual(
      mode === 'query'
        ? ['/login/code/query', '/sign-in/callback', '/profile']
        : [`/login/${type}/fragment`, '/sign-in/callback', '/sign-in/token', '/profile'],
    );
    // One instance made the state, the other accepted its response.
    expect(new Set(requested.map(({ instance }) => instance))).toEqual(new Set([0, 1]));
  });

  it('keeps two users apart on both instances', async () => {
    const [ada, grace] = await Promise.all([
      signInAt(shared.browser, new URL('/login/code/query', origin), { account: 'ada' }),
      signInAt(shared.browser, new URL('/login/token/fragment', origin), { account: 'grace' }),
    ]);
    expect(await Promise.all([profileOf(ada), profileOf(grace)])).toEqual(['code true', 'token true']);
  });

  it('accepts a response once between the instances', async () => {
    const page = await signInAt(shared.browser, new URL('/login/code/query', origin));
    await profileOf(page);
    const callback = requested.find(({ path }) => path === '/sign-in/callback');
    // By turns, one copy arrives at each instance: one has used the state, the other no longer finds it in the session.
    for (let copy = 0; copy < 2; copy += 1) {
      await page.goto(new URL(callback?.target ?? '', origin).href);
      expect(await page.$eval('html', ({ dataset }) => dataset.authState)).not.toBe('success');
    }
    expect([...rejections].sort()).toEqual(['state_foreign', 'state_used']);
    expect(grants).toBe(1);
  });
});
