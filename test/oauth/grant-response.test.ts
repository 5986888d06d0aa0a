import { describe, expect, it } from '@jest/globals';
import { inspect } from 'node:util';
import { AuthorizationCodeResponse, ImplicitGrantResponse } from '#src/oauth/grant-response.js';
import { code, implicit, printed, rejected } from '../helpers/responses.js';

const callback = 'http://127.0.0.1:5543/callback';

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
  it.each(implicitProviders)('reads the response of $provider', ({ uri, state, response, params = {} }) => {
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
  ])('has the denial of %s as its counterpart', (_, uri, errorDescription) => {
    expect(rejected(uri, { state: 's' })).toMatchObject({
      code: 'ACCESS_DENIED',
      error: 'access_denied',
      errorDescription,
      state: 's',
    });
  });

  it.each([
    ['3600', 3600],
    ['0', undefined],
    ['000', undefined],
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
      expect(grant.isExpired).toBe(false);
    }
  });

  it('prefers access_token and expires_in to their aliases, and ignores what is empty or 0', () => {
    expect(implicit(`${callback}#token=b&access_token=a&expires=2&expires_in=1`)).toMatchObject({
      accessToken: 'a',
      expiresIn: 1,
    });
    expect(implicit(`${callback}#token=b&access_token=&expires=2&expires_in=0`)).toMatchObject({
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

  it('is expired from the second in which its lifetime ends', () => {
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

  it('cannot be made without a token', () => {
    const init = { params: new URLSearchParams('code=abc&access_token='), uri: new URL(callback) };
    expect(() => new ImplicitGrantResponse(init)).toThrow(expect.objectContaining({ code: 'RESPONSE_MALFORMED' }));
  });

  it('has the kind `token`, the ID token, and the exact redirect URI', () => {
    const redirectUri = 'HTTP://127.0.0.1:5543/callback';
    const grant = implicit(`${callback}#access_token=abc&id_token=ghi`, { redirectUri });
    expect(grant).toMatchObject({ kind: 'token', idToken: 'ghi', redirectUri });
    expect(implicit(`${callback}?x=1#access_token=abc`)).toMatchObject({ idToken: undefined, redirectUri: callback });
  });

  it('shows no secret when it is printed, copied or made JSON of', () => {
    const grant = implicit(
      `${callback}#access_token=canary-token&refresh_token=canary-refresh&id_token=canary-id&state=canary-state&token_type=bearer&expires_in=60&account_username=canary-name`,
    );
    expect(printed(grant)).not.toContain('canary');
    expect(printed(Object.assign({}, grant))).not.toContain('canary');
    expect(inspect(grant, { showHidden: true, getters: true })).not.toContain('canary');
    expect(inspect(grant)).toContain('ImplicitGrantResponse');
    expect(inspect(grant)).toContain('bearer');
  });

  it('writes no control sequence to the terminal that prints it or its members', () => {
    const grant = implicit(`${callback}#access_token=abc&token_type=%1b]0;owned%07%1b[2J&scope=a%0ab%e2%80%aec%c2%9b`);
    expect(inspect(grant)).not.toMatch(/\p{Cc}/u);
    expect(grant.tokenType).toBe('\ufffd]0;owned\ufffd\ufffd[2J');
    expect(grant.scope).toBe('a b\ufffdc\ufffd');
    expect(grant.params.get('scope')).toBe('a\nb\u202ec\u009b');
  });
});

describe('AuthorizationCodeResponse', () => {
  it('reads the response of Spotify', () => {
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

  it('has the tokens of a hybrid response', () => {
    const response = code(
      `${callback}#code=abc&access_token=def&id_token=ghi&token_type=Bearer&expires_in=5&scope=a+b`,
    );
    expect(response).toMatchObject({
      kind: 'code',
      code: 'abc',
      accessToken: 'def',
      idToken: 'ghi',
      tokenType: 'Bearer',
      expiresIn: 5,
      scope: 'a b',
    });
    expect(code(`${callback}?code=abc`)).toMatchObject({
      accessToken: undefined,
      idToken: undefined,
      tokenType: undefined,
      expiresIn: undefined,
      scope: undefined,
    });
  });

  it('cannot be made without a code', () => {
    const init = { params: new URLSearchParams('access_token=abc&code='), uri: new URL(callback) };
    expect(() => new AuthorizationCodeResponse(init)).toThrow(expect.objectContaining({ code: 'RESPONSE_MALFORMED' }));
  });

  it('shows no secret when it is printed', () => {
    const response = code(`${callback}?code=canary-code&state=canary-state`, { codeVerifier: 'canary'.repeat(10) });
    expect(printed(response)).not.toContain('canary');
    expect(printed(Object.assign({}, response))).not.toContain('canary');
    expect(inspect(response, { showHidden: true, getters: true })).not.toContain('canary');
    expect(inspect(response)).toContain('AuthorizationCodeResponse');
  });
});
