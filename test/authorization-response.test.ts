import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Console } from 'node:console';
import { Writable } from 'node:stream';
import { inspect } from 'node:util';
import {
  AuthorizationCodeResponse,
  ImplicitGrantResponse,
  isResponse,
  isSameState,
  judge,
  parseCallbackUri,
  readResponse,
  rejectionError,
  type GrantResponse,
  type ParseCallbackUriOptions,
  type Verdict,
} from '../src/authorization-response.js';
import { AuthorizationError, type AuthErrorCode } from '../src/errors.js';

const callback = 'http://127.0.0.1:5543/callback';

function refused(uri: string | URL, options?: ParseCallbackUriOptions): AuthorizationError {
  try {
    parseCallbackUri(uri, options);
  } catch (error) {
    if (error instanceof AuthorizationError) return error;
    throw error;
  }
  throw new Error('The callback was taken');
}

function implicit(uri: string | URL, options?: ParseCallbackUriOptions): ImplicitGrantResponse {
  const response = parseCallbackUri(uri, options);
  if (response instanceof ImplicitGrantResponse) return response;
  throw new Error('This is not an implicit grant');
}

function code(uri: string | URL, options?: ParseCallbackUriOptions): AuthorizationCodeResponse {
  const response = parseCallbackUri(uri, options);
  if (response instanceof AuthorizationCodeResponse) return response;
  throw new Error('This is not an authorization code');
}

/** The verdict on a response with this text that answers a request with the state `xyz`. */
function verdictOn(
  text: string,
  ...[expected, unsolicited]: [expected?: Parameters<typeof judge>[1], unsolicited?: boolean]
): Verdict {
  return judge(readResponse(new URLSearchParams(text), new URL(callback)), expected, unsolicited);
}

function printed(value: unknown): string {
  let text = '';
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      done();
    },
  });
  const console = new Console(stream, stream);
  console.log(value);
  console.error('%s %o %O', value, value, value);
  console.log({ deep: [{ value }] });
  return text + inspect(value, { depth: null, showHidden: true }) + inspect([value]);
}

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

interface ProviderCase {
  readonly provider: string;
  readonly uri: string;
  readonly state?: string;
  readonly response: Partial<
    Pick<ImplicitGrantResponse, 'accessToken' | 'tokenType' | 'expiresIn' | 'scope' | 'state'>
  >;
  readonly params?: Readonly<Record<string, string>>;
}

