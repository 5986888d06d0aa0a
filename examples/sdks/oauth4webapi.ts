// oauth4webapi: npm install embed-auth-server oauth4webapi
import { login } from 'embed-auth-server';
import * as oauth from 'oauth4webapi';

const issuer = new URL(process.env.ISSUER ?? 'https://accounts.example.com');
// Only a test server on this machine uses http.
const insecure = { [oauth.allowInsecureRequests]: issuer.protocol === 'http:' };
const server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, insecure));
const app: oauth.Client = { client_id: process.env.CLIENT_ID ?? '' };

const tokens = await login({
  clientId: app.client_id,
  authorizationEndpoint: server.authorization_endpoint ?? '',
  scope: 'openid',
  exchange: async ({ uri, state, redirectUri, codeVerifier = '' }) => {
    const params = oauth.validateAuthResponse(server, app, uri, state);
    const response = await oauth.authorizationCodeGrantRequest(
      server,
      app,
      oauth.None(),
      params,
      redirectUri,
      codeVerifier,
      insecure,
    );
    return oauth.processAuthorizationCodeResponse(server, app, response);
  },
  terminal: true,
});

console.log(tokens.access_token);
