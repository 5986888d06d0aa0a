// The first snippet of the original's documentation: a server, two events, a request, a browser.
import { AuthServer, BrowserUtil, LoginRequest, ResponseType } from 'embed-auth-server';
import { fetchProfile, providerOr, redirectUri, twitch } from '../support/provider.js';

const provider = await providerOr(twitch);

// "http://localhost:5543/callback" must be one of your app's redirect URIs.
const server = new AuthServer(redirectUri('http://localhost:5543/callback'), { appName: 'Implicit Grant Example' });
await server.start();

server.on('implicitGrantReceived', async (response) => {
  await server.stop();
  console.log('Signed in as', await fetchProfile(provider, response.accessToken));
  await provider[Symbol.asyncDispose]();
});

server.on('errorReceived', async (error) => {
  await server.stop();
  console.error(`The sign-in ended with an error: ${error.message}`);
  process.exitCode = 1;
  await provider[Symbol.asyncDispose]();
});

const request = new LoginRequest(server, provider.clientId, ResponseType.Token, {
  authorizationEndpoint: provider.authorizationEndpoint,
  scope: provider.scope,
});
const uri = request.toUri();
try {
  await BrowserUtil.open(uri);
  console.log('Sign in in your browser.');
} catch {
  console.log(`No browser could be opened. Open this address:\n${uri.href}`);
}
