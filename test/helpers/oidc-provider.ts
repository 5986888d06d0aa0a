import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import Provider, { type Configuration } from 'oidc-provider';
import type { Page } from 'puppeteer-core';

/** A certified OpenID provider, with one native client whose redirect URIs are all loopback hosts. */
export interface OidcProvider extends AsyncDisposable {
  readonly issuer: string;
  readonly authorizationEndpoint: URL;
  readonly clientId: string;
  readonly provider: Provider;
}

/**
 * Starts one on a free port.
 *
 * @param options - `tls`: key and certificate for 127.0.0.1, for SDKs that require https; all others replace the provider's own
 */
export async function startOidcProvider({
  tls,
  ...configuration
}: Configuration & { tls?: { key: string; cert: string } } = {}): Promise<OidcProvider> {
  const server = tls === undefined ? createServer() : createTlsServer(tls);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = quietly(
    () =>
      new Provider(issuer, {
        clients: [
          {
            client_id: 'native',
            application_type: 'native',
            token_endpoint_auth_method: 'none',
            redirect_uris: ['http://127.0.0.1/callback', 'http://[::1]/callback', 'http://localhost/callback'],
            response_types: ['code', 'id_token token', 'code id_token'],
            grant_types: ['authorization_code', 'implicit', 'refresh_token'],
          },
        ],
        responseTypes: ['code', 'id_token token', 'code id_token', 'id_token'],
        cookies: { keys: ['test only'] },
        findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
        pkce: { required: (_, client) => client.responseTypes?.includes('code') === true },
        ttl: {
          AccessToken: 3600,
          AuthorizationCode: 60,
          Grant: 3600,
          IdToken: 3600,
          Interaction: 3600,
          RefreshToken: 3600,
          Session: 3600,
        },
        ...configuration,
      }),
  );
  // Made at each request, so that a test can still add middleware to the provider.
  server.on('request', (request, response) => void provider.callback()(request, response));
  return {
    issuer,
    authorizationEndpoint: new URL('/auth', issuer),
    clientId: 'native',
    provider,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Plays the user on the provider's own development pages. */
export async function approveAtOidcProvider(page: Page, decision: 'allow' | 'deny' = 'allow'): Promise<void> {
  if (decision === 'deny') {
    const cancel = await page.waitForSelector('a[href$="/abort"]');
    await cancel?.click();
    return;
  }
  await page.waitForSelector('input[name=login]');
  await page.type('input[name=login]', 'ada');
  await page.type('input[name=password]', 'any');
  await Promise.all([page.waitForNavigation(), page.click('button[type=submit]')]);
  const consent = await page.waitForSelector('button[type=submit]');
  await consent?.click();
}

/** The provider warns on the console that its development pages and keys are not for production, which is so. */
function quietly<T>(action: () => T): T {
  const { warn, info } = console;
  try {
    console.warn = console.info = () => undefined;
    return action();
  } finally {
    Object.assign(console, { warn, info });
  }
}
