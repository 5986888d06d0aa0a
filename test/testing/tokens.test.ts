import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createPublicKey, verify, type JsonWebKey } from 'node:crypto';
import * as client from 'openid-client';
import { login } from '#src/index.js';
import { createTestUserAgent, startTestAuthorizationServer, type TestAuthorizationServer } from '#src/testing.js';

type Tokens = Readonly<Record<string, string>>;

const clientId = 'app';
let server: TestAuthorizationServer;

beforeEach(async () => {
  server = await startTestAuthorizationServer();
});

afterEach(async () => {
  await server.close();
});

async function post(endpoint: URL, params: Readonly<Record<string, string>>): Promise<Tokens & { status: number }> {
  const body = new URLSearchParams({ client_id: clientId, ...params });
  const response = await fetch(endpoint, { method: 'POST', body });
  const text = await response.text();
  return { status: response.status, ...(text === '' ? {} : (JSON.parse(text) as Record<string, string>)) } as Tokens & {
    status: number;
  };
}

async function signIn(scope: string[] = [], extraParams: Record<string, string> = {}): Promise<Tokens> {
  const { code, redirectUri, codeVerifier } = await login({
    clientId,
    authorizationEndpoint: server.authorizationEndpoint,
    redirectUri: 'http://127.0.0.1:0/callback',
    scope,
    extraParams,
    openBrowser: createTestUserAgent({ account: 'second-user' }).open,
  });
  return post(server.tokenEndpoint, {
    grant_type: 'authorization_code',
    code,
    redirect_uri: redirectUri,
    code_verifier: codeVerifier ?? '',
  });
}

function refresh(token: string | undefined): Promise<Tokens> {
  return post(server.tokenEndpoint, { grant_type: 'refresh_token', refresh_token: token ?? '' });
}

async function isAccepted({ access_token: token = '' }: Tokens): Promise<boolean> {
  const response = await fetch(server.profileEndpoint, { headers: { Authorization: `Bearer ${token}` } });
  return response.status === 200;
}

function claimsOf({ id_token: idToken = '' }: Tokens): unknown {
  return JSON.parse(Buffer.from(idToken.split('.')[1] ?? '', 'base64url').toString());
}

function discover(): Promise<client.Configuration> {
  return client.discovery(new URL(server.issuer), clientId, undefined, client.None(), {
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- deprecated to stand out; this is a loopback address
    execute: [client.allowInsecureRequests, client.enableNonRepudiationChecks],
  });
}

describe('refresh tokens', () => {
  it('change at every use, and reuse revokes everything of the sign-in', async () => {
    const first = await signIn();
    const second = await refresh(first['refresh_token']);
    expect(second['refresh_token']).not.toBe(first['refresh_token']);
    expect(await refresh(first['refresh_token'])).toMatchObject({ status: 400, error: 'invalid_grant' });
    expect(await refresh(second['refresh_token'])).toMatchObject({ error: 'invalid_grant' });
    expect(await isAccepted(second)).toBe(false);
  });

  it('lose only the used one if reuse is not detected', async () => {
    server.configure({ detectReuse: false });
    const first = await signIn();
    const second = await refresh(first['refresh_token']);
    expect(await refresh(first['refresh_token'])).toMatchObject({ error: 'invalid_grant' });
    expect(await isAccepted(second)).toBe(true);
    expect(await refresh(second['refresh_token'])).toMatchObject({ status: 200 });
  });

  it('stay the same without rotation, and are not repeated in the response', async () => {
    server.configure({ rotateRefreshTokens: false });
    const { refresh_token: token } = await signIn();
    const refreshed = await Promise.all([refresh(token), refresh(token)]);
    for (const tokens of refreshed) {
      expect(tokens).not.toHaveProperty('refresh_token');
      expect(await isAccepted(tokens)).toBe(true);
    }
  });
});

describe('the revocation endpoint', () => {
  const revoke = (params: Readonly<Record<string, string>>): Promise<Tokens> => post(server.revocationEndpoint, params);

  it('revokes a refresh token with the access tokens of its sign-in', async () => {
    const tokens = await signIn();
    const others = await signIn();
    const token = tokens['refresh_token'] ?? '';
    expect(await revoke({ token, token_type_hint: 'access_token' })).toEqual({ status: 200 });
    expect([await isAccepted(tokens), await isAccepted(others)]).toEqual([false, true]);
    expect(await refresh(token)).toMatchObject({ error: 'invalid_grant' });
    expect(server.requestsTo('revocation').map(({ params }) => params.get('token'))).toEqual([token]);
  });

  it('revokes an access token alone', async () => {
    const tokens = await signIn();
    expect(await revoke({ token: tokens['access_token'] ?? '' })).toEqual({ status: 200 });
    expect(await isAccepted(tokens)).toBe(false);
    expect(await refresh(tokens['refresh_token'])).toMatchObject({ status: 200 });
  });

  it('responds 200 for an unknown token, and rejects what is not the client’s own', async () => {
    const tokens = await signIn();
    const token = tokens['refresh_token'] ?? '';
    expect(await revoke({ token: 'unknown' })).toEqual({ status: 200 });
    expect(await revoke({})).toMatchObject({ status: 400, error: 'invalid_request' });
    expect(await revoke({ token, client_id: 'other' })).toMatchObject({ status: 400, error: 'invalid_grant' });
    expect(await revoke({ token, client_id: '' })).toMatchObject({ status: 401, error: 'invalid_client' });
    expect(await isAccepted(tokens)).toBe(true);
  });

  it('is used by openid-client', async () => {
    const tokens = await signIn();
    await client.tokenRevocation(await discover(), tokens['refresh_token'] ?? '');
    expect(await isAccepted(tokens)).toBe(false);
  });
});

