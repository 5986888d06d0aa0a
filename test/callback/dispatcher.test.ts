import { afterEach, describe, expect, it } from '@jest/globals';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import supertest from 'supertest';
import { LoginRequest, ResponseType, type AuthorizationError, type AuthServer } from '#src/index.js';
import { signInsOf } from '#src/server/auth-server.js';
import { createCallbackRouter, createMemoryRequestStore } from '#src/router.js';
import { inertPolicy } from '#src/page/headers.js';
import { deliverFragment, deliverQuery } from '../helpers/callback.js';
import { useServers } from '../helpers/use-servers.js';

const startServer = useServers();
const issuer = 'https://accounts.example.com';
const expectCode = (server: AuthServer): LoginRequest =>
  new LoginRequest(server, 'client', ResponseType.Code, { authorizationEndpoint: `${issuer}/authorize`, issuer });

describe('the end of a response', () => {
  // A rejection that ends the sign-in, one that ends nothing, and the provider's own error.
  const ends: readonly (readonly [string, (state: string) => Record<string, string>, number, string])[] = [
    ['another issuer', (state) => ({ code: 'c', state, iss: 'https://evil.example' }), 400, 'wrong_issuer'],
    ['neither grant nor error', (state) => ({ state, iss: issuer, scope: 'a' }), 200, ''],
    ['both grant and error', (state) => ({ code: 'c', error: 'e', state, iss: issuer }), 400, 'malformed'],
    ['a foreign state', () => ({ code: 'c', state: 'foreign' }), 400, 'state_foreign'],
    ['no state', () => ({ code: 'c' }), 400, 'state_foreign'],
    ['an error without a state', () => ({ error: 'access_denied' }), 400, 'error_without_state'],
    ['an error with a foreign state', () => ({ error: 'access_denied', state: 'foreign' }), 400, 'state_foreign'],
    ['an error of the provider', (state) => ({ error: 'server_error', state, iss: issuer }), 200, 'refused'],
    ['a denial', (state) => ({ error: 'access_denied', state, iss: issuer }), 200, 'denied'],
  ];
  it.each(ends)('shows its reason on the page: %s', async (_, params, status, reason) => {
    const server = await startServer();
    const { text } = await deliverQuery(server, params(expectCode(server).state)).expect(status);
    expect(/<html[^>]* data-auth-reason="(\w+)"/.exec(text)?.[1] ?? '').toBe(reason);
  });

  it('is malformed if an error has two states, of which none can be trusted', async () => {
    const server = await startServer();
    const { text } = await supertest(server.baseUri.origin)
      .get(`/callback?error=access_denied&state=${expectCode(server).state}&state=other`)
      .expect(400);
    expect(text).toMatch(/<html[^>]* data-auth-reason="malformed"/);
  });

  it.each([
    ['/callback??code=secret', '', 'RESPONSE_EMPTY'],
    ['/callback?tenant=a?code=secret', '?tenant=a', 'REDIRECT_URI_MISMATCH'],
    ['/callback?tenant=a?access_token=secret&token_type=bearer', '?tenant=a', 'REDIRECT_URI_MISMATCH'],
    ['/callback?tenant=a?error=access_denied', '?tenant=a', 'REDIRECT_URI_MISMATCH'],
  ])('ends the sign-in if the query has a second question mark, as from ejabberd: %s', async (target, query, code) => {
    const server = await startServer({}, `http://127.0.0.1:0/callback${query}`);
    const { state } = expectCode(server);
    const errors: AuthorizationError[] = [];
    server.on('errorReceived', (error) => errors.push(error));
    await supertest(server.baseUri.origin)
      .post('/token')
      .set('Origin', server.baseUri.origin)
      .send({ fragment: '', query: `${target.slice(target.indexOf('?') + 1)}&state=${state}` })
      .expect(400);
    expect(errors).toMatchObject([{ code, message: expect.stringContaining('its query has a second `?`') }]);
    expect(String(errors[0])).not.toContain('secret');
  });

  it('is malformed at another redirect URI, also if `allowUnsolicited` accepts a response without a state', async () => {
    const server = await startServer({ allowUnsolicited: true }, 'http://127.0.0.1:0/callback?tenant=a');
    const reasons: string[] = [];
    server.on('callbackRejected', ({ reason }) => reasons.push(reason));
    const { text } = await supertest(server.baseUri.origin).get('/callback?code=c&tenant=b').expect(400);
    expect(text).toMatch(/<html[^>]* data-auth-reason="malformed"/);
    expect(reasons).toEqual(['wrong_redirect_uri']);
  });

  it('tells the script the same of a forwarded response', async () => {
    const server = await startServer();
    const { state } = expectCode(server);
    const reasonOf = async (params: Record<string, string>): Promise<unknown> =>
      (await deliverFragment(server, params)).body as unknown;
    expect(await reasonOf({ state, iss: issuer })).toMatchObject({ state: 'error', reason: 'malformed' });
    expect(await reasonOf({ error: 'e' })).toMatchObject({ state: 'error', reason: 'error_without_state' });
    // The sign-in has failed by then (R49).
    expect(await reasonOf({ code: 'c', state })).toMatchObject({ state: 'pending', reason: 'sign_in_ended' });
  });

  it('is a page that was rendered before the event, once, although the template takes time', async () => {
    const steps: string[] = [];
    const server = await startServer({
      async template({ state, reason = '' }) {
        await new Promise((resolve) => setImmediate(resolve));
        steps.push(`${state} ${reason}`);
        return '<p data-auth-message></p>';
      },
    });
    server.on('authorizationCodeReceived', () => steps.push('event'));
    server.on('errorReceived', () => steps.push('event'));
    await deliverQuery(server, { code: 'c', state: expectCode(server).state, iss: issuer }).expect(200);
    await deliverQuery(server, { error: 'access_denied', state: expectCode(server).state, iss: issuer }).expect(200);
    await deliverQuery(server, { code: 'c', state: expectCode(server).state, iss: 'https://evil.example' }).expect(400);
    await deliverQuery(server, { code: 'c', state: 'foreign' }).expect(400);
    expect(steps).toEqual([
      'success ',
      'event',
      'error denied',
      'event',
      'error wrong_issuer',
      'event',
      'error state_foreign',
    ]);
  });

  it('is written before anything that a handler has left for later, such as the end of the process', async () => {
    const responses: ServerResponse[] = [];
    const onStart = (message: unknown): void => {
      responses.push((message as { response: ServerResponse }).response);
    };
    subscribe('http.server.request.start', onStart);
    try {
      const server = await startServer();
      const isWritten: unknown[] = [];
      const handler = (): void => {
        queueMicrotask(() => isWritten.push(responses.at(-1)?.writableEnded));
      };
      server.on('authorizationCodeReceived', handler);
      server.on('errorReceived', handler);
      for (const params of [{ code: 'c' }, { error: 'access_denied' }]) {
        const { state } = expectCode(server);
        await deliverQuery(server, { ...params, state, iss: issuer }).expect(200);
        await deliverFragment(server, { ...params, state: expectCode(server).state, iss: issuer }).expect(200);
      }
      expect(isWritten).toEqual([true, true, true, true]);
    } finally {
      unsubscribe('http.server.request.start', onStart);
    }
  });

  it('redirects at no response that was rejected, also if it ended the sign-in', async () => {
    const server = await startServer();
    const codes: string[] = [];
    server.on('errorReceived', ({ code }, { page }) => {
      codes.push(code);
      page.redirect('https://app.example/failed', { on: 'failure' });
    });
    const response = await deliverQuery(server, {
      code: 'c',
      state: expectCode(server).state,
      iss: 'https://evil.example',
    });
    expect(response.status).toBe(400);
    expect(response.headers['location']).toBeUndefined();
    expect(codes).toEqual(['ISSUER_MISMATCH']);
  });

  it('shows no words of the provider without a state that proves them, although `allowUnsolicited` accepts the error', async () => {
    const server = await startServer({ allowUnsolicited: true });
    const errors: unknown[] = [];
    server.on('errorReceived', ({ errorDescription }) => errors.push(errorDescription));
    const { text } = await deliverQuery(server, { error: 'server_error', error_description: 'Call 555-0100' }).expect(
      200,
    );
    expect(text).toMatch(/<html[^>]* data-auth-reason="error_without_state"/);
    expect(errors).toEqual(['Call 555-0100']);
  });
});

