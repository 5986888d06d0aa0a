// npm run behaviour: what real authorization servers do, as a table for docs/behaviour.md. It is no test.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { observe } from './observe.mjs';

const here = import.meta.dirname;
const root = path.join(here, '..', '..');
const compat = path.join(root, 'test', 'compat');
const servers = [
  { name: 'better-auth', folder: compat },
  { name: 'workers-oauth', folder: compat, package: '@cloudflare/workers-oauth-provider' },
  { name: 'mcp-sdk', folder: compat, package: '@modelcontextprotocol/sdk' },
  { name: 'node-oauth2-server', folder: compat, package: '@node-oauth/oauth2-server' },
  { name: 'oidc-provider', folder: root, file: path.join(here, 'oidc-provider.mjs') },
  { name: 'fastmcp', folder: here, file: path.join(here, 'fastmcp.mjs') },
];
// workerd's package and FastMCP need Node 22 or later.
const node24 = path.join(compat, 'node_modules', 'node24', 'bin', 'node');
const node = existsSync(node24) ? node24 : process.execPath;

const columns = ['success', 'denial', 'anyPort', 'otherHost', 'refresh', 'reuse', 'registration'];
console.log(`| server | ${columns.join(' | ')} |`);
console.log(`|${'---|'.repeat(columns.length + 1)}`);
for (const server of servers) {
  const { name, folder, package: id = name, file = path.join(compat, 'authorization-servers', `${name}.mjs`) } = server;
  const manifest = path.join(folder, 'node_modules', id, 'package.json');
  if (!existsSync(manifest)) {
    console.log(`| ${id} | not installed: npm ci --prefix ${path.relative(root, folder) || '.'} |`);
    continue;
  }
  const { version } = JSON.parse(readFileSync(manifest, 'utf8'));
  const child = spawn(node, [file], { stdio: ['pipe', 'pipe', 'ignore'] });
  try {
    const lines = createInterface({ input: child.stdout });
    const facts = await firstFacts(lines, child);
    const row = await observe(facts);
    console.log(`| ${id} ${version} | ${columns.map((column) => row[column] ?? '').join(' | ')} |`);
  } catch (error) {
    console.log(`| ${id} ${version} | failed: ${error.message} |`);
  } finally {
    child.stdin.end();
    child.kill();
  }
}
console.log(
  '\nNot started here: the atproto PDS (@atproto/pds compiles better-sqlite3), LemonLDAP::NG and ejabberd (Debian packages).',
);
process.exit();

/** The first line that has an issuer; a server may print others before it. */
async function firstFacts(lines, child) {
  const ended = once(child, 'exit').then(() => {
    throw new Error('the server has ended');
  });
  ended.catch(() => undefined);
  return Promise.race([
    ended,
    new Promise((resolve) => {
      lines.on('line', (line) => {
        try {
          const facts = JSON.parse(line);
          if (facts.issuer !== undefined) resolve(facts);
        } catch {
          // A line for people.
        }
      });
    }),
  ]);
}
