// The main job from start to finish: an implicit grant by event, then a code with PKCE by login().
// npm run demo            signs in; without a display, a headless Chromium plays the person
// npm run demo -- --wait  waits for a person, whose login URI is printed
import { AuthServer, BrowserUtil, login, LoginRequest, ResponseType } from 'embed-auth-server';
import * as client from 'openid-client';
import { parseArgs } from 'node:util';
import { configurationOf } from '../support/openid-client.js';
import { fetchProfile, providerOr, spotify, twitch, type Provider } from '../support/provider.js';
import { choosePerson, type Person } from './person.js';
import { note, step, title } from './print.js';

const { values } = parseArgs({ options: { wait: { type: 'boolean', default: false } } });
const interrupted = new AbortController();
process.once('SIGINT', () => {
  interrupted.abort(new Error('Ctrl-C'));
});

/** The implicit grant, as the original's documentation does it: server, event, request, browser. */
async function implicitGrant(provider: Provider, person: Person): Promise<void> {
  const server = new AuthServer(
    provider.embedded ? 'http://127.0.0.1:5543/callback' : 'http://localhost:5543/callback',
    { appName: 'Demo', port: provider.embedded ? [5543, 0] : undefined },
  );
  await server.start();
  step(`listening at ${server.baseUri.href}`);

  server.on('implicitGrantReceived', (response, page) => {
    step('implicitGrantReceived: an access token came in the fragment, forwarded by the page');
    // The page says success only when this has worked.
    page.waitUntil(showProfile(provider, response.accessToken));
  });
  server.on('errorReceived', (error) => {
    step(`errorReceived: ${String(error.error)} ${error.errorDescription ?? ''}`);
  });

  try {
    const request = new LoginRequest(server, provider.clientId, ResponseType.Token, {
      authorizationEndpoint: provider.authorizationEndpoint,
      scope: provider.scope,
    });
    const granted = server.waitForGrant({ request, signal: interrupted.signal });
    step('opening the login page');
    await Promise.race([person.signIn(request.toUri(), 'implicit'), granted]);
    await granted;
    await person.finished();
  } finally {
    await server.stop();
    step('the server has stopped, its port is free');
  }
}

/** Authorization code with PKCE in one call; the code is exchanged while the page waits. */
async function authorizationCode(provider: Provider, person: Person): Promise<void> {
  const configuration = configurationOf(provider);

  await login({
    clientId: provider.clientId,
    authorizationEndpoint: provider.authorizationEndpoint,
    scope: provider.scope,
    appName: 'Demo',
    port: [5543, 0],
    openBrowser: (uri) => person.signIn(uri, 'code'),
    onGrant: async (grant, page) => {
      step('login(): a code came in the query; exchanging it, while the page says that the sign-in is being finished');
      const work = exchange(grant.uri, grant.codeVerifier, grant.state);
      page.waitUntil(work);
      await showProfile(provider, await work);
    },
    signal: interrupted.signal,
  });
  await person.finished();
  step('login() has returned: the server has stopped, its port is free');

  async function exchange(uri: URL, pkceCodeVerifier?: string, expectedState?: string): Promise<string> {
    const tokens = await client.authorizationCodeGrant(configuration, uri, { pkceCodeVerifier, expectedState });
    step(`tokens came${tokens.refresh_token === undefined ? '' : ', a refresh token among them'}`);
    return tokens.access_token;
  }
}

async function showProfile(provider: Provider, accessToken: string): Promise<void> {
  step(`calling ${provider.profileEndpoint.href} with the token`);
  console.log(await fetchProfile(provider, accessToken));
}

let person: Person | undefined;
try {
  person = await choosePerson({ wait: values.wait, open: (uri) => BrowserUtil.open(uri), signal: interrupted.signal });
  note(person.description);
  {
    await using provider = await providerOr(twitch);
    title(`1. Implicit grant, by event. Provider: ${provider.name}`);
    await implicitGrant(provider, provider.embedded ? person : person.real());
  }
  {
    await using provider = await providerOr(spotify);
    title(`2. Authorization code with PKCE, by login(). Provider: ${provider.name}`);
    await authorizationCode(provider, provider.embedded ? person : person.real());
  }
  title('Both flows went through.');
  if (person.screenshots !== undefined) note(`Screenshots of every page: ${person.screenshots}`);
} catch (error) {
  if (interrupted.signal.aborted) {
    note('Stopped by Ctrl-C. Nothing is left running.');
    process.exitCode = 130;
  } else {
    console.error(error);
    process.exitCode = 1;
  }
} finally {
  await person?.close();
}
