// @azure/msal-node: it supports form_post only, and exchanges the code itself, so its result is the token request.
export const title = '@azure/msal-node';
export const packages = ['@azure/msal-node'];

export const load = () => import('@azure/msal-node');

const authority = 'https://login.microsoftonline.com/common';

/** @type {import('./index.mjs').Begin} */
export async function begin({ PublicClientApplication }, onResult) {
  const client = new PublicClientApplication({
    auth: {
      clientId: '00000000-0000-0000-0000-000000000001',
      authority,
      // Set, so that nothing is fetched from the network.
      cloudDiscoveryMetadata: JSON.stringify({
        tenant_discovery_endpoint: `${authority}/v2.0/.well-known/openid-configuration`,
        'api-version': '1.1',
        metadata: [
          {
            preferred_network: 'login.microsoftonline.com',
            preferred_cache: 'login.windows.net',
            aliases: ['login.microsoftonline.com'],
          },
        ],
      }),
      authorityMetadata: JSON.stringify({
        authorization_endpoint: `${authority}/oauth2/v2.0/authorize`,
        token_endpoint: `${authority}/oauth2/v2.0/token`,
        issuer: `${authority}/v2.0`,
        jwks_uri: `${authority}/discovery/v2.0/keys`,
      }),
    },
    system: {
      networkClient: {
        sendGetRequestAsync: () => Promise.reject(new Error('nothing must be fetched')),
        sendPostRequestAsync: () => {
          onResult();
          return Promise.reject(new Error('the benchmark ends here'));
        },
      },
    },
  });
  let done;
  const href = await new Promise((resolve, reject) => {
    done = client.acquireTokenInteractive({
      scopes: ['openid'],
      openBrowser: (uri) => {
        resolve(uri);
        return Promise.resolve();
      },
    });
    done.catch(reject);
  });
  const { searchParams } = new URL(href);
  const state = encodeURIComponent(searchParams.get('state') ?? '');
  return {
    port: Number(new URL(searchParams.get('redirect_uri') ?? '').port),
    method: 'POST',
    target: '/',
    body: `code=a-code&state=${state}`,
    idle: '/favicon.ico',
    end: () => done.catch(() => undefined),
  };
}
