// simple-oauth2: npm install embed-auth-server simple-oauth2. It has no PKCE of its own; further parameters are passed on.
import { login } from 'embed-auth-server';
import { AuthorizationCode } from 'simple-oauth2';

const { CLIENT_ID = '', CLIENT_SECRET = '', ISSUER = 'https://accounts.example.com' } = process.env;
const app = new AuthorizationCode({
  client: { id: CLIENT_ID, secret: CLIENT_SECRET },
  auth: { tokenHost: ISSUER, tokenPath: '/token', authorizePath: '/authorize' },
});

const { token } = await login({
  authorizationUri: ({ redirectUri, state, codeChallenge }) =>
    app.authorizeURL({
      redirect_uri: redirectUri,
      state,
      scope: 'openid',
      ...{ code_challenge: codeChallenge, code_challenge_method: 'S256' },
    }),
  exchange: ({ code, redirectUri, codeVerifier }) =>
    app.getToken({ code, redirect_uri: redirectUri, ...{ code_verifier: codeVerifier } }),
  terminal: true,
});

console.log(token.access_token);
