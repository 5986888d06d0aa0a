import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { request as httpRequest, Agent } from 'node:http';
import { connect } from 'node:net';
import { once } from 'node:events';
import * as client from 'openid-client';
import supertest from 'supertest';
import { startAuthorizationServer, type AuthorizationServer } from '../../examples/authorization-server/index.js';
import {
  answerIn,
  codeRequest,
  codeVerifier,
  encoded,
  hiddenFields,
  locationOf,
  redirectUri,
  ScriptedPerson,
  tokenRequest,
  type Params,
} from './scripted-person.js';

const profile = { id: 'ada', display_name: 'Ada Lovelace', email: 'ada@example.com' };

let server: AuthorizationServer;
beforeAll(async () => {
  server = await startAuthorizationServer();
});
afterAll(() => server.close());

async function codeFor(at: AuthorizationServer, params: Params = codeRequest): Promise<string> {
  return answerIn(await new ScriptedPerson(at).decide(params), 'search')['code'] ?? '';
}

function exchange(at: AuthorizationServer, params: Params): Promise<Response> {
  return fetch(at.tokenEndpoint, { method: 'POST', body: encoded(params) });
}

const exchangeOf = (code: string): Record<string, string> => ({
  grant_type: 'authorization_code',
  client_id: 'demo-client',
  redirect_uri: redirectUri,
  code,
  code_verifier: codeVerifier,
});

interface Tokens {
  access_token: string;
  refresh_token: string;
  scope: string;
}

async function tokensFor(at: AuthorizationServer): Promise<Tokens> {
  return (await (await exchange(at, exchangeOf(await codeFor(at)))).json()) as Tokens;
}

async function profileStatus(at: AuthorizationServer, accessToken: string): Promise<number> {
  const { status } = await fetch(at.profileEndpoint, { headers: { authorization: `Bearer ${accessToken}` } });
  return status;
}

async function expectTokenError(response: Response, status: number, error: string): Promise<void> {
  expect(response.headers.get('cache-control')).toBe('no-store');
  expect(await response.json()).toMatchObject({ error, error_description: expect.any(String) });
  expect(response.status).toBe(status);
}

