// An MCP server that demands OAuth: node mcp-server.mjs ISSUER. It prints its address, then a line for each request.
import { once } from 'node:events';
import {
  createMcpExpressApp,
  getOAuthProtectedResourceMetadataUrl,
  mcpAuthMetadataRouter,
  requireBearerAuth,
} from '@modelcontextprotocol/express';
import { NodeStreamableHTTPServerTransport } from '@modelcontextprotocol/node';
import { fromJsonSchema, McpServer, OAuthError, OAuthErrorCode } from '@modelcontextprotocol/server';

const [, , issuer] = process.argv;
const oauthMetadata = await (await fetch(`${issuer}/.well-known/oauth-authorization-server`)).json();

const app = createMcpExpressApp();
const server = app.listen(0, '127.0.0.1');
await once(server, 'listening');
const resource = new URL(`http://127.0.0.1:${server.address().port}/mcp`);

/** Asks the authorization server whether it knows the token. */
const verifier = {
  async verifyAccessToken(token) {
    const response = await fetch(oauthMetadata.userinfo_endpoint, { headers: { authorization: `Bearer ${token}` } });
    if (!response.ok) throw new OAuthError(OAuthErrorCode.InvalidToken, 'The token is unknown.');
    const expiresAt = Math.floor(Date.now() / 1000) + 60;
    return { token, clientId: 'unknown', scopes: [], expiresAt, extra: await response.json() };
  },
};

app.use((request, response, next) => {
  response.on('finish', () => {
    console.log(`${request.method} ${request.originalUrl} ${response.statusCode}`);
  });
  next();
});
app.use(mcpAuthMetadataRouter({ oauthMetadata, resourceServerUrl: resource }));
app.all(
  '/mcp',
  requireBearerAuth({ verifier, resourceMetadataUrl: getOAuthProtectedResourceMetadataUrl(resource) }),
  async (request, response) => {
    const mcp = new McpServer({ name: 'test', version: '1.0.0' });
    const inputSchema = fromJsonSchema({
      type: 'object',
      properties: { name: { type: 'string' } },
      required: ['name'],
    });
    mcp.registerTool('greet', { inputSchema }, ({ name }, context) => ({
      content: [{ type: 'text', text: `Hello, ${name}, from ${context.http.authInfo.extra.sub}` }],
    }));
    const transport = new NodeStreamableHTTPServerTransport({ sessionIdGenerator: undefined });
    await mcp.connect(transport);
    await transport.handleRequest(request, response, request.body);
  },
);
console.log(resource.href);
