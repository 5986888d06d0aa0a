// Twitch still serves the implicit grant. Set TWITCH_CLIENT_ID, and register exactly http://localhost:5543/callback.
import { AuthError, login } from 'embed-auth-server';
import { fetchProfile, providerOr, redirectUri, twitch } from '../support/provider.js';

await using provider = await providerOr(twitch);

try {
  const grant = await login({
    clientId: provider.clientId,
    responseType: 'token',
    authorizationEndpoint: provider.authorizationEndpoint,
    scope: provider.scope,
    // Twitch accepts http only for localhost, not for 127.0.0.1. The server listens on both addresses of localhost.
    redirectUri: redirectUri('http://localhost:5543/callback'),
    // Asks again even if the user has allowed it before, so that the user can choose another account.
    extraParams: { force_verify: 'true' },
    appName: 'Twitch Example',
    terminal: true,
    signal: AbortSignal.timeout(300_000),
  });

  // Twitch does not state when the token expires. Its rules require a validation at the start and every hour.
  console.log('Expires in', grant.expiresIn ?? 'an unknown time');
  if (!provider.isDemo) {
    const validation = await fetch('https://id.twitch.tv/oauth2/validate', {
      headers: { Authorization: `OAuth ${grant.accessToken}` },
    });
    if (validation.status === 401) throw new Error('Twitch no longer accepts the token. Sign in again.');
  }
  // The scopes arrive joined by `+`, which means a space.
  console.log('Scope:', grant.scope);
  // Twitch's API requires the client id in a header, too.
  console.log('Signed in as', await fetchProfile(provider, grant.accessToken));
} catch (error) {
  // A denial arrives in the query, although a token arrives in the fragment. Both are read.
  if (!(error instanceof AuthError) || error.code !== 'ACCESS_DENIED') throw error;
  console.error('You did not allow it, so nothing was shared.');
  process.exitCode = 1;
}
