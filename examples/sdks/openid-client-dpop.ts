// openid-client with pushed authorization requests and tokens that are bound to a key (DPoP, RFC 9449).
import { login } from 'embed-auth-server';
import * as client from 'openid-client';

const issuer = new URL(process.env.ISSUER ?? 'https://accounts.example.com');
const execute = issuer.protocol === 'http:' ? [client.allowInsecureRequests] : [];
const config = await client.discovery(issuer, process.env.CLIENT_ID ?? '', undefined, client.None(), { execute });
const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair());

const tokens = await login({
  authorizationUri: ({ redirectUri, state, codeChallenge }) =>
    client.buildAuthorizationUrlWithPAR(
      config,
      {
        redirect_uri: redirectUri,
        state,
        code_challenge: codeChallenge,
        code_challenge_method: 'S256',
        scope: 'openid',
      },
      { DPoP },
    ),
  exchange: ({ uri, state = '', codeVerifier = '' }) =>
    client.authorizationCodeGrant(config, uri, { expectedState: state, pkceCodeVerifier: codeVerifier }, undefined, {
      DPoP,
    }),
  terminal: true,
});

console.log(tokens.token_type, tokens.access_token);
