import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Request as ExpressRequest, Response as ExpressResponse } from 'express';
import { createServer, type IncomingMessage } from 'node:http';
import * as client from 'openid-client';
import {
  AuthServer,
  AuthorizationCodeResponse,
  login,
  LoginRequest,
  ResponseType,
  type GrantFor,
  type LoginOptions,
} from '#src/index.js';
import { createCallbackRouter, createMemoryRequestStore, createSessionRequestStore } from '#src/router.js';
import {
  completeLogin,
  createTestUserAgent,
  startTestAuthorizationServer,
  type TestAuthorizationServer,
  type TestAuthorizationServerOptions,
} from '#src/testing.js';
import { useHttpServers } from '../helpers/use-http-servers.js';

const clientId = 'my-client-id';
const httpServers = useHttpServers();
const opened: AsyncDisposable[] = [];
let provider: TestAuthorizationServer;

beforeEach(async () => {
  provider = await start();
});

afterEach(async () => {
  await Promise.all(opened.splice(0).map((one) => one[Symbol.asyncDispose]()));
});

async function start(options?: TestAuthorizationServerOptions): Promise<TestAuthorizationServer> {
  const server = await startTestAuthorizationServer(options);
  opened.push(server);
  return server;
}

async function startApp(): Promise<AuthServer> {
  const app = new AuthServer('http://127.0.0.1:0/callback');
  opened.push(app);
  await app.start();
  return app;
}

function signIn<const Type extends ResponseType = 'code', Result = GrantFor<Type>>(
  options: Partial<LoginOptions<Type, Result>> = {},
): Promise<Result> {
  return login<Type, Result>({
    clientId,
    redirectUri: 'http://127.0.0.1:0/callback',
    authorizationEndpoint: provider.authorizationEndpoint,
    openBrowser: createTestUserAgent().open,
    ...options,
  } as LoginOptions<Type, Result>);
}

function exchange(grant: AuthorizationCodeResponse, changes: Record<string, string> = {}): Promise<Response> {
  return fetch(provider.tokenEndpoint, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code: grant.code,
      redirect_uri: grant.redirectUri,
      client_id: clientId,
      code_verifier: grant.codeVerifier ?? '',
      ...changes,
    }),
  });
}

async function jsonOf(response: Response | Promise<Response>): Promise<Record<string, string>> {
  return (await (await response).json()) as Record<string, string>;
}

function authorizationUri(params: Record<string, string>): URL {
  const uri = provider.authorizationEndpoint;
  uri.search = new URLSearchParams({ client_id: clientId, response_type: 'token', ...params }).toString();
  return uri;
}

