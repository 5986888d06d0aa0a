import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { createSession, type ProviderSessionOptions, type Session, type SessionLoginOptions } from '#src/session.js';
import { createTestUserAgent, startTestAuthorizationServer, type TestAuthorizationServer } from '#src/testing.js';
import { startOidcProvider } from '../helpers/oidc-provider.js';
import { Harness, rejection } from './harness.js';
import { approveByForms } from './oidc-user.js';

jest.setTimeout(30_000);

let harness: Harness;
let provider: TestAuthorizationServer;

beforeEach(async () => {
  harness = await Harness.start();
  provider = await startTestAuthorizationServer();
});

afterEach(async () => {
  await harness[Symbol.asyncDispose]();
  await provider.close();
});

const login = (): SessionLoginOptions => ({
  redirectUri: 'http://127.0.0.1:0/callback',
  terminal: false,
  openBrowser: createTestUserAgent().open,
});

function session(options: Partial<ProviderSessionOptions> = {}): Session {
  return createSession({
    name: 'my-app',
    issuer: provider.issuer,
    clientId: 'my-client-id',
    scope: ['openid', 'offline_access'],
    login: login(),
    ...options,
  });
}

describe('createSession with an issuer', () => {
  it('discovers, signs in, keeps the tokens, refreshes, and revokes', async () => {
    const first = session();
    const tokens = await first.tokens();
    expect(tokens).toMatchObject({ tokenType: 'Bearer', claims: { sub: expect.any(String) as unknown } });
    expect(tokens.refreshToken).toBeDefined();
    const [authorization] = provider.requestsTo('authorization');
    expect(authorization?.params.get('prompt')).toBe('consent');
    expect(authorization?.params.get('nonce')).toMatch(/.{20}/);
    expect(await session({ interactive: false }).accessToken()).toBe(tokens.accessToken);
    const second = await session({ interactive: false }).tokens({ forceRefresh: true });
    expect(second.accessToken).not.toBe(tokens.accessToken);
    const response = await first.fetch(provider.profileEndpoint);
    expect(response.status).toBe(200);
    expect(await first.signOut()).toEqual({ revoked: true });
    expect(await readdir(harness.folder)).toEqual([]);
    expect(
      (await fetch(provider.profileEndpoint, { headers: { authorization: `Bearer ${second.accessToken}` } })).status,
    ).toBe(401);
  });

  it('uses endpoints without discovery', async () => {
    const made = session({
      issuer: undefined,
      endpoints: { authorization: provider.authorizationEndpoint, token: provider.tokenEndpoint },
      scope: ['a'],
    });
    await made.accessToken();
    await made.accessToken({ forceRefresh: true });
    expect(provider.requests.filter(({ uri }) => uri.pathname.includes('well-known'))).toEqual([]);
    expect(await made.signOut()).toEqual({ revoked: false });
  });

  it('saves the tokens before the page says that the sign-in has succeeded', async () => {
    const userAgent = createTestUserAgent();
    let pageState: Promise<unknown[]> | undefined;
    const visit = async (uri: URL): Promise<unknown[]> => {
      const page = await userAgent.open(uri);
      return [page.state, (await readdir(harness.folder)).some((name) => name.endsWith('.json'))];
    };
    const made = session({
      login: {
        ...login(),
        openBrowser: (uri) => {
          pageState = visit(uri);
        },
      },
    });
    await made.accessToken();
    expect(await pageState).toEqual(['success', true]);
  });

  it('asks for one scope more: a sign-in, or SIGN_IN_REQUIRED', async () => {
    const first = await session().accessToken();
    expect(
      await rejection(session({ scope: ['openid', 'offline_access', 'more'], interactive: false }).accessToken()),
    ).toMatchObject({
      code: 'SIGN_IN_REQUIRED',
      message: expect.stringContaining('scope') as unknown,
    });
    expect(await session({ scope: ['openid'], interactive: false }).accessToken()).toBe(first);
    expect(await session({ scope: ['openid', 'offline_access', 'more'] }).accessToken()).not.toBe(first);
    expect(provider.requestsTo('authorization').at(-1)?.params.get('scope')).toBe('openid offline_access more');
    // The requested scopes count, not those that were granted.
    provider.configure({ scope: 'openid' });
    const granted = await session({ scope: ['openid', 'even', 'more'] }).accessToken();
    expect(await session({ scope: ['openid', 'even', 'more'], interactive: false }).accessToken()).toBe(granted);
  });

  it('sends `resource` in the authorization and the token requests', async () => {
    const made = session({ resource: 'https://api.example.com/v1' });
    await made.accessToken();
    await made.accessToken({ forceRefresh: true });
    const sent = [...provider.requestsTo('authorization'), ...provider.requestsTo('token')].filter(({ params }) =>
      params.has('client_id'),
    );
    expect(sent.map(({ params }) => params.get('resource'))).toContain('https://api.example.com/v1');
    expect(provider.requestsTo('token').map(({ params }) => params.get('resource'))).toEqual([
      'https://api.example.com/v1',
      'https://api.example.com/v1',
    ]);
  });

  it('passes on that the user has denied it, and keeps nothing', async () => {
    provider.configure({ consent: 'deny' });
    const made = session();
    expect(await rejection(made.accessToken())).toMatchObject({ code: 'ACCESS_DENIED' });
    expect(await made.peek()).toBeUndefined();
    provider.configure({ consent: 'allow' });
    await made.accessToken();
    expect(await readdir(harness.folder)).toHaveLength(1);
  });

  it.each([
    [
      'is out of reach',
      async () => {
        await provider.close();
      },
    ],
    [
      'responds with 503',
      () => {
        provider.configure({ tokenError: 'temporarily_unavailable' });
      },
    ],
    [
      'rejects the client',
      () => {
        provider.configure({ tokenError: 'invalid_client' });
      },
    ],
    [
      'sends no access token',
      () => {
        provider.configure({ tokenResponseParams: { access_token: null } });
      },
    ],
    [
      'sends a token of another type',
      () => {
        provider.configure({ tokenResponseParams: { token_type: 'DPoP' } });
      },
    ],
    [
      'sends the ID token of another user',
      () => {
        provider.configure({ idTokenClaims: { sub: 'somebody' } });
      },
    ],
  ])('S3: a provider that %s keeps the tokens', async (_, spoil) => {
    const made = session();
    const { refreshToken } = await made.tokens();
    const act: () => unknown = spoil;
    await act();
    const error = await rejection(session({ interactive: false }).accessToken({ forceRefresh: true }));
    expect(error).toMatchObject({ name: 'SessionError', code: 'REFRESH_FAILED' });
    expect(error.message).not.toContain(String(refreshToken));
    expect((await made.peek())?.refreshToken).toBe(refreshToken);
  });

  it('S2: a provider that has ended the sign-in: sign in again, or SIGN_IN_REQUIRED', async () => {
    const made = session();
    const first = await made.accessToken();
    provider.revokeTokens();
    expect(await rejection(session({ interactive: false }).accessToken({ forceRefresh: true }))).toMatchObject({
      code: 'SIGN_IN_REQUIRED',
    });
    expect(await made.accessToken()).not.toBe(first);
  });

  it('S9: no token is in the error, although the provider speaks of one that was not sent', async () => {
    const made = session();
    const { accessToken, idToken = '' } = await made.tokens();
    expect(idToken).not.toBe('');
    provider.configure({ tokenError: { error: 'invalid_request', errorDescription: `${accessToken} ${idToken}` } });
    const error = await rejection(made.accessToken({ forceRefresh: true }));
    expect(error).toMatchObject({ code: 'REFRESH_FAILED', message: expect.stringContaining('[hidden]') });
    const shown = inspect(error, { depth: 9, showHidden: true });
    expect([shown.includes(accessToken), shown.includes(idToken)]).toEqual([false, false]);
  });

  it('a token that was revoked while it seemed valid: `fetch` refreshes it', async () => {
    const made = session();
    await made.accessToken();
    provider.expireAccessTokens();
    expect((await made.fetch(provider.profileEndpoint)).status).toBe(200);
  });

  it('keeps tokens if the clock contradicts the ID token, without its claims, and names the clock', async () => {
    provider.configure({ idTokenClaims: { exp: 1000, iat: 900 } });
    const tokens = await session().tokens();
    expect(tokens.claims).toBeUndefined();
    expect(harness.warnings).toHaveLength(1);
    expect(harness.warnings[0]).toContain('clock');
  });

  it.each([
    ['iss', 'https://other.example'],
    ['aud', 'other'],
    ['nonce', 'other'],
  ])('rejects an ID token with another `%s`', async (name, value) => {
    provider.configure({ idTokenClaims: { [name]: value } });
    const made = session();
    expect(await rejection(made.accessToken())).toMatchObject({ code: 'TOKEN_RESPONSE_INVALID' });
    expect(await made.peek()).toBeUndefined();
  });

  it('needs no ID token, although it asks for `openid`', async () => {
    provider.configure({ tokenResponseParams: { id_token: null } });
    const tokens = await session().tokens();
    expect(tokens.idToken).toBeUndefined();
  });

  it('ends the sign-in after `login.timeout`', async () => {
    const made = session({ login: { ...login(), openBrowser: () => undefined, timeout: 50 } });
    expect(await rejection(made.accessToken())).toMatchObject({ code: 'TIMED_OUT' });
  });

  it('signs in by device, and shows where', async () => {
    provider.configure({ deviceInterval: 1 });
    const shown: unknown[] = [];
    const userAgent = createTestUserAgent();
    const made = session({
      grant: 'device',
      login: {
        terminal: false,
        onLoginUri: (uri, { userCode, expiresAt }) => {
          shown.push(uri.pathname, userCode, typeof expiresAt);
          const complete = new URL(uri);
          complete.searchParams.set('user_code', userCode ?? '');
          void userAgent.open(complete);
        },
      },
    });
    const token = await made.accessToken();
    expect(shown).toEqual([expect.any(String), expect.stringMatching(/.{4}/), 'number']);
    expect(await session({ interactive: false }).accessToken()).toBe(token);
  });

  it('S4: what is stored has the response, the requested scopes and the key, and nothing else of the app', async () => {
    await session({ clientSecret: 'the-client-secret' }).accessToken();
    const [file = ''] = await readdir(harness.folder);
    const text = await readFile(join(harness.folder, file), 'utf8');
    expect(text).not.toContain('the-client-secret');
    expect(Object.keys(JSON.parse(text) as object).sort()).toEqual([
      'claims',
      'expiresAt',
      'key',
      'receivedAt',
      'requestedScope',
      'response',
      'version',
    ]);
  });
});

describe('createSession with oidc-provider, which rotates and detects reuse', () => {
  it('S1: refreshes once for many sessions, several times, without losing the sign-in', async () => {
    await using oidc = await startOidcProvider({
      rotateRefreshToken: true,
      issueRefreshToken: () => true,
      features: { revocation: { enabled: true } },
    });
    const make = (interactive: boolean): Session =>
      createSession({
        name: 'my-app',
        issuer: oidc.issuer,
        clientId: oidc.clientId,
        scope: ['openid', 'offline_access'],
        interactive,
        login: { ...login(), openBrowser: (uri) => approveByForms(uri) },
      });
    let last = await make(true).accessToken();
    for (let round = 0; round < 4; round++) {
      const sessions = Array.from({ length: 5 }, () => make(false));
      const tokens = await Promise.all(sessions.map((one) => one.accessToken({ forceRefresh: true })));
      expect(new Set(tokens).size).toBe(1);
      expect(tokens[0]).not.toBe(last);
      last = tokens[0] ?? '';
    }
    const response = await make(false).fetch(new URL('/me', oidc.issuer));
    expect(response.status).toBe(200);
    expect(await make(false).signOut()).toEqual({ revoked: true });
  });
});
