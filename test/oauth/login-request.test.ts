import { describe, expect, it } from '@jest/globals';
import { inspect } from 'node:util';
import { AuthServer } from '#src/server/auth-server.js';
import type { ExpectedRequest } from '#src/oauth/authorization-response.js';
import { LoginRequest, type LoginRequestOptions } from '#src/oauth/login-request.js';
import { parseCallbackUri } from '#src/oauth/callback-uri.js';
import { ResponseType } from '#src/oauth/response-type.js';
import { PKCEUtil } from '#src/oauth/pkce-util.js';
import { Scopes } from '#src/oauth/scopes.js';

const redirect = 'http://127.0.0.1:5543/callback';
const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';

function paramsOf(options?: LoginRequestOptions, responseType: ResponseType = ResponseType.Token): URLSearchParams {
  return new LoginRequest(redirect, 'client', responseType, options).toUri().searchParams;
}

/** What a caller without types may write. */
function wrong(options: Record<string, unknown>): LoginRequestOptions {
  return options;
}

describe('ResponseType', () => {
  it('has the values of RFC 6749', () => {
    expect(ResponseType).toEqual({ Code: 'code', Token: 'token' });
  });
});

describe('LoginRequest', () => {
  it('asks Spotify for an authorization code as in the original’s documentation', () => {
    const request = new LoginRequest('http://127.0.0.1:5543/callback', 'ClientId', ResponseType.Code, {
      scope: [Scopes.PlaylistReadPrivate, Scopes.PlaylistReadCollaborative],
      state: 'xyz',
      pkce: false,
    });
    expect(request.toUri().href).toBe(
      'https://accounts.spotify.com/authorize?client_id=ClientId&response_type=code&redirect_uri=http%3A%2F%2F127.0.0.1%3A5543%2Fcallback&state=xyz&scope=playlist-read-private%20playlist-read-collaborative',
    );
  });

  it('makes the request of RFC 6749, section 4.1.1', () => {
    const uri = new LoginRequest('https://client.example.com/cb', 's6BhdRkqt3', ResponseType.Code, {
      authorizationEndpoint: 'https://server.example.com/authorize',
      state: 'xyz',
      pkce: false,
    }).toUri();
    expect(uri.origin + uri.pathname).toBe('https://server.example.com/authorize');
    expect(Object.fromEntries(uri.searchParams)).toEqual({
      response_type: 'code',
      client_id: 's6BhdRkqt3',
      state: 'xyz',
      redirect_uri: 'https://client.example.com/cb',
    });
  });

  it('writes every option by its wire name', () => {
    const params = paramsOf({
      scope: 'a b',
      state: 'xyz',
      showDialog: true,
      codeChallenge: challenge,
      responseMode: 'form_post',
      extraParams: { nonce: 'n', audience: 'https://api.example.com' },
    });
    expect(Object.fromEntries(params)).toEqual({
      client_id: 'client',
      response_type: 'token',
      redirect_uri: redirect,
      state: 'xyz',
      scope: 'a b',
      show_dialog: 'true',
      code_challenge: challenge,
      code_challenge_method: 'S256',
      response_mode: 'form_post',
      nonce: 'n',
      audience: 'https://api.example.com',
    });
  });

  it('writes nothing else', () => {
    expect([...paramsOf({ state: 'xyz' }).keys()]).toEqual(['client_id', 'response_type', 'redirect_uri', 'state']);
    expect(paramsOf({ showDialog: false }).get('show_dialog')).toBe('false');
    for (const scope of ['', [], new Set<string>()]) expect(paramsOf({ scope }).has('scope')).toBe(false);
  });

  it('treats undefined as an option that is not given', () => {
    const params = paramsOf({
      authorizationEndpoint: undefined,
      scope: undefined,
      state: undefined,
      showDialog: undefined,
      codeVerifier: undefined,
      codeChallenge: undefined,
      codeChallengeMethod: undefined,
      responseMode: undefined,
      issuer: undefined,
      sendRedirectUri: undefined,
      extraParams: undefined,
    });
    expect([...params.keys()]).toEqual(['client_id', 'response_type', 'redirect_uri', 'state']);
  });

  it('makes a state of 256 random bits, a new one for each request', () => {
    const states = Array.from({ length: 1_000 }, () => new LoginRequest(redirect, 'client', ResponseType.Token).state);
    for (const state of states) expect(Buffer.from(state, 'base64url')).toHaveLength(32);
    expect(new Set(states).size).toBe(1_000);
  });

  it('accepts the scopes as a string, a list or any iterable', () => {
    for (const scope of ['a b', ['a', 'b'], new Set(['a', 'b']), ['a b']]) {
      expect(paramsOf({ scope }).get('scope')).toBe('a b');
    }
  });

  it.each(['a b', 'a+b', 'a&b=c', 'a%20b', 'ключ \u{1f511}', '"\'<>', '#?/', '\r\n'])(
    'encodes %j so that the server reads the same',
    (text) => {
      const request = new LoginRequest(`${redirect}?x=${encodeURIComponent(text)}`, text, ResponseType.Token, {
        scope: text,
        state: text,
        extraParams: { extra: text },
      });
      const { href, searchParams } = request.toUri();
      for (const name of ['client_id', 'scope', 'state', 'extra']) {
        expect(searchParams.get(name)).toBe(text);
        // As a server reads it for which `+` is no space.
        expect(decodeURIComponent(new RegExp(`[?&]${name}=([^&]*)`).exec(href)?.[1] ?? '')).toBe(text);
      }
      expect(href).not.toContain('+');
      expect(href).not.toContain('#');
    },
  );

  it('keeps the endpoint’s own query, and replaces the parameters that it writes itself', () => {
    const uri = new LoginRequest(redirect, 'client', ResponseType.Token, {
      authorizationEndpoint: 'https://as.example.com/authorize?tenant=a%20b&state=old&client_id=x&client_id=y',
      state: 'xyz',
    }).toUri();
    expect(uri.searchParams.get('tenant')).toBe('a b');
    expect(uri.searchParams.getAll('state')).toEqual(['xyz']);
    expect(uri.searchParams.getAll('client_id')).toEqual(['client']);
  });

  it('sends the redirect URI byte for byte as it was given', () => {
    for (const text of [
      'HTTP://LocalHost:80',
      'myapp.auth://token',
      'com.example.app:/oauth',
      'https://a.example/%7ecb?x=1',
    ]) {
      const request = new LoginRequest(text, 'client', ResponseType.Token);
      expect(request.redirectUri).toBe(text);
      expect(request.toUri().searchParams.get('redirect_uri')).toBe(text);
    }
  });

  it('accepts the redirect URI as a URL', () => {
    expect(new LoginRequest(new URL(redirect), 'client', ResponseType.Token).redirectUri).toBe(redirect);
  });

  it('does not send the redirect URI if `sendRedirectUri` is false', () => {
    const request = new LoginRequest(redirect, 'client', ResponseType.Token, { sendRedirectUri: false });
    expect(request.toUri().searchParams.has('redirect_uri')).toBe(false);
    expect(request.redirectUri).toBe(redirect);
  });

  it('sends the S256 challenge of RFC 7636, appendix B, and never its verifier', () => {
    const request = new LoginRequest(redirect, 'client', ResponseType.Code, { codeVerifier: verifier });
    const params = request.toUri().searchParams;
    expect(params.get('code_challenge')).toBe(challenge);
    expect(params.get('code_challenge_method')).toBe('S256');
    expect(request.codeVerifier).toBe(verifier);
    expect(request.toUri().href).not.toContain(verifier);
  });

  it('R20: uses PKCE for every response type with a code, with a new verifier each time', () => {
    const verifiers = ['code', 'code id_token', 'id_token code token'].map((responseType) => {
      const request = new LoginRequest(redirect, 'client', responseType);
      const { href, searchParams } = request.toUri();
      expect(request.codeVerifier).toMatch(/^[\w-]{43,128}$/);
      expect(searchParams.get('code_challenge')).toBe(PKCEUtil.generateCodes(request.codeVerifier).challenge);
      expect(searchParams.get('code_challenge_method')).toBe('S256');
      expect(href).not.toContain(request.codeVerifier);
      return request.codeVerifier;
    });
    expect(new Set(verifiers).size).toBe(3);
  });

  it('uses no PKCE for other response types, nor if `pkce` is false', () => {
    for (const request of [
      new LoginRequest(redirect, 'client', 'token'),
      new LoginRequest(redirect, 'client', 'id_token token', { pkce: true }),
      new LoginRequest(redirect, 'client', 'code', { pkce: false }),
    ]) {
      expect(request.codeVerifier).toBeUndefined();
      expect(request.toUri().search).not.toContain('code_challenge');
    }
  });

  it('sends a challenge whose verifier the app keeps', () => {
    const params = paramsOf({ codeChallenge: 'abc', codeChallengeMethod: 'plain' });
    expect(params.get('code_challenge')).toBe('abc');
    expect(params.get('code_challenge_method')).toBe('plain');
    const request = new LoginRequest(redirect, 'client', 'code', { codeChallenge: challenge });
    expect(request.codeVerifier).toBeUndefined();
    expect(request.toUri().searchParams.get('code_challenge')).toBe(challenge);
  });

  it('accepts a verifier with its challenge', () => {
    const options = { codeVerifier: verifier, codeChallenge: challenge };
    expect(new LoginRequest(redirect, 'client', 'code', options).codeVerifier).toBe(verifier);
  });

  it('sends a list as several parameters of one name', () => {
    const params = paramsOf({
      authorizationEndpoint: 'https://as.example.com/authorize?resource=old&tenant=a',
      extraParams: { resource: ['https://a.example', 'https://b.example'], audience: ['c'], nonce: 'd', none: [] },
    });
    expect(params.getAll('resource')).toEqual(['https://a.example', 'https://b.example']);
    expect([params.getAll('audience'), params.getAll('nonce'), params.has('none'), params.get('tenant')]).toEqual([
      ['c'],
      ['d'],
      false,
      'a',
    ]);
  });

  it.each([
    'http://127.0.0.1:8080/a',
    'http://127.1.2.3/a',
    'http://[::1]/a',
    'http://localhost:3000/a',
    'http://as.localhost/a',
  ])('accepts the plain-http endpoint %s of this machine', (authorizationEndpoint) => {
    expect(new LoginRequest(redirect, 'client', 'code', { authorizationEndpoint }).authorizationEndpoint.href).toBe(
      authorizationEndpoint,
    );
  });

  it('says what to use instead of `id_token` and `none`', () => {
    for (const responseType of ['id_token', 'none', 'id_token none']) {
      expect(() => new LoginRequest(redirect, 'client', responseType)).toThrow('use `code`, or `id_token token`');
    }
  });

  it('names an option that does not exist, and suggests the right one', () => {
    for (const [name, similar] of [
      ['scopes', 'scope'],
      ['code_verifier', 'codeVerifier'],
      ['authorizationEndPoint', 'authorizationEndpoint'],
      ['extraParameters', 'extraParams'],
    ] as const) {
      expect(() => paramsOf(wrong({ [name]: 'x' }))).toThrow(
        new TypeError(`\`LoginRequest\` has no option \`${name}\`. Did you mean \`${similar}\`?`),
      );
    }
    expect(() => paramsOf(null as never)).toThrow(TypeError);
  });

  it('makes an expected request that survives JSON and has no member without a value', () => {
    const full = new LoginRequest(`${redirect}?a=b`, 'client', 'code', {
      issuer: 'https://as.example.com',
      responseMode: 'query',
    });
    expect(JSON.parse(JSON.stringify(full.toExpected()))).toStrictEqual({
      state: full.state,
      redirectUri: `${redirect}?a=b`,
      responseType: 'code',
      issuer: 'https://as.example.com',
      codeVerifier: full.codeVerifier,
    });
    const token = new LoginRequest(redirect, 'client', 'token', { sendRedirectUri: false });
    expect(token.toExpected()).toStrictEqual({ state: token.state, redirectUri: redirect, responseType: 'token' });
    expect(Object.keys(token.toExpected())).toEqual(['state', 'redirectUri', 'responseType']);
  });

  it('returns a new URL at every call', () => {
    const request = new LoginRequest(redirect, 'client', ResponseType.Token);
    const { href } = request.toUri();
    request.toUri().searchParams.set('state', 'other');
    request.authorizationEndpoint.searchParams.set('kept', 'yes');
    expect(request.toUri().searchParams.get('state')).toBe(request.state);
    expect(href).toContain(request.state);
  });

  it('makes a server expect the response, after all options are checked', () => {
    const expected: ExpectedRequest[] = [];
    const redirectUri = 'http://LOCALHOST:80?a=%7e';
    const server = {
      redirectUri,
      baseUri: new URL(redirectUri),
      expect: (request: ExpectedRequest) => expected.push(request),
    };
    const request = new LoginRequest(server, 'client', ResponseType.Token, { issuer: 'https://as.example.com' });
    expect(request.toUri().searchParams.get('redirect_uri')).toBe(redirectUri);
    expect(expected).toEqual([request]);
    expect(expected[0]).toMatchObject({
      state: request.state,
      redirectUri,
      responseType: 'token',
      issuer: 'https://as.example.com',
    });
    expect(() => new LoginRequest(server, 'client', ResponseType.Token, { extraParams: { state: 'x' } })).toThrow();
    expect(() => new LoginRequest(server, '', ResponseType.Token)).toThrow();
    expect(expected).toHaveLength(1);
  });

  it('accepts an AuthServer that has a fixed port and is not started', () => {
    expect(new LoginRequest(new AuthServer(), 'client', ResponseType.Token).redirectUri).toBe(redirect);
  });

  it('rejects JSON, which would lose state and verifier, and names what a store can keep', () => {
    const request = new LoginRequest(redirect, 'client', ResponseType.Code, { state: 'canary-state' });
    expect(() => JSON.stringify({ login: request })).toThrow(
      new TypeError('A `LoginRequest` shows neither its state nor its verifier to JSON: store `request.toExpected()`'),
    );
  });

  it.each(['implicit', 'id_token', 'none', 'authorization_code', 'CODE', 'code,token', '', ' code', 'code code', 5])(
    'rejects the response type %j, whose response could not be checked',
    (responseType) => {
      const wrong = responseType as string; // A caller without types may give anything.
      for (const make of [
        () => new LoginRequest(redirect, 'client', wrong),
        () => {
          new AuthServer().expect({ state: 'xyz', responseType: wrong });
        },
        () => parseCallbackUri(`${redirect}?code=a&state=xyz`, { state: 'xyz', responseType: wrong }),
      ]) {
        expect(make).toThrow(TypeError);
        expect(make).toThrow('`responseType`');
      }
    },
  );

  it.each(['code', 'token', 'code id_token', 'id_token token', 'code token', 'code id_token token'])(
    'accepts the response type %j',
    (responseType) => {
      expect(new LoginRequest(redirect, 'client', responseType).responseType).toBe(responseType);
    },
  );

  it('says that a server with any port must be started first', () => {
    const server = new AuthServer('http://127.0.0.1:0/callback');
    expect(() => new LoginRequest(server, 'client', ResponseType.Token)).toThrow('start the server first');
  });

  it('shows neither state nor verifier when it is printed', () => {
    const request = new LoginRequest(redirect, 'client', ResponseType.Code, {
      state: 'canary-state',
      codeVerifier: 'canary'.repeat(10),
      extraParams: { nonce: 'canary-nonce' },
    });
    for (const text of [
      inspect(request),
      inspect(request, { depth: null, showHidden: true }),
      inspect({ request }),
      inspect(request, { customInspect: false, getters: false }),
    ]) {
      expect(text).not.toContain('canary');
    }
    expect(inspect(request)).toContain('https://accounts.spotify.com/authorize');
  });

  it.each([
    [undefined, TypeError],
    [null, TypeError],
    [5, TypeError],
    ['', TypeError],
    ['/callback', TypeError],
    [{}, TypeError],
    [{ baseUri: redirect }, TypeError],
    [{ baseUri: new URL(redirect) }, TypeError],
    [{ redirectUri: 5 }, TypeError],
    [`${redirect}#`, TypeError],
    [`${redirect}?`, TypeError],
    [`${redirect}?code=1`, TypeError],
    [`${redirect}?a=b&state=1`, TypeError],
    [` ${redirect}`, TypeError],
    ['http://127.0.0.1:5543/a\tb', TypeError],
    [`${redirect}#fragment`, TypeError],
    ['http://127.0.0.1:0/callback', TypeError],
  ])('rejects the redirect URI %j', (value, type) => {
    // A caller without types may give anything.
    const make = (): LoginRequest => new LoginRequest(value as never, 'client', ResponseType.Token);
    expect(make).toThrow(type);
    expect(make).toThrow('`redirect`');
  });

  it.each([
    ['clientId', undefined],
    ['clientId', ''],
    ['clientId', 5],
    ['clientId', '\ud800'],
    ['responseType', undefined],
    ['responseType', ''],
    ['responseType', '\udfff'],
    ['responseType', 'id_token'],
    ['responseType', 'none'],
  ])('rejects for %s the value %j', (name, value) => {
    const make = (): LoginRequest =>
      name === 'clientId'
        ? new LoginRequest(redirect, value as never, ResponseType.Token)
        : new LoginRequest(redirect, 'client', value as never);
    expect(make).toThrow(TypeError);
    expect(make).toThrow(`\`${name}\``);
  });

  it.each([
    ['state', { state: '' }, TypeError],
    ['state', { state: 5 }, TypeError],
    ['state', { state: '\ud800' }, TypeError],
    ['issuer', { issuer: '' }, TypeError],
    ['issuer', { issuer: null }, TypeError],
    ['scope', { scope: 5 }, TypeError],
    ['scope', { scope: null }, TypeError],
    ['scope', { scope: {} }, TypeError],
    ['scope', { scope: [5] }, TypeError],
    ['authorizationEndpoint', { authorizationEndpoint: '/authorize' }, TypeError],
    ['authorizationEndpoint', { authorizationEndpoint: '' }, TypeError],
    ['authorizationEndpoint', { authorizationEndpoint: null }, TypeError],
    ['authorizationEndpoint', { authorizationEndpoint: 'javascript:alert(1)' }, TypeError],
    ['authorizationEndpoint', { authorizationEndpoint: 'file:///etc/passwd' }, TypeError],
    ['authorizationEndpoint', { authorizationEndpoint: 'https://as.example.com/#x' }, TypeError],
    ['authorizationEndpoint', { authorizationEndpoint: 'http://as.example.com/' }, TypeError],
    ['authorizationEndpoint', { authorizationEndpoint: 'http://192.168.1.1/' }, TypeError],
    ['authorizationEndpoint', { authorizationEndpoint: 'http://127.0.0.1.evil.test/' }, TypeError],
    ['authorizationEndpoint', { authorizationEndpoint: 'http://evillocalhost/' }, TypeError],
    ['authorizationEndpoint', { authorizationEndpoint: 5 }, TypeError],
    ['pkce', { pkce: 'no' }, TypeError],
    ['pkce', { pkce: false, codeVerifier: verifier }, TypeError],
    ['pkce', { pkce: false, codeChallenge: challenge }, TypeError],
    ['codeChallenge', { codeChallenge: ` ${challenge}` }, TypeError],
    ['codeChallenge', { codeChallenge: `${challenge} ` }, TypeError],
    ['codeVerifier', { codeVerifier: 64 }, TypeError],
    ['codeVerifier', { codeVerifier: '' }, TypeError],
    ['codeVerifier', { codeVerifier: verifier, codeChallengeMethod: 'plain' }, RangeError],
    ['codeChallenge', { codeChallengeMethod: 'S256' }, TypeError],
    ['codeChallenge', { codeChallenge: '' }, TypeError],
    ['codeChallenge', { codeChallenge: 5 }, TypeError],
    ['codeChallenge', { codeChallenge: 'abc', codeVerifier: verifier }, TypeError],
    ['codeChallengeMethod', { codeChallenge: 'abc', codeChallengeMethod: 's256' }, RangeError],
    ['responseMode', { responseMode: 'web_message' }, RangeError],
    ['extraParams', { extraParams: { nonce: 5 } }, TypeError],
    ['extraParams', { extraParams: { nonce: undefined } }, TypeError],
    ['extraParams', { extraParams: { resource: ['a', 5] } }, TypeError],
    ['extraParams', { extraParams: null }, TypeError],
    ['extraParams', { extraParams: 'a=b' }, TypeError],
  ])('names the option %s if it is wrong: %j', (name, options, type) => {
    const make = (): LoginRequest => new LoginRequest(redirect, 'client', ResponseType.Token, wrong(options));
    expect(make).toThrow(type);
    expect(make).toThrow(`\`${name}\``);
  });

  it.each([
    'client_id',
    'response_type',
    'redirect_uri',
    'state',
    'scope',
    'show_dialog',
    'code_challenge',
    'code_challenge_method',
    'response_mode',
    'code_verifier',
  ])('does not let `extraParams` overwrite %s', (name) => {
    expect(() => paramsOf({ extraParams: { [name]: 'x' } })).toThrow(TypeError);
    const option = name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
    expect(() => paramsOf({ extraParams: { [name]: ['x'] } })).toThrow(
      `\`extraParams\` must not contain ${name}: see the option \`${option}\``,
    );
  });

  it('accepts extra parameters with the names of an object’s members', () => {
    const extraParams = Object.fromEntries([
      ['constructor', 'a'],
      ['__proto__', 'b'],
      ['toString', 'c'],
    ]);
    const params = paramsOf({ extraParams });
    expect([params.get('constructor'), params.get('__proto__'), params.get('toString')]).toEqual(['a', 'b', 'c']);
  });

  it('repeats no secret in what it throws', () => {
    for (const options of [
      { codeVerifier: 'canary' },
      { codeVerifier: 'canary '.repeat(10) },
      { state: 'canary\ud800' },
      { extraParams: { state: 'canary' } },
    ]) {
      try {
        paramsOf(options);
        throw new Error('Nothing was thrown');
      } catch (error) {
        expect(inspect(error).replace(/\n {4}at [^]*/, '')).not.toContain('canary');
      }
    }
  });
});
