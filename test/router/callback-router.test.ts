import { afterEach, describe, expect, it, jest } from '@jest/globals';
import express, { type Express, type Request } from 'express';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Socket, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import request, { type Test } from 'supertest';
import type { ExpectedRequest } from '#src/oauth/authorization-response.js';
import { AuthorizationCodeResponse, ImplicitGrantResponse, type GrantResponse } from '#src/oauth/grant-response.js';
import { securityHeaders } from '#src/page/headers.js';
import { createCallbackRouter } from '#src/router/callback-router.js';
import type { CallbackRouterContext, CallbackRouterOptions } from '#src/router/options.js';
import { createMemoryRequestStore, type RequestStore } from '#src/router/request-store.js';
import type { AuthorizationError } from '#src/errors.js';
import { LoginRequest } from '#src/oauth/login-request.js';
import { ResponseType } from '#src/oauth/response-type.js';
import { isPosix } from '../helpers/systems.js';

const origin = 'http://app.example';
type Options = CallbackRouterOptions<Request>;
type Exchange = CallbackRouterContext<Request, ServerResponse>;

const emptyStore: RequestStore<Request> = { add: () => undefined, find: () => undefined, take: () => false };

/** An app with a session store, in which each cookie is a user. */
class App {
  readonly sessions = new Map<string, ExpectedRequest[]>();
  readonly grants: GrantResponse[] = [];
  readonly errors: AuthorizationError[] = [];
  readonly rejections: string[] = [];
  /** What reached the app's error middleware. */
  readonly failures: unknown[] = [];
  readonly express = express();
  /** A store of the app, whose methods a test may replace. */
  readonly store: RequestStore<Request> = {
    add: (req, request) => {
      this.#of(req).push(request);
    },
    find: (req, state) => this.#of(req).find((request) => request.state === state),
    take: (req, state) => {
      const stored = this.#of(req);
      const left = stored.filter((request) => request.state !== state);
      this.sessions.set(req.headers.cookie ?? '', left);
      return left.length < stored.length;
    },
  };

  constructor(
    options: Partial<Options> = {},
    { at, before = [] }: { at?: string; before?: express.RequestHandler[] } = {},
  ) {
    const router = createCallbackRouter({
      redirectUri: `${origin}/auth/callback`,
      requests: this.store,
      onGrant: (grant) => {
        this.grants.push(grant);
      },
      onError: (error) => {
        this.errors.push(error);
      },
      onRejected: ({ reason }) => {
        this.rejections.push(reason);
      },
      ...options,
    });
    for (const handler of before) this.express.use(handler);
    if (at === undefined) this.express.use(router);
    else this.express.use(at, router);
    this.express.use((req, res) => {
      res.status(404).send(`The app has no ${req.method} ${req.originalUrl}`);
    });
    // Express knows an error handler by its four parameters.
    this.express.use((error: unknown, _req: Request, res: express.Response, next: express.NextFunction) => {
      this.failures.push(error);
      if (res.headersSent) next(error);
      else res.status(500).send('The app failed');
    });
  }

  #of(req: Request): ExpectedRequest[] {
    const key = req.headers.cookie ?? '';
    const stored = this.sessions.get(key) ?? [];
    this.sessions.set(key, stored);
    return stored;
  }

  /** A user begins to sign in. */
  expecting(person = 'sid=ann', more: Partial<ExpectedRequest> = {}): ExpectedRequest {
    const { state } = new LoginRequest(`${origin}/auth/callback`, 'client', ResponseType.Code);
    const expected = { state, ...more };
    this.sessions.set(person, [...(this.sessions.get(person) ?? []), expected]);
    return expected;
  }

  /** The provider redirects the user with a query. */
  query(params: Record<string, string> | string, person = 'sid=ann', path = '/auth/callback'): Test {
    return request(this.express)
      .get(`${path}?${typeof params === 'string' ? params : new URLSearchParams(params).toString()}`)
      .set({ Host: 'app.example', Cookie: person, 'Sec-Fetch-Dest': 'document' });
  }

  /** The page's script forwards a fragment. */
  fragment(params: Record<string, string>, person = 'sid=ann', path = '/auth/token'): Test {
    return this.token({ fragment: new URLSearchParams(params).toString() }, person, path);
  }

  token(body: object | string, person = 'sid=ann', path = '/auth/token'): Test {
    return request(this.express)
      .post(path)
      .set({ Host: 'app.example', Cookie: person, Origin: origin, 'Sec-Fetch-Site': 'same-origin' })
      .type('application/json')
      .send(body);
  }

  /** The provider's page posts a form. */
  form(params: Record<string, string> | string, person = 'sid=ann', path = '/auth/callback'): Test {
    return request(this.express)
      .post(path)
      .set({
        Host: 'app.example',
        Cookie: person,
        Origin: 'null',
        'Sec-Fetch-Site': 'cross-site',
        'Sec-Fetch-Dest': 'document',
      })
      .type('application/x-www-form-urlencoded')
      .send(typeof params === 'string' ? params : new URLSearchParams(params).toString());
  }
}

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function listening(app: Express): Promise<string> {
  const server: Server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // A listening TCP server's address is an AddressInfo.
}