describe('startAuthorizationServer', () => {
  it('listens on a loopback address of a free port and names its endpoints', () => {
    expect(server.issuer.href).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
    expect(server.authorizationEndpoint.href).toBe(`${server.issuer.origin}/authorize`);
    expect(server.tokenEndpoint.href).toBe(`${server.issuer.origin}/token`);
    expect(server.profileEndpoint.href).toBe(`${server.issuer.origin}/v1/me`);
  });

  it.each([
    { host: '0.0.0.0' },
    { host: '' },
    { accessTokenLifetime: -1 },
    { accessTokenLifetime: Number.NaN },
    { codeLifetime: 0.5 },
    { port: 70_000 },
  ])('refuses %j', async (options) => {
    await expect(startAuthorizationServer(options)).rejects.toThrow(RangeError);
  });

  it('rejects where the port is taken', async () => {
    const port = Number(server.issuer.port);
    await expect(startAuthorizationServer({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  it.each(['localhost', '::1'])('listens on %s', async (host) => {
    await using other = await startAuthorizationServer({ host });
    expect(other.issuer.hostname).toBe(host === '::1' ? '[::1]' : host);
    expect((await fetch(other.profileEndpoint)).status).toBe(401);
  });

  it('closes at once with kept-alive and silent sockets open, any number of times', async () => {
    const other = await startAuthorizationServer();
    const agent = new Agent({ keepAlive: true });
    const silent = connect(Number(other.issuer.port), '127.0.0.1');
    await once(silent, 'connect');
    const kept = httpRequest(other.profileEndpoint, { agent }).end();
    const [response] = (await once(kept, 'response')) as [NodeJS.ReadableStream];
    response.resume();
    await once(response, 'end');
    const silentClosed = once(silent, 'close');
    await Promise.all([other.close(), other.close(), silentClosed]);
    await other.close();
    agent.destroy();
    await expect(fetch(other.profileEndpoint)).rejects.toThrow('fetch failed');
  });

  it('writes nothing, even in production and where requests are bad', async () => {
    const write = [jest.spyOn(process.stdout, 'write'), jest.spyOn(process.stderr, 'write')];
    const logs = (['log', 'warn', 'error', 'info'] as const).map((name) => jest.spyOn(console, name));
    const environment = process.env['NODE_ENV'];
    process.env['NODE_ENV'] = 'production';
    try {
      await using other = await startAuthorizationServer();
      await new ScriptedPerson(other).decide(tokenRequest);
      await fetch(new URL('/nothing', other.issuer));
      await fetch(other.tokenEndpoint, { method: 'POST', body: 'a'.repeat(20_000), headers: formType });
      for (const spy of [...write, ...logs]) expect(spy).not.toHaveBeenCalled();
    } finally {
      process.env['NODE_ENV'] = environment;
      jest.restoreAllMocks();
    }
  });
});

const formType = { 'content-type': 'application/x-www-form-urlencoded' };

describe('/authorize', () => {
  it('answers an implicit request in the fragment', async () => {
    const response = await new ScriptedPerson(server).decide(tokenRequest);
    expect(response.status).toBe(303);
    expect(locationOf(response)).toMatch(/^http:\/\/127\.0\.0\.1:5543\/callback#/);
    const answer = answerIn(response, 'hash');
    expect(answer).toEqual({
      access_token: expect.stringMatching(/^[\w-]{43}$/),
      token_type: 'Bearer',
      expires_in: '3600',
      scope: 'profile email',
      state: tokenRequest.state,
      iss: server.issuer.origin,
    });
    const me = await fetch(server.profileEndpoint, {
      headers: { authorization: `bearer ${answer['access_token'] ?? ''}` },
    });
    expect(await me.json()).toEqual(profile);
  });

  it('answers a code request in the query, and keeps the query that is there', async () => {
    const uri = `${redirectUri}?keep=%20as+it&is`;
    const response = await new ScriptedPerson(server).decide({ ...codeRequest, redirect_uri: uri });
    expect(locationOf(response).startsWith(`${uri}&code=`)).toBe(true);
    expect(answerIn(response, 'search')).toMatchObject({ state: codeRequest.state, iss: server.issuer.origin });
  });

  it('says access_denied where the person says no: in the query for a code, in the fragment for a token', async () => {
    const denied = {
      error: 'access_denied',
      error_description: expect.any(String),
      state: tokenRequest.state,
      iss: server.issuer.origin,
    };
    const person = new ScriptedPerson(server);
    expect(answerIn(await person.decide(codeRequest, 'deny'), 'search')).toEqual(denied);
    expect(answerIn(await person.decide(tokenRequest, 'deny'), 'hash')).toEqual(denied);
    expect(answerIn(await person.decide(tokenRequest, 'something else'), 'hash')).toEqual(denied);
  });

  it.each([
    'http://127.0.0.1/cb',
    'http://127.0.0.1:1/',
    'https://localhost:8443/a/b?c=d',
    'http://[::1]:9000/callback',
    'embed-auth-demo://callback',
    'embed-auth-demo:/callback',
  ])('takes the redirect URI %s', async (uri) => {
    const response = await new ScriptedPerson(server).decide({ ...tokenRequest, redirect_uri: uri });
    expect(locationOf(response).startsWith(`${uri}#access_token=`)).toBe(true);
  });

  it.each([
    undefined,
    '',
    'nothing',
    'https://example.com/',
    'http://127.0.0.1.example.com/',
    'http://127.0.0.1@example.com/',
    'http://me@127.0.0.1/',
    'http://localhost#here',
    'http://localhost\\@example.com/',
    'http://localhost/\r\nSet-Cookie: a=b',
    'http://localhost/ä',
    'javascript:alert(1)//127.0.0.1',
    'other-scheme://callback',
  ])('shows an error page, and redirects nowhere, for the redirect URI %j', async (uri) => {
    const response = await new ScriptedPerson(server).authorize({ ...tokenRequest, redirect_uri: uri });
    expect(response.status).toBe(400);
    expect(response.headers.get('location')).toBeNull();
    expect(response.headers.get('content-type')).toMatch(/^text\/html/);
  });

  it.each([
    [{ ...tokenRequest, client_id: 'nobody' }],
    [{ ...tokenRequest, client_id: undefined }],
    [{ ...tokenRequest, client_id: '__proto__' }],
    [[...Object.entries(tokenRequest), ['client_id', 'demo-client'] as const]],
    [[...Object.entries(tokenRequest), ['redirect_uri', 'http://localhost/'] as const]],
  ])('shows an error page for %j', async (params) => {
    const response = await new ScriptedPerson(server).authorize(params);
    expect(response.status).toBe(400);
    expect(response.headers.get('location')).toBeNull();
  });

  const errors: [string, Params, 'search' | 'hash', string][] = [
    ['no response_type', { ...codeRequest, response_type: undefined }, 'search', 'invalid_request'],
    ['an empty response_type', { ...codeRequest, response_type: '' }, 'search', 'invalid_request'],
    ['a foreign one', { ...codeRequest, response_type: 'device' }, 'search', 'unsupported_response_type'],
    ['one in fragments', { ...codeRequest, response_type: 'token code' }, 'hash', 'unsupported_response_type'],
    ['no code_challenge', { ...codeRequest, code_challenge: undefined }, 'search', 'invalid_request'],
    ['plain', { ...codeRequest, code_challenge_method: 'plain' }, 'search', 'invalid_request'],
    ['no method, which means plain', { ...codeRequest, code_challenge_method: undefined }, 'search', 'invalid_request'],
    ['a short challenge', { ...codeRequest, code_challenge: 'short' }, 'search', 'invalid_request'],
    ['a scope with a quote', { ...tokenRequest, scope: 'a"b' }, 'hash', 'invalid_scope'],
    ['a token in the query', { ...tokenRequest, response_mode: 'query' }, 'hash', 'invalid_request'],
    ['a foreign response_mode', { ...codeRequest, response_mode: 'post' }, 'search', 'invalid_request'],
    ['a repeated scope', [...Object.entries(tokenRequest), ['scope', 'x']], 'hash', 'invalid_request'],
  ];
  it.each(errors)('redirects the error, with the state, for %s', async (_name, params, part, error) => {
    expect(answerIn(await new ScriptedPerson(server).authorize(params), part)).toEqual({
      error,
      error_description: expect.any(String),
      state: tokenRequest.state,
      iss: server.issuer.origin,
    });
  });

  it('does not repeat a state that came twice', async () => {
    const params = [...Object.entries(codeRequest), ['state', 'another'] as const];
    const answer = answerIn(await new ScriptedPerson(server).authorize(params), 'search');
    expect(answer).toMatchObject({ error: 'invalid_request' });
    expect(answer).not.toHaveProperty('state');
  });

  it('refuses form_post to a custom scheme', async () => {
    const params = { ...codeRequest, redirect_uri: 'embed-auth-demo:/cb', response_mode: 'form_post' };
    expect(answerIn(await new ScriptedPerson(server).authorize(params), 'search')).toMatchObject({
      error: 'invalid_request',
    });
  });

  it('answers with a form for response_mode=form_post, errors too', async () => {
    const person = new ScriptedPerson(server);
    const response = await person.decide({ ...codeRequest, response_mode: 'form_post' });
    const page = await response.text();
    expect(page).toContain(`<form method="post" action="${redirectUri}">`);
    expect(page).toContain('id="continue"');
    expect(hiddenFields(page)).toEqual({
      code: expect.stringMatching(/^[\w-]{43}$/),
      state: codeRequest.state,
      iss: server.issuer.origin,
    });
    const nonce = /<script nonce="([^"]+)">/.exec(page)?.[1] ?? 'none';
    expect(response.headers.get('content-security-policy')).toContain(`script-src 'nonce-${nonce}'`);
    const denied = await person.decide({ ...codeRequest, response_mode: 'form_post' }, 'deny');
    expect(hiddenFields(await denied.text())).toMatchObject({ error: 'access_denied', state: codeRequest.state });
  });

  it('keeps explicit clients to their redirect URIs, port and all', async () => {
    const clients = [
      { id: 'one', name: 'One', redirectUris: ['http://localhost:3000/cb'] },
      { id: 'two', name: 'Two', redirectUris: ['http://localhost:3000/a', 'com.example.app:/b'] },
    ];
    await using strict = await startAuthorizationServer({ clients });
    const person = new ScriptedPerson(strict);
    const statusOf = async (client_id: string, redirect_uri?: string): Promise<number> =>
      (await person.authorize({ ...tokenRequest, client_id, redirect_uri })).status;
    expect(await statusOf('demo-client', 'http://localhost:3000/cb')).toBe(400);
    expect(await statusOf('one', 'http://localhost:3001/cb')).toBe(400);
    expect(await statusOf('one', 'http://localhost:3000/cb/')).toBe(400);
    expect(await statusOf('one', 'http://localhost:3000/cb')).toBe(303);
    expect(await statusOf('two')).toBe(400);
    expect(await statusOf('two', 'com.example.app:/b')).toBe(303);
  });

  it('needs no redirect_uri where the client has one only, and then none at the token endpoint', async () => {
    const clients = [{ id: 'one', name: 'One', redirectUris: [redirectUri] }];
    await using strict = await startAuthorizationServer({ clients });
    const params = { ...codeRequest, client_id: 'one', redirect_uri: undefined };
    const code = await codeFor(strict, params);
    const response = await exchange(strict, { ...exchangeOf(code), client_id: 'one', redirect_uri: '' });
    expect(response.status).toBe(200);
  });
});

describe('the login page', () => {
  it('asks for username and password, and says which app it is for', async () => {
    const person = new ScriptedPerson(server);
    const response = await person.get(locationOf(await person.authorize(tokenRequest)));
    const page = await response.text();
    expect(page).toContain('DEMO authorization server');
    expect(page).toContain('Demo App');
    for (const id of ['username', 'password']) expect(page).toContain(`<label for="${id}">`);
    expect(page).toMatch(/id="username"[^>]*\bautofocus\b/);
    expect(page).toContain('id="sign-in"');
    expect(page).toContain('lovelace');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
  });

  it('tells no passwords of users that it was given', async () => {
    const users = [{ username: 'joan', password: 'clarke', profile: { ...profile, id: 'joan' } }];
    await using own = await startAuthorizationServer({ users });
    const person = new ScriptedPerson(own);
    expect(await (await person.get(locationOf(await person.authorize(tokenRequest)))).text()).not.toContain('clarke');
    expect((await person.signIn(tokenRequest, 'joan', 'clarke')).status).toBe(303);
  });

  it.each([
    ['ada', 'hopper'],
    ['ada', ''],
    ['nobody', 'lovelace'],
    ['', ''],
  ])('says that %j with %j is wrong, and keeps the name', async (username, password) => {
    const response = await new ScriptedPerson(server).signIn(tokenRequest, username, password);
    const page = await response.text();
    expect(response.status).toBe(403);
    expect(page).toContain('role="alert"');
    expect(page).toContain(`value="${username}"`);
    expect(page).toMatch(/id="password"[^>]*\bautofocus\b/);
  });

  it('escapes what was typed', async () => {
    const response = await new ScriptedPerson(server).signIn(tokenRequest, '"><script>alert(1)</script>', 'x');
    expect(await response.text()).not.toContain('<script>');
  });

  it('takes a new session when somebody signs in', async () => {
    const person = new ScriptedPerson(server);
    await person.authorize(tokenRequest);
    const planted = person.cookie;
    await person.signIn(tokenRequest);
    expect(person.cookie).not.toBe(planted);
  });

  it('takes no form that it did not make', async () => {
    const person = new ScriptedPerson(server);
    const form = { username: 'ada', password: 'lovelace' };
    for (const waiting of [undefined, 'guessed', '__proto__', 'constructor']) {
      expect((await person.post('/login', { ...form, waiting })).status).toBe(403);
    }
    expect((await person.get('/login')).status).toBe(403);
    expect((await supertest(server.issuer.origin).post('/login').send(form)).status).toBe(403);
  });
});

describe('the consent page', () => {
  it('names app, person, scopes and where it leads', async () => {
    const page = await new ScriptedPerson(server).consent({ ...tokenRequest, scope: 'email a<b profile email' });
    for (const text of ['Demo App', 'Ada Lovelace', 'See your email address', 'a&lt;b', 'http://127.0.0.1:5543']) {
      expect(page).toContain(text);
    }
    expect(page).toContain('id="allow"');
    expect(page).toContain('id="deny"');
  });

  it('comes at once for somebody who is signed in', async () => {
    const person = new ScriptedPerson(server);
    await person.decide(tokenRequest);
    const response = await person.authorize(codeRequest);
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('id="allow"');
  });

  it('counts once, in its own session only', async () => {
    const person = new ScriptedPerson(server);
    const other = new ScriptedPerson(server);
    await other.consent(tokenRequest);
    const form = { ...hiddenFields(await person.consent(tokenRequest)), decision: 'allow' };
    expect((await other.post('/decision', form)).status).toBe(403);
    expect((await new ScriptedPerson(server).post('/decision', form)).status).toBe(403);
    expect((await person.post('/decision', form)).status).toBe(303);
    expect((await person.post('/decision', form)).status).toBe(403);
    for (const transaction_id of [undefined, '', '__proto__', 'constructor']) {
      expect((await person.post('/decision', { transaction_id, decision: 'allow' })).status).toBe(403);
    }
  });
});

describe('/token', () => {
  it('exchanges a code, without storing the answer', async () => {
    const response = await exchange(server, exchangeOf(await codeFor(server)));
    expect(response.status).toBe(200);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
    const tokens = (await response.json()) as Tokens;
    expect(tokens).toEqual({
      access_token: expect.any(String),
      refresh_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 3600,
      scope: 'profile email',
    });
    expect(await profileStatus(server, tokens.access_token)).toBe(200);
  });

  const wrong: [string, Record<string, string | undefined>][] = [
    ['another redirect_uri', { redirect_uri: 'http://127.0.0.1:5543/other' }],
    ['no redirect_uri', { redirect_uri: undefined }],
    ['another verifier', { code_verifier: 'x'.repeat(43) }],
    ['no verifier', { code_verifier: undefined }],
    ['the challenge as verifier', { code_verifier: codeRequest.code_challenge }],
    ['another code', { code: 'x' }],
  ];
  it.each(wrong)('refuses %s', async (_name, params) => {
    const code = await codeFor(server);
    await expectTokenError(await exchange(server, { ...exchangeOf(code), ...params }), 400, 'invalid_grant');
  });

  it('refuses a code of another client, and of another time', async () => {
    const clients = ['a', 'b'].map((id) => ({ id, name: id }));
    await using two = await startAuthorizationServer({ clients, codeLifetime: 0 });
    const params = { ...codeRequest, client_id: 'a' };
    for (const client_id of ['a', 'b']) {
      const code = await codeFor(two, params);
      await expectTokenError(await exchange(two, { ...exchangeOf(code), client_id }), 400, 'invalid_grant');
    }
    await using fresh = await startAuthorizationServer({ clients });
    const foreign = { ...exchangeOf(await codeFor(fresh, params)), client_id: 'b' };
    await expectTokenError(await exchange(fresh, foreign), 400, 'invalid_grant');
  });

  it('takes a code once, and revokes what it gave when it comes again', async () => {
    const code = await codeFor(server);
    const tokens = (await (await exchange(server, exchangeOf(code))).json()) as Tokens;
    await expectTokenError(await exchange(server, exchangeOf(code)), 400, 'invalid_grant');
    expect(await profileStatus(server, tokens.access_token)).toBe(401);
  });

  it('rotates refresh tokens, and revokes all of them when an old one comes again', async () => {
    const first = await tokensFor(server);
    const refresh = { grant_type: 'refresh_token', client_id: 'demo-client', refresh_token: first.refresh_token };
    const second = (await (await exchange(server, refresh)).json()) as Tokens;
    expect(second.refresh_token).not.toBe(first.refresh_token);
    expect(second.scope).toBe('profile email');
    expect(await profileStatus(server, second.access_token)).toBe(200);
    await expectTokenError(await exchange(server, refresh), 400, 'invalid_grant');
    expect(await profileStatus(server, second.access_token)).toBe(401);
    const again = { ...refresh, refresh_token: second.refresh_token };
    await expectTokenError(await exchange(server, again), 400, 'invalid_grant');
  });

  it('narrows the scope on refresh, and widens it never', async () => {
    const { refresh_token } = await tokensFor(server);
    const refresh = { grant_type: 'refresh_token', client_id: 'demo-client', refresh_token };
    await expectTokenError(await exchange(server, { ...refresh, scope: 'profile more' }), 400, 'invalid_scope');
    const response = await exchange(server, { ...refresh, scope: 'email' });
    expect(await response.json()).toMatchObject({ scope: 'email' });
  });

  const bad: [string, number, string, Params][] = [
    ['no client', 401, 'invalid_client', { grant_type: 'authorization_code', code: 'x' }],
    ['a foreign client', 401, 'invalid_client', { ...exchangeOf('x'), client_id: 'nobody' }],
    ['no grant type', 400, 'invalid_request', { client_id: 'demo-client' }],
    ['a foreign grant type', 400, 'unsupported_grant_type', { ...exchangeOf('x'), grant_type: 'password' }],
    ['no code', 400, 'invalid_request', exchangeOf('')],
    ['no refresh token', 400, 'invalid_request', { grant_type: 'refresh_token', client_id: 'demo-client' }],
    [
      'a foreign refresh token',
      400,
      'invalid_grant',
      { ...exchangeOf(''), grant_type: 'refresh_token', refresh_token: 'x' },
    ],
    ['a repeated parameter', 400, 'invalid_request', [...Object.entries(exchangeOf('x')), ['code', 'y']]],
  ];
  it.each(bad)('refuses a request with %s', async (_name, status, error, params) => {
    await expectTokenError(await exchange(server, params), status, error);
  });

  it('refuses JSON, a body that is too large, and GET', async () => {
    const http = supertest(server.issuer.origin);
    await http
      .post('/token')
      .send(exchangeOf('x'))
      .expect(400, /invalid_request/);
    await http
      .post('/token')
      .type('form')
      .send({ code: 'x'.repeat(20_000) })
      .expect(400, /invalid_request/);
    await http.post('/token').expect(400, /invalid_request/);
    await http.get('/token').query(exchangeOf('x')).expect(405).expect('Allow', 'POST');
  });
});

describe('/v1/me', () => {
  it.each([undefined, 'Bearer', 'Bearer x', 'Basic eDp5', 'Bearer a b'])(
    'answers 401 with WWW-Authenticate for %j',
    async (authorization) => {
      const headers = authorization === undefined ? {} : { authorization };
      const response = await fetch(server.profileEndpoint, { headers });
      expect(response.status).toBe(401);
      const challenge = 'Bearer realm="demo"';
      expect(response.headers.get('www-authenticate')).toBe(
        authorization === undefined ? challenge : `${challenge}, error="invalid_token"`,
      );
    },
  );

  it('takes no token in the query', async () => {
    const { access_token } = await tokensFor(server);
    expect((await fetch(`${server.profileEndpoint.href}?access_token=${access_token}`)).status).toBe(401);
  });

  it('refuses a token that has expired', async () => {
    await using brief = await startAuthorizationServer({ accessTokenLifetime: 0 });
    const { access_token } = await tokensFor(brief);
    expect(await profileStatus(brief, access_token)).toBe(401);
  });
});

describe('revokeAll', () => {
  it('revokes access tokens and refresh tokens, and new ones can be had', async () => {
    await using own = await startAuthorizationServer();
    const { access_token, refresh_token } = await tokensFor(own);
    own.revokeAll();
    expect(await profileStatus(own, access_token)).toBe(401);
    const refresh = { grant_type: 'refresh_token', client_id: 'demo-client', refresh_token };
    await expectTokenError(await exchange(own, refresh), 400, 'invalid_grant');
    expect(await profileStatus(own, (await tokensFor(own)).access_token)).toBe(200);
  });
});

describe('the metadata', () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('is the same at both addresses', async () => {
    const [oauth, oidc] = await Promise.all(
      ['oauth-authorization-server', 'openid-configuration'].map(async (name) =>
        (await fetch(new URL(`/.well-known/${name}`, server.issuer))).text(),
      ),
    );
    expect(oauth).toEqual(oidc);
    expect(JSON.parse(oauth ?? '')).toMatchObject({
      issuer: server.issuer.origin,
      code_challenge_methods_supported: ['S256'],
    });
  });

  it.each(['oidc', 'oauth2'] as const)(
    'is enough for openid-client, by %s discovery, to refreshing',
    async (algorithm) => {
      const configuration = await client.discovery(server.issuer, 'demo-client', undefined, client.None(), {
        algorithm,
        // eslint-disable-next-line @typescript-eslint/no-deprecated -- deprecated to stand out; this is a loopback address
        execute: [client.allowInsecureRequests],
      });
      const uri = client.buildAuthorizationUrl(configuration, codeRequest);
      const response = await new ScriptedPerson(server).decide(Object.fromEntries(uri.searchParams));
      const tokens = await client.authorizationCodeGrant(configuration, new URL(locationOf(response)), {
        pkceCodeVerifier: codeVerifier,
        expectedState: codeRequest.state,
      });
      const refreshed = await client.refreshTokenGrant(configuration, tokens.refresh_token ?? '');
      const me = await client.fetchProtectedResource(
        configuration,
        refreshed.access_token,
        server.profileEndpoint,
        'GET',
      );
      expect(await me.json()).toEqual(profile);
    },
  );
});
