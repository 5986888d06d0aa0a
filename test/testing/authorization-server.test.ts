import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import * as client from 'openid-client';
import { PKCEUtil } from '#src/index.js';
import {
  completeLogin,
  startTestAuthorizationServer,
  type TestAuthorizationServer,
  type TestAuthorizationServerOptions,
} from '#src/testing.js';

const redirectUri = 'http://127.0.0.1:5543/callback';
const { verifier, challenge } = PKCEUtil.generateCodes();
const tokenRequest = { client_id: 'app', redirect_uri: redirectUri, response_type: 'token', state: 'a state & more=' };
const codeRequest = {
  ...tokenRequest,
  response_type: 'code',
  code_challenge: challenge,
  code_challenge_method: 'S256',
};

type Params = Readonly<Record<string, string>> | readonly (readonly [string, string])[];

const started: TestAuthorizationServer[] = [];
let server: TestAuthorizationServer;

async function start(options?: TestAuthorizationServerOptions): Promise<TestAuthorizationServer> {
  server = await startTestAuthorizationServer(options);
  started.push(server);
  return server;
}

beforeEach(async () => {
  await start({ consent: 'allow' });
});

afterEach(async () => {
  await Promise.all(started.splice(0).map((one) => one.close()));
});

function form(params: Params): URLSearchParams {
  return new URLSearchParams(params as Record<string, string>);
}

function uriOf(params: Params): URL {
  const uri = server.authorizationEndpoint;
  uri.search = form(params).toString();
  return uri;
}

function authorize(params: Params): Promise<Response> {
  return fetch(uriOf(params), { redirect: 'manual' });
}

/** The parameters of a redirect to the app. */
function paramsIn(response: Response, part: 'search' | 'hash'): Record<string, string> {
  const location = response.headers.get('location');
  if (location === null) throw new Error(`Status ${response.status} has no Location`);
  return Object.fromEntries(new URLSearchParams(new URL(location)[part].slice(1)));
}

async function postTo(endpoint: URL, params: Params, headers = {}): Promise<Record<string, unknown>> {
  const response = await fetch(endpoint, { method: 'POST', body: form(params), headers });
  return { status: response.status, ...((await response.json()) as object) };
}

async function exchange(changes: Readonly<Record<string, string>> = {}): Promise<Record<string, unknown>> {
  const { code = '' } = paramsIn(await authorize(codeRequest), 'search');
  return postTo(server.tokenEndpoint, {
    grant_type: 'authorization_code',
    client_id: 'app',
    redirect_uri: redirectUri,
    code,
    code_verifier: verifier,
    ...changes,
  });
}

async function profile(accessToken: unknown): Promise<Record<string, unknown>> {
  const response = await fetch(server.profileEndpoint, {
    headers: { authorization: `bearer ${String(accessToken)}` },
  });
  return { status: response.status, ...((await response.json()) as object) };
}

