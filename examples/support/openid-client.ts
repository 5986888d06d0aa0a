import type { GrantResponse } from 'embed-auth-server';
import * as client from 'openid-client';
import type { Provider } from './provider.js';

/** The configuration that openid-client needs to exchange codes and to refresh tokens. Without a secret: a public client. */
export function configurationOf(provider: Provider, clientSecret?: string): client.Configuration {
  const configuration = new client.Configuration(
    { issuer: provider.issuer ?? provider.authorizationEndpoint.origin, token_endpoint: provider.tokenEndpoint.href },
    provider.clientId,
    undefined,
    clientSecret === undefined ? client.None() : client.ClientSecretBasic(clientSecret),
  );
  // Only the demo server uses http; a real provider never does.
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- marked as deprecated to stand out
  if (provider.isDemo) client.allowInsecureRequests(configuration);
  return configuration;
}

/** The access token of a grant: exchanges its code, if it is one. */
export async function accessTokenOf(configuration: client.Configuration, grant: GrantResponse): Promise<string> {
  if (grant.kind === 'token') return grant.accessToken;
  const tokens = await client.authorizationCodeGrant(configuration, grant.uri, {
    expectedState: grant.state ?? '',
    pkceCodeVerifier: grant.codeVerifier ?? '',
  });
  return tokens.access_token;
}
