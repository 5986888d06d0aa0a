/**
 * Signs the user of an MCP host in, and keeps that user signed in.
 *
 * {@link createMcpAuthProvider} makes the `OAuthClientProvider` of one MCP server. `@modelcontextprotocol/client` (version 2) is an
 * optional peer, imported when it is first needed.
 *
 * @module embed-auth-server/mcp
 */
export { createMcpAuthProvider } from './session/mcp-auth-provider.js';
export type { McpAuthProvider } from './session/mcp-auth-provider.js';
export type { McpAuthProviderOptions } from './session/mcp-options.js';
