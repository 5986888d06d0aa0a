// The flow to use with every provider that has it: authorization code with PKCE. The code is exchanged by openid-client.
import { login } from 'embed-auth-server';
import * as client from 'openid-client';
import { configurationOf } from '../support/openid-client.js';
import { fetchProfile, providerOr, redirectUri, spotify } from '../support/provider.js';

await using provider = await providerOr(spotify);
const configuration = configurationOf(provider);

const tokens = await login({
  clientId: provider.clientId,
  authorizationEndpoint: provider.authorizationEndpoint,
  issuer: provider.issuer,
  scope: provider.scope,
  redirectUri: redirectUri('http://127.0.0.1:5543/callback'),
  appName: 'PKCE Example',
  // Prints the address, and lets the user paste the address of the last page, for example over SSH.
  terminal: true,
  // The page says "finishing sign-in" until this is done, and success only if it succeeds.
  exchange: (grant) =>
    client.authorizationCodeGrant(configuration, grant.uri, {
      pkceCodeVerifier: grant.codeVerifier ?? '',
      expectedState: grant.state ?? '',
    }),
  signal: AbortSignal.timeout(300_000),
});

console.log('Signed in as', await fetchProfile(provider, tokens.access_token));
console.log(tokens.refresh_token ? 'A refresh token came, too: see persistent-config.' : 'No refresh token came.');
