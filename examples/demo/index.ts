// The main job from start to finish: an implicit grant by event, then a code with PKCE by login().
// npm run demo            signs in; without a display, a headless Chromium acts as the user
// npm run demo -- --wait  prints the login URI and waits for a user
import { AuthServer, BrowserUtil, login, LoginRequest, ResponseType } from 'embed-auth-server';
import * as client from 'openid-client';
import { parseArgs } from 'node:util';
import { configurationOf } from '../support/openid-client.js';
import { fetchProfile, providerOr, spotify, twitch, type Provider } from '../support/provider.js';
import { note, step, title } from './print.js';
import { chooseUser, type User } from './user.js';

const { values } = parseArgs({ options: { wait: { type: 'boolean', default: false } } });
const interrupted = new AbortController();
process.once('SIGINT', () => {
  interrupted.abort(new Error('Ctrl-C'));
});

/** The implicit grant, as in the original's documentation: server, event, request, browser. */
async function implicitGrant(provider: Provider, user: User): Promise<void> {
  const redirectUri = provider.isDemo ? 'http://127.0.0.1:5543/callback' : 'http://localhost:5543/callback';
  const server = new AuthServer(redirectUri, { appName: 'Demo', port: provider.isDemo ? [5543, 0] : undefined });
  await server.start();
  step(`listening at ${server.redirectUri}`);

  server.on('implicitGrantReceived', (response, { page }) => {
    step('implicitGrantReceived: the page forwarded an access token');
    // The page shows success only if this succeeds.
    page.waitUntil(showProfile(provider, response.accessToken));
  });
  server.on('errorReceived', (error) => {
    step(`errorReceived: ${error.message}`);
  });

  try {
    const request = new LoginRequest(server, provider.clientId, ResponseType.Token, {
      authorizationEndpoint: provider.authorizationEndpoint,
      scope: provider.scope,
    });
    const granted = server.waitForGrant({ request, signal: interrupted.signal });
    step('opening the login page');
    await Promise.race([user.signIn(request.toUri(), 'implicit'), granted]);
    await granted;
    await user.finished();
  } finally {
    await server.stop();
    step('the server has stopped; its port is free');
  }
}

/** Authorization code with PKCE in one call; the code is exchanged while the page waits. */
async function authorizationCode(provider: Provider, user: User): Promise<void> {
  const tokens = await login({
    clientId: provider.clientId,
    authorizationEndpoint: provider.authorizationEndpoint,
    issuer: provider.issuer,
    scope: provider.scope,
    appName: 'Demo',
    port: provider.isDemo ? [5543, 0] : undefined,
    openBrowser: (uri) => user.signIn(uri, 'code'),
    exchange: async (grant) => {
      step('login(): a code arrived; exchanging it while the page waits');
      const response = await client.authorizationCodeGrant(configurationOf(provider), grant.uri, {
        pkceCodeVerifier: grant.codeVerifier ?? '',
        expectedState: grant.state ?? '',
      });
      step(response.refresh_token === undefined ? 'an access token came' : 'an access token and a refresh token came');
      return response;
    },
    signal: interrupted.signal,
  });
  await user.finished();
  step('login() has returned the tokens; its server has stopped');
  await showProfile(provider, tokens.access_token);
}

async function showProfile(provider: Provider, accessToken: string): Promise<void> {
  step(`calling ${provider.profileEndpoint.href} with the access token:`);
  console.log(await fetchProfile(provider, accessToken));
}

let user: User | undefined;
try {
  user = await chooseUser({ wait: values.wait, open: (uri) => BrowserUtil.open(uri) });
  {
    await using provider = await providerOr(twitch);
    title(`1. Implicit grant, by event. Provider: ${provider.name}`);
    await implicitGrant(provider, provider.isDemo ? user : user.atRealProvider());
  }
  {
    await using provider = await providerOr(spotify);
    title(`2. Authorization code with PKCE, by login(). Provider: ${provider.name}`);
    await authorizationCode(provider, provider.isDemo ? user : user.atRealProvider());
  }
  title('Both flows went through.');
} catch (error) {
  if (interrupted.signal.aborted) {
    note('Stopped by Ctrl-C. Nothing is left running.');
    process.exitCode = 130;
  } else {
    console.error(error);
    process.exitCode = 1;
  }
} finally {
  await user?.close();
}
