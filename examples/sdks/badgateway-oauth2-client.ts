// @badgateway/oauth2-client: npm install embed-auth-server @badgateway/oauth2-client
import { generateCodeVerifier, OAuth2Client } from '@badgateway/oauth2-client';
import { login } from 'embed-auth-server';

const app = new OAuth2Client({
  server: process.env.ISSUER ?? 'https://accounts.example.com',
  clientId: process.env.CLIENT_ID ?? '',
  authorizationEndpoint: '/authorize',
  tokenEndpoint: '/token',
});
const codeVerifier = await generateCodeVerifier(); // the SDK makes the challenge itself

const tokens = await login({
  authorizationUri: ({ redirectUri, state }) =>
    app.authorizationCode.getAuthorizeUri({ redirectUri, state, codeVerifier, scope: ['openid'] }),
  exchange: ({ code, redirectUri }) => app.authorizationCode.getToken({ code, redirectUri, codeVerifier }),
  terminal: true,
});

console.log(tokens.accessToken);
