// AniList serves the implicit grant. Set ANILIST_CLIENT_ID; the app has one redirect URI: http://127.0.0.1:5543/callback.
import { login } from 'embed-auth-server';
import { fetchProfile, providerOr, redirectUri, type Provider, type RealProvider } from '../support/provider.js';

const anilist: RealProvider = {
  name: 'AniList',
  variable: 'ANILIST_CLIENT_ID',
  authorizationEndpoint: 'https://anilist.co/api/v2/oauth/authorize',
  tokenEndpoint: 'https://anilist.co/api/v2/oauth/token',
  profileEndpoint: 'https://graphql.anilist.co',
  scope: [], // AniList has no scopes.
};

await using provider = await providerOr(anilist);

const grant = await login({
  clientId: provider.clientId,
  responseType: 'token',
  authorizationEndpoint: provider.authorizationEndpoint,
  scope: provider.scope,
  redirectUri: redirectUri('http://127.0.0.1:5543/callback'),
  // AniList uses the registered redirect URI, and rejects a request for the implicit grant that names one.
  sendRedirectUri: provider.isDemo,
  appName: 'AniList Example',
  terminal: true,
  signal: AbortSignal.timeout(300_000),
});

const expiry = expiryOf(grant.accessToken);
if (expiry !== undefined) console.log('The token is valid until', expiry.toISOString());
console.log('Signed in as', await viewerOf(provider, grant.accessToken));

/** The token is a JWT that is valid for a year. For display only: the signature is not checked. */
function expiryOf(token: string): Date | undefined {
  const [, payload = ''] = token.split('.');
  try {
    const { exp } = Object(JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))) as { exp?: unknown };
    return typeof exp === 'number' ? new Date(exp * 1000) : undefined;
  } catch {
    return undefined; // It is not a JWT.
  }
}

/** AniList's API is GraphQL; the user's profile is a query. */
async function viewerOf({ isDemo, profileEndpoint }: Provider, accessToken: string): Promise<unknown> {
  if (isDemo) return fetchProfile(provider, accessToken);
  const response = await fetch(profileEndpoint, {
    method: 'POST',
    headers: { Authorization: `Bearer ${accessToken}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ query: '{ Viewer { id name } }' }),
  });
  if (!response.ok) throw new Error(`${profileEndpoint.href} responded with status ${response.status}`);
  return response.json();
}
