import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { modules } from './compat.js';

/** The servers of test/compat/authorization-servers, and the packages that each needs. */
export const compatAuthorizationServers = {
  'mcp-sdk': ['@modelcontextprotocol/sdk', '@modelcontextprotocol/express', '@modelcontextprotocol/node'],
  'better-auth': ['better-auth', '@better-auth/oauth-provider', '@modelcontextprotocol/node'],
  'workers-oauth': ['@cloudflare/workers-oauth-provider', 'miniflare', 'node24'],
  'node-oauth2-server': ['@node-oauth/oauth2-server'],
} as const;

export type CompatAuthorizationServerName = keyof typeof compatAuthorizationServers;

/** A request that a server has responded to. */
export interface CompatRequest {
  readonly method: string;
  readonly url: string;
  readonly status: number;
  readonly authorization?: string;
}

/** A real authorization server in a process of its own. A GET of its authorization endpoint redirects to the app at once. */
export interface CompatAuthorizationServer extends AsyncDisposable {
  readonly issuer: string;
  /** The MCP server that accepts its tokens; its tool `whoami` says `ada`. `node-oauth2-server` has none. */
  readonly mcpServer: string;
  /** Every request up to now, those of the MCP server included. */
  readonly requests: readonly CompatRequest[];
  /** What the user decides from now on. At first: `allow`. */
  decide(decision: 'allow' | 'deny'): Promise<void>;
  /** Ends the process. */
  stop(): Promise<void>;
}

const folder = fileURLToPath(new URL('../compat/authorization-servers/', import.meta.url));

/** Starts one on a free port; `describeWith(compatAuthorizationServers[name], ...)` skips if it is not installed. */
export async function startCompatAuthorizationServer(
  name: CompatAuthorizationServerName,
): Promise<CompatAuthorizationServer> {
  // workerd's package needs Node 22 or later.
  const node = name === 'workers-oauth' ? path.join(modules, 'node24', 'bin', 'node') : process.execPath;
  const child = spawn(node, [path.join(folder, `${name}.mjs`)], { stdio: ['pipe', 'pipe', 'pipe'] });
  const errors: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => errors.push(chunk));
  const ended = once(child, 'close');
  const { facts, requests } = await readFacts(child, ended, errors);
  const stop = async (): Promise<void> => {
    child.stdin.end();
    await ended;
  };
  return {
    ...facts,
    requests,
    async decide(decision) {
      await fetch(new URL(`/test/decision?is=${decision}`, facts.issuer), { method: 'POST' });
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** The first line has the addresses, each later one a request. */
async function readFacts(
  { stdout }: ChildProcessByStdio<Writable, Readable, Readable>,
  ended: Promise<unknown>,
  errors: readonly string[],
): Promise<{ facts: { issuer: string; mcpServer: string }; requests: CompatRequest[] }> {
  const lines = createInterface({ input: stdout });
  const requests: CompatRequest[] = [];
  const first = once(lines, 'line') as Promise<[string]>;
  const started = await Promise.race([first, ended.then(() => undefined)]);
  if (started === undefined) throw new Error(`The server has ended: ${errors.join('')}`);
  lines.on('line', (line) => requests.push(JSON.parse(line) as CompatRequest));
  return { facts: JSON.parse(started[0]) as { issuer: string; mcpServer: string }, requests };
}
