// A session with google-auth-library: npm install embed-auth-server google-auth-library
import { login } from 'embed-auth-server';
import { createSession } from 'embed-auth-server/session';
import { CodeChallengeMethod, gaxios, OAuth2Client, type Credentials } from 'google-auth-library';

const { CLIENT_ID = '', CLIENT_SECRET = '', ISSUER } = process.env;

function createClient(): OAuth2Client {
  return new OAuth2Client({
    clientId: CLIENT_ID,
    clientSecret: CLIENT_SECRET,
    // Only a test server needs its endpoints named.
    ...(ISSUER === undefined
      ? {}
      : {
          endpoints: {
            oauth2AuthBaseUrl: `${ISSUER}/authorize`,
            oauth2TokenUrl: `${ISSUER}/token`,
            oauth2RevokeUrl: `${ISSUER}/revoke`,
          },
        }),
  });
}

const oauth = createClient(); // for the session only
// It reports a new refresh token by this event, and would lose it otherwise.
oauth.on('tokens', (tokens) => {
  oauth.setCredentials(tokens);
});
// It would send a refresh again after a lost response: servers whose refresh tokens work once then end the sign-in.
oauth.transporter.interceptors.request.add({
  resolved: (options) => Promise.resolve({ ...options, retryConfig: { retry: 0 } }),
});

const session = createSession({
  name: 'my-app',
  key: `google ${CLIENT_ID}`,
  signIn: ({ signal }) =>
    login({
      redirectUri: process.env.REDIRECT_URI, // undefined: http://127.0.0.1:5543/callback
      authorizationUri: ({ redirectUri, state, codeChallenge }) =>
        oauth.generateAuthUrl({
          redirect_uri: redirectUri,
          state,
          code_challenge: codeChallenge,
          code_challenge_method: CodeChallengeMethod.S256,
          scope: ['openid', 'email'],
          access_type: 'offline', // Google sends a refresh token only with these two
          prompt: 'consent',
        }),
      exchange: async ({ code, redirectUri, codeVerifier = '' }) =>
        wireOf((await oauth.getToken({ code, redirect_uri: redirectUri, codeVerifier })).tokens),
      terminal: true,
      signal,
    }),
  refresh: async (refreshToken) => {
    oauth.setCredentials({ refresh_token: refreshToken });
    try {
      return wireOf((await oauth.refreshAccessToken()).credentials);
    } catch (error) {
      // It has the provider's error in the data of the response.
      const response: unknown = error instanceof gaxios.GaxiosError ? error.response?.data : undefined;
      if ((Object(response) as { error?: unknown }).error === 'invalid_grant') return undefined;
      throw error;
    }
  },
  revoke: ({ accessToken, refreshToken = accessToken }) => oauth.revokeToken(refreshToken),
});

function wireOf({ expiry_date, ...tokens }: Credentials) {
  return { ...tokens, expires_at: expiry_date };
}

// What Google's API clients get as `auth`: it has no refresh token, and asks the session for access tokens.
const auth = createClient();
auth.refreshHandler = async () => {
  const { accessToken, expiresAt } = await session.tokens();
  return { access_token: accessToken, expiry_date: expiresAt ?? 0 }; // 0: not known
};

if (process.argv[2] === 'sign-out') await session.signOut();
else console.log((await auth.getAccessToken()).token);
