// MCP: npm install embed-auth-server @modelcontextprotocol/client. A client that registers itself, and keeps its port for the next run.
import { Client, StreamableHTTPClientTransport, UnauthorizedError } from '@modelcontextprotocol/client';
import type {
  OAuthClientProvider,
  StoredOAuthClientInformation,
  StoredOAuthTokens,
} from '@modelcontextprotocol/client';
import { AuthServer, login } from 'embed-auth-server';
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';

interface Saved {
  /** The registration is for one redirect URI, and so for one port. */
  port?: number;
  client?: StoredOAuthClientInformation;
  tokens?: StoredOAuthTokens;
}

const file = process.env.MCP_STATE ?? 'mcp-client.json';
const saved: Saved = await readFile(file, 'utf8').then(
  (text) => JSON.parse(text) as Saved,
  (): Saved => ({}),
);
const save = (change: Saved): Promise<void> =>
  writeFile(file, JSON.stringify(Object.assign(saved, change)), { mode: 0o600 });

const server = new AuthServer('http://127.0.0.1/callback', { port: saved.port ?? 0 });
await server.start();
let authorizationUri: URL | undefined;
let verifier = '';
const authProvider: OAuthClientProvider = {
  redirectUrl: server.redirectUri,
  clientMetadata: {
    client_name: 'Example',
    redirect_uris: [server.redirectUri],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
  },
  state: () => randomBytes(32).toString('base64url'), // without it, no response could be recognized
  clientInformation: () => saved.client,
  saveClientInformation: (client) => save({ client, port: server.port }),
  tokens: () => saved.tokens,
  saveTokens: (tokens) => save({ tokens }),
  redirectToAuthorization: (uri) => {
    authorizationUri = uri;
  },
  saveCodeVerifier: (codeVerifier) => {
    verifier = codeVerifier;
  },
  codeVerifier: () => verifier,
};

const uri = new URL(process.env.MCP_SERVER ?? 'https://mcp.example.com/mcp');
const connect = async (): Promise<Client> => {
  const client = new Client({ name: 'example', version: '1.0.0' });
  await client.connect(new StreamableHTTPClientTransport(uri, { authProvider }));
  return client;
};
const client = await connect().catch(async (error: unknown) => {
  if (!(error instanceof UnauthorizedError) || authorizationUri === undefined) throw error;
  const transport = new StreamableHTTPClientTransport(uri, { authProvider });
  await login({ server, authorizationUri, exchange: (grant) => transport.finishAuth(grant.params), terminal: true });
  return connect();
});
await server.stop();

const { content } = await client.callTool({ name: 'greet', arguments: {} });
console.log(JSON.stringify(content));
await client.close();