describe('the authorization endpoint', () => {
  it('responds in the fragment for a token, and in the query for a code', async () => {
    const token = await authorize({ ...tokenRequest, scope: 'profile email' });
    expect([token.status, token.headers.get('cache-control')]).toEqual([303, 'no-store']);
    expect(token.headers.get('location')).toMatch(`${redirectUri}#`);
    expect(paramsIn(token, 'hash')).toEqual({
      access_token: expect.stringMatching(/^[\w-]{32}$/),
      token_type: 'Bearer',
      expires_in: '3600',
      scope: 'profile email',
      state: tokenRequest.state,
      iss: server.issuer,
    });
    expect(paramsIn(await authorize(codeRequest), 'search')).toEqual({
      code: expect.stringMatching(/^[\w-]{32}$/),
      state: codeRequest.state,
      iss: server.issuer,
    });
  });

  it.each([
    'http://127.0.0.1/cb',
    'http://localhost:5543',
    'http://LOCALHOST:80/Callback',
    'https://localhost:8443/a/b?keep=%20as+it&is',
    'http://[::1]:9000/callback',
    'com.example.app:/callback',
  ])('sends the redirect URI %s back exactly as it came', async (uri) => {
    const response = await authorize({ ...codeRequest, redirect_uri: uri });
    expect(response.headers.get('location')).toMatch(`${uri}${uri.includes('?') ? '&' : '?'}code=`);
  });

  it.each([
    '',
    'nothing',
    'http://localhost#here',
    'http://localhost\\@example.com/',
    'http://localhost/\r\nSet-Cookie: a=b',
    'http://localhost/ä',
  ])('shows a page, and does not redirect, for the redirect URI %j', async (uri) => {
    const response = await authorize({ ...tokenRequest, redirect_uri: uri });
    expect([response.status, response.headers.get('location')]).toEqual([400, null]);
    expect(await response.text()).toContain('redirect_uri');
  });

  it('compares registered redirect URIs as text, except for the port of a loopback URI', async () => {
    await start({ consent: 'allow', redirectUris: ['http://127.0.0.1/cb', 'https://app.example:8443/cb'] });
    const statusOf = async (uri: string): Promise<number> =>
      (await authorize({ ...tokenRequest, redirect_uri: uri })).status;
    expect(await Promise.all(['http://127.0.0.1:1/cb', 'https://app.example:8443/cb'].map(statusOf))).toEqual([
      303, 303,
    ]);
    const others = [
      'http://127.0.0.1/cb/',
      'http://127.0.0.1/CB',
      'http://localhost/cb',
      'https://app.example/cb',
      'http://127.0.0.1:1/cb?a',
    ];
    expect(await Promise.all(others.map(statusOf))).toEqual(others.map(() => 400));
  });

  it.each([
    ['client_id', 'other'],
    ['redirect_uri', 'http://localhost/'],
  ])('shows a page for a repeated %s', async (name, value) => {
    const response = await authorize([...Object.entries(tokenRequest), [name, value]]);
    expect([response.status, response.headers.get('location')]).toEqual([400, null]);
  });

  const errors: [string, Params, 'search' | 'hash', string][] = [
    ['an empty response_type', { ...codeRequest, response_type: '' }, 'search', 'invalid_request'],
    ['an unknown one', { ...codeRequest, response_type: 'device' }, 'search', 'unsupported_response_type'],
    [
      'one that responds in fragments',
      { ...codeRequest, response_type: 'code token' },
      'hash',
      'unsupported_response_type',
    ],
    ['a plain challenge', { ...codeRequest, code_challenge_method: 'plain' }, 'search', 'invalid_request'],
    ['a short challenge', { ...codeRequest, code_challenge: 'short' }, 'search', 'invalid_request'],
    ['a scope with a quote', { ...tokenRequest, scope: 'a"b' }, 'hash', 'invalid_scope'],
    ['an unknown response_mode', { ...codeRequest, response_mode: 'post' }, 'search', 'unsupported_response_mode'],
    ['an unknown one for a token', { ...tokenRequest, response_mode: 'post' }, 'hash', 'unsupported_response_mode'],
    ['a token in the query', { ...tokenRequest, response_mode: 'query' }, 'search', 'invalid_request'],
    [
      'a repeated scope',
      [...Object.entries({ ...tokenRequest, scope: 'a' }), ['scope', 'b']],
      'hash',
      'invalid_request',
    ],
  ];
  it.each(errors)('reports an error with the state for %s', async (_name, params, part, error) => {
    expect(paramsIn(await authorize(params), part)).toEqual({
      error,
      error_description: expect.any(String),
      state: tokenRequest.state,
      iss: server.issuer,
    });
  });

  it('does not repeat a state that came twice, and accepts `resource` twice', async () => {
    const twice = await authorize([...Object.entries(codeRequest), ['state', 'another']]);
    expect(paramsIn(twice, 'search')).toMatchObject({ error: 'invalid_request' });
    expect(paramsIn(twice, 'search')).not.toHaveProperty('state');
    const resources = await authorize([...Object.entries(codeRequest), ['resource', 'a:1'], ['resource', 'b:2']]);
    expect(paramsIn(resources, 'search')).toHaveProperty('code');
  });

  it('rejects form_post to a custom scheme, in the query', async () => {
    const request = { ...codeRequest, redirect_uri: 'com.example.app:/cb', response_mode: 'form_post' };
    expect(paramsIn(await authorize(request), 'search')).toMatchObject({ error: 'invalid_request' });
    // A script would run in the server's page.
    const script = await authorize({ ...request, redirect_uri: 'javascript:alert(1)' });
    expect(script.status).toBe(303);
  });

  it('posts the response in a form whose script the policy of the page allows', async () => {
    const response = await authorize({ ...codeRequest, response_mode: 'form_post' });
    const page = await response.text();
    expect(page).toContain(`<form method="post" action="${redirectUri}">`);
    expect(page).toContain('name="state" value="a state &#38; more="');
    const nonce = /<script nonce="([^"]+)">/.exec(page)?.[1] ?? 'none';
    expect(response.headers.get('content-security-policy')).toContain(`script-src 'nonce-${nonce}'`);
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
  });
});

