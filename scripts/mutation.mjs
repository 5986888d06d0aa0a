// Mutation testing of a folder or file of src/: npm run mutation -- src/oauth
// A second run tries only what has changed since. Further arguments go to Stryker.
import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const [given, ...args] = process.argv.slice(2);
if (given === undefined) {
  console.error('Which folder? npm run mutation -- src/oauth');
  process.exit(2);
}
const root = fileURLToPath(new URL('..', import.meta.url));
const target = given.replaceAll('\\', '/').replace(/\/+$/, '');
const isFolder = statSync(`${root}${target}`).isDirectory();
const { status } = spawnSync(
  process.execPath,
  [
    'node_modules/@stryker-mutator/core/bin/stryker.js',
    'run',
    '--mutate',
    isFolder ? `${target}/**/*.ts` : target,
    '--incremental',
    '--incrementalFile',
    `.cache/mutation/${target.replaceAll('/', '-')}.json`,
    ...args,
  ],
  { cwd: root, stdio: 'inherit' },
);
process.exitCode = status ?? 1;
