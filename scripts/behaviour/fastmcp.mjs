// FastMCP's OAuth proxy before oidc-provider: node fastmcp.mjs. It prints the proxy's issuer.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { FastMCP } from 'fastmcp';
import { OAuthProxy } from 'fastmcp/auth';
import { listen, print } from '../../test/compat/authorization-servers/process.mjs';

// FastMCP wants a number: one that is free now.
const { server, origin } = await listen();
server.close();
await once(server, 'close');

const file = path.join(import.meta.dirname, 'oidc-provider.mjs');
const upstream = spawn(process.execPath, [file, origin], { stdio: ['pipe', 'pipe', 'ignore'] });
process.on('exit', () => upstream.kill());
const lines = createInterface({ input: upstream.stdout });
const [first] = await once(lines, 'line');
const { issuer } = JSON.parse(first);
const proxy = new OAuthProxy({
  baseUrl: origin,
  consentRequired: false,
  scopes: ['openid', 'offline_access'],
  upstreamAuthorizationEndpoint: `${issuer}/auth`,
  upstreamTokenEndpoint: `${issuer}/token`,
  upstreamClientId: 'proxy',
  upstreamClientSecret: 'secret',
});
const mcp = new FastMCP({
  name: 'test',
  version: '1.0.0',
  oauth: { enabled: true, authorizationServer: proxy.getAuthorizationServerMetadata(), proxy },
});
await mcp.start({ transportType: 'httpStream', httpStream: { host: '127.0.0.1', port: Number(new URL(origin).port) } });
// The decision is made at the provider behind the proxy.
print({ issuer: origin, control: issuer, mcpServer: `${origin}/mcp` });
