import { describe, expect, it } from '@jest/globals';
import { inspect } from 'node:util';
import { inTurn, sendJson, type Route } from '../helpers/json-server.js';
import { codeGrant, context, idToken, useProviderServer } from './provider-server.js';

const server = useProviderServer();

/** A token response with an ID token. */
function withIdToken(changes: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> {
  return { access_token: 'the-token', token_type: 'Bearer', id_token: idToken(server.claims(changes)) };
}

describe('Provider.exchange', () => {
  it.each([
    ['3600', { expires_in: 3600 }],
    [' 3600.5 ', { expires_in: 3600.5 }],
    [3600, { expires_in: 3600 }],
    [1e12, { expires_in: 1e12 }],
    ['1h', {}],
    [0, {}],
    ['0', {}],
    [-1, {}],
    [null, {}],
    [undefined, {}],
    [{}, {}],
    [true, {}],
  ])('reads the lifetime %j (S7, S12)', async (lifetime, expected) => {
    server.routes['/token'] = { access_token: 'a', token_type: 'Bearer', expires_in: lifetime };
    const { tokens, response } = await (await server.discover()).exchange(codeGrant());
    expect(tokens).toEqual({ access_token: 'a', token_type: 'bearer', ...expected });
    expect(response['expires_in']).toEqual(lifetime);
  });

  it.each([
    ['a list of scopes', { scope: ['a', 'b'] }, { scope: 'a b' }],
    ['a scope that is no text', { scope: { a: true } }, {}],
    ['members that are null or empty', { refresh_token: null, scope: '', id_token: null }, {}],
    ['a token type in capitals', { token_type: 'BEARER' }, {}],
    ['no token type', { token_type: undefined }, {}],
    ['members of its own', { account: { id: 7 } }, { account: { id: 7 } }],
  ])('accepts %s', async (_name, members, expected) => {
    server.routes['/token'] = { access_token: 'a', token_type: 'Bearer', ...members };
    const { tokens } = await (await server.discover()).exchange(codeGrant());
    expect(tokens).toEqual({ access_token: 'a', token_type: 'bearer', ...expected });
  });

  it('reads a response with status 201 by its body (R44)', async () => {
    server.routes['/token'] = (response) => {
      sendJson(response, 201, { access_token: 'a', token_type: 'bearer' });
    };
    expect((await (await server.discover()).exchange(codeGrant())).tokens.access_token).toBe('a');
  });

  it.each([
    ['no access token', { token_type: 'Bearer' }],
    ['an empty access token', { access_token: '', token_type: 'Bearer' }],
    ['an access token with a line break', { access_token: 'a\nb', token_type: 'Bearer' }],
    ['a refresh token with a control character', { access_token: 'a', token_type: 'Bearer', refresh_token: 'a\u001b' }],
    ['a refresh token that is a number', { access_token: 'a', token_type: 'Bearer', refresh_token: 7 }],
    ['a DPoP token', { access_token: 'a', token_type: 'DPoP' }],
    ['a token type that is no text', { access_token: 'a', token_type: 5 }],
    ['an ID token that is none', { access_token: 'a', token_type: 'Bearer', id_token: 'a.b.c' }],
  ])('rejects %s', async (_name, body) => {
    server.routes['/token'] = body;
    await expect((await server.discover()).exchange(codeGrant())).rejects.toMatchObject({
      name: 'ProviderError',
      code: 'TOKEN_RESPONSE_INVALID',
      isVerdict: false,
    });
  });

  it('accepts any token type if that is configured', async () => {
    server.routes['/token'] = { access_token: 'a', token_type: 'user' };
    const { tokens } = await (await server.discover({ anyTokenType: true })).exchange(codeGrant());
    expect(tokens.token_type).toBe('user');
  });

  it.each<[string, Route, string, boolean]>([
    ['a registered error', inTurn([400, { error: 'invalid_grant' }]), 'PROVIDER_REJECTED', true],
    ['a registered error with status 200 (GitHub)', { error: 'invalid_grant' }, 'PROVIDER_REJECTED', true],
    ['an error of its own (GitHub)', { error: 'bad_verification_code' }, 'PROVIDER_REJECTED', false],
    ['invalid_grant with status 503', inTurn([503, { error: 'invalid_grant' }]), 'PROVIDER_UNAVAILABLE', false],
    ['invalid_grant with status 429', inTurn([429, { error: 'invalid_grant' }]), 'PROVIDER_UNAVAILABLE', false],
    ['invalid_grant with status 408', inTurn([408, { error: 'invalid_grant' }]), 'PROVIDER_UNAVAILABLE', false],
    ['invalid_grant with status 425', inTurn([425, { error: 'invalid_grant' }]), 'PROVIDER_UNAVAILABLE', false],
    ['invalid_grant with a redirect', inTurn([302, { error: 'invalid_grant' }]), 'PROVIDER_UNAVAILABLE', false],
    ['HTML', (response) => response.end('<h1>Sign in to the network</h1>'), 'PROVIDER_UNAVAILABLE', false],
    ['a list', (response) => response.end('[{"error":"invalid_grant"}]'), 'PROVIDER_UNAVAILABLE', false],
    ['403 with text', (response) => response.writeHead(403).end('No'), 'PROVIDER_UNAVAILABLE', false],
    ['nothing', (response) => response.destroy(), 'PROVIDER_UNAVAILABLE', false],
  ])('is sent once, and rejects after %s (S3, R44)', async (_name, route, code, isVerdict) => {
    server.routes['/token'] = route;
    const provider = await server.discover();
    await expect(provider.exchange(codeGrant())).rejects.toMatchObject({ name: 'ProviderError', code, isVerdict });
    expect(server.requestsTo('/token')).toHaveLength(1);
  });

  it('is sent once on a connection that the server has closed meanwhile', async () => {
    const provider = await server.discover();
    server.routes['/token'] = (response) => {
      response.socket?.destroy();
    };
    await expect(provider.refresh('r')).rejects.toMatchObject({ code: 'PROVIDER_UNAVAILABLE' });
    expect(server.requestsTo('/token')).toHaveLength(1);
  });

  it.each([
    ['120', 120],
    ['Tue, 01 Dec 2026 10:01:00 GMT', 60],
    ['soon', undefined],
  ])('reads Retry-After: %s', async (value, retryAfter) => {
    server.routes['/token'] = (response) =>
      response.writeHead(503, { 'Retry-After': value, Date: 'Tue, 01 Dec 2026 10:00:00 GMT' }).end();
    await expect((await server.discover()).refresh('r')).rejects.toMatchObject({ status: 503, retryAfter });
  });

  it('names no secret, even if the provider sends all of them back, encoded or not (S9)', async () => {
    server.routes['/token'] = (response, { params }) => {
      const echo = [...params.values(), params.toString(), encodeURIComponent(params.get('client_secret') ?? '')];
      sendJson(response, 400, { error: 'invalid_grant', error_description: echo.join(' ') });
    };
    const provider = await server.discover({ clientSecret: 'canary secret+1' });
    server.setMetadata({});
    const grant = { ...codeGrant(), code: 'canary-code/ 2', codeVerifier: 'canary-verifier'.padEnd(43, '~') };
    for (const attempt of [provider.exchange(grant), provider.refresh('canary-refresh 3')]) {
      const error = await attempt.catch((reason: unknown) => reason);
      expect(error).toMatchObject({ oauthError: 'invalid_grant' });
      expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(/canary/);
    }
  });

  it('ends after the timeout, and by its signal', async () => {
    server.routes['/token'] = () => undefined;
    const provider = await server.discover();
    await expect(provider.exchange(codeGrant(), { timeout: 100 })).rejects.toThrow('no response within 0.1 seconds');
    const reason = new Error('Enough');
    await expect(provider.exchange(codeGrant(), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const controller = new AbortController();
    server.routes['/token'] = () => {
      controller.abort(reason);
    };
    await expect(provider.exchange(codeGrant(), { signal: controller.signal })).rejects.toBe(reason);
    expect(server.requestsTo('/token')).toHaveLength(2);
  });
});

describe('the issuer of the response', () => {
  it.each([
    ['is not there', undefined, false, true],
    ['is not there, although the metadata promise it', undefined, true, false],
    ['matches', '', true, true],
    ['matches but for a slash at the end', '/', true, true],
    ['is another one', '/other', false, false],
  ])('%s', async (_name, suffix, isPromised, isAccepted) => {
    server.setMetadata({ authorization_response_iss_parameter_supported: isPromised });
    const grant = codeGrant(suffix === undefined ? {} : { iss: `${server.origin}${suffix}` });
    const exchange = (await server.discover()).exchange(grant);
    if (isAccepted) expect((await exchange).tokens.access_token).toBe('the-token');
    else await expect(exchange).rejects.toMatchObject({ code: 'ISSUER_MISMATCH' });
    expect(server.requestsTo('/token')).toHaveLength(isAccepted ? 1 : 0);
  });
});

describe('an ID token', () => {
  const nonce = 'the-nonce';

  it('has its claims validated', async () => {
    server.routes['/token'] = withIdToken({ nonce });
    const { claims } = await (await server.discover()).exchange(codeGrant(), { nonce });
    expect(claims).toMatchObject({ sub: 'ada', aud: 'my-id' });
  });

  it('is not demanded, also if a nonce was sent', async () => {
    const result = await (await server.discover()).exchange(codeGrant(), { nonce });
    expect([result.claims, result.tokens.access_token]).toEqual([undefined, 'the-token']);
  });

  it('may name the issuer with or without a slash at the end', async () => {
    server.routes['/token'] = withIdToken({ nonce, iss: `${server.origin}/` });
    expect((await (await server.discover()).exchange(codeGrant(), { nonce })).claims?.sub).toBe('ada');
  });

  it.each([
    ['another issuer', { nonce, iss: 'https://a.test' }],
    ['another audience', { nonce, aud: 'other' }],
    ['a further audience without azp', { nonce, aud: ['my-id', 'other'] }],
    ['another nonce', { nonce: 'other' }],
    ['no nonce', {}],
    ['no sub', { nonce, sub: undefined }],
    ['another issuer, and an expiry in the past', { nonce, iss: 'https://a.test', exp: 1 }],
    ['another nonce, and an expiry in the past', { nonce: 'other', exp: 1 }],
  ])('with %s is rejected', async (_name, changes) => {
    server.routes['/token'] = withIdToken(changes);
    await expect((await server.discover()).exchange(codeGrant(), { nonce })).rejects.toMatchObject({
      code: 'TOKEN_RESPONSE_INVALID',
    });
  });

  it.each([
    ['an expiry in the past', { exp: 1000 }, 'has expired'],
    ['a start in the future', { nbf: Math.floor(Date.now() / 1000) + 3600 }, 'is not valid yet'],
  ])(
    'with %s has no claims, but the tokens are kept, and one warning names the clock',
    async (_name, changes, text) => {
      const warnings: string[] = [];
      server.routes['/token'] = withIdToken({ nonce, ...changes });
      const provider = await server.discover({ warn: (message) => warnings.push(message) });
      const { claims, tokens } = await provider.exchange(codeGrant(), { nonce });
      expect([claims, tokens.access_token]).toEqual([undefined, 'the-token']);
      await provider.refresh('r');
      expect(warnings).toEqual([expect.stringContaining(`${text} by this computer's clock`)]);
    },
  );

  it('of a provider without metadata is checked by audience and nonce', async () => {
    const endpoints = { authorization: `${server.origin}/authorize`, token: `${server.origin}/token` };
    const provider = await server.discover({ issuer: undefined, endpoints });
    server.routes['/token'] = withIdToken({ nonce, iss: 'https://any.test' });
    expect((await provider.exchange(codeGrant({ iss: 'https://any.test' }), { nonce })).claims?.sub).toBe('ada');
    server.routes['/token'] = withIdToken({ nonce, aud: 'other' });
    await expect(provider.exchange(codeGrant(), { nonce })).rejects.toMatchObject({ code: 'TOKEN_RESPONSE_INVALID' });
  });
});

describe('Provider.refresh', () => {
  it('sends the refresh token and the resource, as a public client also if the metadata list no method', async () => {
    server.setMetadata({ token_endpoint_auth_methods_supported: [] });
    const provider = await server.discover({ resource: ['https://api.test/', 'https://other.test/'] });
    await provider.refresh('the-refresh-token');
    const [request] = server.requestsTo('/token');
    expect(Object.fromEntries(request?.params ?? [])).toMatchObject({
      grant_type: 'refresh_token',
      refresh_token: 'the-refresh-token',
      client_id: 'my-id',
    });
    expect(request?.params.getAll('resource')).toEqual(['https://api.test/', 'https://other.test/']);
    expect(request?.headers.authorization).toBeUndefined();
  });

  it.each([
    [['client_secret_basic'], true],
    [['client_secret_post'], false],
    [['client_secret_basic', 'client_secret_post'], false],
    [undefined, true],
  ])('sends a client secret by one of the methods %j', async (methods, isBasic) => {
    server.setMetadata({ token_endpoint_auth_methods_supported: methods });
    await (await server.discover({ clientSecret: 's' })).refresh('r');
    const [request] = server.requestsTo('/token');
    expect([request?.headers.authorization !== undefined, request?.params.has('client_secret')]).toEqual([
      isBasic,
      !isBasic,
    ]);
  });

  it('rejects the ID token of another user, also if it is wrong by time (OpenID Connect Core, 12.2)', async () => {
    const provider = await server.discover({ warn: () => undefined });
    for (const changes of [{ sub: 'grace' }, { sub: 'grace', exp: 1 }]) {
      server.routes['/token'] = withIdToken(changes);
      for (const previous of [{ claims: { sub: 'ada' } }, { idToken: idToken(server.claims()) }]) {
        await expect(provider.refresh('r', { previous })).rejects.toMatchObject({ code: 'TOKEN_RESPONSE_INVALID' });
      }
    }
    server.routes['/token'] = withIdToken();
    expect((await provider.refresh('r', { previous: { claims: { sub: 'ada' } } })).claims?.sub).toBe('ada');
  });

  it('is aborted by its signal only before it is sent', async () => {
    const controller = new AbortController();
    const provider = await server.discover();
    server.routes['/token'] = (response) => {
      controller.abort();
      sendJson(response, 200, { access_token: 'a', token_type: 'bearer' });
    };
    expect((await provider.refresh('r', { signal: controller.signal })).tokens.access_token).toBe('a');
    await expect(provider.refresh('r', { signal: controller.signal })).rejects.toThrow('aborted');
    expect(server.requestsTo('/token')).toHaveLength(1);
  });

  it('settles in the turn of the event loop in which the response was read (S4)', async () => {
    server.routes['/token'] = withIdToken();
    const provider = await server.discover();
    // A turn begins with each of these.
    let turn = 0;
    let isOver = false;
    const count = (): void => {
      turn += 1;
      if (!isOver) setImmediate(count);
    };
    count();
    let readIn = -1;
    const { parse } = JSON;
    JSON.parse = (text: string) => {
      if (text.includes('the-token')) readIn = turn; // The body has just been read.
      return parse(text) as unknown;
    };
    try {
      await provider.refresh('r');
      expect([turn, turn > 0]).toEqual([readIn, true]);
    } finally {
      isOver = true;
      JSON.parse = parse;
    }
  });
});

describe('Provider.authorizationUri', () => {
  it('has what a sign-in needs', async () => {
    const { uri, nonce } = await (
      await server.discover({ scope: ['a', 'b'], resource: 'https://api.test/', extraParams: { x: ['1', '2'] } })
    ).authorizationUri({ ...context, responseMode: 'form_post' });
    expect([...uri.searchParams]).toEqual([
      ['x', '1'],
      ['x', '2'],
      ['scope', 'a b'],
      ['resource', 'https://api.test/'],
      ['client_id', 'my-id'],
      ['response_type', 'code'],
      ['redirect_uri', context.redirectUri],
      ['state', context.state],
      ['code_challenge', context.codeChallenge],
      ['code_challenge_method', 'S256'],
      ['response_mode', 'form_post'],
    ]);
    expect(nonce).toBeUndefined();
  });

  it('has a nonce with `openid`, another one each time, unless one is given', async () => {
    const provider = await server.discover({ scope: ['openid'] });
    const [one, other] = [await provider.authorizationUri(context), await provider.authorizationUri(context)];
    expect(one.nonce).toMatch(/^[\w-]{22,}$/);
    expect(one.nonce).not.toBe(other.nonce);
    expect(one.uri.searchParams.get('nonce')).toBe(one.nonce);
    const given = await server.discover({ scope: ['openid'], extraParams: { nonce: 'mine' } });
    expect((await given.authorizationUri(context)).nonce).toBe('mine');
  });

  it('has `prompt=consent` with `offline_access`, unless a prompt is given', async () => {
    const scope = ['offline_access'];
    const prompts = [{}, { prompt: 'login' }].map(async (extraParams) =>
      (await (await server.discover({ scope, extraParams })).authorizationUri(context)).uri.searchParams.get('prompt'),
    );
    expect(await Promise.all(prompts)).toEqual(['consent', 'login']);
  });

  it('keeps the query of the authorization endpoint', async () => {
    server.setMetadata({ authorization_endpoint: `${server.origin}/authorize?tenant=x` });
    const { uri } = await (await server.discover()).authorizationUri(context);
    expect([uri.searchParams.get('tenant'), uri.searchParams.get('state')]).toEqual(['x', context.state]);
  });

  it('pushes the request if the metadata require it (RFC 9126)', async () => {
    const { origin } = server;
    const required = { require_pushed_authorization_requests: true };
    server.setMetadata({ ...required, pushed_authorization_request_endpoint: `${origin}/par` });
    server.routes['/par'] = (response) => {
      sendJson(response, 201, { request_uri: 'urn:the-request', expires_in: 60 });
    };
    const provider = await server.discover({ scope: ['openid'], resource: 'https://api.test/' });
    const { uri, nonce } = await provider.authorizationUri(context);
    expect([...uri.searchParams]).toEqual([
      ['client_id', 'my-id'],
      ['request_uri', 'urn:the-request'],
    ]);
    const [request] = server.requestsTo('/par');
    expect(Object.fromEntries(request?.params ?? [])).toMatchObject({
      nonce,
      resource: 'https://api.test/',
      state: context.state,
    });
    server.routes['/par'] = inTurn([400, { error: 'invalid_request' }]);
    await expect(provider.authorizationUri(context)).rejects.toMatchObject({ code: 'PROVIDER_REJECTED' });
    server.routes['/par'] = {};
    await expect(provider.authorizationUri(context)).rejects.toMatchObject({ code: 'TOKEN_RESPONSE_INVALID' });
    server.setMetadata(required);
    await expect((await server.discover()).authorizationUri(context)).rejects.toMatchObject({
      code: 'METADATA_INVALID',
    });
  });

  it.each(['authorization_endpoint', 'token_endpoint'])('rejects if the metadata have no %s', async (name) => {
    server.setMetadata({ [name]: undefined });
    await expect((await server.discover()).authorizationUri(context)).rejects.toMatchObject({
      code: 'METADATA_INVALID',
    });
  });
});

describe('Provider.revoke', () => {
  it('revokes with a hint, and is confirmed by a response without a body (RFC 7009)', async () => {
    server.routes['/revoke'] = (response) => response.end();
    expect(await (await server.discover()).revoke('r', { hint: 'refresh_token' })).toBe(true);
    const [request] = server.requestsTo('/revoke');
    expect(Object.fromEntries(request?.params ?? [])).toEqual({
      token: 'r',
      token_type_hint: 'refresh_token',
      client_id: 'my-id',
    });
  });

  it('resolves to false if the provider has no revocation endpoint', async () => {
    server.setMetadata({ revocation_endpoint: undefined });
    expect(await (await server.discover()).revoke('r')).toBe(false);
  });

  it.each<[string, Route]>([
    ['an error', inTurn([400, { error: 'unsupported_token_type' }])],
    ['an error with status 200', { error: 'invalid_request' }],
    ['503', (response) => response.writeHead(503).end()],
    ['nothing', (response) => response.destroy()],
  ])('rejects after %s', async (_name, route) => {
    server.routes['/revoke'] = route;
    await expect((await server.discover()).revoke('r')).rejects.toMatchObject({ name: 'ProviderError' });
  });
});
