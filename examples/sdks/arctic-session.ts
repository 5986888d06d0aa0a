// A session with arctic: npm install embed-auth-server arctic
import * as arctic from 'arctic';
import { login } from 'embed-auth-server';
import { createSession } from 'embed-auth-server/session';

const { CLIENT_ID = '', ISSUER = 'https://accounts.example.com' } = process.env;
const client = new arctic.OAuth2Client(CLIENT_ID, null, null);

const session = createSession({
  name: 'my-app',
  key: `${ISSUER} ${CLIENT_ID}`,
  signIn: ({ signal }) => {
    const verifier = arctic.generateCodeVerifier(); // arctic makes the challenge itself
    return login({
      redirectUri: process.env.REDIRECT_URI, // undefined: http://127.0.0.1:5543/callback
      authorizationUri: ({ redirectUri, state }) =>
        new arctic.OAuth2Client(CLIENT_ID, null, redirectUri).createAuthorizationURLWithPKCE(
          `${ISSUER}/authorize`,
          state,
          arctic.CodeChallengeMethod.S256,
          verifier,
          ['openid', 'offline_access'],
        ),
      exchange: async ({ code, redirectUri }) => {
        const app = new arctic.OAuth2Client(CLIENT_ID, null, redirectUri);
        return (await app.validateAuthorizationCode(`${ISSUER}/token`, code, verifier)).data;
      },
      terminal: true,
      signal,
    });
  },
  refresh: async (refreshToken) => {
    try {
      return (await client.refreshAccessToken(`${ISSUER}/token`, refreshToken, [])).data;
    } catch (error) {
      // arctic has the provider's error in `code`.
      if (error instanceof arctic.OAuth2RequestError && error.code === 'invalid_grant') return undefined;
      throw error;
    }
  },
  revoke: ({ accessToken, refreshToken = accessToken }) => client.revokeToken(`${ISSUER}/revoke`, refreshToken),
});

if (process.argv[2] === 'sign-out') await session.signOut();
else console.log(await session.accessToken());