describe('a rejected request', () => {
  it('is JSON for the script at `token`, a page for a navigation, and a sentence for others', async () => {
    const server = await startServer();
    const { origin } = server.baseUri;
    const wrongMethod = await supertest(origin).get('/token').set('Accept', 'text/html').expect(405);
    expect(wrongMethod.body).toMatchObject({ state: 'error', rejection: 'method' });
    const wrongHost = await supertest(origin).post('/token').set('Host', 'evil.example').expect(421);
    expect(wrongHost.body).toMatchObject({ state: 'error', rejection: 'foreign_host' });
    const page = await supertest(origin)
      .get('/callback')
      .set('Host', 'evil.example')
      .set('Accept', 'text/html')
      .expect(421);
    expect(page.text).toMatch(/<html[^>]* data-auth-reason="foreign_host"/);
    const sentence = await supertest(origin).get('/callback').set('Host', 'evil.example').expect(421);
    expect(sentence.text).toBe('This server is not known under that name. Open the address that the app shows.\n');
    const put = await supertest(origin).put('/callback').expect(405);
    expect(put.headers['allow']).toBe('GET, POST');
    expect(put.text).toBe('This method is not supported here.\n');
    const prefetch = await supertest(origin)
      .get('/callback')
      .set({ 'Sec-Purpose': 'prefetch', Accept: 'text/html' })
      .expect(403);
    expect(prefetch.text).toMatch(/<html[^>]* data-auth-reason="bad_request"/);
  });

  it('is no navigation if a service worker repeats one with parameters of its own; the bare page is shown', async () => {
    const server = await startServer({}, 'http://127.0.0.1:0/callback?tenant=a');
    const repeat = (query: string): Promise<supertest.Response> =>
      supertest(server.baseUri.origin)
        .get(`/callback${query}`)
        .set({ 'Sec-Fetch-Dest': 'empty', 'Sec-Fetch-Mode': 'navigate', Accept: 'text/html' });
    expect((await repeat('')).status).toBe(200);
    expect((await repeat('?tenant=a')).status).toBe(200);
    expect((await repeat('?tenant=b')).status).toBe(403);
    expect((await repeat('?code=c&state=foreign')).status).toBe(403);
  });
});

