// openid-client: npm install embed-auth-server openid-client
import { login } from 'embed-auth-server';
import * as client from 'openid-client';

const issuer = new URL(process.env.ISSUER ?? 'https://accounts.example.com');
// Only a test server on this machine uses http.
const execute = issuer.protocol === 'http:' ? [client.allowInsecureRequests] : [];
const config = await client.discovery(issuer, process.env.CLIENT_ID ?? '', undefined, client.None(), { execute });

const tokens = await login({
  authorizationUri: ({ redirectUri, state, codeChallenge }) =>
    client.buildAuthorizationUrl(config, {
      redirect_uri: redirectUri,
      state,
      code_challenge: codeChallenge,
      code_challenge_method: 'S256',
      scope: 'openid',
    }),
  exchange: ({ uri, state = '', codeVerifier = '' }) =>
    client.authorizationCodeGrant(config, uri, { expectedState: state, pkceCodeVerifier: codeVerifier }),
  terminal: true,
});

console.log(tokens.access_token);
