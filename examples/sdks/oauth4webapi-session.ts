// A session with oauth4webapi: npm install embed-auth-server oauth4webapi. `createSession({ name, issuer, clientId })` uses it, too; this
// is for an app that needs another of its functions.
import { login } from 'embed-auth-server';
import { createSession } from 'embed-auth-server/session';
import * as oauth from 'oauth4webapi';

const issuer = new URL(process.env.ISSUER ?? 'https://accounts.example.com');
// Only a test server on this machine uses http.
const insecure = { [oauth.allowInsecureRequests]: issuer.protocol === 'http:' };
const app: oauth.Client = { client_id: process.env.CLIENT_ID ?? '' };

/** Called only if it is needed: most runs use the saved token. */
async function discover(): Promise<oauth.AuthorizationServer> {
  return oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, insecure));
}

const session = createSession({
  name: 'my-app',
  key: `${issuer.href} ${app.client_id}`,
  signIn: async ({ signal }) => {
    const server = await discover();
    return login({
      redirectUri: process.env.REDIRECT_URI, // undefined: http://127.0.0.1:5543/callback
      clientId: app.client_id,
      authorizationEndpoint: server.authorization_endpoint ?? '',
      scope: 'openid offline_access',
      extraParams: { prompt: 'consent' }, // many providers send no refresh token without it
      exchange: async ({ uri, state, redirectUri, codeVerifier = '' }) => {
        const params = oauth.validateAuthResponse(server, app, uri, state);
        const response = await oauth.authorizationCodeGrantRequest(
          server,
          app,
          oauth.None(),
          params,
          redirectUri,
          codeVerifier,
          insecure,
        );
        return oauth.processAuthorizationCodeResponse(server, app, response);
      },
      terminal: true,
      signal,
    });
  },
  refresh: async (refreshToken) => {
    const server = await discover();
    const response = await oauth.refreshTokenGrantRequest(server, app, oauth.None(), refreshToken, insecure);
    return oauth.processRefreshTokenResponse(server, app, response);
  },
  revoke: async ({ accessToken, refreshToken = accessToken }) =>
    oauth.processRevocationResponse(
      await oauth.revocationRequest(await discover(), app, oauth.None(), refreshToken, insecure),
    ),
});

if (process.argv[2] === 'sign-out') await session.signOut();
else console.log(await session.accessToken());
