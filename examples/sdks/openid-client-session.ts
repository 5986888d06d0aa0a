// A session with openid-client: npm install embed-auth-server openid-client. `createSession({ name, issuer, clientId })` needs no SDK;
// this is for what only openid-client does, such as authentication by a private key.
import { login } from 'embed-auth-server';
import { createSession } from 'embed-auth-server/session';
import * as client from 'openid-client';

const issuer = new URL(process.env.ISSUER ?? 'https://accounts.example.com');
const clientId = process.env.CLIENT_ID ?? '';

/** Called only if it is needed: most runs use the saved token. */
function discover(): Promise<client.Configuration> {
  // Only a test server on this machine uses http.
  const execute = issuer.protocol === 'http:' ? [client.allowInsecureRequests] : [];
  return client.discovery(issuer, clientId, undefined, client.None(), { execute });
}

const session = createSession({
  name: 'my-app',
  key: `${issuer.href} ${clientId}`,
  signIn: async ({ signal }) => {
    const config = await discover();
    return login({
      redirectUri: process.env.REDIRECT_URI, // undefined: http://127.0.0.1:5543/callback
      authorizationUri: ({ redirectUri, state, codeChallenge }) =>
        client.buildAuthorizationUrl(config, {
          redirect_uri: redirectUri,
          state,
          code_challenge: codeChallenge,
          code_challenge_method: 'S256',
          scope: 'openid offline_access',
          prompt: 'consent', // many providers send no refresh token without it
        }),
      exchange: ({ uri, state = '', codeVerifier = '' }) =>
        client.authorizationCodeGrant(config, uri, { expectedState: state, pkceCodeVerifier: codeVerifier }),
      terminal: true,
      signal,
    });
  },
  refresh: async (refreshToken) => client.refreshTokenGrant(await discover(), refreshToken),
  revoke: async ({ accessToken, refreshToken = accessToken }) => client.tokenRevocation(await discover(), refreshToken),
});

if (process.argv[2] === 'sign-out') await session.signOut();
else console.log(await session.accessToken());