async function folderWith(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'embed-auth-server-'));
  cleanups.push(() => rm(folder, { recursive: true }));
  await mkdir(join(folder, 'site', 'css'), { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

const drain: express.RequestHandler = (req, _res, next) => {
  req.resume().once('end', next);
};

describe('createCallbackRouter', () => {
  describe('mounted', () => {
    it.each([
      ['at the root', { redirectUri: `${origin}/auth/callback` }, undefined, '/auth/callback', '/auth/token'],
      ['at a prefix', { redirectUri: `${origin}/auth/callback` }, '/auth', '/auth/callback', '/auth/token'],
      [
        'at a prefix that a proxy puts before it',
        { redirectUri: `${origin}/service/auth/callback` },
        '/auth',
        '/auth/callback',
        '/auth/token',
      ],
      [
        'at a prefix, with a callback two folders below it',
        { redirectUri: `${origin}/auth/v1/callback` },
        '/auth',
        '/auth/v1/callback',
        '/auth/v1/token',
      ],
      [
        'at a prefix, behind a proxy that puts the same prefix before it',
        { redirectUri: `${origin}/auth/auth/callback` },
        '/auth',
        '/auth/callback',
        '/auth/token',
      ],
      ['at the root, with a callback there', { redirectUri: `${origin}/callback` }, undefined, '/callback', '/token'],
      ['at the root, with the root for callback', { redirectUri: `${origin}/` }, undefined, '/', '/token'],
      [
        'at a prefix, with a path of its own',
        { redirectUri: `${origin}/a/b/callback`, path: '/b/callback' },
        '/a',
        '/a/b/callback',
        '/a/b/token',
      ],
      [
        'at a prefix that a proxy removes',
        { redirectUri: `${origin}/auth/callback` },
        '/internal/auth',
        '/internal/auth/callback',
        '/internal/auth/token',
      ],
      [
        'at a prefix with a parameter',
        { redirectUri: `${origin}/auth/acme/callback` },
        '/auth/:provider',
        '/auth/acme/callback',
        '/auth/acme/token',
      ],
      ['at a prefix, with a folder for callback', { redirectUri: `${origin}/auth/` }, '/auth', '/auth/', '/auth/token'],
    ] as const)('%s, accepts a code, a fragment and a form', async (_, options, at, page, token) => {
      const app = new App(options, at === undefined ? {} : { at });
      const { state } = app.expecting();
      await app.query({ code: 'abc', state }, undefined, page).expect(200, /data-auth-state="success"/);
      await app
        .fragment({ access_token: 'def', state: app.expecting().state }, undefined, token)
        .expect(200, /"success"/);
      await app
        .form({ code: 'ghi', state: app.expecting().state }, undefined, page)
        .expect(200, /data-auth-state="success"/);
      expect(app.grants).toEqual([
        expect.objectContaining({ code: 'abc' }),
        expect.objectContaining({ accessToken: 'def' }),
        expect.objectContaining({ code: 'ghi' }),
      ]);
      expect(app.failures).toEqual([]);
    });

    it('leaves the address of another provider to the app, if the prefix has a parameter (R25)', async () => {
      const app = new App({ redirectUri: `${origin}/auth/acme/callback` }, { at: '/auth/:provider' });
      const { state } = app.expecting();
      await app.query({ code: 'abc', state }, undefined, '/auth/other/callback').expect(404, /^The app has no GET/);
      await app.fragment({ access_token: 'abc', state }, undefined, '/auth/other/token').expect(404);
      expect(app.grants).toEqual([]);
      await app.query({ code: 'abc', state }, undefined, '/auth/acme/callback').expect(200);
    });

    it('accepts the values of `hosts` behind a proxy that rewrites Host', async () => {
      for (const hosts of [['internal:8080'], new Set(['INTERNAL:8080']), 'internal:8080']) {
        const app = new App({ hosts, redirectUri: 'https://app.example/auth/callback' });
        const { state } = app.expecting();
        await app.query({ code: 'abc', state }).set('Host', 'internal:8080').expect(200);
        const { state: second } = app.expecting();
        await app
          .fragment({ access_token: 'def', state: second })
          .set({ Host: 'internal:8080', Origin: 'https://app.example' })
          .expect(200);
        expect(app.grants).toHaveLength(2);
        await app.query({ code: 'abc', state: app.expecting().state }).expect(421);
        await app
          .fragment({ access_token: 'def', state })
          .set({ Host: 'internal:8080', Origin: 'http://internal:8080' })
          .expect(403);
      }
    });

    it('leaves every other path to the app', async () => {
      const app = new App();
      const agent = request(app.express);
      for (const path of [
        '/',
        '/favicon.ico',
        '/profile',
        '/auth',
        '/auth/',
        '/auth/callback/',
        '/auth/Callback',
        '/AUTH/callback',
        '/auth/callbackx',
        '/auth/token/',
        '/auth/constructor',
        '/auth/__proto__',
        '/auth/toString',
        '/auth/hasOwnProperty',
        '/token',
        '/auth_assets/main.js',
        '/auth/auth_assets/',
        '/auth/auth_assets/main.map',
        '//auth/callback',
        '/auth/%63allback',
        '/auth/..%2fcallback',
      ]) {
        const response = await agent.get(path).set('Host', 'evil.test');
        expect([path, response.status, response.text]).toEqual([path, 404, `The app has no GET ${path}`]);
      }
      await agent.post('/profile').send({ fragment: 'x' }).expect(404);
      expect(app.rejections).toEqual([]);
    });

    it('leaves the bodies of other requests unread', async () => {
      const app = express();
      app.use(
        createCallbackRouter({
          redirectUri: `${origin}/auth/callback`,
          requests: emptyStore,
          onGrant: () => undefined,
        }),
        express.json(),
        (req, res) => {
          res.json(req.body);
        },
      );
      await request(app).post('/api').send({ a: 1 }).expect(200, { a: 1 });
    });

    it('serves the script and the files of EmbedIOAuthServer’s pages', async () => {
      const app = new App();
      const get = (path: string): Test => request(app.express).get(path).set('Host', 'app.example');
      await get('/auth/auth_assets/main.js')
        .expect(200)
        .expect('Content-Type', 'text/javascript; charset=utf-8')
        .expect('X-Content-Type-Options', 'nosniff');
      await get('/auth/auth_assets/main.css').expect(200).expect('Content-Type', 'text/css; charset=utf-8');
      await get('/auth/auth_assets/logo.svg')
        .expect(200)
        .expect('Content-Type', /^image\/svg\+xml/);
      await get('/auth/auth_assets/main.js').set('Host', 'evil.test').expect(421);
    });
  });

  describe('behind body parsers of the app', () => {
    it.each([
      ['express.json', [express.json()]],
      ['express.json for every type', [express.json({ type: () => true, strict: false })]],
      ['express.urlencoded', [express.urlencoded({ extended: false })]],
      ['express.urlencoded, extended', [express.urlencoded({ extended: true })]],
      ['express.text', [express.text()]],
      ['express.text for every type', [express.text({ type: () => true })]],
      ['express.raw for every type', [express.raw({ type: () => true })]],
      ['all of them', [express.json(), express.urlencoded({ extended: true }), express.text(), express.raw()]],
      [
        'a parser that leaves {} for what it has not read, as that of Express 4 does',
        [
          (req: Request, _res: unknown, next: () => void) => {
            req.body = {};
            next();
          },
        ],
      ],
    ] as readonly (readonly [string, express.RequestHandler[]])[])(
      '%s, accepts a fragment and a form',
      async (name, before) => {
        const app = new App({}, { before });
        await app.fragment({ access_token: 'a=b+c&d', state: app.expecting().state }).expect(200);
        expect(app.grants[0]).toMatchObject({ accessToken: 'a=b+c&d' });
        if (name === 'express.json for every type') return;
        await app.form({ code: 'a=b+c&d', state: app.expecting().state }).expect(200, /data-auth-state="success"/);
        expect(app.grants[1]).toMatchObject({ code: 'a=b+c&d' });
      },
    );

    it.each([
      ['none', []],
      ['express.urlencoded', [express.urlencoded({ extended: false })]],
      ['express.urlencoded, extended', [express.urlencoded({ extended: true })]],
      ['express.text', [express.text({ type: () => true })]],
    ] as readonly (readonly [string, express.RequestHandler[]])[])(
      '%s, rejects a form with contradicting parameters or objects, and accepts a parameter twice with one value',
      async (_, before) => {
        const app = new App({}, { before });
        for (const params of [
          'code=a&code=b&state=STATE',
          'code=a&state=STATE&state=other',
          'code[a]=b&state=STATE',
          'code[]=a&state=STATE',
          'code[]=a&code[]=b&state=STATE',
          'code=a&state[x]=STATE',
          'code=a&state[]=STATE',
          '__proto__[code]=a&state=STATE',
        ]) {
          await app.form(params.replace('STATE', app.expecting().state)).expect(400);
        }
        expect(app.grants).toEqual([]);
        const { state } = app.expecting();
        await app.form({ code: 'abc', state }).expect(200);
        for (const params of ['code=abc&state=STATE&state=STATE', 'code=abc&code=abc&state=&state=STATE']) {
          await app.form(params.replaceAll('STATE', app.expecting().state)).expect(200);
        }
        expect(app.grants).toHaveLength(3);
        const denial = `error=access_denied&error=access_denied&state=${app.expecting().state}`;
        await app.form(denial).expect(200, /data-auth-reason="denied"/);
      },
    );

    it('passes an error to the app if a middleware has read the body and left nothing', async () => {
      const app = new App({}, { before: [drain] });
      const { state } = app.expecting();
      await app.fragment({ access_token: 'abc', state }).expect(500, /"reason":"failed"/);
      await app.form({ code: 'abc', state }).expect(500, /"reason":"failed"/);
      expect(app.failures).toEqual([expect.any(TypeError), expect.any(TypeError)]);
      expect(String(app.failures[0])).toContain('mount the callback router before it');
      await app.query({ code: 'abc', state }).expect(200);
    });
  });

  describe('the page', () => {
    it('is pending at first, with every header', async () => {
      const app = new App();
      const response = await app.query('').expect(200).expect('Content-Type', 'text/html; charset=utf-8');
      expect(response.headers).toMatchObject(
        Object.fromEntries(Object.entries(securityHeaders).map(([name, value]) => [name.toLowerCase(), value])),
      );
      expect(response.headers['content-security-policy']).toContain("default-src 'none'");
      expect(response.text).toContain('data-auth-state="pending"');
      // The app's session is in a cookie.
      expect(response.text).toContain('"credentials":"same-origin"');
      expect(app.rejections).toEqual([]);
    });

    it('is in the browser’s language, and contains nothing of the request', async () => {
      const app = new App();
      const canary = '"><script>canary</script>';
      const response = await app
        .query({ error: canary, error_description: canary, state: canary })
        .set({ 'Accept-Language': 'de', 'User-Agent': canary })
        .expect(400);
      expect(response.text).toContain('lang="de"');
      expect(response.text).not.toContain('canary');
    });

    it('shows a denial, and calls `onError`', async () => {
      const app = new App();
      const { state } = app.expecting();
      await app.query({ error: 'access_denied', state }).expect(200, /data-auth-reason="denied"/);
      expect(app.errors).toEqual([expect.objectContaining({ code: 'ACCESS_DENIED', state })]);
      await app.fragment({ error: 'server_error', state: app.expecting().state }).expect(200, /"reason":"refused"/);
      expect(app.grants).toEqual([]);
    });

    it('shows a denial without `onError`', async () => {
      const app = new App({ onError: undefined });
      await app
        .query({ error: 'access_denied', state: app.expecting().state })
        .expect(200, /data-auth-reason="denied"/);
    });

    it('rejects HEAD, OPTIONS, PUT and prefetches without effect', async () => {
      const app = new App();
      const { state } = app.expecting();
      const path = `/auth/callback?code=abc&state=${state}`;
      const agent = request(app.express);
      await agent.head(path).set({ Host: 'app.example', Cookie: 'sid=ann' }).expect(405).expect('Allow', 'GET, POST');
      await agent.options(path).set({ Host: 'app.example', Cookie: 'sid=ann' }).expect(405);
      await agent.put(path).set({ Host: 'app.example', Cookie: 'sid=ann' }).expect(405);
      await agent.get('/auth/token').set({ Host: 'app.example' }).expect(405).expect('Allow', 'POST');
      await agent.options('/auth/token').set({ Host: 'app.example', Origin: 'http://evil.test' }).expect(405);
      await app.query({ code: 'abc', state }).set('Sec-Purpose', 'prefetch').expect(403);
      await app.query({ code: 'abc', state }).set('Sec-Fetch-Dest', 'iframe').expect(403);
      expect(app.grants).toEqual([]);
      expect(app.rejections).toEqual([
        'method',
        'method',
        'method',
        'method',
        'method',
        'prefetch',
        'not_a_navigation',
      ]);
      await app.query({ code: 'abc', state }).expect(200);
    });

    it('may be a folder, whose files are served with it', async () => {
      const folder = await folderWith({
        'site/index.html': '<html><link rel=stylesheet href=css/a.css>Mine</html>',
        'site/css/a.css': 'p{}',
        'site/.env': 'SECRET=canary',
        'outside.txt': 'canary',
      });
      // Windows lets only some users make links.
      if (isPosix) await symlink(join(folder, 'outside.txt'), join(folder, 'site', 'link.txt'));
      const app = new App({ templatePath: join(folder, 'site') });
      await app.query('').expect(200, /Mine/);
      const get = (path: string): Test => request(app.express).get(path).set('Host', 'app.example');
      await get('/auth/css/a.css').expect(200, 'p{}').expect('X-Content-Type-Options', 'nosniff');
      await get('/auth/css/a.css').set('Host', 'evil.test').expect(421);
      for (const path of [
        '/auth/.env',
        '/auth/%2eenv',
        '/auth/link.txt',
        '/auth/../outside.txt',
        '/auth/..%2foutside.txt',
        '/auth/%2e%2e/outside.txt',
        '/auth/css',
        '/auth/css/',
        '/auth/%00',
        '/auth/%E0%A4%A',
        '/auth/missing.css',
      ]) {
        const response = await get(path);
        expect([path, response.status]).toEqual([path, 404]);
        expect(response.text).not.toContain('canary');
      }
    });

    it('passes an error to the app if it cannot be read, and is loaded again', async () => {
      const folder = await folderWith({});
      const app = new App({ templatePath: join(folder, 'site') });
      await app.query('').expect(500, /"reason":"failed"/);
      expect(app.failures).toEqual([expect.objectContaining({ code: 'TEMPLATE_UNREADABLE' })]);
      await writeFile(join(folder, 'site', 'index.html'), 'Mine');
      await app.query('').expect(200, /Mine/);
    });
  });

  describe('requests', () => {
    it('accepts a state only from the session that began the sign-in (R32)', async () => {
      const app = new App();
      const ann = app.expecting('sid=ann');
      const bob = app.expecting('sid=bob');
      await app.query({ code: 'theirs', state: bob.state }, 'sid=ann').expect(400, /data-auth-reason="state_foreign"/);
      await app.fragment({ access_token: 'theirs', state: bob.state }, 'sid=ann').expect(400, /"state_foreign"/);
      await app.query({ error: 'access_denied', state: bob.state }, 'sid=ann').expect(400);
      expect(app.grants).toEqual([]);
      expect(app.errors).toEqual([]);
      await app.query({ code: 'anns', state: ann.state }, 'sid=ann').expect(200);
      await app.query({ code: 'bobs', state: bob.state }, 'sid=bob').expect(200);
      expect(app.grants).toEqual([
        expect.objectContaining({ code: 'anns', state: ann.state }),
        expect.objectContaining({ code: 'bobs', state: bob.state }),
      ]);
    });

    it('may return a request at once, later, or not at all', async () => {
      const expected = { state: 'xyz' };
      for (const found of [expected, Promise.resolve(expected)]) {
        const app = new App({ requests: { ...emptyStore, find: () => found, take: () => true } });
        await app.query({ code: 'abc', state: 'xyz' }).expect(200);
        expect(app.grants).toHaveLength(1);
      }
      for (const found of [undefined, null as never, Promise.resolve(undefined)]) {
        const app = new App({ requests: { ...emptyStore, find: () => found } });
        await app.query({ code: 'abc', state: 'xyz' }).expect(400, /state_foreign/);
        await app.query({ code: 'abc' }).expect(400, /state_foreign/);
        await app.query({ code: 'abc', state: '' }).expect(400, /state_foreign/);
        expect(app.rejections).toEqual(['state_foreign', 'state_foreign', 'state_foreign']);
      }
    });

    it.each([
      ['without a cookie', { Cookie: '' }],
      ['with cookies of another kind only', { Cookie: 'theme=dark' }],
    ])('warns once if a form_post arrives %s, and says what works', async (_, headers) => {
      const emitWarning = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
      try {
        const app = new App();
        const { state } = app.expecting();
        await app
          .form({ code: 'secret-code', state }, undefined)
          .set(headers)
          .expect(400, /state_foreign/);
        await app.form({ code: 'secret-code', state }, undefined).set(headers).expect(400);
        expect(emitWarning).toHaveBeenCalledTimes(1);
        const [message, options] = emitWarning.mock.calls[0] ?? [];
        expect(message).toMatch(/form_post.*query with PKCE.*SameSite=None and Secure/);
        expect(options).toEqual({ code: 'EMBED_AUTH_COOKIE_MISSING' });
        expect(JSON.stringify(emitWarning.mock.calls)).not.toMatch(/secret-code|theme/);
      } finally {
        emitWarning.mockRestore();
      }
    });

    it('warns of a form_post also if the store throws', async () => {
      const emitWarning = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
      try {
        const requests = createMemoryRequestStore<Request>({ sessionId: () => 5 as never });
        const app = new App({ requests });
        await app.form({ code: 'abc', state: 'xyz' }, undefined).set('Cookie', '').expect(500);
        expect(app.failures).toEqual([expect.any(TypeError)]);
        expect(emitWarning).toHaveBeenCalledTimes(1);
      } finally {
        emitWarning.mockRestore();
      }
    });

    it('warns of no other response without a session, and of no form_post with one', async () => {
      const emitWarning = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
      try {
        const app = new App();
        const { state } = app.expecting();
        await app.query({ code: 'abc', state }, '').expect(400);
        await app.fragment({ access_token: 'abc', state }, '').expect(400);
        await app.form({ code: 'abc', state }).expect(200);
        await app.form({ code: 'abc', state }).expect(409);
        expect(emitWarning).not.toHaveBeenCalled();
      } finally {
        emitWarning.mockRestore();
      }
    });

    it('passes an error of `find` on to the app', async () => {
      const error = new TypeError('req.session is undefined');
      const throwing = (): never => {
        throw error;
      };
      for (const find of [throwing, () => Promise.reject(error)]) {
        const app = new App({ requests: { ...emptyStore, find } });
        await app.query({ code: 'abc', state: 'xyz' }).expect(500, /"reason":"failed"/);
        await app.fragment({ access_token: 'abc', state: 'xyz' }).expect(500, /"reason":"failed"/);
        expect(app.failures).toEqual([error, error]);
        expect(app.grants).toEqual([]);
      }
    });

    it('is not asked for a response with two states', async () => {
      let calls = 0;
      const find = (): undefined => {
        calls += 1;
      };
      const app = new App({ requests: { ...emptyStore, find } });
      await app.query('code=a&state=xyz&state=abc').expect(400);
      expect(calls).toBe(0);
    });

    it('ends the sign-in with a typed error if the kind of grant or the issuer is wrong', async () => {
      const app = new App();
      const expecting = (): ExpectedRequest =>
        app.expecting(undefined, { responseType: 'code', issuer: 'https://as.example' });
      const iss = 'https://as.example';
      await app.fragment({ access_token: 'abc', iss, state: expecting().state }).expect(400, /"malformed"/);
      await app.query({ code: 'abc', state: expecting().state }).expect(400, /wrong_issuer/);
      await app.query({ code: 'abc', iss, state: expecting().state }).expect(200);
      expect(app.rejections).toEqual(['malformed', 'wrong_issuer']);
      expect(app.errors.map(({ code }) => code)).toEqual(['RESPONSE_MALFORMED', 'ISSUER_MISMATCH']);
      expect(app.grants).toHaveLength(1);
    });

    it('gives the verifier of another provider to none: a response at another callback is a mix-up (R25)', async () => {
      const app = new App();
      const theirs = app.expecting(undefined, { redirectUri: `${origin}/evil/callback`, codeVerifier: 'verifier' });
      await app.query({ code: 'honest', state: theirs.state }).expect(400);
      expect(app.grants).toEqual([]);
      expect(app.errors.map(({ code }) => code)).toEqual(['REDIRECT_URI_MISMATCH']);
    });

    it('responds to a replay with "already used", not with "unexpected" (R2)', async () => {
      const app = new App();
      const { state } = app.expecting();
      await app.query({ code: 'abc', state }).expect(200);
      await app.query({ code: 'abc', state }).expect(409, /data-auth-reason="state_used"/);
      expect(app.grants).toHaveLength(1);
    });

    it('rejects a response as used if `take` returns false, later too', async () => {
      for (const take of [() => false, () => Promise.resolve(false)]) {
        const app = new App();
        const { state } = app.expecting();
        Object.assign(app.store, { take });
        await app.query({ code: 'abc', state }).expect(409, /data-auth-reason="state_used"/);
        expect(app.rejections).toEqual(['state_used']);
        expect(app.grants).toEqual([]);
      }
    });

    it('accepts one of fifty simultaneous responses, even if the store hands out copies for ever (R2)', async () => {
      const app = new App();
      const { state } = app.expecting();
      Object.assign(app.store, { take: () => nextTurn().then(() => true) });
      const responses = await Promise.all(
        Array.from({ length: 50 }, () => app.fragment({ access_token: 'abc', state })),
      );
      expect(responses.filter(({ status }) => status === 200)).toHaveLength(1);
      expect(app.grants).toHaveLength(1);
    });

    it('passes an error of `take` on to the app, and the user may reload', async () => {
      const error = new Error('The store is out of reach');
      const app = new App();
      const { state } = app.expecting();
      const store = { ...app.store };
      Object.assign(app.store, { take: () => Promise.reject(error) });
      await app.query({ code: 'abc', state }).expect(500, /"reason":"failed"/);
      expect(app.failures).toEqual([error]);
      expect(app.grants).toEqual([]);
      Object.assign(app.store, store);
      await app.query({ code: 'abc', state }).expect(200);
    });
  });

  describe('onGrant', () => {
    it('receives the grant, the request and its response', async () => {
      const exchanges: Exchange[] = [];
      const app = new App({
        onGrant: (grant, exchange) => {
          exchanges.push(exchange);
          exchange.res.setHeader('Set-Cookie', 'sid=new');
          app.grants.push(grant);
        },
      });
      const { state } = app.expecting(undefined, { codeVerifier: 'v', redirectUri: `${origin}/auth/callback` });
      await app.query({ code: 'abc', state, iss: 'x' }).expect(200).expect('Set-Cookie', 'sid=new');
      await app
        .fragment({ access_token: 'def', state: app.expecting().state })
        .expect(200)
        .expect('Set-Cookie', 'sid=new');
      const [code, token] = app.grants;
      expect(code).toBeInstanceOf(AuthorizationCodeResponse);
      expect(code).toMatchObject({ code: 'abc', codeVerifier: 'v', redirectUri: `${origin}/auth/callback` });
      expect(code?.uri.href).toBe(`${origin}/auth/callback?code=abc&state=${state}&iss=x`);
      expect(token).toBeInstanceOf(ImplicitGrantResponse);
      expect(token?.uri.hash).toContain('#access_token=def');
      expect(exchanges.map(({ req }) => req.method)).toEqual(['GET', 'POST']);
    });

    it('holds the page until it is done', async () => {
      let done = false;
      const app = new App({
        onGrant: async () => {
          await nextTurn();
          done = true;
        },
      });
      await app.query({ code: 'abc', state: app.expecting().state }).expect(200, /data-auth-state="success"/);
      expect(done).toBe(true);
    });

    it('makes the page show failure if it rejects, and the app gets the error once', async () => {
      const error = new Error('The exchange failed');
      const throwing = (): never => {
        throw error;
      };
      for (const onGrant of [() => Promise.reject(error), throwing]) {
        const app = new App({ onGrant });
        const page = await app.query({ code: 'abc', state: app.expecting().state }).expect(500);
        expect(page.text).toContain('data-auth-reason="failed"');
        expect(page.text).toMatch(/<\/html>\s*$/);
        expect(app.failures).toEqual([error]);
        await app.fragment({ access_token: 'abc', state: app.expecting().state }).expect(500, /"reason":"failed"/);
        expect(app.failures).toEqual([error, error]);
      }
    });

    it('passes an error to the app even if it rejects with nothing', async () => {
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- an app may do so
      const app = new App({ onGrant: () => Promise.reject() });
      await app.query({ code: 'abc', state: app.expecting().state }).expect(500, /data-auth-reason="failed"/);
      expect(app.failures).toHaveLength(1);
      expect(app.failures[0]).toBeInstanceOf(Error);
    });

    it('may hold the page with a promise, whose rejection only the page shows', async () => {
      const app = new App({
        onGrant: (_grant, { page }) => {
          page.waitUntil(nextTurn().then(() => Promise.reject(new Error('The exchange failed'))));
        },
      });
      const held = await app.query({ code: 'abc', state: app.expecting().state }).expect(200);
      expect(held.text).toContain('data-auth-reason="finishing"');
      expect(held.text).toContain('Sign-in was not completed');
      await app.fragment({ access_token: 'abc', state: app.expecting().state }).expect(500, /"reason":"failed"/);
      expect(app.failures).toEqual([]);
    });

    it('may hold the page with a promise that resolves', async () => {
      const app = new App({
        onGrant: (_grant, { page }) => {
          page.waitUntil(nextTurn());
        },
      });
      const held = await app.query({ code: 'abc', state: app.expecting().state }).expect(200);
      expect(held.text).toContain('data-auth-outcome=');
      expect(held.text).toContain('You are signed in');
      await app.fragment({ access_token: 'abc', state: app.expecting().state }).expect(200, /"state":"success"/);
    });
  });

  describe('page.redirect', () => {
    it('replaces the success page', async () => {
      const app = new App({
        onGrant: (_grant, { page }) => {
          page.redirect('/profile?tab=1#top');
        },
      });
      await app
        .query({ code: 'abc', state: app.expecting().state })
        .expect(303)
        .expect('Location', '/profile?tab=1#top');
      await app.form({ code: 'abc', state: app.expecting().state }).expect(303);
      const { text } = await app.fragment({ access_token: 'abc', state: app.expecting().state }).expect(200);
      expect(JSON.parse(text)).toMatchObject({ state: 'success', redirect: '/profile?tab=1#top' });
    });

    it('counts when the promise that holds the page has resolved', async () => {
      const app = new App({
        onGrant: (_grant, { page }) => {
          page.redirect('/profile');
          page.waitUntil(nextTurn());
        },
      });
      const { text } = await app.query({ code: 'abc', state: app.expecting().state }).expect(200);
      expect(text).toContain('content="0;url=/profile"');
      await app.fragment({ access_token: 'abc', state: app.expecting().state }).expect(200, /"redirect":"\/profile"/);
    });

    it('does not count if the sign-in fails', async () => {
      const error = new Error('The exchange failed');
      const rejecting = new App({
        onGrant: (_grant, { page }) => {
          page.redirect('/profile');
          throw error;
        },
      });
      await rejecting
        .query({ code: 'abc', state: rejecting.expecting().state })
        .expect(500, /data-auth-reason="failed"/);
      await rejecting
        .fragment({ access_token: 'abc', state: rejecting.expecting().state })
        .expect(500)
        .expect(/^(?![^]*redirect)/);
      const waiting = new App({
        onGrant: (_grant, { page }) => {
          page.redirect('/profile');
          page.waitUntil(nextTurn().then(() => Promise.reject(error)));
        },
      });
      const { text } = await waiting.query({ code: 'abc', state: waiting.expecting().state }).expect(200);
      expect(text).toContain('Sign-in was not completed');
      expect(text).not.toContain('/profile');
    });

    it.each([
      '',
      'profile',
      '//evil.test',
      '/\\evil.test',
      'https://evil.test/',
      '/a b',
      '/a\r\nSet-Cookie: b',
      '/\t/evil.test',
      '/profil\u00e9',
      '/プロフィール',
      '/a\0b',
      undefined,
      5,
      null,
    ])('rejects the path %j', async (path) => {
      const app = new App({
        onGrant: (_grant, { page }) => {
          page.redirect(path as never);
        },
      });
      await app.query({ code: 'abc', state: app.expecting().state }).expect(500, /data-auth-reason="failed"/);
      expect(app.failures).toEqual([expect.any(TypeError)]);
      expect(String(app.failures[0])).toContain('`uri`');
    });
  });

  describe('onError', () => {
    it('passes its rejection on once, and the page shows the denial', async () => {
      const error = new Error('The log is full');
      const app = new App({ onError: () => Promise.reject(error) });
      await app
        .query({ error: 'access_denied', state: app.expecting().state })
        .expect(200, /data-auth-reason="denied"/);
      expect(app.failures).toEqual([error]);
    });
  });

  describe('rejected requests', () => {
    it.each([
      ['a foreign Host', { Host: 'evil.test' }, 421, 'foreign_host'],
      ['a foreign Origin', { Origin: 'http://evil.test' }, 403, 'foreign_origin'],
      ['the Origin null from another site', { Origin: 'null', 'Sec-Fetch-Site': 'cross-site' }, 403, 'foreign_origin'],
      ['the Origin of another scheme', { Origin: 'https://app.example' }, 403, 'foreign_origin'],
      ['another site', { 'Sec-Fetch-Site': 'same-site' }, 403, 'foreign_origin'],
      ['plain text', { 'Content-Type': 'text/plain' }, 415, 'content_type'],
      ['a form', { 'Content-Type': 'application/x-www-form-urlencoded' }, 415, 'content_type'],
      ['another charset', { 'Content-Type': 'application/json; charset=utf-16' }, 415, 'content_type'],
      ['a compressed body', { 'Content-Encoding': 'gzip' }, 415, 'content_type'],
    ] as const)('at `token`: %s', async (_, headers, status, reason) => {
      const app = new App();
      const { state } = app.expecting();
      const body = JSON.stringify({ fragment: `access_token=abc&state=${state}` });
      const response = await app.token(body).set(headers).expect(status);
      expect(response.headers).not.toHaveProperty('access-control-allow-origin');
      expect(response.text).not.toContain('evil');
      expect(app.rejections).toEqual([reason]);
      expect(app.grants).toEqual([]);
      await app.fragment({ access_token: 'abc', state }).expect(200);
    });

    it('at `token` without an Origin', async () => {
      const app = new App();
      const { state } = app.expecting();
      await request(app.express)
        .post('/auth/token')
        .set({ Host: 'app.example', Cookie: 'sid=ann' })
        .send({ fragment: `access_token=abc&state=${state}` })
        .expect(403);
      expect(app.rejections).toEqual(['foreign_origin']);
    });

    it.each([
      '[]',
      'null',
      '"x"',
      '{bad',
      '{}',
      '',
      '{"fragment":5}',
      '{"fragment":["a"]}',
      '{"fragment":null}',
      '5',
      'true',
      '['.repeat(30_000),
    ])('at `token` with the body %j, parsed here or by the app', async (body) => {
      for (const before of [[], [express.text({ type: () => true })], [express.json({ strict: false })]]) {
        const app = new App({}, { before });
        const response = await app.token(body);
        // The app's body parser responds itself to what it cannot read.
        if (app.failures.length === 0) {
          expect([response.status, app.rejections]).toEqual([400, ['body_invalid']]);
        } else expect(before).toHaveLength(1);
        expect(response.headers).not.toHaveProperty('x-powered-by-error');
        expect(app.grants).toEqual([]);
      }
    });

    it('with a body of more than 256 KiB, and nothing of it goes further', async () => {
      const app = new App();
      const { state } = app.expecting();
      await app.token({ fragment: 'canary'.repeat(50_000) }).expect(413);
      await app.form(`code=${'canary'.repeat(50_000)}`).expect(413);
      expect(app.rejections).toEqual(['body_too_large', 'body_too_large']);
      expect(app.failures).toEqual([]);
      await app.fragment({ access_token: 'a'.repeat(250_000), state }).expect(200);
    });

    it('at the page with another type than a form’s', async () => {
      const app = new App();
      const { state } = app.expecting();
      for (const type of ['text/plain', 'multipart/form-data; boundary=x', 'application/json']) {
        await app.form(`code=abc&state=${state}`).type(type).expect(415);
      }
      expect(app.rejections).toEqual(['content_type', 'content_type', 'content_type']);
    });

    it('at the page with a foreign Host', async () => {
      const app = new App();
      await app.query({ code: 'abc', state: app.expecting().state }).set('Host', 'evil.test').expect(421);
      expect(app.rejections).toEqual(['foreign_host']);
    });

    it('shows the page, no stack, if `onRejected` throws, and passes the error on (R19)', async () => {
      const error = new Error('The log is full');
      const app = new App({
        onRejected: () => {
          throw error;
        },
      });
      const page = await app.query({ code: 'abc', state: 'foreign' }).expect(400, /data-auth-reason="state_foreign"/);
      expect(page.text).not.toMatch(/The log is full|\bat .*:\d+/);
      await app.fragment({ access_token: 'abc', state: 'foreign' }).expect(400, /"state_foreign"/);
      await app.query({ code: 'abc', state: 'x' }).set('Host', 'evil.test').expect(421);
      expect(app.failures).toEqual([error, error, error]);
    });

    it('without `onRejected`', async () => {
      const app = new App({ onRejected: undefined });
      await app.query({ code: 'abc', state: 'foreign' }).expect(400);
    });
  });

  it('survives a `next` that throws, as one that responds a second time', async () => {
    const emitWarning = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const requests = createMemoryRequestStore({ sessionId: () => 'one' });
    const router = createCallbackRouter({
      redirectUri: `${origin}/callback`,
      requests,
      onGrant: () => Promise.reject(new Error('The exchange failed')),
    });
    const server = createServer((req, res) => {
      router(req, res, () => res.writeHead(404).end());
    });
    try {
      for (const state of ['one', 'two']) {
        await requests.add(new IncomingMessage(new Socket()), { state });
        const page = request(server).get(`/callback?code=abc&state=${state}`).set('Host', 'app.example');
        await page.expect(500, /data-auth-reason="failed"/);
        await nextTurn();
      }
      await request(server).get('/other').expect(404);
      expect(emitWarning).toHaveBeenCalledTimes(2);
      expect(emitWarning).toHaveBeenCalledWith(expect.stringContaining('`next`'), { code: 'EMBED_AUTH_NEXT_FAILED' });
    } finally {
      emitWarning.mockRestore();
    }
  });

  it('cuts the connection if `next` throws before the response', async () => {
    const emitWarning = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const router = createCallbackRouter({
      redirectUri: `${origin}/callback`,
      requests: emptyStore,
      onGrant: () => undefined,
    });
    const server = createServer((req, res) => {
      router(req as Request, res, () => {
        throw new Error('Not found');
      });
    });
    try {
      await expect(request(server).get('/other')).rejects.toThrow('socket hang up');
      expect(emitWarning).toHaveBeenCalledTimes(1);
    } finally {
      emitWarning.mockRestore();
    }
  });

  it('serves simultaneous first requests', async () => {
    const app = new App();
    const base = await listening(app.express);
    const states = Array.from({ length: 20 }, () => app.expecting().state);
    const statuses = await Promise.all(
      states.map(async (state) => {
        const response = await request(base)
          .get(`/auth/callback?code=abc&state=${state}`)
          .set({ Host: 'app.example', Cookie: 'sid=ann' });
        return response.status;
      }),
    );
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(app.grants).toHaveLength(20);
  });

  it.each([
    ['redirectUri', { redirectUri: undefined }],
    ['redirectUri', { redirectUri: '/callback' }],
    ['redirectUri', { redirectUri: 'myapp://callback' }],
    ['requests', { requests: undefined }],
    ['requests', { requests: { find: () => undefined } }],
    ['path', { path: 'callback' }],
    ['redirectUrl', { redirectUrl: 'https://app.example/' }],
    ['onGrant', { onGrant: 'later' }],
    ['template', { template: 5 }],
    ['logo', { logo: 'https://example.com/logo.png' }],
  ])('names the option %s if it is wrong', (name, options) => {
    const make = (): unknown =>
      createCallbackRouter({
        redirectUri: `${origin}/auth/callback`,
        requests: emptyStore,
        onGrant: () => undefined,
        // A caller without types may give anything.
        ...(options as object),
      });
    expect(make).toThrow(TypeError);
    expect(make).toThrow(`\`${name}\``);
  });
});

describe('createCallbackRouter, below a prefix that is restored at once', () => {
  it.each([false, true])('finds `path` as it was at the call (originalUrl: %s)', async (hasOriginalUrl) => {
    const requests = createMemoryRequestStore({ sessionId: () => 'session' });
    const kinds: string[] = [];
    const router = createCallbackRouter({
      redirectUri: `${origin}/auth/callback`,
      path: '/callback',
      requests,
      onGrant: ({ kind }) => {
        kinds.push(kind);
      },
    });
    const server = createServer((req: IncomingMessage & { originalUrl?: string }, res) => {
      const { url = '' } = req;
      if (hasOriginalUrl) req.originalUrl = url;
      req.url = url.slice('/auth'.length);
      router(req, res, () => res.writeHead(404).end());
      req.url = url;
    });
    const expected = new LoginRequest(`${origin}/auth/callback`, 'client', ResponseType.Code).toExpected();
    await requests.add(new IncomingMessage(new Socket()), expected);
    await request(server)
      .get('/auth/callback')
      .query({ code: 'c', state: expected.state })
      .set({ Host: 'app.example' })
      .expect(200);
    expect(kinds).toEqual(['code']);
  });
});
