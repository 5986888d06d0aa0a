// The original's CLI.PersistentConfig: sign in once, and stay signed in. The next run opens no browser.
import { isRemoteSession, login, promptForCallbackUri } from 'embed-auth-server';
import * as client from 'openid-client';
import { configurationOf } from '../support/openid-client.js';
import { fetchProfile, providerOr, redirectUri, spotify } from '../support/provider.js';
import { loadTokens, saveTokens, setAside, tokenFile, TokenFileError, type SavedTokens } from './token-file.js';

await using provider = await providerOr(spotify);
const configuration = configurationOf(provider);
const { clientId } = provider;
const issuer = provider.issuer ?? provider.authorizationEndpoint.origin;

const saved = await savedTokens();
const tokens = saved === undefined ? await signIn() : ((await stillGood(saved)) ?? (await signIn()));
console.log('Signed in as', await fetchProfile(provider, tokens.accessToken));
console.log(`The sign-in is saved in ${tokenFile}. Run this again: no browser opens.`);
if (provider.embedded && process.env['EXAMPLE_ISSUER'] === undefined) {
  console.log('(The embedded authorization server ends with this run, and forgets it: see examples/README.md.)');
}

/** What an earlier run has saved, for this provider and this app. */
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

/** The saved tokens, refreshed where they have expired; undefined where only a sign-in helps. */
async function stillGood(before: SavedTokens): Promise<SavedTokens | undefined> {
  // Half a minute early, for clocks that differ and requests that take their time.
  const isFresh = before.expiresAt === undefined || before.expiresAt - 30_000 > Date.now();
  if (isFresh && (await isAccepted(before.accessToken))) return before;
  if (before.refreshToken === undefined) return undefined;
  try {
    const answer = await client.refreshTokenGrant(configuration, before.refreshToken);
    console.log('The saved sign-in was refreshed.');
    return await save(answer, before.refreshToken);
  } catch (error) {
    // Revoked, or used up. Anything else (the network is down, say) is no reason to bother the person with a sign-in.
    if (!(error instanceof client.ResponseBodyError && error.error === 'invalid_grant')) throw error;
    console.log('The saved sign-in is no longer valid. Please sign in again.');
    return undefined;
  }
}

/** A token may be revoked before its time. */
async function isAccepted(accessToken: string): Promise<boolean> {
  const { status } = await fetch(provider.profileEndpoint, {
    headers: { ...provider.headers, Authorization: `Bearer ${accessToken}` },
  });
  return status !== 401;
}

async function signIn(): Promise<SavedTokens> {
  let signedIn: SavedTokens | undefined;
  await login({
    clientId,
    authorizationEndpoint: provider.authorizationEndpoint,
    issuer: provider.issuer,
    scope: provider.scope,
    redirectUri: redirectUri('http://127.0.0.1:5543/callback'),
    appName: 'Persistent Config Example',
    onLoginUri: (uri) => {
      console.log(`Sign in in your browser. If none opens, open this address yourself:\n${uri.href}`);
    },
    prompt: (context) => (context.browserOpened && !isRemoteSession() ? undefined : promptForCallbackUri(context)),
    // The page says success when the tokens are saved.
    onGrant: async (grant) => {
      const answer = await client.authorizationCodeGrant(configuration, grant.uri, {
        pkceCodeVerifier: grant.codeVerifier,
        expectedState: grant.state,
      });
      signedIn = await save(answer);
    },
    signal: AbortSignal.timeout(300_000),
  });
  if (signedIn === undefined) throw new Error('login() has returned without a grant.');
  return signedIn;
}

async function save(answer: client.TokenEndpointResponse, refreshToken?: string): Promise<SavedTokens> {
  const saved: SavedTokens = {
    issuer,
    clientId,
    accessToken: answer.access_token,
    // A provider that does not send a new refresh token means the old one to be used on.
    refreshToken: answer.refresh_token ?? refreshToken,
    expiresAt: answer.expires_in === undefined ? undefined : Date.now() + answer.expires_in * 1000,
  };
  await saveTokens(saved);
  return saved;
}
