import { describe, expect, it } from '@jest/globals';
import {
  isSameState,
  readResponse,
  validateResponse,
  type ExpectedRequest,
  type ReceivedResponse,
  type ValidationResult,
} from '#src/oauth/authorization-response.js';
import type { GrantResponse } from '#src/oauth/grant-response.js';
import { findProtocolParameter, isResponse } from '#src/oauth/response-parameters.js';
import { printed } from '../helpers/responses.js';

const callback = 'http://127.0.0.1:5543/callback';
const channels = ['query', 'fragment', 'form'] as const;

interface Checks extends Partial<ExpectedRequest> {
  readonly base?: string;
}

/** The result of a response to a request with the state `xyz`. */
function validate(
  parts: Parameters<typeof readResponse>[1],
  { base = callback, ...request }: Checks = {},
): ValidationResult {
  return validateResponse(readResponse(base, parts), { state: 'xyz', ...request });
}

function grantOf(result: ValidationResult): GrantResponse {
  if (result.kind === 'grant') return result.grant;
  throw result.error;
}

function idToken(claims: unknown): string {
  return `eyJhbGciOiJub25lIn0.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.`;
}

/** Every parameter of a callback URI, query before fragment. */
function paramsOfUri(uri: URL): [string, string][] {
  return [...uri.searchParams, ...new URLSearchParams(uri.hash.slice(1))];
}

describe('isResponse', () => {
  it.each([
    'code=a',
    'error=a',
    'error_code=1',
    'access_token=a',
    'token=a',
    'id_token=a',
    'a=b&code=c',
    'code=&code=a',
  ])('sees one in %j', (text) => {
    expect(isResponse(new URLSearchParams(text))).toBe(true);
  });

  it.each(['', 'state=a', 'a=b', 'Code=a', 'code[]=a', 'code=', 'scope=code', '__proto__=a', 'toString=a'])(
    'sees none in %j',
    (text) => {
      expect(isResponse(new URLSearchParams(text))).toBe(false);
    },
  );
});

describe('isSameState', () => {
  it('compares whole texts', () => {
    expect(isSameState('xyz', 'xyz')).toBe(true);
    for (const other of [undefined, '', 'xy', 'xyzz', 'XYZ', 'xyz ']) expect(isSameState(other, 'xyz')).toBe(false);
  });
});

describe('findProtocolParameter', () => {
  it.each(['code', 'state', 'error', 'error_code', 'iss', 'token', 'access_token', 'scope', 'expires', 'id_token'])(
    'finds %s in a redirect URI’s query',
    (name) => {
      expect(findProtocolParameter(new URLSearchParams(`a=b&${name}=`))).toBe(name);
    },
  );

  it('finds none among the parameters of an app', () => {
    expect(findProtocolParameter(new URLSearchParams('a=b&tenant=x&codes=1&state%5B%5D=2'))).toBeUndefined();
  });
});

