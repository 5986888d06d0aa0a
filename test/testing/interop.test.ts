import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { SpotifyApi, type AccessToken } from '@spotify/web-api-ts-sdk';
import { StaticAuthProvider } from '@twurple/auth';
import * as oauth from 'oauth4webapi';
import * as client from 'openid-client';
import { login, type GrantFor, type ResponseType } from '#src/index.js';
import { createTestUserAgent } from '#src/testing.js';
import { startOauth2orizeServer, type Oauth2orizeServer } from '../helpers/oauth2orize-server.js';

/** An authorization server that is independent of this package. */
let provider: Oauth2orizeServer;

beforeAll(async () => {
  provider = await startOauth2orizeServer();
});

afterAll(async () => {
  await provider[Symbol.asyncDispose]();
});

function signIn<const Type extends ResponseType>(
  responseType: Type,
  decision: 'allow' | 'deny' = 'allow',
): Promise<GrantFor<Type>> {
  return login<Type>({
    clientId: 'demo-client',
    responseType,
    authorizationEndpoint: provider.authorizationEndpoint,
    redirectUri: 'http://127.0.0.1:0/callback',
    scope: ['profile', 'email'],
    openBrowser: createTestUserAgent({ decision }).open,
  });
}

async function profileOf(accessToken: string): Promise<unknown> {
  const response = await fetch(provider.profileEndpoint, { headers: { Authorization: `Bearer ${accessToken}` } });
  return response.json();
}

describe('login() at oauth2orize', () => {
  it.each(['code', 'token'])('rejects with the denial (%s)', async (responseType) => {
    await expect(signIn(responseType, 'deny')).rejects.toMatchObject({ code: 'ACCESS_DENIED', error: 'access_denied' });
  });

  it('rejects with the error of a request that the server rejects', async () => {
    const unknown = login({
      clientId: 'unknown',
      authorizationEndpoint: provider.authorizationEndpoint,
      redirectUri: 'http://127.0.0.1:0/callback',
      openBrowser: createTestUserAgent().open,
    });
    await expect(unknown).rejects.toMatchObject({
      code: 'AUTHORIZATION_FAILED',
      error: 'unauthorized_client',
    });
  });
});

describe('a code’s `uri`', () => {
  it('goes into openid-client as it is, and its tokens refresh', async () => {
    const metadata = { issuer: provider.issuer, token_endpoint: provider.tokenEndpoint.href };
    const configuration = new client.Configuration(metadata, 'demo-client', undefined, client.None());
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- deprecated to stand out; this is a loopback server
    client.allowInsecureRequests(configuration);
    const grant = await signIn('code');
    const tokens = await client.authorizationCodeGrant(configuration, grant.uri, {
      pkceCodeVerifier: grant.codeVerifier ?? '',
      expectedState: grant.state ?? '',
    });
    expect(await profileOf(tokens.access_token)).toMatchObject({ id: 'ada' });
    const refreshed = await client.refreshTokenGrant(configuration, tokens.refresh_token ?? '');
    expect(await profileOf(refreshed.access_token)).toMatchObject({ id: 'ada' });
  });

  it('goes into oauth4webapi as it is', async () => {
    const server: oauth.AuthorizationServer = { issuer: provider.issuer, token_endpoint: provider.tokenEndpoint.href };
    const app: oauth.Client = { client_id: 'demo-client' };
    const grant = await signIn('code');
    const params = oauth.validateAuthResponse(server, app, grant.uri, grant.state);
    const response = await oauth.authorizationCodeGrantRequest(
      server,
      app,
      oauth.None(),
      params,
      grant.redirectUri,
      grant.codeVerifier ?? '',
      // eslint-disable-next-line @typescript-eslint/no-deprecated -- as above
      { [oauth.allowInsecureRequests]: true },
    );
    const tokens = await oauth.processAuthorizationCodeResponse(server, app, response);
    expect(await profileOf(tokens.access_token)).toMatchObject({ id: 'ada' });
  });
});

describe('an implicit grant', () => {
  it('goes into StaticAuthProvider of @twurple/auth', async () => {
    const grant = await signIn('token');
    const authProvider = new StaticAuthProvider('demo-client', grant.accessToken, ['profile', 'email']);
    // It validates the token at Twitch, which is out of reach: the response is the documented one.
    const asked: Headers[] = [];
    const twitch = jest.spyOn(globalThis, 'fetch').mockImplementationOnce((_uri, init) => {
      asked.push(new Headers(init?.headers));
      const validation = {
        client_id: 'demo-client',
        login: 'ada',
        scopes: ['profile', 'email'],
        user_id: '1',
        expires_in: 0,
      };
      return Promise.resolve(Response.json(validation));
    });
    const token = await authProvider.getAccessTokenForUser('1', ['profile']);
    twitch.mockRestore();
    expect(asked.map((headers) => headers.get('authorization'))).toEqual([`OAuth ${grant.accessToken}`]);
    expect(token.accessToken).toBe(grant.accessToken);
    expect(authProvider.getCurrentScopesForUser()).toEqual(['profile', 'email']);
    expect(await profileOf(token.accessToken)).toMatchObject({ id: 'ada' });
  });

  it('has the token shape of @spotify/web-api-ts-sdk, which calls with it', async () => {
    const grant = await signIn('token');
    const token: AccessToken = {
      access_token: grant.accessToken,
      token_type: grant.tokenType ?? 'Bearer',
      expires_in: grant.expiresIn ?? 3600,
      refresh_token: '',
    };
    const api = SpotifyApi.withAccessToken('demo-client', token, {
      fetch: (_uri, init) => fetch(provider.profileEndpoint, init),
    });
    expect(await api.currentUser.profile()).toMatchObject({ id: 'ada', display_name: 'Ada Lovelace' });
  });
});
