// A session with @badgateway/oauth2-client, instead of its OAuth2Fetch, which takes an outage of the provider for the end of the sign-in:
// npm install embed-auth-server @badgateway/oauth2-client
import { generateCodeVerifier, OAuth2Client, OAuth2Error, type OAuth2Token } from '@badgateway/oauth2-client';
import { login } from 'embed-auth-server';
import { createSession } from 'embed-auth-server/session';

const { CLIENT_ID = '', ISSUER = 'https://accounts.example.com' } = process.env;
const app = new OAuth2Client({
  server: ISSUER,
  clientId: CLIENT_ID,
  authorizationEndpoint: '/authorize',
  tokenEndpoint: '/token',
  revocationEndpoint: '/revoke',
});

const session = createSession({
  name: 'my-app',
  key: `${ISSUER} ${CLIENT_ID}`,
  signIn: async ({ signal }) => {
    const codeVerifier = await generateCodeVerifier(); // the SDK makes the challenge itself
    return login({
      redirectUri: process.env.REDIRECT_URI, // undefined: http://127.0.0.1:5543/callback
      authorizationUri: ({ redirectUri, state }) =>
        app.authorizationCode.getAuthorizeUri({
          redirectUri,
          state,
          codeVerifier,
          scope: ['openid', 'offline_access'],
        }),
      exchange: async ({ code, redirectUri }) =>
        wireOf(await app.authorizationCode.getToken({ code, redirectUri, codeVerifier })),
      terminal: true,
      signal,
    });
  },
  refresh: async (refreshToken) => {
    try {
      return wireOf(await app.refreshToken({ accessToken: '', expiresAt: null, refreshToken }));
    } catch (error) {
      // It has the provider's error in `oauth2Code`; an outage has none.
      if (error instanceof OAuth2Error && error.oauth2Code === 'invalid_grant') return undefined;
      throw error;
    }
  },
  revoke: ({ accessToken, refreshToken = null }) =>
    app.revoke(
      { accessToken, expiresAt: null, refreshToken },
      refreshToken === null ? 'access_token' : 'refresh_token',
    ),
});

function wireOf({ accessToken, expiresAt, refreshToken, idToken, scope }: OAuth2Token) {
  return {
    access_token: accessToken,
    expires_at: expiresAt,
    refresh_token: refreshToken,
    id_token: idToken,
    scope: scope?.join(' '),
  };
}

if (process.argv[2] === 'sign-out') await session.signOut();
else console.log(await session.accessToken());
