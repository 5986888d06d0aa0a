// openid-client with the hybrid flow by form_post: the ID token arrives with the code, and nothing stays in the browser's history.
import { login } from 'embed-auth-server';
import * as client from 'openid-client';

const issuer = new URL(process.env.ISSUER ?? 'https://accounts.example.com');
const execute = [
  client.useCodeIdTokenResponseType,
  ...(issuer.protocol === 'http:' ? [client.allowInsecureRequests] : []),
];
const config = await client.discovery(issuer, process.env.CLIENT_ID ?? '', undefined, client.None(), { execute });
const nonce = client.randomNonce();

const tokens = await login({
  responseType: 'code id_token',
  authorizationUri: ({ redirectUri, state, codeChallenge }) =>
    client.buildAuthorizationUrl(config, {
      redirect_uri: redirectUri,
      state,
      nonce,
      code_challenge: codeChallenge,
      code_challenge_method: 'S256',
      response_mode: 'form_post',
      scope: 'openid',
    }),
  exchange: (grant) =>
    client.authorizationCodeGrant(
      config,
      new Request(grant.redirectUri, { method: 'POST', body: new URLSearchParams(grant.params) }),
      {
        expectedNonce: nonce,
        expectedState: grant.state ?? '',
        pkceCodeVerifier: (grant.kind === 'code' && grant.codeVerifier) || '',
      },
    ),
  terminal: true,
});

console.log(tokens.access_token);
