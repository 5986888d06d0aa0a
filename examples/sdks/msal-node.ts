// @azure/msal-node: npm install embed-auth-server @azure/msal-node. On a user's desk, MSAL's own acquireTokenInteractive() is the better
// choice; this is for remote shells, a custom page, or an app that signs in at other providers as well.
import { PublicClientApplication } from '@azure/msal-node';
import { login } from 'embed-auth-server';

const { CLIENT_ID = '', AUTHORITY = 'https://login.microsoftonline.com/common', KNOWN_AUTHORITY } = process.env;
const knownAuthorities = KNOWN_AUTHORITY === undefined ? [] : [KNOWN_AUTHORITY];
const app = new PublicClientApplication({ auth: { clientId: CLIENT_ID, authority: AUTHORITY, knownAuthorities } });
const scopes = ['openid'];

const result = await login({
  redirectUri: process.env.REDIRECT_URI ?? 'http://localhost:5543',
  authorizationUri: ({ redirectUri, state, codeChallenge }) =>
    app.getAuthCodeUrl({ scopes, redirectUri, state, codeChallenge, codeChallengeMethod: 'S256' }),
  exchange: ({ code, redirectUri, codeVerifier = '' }) =>
    app.acquireTokenByCode({ code, scopes, redirectUri, codeVerifier }),
  terminal: true,
});

console.log(result.accessToken);