describe('readResponse', () => {
  it.each(channels)('R30: holds the same parameters in `params` and in `uri`, by %s', (channel) => {
    for (const text of [
      'code=a&state=b',
      'code=a+b%20c%2Bd&state=%F0%9F%92%A5',
      '?code=a&state=b',
      '#code=a&state=b',
      'code=a#b&state="<>`\'{}|\\^',
      'code=ключ&state=%',
      'code=a&&=&state',
      '%63ode=a&state=%E0%A4%A',
    ]) {
      const { params, uri } = readResponse(callback, { [channel]: text });
      expect([...params]).toEqual(paramsOfUri(uri));
      expect(uri.origin + uri.pathname).toBe(callback);
      expect([uri.hash === '', uri.search === '']).toEqual(
        channel === 'fragment' && params.size > 0 && uri.hash !== '' ? [false, true] : [true, false],
      );
    }
  });

  it.each(['query', 'form'] as const)('puts a %s into the query of the URI', (channel) => {
    const text = 'code=a%20b&state=c&x=%2F';
    expect(readResponse(callback, { [channel]: text }).uri.href).toBe(`${callback}?${text}`);
  });

  it('keeps a fragment in the fragment of the URI', () => {
    const text = 'access_token=a/b==&state=c';
    expect(readResponse(callback, { fragment: text }).uri.href).toBe(`${callback}#${text}`);
  });

  it('R15: prefers the query if both hold a response, and mixes nothing', () => {
    const received = readResponse(callback, { query: 'code=a', fragment: 'access_token=b&state=xyz&scope=all' });
    expect([...received.params]).toEqual([['code', 'a']]);
    expect(received.uri.href).toBe(`${callback}?code=a`);
    expect(received.state).toBeUndefined();
  });

  it('R15: uses the state of the query for a token in a fragment that has none (Imgur, Trello)', () => {
    for (const token of ['access_token', 'token']) {
      const received = readResponse(callback, { query: 'tab=1&state=xyz', fragment: `${token}=b&expires_in=5` });
      expect([...received.params]).toEqual([
        ['state', 'xyz'],
        [token, 'b'],
        ['expires_in', '5'],
      ]);
      expect(received.uri.href).toBe(`${callback}?state=xyz#${token}=b&expires_in=5`);
      expect(received.state).toBe('xyz');
    }
  });

  it('R15: uses the state of the query for nothing else', () => {
    for (const fragment of ['code=b', 'id_token=a', 'access_token=b&state=theirs']) {
      expect(readResponse(callback, { query: 'state=xyz', fragment }).state).not.toBe('xyz');
    }
    expect(readResponse(callback, { query: 'code=a', fragment: 'state=xyz' }).state).toBeUndefined();
    expect(readResponse(callback, { query: 'state=a&state=b', fragment: 'access_token=c' }).state).toBeUndefined();
  });

  it('R15: uses the state of the query for an error in the fragment that has none', () => {
    const received = readResponse(callback, { query: 'state=xyz', fragment: 'error=access_denied' });
    expect(received.state).toBe('xyz');
    expect([...received.params]).toEqual([
      ['state', 'xyz'],
      ['error', 'access_denied'],
    ]);
    expect(validateResponse(received, { state: 'xyz' })).toMatchObject({
      kind: 'error',
      error: { code: 'ACCESS_DENIED', state: 'xyz' },
    });
    expect(readResponse(callback, { query: 'state=xyz', fragment: 'error=e&state=theirs' }).state).toBe('theirs');
  });

  it('R30: moves a code from the fragment to the query, where SDKs read it', () => {
    const { uri, params } = readResponse(`${callback}?tenant=1`, { fragment: 'code=a%2Bb&state=xyz&iss=i' });
    expect(uri.href).toBe(`${callback}?code=a%2Bb&state=xyz&iss=i`);
    expect(Object.fromEntries(params)).toEqual({ code: 'a+b', state: 'xyz', iss: 'i' });
    for (const fragment of ['code=a&id_token=b&state=x', 'access_token=a&state=x', 'code=a&access_token=b&state=x']) {
      expect(readResponse(callback, { fragment }).uri.href).toBe(`${callback}#${fragment}`);
    }
  });

  it('takes `consent_required` for a denial, unless the request sent `prompt=none`', () => {
    const received = readResponse(callback, { query: 'error=consent_required&state=xyz' });
    const codeOf = (prompt?: string): unknown => {
      const result = validateResponse(received, { state: 'xyz', prompt });
      return result.kind === 'error' && result.error.code;
    };
    expect([codeOf(), codeOf('consent'), codeOf('none')]).toEqual([
      'ACCESS_DENIED',
      'ACCESS_DENIED',
      'AUTHORIZATION_FAILED',
    ]);
  });

  it('R15: reads the query of a form post if that holds the response, and nothing of the body', () => {
    const received = readResponse(callback, { query: 'code=a&state=xyz', form: 'password=canary&state=theirs' });
    expect([...received.params]).toEqual([
      ['code', 'a'],
      ['state', 'xyz'],
    ]);
    expect(received.uri.href).not.toContain('canary');
    expect(readResponse(callback, { query: 'tab=1&state=x', form: 'code=b&state=xyz' }).uri.href).toBe(
      `${callback}?code=b&state=xyz`,
    );
  });

  it('finds the state of a part that holds no response', () => {
    for (const parts of [
      { query: 'state=xyz' },
      { query: 'state=xyz', fragment: 'a=b' },
      { fragment: 'state=xyz&token_type=bearer' },
      { query: 'a=b', fragment: 'state=xyz' },
      { form: 'state=xyz' },
    ]) {
      expect(readResponse(callback, parts)).toMatchObject({ state: 'xyz', isEmpty: true, problem: undefined });
    }
    expect(readResponse(callback, {})).toMatchObject({ state: undefined, isEmpty: true, hasError: false });
  });

  it('has no state if there are two, and counts an empty one as absent', () => {
    expect(readResponse(callback, { query: 'code=a&state=x&state=y' }).state).toBeUndefined();
    expect(readResponse(callback, { query: 'code=a&state=x&%73tate=y' }).state).toBeUndefined();
    expect(readResponse(callback, { query: 'code=a&state=' }).state).toBeUndefined();
    expect(readResponse(callback, { query: 'code=a&state=&state=x&state=x' }).state).toBe('x');
  });

  it('knows whether the provider reports an error', () => {
    for (const query of ['error=a', 'error_code=1&error_message=b', 'error=a&code=b']) {
      expect(readResponse(callback, { query }).hasError).toBe(true);
    }
    for (const query of ['code=a', 'error=', 'error_description=a', 'code=a&error_code=0']) {
      expect(readResponse(callback, { query }).hasError).toBe(false);
    }
  });
});