describe('ID tokens', () => {
  it('name the issuer, the client, the account and the nonce, and expire', async () => {
    const before = Math.floor(Date.now() / 1000);
    const tokens = await signIn(['openid', 'email'], { nonce: 'once' });
    const after = Math.floor(Date.now() / 1000);
    const claims = claimsOf(tokens) as { iat: number; exp: number };
    expect(claims).toEqual({
      iss: server.issuer,
      sub: 'second-user',
      aud: clientId,
      nonce: 'once',
      iat: expect.any(Number),
      exp: claims.iat + 3600,
      auth_time: expect.any(Number),
      name: 'Second User',
      email: 'second-user@example.test',
    });
    expect(claims.iat >= before && claims.iat <= after).toBe(true);
  });

  it('come only with the scope `openid`; on a refresh without a nonce', async () => {
    expect(await signIn(['profile'])).not.toHaveProperty('id_token');
    const refreshed = await refresh((await signIn(['openid'], { nonce: 'once' }))['refresh_token']);
    expect(claimsOf(refreshed)).toMatchObject({ sub: 'second-user', aud: clientId });
    expect(claimsOf(refreshed)).not.toHaveProperty('nonce');
  });

  it('are accepted by openid-client, which checks signature, nonce and time of sign-in', async () => {
    const configuration = await discover();
    const codeVerifier = client.randomPKCECodeVerifier();
    const params = {
      redirect_uri: 'http://127.0.0.1/callback',
      scope: 'openid',
      state: client.randomState(),
      nonce: client.randomNonce(),
      max_age: '60',
      code_challenge: await client.calculatePKCECodeChallenge(codeVerifier),
      code_challenge_method: 'S256',
    };
    const redeem = async (expectedNonce: string): Promise<client.TokenEndpointResponse> => {
      const { open } = createTestUserAgent({ visitCallback: false });
      const { callbackUri } = await open(client.buildAuthorizationUrl(configuration, params));
      if (callbackUri === undefined) throw new Error('No response came');
      const checks = { pkceCodeVerifier: codeVerifier, expectedState: params.state, expectedNonce, maxAge: 60 };
      return client.authorizationCodeGrant(configuration, callbackUri, checks);
    };
    expect(await redeem(params.nonce)).toHaveProperty('id_token');
    expect(server.requestsTo('jwks')).toHaveLength(1);
    await expect(redeem('another')).rejects.toThrow();
    server.configure({ idTokenClaims: { nonce: 'wrong' } });
    await expect(redeem(params.nonce)).rejects.toMatchObject({ cause: { cause: { claim: 'nonce' } } });
    server.configure({ idTokenClaims: { aud: 'other' } });
    await expect(redeem(params.nonce)).rejects.toMatchObject({ cause: { cause: { claim: 'aud' } } });
    server.configure({ idTokenClaims: { exp: null } });
    await expect(redeem(params.nonce)).rejects.toThrow();
  });

  it('have a signature of the published key, which a change of one claim breaks', async () => {
    const { id_token: idToken = '' } = await signIn(['openid']);
    const response = await fetch(new URL('/jwks', server.issuer));
    const { keys } = (await response.json()) as { keys: (JsonWebKey & { kid: string })[] };
    const [header = '', payload = '', signature = ''] = idToken.split('.');
    const { alg, kid } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { alg: string; kid: string };
    const key = keys.find((one) => one.kid === kid);
    if (key === undefined) throw new Error('The key is not published');
    const isSigned = (text: string): boolean =>
      verify(
        'RSA-SHA256',
        Buffer.from(text),
        createPublicKey({ key, format: 'jwk' }),
        Buffer.from(signature, 'base64url'),
      );
    expect([alg, keys.length, key]).toEqual(['RS256', 1, expect.not.objectContaining({ d: expect.anything() })]);
    expect([isSigned(`${header}.${payload}`), isSigned(`${header}.${payload}x`)]).toEqual([true, false]);
  });
});
