import { describe, expect, it } from '@jest/globals';
import {
  readAuthorizationUri,
  findLoopbackRedirectUri,
  type AuthorizationUriContext,
} from '#src/oauth/authorization-uri.js';

const redirectUri = 'http://127.0.0.1:5543/callback';
const endpoint = 'https://as.example.com/authorize';
const offered = { redirectUri, state: 'offered', codeChallenge: 'challenge', codeVerifier: 'verifier' };

/** An authorization URI with these parameters. */
function uriWith(params: Readonly<Record<string, string>>): string {
  return `${endpoint}?${new URLSearchParams(params).toString()}`;
}

const complete = { client_id: 'a', response_type: 'code', redirect_uri: redirectUri, state: 'sent' };

function expectedOf(params: Readonly<Record<string, string>>, context: AuthorizationUriContext = offered): unknown {
  return readAuthorizationUri(uriWith(params), context).expected;
}

function messageOf(uri: unknown, context: AuthorizationUriContext = offered): string {
  try {
    // A caller without types may give anything.
    readAuthorizationUri(uri as string, context);
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError);
    if (error instanceof TypeError) return error.message;
  }
  throw new Error('Nothing was thrown');
}

describe('readAuthorizationUri', () => {
  it('reads the URI of an SDK, as text or as a URL, and does not change it', () => {
    const text = uriWith({ ...complete, scope: 'a b', nonce: 'n' });
    for (const uri of [text, new URL(text)]) {
      const read = readAuthorizationUri(uri, { redirectUri, issuer: 'https://as.example.com' });
      expect(read.uri.href).toBe(text);
      expect(read.uri).not.toBe(uri);
      expect(read.expected).toStrictEqual({
        state: 'sent',
        redirectUri,
        responseType: 'code',
        issuer: 'https://as.example.com',
      });
    }
  });

  it('makes an expected request that survives JSON', () => {
    for (const context of [offered, { redirectUri }]) {
      const expected = expectedOf(complete, context);
      expect(JSON.parse(JSON.stringify(expected))).toStrictEqual(expected);
    }
  });

  describe('the awaited state', () => {
    it('is the one in the URI', () => {
      expect(expectedOf(complete)).toMatchObject({ state: 'sent' });
    });

    it('is the offered one if the URI has `request_uri` or `request`', () => {
      for (const params of [{ request_uri: 'urn:a' }, { request: 'e30.e30.' }, { ...complete, request_uri: 'urn:a' }]) {
        expect(expectedOf(params)).toMatchObject({ state: 'offered' });
      }
    });

    it('is the returned one before all others', () => {
      for (const params of [{ request_uri: 'urn:a' }, { ...complete, request: 'e30' }, { response_type: 'code' }]) {
        expect(expectedOf(params, { ...offered, returnedState: 'returned' })).toMatchObject({ state: 'returned' });
      }
      expect(expectedOf(complete, { ...offered, returnedState: 'sent' })).toMatchObject({ state: 'sent' });
    });

    it('is the one in the URI if there was no offer', () => {
      expect(expectedOf({ request_uri: 'urn:a', state: 'sent' }, { redirectUri })).toMatchObject({ state: 'sent' });
    });

    it('is missed with the advice to give the SDK a state', () => {
      for (const [params, context] of [
        [{ response_type: 'code' }, offered],
        [{ response_type: 'code', state: '' }, offered],
        [{ request_uri: 'urn:a' }, { redirectUri }],
      ] as const) {
        const message = messageOf(uriWith(params), context);
        expect(message).toContain('give the SDK the `state`');
        expect(message).toContain('{ uri, state }');
      }
    });

    it('must not contradict the URI, so that the sign-in can end', () => {
      expect(messageOf(uriWith(complete), { ...offered, returnedState: 'other' })).toContain('same `state`');
      for (const returnedState of ['', 5, null]) {
        // A caller without types may give anything.
        expect(messageOf(uriWith(complete), { ...offered, returnedState: returnedState as never })).toContain(
          'must return a `state`',
        );
      }
    });
  });

  describe('the code verifier', () => {
    it('is attached if the URI has its challenge, or none', () => {
      expect(expectedOf({ ...complete, code_challenge: 'challenge' })).toMatchObject({ codeVerifier: 'verifier' });
      expect(expectedOf({ request_uri: 'urn:a' })).toMatchObject({ codeVerifier: 'verifier' });
      expect(expectedOf({ request: 'e30' })).toMatchObject({ codeVerifier: 'verifier' });
    });

    it('is not attached if the URI has another challenge', () => {
      expect(expectedOf({ ...complete, code_challenge: 'other' })).not.toHaveProperty('codeVerifier');
      expect(expectedOf({ request_uri: 'urn:a', code_challenge: 'other' })).not.toHaveProperty('codeVerifier');
    });
  });

  describe('the redirect URI', () => {
    it('may be missing, and is the server’s then', () => {
      expect(expectedOf({ response_type: 'code', state: 'sent' })).toMatchObject({ redirectUri });
    });

    it.each([
      'http://127.0.0.1:5543/callback/',
      'HTTP://127.0.0.1:5543/callback',
      'http://localhost:5543/callback',
      'myapp://auth',
    ])('must be the server’s as text, and %s is not', (redirect_uri) => {
      const message = messageOf(uriWith({ ...complete, redirect_uri }));
      expect(message).toContain('`redirect_uri`');
      expect(message).toContain(redirectUri);
    });

    it('is the URI’s if no server is known', () => {
      expect(expectedOf({ ...complete, redirect_uri: 'myapp://auth' }, {})).toMatchObject({
        redirectUri: 'myapp://auth',
      });
      expect(expectedOf({ response_type: 'code', state: 'sent' }, {})).not.toHaveProperty('redirectUri');
    });
  });

  describe('the response type', () => {
    it('is the URI’s, or with PAR and JAR the option’s or `code`', () => {
      expect(expectedOf({ ...complete, response_type: 'token' })).toMatchObject({ responseType: 'token' });
      expect(expectedOf({ request_uri: 'urn:a' })).toMatchObject({ responseType: 'code' });
      expect(expectedOf({ request_uri: 'urn:a' }, { ...offered, responseType: 'token' })).toMatchObject({
        responseType: 'token',
      });
    });

    it('may be stated by the option in another order, and not contradicted', () => {
      const params = { ...complete, response_type: 'code id_token' };
      expect(expectedOf(params, { ...offered, responseType: 'id_token code' })).toMatchObject({
        responseType: 'code id_token',
      });
      for (const responseType of ['code', 'token', 'code id_token token']) {
        expect(messageOf(uriWith(params), { ...offered, responseType })).toContain('`responseType` contradicts');
      }
    });

    it.each(['id_token', 'none'])('must bring a code or an access token, which %s does not', (response_type) => {
      expect(messageOf(uriWith({ ...complete, response_type }))).toContain('use `code`');
      expect(messageOf(uriWith({ request_uri: 'urn:a' }), { ...offered, responseType: response_type })).toContain(
        '`responseType`',
      );
    });

    it('must be there without PAR and JAR', () => {
      expect(messageOf(uriWith({ state: 'sent' }))).toContain(
        'neither `response_type`, nor `request_uri`, nor `request`',
      );
      expect(messageOf(uriWith({ state: 'sent' }), { ...offered, responseType: 'code' })).toContain('`response_type`');
    });
  });

  it('accepts the three response modes, and no other', () => {
    for (const response_mode of ['query', 'fragment', 'form_post', '']) {
      expect(expectedOf({ ...complete, response_mode })).toMatchObject({ state: 'sent' });
    }
    for (const response_mode of ['jwt', 'query.jwt', 'web_message', 'canary']) {
      expect(messageOf(uriWith({ ...complete, response_mode }))).toMatch(/`response_mode`(?!.*canary)/);
    }
  });

  it.each([
    'http://127.0.0.1:8080/a',
    'http://[::1]:8080/a',
    'http://localhost:8080/a',
    'http://as.localhost/a',
    'https://a/',
  ])('accepts the endpoint %s', (base) => {
    expect(readAuthorizationUri(`${base}?response_type=code&state=a`, {}).expected.state).toBe('a');
  });

  it.each([
    undefined,
    null,
    5,
    {},
    '',
    'canary',
    '/authorize?state=canary',
    'https://[?state=canary',
    'myapp://as?response_type=code&state=canary',
    'javascript:canary',
    'http://as.example.com/?response_type=code&state=canary',
    'http://192.168.1.1/?response_type=code&state=canary',
    `${endpoint}?response_type=code&state=canary#`,
    `${endpoint}?response_type=code&state=canary#state=canary`,
    `${endpoint}?response_type=code&state=canary&state=canary`,
    `${endpoint}?response_type=code&state=canary&%73tate=other`,
    `${endpoint}?response_type=code&response_type=code&state=canary`,
    `${endpoint}?response_type=code&state=canary&redirect_uri=${redirectUri}&redirect_uri=canary`,
    `${endpoint}?response_type=code&state=canary&code_challenge=canary&code_challenge=a`,
    `${endpoint}?request_uri=canary&request_uri=urn:a`,
    `${endpoint}?response_type=code&state=canary&redirect_uri=canary`,
    `${endpoint}?response_type=code&nonce=canary&code_challenge=canary`,
  ])('throws a TypeError that names `authorizationUri` and has no value of it (%#)', (uri) => {
    const message = messageOf(uri);
    expect(message).toContain('`authorizationUri`');
    expect(message).not.toContain('canary');
  });
});

describe('findLoopbackRedirectUri', () => {
  it.each([
    'http://127.0.0.1:5543/callback',
    'http://localhost:8080',
    'http://[::1]:1/cb?x=%7e',
    'HTTPS://LOCALHOST:5543/',
  ])('returns %s as text', (redirect_uri) => {
    expect(findLoopbackRedirectUri(uriWith({ ...complete, redirect_uri }))).toBe(redirect_uri);
    expect(findLoopbackRedirectUri(new URL(uriWith({ ...complete, redirect_uri })))).toBe(redirect_uri);
  });

  it.each(['https://app.example.com/cb', 'myapp://auth', 'http://0.0.0.0/', 'callback', ''])(
    'returns undefined for %j',
    (redirect_uri) => {
      expect(findLoopbackRedirectUri(uriWith({ ...complete, redirect_uri }))).toBeUndefined();
    },
  );

  it('throws a TypeError for what is no authorization URI', () => {
    for (const uri of ['', 'myapp://as', 'http://as.example.com/']) {
      expect(() => findLoopbackRedirectUri(uri)).toThrow(TypeError);
      expect(() => findLoopbackRedirectUri(uri)).toThrow('`authorizationUri`');
    }
  });
});
