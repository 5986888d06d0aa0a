import type * as Sdk from '@modelcontextprotocol/client';
import { AuthError } from '../errors.js';

/** @internal The module of the MCP SDK: an optional peer, imported when it is first needed. */
export type McpSdk = typeof Sdk;

/**
 * @internal Imports the MCP SDK.
 * @throws AuthError with the code `PEER_MISSING` if it is not installed
 */
export async function importMcpSdk(): Promise<McpSdk> {
  try {
    return await import('@modelcontextprotocol/client');
  } catch (error) {
    throw new AuthError(
      'PEER_MISSING',
      'The MCP SDK cannot be imported. Install it: npm install @modelcontextprotocol/client@2',
      { cause: error },
    );
  }
}