describe('startTestAuthorizationServer', () => {
  it('serves the implicit grant, with the chosen token, scopes, lifetime and extra parameters', async () => {
    provider.configure({ accessToken: 'chosen', scope: 'one two', expiresIn: 7, responseParams: { account: 'me' } });
    const grant = await signIn({ responseType: 'token', scope: ['asked'], issuer: provider.issuer });
    expect(grant).toMatchObject({ accessToken: 'chosen', scope: 'one two', expiresIn: 7, tokenType: 'Bearer' });
    expect(grant.params.get('account')).toBe('me');
    expect(provider.requestsTo('authorization')[0]?.params.get('scope')).toBe('asked');
  });

  it('states no lifetime if there is none, as Twitch does', async () => {
    provider.configure({ expiresIn: false });
    const grant = await signIn({ responseType: 'token' });
    expect(grant.expiresIn).toBeUndefined();
    const profile = await fetch(provider.profileEndpoint, {
      headers: { Authorization: `Bearer ${grant.accessToken}` },
    });
    expect(await profile.json()).toMatchObject({ sub: 'test-user' });
  });

  it('renames the parameters of the response, as Trello does', async () => {
    provider.configure({ responseParams: { access_token: null, token: 'abc', token_type: null, expires_in: null } });
    const grant = await signIn({ responseType: 'token' });
    expect([grant.accessToken, grant.tokenType]).toEqual(['abc', undefined]);
  });

  it('exchanges a code with its verifier once, and accepts the token at the profile endpoint', async () => {
    const grant = await signIn();
    expect(await jsonOf(exchange(grant, { code_verifier: 'a'.repeat(43) }))).toMatchObject({ error: 'invalid_grant' });
    expect(await jsonOf(exchange(grant, { redirect_uri: 'http://other/' }))).toMatchObject({ error: 'invalid_grant' });
    expect(await jsonOf(exchange(grant, { client_id: 'other' }))).toMatchObject({ error: 'invalid_grant' });
    const tokens = await jsonOf(exchange(grant));
    const profile = (): Promise<Response> =>
      fetch(provider.profileEndpoint, { headers: { Authorization: `Bearer ${tokens['access_token'] ?? ''}` } });
    expect((await profile()).status).toBe(200);
    expect(await jsonOf(exchange(grant))).toMatchObject({ error: 'invalid_grant' });
    // The tokens of a code that is used twice are revoked (RFC 6749, section 4.1.2).
    expect((await profile()).status).toBe(401);
  });

  it('expires access tokens on request, and keeps refresh tokens valid', async () => {
    const tokens = await jsonOf(exchange(await signIn()));
    provider.expireAccessTokens();
    const response = await fetch(provider.profileEndpoint, {
      headers: { Authorization: `Bearer ${tokens['access_token'] ?? ''}` },
    });
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, 'Bearer error="invalid_token"']);
    const refreshed = await fetch(provider.tokenEndpoint, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'refresh_token',
        refresh_token: tokens['refresh_token'] ?? '',
        client_id: clientId,
      }),
    });
    expect(refreshed.status).toBe(200);
  });

  it('issues no refresh token if it is configured so, and responds to token requests with the chosen error', async () => {
    provider.configure({ refreshToken: false, tokenResponseParams: { id_token: 'dummy' } });
    const tokens = await jsonOf(exchange(await signIn()));
    expect(tokens).not.toHaveProperty('refresh_token');
    expect(tokens['id_token']).toBe('dummy');
    expect(() => {
      provider.configure({ tokenError: { error: 'invalid_client', error_description: 'Gone.' } as never });
    }).toThrow(/no option `error_description`.*`errorDescription`/);
    provider.configure({ tokenError: { error: 'invalid_client', errorDescription: 'Gone.' } });
    const response = await exchange(await signIn());
    expect([response.status, await response.json()]).toEqual([
      401,
      { error: 'invalid_client', error_description: 'Gone.' },
    ]);
  });

  it.each(['invalid_request', 'unauthorized_client', 'access_denied', 'invalid_scope', 'server_error', 'own_error'])(
    'responds with the error %s and its description',
    async (error) => {
      provider.configure({ error: { error, errorDescription: 'In words & more', errorUri: 'https://example.test/' } });
      const code = error === 'access_denied' ? 'ACCESS_DENIED' : 'AUTHORIZATION_FAILED';
      await expect(signIn({ responseType: 'token' })).rejects.toMatchObject({
        code,
        error,
        errorDescription: 'In words & more',
        errorUri: 'https://example.test/',
      });
    },
  );

  it.each([
    ['a response type that is not served', { response_type: 'id_token' }, 'unsupported_response_type'],
    ['a code without a challenge', { response_type: 'code' }, 'invalid_request'],
    ['a plain challenge', { response_type: 'code', code_challenge: 'a'.repeat(43) }, 'invalid_request'],
    ['a token in the query', { response_mode: 'query' }, 'invalid_request'],
  ])('rejects %s', async (_name, params: Record<string, string>, error) => {
    const uri = authorizationUri({ redirect_uri: 'myapp.auth://token', ...params });
    const { callbackUri } = await completeLogin(uri);
    const response = new URLSearchParams(callbackUri?.hash.slice(1) || callbackUri?.search);
    expect(response.get('error')).toBe(error);
  });

  it('shows no page if the consent is decided beforehand', async () => {
    provider.configure({ consent: 'allow' });
    await expect(signIn()).resolves.toBeInstanceOf(AuthorizationCodeResponse);
    provider.configure({ consent: 'deny' });
    await expect(signIn()).rejects.toMatchObject({ code: 'ACCESS_DENIED' });
    expect(provider.requestsTo('authorization').map(({ method }) => method)).toEqual(['GET', 'GET']);
  });

  it('issues a code without PKCE if PKCE is not required', async () => {
    provider = await start({ requirePkce: false });
    const grant = await signIn({ pkce: false });
    const response = await fetch(provider.tokenEndpoint, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        code: grant.code,
        redirect_uri: grant.redirectUri,
        client_id: clientId,
      }),
    });
    expect(response.status).toBe(200);
  });

  it('does not redirect to a redirect URI that is not registered, and ignores the port of a loopback one', async () => {
    provider = await start({ redirectUris: ['http://127.0.0.1/callback'], clientId });
    await expect(signIn()).resolves.toBeInstanceOf(AuthorizationCodeResponse);
    const foreign = authorizationUri({ redirect_uri: 'http://127.0.0.1/other' });
    await expect(completeLogin(foreign)).rejects.toMatchObject({ code: 'NO_CALLBACK' });
    await expect(completeLogin(authorizationUri({ client_id: 'other' }))).rejects.toThrow(/client_id/);
  });

  it('uses the only registered redirect URI if none is sent, as AniList does', async () => {
    const app = await startApp();
    provider = await start({ redirectUris: [app.baseUri] });
    const request = new LoginRequest(app, clientId, ResponseType.Token, {
      authorizationEndpoint: provider.authorizationEndpoint,
      sendRedirectUri: false,
    });
    app.on('implicitGrantReceived', () => undefined);
    expect(await completeLogin(request.toUri())).toMatchObject({ state: 'success' });
  });

  it('requires the client secret if the client has one', async () => {
    provider = await start({ clientSecret: 'a secret' });
    const grant = await signIn();
    expect(await jsonOf(exchange(grant))).toMatchObject({ error: 'invalid_client' });
    expect(await jsonOf(exchange(grant, { client_secret: 'a secret' }))).toHaveProperty('access_token');
  });

  it('responds with a wrong state or issuer on request, which the app rejects', async () => {
    const app = await startApp();
    const make = (): LoginRequest =>
      new LoginRequest(app, clientId, ResponseType.Code, {
        authorizationEndpoint: provider.authorizationEndpoint,
        codeVerifier: 'v'.repeat(43),
        issuer: provider.issuer,
      });
    app.on('authorizationCodeReceived', () => undefined);
    app.on('errorReceived', () => undefined);
    provider.configure({ responseParams: { state: 'wrong' } });
    expect(await completeLogin(make().toUri())).toMatchObject({ state: 'error', reason: 'state_foreign', status: 400 });
    provider.configure({ responseParams: { iss: null } });
    expect(await completeLogin(make().toUri())).toMatchObject({ state: 'error', reason: 'wrong_issuer' });
    provider.configure({ responseParams: undefined });
    expect(await completeLogin(make().toUri())).toMatchObject({ state: 'success', status: 200 });
  });

  it('is discovered and used by openid-client', async () => {
    const config = await client.discovery(new URL(provider.issuer), clientId, undefined, client.None(), {
      algorithm: 'oauth2',
      // eslint-disable-next-line @typescript-eslint/no-deprecated -- marked only to stand out; this is a loopback server
      execute: [client.allowInsecureRequests],
    });
    const app = await startApp();
    const codeVerifier = client.randomPKCECodeVerifier();
    const state = client.randomState();
    app.expect({ state, redirectUri: app.baseUri.href });
    const uri = client.buildAuthorizationUrl(config, {
      redirect_uri: app.baseUri.href,
      scope: 'openid',
      state,
      code_challenge: await client.calculatePKCECodeChallenge(codeVerifier),
      code_challenge_method: 'S256',
    });
    const [grant] = await Promise.all([app.waitForGrant(), completeLogin(uri)]);
    const tokens = await client.authorizationCodeGrant(config, grant.uri, {
      pkceCodeVerifier: codeVerifier,
      expectedState: state,
    });
    const user = await client.fetchUserInfo(config, tokens.access_token, 'test-user');
    expect(user.name).toBe('Test User');
    const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token ?? '');
    expect(refreshed.access_token).not.toBe(tokens.access_token);
  });

  it('records its requests, and responds to malformed ones', async () => {
    await signIn({ responseType: 'token' });
    expect(provider.requests.map(({ endpoint, method }) => `${method} ${endpoint}`)).toEqual([
      'GET authorization',
      'POST authorization',
    ]);
    expect((await fetch(new URL('/nowhere', provider.issuer))).status).toBe(404);
    expect((await fetch(provider.tokenEndpoint)).status).toBe(405);
    expect((await fetch(provider.tokenEndpoint, { method: 'POST', body: 'x'.repeat(70_000) })).status).toBe(413);
    expect((await fetch(provider.tokenEndpoint, { method: 'POST', body: '{}' })).status).toBe(400);
    expect(provider.requestsTo('token')).toHaveLength(3);
  });

  it('closes twice, and frees its port', async () => {
    const port = Number(new URL(provider.issuer).port);
    await provider.close();
    await provider.close();
    const again = await start({ port });
    expect(again.authorizationEndpoint.port).toBe(String(port));
    await expect(startTestAuthorizationServer({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  it.each([
    [{ consent: 'maybe' }, RangeError],
    [{ responseMode: 'web_message' }, RangeError],
    [{ expiresIn: '3600' }, RangeError],
    [{ error: {} }, TypeError],
    [{ accessToken: 1 }, TypeError],
    [{ refreshToken: true }, TypeError],
    [{ rotateRefreshTokens: 'yes' }, TypeError],
    [{ detectReuse: 0 }, TypeError],
    [{ port: -1 }, RangeError],
    [{ clientId: 1 }, TypeError],
    [{ clientid: 'x' }, TypeError],
    [{ redirectUris: 'http://127.0.0.1/' }, TypeError],
    [{ accounts: [] }, TypeError],
    [{ accounts: {} }, TypeError],
    [{ deviceInterval: -1 }, RangeError],
  ])('rejects the options %j', async (options, type) => {
    // A caller without types may give anything.
    await expect(startTestAuthorizationServer(options as never)).rejects.toThrow(type);
  });
});

describe('completeLogin', () => {
  it('can be given as `openBrowser`', async () => {
    const grant = await signIn({ openBrowser: completeLogin });
    expect(grant.kind).toBe('code');
  });
});

describe('createTestUserAgent', () => {
  it.each(['query', 'fragment', 'form_post'] as const)('delivers a response by %s', async (responseMode) => {
    const userAgent = createTestUserAgent();
    const grant = await signIn({ responseMode, openBrowser: userAgent.open });
    const page = await userAgent.lastPage();
    expect(page).toMatchObject({ state: 'success', heading: 'You are signed in', status: 200 });
    expect(page.uri.href).toBe(grant.redirectUri);
    expect(page.callbackUri?.href).toContain(grant.code);
  });

  it('denies, and shows the provider’s description', async () => {
    const userAgent = createTestUserAgent({ decision: 'deny', language: 'de' });
    await expect(signIn({ responseType: 'token', openBrowser: userAgent.open })).rejects.toMatchObject({
      code: 'ACCESS_DENIED',
    });
    expect(await userAgent.lastPage()).toMatchObject({
      state: 'error',
      reason: 'denied',
      detail: 'The user denied the request.',
      heading: 'Anmeldung abgebrochen',
    });
  });

  it.each(['code', 'token'])('shows how `exchange` ended (%s)', async (responseType) => {
    const userAgent = createTestUserAgent();
    await signIn({ responseType, openBrowser: userAgent.open, exchange: () => Promise.resolve() });
    expect(await userAgent.lastPage()).toMatchObject({ state: 'success', reason: undefined });
    const failing = signIn({
      responseType,
      openBrowser: userAgent.open,
      exchange: () => Promise.reject(new Error('no token')),
    });
    await expect(failing).rejects.toThrow('no token');
    expect(await userAgent.lastPage()).toMatchObject({ state: 'error', reason: 'failed' });
  });

  it('reaches an app on localhost, and one with a self-signed certificate', async () => {
    await expect(signIn({ redirectUri: 'http://localhost:0/callback' })).resolves.toHaveProperty('code');
    const { generate } = await import('selfsigned');
    const { private: key, cert } = await generate([{ name: 'commonName', value: '127.0.0.1' }]);
    const userAgent = createTestUserAgent();
    await signIn({
      redirectUri: 'https://127.0.0.1:0/callback',
      tls: { key, cert },
      responseType: 'token',
      openBrowser: userAgent.open,
    });
    expect((await userAgent.lastPage()).state).toBe('success');
  });

  it('sends the headers of a browser', async () => {
    const userAgent = createTestUserAgent();
    await signIn({ responseType: 'token', openBrowser: userAgent.open });
    const [first, second] = provider.requestsTo('authorization');
    expect(first?.headers).toMatchObject({
      'sec-fetch-site': 'none',
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'document',
    });
    expect(second?.headers).toMatchObject({ 'sec-fetch-site': 'same-origin', origin: provider.issuer });
  });

  it('stops before the callback on request, so that its address can be pasted', async () => {
    const app = new AuthServer('http://127.0.0.1:5543/callback');
    const request = new LoginRequest(app, clientId, ResponseType.Token, {
      authorizationEndpoint: provider.authorizationEndpoint,
    });
    const page = await completeLogin(request.toUri(), { visitCallback: false });
    expect(page.status).toBeUndefined();
    expect(await app.receive(page.callbackUri ?? '')).toHaveProperty('accessToken');
  });

  it('passes a custom scheme to `openExternal`', async () => {
    const delivered: string[] = [];
    const page = await completeLogin(authorizationUri({ redirect_uri: 'myapp.auth://token', state: 'abc' }), {
      openExternal: (uri) => delivered.push(uri.href),
    });
    expect(delivered).toEqual([page.callbackUri?.href]);
    expect(delivered[0]).toMatch(/^myapp\.auth:\/\/token#access_token=.+&state=abc/);
  });

  it('never leaves this machine; `authorizationServer` replaces the provider', async () => {
    const authorizationEndpoint = 'https://accounts.example.com/authorize?prompt=login';
    await expect(signIn({ authorizationEndpoint })).rejects.toMatchObject({ cause: { code: 'NOT_LOOPBACK' } });
    const { open } = createTestUserAgent({ authorizationServer: provider });
    await expect(signIn({ authorizationEndpoint, openBrowser: open })).resolves.toBeInstanceOf(
      AuthorizationCodeResponse,
    );
    expect(provider.requestsTo('authorization')[0]?.params.get('prompt')).toBe('login');
  });

  it('reports an unreachable callback, and that nothing was opened', async () => {
    const uri = authorizationUri({ redirect_uri: 'http://127.0.0.1:9/callback' });
    await expect(completeLogin(uri)).rejects.toMatchObject({ code: 'UNREACHABLE' });
    await expect(createTestUserAgent().lastPage()).rejects.toMatchObject({ code: 'NOT_OPENED' });
    expect(() => createTestUserAgent({ decision: 'perhaps' as never })).toThrow(RangeError);
    expect(() => createTestUserAgent({ decison: 'deny' } as never)).toThrow(/no option `decison`.*`decision`/);
    const signal = AbortSignal.abort();
    await expect(completeLogin(uri, { signal })).rejects.toMatchObject({ name: 'AbortError' });
  });

  it.each(['query', 'fragment'] as const)(
    'does not take a server’s own error page for the callback (%s)',
    async (part) => {
      const sign = part === 'query' ? '?' : '#';
      const pages: (string | undefined)[] = [];
      const server = createServer((request, response) => {
        pages.push(request.url);
        if (request.url?.startsWith('/oops')) response.writeHead(400).end('<h1>The client is not registered</h1>');
        else response.writeHead(302, { Location: `/oops${sign}error=invalid_client` }).end();
      });
      httpServers.push(server);
      await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
      const { port } = server.address() as { port: number };
      const request = { client_id: 'unknown', response_type: 'code', state: 'abc' };
      for (const params of [{ redirect_uri: 'http://127.0.0.1:5543/callback' }, { request_uri: 'urn:pushed' }]) {
        const query = new URLSearchParams({ ...request, ...params }).toString();
        const uri = `http://localhost:${port}/authorize?${query}`;
        for (const visitCallback of [true, false]) {
          await expect(completeLogin(uri, { visitCallback })).rejects.toMatchObject({
            code: 'NO_CALLBACK',
            message: expect.stringContaining('The client is not registered'),
          });
        }
      }
      expect(pages.filter((page) => page?.startsWith('/oops'))).toHaveLength(4);
    },
  );

  it('recognizes the callback of a pushed request, whose redirect URI it does not see', async () => {
    const redirectUri = 'http://127.0.0.1:5543/callback';
    const params = { client_id: clientId, response_type: 'token', redirect_uri: redirectUri, state: 'abc' };
    const pushed = await jsonOf(
      fetch(provider.pushedAuthorizationRequestEndpoint, { method: 'POST', body: new URLSearchParams(params) }),
    );
    const uri = provider.authorizationEndpoint;
    uri.search = new URLSearchParams({ client_id: clientId, request_uri: pushed['request_uri'] ?? '' }).toString();
    const { callbackUri } = await completeLogin(uri, { visitCallback: false });
    expect(callbackUri?.href).toMatch(`${redirectUri}#access_token=`);
  });

  it('gives up if redirects never end', async () => {
    const loop = createServer((_request, response) => response.writeHead(302, { Location: '/' }).end());
    await new Promise<void>((resolve) => loop.listen(0, '127.0.0.1', resolve));
    const { port } = loop.address() as { port: number };
    await expect(completeLogin(`http://127.0.0.1:${port}/`)).rejects.toMatchObject({ code: 'TOO_MANY_REDIRECTS' });
    await new Promise((resolve) => loop.close(resolve));
  });

  it.each(['code', 'token'])('signs in at an app’s server, with its session cookie (%s)', async (responseType) => {
    const [{ default: express }, { default: session }] = await Promise.all([
      import('express'),
      import('express-session'),
    ]);
    const requests = createSessionRequestStore();
    const app = express();
    const listener = app.listen(0, '127.0.0.1');
    await new Promise((resolve) => listener.once('listening', resolve));
    const { port } = listener.address() as { port: number };
    const redirectUri = `http://127.0.0.1:${port}/auth/callback`;
    app.use(session({ secret: 'test', resave: false, saveUninitialized: false }));
    app.get('/login', async (request, response) => {
      const loginRequest = new LoginRequest(redirectUri, clientId, responseType, {
        authorizationEndpoint: provider.authorizationEndpoint,
      });
      await requests.add(request, loginRequest.toExpected());
      response.redirect(loginRequest.toUri().href);
    });
    app.get('/profile', (request, response) => response.send(`Hello ${request.sessionID}`));
    let sessionId = '';
    app.use(
      '/auth',
      createCallbackRouter<ExpressRequest, ExpressResponse>({
        redirectUri,
        requests,
        onGrant: (_grant, { req, page }) => {
          sessionId = req.sessionID;
          page.redirect('/profile');
        },
      }),
    );
    const page = await completeLogin(`http://127.0.0.1:${port}/login`);
    listener.closeAllConnections();
    await new Promise((resolve) => listener.close(resolve));
    expect(page.uri.pathname).toBe('/profile');
    if (responseType === 'code') expect(page.message).toBe(`Hello ${sessionId}`);
    else expect(page.state).toBe('success');
  });

  it.each([
    ['lax', 'form_post', 'state_foreign'],
    ['strict', 'form_post', 'state_foreign'],
    ['strict', undefined, 'state_foreign'],
    ['lax', undefined, undefined],
    ['none', 'form_post', undefined],
    [undefined, 'form_post', undefined],
  ] as const)(
    'sends a cookie with SameSite=%s to an app on another site as a browser does (%s)',
    async (sameSite, responseMode, reason) => {
      const requests = createMemoryRequestStore({ sessionId: (req: IncomingMessage) => req.headers.cookie });
      let redirectUri = '';
      const server = createServer((request, response) => {
        if (request.url !== '/login') {
          router(request, response, () => response.writeHead(404).end());
          return;
        }
        const { authorizationEndpoint } = provider;
        const login = new LoginRequest(redirectUri, clientId, 'code', { authorizationEndpoint, responseMode });
        const cookie = `session=${login.state}`;
        request.headers.cookie = cookie;
        void requests.add(request, login.toExpected());
        const attribute = sameSite === undefined ? '' : `; SameSite=${sameSite}`;
        response.writeHead(302, { Location: login.toUri().href, 'Set-Cookie': cookie + attribute }).end();
      });
      httpServers.push(server);
      await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
      const { port } = server.address() as { port: number };
      redirectUri = `http://localhost:${port}/callback`;
      const router = createCallbackRouter({ redirectUri, requests, onGrant: () => undefined });
      const page = await completeLogin(`http://localhost:${port}/login`);
      expect([page.state, page.reason]).toEqual(reason === undefined ? ['success', undefined] : ['error', reason]);
    },
  );

  it('reports that a custom page has loaded its files, so that stop() need not wait', async () => {
    const userAgent = createTestUserAgent();
    const before = Date.now();
    await signIn({ openBrowser: userAgent.open, template: '<!doctype html><p data-auth-message></p>' });
    expect((await userAgent.lastPage()).state).toBe('success');
    expect(Date.now() - before).toBeLessThan(900);
  });
});
