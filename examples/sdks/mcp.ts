// MCP: npm install embed-auth-server @modelcontextprotocol/client. A client that registers itself, and keeps its port for the next run.
import { Client, StreamableHTTPClientTransport, UnauthorizedError } from '@modelcontextprotocol/client';
import type {
  OAuthClientProvider,
  OAuthDiscoveryState,
  StoredOAuthClientInformation,
  StoredOAuthTokens,
} from '@modelcontextprotocol/client';
import { AuthServer, login } from 'embed-auth-server';
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';

interface Saved {
  port?: number | undefined;
  client?: StoredOAuthClientInformation | undefined;
  tokens?: StoredOAuthTokens | undefined;
}
const file = process.env.MCP_STATE ?? 'mcp-client.json';
const saved: Saved = await readFile(file, 'utf8').then(
  (text) => JSON.parse(text) as Saved,
  () => ({}), // the first run
);
const save = (change: Saved): Promise<void> =>
  writeFile(file, JSON.stringify(Object.assign(saved, change)), { mode: 0o600 });

async function connect(): Promise<Client> {
  // The registration is for one port. If another program has it now, take any free one, and register again.
  await using server = new AuthServer('http://127.0.0.1/callback', { port: [saved.port ?? 0, 0] });
  await server.start();
  let verifier = '';
  let discovery: OAuthDiscoveryState | undefined;
  let authorizationUri: URL | undefined;
  const authProvider: OAuthClientProvider = {
    redirectUrl: server.redirectUri,
    clientMetadata: {
      client_name: 'Example',
      redirect_uris: [server.redirectUri],
      token_endpoint_auth_method: 'none',
    },
    state: () => randomBytes(32).toString('base64url'), // without it, no response could be recognized
    // A sign-in needs a client with this port, a refresh the client that the token was issued to.
    clientInformation: () =>
      saved.port === server.port || saved.tokens?.refresh_token !== undefined ? saved.client : undefined,
    saveClientInformation: (client) => save({ client, port: server.port }),
    tokens: () => saved.tokens,
    saveTokens: (tokens) => save({ tokens }),
    invalidateCredentials: (scope) =>
      save({
        ...(scope === 'tokens' || scope === 'all' ? { tokens: undefined } : {}),
        ...(scope === 'client' || scope === 'all' ? { client: undefined } : {}),
      }),
    saveCodeVerifier: (codeVerifier) => {
      verifier = codeVerifier;
    },
    codeVerifier: () => verifier,
    saveDiscoveryState: (state) => {
      discovery = state;
    },
    discoveryState: () => discovery,
    redirectToAuthorization: (uri) => {
      authorizationUri = uri;
    },
  };

  const uri = new URL(process.env.MCP_SERVER ?? 'https://mcp.example.com/mcp');
  const transport = new StreamableHTTPClientTransport(uri, { authProvider });
  const client = new Client({ name: 'example', version: '1.0.0' });
  try {
    await client.connect(transport);
  } catch (error) {
    if (!(error instanceof UnauthorizedError) || authorizationUri === undefined) throw error;
    await login({ server, authorizationUri, exchange: ({ params }) => transport.finishAuth(params), terminal: true });
    await client.connect(new StreamableHTTPClientTransport(uri, { authProvider }));
  }
  return client;
}

const client = await connect();
const { content } = await client.callTool({ name: 'greet', arguments: { name: 'Ada' } });
console.log(JSON.stringify(content));
await client.close();
