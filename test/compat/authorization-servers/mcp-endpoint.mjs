// The protected resource of the servers of this folder: an MCP server at /mcp with one tool, `whoami`.
import { createMcpHandler, fromJsonSchema, McpServer } from '@modelcontextprotocol/server';

/** An MCP server whose tool names the user of the access token. */
export const createMcp = ({ authInfo }) => {
  const mcp = new McpServer({ name: 'test', version: '1.0.0' });
  const inputSchema = fromJsonSchema({ type: 'object', properties: {} });
  mcp.registerTool('whoami', { inputSchema }, () => ({
    content: [{ type: 'text', text: String(authInfo?.extra?.sub) }],
  }));
  return mcp;
};

/** A handler of web requests that were authenticated as `authInfo`. */
export const mcpHandler = createMcpHandler(createMcp);