describe('the consent page', () => {
  const accounts = [
    { sub: 'ada', name: 'Ada <Lovelace>', email: 'ada@example.com' },
    { sub: 'grace', name: 'Grace Hopper', email: 'grace@example.com' },
  ];

  beforeEach(async () => {
    await start({ accounts, clientName: 'Demo & App' });
  });

  it('names the app, the accounts, what is requested, and the redirect URI', async () => {
    const response = await authorize({ ...tokenRequest, scope: 'email a<b profile email' });
    const page = await response.text();
    for (const text of [
      'Demo &#38; App',
      'Ada &#60;Lovelace&#62;',
      'grace@example.com',
      'See your email address',
      'a&#60;b',
    ]) {
      expect(page).toContain(text);
    }
    expect(page).toContain('http://127.0.0.1:5543<');
    expect(page.match(/See your email address/g)).toHaveLength(1);
    expect(response.headers.get('content-security-policy')).toMatch(/frame-ancestors 'none'$/);
  });

  it.each([
    [undefined, undefined, 'ada'],
    ['grace', undefined, 'grace'],
    [undefined, 'grace@example.com', 'grace'],
    ['ada', 'grace', 'ada'],
    [undefined, 'unknown@example.com', 'ada'],
  ])('signs in the chosen account (%j), preselected by login_hint (%j): %s', async (account, loginHint, sub) => {
    const hint = loginHint === undefined ? {} : { login_hint: loginHint };
    const { callbackUri } = await completeLogin(uriOf({ ...tokenRequest, ...hint }), { account, visitCallback: false });
    const token = new URLSearchParams(callbackUri?.hash.slice(1)).get('access_token');
    expect(await profile(token)).toMatchObject({ status: 200, sub });
  });

  it('rejects an account that it did not offer', async () => {
    const login = completeLogin(uriOf(tokenRequest), { account: 'mallory' });
    await expect(login).rejects.toMatchObject({
      code: 'NO_CALLBACK',
      message: expect.stringContaining('no such account'),
    });
  });
});

