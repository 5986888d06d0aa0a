// Discord serves the implicit grant. Set DISCORD_CLIENT_ID, and register exactly http://127.0.0.1:5543/callback.
import { login } from 'embed-auth-server';
import { fetchProfile, providerOr, redirectUri, type RealProvider } from '../support/provider.js';

const discord: RealProvider = {
  name: 'Discord',
  variable: 'DISCORD_CLIENT_ID',
  authorizationEndpoint: 'https://discord.com/oauth2/authorize',
  tokenEndpoint: 'https://discord.com/api/oauth2/token',
  profileEndpoint: 'https://discord.com/api/v10/users/@me',
  scope: ['identify'],
};

await using provider = await providerOr(discord);

const grant = await login({
  clientId: provider.clientId,
  // No refresh token comes with it. An app with the setting "Public Client" can use a code with PKCE instead.
  responseType: 'token',
  authorizationEndpoint: provider.authorizationEndpoint,
  scope: provider.scope,
  // 127.0.0.1 and localhost can both be registered; the one that is sent must match it exactly.
  redirectUri: redirectUri('http://127.0.0.1:5543/callback'),
  // Users who have allowed it before are not asked again.
  extraParams: { prompt: 'none' },
  appName: 'Discord Example',
  terminal: true,
  signal: AbortSignal.timeout(300_000),
});

// At Discord, a week.
console.log('Expires in', grant.expiresIn, 'seconds; expired already:', grant.isExpired);
console.log('Scope:', grant.scope);
console.log('Signed in as', await fetchProfile(provider, grant.accessToken));