describe('a file of the page', () => {
  const folders: string[] = [];
  afterEach(async () => {
    for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
  });

  async function templateFolder(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'embed-auth-server-'));
    folders.push(folder);
    await mkdir(join(folder, 'css'));
    await writeFile(join(folder, 'index.html'), '<html><p data-auth-message></p></html>');
    await writeFile(join(folder, 'css', 'a.css'), 'p{}');
    return folder;
  }
  /** The app's own handler, which responds to what is not for the callback. */
  const handler: RequestListener = ({ method = '', url = '' }, response) => {
    response.writeHead(404).end(`The app has no ${method} ${url}`);
  };
  const baseUri = 'http://127.0.0.1:0/auth/callback';

  it('is found beside the page and below it', async () => {
    const server = await startServer({ templatePath: await templateFolder(), handler }, baseUri);
    const agent = supertest(server.baseUri.origin);
    await agent.get('/auth/css/a.css').expect(200, 'p{}');
    await agent.get('/auth/callback/css/a.css').expect(200, 'p{}');
    for (const path of [
      '/css/a.css',
      '/auth/css/b.css',
      '/auth/',
      '/auth/callback/',
      '/authcss/a.css',
      '/auth/callbackcss/a.css',
    ]) {
      await agent.get(path).expect(404, `The app has no GET ${path}`);
    }
  });

  it('is left to the app with every method but GET', async () => {
    const server = await startServer({ templatePath: await templateFolder(), handler }, baseUri);
    const agent = supertest(server.baseUri.origin);
    for (const method of ['post', 'put', 'delete', 'options'] as const) {
      await agent[method]('/auth/css/a.css').expect(404, `The app has no ${method.toUpperCase()} /auth/css/a.css`);
    }
    await agent.head('/auth/css/a.css').expect(404);
  });

  it('is none of the working folder if the page is no folder', async () => {
    for (const options of [{}, { template: '<html></html>' }, { template: () => '<html></html>' }]) {
      const server = await startServer({ ...options, handler }, baseUri);
      await supertest(server.baseUri.origin)
        .get('/auth/package.json')
        .expect(404, 'The app has no GET /auth/package.json');
    }
  });

  it('is left to the app while the template cannot be read', async () => {
    const folder = await templateFolder();
    await rm(join(folder, 'index.html'));
    const requests = createMemoryRequestStore({ sessionId: () => 'session' });
    const router = createCallbackRouter({
      redirectUri: 'http://app.example/auth/callback',
      requests,
      onGrant: () => undefined,
      templatePath: folder,
    });
    const server = createServer((request, response) => {
      router(request, response, (error) => {
        response.writeHead(error === undefined ? 404 : 500).end();
      });
    });
    await supertest(server).get('/auth/css/a.css').set('Host', 'app.example').expect(404);
    await writeFile(join(folder, 'index.html'), '<html></html>');
    await supertest(server).get('/auth/css/a.css').set('Host', 'app.example').expect(200, 'p{}');
    await supertest(server).get('/auth/css/a.css').set('Host', 'evil.example').expect(421);
    // The folder itself is the app's under every name.
    await supertest(server).get('/auth/').set('Host', 'evil.example').expect(404);
  });

  it('of EmbedIOAuthServer has GET only, at the root and beside the page', async () => {
    const server = await startServer({ handler }, baseUri);
    const agent = supertest(server.baseUri.origin);
    for (const path of ['/auth/auth_assets/main.css', '/auth_assets/main.css']) {
      const { headers, text } = await agent.get(path).expect(200);
      expect(headers).toMatchObject({
        'content-type': 'text/css; charset=utf-8',
        'x-content-type-options': 'nosniff',
        'cache-control': 'no-store',
      });
      expect(text).toContain('{');
      await agent.post(path).expect(405).expect('Allow', 'GET');
    }
    await agent.get('/other/auth_assets/main.css').expect(404);
    await agent.get('/auth/auth_assets/other.css').expect(404);
  });
});

