// The original's CLI.CustomHTML: a callback page of the app's own, a folder with its page and its assets.
import { AuthServer, BrowserUtil, LoginRequest, PKCEUtil, ResponseType } from 'embed-auth-server';
import { providerOr, redirectUri, spotify } from '../support/provider.js';

const provider = await providerOr(spotify);

const server = new AuthServer(redirectUri('http://127.0.0.1:5543/callback'), {
  templatePath: new URL('site/', import.meta.url),
});
await server.start();

server.on('authorizationCodeReceived', async (response) => {
  // The page and its picture are delivered before the server has stopped.
  await server.stop();
  console.log(`A code of ${response.code.length} characters came: see authorization-code-pkce for its exchange.`);
  await provider[Symbol.asyncDispose]();
});

server.on('errorReceived', async (error) => {
  await server.stop();
  console.error(`Aborting authorization, error received: ${String(error.error)}`);
  process.exitCode = 1;
  await provider[Symbol.asyncDispose]();
});

// The verifier stays with the response that it belongs to; its challenge goes into the request.
const request = new LoginRequest(server, provider.clientId, ResponseType.Code, {
  authorizationEndpoint: provider.authorizationEndpoint,
  scope: provider.scope,
  codeVerifier: PKCEUtil.generateCodes().verifier,
});
const uri = request.toUri();
try {
  await BrowserUtil.open(uri);
  console.log('Sign in in your browser.');
} catch {
  console.log(`No browser could be opened. Open this address yourself:\n${uri.href}`);
}