// The parameters are those of the table in the field notes; the values are made up in the providers' form.
const jwt = 'eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.c2lnbmF0dXJl-_';
const implicitProviders: readonly ProviderCase[] = [
  {
    provider: 'Twitch (no expires_in, scope joined by +)',
    uri: 'http://localhost:3000/#access_token=73gl5dipwta5fsfma3ia05woyffbp&scope=channel%3Amanage%3Apolls+channel%3Aread%3Apolls&state=c3ab8aa609ea11e793ae92361f002671&token_type=bearer',
    state: 'c3ab8aa609ea11e793ae92361f002671',
    response: {
      accessToken: '73gl5dipwta5fsfma3ia05woyffbp',
      tokenType: 'bearer',
      expiresIn: undefined,
      scope: 'channel:manage:polls channel:read:polls',
    },
  },
  {
    provider: 'Discord',
    uri: 'https://nicememe.website/#access_token=RTfP0OK99U3kbRtHOoKLmJbOn45PjL&token_type=Bearer&expires_in=604800&scope=identify+guilds&state=15773059ghq9183habn',
    state: '15773059ghq9183habn',
    response: {
      accessToken: 'RTfP0OK99U3kbRtHOoKLmJbOn45PjL',
      tokenType: 'Bearer',
      expiresIn: 604_800,
      scope: 'identify guilds',
    },
  },
  {
    provider: 'AniList (a JWT of one year, no state)',
    uri: `myapp://anilist#access_token=${jwt}&token_type=Bearer&expires_in=31536000`,
    response: { accessToken: jwt, tokenType: 'Bearer', expiresIn: 31_536_000, scope: undefined, state: undefined },
  },
  {
    provider: 'AniList (the token alone)',
    uri: `myapp://anilist#access_token=${jwt}`,
    response: { accessToken: jwt, tokenType: undefined, expiresIn: undefined, scope: undefined, state: undefined },
  },
  {
    provider: 'Imgur (refresh_token, account_username, account_id)',
    uri: 'https://example.com/oauthcallback#access_token=e3b0c44298fc1c149afbf4c8996fb924&expires_in=315360000&token_type=bearer&refresh_token=27ae41e4649b934ca495991b7852b855&account_username=meddling+kid&account_id=48437714&state=APPLICATION_STATE',
    state: 'APPLICATION_STATE',
    response: { accessToken: 'e3b0c44298fc1c149afbf4c8996fb924', tokenType: 'bearer', expiresIn: 315_360_000 },
    params: {
      refresh_token: '27ae41e4649b934ca495991b7852b855',
      account_username: 'meddling kid',
      account_id: '48437714',
    },
  },
  {
    provider: 'Trello (token instead of access_token, nothing else)',
    uri: 'https://example.com/return#token=ATTA2f3ab4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f',
    response: {
      accessToken: 'ATTA2f3ab4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f',
      tokenType: undefined,
      expiresIn: undefined,
      scope: undefined,
      state: undefined,
    },
  },
  {
    provider: 'Stack Exchange (expires instead of expires_in)',
    uri: 'https://stackexchange.com/oauth/login_success#access_token=1jTVwxqaTMbtyZT4aNqBNA))&expires=86400&state=s1',
    state: 's1',
    response: { accessToken: '1jTVwxqaTMbtyZT4aNqBNA))', expiresIn: 86_400, tokenType: undefined },
  },
  {
    provider: 'Stack Exchange (no_expiry)',
    uri: 'https://stackexchange.com/oauth/login_success#access_token=1jTVwxqaTMbtyZT4aNqBNA))',
    response: { accessToken: '1jTVwxqaTMbtyZT4aNqBNA))', expiresIn: undefined, tokenType: undefined },
  },
  {
    provider: 'Google (web clients)',
    uri: 'https://oauth2.example.com/callback#state=pass-through+value&access_token=4/P7q7W91&token_type=Bearer&expires_in=3600&scope=https://www.googleapis.com/auth/drive.file%20email',
    state: 'pass-through value',
    response: {
      accessToken: '4/P7q7W91',
      tokenType: 'Bearer',
      expiresIn: 3600,
      scope: 'https://www.googleapis.com/auth/drive.file email',
    },
  },
  {
    provider: 'Microsoft Entra (id_token, session_state)',
    uri: `http://localhost/myapp/#access_token=${jwt}&token_type=Bearer&expires_in=3599&scope=https%3a%2f%2fgraph.microsoft.com%2fuser.read+openid&id_token=${jwt}&state=12345&session_state=fb1d`,
    state: '12345',
    response: {
      accessToken: jwt,
      tokenType: 'Bearer',
      expiresIn: 3599,
      scope: 'https://graph.microsoft.com/user.read openid',
    },
    params: { id_token: jwt, session_state: 'fb1d' },
  },
  {
    provider: 'Keycloak (session_state, iss)',
    uri: `http://127.0.0.1:5543/callback#state=7gR&session_state=1a2b-3c4d&iss=http%3A%2F%2Flocalhost%3A8080%2Frealms%2Fdemo&access_token=${jwt}&token_type=Bearer&expires_in=900`,
    state: '7gR',
    response: { accessToken: jwt, tokenType: 'Bearer', expiresIn: 900, scope: undefined },
    params: { session_state: '1a2b-3c4d', iss: 'http://localhost:8080/realms/demo' },
  },
  {
    provider: 'Auth0',
    uri: `https://example.com/callback#access_token=${jwt}&scope=openid%20profile&expires_in=7200&token_type=Bearer&state=hKFo2SBxc3`,
    state: 'hKFo2SBxc3',
    response: { accessToken: jwt, tokenType: 'Bearer', expiresIn: 7200, scope: 'openid profile' },
  },
  {
    provider: 'Okta',
    uri: `http://localhost:8080/#access_token=${jwt}&token_type=Bearer&expires_in=3600&scope=openid+email&state=myState`,
    state: 'myState',
    response: { accessToken: jwt, tokenType: 'Bearer', expiresIn: 3600, scope: 'openid email' },
  },
];

