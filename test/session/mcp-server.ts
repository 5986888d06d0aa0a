import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

/** A request that an MCP server has received. */
export interface McpRequest {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly status: number;
}

interface McpServerOptions {
  /** The authorization servers that the metadata name. */
  authorizationServers: readonly string[];
  /** The scopes of the challenge of a 401. */
  scope?: string;
  /** Whether the challenge names the metadata. @default true */
  namesMetadata?: boolean;
}

/** The least MCP server over Streamable HTTP (JSON responses), which asks for tokens of its authorization server. */
export interface TestMcpServer extends AsyncDisposable {
  readonly url: string;
  readonly requests: McpRequest[];
  readonly options: McpServerOptions;
  /** The scope that a tool call needs. */
  requiredScope: string | undefined;
  /** Whether the user has granted that scope. */
  hasScope: () => boolean;
  /** Accepts no token. */
  refusesAll: boolean;
}

/** Starts an MCP server. A token is accepted if the issuer's userinfo endpoint accepts it. */
export async function startMcpServer(options: McpServerOptions): Promise<TestMcpServer> {
  const requests: McpRequest[] = [];
  const server = createServer((request, response) => {
    response.on('finish', () => {
      const { url: path = '', headers } = request;
      requests.push({ path, authorization: headers.authorization, status: response.statusCode });
    });
    void respond(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // It listens on a port.
  const metadataPath = '/.well-known/oauth-protected-resource/mcp';
  const test: TestMcpServer = {
    url: `${origin}/mcp`,
    requests,
    options,
    requiredScope: undefined,
    hasScope: () => false,
    refusesAll: false,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url === metadataPath) {
      const metadata = { resource: test.url, authorization_servers: options.authorizationServers };
      sendJson(response, 200, metadata);
      return;
    }
    if (request.url !== '/mcp') {
      response.writeHead(404).end();
      return;
    }
    // Before the token is looked at: the stream of an earlier client must not make it ask the user in the middle of a test.
    if (request.method !== 'POST') {
      response.writeHead(405).end();
      return;
    }
    const isAccepted = await isTokenAccepted(request.headers.authorization);
    const challenge = [
      ...(options.namesMetadata === false ? [] : [`resource_metadata="${origin}${metadataPath}"`]),
      ...(options.scope === undefined ? [] : [`scope="${options.scope}"`]),
    ];
    if (!isAccepted) {
      response.writeHead(401, { 'WWW-Authenticate': `Bearer ${challenge.join(', ')}` }).end();
      return;
    }
    const message = (await json(request)) as { id?: number; method: string; params?: { protocolVersion?: string } };
    if (message.method === 'tools/call' && test.requiredScope !== undefined && !test.hasScope()) {
      const further = `error="insufficient_scope", scope="${test.requiredScope}"`;
      response.writeHead(403, { 'WWW-Authenticate': `Bearer ${further}` }).end();
      return;
    }
    if (message.id === undefined) response.writeHead(202).end();
    else sendJson(response, 200, { jsonrpc: '2.0', id: message.id, ...resultOf(message) });
  }

  async function isTokenAccepted(authorization: string | undefined): Promise<boolean> {
    if (authorization === undefined || test.refusesAll) return false;
    // The authorization server may be another one at the same address: no connection is used again.
    const connection = 'close';
    for (const issuer of options.authorizationServers) {
      const uri = new URL('/.well-known/oauth-authorization-server', issuer);
      const metadata = await fetch(uri, { headers: { connection } }).catch(() => undefined);
      if (metadata === undefined) continue;
      const { userinfo_endpoint: endpoint } = (await metadata.json()) as { userinfo_endpoint: string };
      if ((await fetch(endpoint, { headers: { authorization, connection } })).ok) return true;
    }
    return false;
  }
  return test;
}

function resultOf({ method, params }: { method: string; params?: { protocolVersion?: string } }): object {
  if (method === 'initialize') {
    const { protocolVersion } = params ?? {};
    return { result: { protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'test', version: '1.0.0' } } };
  }
  if (method === 'tools/call') return { result: { content: [{ type: 'text', text: 'Hello' }] } };
  return { error: { code: -32_601, message: 'Method not found' } };
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
}
