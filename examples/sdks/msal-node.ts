// @azure/msal-node: npm install embed-auth-server @azure/msal-node. On a user's desk, MSAL's own acquireTokenInteractive() is the better
// choice; this is for remote shells, a custom page, or an app that signs in at other providers as well.
import { ProtocolMode, PublicClientApplication } from '@azure/msal-node';
import { login } from 'embed-auth-server';

const { CLIENT_ID = '', ISSUER } = process.env;
const app = new PublicClientApplication(
  ISSUER === undefined
    ? { auth: { clientId: CLIENT_ID, authority: 'https://login.microsoftonline.com/common' } }
    : // An OpenID provider that is not Microsoft's.
      {
        auth: { clientId: CLIENT_ID, authority: ISSUER, knownAuthorities: [new URL(ISSUER).host] },
        system: { protocolMode: ProtocolMode.OIDC },
      },
);
const scopes = ['openid'];

const result = await login({
  redirectUri: process.env.REDIRECT_URI ?? 'http://localhost:0', // Microsoft accepts any port of it
  authorizationUri: ({ redirectUri, state, codeChallenge }) =>
    app.getAuthCodeUrl({ scopes, redirectUri, state, codeChallenge, codeChallengeMethod: 'S256' }),
  exchange: ({ code, redirectUri, codeVerifier = '' }) =>
    app.acquireTokenByCode({ code, scopes, redirectUri, codeVerifier }),
  terminal: true,
});

console.log(result.accessToken);