describe('validateResponse', () => {
  const unexpected = (parts: Parameters<typeof readResponse>[1], expected?: 'used'): ValidationResult =>
    validateResponse(readResponse(callback, parts), expected);

  it.each(channels)('R1: rejects a foreign and a missing state in every response, by %s', (channel) => {
    for (const text of [
      'code=abc',
      'access_token=abc',
      'error=access_denied',
      'code=a&code=b',
      'code=a&error=b',
      'id_token=a',
    ]) {
      expect(unexpected({ [channel]: `${text}&state=theirs` })).toMatchObject({
        kind: 'rejected',
        reason: 'state_foreign',
        error: { code: 'STATE_FOREIGN', error: undefined, state: undefined },
      });
      expect(unexpected({ [channel]: text })).toMatchObject({ kind: 'rejected', reason: 'state_foreign' });
    }
    expect(unexpected({ [channel]: 'state=theirs' })).toMatchObject({ reason: 'state_foreign' });
  });

  it('R2: rejects a state that was used, and ends nothing', () => {
    for (const query of ['code=abc&state=xyz', 'error=access_denied&state=xyz', 'state=xyz']) {
      expect(unexpected({ query }, 'used')).toMatchObject({
        kind: 'rejected',
        reason: 'state_used',
        error: { code: 'STATE_USED' },
      });
    }
    expect(
      validateResponse(readResponse(callback, { query: 'code=a&state=b' }), 'used', { allowUnsolicited: true }),
    ).toMatchObject({ reason: 'state_used' });
  });

  it('says of a response without a state that it is empty, or has two of them', () => {
    expect(unexpected({})).toMatchObject({ kind: 'rejected', reason: 'empty', error: { code: 'RESPONSE_EMPTY' } });
    expect(unexpected({ query: 'a=b' })).toMatchObject({ kind: 'rejected', reason: 'empty' });
    expect(unexpected({ query: 'code=a&state=x&state=y' })).toMatchObject({ kind: 'rejected', reason: 'malformed' });
  });

  it('accepts a response to no request only with `allowUnsolicited`, and nothing malformed', () => {
    const accept = (query: string): ValidationResult =>
      validateResponse(readResponse(callback, { query }), undefined, { allowUnsolicited: true, redirectUri: callback });
    expect(accept('code=abc')).toMatchObject({ kind: 'grant', grant: { redirectUri: callback } });
    expect(accept('access_token=abc&state=any').kind).toBe('grant');
    expect(accept('error=access_denied')).toMatchObject({ kind: 'error', error: { code: 'ACCESS_DENIED' } });
    expect(accept('code=abc&code=def')).toMatchObject({ kind: 'rejected', reason: 'malformed' });
    expect(accept('code=abc&state=x&state=y')).toMatchObject({ kind: 'rejected', reason: 'malformed' });
    expect(accept('state=abc')).toMatchObject({ kind: 'rejected', reason: 'empty' });
    expect(
      validateResponse(readResponse('http://127.0.0.1:1/', { query: 'code=a' }), undefined, {
        allowUnsolicited: true,
        redirectUri: callback,
      }),
    ).toMatchObject({ kind: 'rejected', reason: 'wrong_redirect_uri' });
  });

  it.each([
    ['two codes', 'code=abc&code=def'],
    ['two codes, one percent-encoded', 'code=abc&%63ode=def'],
    ['two tokens', 'access_token=abc&access_token=def'],
    ['two errors', 'error=abc&error=def'],
    ['two scopes', 'access_token=abc&scope=a&scope=b'],
    ['two lifetimes', 'access_token=abc&expires_in=1&expires_in=2'],
    ['two issuers', 'code=abc&iss=a&iss=b'],
    ['a code and an error', 'code=abc&error=access_denied'],
    ['a token and an error', 'access_token=abc&error=access_denied'],
    ['two different codes of an error', 'error_code=100&error_code=200'],
    ['only an ID token', 'id_token=abc'],
    ['a NUL in the code', 'code=a%00b'],
    ['a line break in the code', 'code=a%0d%0aSet-Cookie:%20a=b'],
    ['a line break in the token', 'access_token=a%0Ab'],
    ['a control character in the token’s alias', 'token=a%7Fb'],
    ['a C1 control character in the token', 'access_token=a%C2%9Bb'],
    ['a control character in the ID token', 'code=abc&id_token=a%1Bb'],
    ['broken percent-encoding in the code', 'code=%E0%A4%A'],
    ['broken percent-encoding in the token', 'access_token=%FF'],
  ])('R15, R26: ends the wait as malformed if there are %s', (_, text) => {
    for (const channel of channels) {
      const result = validate({ [channel]: `${text}&state=xyz` });
      expect(result).toMatchObject({
        kind: 'error',
        rejection: 'malformed',
        error: { code: 'RESPONSE_MALFORMED', state: 'xyz', error: undefined },
      });
      expect(result.kind === 'error' && result.error.message).not.toMatch(/abc|xyz|def/);
    }
  });

  it.each(['\0', '\t', '\n', '\r', '\x1b', '\x7f', '\x9b'])(
    'R30: ends the wait as malformed if any value contains %j without percent-encoding',
    (character) => {
      for (const channel of channels) {
        for (const text of [
          `code=a${character}b&state=xyz`,
          `code=a&x=${character}&state=xyz`,
          `code=a&state=xyz${character}&state=xyz`,
        ]) {
          expect(
            validate({ [channel]: text }, { state: readResponse(callback, { [channel]: text }).state ?? 'xyz' }),
          ).toMatchObject({
            rejection: 'malformed',
          });
        }
      }
      expect(validate({ query: `state=xyz&a=${character}`, fragment: 'access_token=b' })).toMatchObject({
        rejection: 'malformed',
      });
    },
  );

  it.each([
    ['two equal codes', 'code=abc&code=abc'],
    ['two equal states', 'code=abc&state=xyz'],
    ['two of an unknown parameter', 'code=abc&a=1&a=2&__proto__=1&__proto__=2'],
    ['an empty copy of a parameter', 'code=&code=abc&state=&error=&iss='],
    ['names with brackets', 'code=abc&code[]=def&state[]=theirs&error[]=x'],
    ['control characters in a value that is not of the protocol', 'code=abc&x=a%0Db'],
    ['a number of an error that did not happen', 'code=abc&error_code=0'],
  ])('R15: accepts %s', (_, text) => {
    for (const channel of channels) {
      expect(grantOf(validate({ [channel]: `${text}&state=xyz` }))).toMatchObject({ kind: 'code', code: 'abc' });
    }
  });

  it.each(['code[]=abc', 'code[0]=abc', 'CODE=abc', 'access_token[]=abc', 'code=', 'error=', ''])(
    'R26: ends the wait as empty if there is only the state and %j',
    (text) => {
      for (const channel of channels) {
        expect(validate({ [channel]: `state=xyz&${text}` })).toMatchObject({
          kind: 'error',
          rejection: 'empty',
          error: { code: 'RESPONSE_EMPTY', state: 'xyz' },
        });
      }
    },
  );

  it.each([
    ['code', 'access_token=abc', false],
    ['token', 'code=abc', false],
    ['token', 'code=abc&access_token=def', false],
    ['id_token token', 'code=abc', false],
    ['code id_token', 'access_token=abc', false],
    ['code token', 'access_token=abc', false],
    ['code', 'code=abc', true],
    ['token', 'access_token=abc', true],
    ['token', 'token=abc', true],
    ['id_token token', 'access_token=abc&id_token=def', true],
    ['code token', 'code=abc&access_token=def', true],
    ['code id_token', 'code=abc&id_token=def', true],
    ['some_extension', 'code=abc', true],
    [undefined, 'access_token=abc', true],
  ])('to a request for %j accepts %j: %j', (responseType, text, isAccepted) => {
    const result = validate({ query: `${text}&state=xyz` }, { responseType });
    expect(result.kind).toBe(isAccepted ? 'grant' : 'error');
    if (!isAccepted) expect(result).toMatchObject({ rejection: 'malformed', error: { code: 'RESPONSE_MALFORMED' } });
  });

  it('gives the grant the redirect URI of the request as exact text, and the verifier', () => {
    const request = { redirectUri: 'HTTP://127.0.0.1:5543/callback', codeVerifier: 'v'.repeat(43) };
    expect(grantOf(validate({ query: 'code=abc&state=xyz' }, request))).toMatchObject(request);
  });

  describe('of the redirect URI (R25)', () => {
    const query = 'code=abc&state=xyz';
    it.each([
      [callback, callback],
      ['http://127.0.0.1:5543/callback', 'HTTP://127.0.0.1:5543/callback'],
      ['http://localhost/', 'http://localhost:80'],
      ['https://app.example:443/cb', 'https://APP.example/cb'],
      ['myapp://auth/', 'myapp://auth'],
      ['myapp://auth', 'myapp://auth/'],
      ['myapp://auth', 'MyApp://Auth'],
      ['com.example.app:/oauth', 'com.example.app:/oauth'],
      ['com.example.app:oauth', 'com.example.app:oauth'],
    ])('accepts what arrived at %s if it is %s', (base, redirectUri) => {
      for (const channel of channels) {
        expect(grantOf(validate({ [channel]: query }, { base, redirectUri })).redirectUri).toBe(redirectUri);
      }
    });

    it.each([
      ['another scheme', 'https://127.0.0.1:5543/callback'],
      ['another host', 'http://localhost:5543/callback'],
      ['another port', 'http://127.0.0.1:5544/callback'],
      ['another path', 'http://127.0.0.1:5543/callback/'],
      ['another case of the path', 'http://127.0.0.1:5543/Callback'],
      ['credentials', 'http://a@127.0.0.1:5543/callback'],
      ['a custom protocol', 'myapp://auth'],
      ['a query', 'http://127.0.0.1:5543/callback?provider=a'],
      ['no URI at all', 'callback'],
    ])('ends the wait if the request’s has %s', (_, redirectUri) => {
      for (const channel of channels) {
        for (const text of [query, 'error=access_denied&state=xyz', 'code=a&code=b&state=xyz', 'state=xyz']) {
          expect(validate({ [channel]: text }, { redirectUri })).toMatchObject({
            kind: 'error',
            rejection: 'wrong_redirect_uri',
            error: { code: 'REDIRECT_URI_MISMATCH', state: 'xyz', error: undefined },
          });
        }
      }
    });

    it('compares the redirect URI’s own query, in any order, with what arrived', () => {
      const redirectUri = `${callback}?provider=a&tenant=b%20c`;
      expect(validate({ query: `tenant=b+c&${query}&provider=a` }, { redirectUri }).kind).toBe('grant');
      for (const own of [
        '',
        'provider=a',
        'provider=b&tenant=b+c',
        'provider=a&tenant=b+c&provider=x',
        'provider=a&tenant=',
      ]) {
        expect(validate({ query: `${own}&${query}` }, { redirectUri })).toMatchObject({
          rejection: 'wrong_redirect_uri',
        });
      }
      // By fragment and by form, the query arrives in addition to the response.
      for (const channel of ['fragment', 'form'] as const) {
        const arrived = { query: 'provider=a&tenant=b+c', [channel]: query };
        expect(validate(arrived, { redirectUri }).kind).toBe('grant');
        expect(validate({ ...arrived, query: 'provider=b' }, { redirectUri })).toMatchObject({
          rejection: 'wrong_redirect_uri',
        });
      }
    });

    it('uses the query of the address if no other is known, and rejects it at a request that has none', () => {
      const base = `${callback}?provider=honest`;
      expect(validate({ fragment: query }, { base, redirectUri: base }).kind).toBe('grant');
      for (const channel of ['query', 'fragment', 'form'] as const) {
        const parts = { query: 'provider=honest', [channel]: `provider=honest&${query}` };
        expect(validate(parts, { base, redirectUri: base }).kind).toBe('grant');
        expect(validate(parts, { base, redirectUri: callback })).toMatchObject({ rejection: 'wrong_redirect_uri' });
        expect(validate(parts, { base, redirectUri: `${callback}?provider=attacker` })).toMatchObject({
          rejection: 'wrong_redirect_uri',
        });
      }
    });

    it('is compared with the server’s if the request has none', () => {
      const received = readResponse('http://127.0.0.1:5544/callback', { query });
      expect(validateResponse(received, { state: 'xyz' }, { redirectUri: callback })).toMatchObject({
        rejection: 'wrong_redirect_uri',
      });
      expect(validateResponse(received, { state: 'xyz' }).kind).toBe('grant');
    });
  });

  describe('of the issuer (R22)', () => {
    const issuer = 'https://as.example.com';
    const iss = encodeURIComponent(issuer);

    it('accepts the expected `iss`, also of an error and with an encrypted ID token', () => {
      expect(validate({ query: `code=abc&state=xyz&iss=${iss}` }, { issuer }).kind).toBe('grant');
      expect(validate({ query: `code=abc&state=xyz&iss=${iss}&id_token=a.b.c.d.e` }, { issuer }).kind).toBe('grant');
      expect(validate({ query: `error=access_denied&state=xyz&iss=${iss}` }, { issuer })).toMatchObject({
        error: { code: 'ACCESS_DENIED' },
      });
      expect(validate({ query: 'code=abc&state=xyz&iss=https://evil.test' }).kind).toBe('grant');
    });

    it('accepts an ID token of that issuer instead', () => {
      const token = idToken({ iss: issuer, sub: 'ключ' });
      for (const text of [`code=abc&id_token=${token}`, `access_token=abc&id_token=${token}`]) {
        expect(validate({ fragment: `${text}&state=xyz` }, { issuer }).kind).toBe('grant');
      }
    });

    it.each([
      'code=abc',
      'code=abc&iss=',
      'code=abc&iss=https://evil.test',
      'error=access_denied',
      'error=access_denied&iss=https://evil.test',
      'error_code=1',
      `code=abc&id_token=${idToken({ iss: 'https://evil.test' })}`,
      `code=abc&iss=${iss}&id_token=${idToken({ iss: 'https://evil.test' })}`,
      `code=abc&iss=https://evil.test&id_token=${idToken({ iss: issuer })}`,
      `code=abc&id_token=${idToken({ iss: 5 })}`,
      `code=abc&id_token=${idToken(null)}`,
      `code=abc&id_token=${idToken([issuer])}`,
      'code=abc&id_token=e30',
      'code=abc&id_token=e30.e30.',
      'code=abc&id_token=a.b.c.d.e',
      `code=abc&id_token=..${iss}`,
    ])('ends the wait with ISSUER_MISMATCH for %j', (text) => {
      for (const channel of channels) {
        const result = validate({ [channel]: `${text}&state=xyz` }, { issuer });
        expect(result).toMatchObject({
          kind: 'error',
          rejection: 'wrong_issuer',
          error: { code: 'ISSUER_MISMATCH', error: undefined, state: 'xyz' },
        });
        expect(result.kind === 'error' && result.error.message).not.toContain('evil');
      }
    });

    it('says that only a slash at the end is different', () => {
      const messageOf = (text: string, expected: string): unknown => {
        const result = validate({ query: `code=abc&state=xyz&${text}` }, { issuer: expected });
        return result.kind === 'error' && [result.error.code, result.error.message];
      };
      const withSlash = ['ISSUER_MISMATCH', expect.stringContaining('give `issuer` with the slash')];
      expect(messageOf(`iss=${iss}/`, issuer)).toEqual(withSlash);
      expect(messageOf(`iss=${iss}`, `${issuer}/`)).toEqual([
        'ISSUER_MISMATCH',
        expect.stringContaining('give `issuer` without it'),
      ]);
      expect(messageOf(`id_token=${idToken({ iss: `${issuer}/` })}`, issuer)).toEqual(withSlash);
      // The advice works.
      expect(messageOf(`iss=${iss}/`, `${issuer}/`)).toBe(false);
      const other = ['ISSUER_MISMATCH', expect.not.stringContaining('slash')];
      expect(messageOf('iss=https://evil.test', issuer)).toEqual(other);
      expect(messageOf(`iss=${iss}&id_token=${idToken({ iss: 'https://evil.test' })}`, issuer)).toEqual(other);
      expect(messageOf('a=b', issuer)).toEqual(['ISSUER_MISMATCH', expect.stringContaining('`iss`')]);
    });
  });

  it.each([
    'invalid_request',
    'unauthorized_client',
    'access_denied',
    'unsupported_response_type',
    'invalid_scope',
    'server_error',
    'temporarily_unavailable',
    'login_required',
    '<script>alert(1)</script>',
  ])('passes the error %j on', (error) => {
    const params = new URLSearchParams({
      error,
      error_description: '<script>alert(1)</script>',
      error_uri: 'javascript:alert(1)',
      state: 'xyz',
    });
    const result = validate({ query: params.toString() });
    expect(result).toMatchObject({
      kind: 'error',
      error: {
        code: error === 'access_denied' ? 'ACCESS_DENIED' : 'AUTHORIZATION_FAILED',
        error,
        errorDescription: '<script>alert(1)</script>',
        errorUri: 'javascript:alert(1)',
        state: 'xyz',
      },
    });
    expect(result).not.toHaveProperty('rejection');
    expect(result.kind === 'error' && result.error.message).not.toContain('<script');
    expect(result.kind === 'error' && result.error.params.toString()).toBe(params.toString());
  });

  it.each(['access_denied', 'user_cancelled_login', 'user_cancelled_authorize', 'user_canceled', 'user_denied'])(
    'knows %s as a denial',
    (error) => {
      expect(validate({ query: `error=${error}&state=xyz` })).toMatchObject({
        error: { code: 'ACCESS_DENIED', error },
      });
    },
  );

  it('passes an error on for every response type', () => {
    for (const responseType of ['code', 'token', 'id_token token', 'code token']) {
      expect(validate({ query: 'error=server_error&state=xyz' }, { responseType })).toMatchObject({
        error: { code: 'AUTHORIZATION_FAILED', error: 'server_error' },
      });
    }
  });

  it('knows Facebook’s error, which has no `error`', () => {
    const query = 'error_code=1349126&error_message=App%20not%20active&state=xyz';
    const result = validate({ query, fragment: '_=_' });
    expect(result).toMatchObject({
      kind: 'error',
      error: { code: 'AUTHORIZATION_FAILED', error: '1349126', errorDescription: 'App not active', state: 'xyz' },
    });
    expect(result).not.toHaveProperty('rejection');
  });

  it('accepts the line breaks of Entra’s description, and replaces them', () => {
    const query = 'error=invalid_request&error_description=AADSTS1%3a+Bad.%0d%0aTrace+ID%3a+5%1b%5b2J&state=xyz';
    expect(validate({ query })).toMatchObject({
      error: { code: 'AUTHORIZATION_FAILED', errorDescription: 'AADSTS1: Bad. Trace ID: 5\ufffd[2J' },
    });
  });

  it('R26: ends the wait in the order redirect URI, form, issuer, error', () => {
    const checks = { redirectUri: 'http://127.0.0.1:1/', issuer: 'https://as.example.com' };
    expect(validate({ query: 'code=a&code=b&state=xyz' }, checks)).toMatchObject({ rejection: 'wrong_redirect_uri' });
    const { issuer } = checks;
    expect(validate({ query: 'code=a&code=b&state=xyz' }, { issuer })).toMatchObject({ rejection: 'malformed' });
    expect(validate({ query: 'state=xyz' }, { issuer })).toMatchObject({ rejection: 'empty' });
    expect(validate({ query: 'error=access_denied&state=xyz' }, { issuer })).toMatchObject({
      rejection: 'wrong_issuer',
    });
  });

  it('R9: says what happened and what to do, and repeats no value', () => {
    const texts = [
      'code=canary',
      'code=canary&code=canary2',
      'error=canary&code=canary',
      'iss=canary&code=canary',
      'id_token=canary',
      '',
    ];
    const checks: (ExpectedRequest | 'used' | undefined)[] = [
      undefined,
      'used',
      { state: 'canary' },
      { state: 'canary', issuer: 'https://as.example.com' },
      { state: 'canary', responseType: 'token' },
      { state: 'canary', redirectUri: 'http://127.0.0.1:1/' },
    ];
    for (const text of texts) {
      for (const expected of checks) {
        const received: ReceivedResponse = readResponse(callback, { query: `${text}&state=canary` });
        const result = validateResponse(received, expected);
        if (result.kind === 'grant') continue;
        expect(result.error.message).toMatch(/^The authorization response was rejected: .+\. [A-Z].+\.$/);
        expect(printed(result.error)).not.toContain('canary');
      }
    }
  });
});

