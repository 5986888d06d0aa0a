// A session with simple-oauth2: npm install embed-auth-server simple-oauth2
import { login } from 'embed-auth-server';
import { createSession } from 'embed-auth-server/session';
import { AuthorizationCode } from 'simple-oauth2';

const { CLIENT_ID = '', CLIENT_SECRET = '', ISSUER = 'https://accounts.example.com' } = process.env;
const app = new AuthorizationCode({
  client: { id: CLIENT_ID, secret: CLIENT_SECRET },
  auth: { tokenHost: ISSUER, tokenPath: '/token', authorizePath: '/authorize', revokePath: '/revoke' },
});

const session = createSession({
  name: 'my-app',
  key: `${ISSUER} ${CLIENT_ID}`,
  signIn: ({ signal }) =>
    login({
      redirectUri: process.env.REDIRECT_URI, // undefined: http://127.0.0.1:5543/callback
      authorizationUri: ({ redirectUri, state, codeChallenge }) =>
        app.authorizeURL({
          redirect_uri: redirectUri,
          state,
          scope: 'openid offline_access',
          // It has no PKCE of its own; further parameters are passed on.
          ...{ code_challenge: codeChallenge, code_challenge_method: 'S256' },
        }),
      exchange: async ({ code, redirectUri, codeVerifier }) =>
        (await app.getToken({ code, redirect_uri: redirectUri, ...{ code_verifier: codeVerifier } })).token,
      terminal: true,
      signal,
    }),
  refresh: async (refreshToken) => {
    try {
      return (await app.createToken({ refresh_token: refreshToken }).refresh()).token;
    } catch (error) {
      // It has the provider's error in the data of its own.
      const { data } = Object(error) as { data?: { payload?: { error?: unknown } } };
      if (data?.payload?.error === 'invalid_grant') return undefined;
      throw error;
    }
  },
  revoke: ({ accessToken, refreshToken }) =>
    refreshToken === undefined
      ? app.createToken({ access_token: accessToken }).revoke('access_token')
      : app.createToken({ refresh_token: refreshToken }).revoke('refresh_token'),
});

if (process.argv[2] === 'sign-out') await session.signOut();
else console.log(await session.accessToken());
