import { AuthServer } from 'embed-auth-server';
import { createSession } from 'embed-auth-server/session';
import * as client from 'openid-client';
import * as vscode from 'vscode';
import { settings, type Account } from './account.js';
import { createSecretStorageTokenStore } from '../stores/secret-storage.js';

/** For providers that accept `vscode://publisher.name/callback` and no loopback address. No port is needed. */
export function createUriHandlerAccount({ secrets, subscriptions, extension }: vscode.ExtensionContext): Account {
  const { issuer, clientId } = settings();
  // It does not listen. It checks each URI that it receives as it checks HTTP requests.
  const receiver = new AuthServer();
  subscriptions.push(
    vscode.window.registerUriHandler({
      handleUri: async (uri) => {
        await receiver.receive(uri.toString()).catch(() => undefined); // It was rejected, or the sign-in gets the same error.
      },
    }),
  );
  // Registered exactly like this. `asExternalUri` would add the number of the window, which providers reject.
  const redirectUri = `${vscode.env.uriScheme}://${extension.id.toLowerCase()}/callback`;
  const discover = (): Promise<client.Configuration> => {
    // Only a test server on this machine uses http.
    const execute = issuer.startsWith('http:') ? [client.allowInsecureRequests] : [];
    return client.discovery(new URL(issuer), clientId, undefined, client.None(), { execute });
  };
  const session = createSession({
    name: 'tidewater',
    key: `${issuer} ${clientId}`,
    store: createSecretStorageTokenStore(secrets),
    interactive: false,
    signIn: async ({ signal }) => {
      const config = await discover();
      const codeVerifier = client.randomPKCECodeVerifier();
      const request = client.buildAuthorizationUrl(config, {
        redirect_uri: redirectUri,
        state: client.randomState(),
        code_challenge: await client.calculatePKCECodeChallenge(codeVerifier),
        code_challenge_method: 'S256',
        scope: 'openid offline_access',
      });
      const granted = receiver.waitForGrant({
        request,
        exchange: ({ uri, state = '' }) =>
          client.authorizationCodeGrant(config, uri, { expectedState: state, pkceCodeVerifier: codeVerifier }),
        signal: AbortSignal.any([signal, AbortSignal.timeout(300_000)]),
      });
      const [tokens] = await Promise.all([granted, vscode.env.openExternal(vscode.Uri.parse(request.href))]);
      return tokens;
    },
    refresh: async (refreshToken) => client.refreshTokenGrant(await discover(), refreshToken),
  });
  return {
    session,
    signIn: async (signal) => {
      await session.accessToken({ interactive: true, signal });
    },
  };
}
