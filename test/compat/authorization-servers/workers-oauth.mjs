// @cloudflare/workers-oauth-provider in workerd, with an MCP server in the same Worker. It needs Node 22 or later (miniflare).
import { Miniflare } from 'miniflare';
import path from 'node:path';
import process from 'node:process';
import { rolldown } from 'rolldown';
import { print } from './process.mjs';

const bundle = await rolldown({
  input: path.join(import.meta.dirname, 'workers-oauth.worker.mjs'),
  external: /^(cloudflare|node):/,
  platform: 'browser',
  resolve: { conditionNames: ['workerd', 'worker', 'browser', 'import', 'default'] },
});
const { output } = await bundle.generate({ format: 'esm' });
const miniflare = new Miniflare({
  host: '127.0.0.1',
  port: 0,
  modules: true,
  script: output[0].code,
  compatibilityDate: '2026-07-01',
  compatibilityFlags: ['nodejs_compat', 'global_fetch_strictly_public'],
  kvNamespaces: ['OAUTH_KV'],
  telemetry: { enabled: false },
  // The Worker prints its requests.
  handleRuntimeStdio: (stdout, stderr) => {
    stdout.pipe(process.stdout);
    stderr.pipe(process.stderr);
  },
});
const { origin } = await miniflare.ready;
print({ issuer: origin, mcpServer: `${origin}/mcp` });
process.stdin.on('end', () => void miniflare.dispose());
