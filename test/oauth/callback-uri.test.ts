import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { inspect } from 'node:util';
import { parseCallbackUri, readCallbackUri } from '#src/oauth/callback-uri.js';
import { validateResponse } from '#src/oauth/authorization-response.js';
import { LoginRequest } from '#src/oauth/login-request.js';
import type { GrantResponse } from '#src/oauth/grant-response.js';
import { AuthorizationError } from '#src/errors.js';
import { code, implicit, parse, rejected } from '../helpers/responses.js';

const callback = 'http://127.0.0.1:5543/callback';

describe('parseCallbackUri', () => {
  it('reads the example of RFC 6749, section 4.1.2', () => {
    const response = code('https://client.example.com/cb?code=SplxlOBeZQQYbYS6WxSbIA&state=xyz', { state: 'xyz' });
    expect(response.code).toBe('SplxlOBeZQQYbYS6WxSbIA');
    expect(response.state).toBe('xyz');
    expect(response.redirectUri).toBe('https://client.example.com/cb');
  });

  it('reads the example of RFC 6749, section 4.1.2.1', () => {
    const error = rejected('https://client.example.com/cb?error=access_denied&state=xyz', { state: 'xyz' });
    expect(error).toMatchObject({ code: 'ACCESS_DENIED', error: 'access_denied', state: 'xyz' });
  });

  it('reads the example of RFC 6749, section 4.2.2', () => {
    const response = implicit(
      'http://example.com/cb#access_token=2YotnFZFEjr1zCsicMWpAA&state=xyz&token_type=example&expires_in=3600',
      { state: 'xyz' },
    );
    expect(response).toMatchObject({
      accessToken: '2YotnFZFEjr1zCsicMWpAA',
      state: 'xyz',
      tokenType: 'example',
      expiresIn: 3600,
      scope: undefined,
    });
  });

  it('reads the example of RFC 6749, section 4.2.2.1', () => {
    const error = rejected('https://client.example.com/cb#error=access_denied&state=xyz', { state: 'xyz' });
    expect(error).toMatchObject({ code: 'ACCESS_DENIED', error: 'access_denied', state: 'xyz' });
  });

  it('reads the example of RFC 9207, section 2.1', () => {
    const uri =
      'https://client.example/cb?code=x1848ZT64p4IirMPT0R-X3141MFPTuBX-VFL_cvaplMH58&state=ZWVlNDBlYzA1NjdkMDNhYjg3ZjUxZjAyNGQzMTM2NzI&iss=https%3A%2F%2Fhonest.as.example';
    expect(code(uri, { issuer: 'https://honest.as.example' }).code).toBe(
      'x1848ZT64p4IirMPT0R-X3141MFPTuBX-VFL_cvaplMH58',
    );
    expect(rejected(uri, { issuer: 'https://attacker.example' }).code).toBe('ISSUER_MISMATCH');
  });

  it('reads the example of OpenID Connect Core, section 3.2.2.5', () => {
    const response = implicit(
      'https://client.example.org/cb#access_token=SlAV32hkKG&token_type=bearer&id_token=eyJ0.NiJ9.eyJ1&expires_in=3600&state=af0ifjsldkj',
      { state: 'af0ifjsldkj' },
    );
    expect(response.accessToken).toBe('SlAV32hkKG');
    expect(response.idToken).toBe('eyJ0.NiJ9.eyJ1');
  });

  it('reads a custom protocol, with and without slashes', () => {
    expect(implicit('myapp.auth://token#access_token=abc&state=xyz', { state: 'xyz' }).accessToken).toBe('abc');
    expect(implicit('com.example.app:/oauth#access_token=abc').accessToken).toBe('abc');
    expect(code('com.example.app:callback?code=abc').redirectUri).toBe('com.example.app:callback');
  });

  it('reads a URL as well as a string', () => {
    expect(code(new URL(`${callback}?code=abc`)).code).toBe('abc');
  });

  it('gives the grant the code verifier', () => {
    expect(code(`${callback}?code=abc`, { codeVerifier: 'v'.repeat(43) }).codeVerifier).toBe('v'.repeat(43));
    expect(code(`${callback}?code=abc`).codeVerifier).toBeUndefined();
  });

  it('keeps the time, the whole URI and every parameter', () => {
    const before = Date.now();
    const response = implicit(`${callback}#access_token=abc&refresh_token=r&account_id=7&__proto__=p&constructor=c`);
    expect(response.createdAt.getTime()).toBeGreaterThanOrEqual(before);
    expect(response.createdAt.getTime()).toBeLessThanOrEqual(Date.now());
    expect(response.uri.href).toBe(
      `${callback}#access_token=abc&refresh_token=r&account_id=7&__proto__=p&constructor=c`,
    );
    expect([...response.params.keys()]).toEqual([
      'access_token',
      'refresh_token',
      'account_id',
      '__proto__',
      'constructor',
    ]);
    expect(({} as Record<string, unknown>)['p']).toBeUndefined();
  });

  it('keeps values that contain =, /, + as %2B and dots whole', () => {
    expect(implicit(`${callback}#access_token=a/b%2Bc==&state=x=y`, { state: 'x=y' }).accessToken).toBe('a/b+c==');
    expect(implicit(`${callback}#access_token=eyJhbGciOiJub25lIn0.e30.&x=1`).accessToken).toBe(
      'eyJhbGciOiJub25lIn0.e30.',
    );
  });

  it('reads the query if query and fragment both hold a response, and never merges them', () => {
    const response = code(`${callback}?code=mine&state=xyz#access_token=theirs&scope=all&state=abc`, { state: 'xyz' });
    expect(response.code).toBe('mine');
    expect(response.params.has('access_token')).toBe(false);
    expect(response.params.has('scope')).toBe(false);
    expect(rejected(`${callback}?code=theirs#state=xyz`, { state: 'xyz' }).code).toBe('STATE_FOREIGN');
    expect(rejected(`${callback}?state=xyz#code=theirs`, { state: 'xyz' }).code).toBe('STATE_FOREIGN');
  });

  it('accepts the state of the query for a token in the fragment (Imgur)', () => {
    const response = implicit(`${callback}?state=xyz#access_token=abc&account_id=7`, { state: 'xyz' });
    expect(response).toMatchObject({ accessToken: 'abc', state: 'xyz' });
    expect(response.uri.href).toBe(`${callback}?state=xyz#access_token=abc&account_id=7`);
    expect(rejected(`${callback}?state=xyz#access_token=abc&state=theirs`, { state: 'xyz' }).code).toBe(
      'STATE_FOREIGN',
    );
  });

  it('reads the fragment if the query holds parameters of the app only, and ignores what Facebook appends', () => {
    expect(implicit(`${callback}?tab=1#access_token=abc`).params.has('tab')).toBe(false);
    expect(code(`${callback}?code=abc#_=_`).code).toBe('abc');
    expect(code(`${callback}?code=abc#`).code).toBe('abc');
  });

  it.each(['', '?', '#', '?#', '?a=b', '#a=b', '?state=xyz', '#state=xyz&token_type=bearer', '#expires_in=3600'])(
    'says that %j holds no response',
    (params) => {
      expect(rejected(callback + params, { state: 'xyz' }).code).toBe('RESPONSE_EMPTY');
    },
  );

  it.each([
    ['two states', 'code=abc&state=xyz&state=abc', 'RESPONSE_MALFORMED'],
    ['two codes', 'code=abc&code=def&state=xyz', 'RESPONSE_MALFORMED'],
    ['a code and an error', 'code=abc&error=access_denied&state=xyz', 'RESPONSE_MALFORMED'],
    ['only an ID token', 'id_token=abc&state=xyz', 'RESPONSE_MALFORMED'],
    ['a NUL in the code', 'code=a%00b&state=xyz', 'RESPONSE_MALFORMED'],
    ['a raw control character in any value', 'code=abc&x=\x1b&state=xyz', 'RESPONSE_MALFORMED'],
    ['a control character after the state', 'code=abc&state=xyz%00', 'STATE_FOREIGN'],
    ['an empty code', 'code=&state=xyz', 'RESPONSE_EMPTY'],
    ['a code[] instead of a code', 'code[]=abc&error=&state=xyz', 'RESPONSE_EMPTY'],
  ])('rejects %s, in the query and in the fragment', (_, params, expected) => {
    for (const separator of ['?', '#']) {
      const error = rejected(callback + separator + params, { state: 'xyz' });
      expect(error.code).toBe(expected);
      expect(error.message).not.toMatch(/abc|xyz|def/);
    }
  });

  it('accepts identical and unknown duplicates', () => {
    for (const params of [
      'code=abc&code=abc&state=xyz',
      'code=abc&state=xyz&state=xyz&state=',
      'code=abc&state=xyz&a=1&a=2',
    ]) {
      expect(code(`${callback}?${params}`, { state: 'xyz' }).code).toBe('abc');
    }
  });

  it('R28: throws without a state, unless `allowUnsolicited` is true', () => {
    const uri = `${callback}?code=abc&state=xyz`;
    for (const options of [
      undefined,
      {},
      { state: undefined },
      { state: '' },
      { state: null },
      { state: 5 },
      { allowUnsolicited: false },
      { redirectUri: callback },
      { state: '', allowUnsolicited: false },
    ]) {
      // A caller without types may give anything.
      const attempt = (): unknown => parseCallbackUri(uri, options as never);
      expect(attempt).toThrow(TypeError);
      expect(attempt).toThrow('`state`');
    }
    expect(parseCallbackUri(uri, { allowUnsolicited: true })).toMatchObject({ code: 'abc', state: 'xyz' });
    expect(parseCallbackUri(uri, { allowUnsolicited: true, state: undefined as never }).state).toBe('xyz');
    expect(() => parseCallbackUri(uri, { allowUnsolicited: true, state: 'other' })).toThrow(
      expect.objectContaining({ code: 'STATE_FOREIGN' }),
    );
    expect(() => parseCallbackUri(uri, { allowUnsolicited: 'yes' as never })).toThrow('`allowUnsolicited`');
  });

  it('names an option that does not exist, and suggests the right one', () => {
    for (const [name, similar] of [
      ['redirect_uri', 'redirectUri'],
      ['States', 'state'],
    ] as const) {
      const attempt = (): unknown => parseCallbackUri(callback, { state: 'xyz', [name]: 'x' });
      expect(attempt).toThrow(
        new TypeError(`\`parseCallbackUri\` has no option \`${name}\`. Did you mean \`${similar}\`?`),
      );
    }
  });

  it('accepts what `toExpected` of the request returns', () => {
    const request = new LoginRequest(callback, 'client', 'code', { issuer: 'https://as.example.com' });
    const uri = `${callback}?code=abc&state=${request.state}&iss=https://as.example.com`;
    expect(parseCallbackUri(uri, { ...request.toExpected(), allowUnsolicited: false })).toMatchObject({
      code: 'abc',
      codeVerifier: request.codeVerifier,
      redirectUri: callback,
    });
    expect(parseCallbackUri(uri, request.toExpected()).kind).toBe('code');
    expect(rejected(uri.replace('code=', 'token='), request.toExpected()).code).toBe('RESPONSE_MALFORMED');
  });

  it.each(['code=%E0%A4%A&state=xyz', 'access_token=%FF&state=xyz', 'token=a%C3&state=xyz'])(
    'rejects broken percent-encoding (%#)',
    (params) => {
      expect(rejected(`${callback}?${params}`, { state: 'xyz' }).code).toBe('RESPONSE_MALFORMED');
    },
  );

  it.each([
    '%E0%A4%A',
    '%',
    '%00',
    '%0d%0a',
    '%25',
    'xyz%',
    '+xyz',
    'xyz%20',
    'XYZ',
    'xy',
    '\u{1f4a5}',
    'x'.repeat(10_240),
  ])('accepts no other state (%#)', (state) => {
    for (const params of [`code=abc&state=${state}`, `error=access_denied&state=${state}`]) {
      expect(['STATE_FOREIGN', 'RESPONSE_MALFORMED']).toContain(
        rejected(`${callback}?${params}`, { state: 'xyz' }).code,
      );
    }
  });

  it('accepts a state of 10 KB, of Unicode and padded, if it is the same', () => {
    for (const state of ['s'.repeat(10_240), 'ключ-鍵-\u{1f511}', 'c3RhdGU==', ' xyz ']) {
      expect(code(`${callback}?${new URLSearchParams({ code: 'abc', state }).toString()}`, { state }).state).toBe(
        state,
      );
    }
  });

  it('counts an empty state as absent', () => {
    expect(rejected(`${callback}?code=abc`, { state: 'xyz' })).toMatchObject({ code: 'STATE_FOREIGN' });
    expect(rejected(`${callback}?code=abc&state=`, { state: 'xyz' })).toMatchObject({ code: 'STATE_FOREIGN' });
    expect(code(`${callback}?code=abc&state=`).state).toBeUndefined();
  });

  it('checks the state before the error, so that no page can end a sign-in', () => {
    expect(rejected(`${callback}?error=access_denied&state=abc`, { state: 'xyz' }).code).toBe('STATE_FOREIGN');
    expect(rejected(`${callback}#error=access_denied`, { state: 'xyz' }).code).toBe('STATE_FOREIGN');
  });

  it('requires an equal `iss` if an issuer is given, for errors too', () => {
    const issuer = 'https://as.example.com';
    const iss = encodeURIComponent(issuer);
    expect(code(`${callback}?code=abc&iss=${iss}`, { issuer }).code).toBe('abc');
    expect(code(`${callback}?code=abc&iss=${iss}`).code).toBe('abc');
    for (const params of [
      'code=abc',
      'code=abc&iss=',
      'code=abc&iss=https://evil.test',
      `code=abc&iss=${iss}/`,
      'error=access_denied',
    ]) {
      expect(rejected(`${callback}?${params}`, { issuer }).code).toBe('ISSUER_MISMATCH');
    }
  });

  it.each([
    ['another scheme', 'https://127.0.0.1:5543/callback?code=abc'],
    ['another host', 'http://localhost:5543/callback?code=abc'],
    ['another port', 'http://127.0.0.1:5544/callback?code=abc'],
    ['another path', 'http://127.0.0.1:5543/callback/?code=abc'],
    ['credentials', 'http://a@127.0.0.1:5543/callback?code=abc'],
  ])('rejects a response that arrived at %s than the redirect URI', (_, uri) => {
    for (const redirectUri of [callback, new URL(callback)]) {
      expect(rejected(uri, { redirectUri }).code).toBe('REDIRECT_URI_MISMATCH');
    }
    expect(rejected(uri.replace('code=abc', 'error=access_denied'), { redirectUri: callback }).code).toBe(
      'REDIRECT_URI_MISMATCH',
    );
  });

  it('compares redirect URIs as URIs, and gives the grant the exact text', () => {
    const redirectUri = 'HTTP://127.0.0.1:5543/callback';
    expect(code(`${callback}?code=abc`, { redirectUri }).redirectUri).toBe(redirectUri);
    expect(code('https://a.example:443/cb?x=1&code=abc', { redirectUri: 'https://a.example/cb?x=1' }).redirectUri).toBe(
      'https://a.example/cb?x=1',
    );
  });

  it('names `redirectUri` if it is not a URI', () => {
    for (const redirectUri of ['/callback', '', `${callback}#`, `${callback}?`, `${callback}?code=1`, 5]) {
      // A caller without types may give anything.
      const attempt = (): unknown => parse(`${callback}?code=abc`, { redirectUri: redirectUri as never });
      expect(attempt).toThrow(TypeError);
      expect(attempt).toThrow('`redirectUri`');
    }
  });

  it.each(['responseType', 'issuer', 'codeVerifier'])('names `%s` if it is no string', (name) => {
    // A caller without types may give anything.
    expect(() => parse(`${callback}?code=abc`, { [name]: ['code'] as never })).toThrow(
      new RegExp(`^\`${name}\` must be a string, not`),
    );
  });

  it.each([undefined, null, 5, {}, [], Symbol('uri'), () => callback])('names `uri` if it is no URI (%#)', (uri) => {
    // A caller without types may give anything.
    expect(() => parse(uri as never)).toThrow(TypeError);
    expect(() => parse(uri as never)).toThrow('`uri`');
  });

  it.each(['', '   ', '""', '<>', '/callback?code=abc', 'code=abc', '?code=abc', 'https://[?code=abc', 'http://'])(
    'rejects the text %j, without repeating it',
    (text) => {
      const error = rejected(text);
      expect(error.code).toBe('RESPONSE_MALFORMED');
      expect(error.message).toMatch(/it is empty|it is not a whole address/);
      expect(inspect(error, { showHidden: true })).not.toContain('abc');
    },
  );

  it.each([
    ['a full stop at the end of a code', `${callback}?code=abc.`, 'abc.'],
    ['`&amp;`', `${callback}?code=abc&amp;x=1`, 'abc'],
    ['quotes and parentheses', `${callback}?code="(abc)"`, '"(abc)"'],
    ['a space', `${callback}?code=a b`, 'a b'],
    ['zero width characters', `${callback}?code=a\u200bb\u2060`, 'a\u200bb\u2060'],
    ['a semicolon', `${callback}?code=abc;`, 'abc;'],
  ])('R40: takes %s as it is', (_, uri, expected) => {
    expect(code(uri).code).toBe(expected);
  });

  it.each([`"${callback}?code=abc"`, `see ${callback}?code=abc`, 'code=abc', '?code=abc', `<${callback}?code=abc>`])(
    'R40: finds no URI in the text %s, which is not pasted',
    (text) => {
      expect(rejected(text, { redirectUri: callback }).code).toMatch(/^(?:RESPONSE_MALFORMED|REDIRECT_URI_MISMATCH)$/);
    },
  );

  it.each([
    ['vscode://publisher.extension/callback?code%3Dabc%2B%26state%3Dxyz', 'abc+'],
    ['vscode://publisher.extension/callback?code%3Dabc%252B%26state%3Dxyz', 'abc%2B'],
    ['vscode://publisher.extension/callback?code%3Da%2Fb%26state%3Dxyz', 'a/b'],
    ['vscode://publisher.extension/callback#code%3dabc%26state%3dxyz', 'abc'],
  ])('reads %s, as `Uri.toString()` of VS Code encodes it', (uri, expected) => {
    const grant = code(uri, { state: 'xyz', redirectUri: 'vscode://publisher.extension/callback' });
    expect(grant.code).toBe(expected);
    expect(grant.state).toBe('xyz');
    expect([...grant.uri.searchParams]).toEqual([...grant.params]);
  });

  it('decodes nothing twice that has a parameter of its own', () => {
    expect(code(`${callback}?code=a%3Db%26c&state=xyz`).code).toBe('a=b&c');
    expect(rejected(`${callback}?code%3Dabc%26state%3D%E0%A4`).code).toBe('RESPONSE_EMPTY');
    expect(rejected(`${callback}?code%3Dabc%0A%26state%3Dxyz`).code).toBe('RESPONSE_MALFORMED');
  });

  const characters = 'a:/?#&=."( \n'.match(/[^]/g) ?? [];
  const texts = [...characters.flatMap((one) => characters.map((other) => one + other)), 'éa'];

  it.each([
    [256 * 1024, 'the longest that is read'],
    [1_000_000, 'which is no callback URI'],
  ])('R35: takes linear time for %d characters (%s), any two in turn', (length) => {
    let slowest = { milliseconds: 0, text: '' };
    for (const two of texts) {
      for (const before of ['', 'myapp.auth:?', 'http://', ' http:\t//xn--']) {
        const text = before + two.repeat((length - before.length) / 2);
        for (const isPasted of [false, true]) {
          const begin = process.cpuUsage();
          try {
            readCallbackUri(text, callback, isPasted);
          } catch (error) {
            expect(error).toBeInstanceOf(AuthorizationError);
          }
          const milliseconds = process.cpuUsage(begin).user / 1000;
          if (milliseconds > slowest.milliseconds) {
            slowest = { milliseconds, text: JSON.stringify([before, two, isPasted]) };
          }
        }
      }
    }
    // The bound is generous for slow machines; an expression that is not linear takes many seconds.
    expect({ ...slowest, isLinear: slowest.milliseconds < 500 }).toMatchObject({ isLinear: true });
  });

  describe('with a pasted URI', () => {
    const pastedCode = (text: string): unknown => readCallbackUri(text, callback, true).params.get('code');
    const pastedToken = (text: string): unknown => readCallbackUri(text, callback, true).params.get('access_token');
    const uri = `${callback}?code=abc&state=xyz`;

    it.each([
      ['blanks', `  ${uri}  `],
      ['a line break at the end', `${uri}\r\n`],
      ['line breaks of a terminal that wrapped it', `http://127.0.0.1:5543/call\r\nback?code=\n    abc&sta\nte=xyz`],
      ['no-break spaces and a byte order mark', `\ufeff\u00a0${uri}\u2028`],
      ['double quotes', `"${uri}"`],
      ['single quotes', `'${uri}'`],
      ['typographic double quotes', `“${uri}”`],
      ['typographic single quotes', `‘${uri}’`],
      ['backticks', `\`${uri}\``],
      ['angle brackets', `<${uri}>`],
      ['parentheses', `(${uri})`],
      ['several of them', `("<${uri}>")`],
      ['a closing quote alone', `${uri}"`],
      ['an opening quote alone', `"${uri}`],
      ['a full stop', `${uri}.`],
      ['a comma', `${uri},`],
      ['a semicolon', `${uri};`],
      ['quotes, then a full stop', `"${uri}".`],
      ['a full stop, then quotes', `"${uri}."`],
      ['angle brackets, then a comma', ` <${uri}>, `],
    ])('removes %s', (_, text) => {
      expect(pastedCode(text)).toBe('abc');
      expect(readCallbackUri(text, callback, true).uri.href).toBe(uri);
    });

    it('keeps the final full stop of an unsecured JWT, and removes that of the sentence', () => {
      expect(pastedToken(`${callback}#access_token=eyJhbGciOiJub25lIn0.e30.`)).toBe('eyJhbGciOiJub25lIn0.e30.');
      expect(pastedToken(`"${callback}#access_token=eyJhbGciOiJub25lIn0.e30."`)).toBe('eyJhbGciOiJub25lIn0.e30.');
      expect(pastedToken(`${callback}#access_token=eyJh.e30.c2ln.`)).toBe('eyJh.e30.c2ln');
    });

    it('keeps the parentheses at the end of a Stack Exchange token', () => {
      const uri = `${callback}#access_token=zPPlTBEe2kBgjXI8hkKzaw))`;
      for (const text of [uri, `"${uri}"`, `(${uri})`, `<${uri}>.`, `${uri}.`]) {
        expect(pastedToken(text)).toBe('zPPlTBEe2kBgjXI8hkKzaw))');
      }
    });

    it('keeps an apostrophe at the end of a value', () => {
      expect(pastedToken(`${callback}#access_token=abc'`)).toBe("abc'");
      expect(pastedToken(`'${callback}#access_token=abc''`)).toBe("abc'");
    });

    it('does not change a URL object', () => {
      expect(implicit(new URL(`${callback}#access_token=abc.`)).accessToken).toBe('abc.');
    });
  });

  it('returns a grant or throws an AuthorizationError for any text', () => {
    const part = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        'code',
        'state',
        'xyz',
        'access_token',
        'error',
        '=',
        '&',
        '?',
        '#',
        '%',
        '%00',
        '%E0',
        '"',
        '(',
        ')',
      ),
    );
    fc.assert(
      fc.property(fc.array(part), fc.boolean(), (parts, based) => {
        const text = (based ? `${callback}?` : '') + parts.join('');
        let response: GrantResponse | undefined;
        try {
          response = parseCallbackUri(text, { state: 'xyz' });
        } catch (error) {
          expect(error).toBeInstanceOf(AuthorizationError);
        }
        if (response !== undefined) expect(response.state).toBe('xyz');
      }),
      { numRuns: 2000 },
    );
  });
});

