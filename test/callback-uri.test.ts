import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { inspect } from 'node:util';
import { parseCallbackUri } from '#src/oauth/callback-uri.js';
import type { GrantResponse } from '#src/oauth/grant-response.js';
import { AuthorizationError } from '#src/errors.js';
import { code, implicit, refused } from './helpers/responses.js';

const callback = 'http://127.0.0.1:5543/callback';

describe('parseCallbackUri', () => {
  it('reads the example of RFC 6749, section 4.1.2', () => {
    const response = code('https://client.example.com/cb?code=SplxlOBeZQQYbYS6WxSbIA&state=xyz', { state: 'xyz' });
    expect(response.code).toBe('SplxlOBeZQQYbYS6WxSbIA');
    expect(response.state).toBe('xyz');
    expect(response.redirectUri).toBe('https://client.example.com/cb');
  });

  it('reads the example of RFC 6749, section 4.1.2.1', () => {
    const error = refused('https://client.example.com/cb?error=access_denied&state=xyz', { state: 'xyz' });
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
    const error = refused('https://client.example.com/cb#error=access_denied&state=xyz', { state: 'xyz' });
    expect(error).toMatchObject({ code: 'ACCESS_DENIED', error: 'access_denied', state: 'xyz' });
  });

  it('reads the example of RFC 9207, section 2.1', () => {
    const uri =
      'https://client.example/cb?code=x1848ZT64p4IirMPT0R-X3141MFPTuBX-VFL_cvaplMH58&state=ZWVlNDBlYzA1NjdkMDNhYjg3ZjUxZjAyNGQzMTM2NzI&iss=https%3A%2F%2Fhonest.as.example';
    expect(code(uri, { issuer: 'https://honest.as.example' }).code).toBe(
      'x1848ZT64p4IirMPT0R-X3141MFPTuBX-VFL_cvaplMH58',
    );
    expect(refused(uri, { issuer: 'https://attacker.example' }).code).toBe('ISSUER_MISMATCH');
  });

  it('reads the example of OpenID Connect Core, section 3.2.2.5', () => {
    const response = implicit(
      'https://client.example.org/cb#access_token=SlAV32hkKG&token_type=bearer&id_token=eyJ0.NiJ9.eyJ1&expires_in=3600&state=af0ifjsldkj',
      { state: 'af0ifjsldkj' },
    );
    expect(response.accessToken).toBe('SlAV32hkKG');
    expect(response.params.get('id_token')).toBe('eyJ0.NiJ9.eyJ1');
  });

  it('takes a custom protocol, with and without slashes', () => {
    expect(implicit('myapp.auth://token#access_token=abc&state=xyz', { state: 'xyz' }).accessToken).toBe('abc');
    expect(implicit('com.example.app:/oauth#access_token=abc').accessToken).toBe('abc');
    expect(code('com.example.app:callback?code=abc').redirectUri).toBe('com.example.app:callback');
  });

  it('takes a URL as well as a string', () => {
    expect(code(new URL(`${callback}?code=abc`)).code).toBe('abc');
  });

  it('hands on the code verifier with a code', () => {
    expect(code(`${callback}?code=abc`, { codeVerifier: 'v'.repeat(43) }).codeVerifier).toBe('v'.repeat(43));
    expect(code(`${callback}?code=abc`).codeVerifier).toBeUndefined();
  });

  it('says when it came, and keeps the whole URI and every parameter', () => {
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

  it('counts the query where query and fragment both hold a response, and never merges them', () => {
    const response = code(`${callback}?code=mine&state=xyz#access_token=theirs&scope=all&state=abc`, { state: 'xyz' });
    expect(response.code).toBe('mine');
    expect(response.params.has('access_token')).toBe(false);
    expect(response.params.has('scope')).toBe(false);
    // The state of the one part does not vouch for the grant in the other.
    expect(refused(`${callback}?state=xyz#access_token=theirs`, { state: 'xyz' }).code).toBe('STATE_FOREIGN');
    expect(refused(`${callback}?code=theirs#state=xyz`, { state: 'xyz' }).code).toBe('STATE_FOREIGN');
  });

  it('takes the fragment where the query is the app’s own, or what a browser hangs on', () => {
    expect(implicit(`${callback}?tab=1#access_token=abc`).params.has('tab')).toBe(false);
    expect(code(`${callback}?code=abc#_=_`).code).toBe('abc');
    expect(code(`${callback}?code=abc#`).code).toBe('abc');
  });

  it.each(['', '?', '#', '?#', '?a=b', '#a=b', '?state=xyz', '#state=xyz&token_type=bearer', '#expires_in=3600'])(
    'says that %j holds no response',
    (params) => {
      expect(refused(callback + params, { state: 'xyz' }).code).toBe('RESPONSE_EMPTY');
    },
  );

  it.each([
    ['two states', 'code=abc&state=xyz&state=xyz'],
    ['two states, one empty', 'code=abc&state=xyz&state='],
    ['two codes', 'code=abc&code=def&state=xyz'],
    ['two equal codes', 'code=abc&code=abc&state=xyz'],
    ['two tokens', 'access_token=abc&access_token=def&state=xyz'],
    ['two of a parameter that nobody knows', 'code=abc&state=xyz&a=1&a=2'],
    ['two of which one is percent-encoded', 'code=abc&%63ode=def&state=xyz'],
    ['a code and an error', 'code=abc&error=access_denied&state=xyz'],
    ['a token and an error', 'access_token=abc&error=access_denied&state=xyz'],
    ['an empty code', 'code=&state=xyz'],
    ['an empty token', 'access_token=&state=xyz'],
    ['an empty error', 'error=&state=xyz'],
    ['an id_token alone', 'id_token=abc&state=xyz'],
    ['a NUL in the code', 'code=a%00b&state=xyz'],
    ['a line break in the code', 'code=a%0d%0aSet-Cookie:%20a=b&state=xyz'],
    ['a line break in the token', 'access_token=a%0Ab&state=xyz'],
    ['a control character in the token alias', 'token=a%7Fb&state=xyz'],
    ['a control character in the state', 'code=abc&state=xyz%00'],
    ['a code[] instead of a code', 'code[]=abc&error=&state=xyz'],
  ])('refuses %s, in the query and in the fragment', (_, params) => {
    for (const separator of ['?', '#']) {
      const error = refused(callback + separator + params, { state: 'xyz' });
      expect(error.code).toBe('RESPONSE_MALFORMED');
      expect(error.message).not.toMatch(/abc|xyz|def/);
    }
  });

  it.each(['code=%E0%A4%A&state=xyz', 'access_token=%FF&state=xyz', 'token=a%C3&state=xyz'])(
    'refuses broken percent-encoding: a value that is not what was sent (%#)',
    (params) => {
      expect(refused(`${callback}?${params}`, { state: 'xyz' }).code).toBe('RESPONSE_MALFORMED');
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
  ])('takes no state for another one (%#)', (state) => {
    for (const params of [`code=abc&state=${state}`, `error=access_denied&state=${state}`]) {
      expect(['STATE_FOREIGN', 'RESPONSE_MALFORMED']).toContain(
        refused(`${callback}?${params}`, { state: 'xyz' }).code,
      );
    }
  });

  it('takes a state of 10 KB, of Unicode and padded, where it is the same', () => {
    for (const state of ['s'.repeat(10_240), 'ключ-鍵-\u{1f511}', 'c3RhdGU==', ' xyz ']) {
      expect(code(`${callback}?${new URLSearchParams({ code: 'abc', state }).toString()}`, { state }).state).toBe(
        state,
      );
    }
  });

  it('takes an absent and an empty state for none', () => {
    expect(refused(`${callback}?code=abc`, { state: 'xyz' })).toMatchObject({ code: 'STATE_FOREIGN' });
    expect(refused(`${callback}?code=abc&state=`, { state: 'xyz' })).toMatchObject({ code: 'STATE_FOREIGN' });
    expect(refused(`${callback}?code=abc&state=`, { state: '' })).toMatchObject({ code: 'STATE_FOREIGN' });
    expect(refused(`${callback}?code=abc`, { state: '' })).toMatchObject({ code: 'STATE_FOREIGN' });
    expect(code(`${callback}?code=abc&state=`).state).toBeUndefined();
  });

  it('looks at the state before the error, so that no page can end a sign-in', () => {
    expect(refused(`${callback}?error=access_denied&state=abc`, { state: 'xyz' }).code).toBe('STATE_FOREIGN');
    expect(refused(`${callback}#error=access_denied`, { state: 'xyz' }).code).toBe('STATE_FOREIGN');
  });

  it('wants `iss` to be there and equal where an issuer is given, for errors too', () => {
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
      expect(refused(`${callback}?${params}`, { issuer }).code).toBe('ISSUER_MISMATCH');
    }
  });

  it.each([
    ['another scheme', 'https://127.0.0.1:5543/callback?code=abc'],
    ['another host', 'http://localhost:5543/callback?code=abc'],
    ['another port', 'http://127.0.0.1:5544/callback?code=abc'],
    ['another path', 'http://127.0.0.1:5543/callback/?code=abc'],
    ['credentials', 'http://a@127.0.0.1:5543/callback?code=abc'],
  ])('refuses a callback that came to %s than the redirect URI', (_, uri) => {
    for (const redirectUri of [callback, new URL(callback)]) {
      expect(refused(uri, { redirectUri }).code).toBe('REDIRECT_URI_MISMATCH');
    }
    expect(refused(uri.replace('code=abc', 'error=access_denied'), { redirectUri: callback }).code).toBe(
      'REDIRECT_URI_MISMATCH',
    );
  });

  it('compares redirect URIs as URIs, and gives the request’s own to the token endpoint', () => {
    const redirectUri = 'HTTP://127.0.0.1:5543/callback';
    expect(code(`${callback}?code=abc`, { redirectUri }).redirectUri).toBe(redirectUri);
    expect(code('https://a.example:443/cb?x=1&code=abc', { redirectUri: 'https://a.example/cb?x=1' }).redirectUri).toBe(
      'https://a.example/cb?x=1',
    );
  });

  it('names `redirectUri` when it is not a URI', () => {
    expect(() => parseCallbackUri(`${callback}?code=abc`, { redirectUri: '/callback' })).toThrow(TypeError);
    expect(() => parseCallbackUri(`${callback}?code=abc`, { redirectUri: '/callback' })).toThrow('`redirectUri`');
  });

  it.each([undefined, null, 5, {}, [], Symbol('uri'), () => callback])('refuses what is no URI (%#)', (uri) => {
    // A caller without types may give anything.
    expect(() => parseCallbackUri(uri as never)).toThrow(TypeError);
    expect(() => parseCallbackUri(uri as never)).toThrow('`uri`');
  });

  it.each(['', '   ', '""', '<>', '/callback?code=abc', 'code=abc', '?code=abc', 'https://[?code=abc', 'http://'])(
    'refuses the text %j, without repeating it',
    (text) => {
      const error = refused(text);
      expect(error.code).toBe('RESPONSE_MALFORMED');
      expect(inspect(error, { showHidden: true })).not.toContain('abc');
    },
  );

  describe('with a pasted URI', () => {
    const uri = `${callback}?code=abc&state=xyz`;

    it.each([
      ['blanks', `  ${uri}  `],
      ['a line break at the end', `${uri}\r\n`],
      ['line breaks where the terminal wrapped it', `http://127.0.0.1:5543/call\r\nback?code=\n    abc&sta\nte=xyz`],
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
    ])('takes off %s', (_, text) => {
      const response = code(text, { state: 'xyz', redirectUri: callback });
      expect(response.code).toBe('abc');
      expect(response.uri.href).toBe(uri);
    });

    it('leaves an unsecured JWT its final full stop, and takes that of the sentence from a signed one', () => {
      expect(implicit(`${callback}#access_token=eyJhbGciOiJub25lIn0.e30.`).accessToken).toBe(
        'eyJhbGciOiJub25lIn0.e30.',
      );
      expect(implicit(`"${callback}#access_token=eyJhbGciOiJub25lIn0.e30."`).accessToken).toBe(
        'eyJhbGciOiJub25lIn0.e30.',
      );
      expect(implicit(`${callback}#access_token=eyJh.e30.c2ln.`).accessToken).toBe('eyJh.e30.c2ln');
    });

    it('leaves a token of Stack Exchange the parentheses that it ends with', () => {
      const uri = `${callback}#access_token=zPPlTBEe2kBgjXI8hkKzaw))`;
      for (const text of [uri, `"${uri}"`, `(${uri})`, `<${uri}>.`, `${uri}.`]) {
        expect(implicit(text).accessToken).toBe('zPPlTBEe2kBgjXI8hkKzaw))');
      }
    });

    it('leaves a value the apostrophe that it ends with', () => {
      expect(implicit(`${callback}#access_token=abc'`).accessToken).toBe("abc'");
      expect(implicit(`'${callback}#access_token=abc''`).accessToken).toBe("abc'");
    });

    it('leaves a URL object as it is', () => {
      expect(implicit(new URL(`${callback}#access_token=abc.`)).accessToken).toBe('abc.');
    });
  });

  it('ends in a grant or in an AuthorizationError, whatever text it is given', () => {
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
