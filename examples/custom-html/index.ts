// The original's CLI.CustomHTML: a custom callback page, a folder with the page and its assets.
import { AuthServer, BrowserUtil, LoginRequest, ResponseType } from 'embed-auth-server';
import { providerOr, redirectUri, spotify } from '../support/provider.js';

const provider = await providerOr(spotify);

const server = new AuthServer(redirectUri('http://127.0.0.1:5543/callback'), {
  templatePath: new URL('site/', import.meta.url),
});
await server.start();

server.on('authorizationCodeReceived', async (response) => {
  // stop() waits until the page and its picture are delivered.
  await server.stop();
  console.log(`A code of ${response.code.length} characters came. authorization-code-pkce shows its exchange.`);
  await provider[Symbol.asyncDispose]();
});

server.on('errorReceived', async (error) => {
  await server.stop();
  console.error(`The sign-in ended with an error: ${error.message}`);
  process.exitCode = 1;
  await provider[Symbol.asyncDispose]();
});

const request = new LoginRequest(server, provider.clientId, ResponseType.Code, {
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