describe('readCallbackUri', () => {
  it('returns a URI that has only a state, so that the wait can end', () => {
    for (const uri of [`${callback}?state=xyz`, `${callback}#state=xyz`, new URL(`${callback}?state=xyz&a=b`)]) {
      expect(readCallbackUri(uri)).toMatchObject({ state: 'xyz', isEmpty: true });
    }
    expect(readCallbackUri(callback)).toMatchObject({ state: undefined, isEmpty: true });
  });

  it('says of a code alone what to paste instead', () => {
    for (const text of ['abc', '4/0AX4XfWh', 'SplxlOBeZQQYbYS6WxSbIA', 'Code: abc']) {
      expect(() => readCallbackUri(text, 'http://localhost:8080/cb')).toThrow(
        expect.objectContaining({
          code: 'RESPONSE_MALFORMED',
          message: expect.stringContaining('http://localhost:8080/cb?code=...&state=...'),
        }),
      );
    }
  });

  it('compares the query of the redirect URI with what was pasted', () => {
    const redirectUri = `${callback}?tenant=a`;
    const kindOf = (text: string): unknown =>
      validateResponse(readCallbackUri(text, redirectUri, true), { state: 'xyz', redirectUri });
    for (const text of [
      'code=abc&tenant=a&state=xyz',
      '?tenant=a&code=abc&state=xyz',
      '#code=abc&state=xyz',
      `${redirectUri}&code=abc&state=xyz`,
    ]) {
      expect(kindOf(text)).toMatchObject({ kind: 'grant', grant: { code: 'abc', redirectUri } });
    }
    for (const text of [`${callback}?tenant=b&code=abc&state=xyz`, `${callback}?code=abc&state=xyz`]) {
      expect(kindOf(text)).toMatchObject({ kind: 'error', rejection: 'wrong_redirect_uri' });
    }
  });
});
