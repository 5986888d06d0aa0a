import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describeWith, modules } from '../helpers/compat.js';

const run = promisify(execFile);
const entry = new URL('../../dist/index.js', import.meta.url).href;

/** Deno runs until the time of such a signal is over, as long as it has a listener. */
const program = `
import { login } from ${JSON.stringify(entry)};
const grant = await login({
  clientId: 'client',
  authorizationEndpoint: 'https://accounts.example.com/authorize',
  redirectUri: 'http://127.0.0.1:0/callback',
  signal: AbortSignal.timeout(3_600_000),
  openBrowser: async (uri) => {
    const { redirect_uri: redirectUri, state } = Object.fromEntries(uri.searchParams);
    await (await fetch(\`\${redirectUri}?code=code&state=\${state}\`)).text();
  },
});
console.log(grant.kind);
`;

describeWith(['deno'], 'login() on Deno', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'deno-timeout-'));
  });

  afterAll(async () => {
    await rm(folder, { recursive: true });
  });

  it('lets the process end before the time of its `signal` is over', async () => {
    const file = path.join(folder, 'main.mjs');
    await writeFile(file, program);
    const deno = path.join(modules, '.bin', 'deno');
    // Killed after a minute: `run` rejects then.
    const { stdout } = await run(deno, ['run', '-A', file], {
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
      timeout: 60_000,
    });
    expect(stdout).toBe('code\n');
  }, 90_000);
});