describe('ImplicitGrantResponse', () => {
  it.each(implicitProviders)('is what $provider sends', ({ uri, state, response, params = {} }) => {
    const grant = implicit(uri, state === undefined ? {} : { state });
    expect(grant).toMatchObject({ ...response, state });
    for (const [name, value] of Object.entries(params)) expect(grant.params.get(name)).toBe(value);
    expect(grant.isExpired).toBe(false);
  });

  it.each([
    [
      'Twitch, in the query',
      'http://localhost:3000/?error=access_denied&error_description=The+user+denied+you+access&state=s',
      'The user denied you access',
    ],
    [
      'Discord, in the fragment',
      'https://nicememe.website/#error=access_denied&error_description=The+resource+owner+or+authorization+server+denied+the+request&state=s',
      'The resource owner or authorization server denied the request',
    ],
    ['Google, in the fragment', 'https://oauth2.example.com/callback#error=access_denied&state=s', undefined],
    [
      'Microsoft Entra, in the fragment',
      'http://localhost/myapp/#error=access_denied&error_description=the+user+canceled+the+authentication&state=s',
      'the user canceled the authentication',
    ],
    [
      'Keycloak, in the fragment',
      'http://127.0.0.1:5543/callback#error=access_denied&state=s&iss=http%3A%2F%2Flocalhost%3A8080%2Frealms%2Fdemo',
      undefined,
    ],
    ['Spotify, in the query', 'http://127.0.0.1:5543/callback?error=access_denied&state=s', undefined],
  ])('has the denial of %s for its counterpart', (_, uri, errorDescription) => {
    expect(refused(uri, { state: 's' })).toMatchObject({
      code: 'ACCESS_DENIED',
      error: 'access_denied',
      errorDescription,
      state: 's',
    });
  });

  it.each([
    ['3600', 3600],
    ['0', 0],
    ['0042', 42],
    ['9999999999', 9_999_999_999],
    ['', undefined],
    ['abc', undefined],
    ['-1', undefined],
    ['1e9', undefined],
    ['NaN', undefined],
    ['Infinity', undefined],
    ['3600.5', undefined],
    ['0x10', undefined],
    ['%2B3600', undefined],
    ['+3600', undefined],
    ['3600s', undefined],
    ['99999999999', undefined],
    ['٣٦', undefined],
  ])('reads the lifetime %j as %j', (text, expiresIn) => {
    for (const name of ['expires_in', 'expires']) {
      const grant = implicit(`${callback}#access_token=abc&${name}=${text}`);
      expect(grant.expiresIn).toBe(expiresIn);
      expect(grant.isExpired).toBe(expiresIn === 0);
    }
  });

  it('prefers access_token and expires_in to their aliases', () => {
    expect(implicit(`${callback}#token=b&access_token=a&expires=2&expires_in=1`)).toMatchObject({
      accessToken: 'a',
      expiresIn: 1,
    });
    expect(implicit(`${callback}#token=b&access_token=&expires=2&expires_in=`)).toMatchObject({
      accessToken: 'b',
      expiresIn: 2,
    });
  });

  it('leaves undefined what is absent or empty', () => {
    const grant = implicit(`${callback}#access_token=abc&token_type=&scope=&state=&expires_in=`);
    expect(grant).toMatchObject({ tokenType: undefined, scope: undefined, state: undefined, expiresIn: undefined });
    expect(grant.isExpired).toBe(false);
  });

  it('keeps the token type as it was sent, in any case', () => {
    for (const type of ['bearer', 'Bearer', 'BEARER', 'mac']) {
      expect(implicit(`${callback}#access_token=abc&token_type=${type}`).tokenType).toBe(type);
    }
  });

  it('is expired from the second on in which its lifetime ends', () => {
    const make = (age: number): ImplicitGrantResponse =>
      new ImplicitGrantResponse({
        params: new URLSearchParams('access_token=abc&expires_in=3600'),
        uri: new URL(callback),
        createdAt: new Date(Date.now() - age),
      });
    expect(make(0).isExpired).toBe(false);
    expect(make(3_590_000).isExpired).toBe(false);
    expect(make(3_600_000).isExpired).toBe(true);
    expect(make(4_000_000).isExpired).toBe(true);
  });

  it('is not made without a token', () => {
    const init = { params: new URLSearchParams('code=abc&access_token='), uri: new URL(callback) };
    expect(() => new ImplicitGrantResponse(init)).toThrow(expect.objectContaining({ code: 'RESPONSE_MALFORMED' }));
  });

  it('shows no secret when it is printed', () => {
    const grant = implicit(
      `${callback}#access_token=canary-token&refresh_token=canary-refresh&id_token=canary-id&state=canary-state&token_type=bearer&expires_in=60&account_username=canary-name`,
    );
    expect(printed(grant)).not.toContain('canary');
    expect(inspect(grant)).toContain('ImplicitGrantResponse');
    expect(inspect(grant)).toContain('bearer');
  });

  it('writes no control sequence to the terminal that prints it', () => {
    const grant = implicit(`${callback}#access_token=abc&token_type=%1b]0;owned%07%1b[2J`);
    expect(inspect(grant)).not.toMatch(/\p{Cc}/u);
  });
});

