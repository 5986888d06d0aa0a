// MCP: npm install embed-auth-server @modelcontextprotocol/client. Registers, signs in, and stays signed in.
import { Client } from '@modelcontextprotocol/client';
import { createMcpAuthProvider } from 'embed-auth-server/mcp';

const serverUrl = process.env.MCP_SERVER ?? 'https://mcp.example.com/mcp';
const client = new Client({ name: 'example', version: '1.0.0' });
const provider = createMcpAuthProvider({ name: 'mcp-example', serverUrl });
await provider.connect(client);
const { content } = await client.callTool({ name: 'greet', arguments: { name: 'Ada' } });
console.log(JSON.stringify(content));
await client.close();
