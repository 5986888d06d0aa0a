// google-auth-library: npm install embed-auth-server google-auth-library
import { login } from 'embed-auth-server';
import { CodeChallengeMethod, OAuth2Client } from 'google-auth-library';

const { CLIENT_ID = '', CLIENT_SECRET = '', ISSUER } = process.env;
const google = new OAuth2Client({
  clientId: CLIENT_ID,
  clientSecret: CLIENT_SECRET,
  // Only a test server needs its endpoints named.
  ...(ISSUER === undefined
    ? {}
    : { endpoints: { oauth2AuthBaseUrl: `${ISSUER}/authorize`, oauth2TokenUrl: `${ISSUER}/token` } }),
});

const { tokens } = await login({
  authorizationUri: ({ redirectUri, state, codeChallenge }) =>
    google.generateAuthUrl({
      redirect_uri: redirectUri,
      state,
      code_challenge: codeChallenge,
      code_challenge_method: CodeChallengeMethod.S256,
      scope: ['openid', 'email'],
    }),
  exchange: ({ code, redirectUri, codeVerifier = '' }) =>
    google.getToken({ code, redirect_uri: redirectUri, codeVerifier }),
  terminal: true,
});

google.setCredentials(tokens);
console.log(tokens.access_token);