describe('AuthorizationCodeResponse', () => {
  it('is what Spotify sends', () => {
    const response = code('http://127.0.0.1:5543/callback?code=NApCCg-BkWtQ_x&state=34fFs29kd09', {
      state: '34fFs29kd09',
    });
    expect(response).toMatchObject({
      code: 'NApCCg-BkWtQ_x',
      state: '34fFs29kd09',
      codeVerifier: undefined,
      redirectUri: callback,
    });
    expect(response.uri.href).toBe('http://127.0.0.1:5543/callback?code=NApCCg-BkWtQ_x&state=34fFs29kd09');
  });

  it('keeps a code with a slash, as Google’s, whole', () => {
    expect(code(`${callback}?code=4/0AX4XfWh%2Bab%3D%3D&scope=email%20openid&authuser=0&prompt=consent`).code).toBe(
      '4/0AX4XfWh+ab==',
    );
  });

  it('is what a hybrid response comes to', () => {
    const response = code(`${callback}#code=abc&access_token=def&id_token=ghi`);
    expect(response.code).toBe('abc');
    expect(response.params.get('access_token')).toBe('def');
  });

  it('is not made without a code', () => {
    const init = { params: new URLSearchParams('access_token=abc&code='), uri: new URL(callback) };
    expect(() => new AuthorizationCodeResponse(init)).toThrow(expect.objectContaining({ code: 'RESPONSE_MALFORMED' }));
  });

  it('shows no secret when it is printed', () => {
    const response = code(`${callback}?code=canary-code&state=canary-state`, { codeVerifier: 'canary'.repeat(10) });
    expect(printed(response)).not.toContain('canary');
    expect(inspect(response)).toContain('AuthorizationCodeResponse');
  });
});