describe('validateResponse, in its details', () => {
  it.each(['not_access_denied', 'access_denied_by_policy', 'user_cancelled!', 'User_denied'])(
    'calls %j no denial by the user',
    (error) => {
      const result = validate({ query: `error=${error}&state=xyz` });
      expect(result).toMatchObject({ kind: 'error', error: { code: 'AUTHORIZATION_FAILED', error } });
    },
  );

  it.each([
    ['invalid_scope', 'reported an error (invalid_scope):'],
    ['Invalid%20scope', 'reported an error:'],
    ['%3Cb%3E', 'reported an error:'],
    ['a'.repeat(51), 'reported an error:'],
  ])('repeats the error code %j in the message only if it is a word', (error, words) => {
    const result = validate({ query: `error=${error}&state=xyz` });
    expect(result.kind === 'error' && result.error.message).toContain(words);
  });

  it('reads an error that comes with an ID token', () => {
    const result = validate({ query: `error=access_denied&id_token=${idToken({})}&state=xyz` });
    expect(result).toMatchObject({ kind: 'error', error: { code: 'ACCESS_DENIED' } });
  });

  it('keeps the parameters of a foreign response', () => {
    const result = validateResponse(readResponse(callback, { query: 'code=abc&state=theirs' }), undefined);
    expect(result.kind === 'rejected' && [...result.error.params]).toEqual([
      ['code', 'abc'],
      ['state', 'theirs'],
    ]);
  });

  it('compares the values of the redirect URI’s own query without their order', () => {
    const base = `${callback}?tenant=a&tenant=b`;
    const query = 'tenant=b&tenant=a&code=abc&state=xyz';
    expect(validate({ query }, { base: callback, redirectUri: base }).kind).toBe('grant');
    expect(validate({ query: query.replace('tenant=b', 'tenant=c') }, { redirectUri: base })).toMatchObject({
      rejection: 'wrong_redirect_uri',
    });
  });
});
