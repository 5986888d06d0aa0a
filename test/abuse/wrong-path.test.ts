import { describe, expect, it } from '@jest/globals';
import express from 'express';
import request from 'supertest';
import { LoginRequest, ResponseType, type AuthServer, type AuthServerOptions } from '#src/index.js';
import { deliverQuery } from '../helpers/callback.js';
import { useServers } from '../helpers/use-servers.js';

const startServer = useServers();
const form = 'application/x-www-form-urlencoded';

interface Waiting {
  readonly server: AuthServer;
  readonly state: string;
  readonly wait: Promise<unknown>;
  readonly reasons: string[];
}

async function startWait(options?: AuthServerOptions): Promise<Waiting> {
  const server = await startServer(options);
  const login = new LoginRequest(server, 'client', ResponseType.Code);
  const reasons: string[] = [];
  server.on('callbackRejected', ({ reason }) => reasons.push(reason));
  return { server, state: login.state, wait: server.waitForGrant({ request: login }), reasons };
}

const navigate = ({ server }: Waiting, target: string): request.Test =>
  request(server.baseUri.origin)
    .get(target)
    .set({ 'Sec-Fetch-Dest': 'document', 'Sec-Fetch-Mode': 'navigate', Accept: 'text/html' });

const post = ({ server }: Waiting, target: string, body: object): request.Test =>
  request(server.baseUri.origin)
    .post(target)
    .set({ 'Sec-Fetch-Dest': 'document', 'Sec-Fetch-Site': 'cross-site', Accept: 'text/html' })
    .type('form')
    .send(body);

/** Still awaited: an honest response ends it. */
async function stillWaits({ server, state, wait }: Waiting): Promise<void> {
  await deliverQuery(server, { code: 'honest', state }).expect(200);
  await expect(wait).resolves.toMatchObject({ code: 'honest' });
}

describe('a response with an awaited state at a wrong path (R37)', () => {
  const paths = [
    '/callback/',
    '/Callback',
    '/',
    '/callback/index.html',
    '/auth/callback',
    '/callbac',
    '/callback%2F',
    '/token',
    '/callback/x/y',
    '/auth_assets/main.js',
    '//callback',
    '/callback;a=b',
  ];

  it.each(paths)('ends its wait: GET %s', async (path) => {
    const waiting = await startWait();
    const page = await navigate(waiting, `${path}?code=SECRETCODE&state=${waiting.state}`);
    expect([page.status, page.text]).toEqual([400, expect.stringContaining('data-auth-state="error"')]);
    const error: unknown = await waiting.wait.catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'REDIRECT_URI_MISMATCH' });
    expect(String(error)).toContain(`the path ${path}, but the path of the redirect URI is /callback;`);
    expect(String(error)).not.toMatch(new RegExp(`SECRETCODE|\\?|${waiting.state}`));
    expect(waiting.reasons).toEqual(['wrong_redirect_uri']);
  });

  it.each(['/callback/', '/', '/other'])('ends its wait: form post to %s', async (path) => {
    for (const answer of [{ code: 'c' }, { error: 'access_denied' }]) {
      const waiting = await startWait();
      await post(waiting, path, { ...answer, state: waiting.state }).expect(400);
      await expect(waiting.wait).rejects.toMatchObject({ code: 'REDIRECT_URI_MISMATCH' });
    }
  });

  it('ends its wait although a handler has the other paths, and calls it for everything else', async () => {
    const app = express().use(express.urlencoded({ extended: false }));
    const called: string[] = [];
    app.use((req, res) => {
      called.push(`${req.method} ${req.url} ${JSON.stringify(req.body ?? null)}`);
      res.end('the app');
    });
    const waiting = await startWait({ handler: app });
    await navigate(waiting, '/app?code=c&state=foreign').expect(200, 'the app');
    await post(waiting, '/app', { code: 'c', state: 'foreign' }).expect(200, 'the app');
    await post(waiting, '/app', { note: 'x'.repeat(100_000) }).expect(200, 'the app');
    await request(waiting.server.baseUri.origin).post('/app').type('json').send({ a: 1 }).expect(200, 'the app');
    expect(called.slice(0, 2)).toEqual([
      'GET /app?code=c&state=foreign null',
      'POST /app {"code":"c","state":"foreign"}',
    ]);
    expect(called[2]).toContain('xxx"}');
    await navigate(waiting, `/app?code=c&state=${waiting.state}`).expect(400);
    await expect(waiting.wait).rejects.toMatchObject({ code: 'REDIRECT_URI_MISMATCH' });
    expect(called).toHaveLength(4);
  });

  it.each([
    ['HEAD', (waiting: Waiting, target: string) => request(waiting.server.baseUri.origin).head(target)],
    ['OPTIONS', (waiting: Waiting, target: string) => request(waiting.server.baseUri.origin).options(target)],
    ['a prefetch', (waiting: Waiting, target: string) => navigate(waiting, target).set('Sec-Purpose', 'prefetch')],
    ['an image', (waiting: Waiting, target: string) => navigate(waiting, target).set('Sec-Fetch-Dest', 'image')],
    ['a frame', (waiting: Waiting, target: string) => navigate(waiting, target).set('Sec-Fetch-Dest', 'iframe')],
    ['a foreign host', (waiting: Waiting, target: string) => navigate(waiting, target).set('Host', 'evil.test')],
    [
      'a form of the same site',
      (waiting: Waiting, target: string) => post(waiting, target, { code: 'c' }).set('Sec-Fetch-Site', 'same-site'),
    ],
    [
      'JSON',
      (waiting: Waiting, target: string) => request(waiting.server.baseUri.origin).post(target).type('json').send({}),
    ],
  ])('leaves the wait alone: %s (R6)', async (_, send) => {
    const waiting = await startWait();
    const { status } = await send(waiting, `/callback/?code=c&state=${waiting.state}`);
    expect(status).toBeGreaterThanOrEqual(400);
    await stillWaits(waiting);
  });

  it('leaves the wait alone without the awaited state, or without a response (R6)', async () => {
    const waiting = await startWait();
    for (const query of [
      'code=c&state=foreign',
      'code=c',
      `state=${waiting.state}`,
      'error=access_denied',
      `code=c&state=${waiting.state}x`,
    ]) {
      await navigate(waiting, `/callback/?${query}`).expect(404);
    }
    await navigate(waiting, `/callback/?code=c&state=${waiting.state}&state=other`).expect(404);
    await post(waiting, '/', { code: 'c', state: 'foreign' }).expect(404);
    expect(waiting.reasons).toEqual([]);
    await stillWaits(waiting);
  });

  it('belongs to no wait if any state is accepted', async () => {
    const server = await startServer({ allowUnsolicited: true });
    const login = new LoginRequest(server, 'client', ResponseType.Code);
    const waiting: Waiting = { server, state: login.state, wait: server.waitForGrant({ request: login }), reasons: [] };
    await navigate(waiting, '/?code=c&state=foreign').expect(404);
    await stillWaits(waiting);
  });

  it('reads no form that is too large or has no length', async () => {
    const waiting = await startWait();
    await post(waiting, '/', { state: waiting.state, code: 'c'.repeat(300_000) }).expect(404);
    const chunked = request(waiting.server.baseUri.origin)
      .post('/')
      .set({ 'Content-Type': form, 'Transfer-Encoding': 'chunked' });
    chunked.write(`code=c&state=${waiting.state}`);
    expect((await chunked).status).toBe(404);
    await stillWaits(waiting);
  });
});
