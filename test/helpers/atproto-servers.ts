import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startOidcProvider } from './oidc-provider.js';

const did = 'did:plc:ewvi7nxzyoun6zhxrhs64oiz';

/** One user of the AT Protocol: the directory of identities, the personal data server, and the authorization server. */
export interface AtprotoServers extends AsyncDisposable {
  readonly handle: string;
  readonly did: string;
  /** Directory and personal data server. */
  readonly address: string;
  /** The paths that authenticated requests to the personal data server had. */
  readonly authenticated: readonly string[];
}

/**
 * Starts them. The authorization server is oidc-provider with what the AT Protocol requires: pushed requests, DPoP with nonces, a client
 * without registration, and `sub` in the token response.
 */
export async function startAtprotoServers(): Promise<AtprotoServers> {
  const authorizationServer = await startOidcProvider({
    clients: [
      {
        client_id: 'http://localhost',
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        redirect_uris: ['http://127.0.0.1/', 'http://[::1]/'],
        response_types: ['code'],
        grant_types: ['authorization_code', 'refresh_token'],
        scope: 'atproto',
        dpop_bound_access_tokens: true,
        require_pushed_authorization_requests: true,
      },
    ],
    scopes: ['atproto', 'offline_access'],
    features: { dPoP: { enabled: true, nonceSecret: Buffer.alloc(32), requireNonce: () => true } },
    discovery: { client_id_metadata_document_supported: true },
  });
  const { provider, issuer } = authorizationServer;
  provider.use(async (context, next) => {
    await next();
    const body = context.body as Record<string, unknown> | undefined;
    if (context.path === '/token' && body?.['access_token'] !== undefined) context.body = { ...body, sub: did };
  });

  const authenticated: string[] = [];
  const isAuthenticated = async ({ headers }: IncomingMessage): Promise<boolean> => {
    const token = /^DPoP (\S+)$/.exec(headers.authorization ?? '')?.[1];
    const found = token === undefined ? undefined : await provider.AccessToken.find(token);
    return found?.isSenderConstrained() === true && headers['dpop'] !== undefined;
  };
  let address = '';
  const server = createServer((request, response) => {
    const respond = (status: number, body: unknown): void => {
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
    };
    const { pathname, searchParams } = new URL(request.url ?? '', address);
    switch (decodeURIComponent(pathname)) {
      case '/xrpc/com.atproto.identity.resolveHandle':
        respond(searchParams.get('handle') === 'ada.test' ? 200 : 400, { did });
        break;
      case `/${did}`:
        respond(200, {
          '@context': ['https://www.w3.org/ns/did/v1'],
          id: did,
          alsoKnownAs: ['at://ada.test'],
          service: [{ id: '#atproto_pds', type: 'AtprotoPersonalDataServer', serviceEndpoint: address }],
        });
        break;
      case '/.well-known/oauth-protected-resource':
        respond(200, { resource: address, authorization_servers: [issuer] });
        break;
      case '/xrpc/com.atproto.server.getSession':
        void isAuthenticated(request).then((isValid) => {
          if (isValid) authenticated.push(pathname);
          respond(isValid ? 200 : 401, isValid ? { did, handle: 'ada.test' } : {});
        });
        break;
      default:
        respond(404, {});
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    handle: 'ada.test',
    did,
    address,
    authenticated,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await authorizationServer[Symbol.asyncDispose]();
    },
  };
}