describe('the token endpoint', () => {
  const wrong: [string, Record<string, string>, string][] = [
    ['another redirect_uri', { redirect_uri: 'http://127.0.0.1:5543/other' }, 'invalid_grant'],
    ['another verifier', { code_verifier: 'x'.repeat(43) }, 'invalid_grant'],
    ['the longest verifier', { code_verifier: '-._~'.repeat(32) }, 'invalid_grant'],
    ['a short verifier', { code_verifier: 'x'.repeat(42) }, 'invalid_request'],
    ['a long verifier', { code_verifier: 'x'.repeat(129) }, 'invalid_request'],
    ['a verifier with other characters', { code_verifier: `${'x'.repeat(43)}+` }, 'invalid_request'],
    ['an empty verifier', { code_verifier: '' }, 'invalid_request'],
    ['the challenge as verifier', { code_verifier: challenge }, 'invalid_grant'],
    ['another client', { client_id: 'other' }, 'invalid_grant'],
    ['no client', { client_id: '' }, 'invalid_client'],
    ['no grant type', { grant_type: '' }, 'unsupported_grant_type'],
    ['an unknown grant type', { grant_type: 'password' }, 'unsupported_grant_type'],
  ];
  it.each(wrong)('rejects a request with %s', async (_name, changes, error) => {
    const status = error === 'invalid_client' ? 401 : 400;
    expect(await exchange(changes)).toMatchObject({ status, error, error_description: expect.any(String) });
  });

  it('rejects a code after a minute, and an access token that has expired', async () => {
    const { code = '' } = paramsIn(await authorize(codeRequest), 'search');
    const now = Date.now();
    jest.spyOn(Date, 'now').mockReturnValue(now + 60_000);
    expect(await exchange({ code })).toMatchObject({
      error: 'invalid_grant',
      error_description: expect.stringMatching(/expired/),
    });
    jest.restoreAllMocks();
    server.configure({ expiresIn: 0 });
    const { access_token: token } = await exchange();
    expect(await profile(token)).toEqual({ status: 401, error: 'invalid_token' });
  });

  it('narrows the scope on refresh, and never widens it', async () => {
    const { code = '' } = paramsIn(await authorize({ ...codeRequest, scope: 'profile email' }), 'search');
    const { refresh_token: token, scope } = await exchange({ code });
    expect(scope).toBe('profile email');
    const refresh = { grant_type: 'refresh_token', client_id: 'app', refresh_token: String(token) };
    expect(await postTo(server.tokenEndpoint, { ...refresh, scope: 'profile more' })).toMatchObject({
      error: 'invalid_scope',
    });
    expect(await postTo(server.tokenEndpoint, { ...refresh, scope: 'email' })).toMatchObject({ scope: 'email' });
  });

  it('responds without caching, and names the allowed method', async () => {
    const response = await fetch(server.tokenEndpoint);
    expect([response.status, response.headers.get('allow'), response.headers.get('cache-control')]).toEqual([
      405,
      'POST',
      'no-store',
    ]);
  });

  it('revokes every token on request', async () => {
    const { access_token: token, refresh_token: refresh } = await exchange();
    server.revokeTokens();
    expect(await profile(token)).toMatchObject({ status: 401 });
    const request = { grant_type: 'refresh_token', client_id: 'app', refresh_token: String(refresh) };
    expect(await postTo(server.tokenEndpoint, request)).toMatchObject({ error: 'invalid_grant' });
    expect(await profile((await exchange())['access_token'])).toMatchObject({ status: 200 });
  });
});

describe('the profile endpoint', () => {
  it('accepts a token in the header only', async () => {
    const { access_token: token } = await exchange();
    const uri = server.profileEndpoint;
    uri.searchParams.set('access_token', String(token));
    const response = await fetch(uri);
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
  });
});

describe('the pushed authorization request endpoint', () => {
  it('replaces the parameters of the authorization request once, for the same client', async () => {
    const pushed = await postTo(server.pushedAuthorizationRequestEndpoint, codeRequest);
    expect(pushed).toMatchObject({ status: 201, expires_in: 60 });
    const reference = { client_id: 'app', request_uri: String(pushed['request_uri']) };
    expect((await authorize({ ...reference, client_id: 'other' })).status).toBe(400);
    const response = await authorize({ ...reference, redirect_uri: 'http://other/' });
    expect(response.headers.get('location')).toMatch(redirectUri);
    expect(paramsIn(response, 'search')).toMatchObject({ code: expect.any(String), state: codeRequest.state });
    expect((await authorize(reference)).status).toBe(400);
  });

  it('requires a known client, and no request_uri', async () => {
    const endpoint = server.pushedAuthorizationRequestEndpoint;
    expect(await postTo(endpoint, { ...codeRequest, client_id: '' })).toMatchObject({ error: 'invalid_client' });
    expect(await postTo(endpoint, { ...codeRequest, request_uri: 'x' })).toMatchObject({ error: 'invalid_request' });
  });

  it('lets the user decide in between', async () => {
    server.configure({ consent: 'ask' });
    const pushed = await postTo(server.pushedAuthorizationRequestEndpoint, codeRequest);
    const uri = uriOf({ client_id: 'app', request_uri: String(pushed['request_uri']) });
    const { callbackUri } = await completeLogin(uri, { visitCallback: false });
    expect(callbackUri?.searchParams.get('state')).toBe(codeRequest.state);
  });
});