describe('the page that waits for a fragment', () => {
  it('lets its script forward it, and offers to copy the address if the app accepts a pasted one', async () => {
    const server = await startServer();
    const agent = supertest(server.baseUri.origin);
    await agent.get('/callback').expect(200, /"answered":false,"pasteOffered":false/);
    signInsOf(server).offerPaste();
    await agent.get('/callback').expect(200, /"answered":false,"pasteOffered":true/);
  });
});

describe('the page’s own POST', () => {
  const post = (server: AuthServer, body: object | string): supertest.Test =>
    supertest(server.baseUri.origin)
      .post('/token')
      .set({ Origin: server.baseUri.origin, 'Sec-Fetch-Site': 'same-origin', 'Content-Type': 'application/json' })
      .send(body);

  it('passes on a fragment and the query that came with it', async () => {
    const server = await startServer();
    const codes: unknown[] = [];
    server.on('authorizationCodeReceived', ({ code }) => codes.push(code));
    const state = (): string => expectCode(server).state;
    await post(server, { fragment: `code=one&state=${state()}&iss=${issuer}` }).expect(200);
    await post(server, { fragment: `code=two&state=${state()}&iss=${issuer}`, query: 'tenant=a' }).expect(200);
    expect(codes).toEqual(['one', 'two']);
  });

  it.each([
    { query: 'code=c' },
    { fragment: 'code=c', query: 5 },
    { fragment: 'code=c', query: null },
    { fragment: 5, loaded: true },
    { fragment: null, loaded: true },
    { loaded: 1 },
    { loaded: false },
    {},
    [],
  ])('is invalid with the body %j', async (body) => {
    const server = await startServer();
    const reasons: string[] = [];
    server.on('callbackRejected', ({ reason }) => reasons.push(reason));
    const response = await post(server, body).expect(400);
    expect(response.body).toMatchObject({ state: 'error', reason: 'not_forwarded', rejection: 'body_invalid' });
    expect(reasons).toEqual(['body_invalid']);
  });

  it('is rejected with JSON if it is too large, and the connection is closed', async () => {
    const server = await startServer();
    const response = await post(server, { fragment: 'x'.repeat(270_000) }).expect(413);
    expect(response.body).toMatchObject({ state: 'error', reason: 'not_forwarded', rejection: 'body_too_large' });
    expect(response.headers['connection']).toBe('close');
  });

  it('reports that the page is loaded, and the response is empty', async () => {
    const server = await startServer();
    const { headers, text } = await post(server, { loaded: true }).expect(204);
    expect(text).toBe('');
    expect(headers).toMatchObject({ 'cache-control': 'no-store', 'content-security-policy': inertPolicy });
  });
});

describe('a response by POST', () => {
  const post = (
    server: AuthServer,
    query: string,
    body: string,
    type = 'application/x-www-form-urlencoded',
  ): supertest.Test =>
    supertest(server.baseUri.origin).post(`/callback${query}`).type(type).set('Accept', 'text/html').send(body);

  it('is read from the form, together with the query of the redirect URI', async () => {
    const server = await startServer({}, 'http://127.0.0.1:0/callback?tenant=a');
    const codes: unknown[] = [];
    server.on('authorizationCodeReceived', ({ code }) => codes.push(code));
    await post(server, '?tenant=a', `code=c&state=${expectCode(server).state}&iss=${issuer}`).expect(200);
    expect(codes).toEqual(['c']);
  });

  it('is rejected if there is none, instead of showing the page that waits for a fragment', async () => {
    const server = await startServer();
    const { text } = await post(server, '', 'consent=yes').expect(400);
    expect(text).toMatch(/<html[^>]* data-auth-state="error"/);
  });
});
