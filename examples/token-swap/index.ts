// The original's Example.TokenSwap: some providers issue tokens only to clients with a secret, which an app on the user's machine
// cannot keep. The loopback server receives the code, and a small service on your server exchanges it.
import { login } from 'embed-auth-server';
import { configurationOf } from '../support/openid-client.js';
import { fetchProfile, providerOr, redirectUri, spotify } from '../support/provider.js';
import { startTokenSwapService, type SwappedTokens } from './service.js';

// The secret and the service are here only so that the example runs with one command. In production, the service runs on your
// server, and the app knows only its https address.
const clientSecret = process.env['SPOTIFY_CLIENT_SECRET'] ?? 'demo-secret';
await using provider = await providerOr(spotify, { clientSecret });
await using service = await startTokenSwapService({
  configuration: configurationOf(provider, clientSecret),
  redirectUris: ['http://127.0.0.1/callback'],
});

// The app begins here.
const tokens = await login({
  clientId: provider.clientId,
  authorizationEndpoint: provider.authorizationEndpoint,
  issuer: provider.issuer,
  scope: provider.scope,
  redirectUri: redirectUri('http://127.0.0.1:5543/callback'),
  appName: 'Token Swap Example',
  terminal: true,
  exchange: ({ code, redirectUri, codeVerifier = '' }, { signal }) =>
    ask('/swap', { code, redirect_uri: redirectUri, code_verifier: codeVerifier }, signal),
  signal: AbortSignal.timeout(300_000),
});
console.log('Signed in as', await fetchProfile(provider, tokens.access_token));

if (tokens.refresh_token !== undefined) {
  const refreshed = await ask('/refresh', { refresh_token: tokens.refresh_token });
  console.log('Refreshed; expires in', refreshed.expires_in ?? 'an unknown number of', 'seconds.');
}

/** Calls the service. */
async function ask(
  path: string,
  form: Record<string, string>,
  signal: AbortSignal | null = null,
): Promise<SwappedTokens> {
  const response = await fetch(new URL(path, service.uri), { method: 'POST', body: new URLSearchParams(form), signal });
  if (!response.ok) throw new Error(`The service responded with status ${response.status}`);
  return (await response.json()) as SwappedTokens;
}
