// AniList serves the implicit grant. Set ANILIST_CLIENT_ID; the app has one redirect URI: http://127.0.0.1:5543/callback.
import { login } from 'embed-auth-server';
import { fetchProfile, providerOr, redirectUri, type Provider, type RealProvider } from '../support/provider.js';

const anilist: RealProvider = {
  name: 'AniList',
  variable: 'ANILIST_CLIENT_ID',
  authorizationEndpoint: 'https://anilist.co/api/v2/oauth/authorize',
  tokenEndpoint: 'https://anilist.co/api/v2/oauth/token',
  profileEndpoint: 'https://graphql.anilist.co',
  scope: [],
};

await using provider = await providerOr(anilist);

const grant = await login({
  clientId: provider.clientId,
  responseType: 'token',
  authorizationEndpoint: provider.authorizationEndpoint,
  // There are no scopes.
  scope: provider.scope,
  redirectUri: redirectUri('http://127.0.0.1:5543/callback'),
  // AniList takes the registered one, and refuses a request for the implicit grant that names it.
  sendRedirectUri: provider.embedded,
  appName: 'AniList Example',
  onLoginUri: (uri) => {
    console.log(`Sign in in your browser. If none opens, open this address yourself:\n${uri.href}`);
  },
  signal: AbortSignal.timeout(300_000),
});

const expiry = expiryOf(grant.accessToken);
if (expiry !== undefined) console.log('The token is good until', expiry.toISOString());
console.log('Signed in as', await viewerOf(provider, grant.accessToken));

/** The token is a JWT of a year, which says itself when it ends. For display only: nobody has checked its signature. */
function expiryOf(token: string): Date | undefined {
  const [, payload = ''] = token.split('.');
  try {
    const { exp } = Object(JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))) as { exp?: unknown };
    return typeof exp === 'number' ? new Date(exp * 1000) : undefined;
  } catch {
    return undefined; // It is no JWT, which is nobody's business but the provider's.
  }
}

/** The API is GraphQL: who somebody is, is a query too. */
async function viewerOf({ embedded, profileEndpoint }: Provider, accessToken: string): Promise<unknown> {
  if (embedded) return fetchProfile(provider, accessToken);
  const response = await fetch(profileEndpoint, {
    method: 'POST',
    headers: { Authorization: `Bearer ${accessToken}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ query: '{ Viewer { id name } }' }),
  });
  if (!response.ok) throw new Error(`${profileEndpoint.href} answered ${response.status}`);
  return response.json();
}