describe('the registration endpoint', () => {
  const register = (body: string): Promise<Response> =>
    fetch(server.registrationEndpoint, { method: 'POST', body, headers: { 'Content-Type': 'application/json' } });

  it('registers a client with its redirect URIs', async () => {
    await start({ consent: 'allow', clientId: 'app' });
    const registered = await register(
      JSON.stringify({ redirect_uris: [redirectUri], client_name: 'An app', token_endpoint_auth_method: 'none' }),
    );
    expect(registered.status).toBe(201);
    const { client_id: id, ...metadata } = (await registered.json()) as { client_id: string };
    expect(metadata).toMatchObject({ client_name: 'An app', redirect_uris: [redirectUri] });
    expect((await authorize({ ...tokenRequest, client_id: id })).status).toBe(303);
    expect((await authorize({ ...tokenRequest, client_id: id, redirect_uri: 'http://other/' })).status).toBe(400);
    expect((await authorize({ ...tokenRequest, client_id: 'unknown' })).status).toBe(400);
    server.configure({ consent: 'ask' });
    expect(await (await authorize({ ...tokenRequest, client_id: id })).text()).toContain('Sign in to An app');
  });

  it('issues a secret, and requires it', async () => {
    const registered = await register(JSON.stringify({ redirect_uris: [redirectUri] }));
    const { client_id: id, client_secret: secret } = (await registered.json()) as Record<string, string>;
    const { code = '' } = paramsIn(await authorize({ ...codeRequest, client_id: id ?? '' }), 'search');
    const change = { client_id: id ?? '', code };
    expect(await exchange(change)).toMatchObject({ error: 'invalid_client' });
    expect(await exchange({ ...change, client_secret: secret ?? '' })).toHaveProperty('access_token');
  });

  it.each(['{bad', '[]', 'null', '{}', '{"redirect_uris":["nothing"]}'])('rejects %s', async (body) => {
    expect((await register(body)).status).toBe(400);
  });
});

describe('the metadata', () => {
  it('is the same at both addresses, and names every endpoint', async () => {
    const [oauth, oidc]: unknown[] = await Promise.all(
      ['oauth-authorization-server', 'openid-configuration'].map(async (name): Promise<unknown> => {
        const response = await fetch(`${server.issuer}/.well-known/${name}`);
        return response.json();
      }),
    );
    expect(oauth).toEqual(oidc);
    expect(oauth).toMatchObject({
      issuer: server.issuer,
      revocation_endpoint: server.revocationEndpoint.href,
      device_authorization_endpoint: server.deviceAuthorizationEndpoint.href,
      pushed_authorization_request_endpoint: server.pushedAuthorizationRequestEndpoint.href,
      registration_endpoint: server.registrationEndpoint.href,
      authorization_response_iss_parameter_supported: true,
    });
  });

  it.each(['oidc', 'oauth2'] as const)(
    'is enough for openid-client to push a request and redeem its code (%s)',
    async (algorithm) => {
      const configuration = await client.discovery(new URL(server.issuer), 'app', undefined, client.None(), {
        algorithm,
        // eslint-disable-next-line @typescript-eslint/no-deprecated -- deprecated to stand out; this is a loopback address
        execute: [client.allowInsecureRequests],
      });
      const uri = await client.buildAuthorizationUrlWithPAR(configuration, codeRequest);
      const { callbackUri } = await completeLogin(uri, { visitCallback: false });
      if (callbackUri === undefined) throw new Error('No response came');
      const tokens = await client.authorizationCodeGrant(configuration, callbackUri, {
        pkceCodeVerifier: verifier,
        expectedState: codeRequest.state,
      });
      expect(await client.fetchUserInfo(configuration, tokens.access_token, 'test-user')).toMatchObject({
        name: 'Test User',
      });
    },
  );
});
