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
    // Not 127.0.0.1: of http addresses Twitch takes localhost only. The server listens on both of its addresses.
    redirectUri: redirectUri('http://localhost:5543/callback'),
    // Asks again although the person has allowed it before, so that they can choose another account.
    extraParams: { force_verify: 'true' },
    appName: 'Twitch Example',
    onLoginUri: (uri) => {
      console.log(`Sign in in your browser. If none opens, open this address yourself:\n${uri.href}`);
    },
    signal: AbortSignal.timeout(300_000),
  });

  // Twitch does not say when the token expires. Its rules want it validated at the start and every hour.
  console.log('Expires in', grant.expiresIn ?? 'a time that Twitch does not tell');
  if (!provider.embedded) {
    const validation = await fetch('https://id.twitch.tv/oauth2/validate', {
      headers: { Authorization: `OAuth ${grant.accessToken}` },
    });
    if (validation.status === 401) throw new Error('Twitch no longer accepts the token. Sign in again.');
  }
  // The scopes come joined with `+`, which is read as the space that it stands for.
  console.log('Scope:', grant.scope);
  // Twitch's API wants the client id in a header of its own beside the token.
  console.log('Signed in as', await fetchProfile(provider, grant.accessToken));
} catch (error) {
  // A denial comes in the query, although a token would have come in the fragment. Both are read.
  if (!(error instanceof AuthError) || error.code !== 'ACCESS_DENIED') throw error;
  console.error('You did not allow it, so nothing was shared.');
  process.exitCode = 1;
}