describe('isResponse', () => {
  it.each(['code=a', 'error=a', 'access_token=a', 'token=a', 'id_token=a', 'a=b&code=c'])('sees one in %j', (text) => {
    expect(isResponse(new URLSearchParams(text))).toBe(true);
  });

  it.each(['', 'state=a', 'a=b', 'Code=a', 'code[]=a', 'scope=code', '__proto__=a', 'toString=a'])(
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

describe('judge', () => {
  it('rejects what nobody expects, and what was answered before', () => {
    for (const text of [
      'code=abc&state=xyz',
      'access_token=abc&state=xyz',
      'error=access_denied&state=xyz',
      'code=abc',
    ]) {
      expect(verdictOn(text)).toMatchObject({ kind: 'rejected', reason: 'state_foreign' });
      expect(verdictOn(text, 'used')).toMatchObject({ kind: 'rejected', reason: 'state_used' });
    }
  });

  it('takes what nobody expects where the app says so, but no replay and nothing malformed', () => {
    expect(verdictOn('code=abc', undefined, true).kind).toBe('grant');
    expect(verdictOn('access_token=abc&state=any', undefined, true).kind).toBe('grant');
    expect(verdictOn('error=access_denied', undefined, true).kind).toBe('error');
    expect(verdictOn('code=abc&state=xyz', 'used', true)).toMatchObject({ reason: 'state_used' });
    expect(verdictOn('code=abc&code=abc', undefined, true)).toMatchObject({ reason: 'malformed' });
  });

  it.each([
    ['code', 'access_token=abc', false],
    ['token', 'code=abc', false],
    ['token', 'code=abc&access_token=def', false],
    ['id_token token', 'code=abc', false],
    ['code id_token', 'access_token=abc', false],
    ['code', 'code=abc', true],
    ['token', 'access_token=abc', true],
    ['token', 'token=abc', true],
    ['id_token token', 'access_token=abc&id_token=def', true],
    ['code token', 'code=abc&access_token=def', true],
    ['code id_token', 'code=abc&id_token=def', true],
    ['some_extension', 'code=abc', true],
  ])('of a request for %j takes %j: %j', (responseType, text, taken) => {
    const verdict = verdictOn(`${text}&state=xyz`, { state: 'xyz', responseType });
    expect(verdict.kind).toBe(taken ? 'grant' : 'rejected');
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
  ])('hands on the error %j', (error) => {
    const params = new URLSearchParams({
      error,
      error_description: '<script>alert(1)</script>',
      error_uri: 'javascript:alert(1)',
      state: 'xyz',
    });
    const verdict = verdictOn(params.toString(), { state: 'xyz' });
    const wanted: AuthErrorCode = error === 'access_denied' ? 'ACCESS_DENIED' : 'AUTHORIZATION_FAILED';
    expect(verdict).toMatchObject({
      kind: 'error',
      error: {
        code: wanted,
        error,
        errorDescription: '<script>alert(1)</script>',
        errorUri: 'javascript:alert(1)',
        state: 'xyz',
      },
    });
    expect(verdict.kind === 'error' && verdict.error.message).not.toContain('<script');
    expect(verdict.kind === 'error' && verdict.error.params.toString()).toBe(params.toString());
  });

  it('says form before state, and state before issuer', () => {
    expect(verdictOn('code=abc&code=abc&state=no', undefined)).toMatchObject({ reason: 'malformed' });
    expect(verdictOn('code=abc&iss=no', undefined)).toMatchObject({ reason: 'state_foreign' });
    expect(verdictOn('error=x&iss=no', { state: 'xyz', issuer: 'yes' })).toMatchObject({ reason: 'wrong_issuer' });
  });
});

describe('rejectionError', () => {
  it('says what happened and what to do, and repeats no value', () => {
    const received = readResponse(new URLSearchParams('code=canary&state=canary'), new URL(callback));
    for (const reason of ['state_foreign', 'state_used', 'malformed', 'wrong_issuer', 'wrong_redirect_uri'] as const) {
      const error = rejectionError(reason, 'because', received);
      expect(error.message).toContain('because. ');
      expect(error.params.get('code')).toBe('canary');
      expect(printed(error).replaceAll(error.stack ?? '', '')).not.toContain('canary');
    }
  });
});
