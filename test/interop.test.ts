import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { SpotifyApi, type AccessToken } from '@spotify/web-api-ts-sdk';
import { StaticAuthProvider } from '@twurple/auth';
import * as oauth from 'oauth4webapi';
import * as client from 'openid-client';
import { startAuthorizationServer, type AuthorizationServer } from '../examples/authorization-server/index.js';
import {
  AuthServer,
  LoginRequest,
  PKCEUtil,
  type AuthorizationCodeResponse,
  type GrantResponse,
  type ImplicitGrantResponse,
} from '#src/index.js';
import { locationOf, ScriptedPerson } from './examples/scripted-person.js';

let provider: AuthorizationServer;

beforeAll(async () => {
  provider = await startAuthorizationServer();
});

afterAll(async () => {
  await provider.close();
});

/** Signs in for real: the provider's own redirect is received by a server of ours. */
async function signIn(responseType: 'code'): Promise<AuthorizationCodeResponse>;
async function signIn(responseType: 'token'): Promise<ImplicitGrantResponse>;
async function signIn(responseType: 'code' | 'token'): Promise<GrantResponse> {
  await using server = new AuthServer('http://127.0.0.1:0/callback');
  await server.start();
  const request = new LoginRequest(server, 'demo-client', responseType, {
    authorizationEndpoint: provider.authorizationEndpoint,
    issuer: provider.issuer.origin,
    scope: ['profile', 'email'],
    codeVerifier: responseType === 'code' ? PKCEUtil.generateCodes().verifier : undefined,
  });
  const granted = server.waitForGrant({ request });
  const person = new ScriptedPerson(provider);
  await server.receive(locationOf(await person.decide(Object.fromEntries(request.toUri().searchParams))));
  return await granted;
}

async function profileOf(accessToken: string): Promise<unknown> {
  const response = await fetch(provider.profileEndpoint, { headers: { Authorization: `Bearer ${accessToken}` } });
  return response.json();
}

describe('a code’s `uri`', () => {
  it('goes into openid-client as it is, and its tokens refresh', async () => {
    const configuration = await client.discovery(provider.issuer, 'demo-client', undefined, client.None(), {
      algorithm: 'oauth2',
      // eslint-disable-next-line @typescript-eslint/no-deprecated -- it is marked so that nobody uses it without need
      execute: [client.allowInsecureRequests],
    });
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
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- as above
    const insecure = { [oauth.allowInsecureRequests]: true };
    const as = await oauth.processDiscoveryResponse(
      provider.issuer,
      await oauth.discoveryRequest(provider.issuer, { algorithm: 'oauth2', ...insecure }),
    );
    const app: oauth.Client = { client_id: 'demo-client' };
    const grant = await signIn('code');
    const params = oauth.validateAuthResponse(as, app, grant.uri, grant.state);
    const response = await oauth.authorizationCodeGrantRequest(
      as,
      app,
      oauth.None(),
      params,
      grant.redirectUri,
      grant.codeVerifier ?? '',
      insecure,
    );
    const tokens = await oauth.processAuthorizationCodeResponse(as, app, response);
    expect(await profileOf(tokens.access_token)).toMatchObject({ id: 'ada' });
  });
});

describe('an implicit grant', () => {
  it('goes into StaticAuthProvider of @twurple/auth', async () => {
    const grant = await signIn('token');
    const authProvider = new StaticAuthProvider('demo-client', grant.accessToken, grant.scope?.split(' '));
    // It validates the token at Twitch, which is the one thing that is not here: the answer is the documented one.
    const asked: Headers[] = [];
    const twitch = jest.spyOn(globalThis, 'fetch').mockImplementationOnce((_uri, init) => {
      asked.push(new Headers(init?.headers));
      return Promise.resolve(
        Response.json({
          client_id: 'demo-client',
          login: 'ada',
          scopes: grant.scope?.split(' '),
          user_id: '1',
          expires_in: 0,
        }),
      );
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
