import * as client from 'openid-client';
import type { Provider } from './provider.js';

/** What openid-client has to know of a provider to exchange codes and to refresh tokens for a public client. */
export function configurationOf(provider: Provider): client.Configuration {
  const configuration = new client.Configuration(
    {
      issuer: provider.issuer ?? provider.authorizationEndpoint.origin,
      token_endpoint: provider.tokenEndpoint.href,
    },
    provider.clientId,
    undefined,
    client.None(),
  );
  // Only the embedded authorization server speaks http; a real one never does.
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- it is marked so that nobody uses it without need
  if (provider.embedded) client.allowInsecureRequests(configuration);
  return configuration;
}
