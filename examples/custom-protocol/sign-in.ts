import { AuthorizationError, AuthServer, BrowserUtil, LoginRequest, PKCEUtil } from 'embed-auth-server';
import * as client from 'openid-client';
import { configurationOf } from '../support/openid-client.js';
import { fetchProfile, providerOr, spotify } from '../support/provider.js';
import { listenForUris } from './hand-over.js';

/**
 * The first process: begins the sign-in, and waits until the answer is handed to it.
 *
 * Another program may register the same protocol. What it gets of a code is worth nothing without the verifier, which is in
 * this process only; a token would be worth something: with a custom protocol, take the code wherever you can.
 */
export async function signIn(redirectUri: string, responseType: 'code' | 'token'): Promise<void> {
  await using provider = await providerOr(spotify);
  // It does not listen: it checks what it is given, and tells of it by the same events as ever.
  const server = new AuthServer();
  const request = new LoginRequest(redirectUri, provider.clientId, responseType, {
    authorizationEndpoint: provider.authorizationEndpoint,
    scope: provider.scope,
    codeVerifier: responseType === 'code' ? PKCEUtil.generateCodes().verifier : undefined,
    issuer: provider.issuer,
  });
  server.expect(request);
  const granted = server.waitForGrant({ request, signal: AbortSignal.timeout(300_000) });
  granted.catch(() => undefined); // It is awaited below.

  // eslint-disable-next-line @typescript-eslint/no-unused-vars -- it is wanted until the block ends
  await using _channel = await listenForUris(async (uri) => {
    try {
      await server.receive(uri);
    } catch (error) {
      // Anybody can open a URI of this protocol. What is no answer to our request is refused, and the wait goes on.
      if (!(error instanceof AuthorizationError)) throw error;
      // The provider's own error ends the wait, and is thrown there.
      if (error.error === undefined) console.error(error.message);
    }
  });

  const uri = request.toUri();
  try {
    await BrowserUtil.open(uri);
    console.log('Sign in in your browser.');
  } catch {
    console.log(`No browser could be opened. Open this address yourself, on this machine:\n${uri.href}`);
  }

  const grant = await granted;
  if ('accessToken' in grant) {
    console.log('Signed in as', await fetchProfile(provider, grant.accessToken));
  } else {
    const tokens = await client.authorizationCodeGrant(configurationOf(provider), grant.uri, {
      expectedState: grant.state,
      pkceCodeVerifier: grant.codeVerifier,
    });
    console.log('Signed in as', await fetchProfile(provider, tokens.access_token));
  }
}
