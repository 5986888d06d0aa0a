// The original's CLI.PersistentConfig: sign in once, and stay signed in. The next run opens no browser.
import { login } from 'embed-auth-server';
import * as client from 'openid-client';
import { configurationOf } from '../support/openid-client.js';
import { fetchProfile, providerOr, redirectUri, spotify } from '../support/provider.js';
import { loadTokens, saveTokens, setAside, tokenFile, TokenFileError, type SavedTokens } from './token-file.js';

await using provider = await providerOr(spotify);
const configuration = configurationOf(provider);
const { clientId } = provider;
const issuer = provider.issuer ?? provider.authorizationEndpoint.origin;

const saved = await savedTokens();
const tokens = (saved && (await usableTokens(saved))) ?? (await signIn());
console.log('Signed in as', await fetchProfile(provider, tokens.accessToken));
console.log(`The sign-in is saved in ${tokenFile}. Run this again: no browser opens.`);
if (provider.isDemo && !process.env['EXAMPLE_ISSUER']) {
  console.log('(The demo server ends with this run and forgets the sign-in: see examples/README.md.)');
}

/** The tokens that an earlier run has saved for this provider and this app. */
async function savedTokens(): Promise<SavedTokens | undefined> {
  try {
    const found = await loadTokens();
    return found?.issuer === issuer && found.clientId === clientId ? found : undefined;
  } catch (error) {
    if (!(error instanceof TokenFileError)) throw error;
    console.error(error.message);
    console.error(`It was set aside as ${await setAside()}. Please sign in again.`);
    return undefined;
  }
}

/** The saved tokens, refreshed if they have expired; undefined if the user must sign in again. */
async function usableTokens(before: SavedTokens): Promise<SavedTokens | undefined> {
  // Half a minute early, because clocks differ and requests take time.
  const isFresh = before.expiresAt === undefined || before.expiresAt - 30_000 > Date.now();
  if (isFresh && (await isAccepted(before.accessToken))) return before;
  if (before.refreshToken === undefined) return undefined;
  try {
    const response = await client.refreshTokenGrant(configuration, before.refreshToken);
    console.log('The saved sign-in was refreshed.');
    return await save(response, before.refreshToken);
  } catch (error) {
    // Revoked or already used. Any other failure, such as a network that is down, is no reason for a new sign-in.
    if (!(error instanceof client.ResponseBodyError && error.error === 'invalid_grant')) throw error;
    console.log('The saved sign-in is no longer valid. Please sign in again.');
    return undefined;
  }
}

/** A token may be revoked before it expires. */
async function isAccepted(accessToken: string): Promise<boolean> {
  const { status } = await fetch(provider.profileEndpoint, {
    headers: { ...provider.headers, Authorization: `Bearer ${accessToken}` },
  });
  return status !== 401;
}

function signIn(): Promise<SavedTokens> {
  return login({
    clientId,
    authorizationEndpoint: provider.authorizationEndpoint,
    issuer: provider.issuer,
    scope: provider.scope,
    redirectUri: redirectUri('http://127.0.0.1:5543/callback'),
    appName: 'Persistent Config Example',
    terminal: true,
    // The page shows success once the tokens are saved.
    exchange: async (grant) =>
      save(
        await client.authorizationCodeGrant(configuration, grant.uri, {
          pkceCodeVerifier: grant.codeVerifier ?? '',
          expectedState: grant.state ?? '',
        }),
      ),
    signal: AbortSignal.timeout(300_000),
  });
}

async function save(response: client.TokenEndpointResponse, refreshToken?: string): Promise<SavedTokens> {
  const tokens: SavedTokens = {
    issuer,
    clientId,
    accessToken: response.access_token,
    // A response without a refresh token means that the old one stays valid.
    refreshToken: response.refresh_token ?? refreshToken,
    expiresAt: response.expires_in === undefined ? undefined : Date.now() + response.expires_in * 1000,
  };
  await saveTokens(tokens);
  return tokens;
}
