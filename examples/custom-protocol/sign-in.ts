import { AuthServer, BrowserUtil, LoginRequest } from 'embed-auth-server';
import { accessTokenOf, configurationOf } from '../support/openid-client.js';
import { fetchProfile, providerOr, spotify } from '../support/provider.js';
import { listenForUris } from './hand-over.js';

/**
 * The first process: begins the sign-in, and waits until the response is handed to it.
 *
 * Another program may register the same protocol. A code is useless to it without the verifier, which only this process has; a
 * token is not. With a custom protocol, use the code if the provider has it.
 */
export async function signIn(redirectUri: string, responseType: 'code' | 'token'): Promise<void> {
  await using provider = await providerOr(spotify);
  // It does not listen. It checks each URI that it receives as it checks HTTP requests.
  const server = new AuthServer();
  const request = new LoginRequest(redirectUri, provider.clientId, responseType, {
    authorizationEndpoint: provider.authorizationEndpoint,
    scope: provider.scope,
    issuer: provider.issuer,
  });
  // Any program can open a URI of this protocol. What is not the awaited response is rejected, and the wait goes on.
  server.on('callbackRejected', ({ reason }) => {
    console.error(`A URI was rejected: ${reason}.`);
  });

  // eslint-disable-next-line @typescript-eslint/no-unused-vars -- it is disposed at the end of the function
  await using _channel = await listenForUris(async (uri) => {
    await server.receive(uri).catch(() => undefined); // It was rejected, or the wait below gets the same error.
  });
  const granted = server.waitForGrant({
    request,
    signal: AbortSignal.timeout(300_000),
    exchange: (grant) => accessTokenOf(configurationOf(provider), grant),
  });

  const uri = request.toUri();
  const opened = BrowserUtil.open(uri).then(
    () => 'Sign in in your browser.',
    () => `No browser could be opened. Open this address on this machine:\n${uri.href}`,
  );
  const [accessToken] = await Promise.all([granted, opened.then(console.log)]);
  console.log('Signed in as', await fetchProfile(provider, accessToken));
}
