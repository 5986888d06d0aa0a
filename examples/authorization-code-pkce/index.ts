// The flow to use wherever the provider has it: authorization code with PKCE, the code exchanged by openid-client.
import { isRemoteSession, login, promptForCallbackUri } from 'embed-auth-server';
import * as client from 'openid-client';
import { configurationOf } from '../support/openid-client.js';
import { fetchProfile, providerOr, redirectUri, spotify } from '../support/provider.js';

await using provider = await providerOr(spotify);

const configuration = configurationOf(provider);

await login({
  clientId: provider.clientId,
  authorizationEndpoint: provider.authorizationEndpoint,
  scope: provider.scope,
  redirectUri: redirectUri('http://127.0.0.1:5543/callback'),
  appName: 'PKCE Example',
  onLoginUri: (uri) => {
    console.log(`Sign in in your browser. If none opens, open this address yourself:\n${uri.href}`);
  },
  // Over SSH, or where no browser opens, the address of the last page can be pasted.
  prompt: (context) => (context.browserOpened && !isRemoteSession() ? undefined : promptForCallbackUri(context)),
  // The page says "finishing sign-in" until this is done, and the truth afterwards.
  onGrant: async (grant) => {
    const tokens = await client.authorizationCodeGrant(configuration, grant.uri, {
      pkceCodeVerifier: grant.codeVerifier,
      expectedState: grant.state,
    });
    console.log('Signed in as', await fetchProfile(provider, tokens.access_token));
    console.log(tokens.refresh_token === undefined ? 'No refresh token came.' : 'A refresh token came too.');
  },
  signal: AbortSignal.timeout(300_000),
});
