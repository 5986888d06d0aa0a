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
/** The tests of each folder or file. Every mutant starts its tests anew, so all of them for each would take days. */
const tests = {
  'src/oauth': ['oauth/*'],
  'src/callback': ['callback/*', 'sign-in/*', 'abuse/{address,forward,navigation,page,parameters,wire}'],
  'src/sign-in': ['sign-in/*', 'callback/dispatcher', 'abuse/{lifecycle,navigation}'],
  'src/router': ['router/*'],
  'src/server': [
    'server/{auth-server*,listener,options,ports,server-*}',
    'sign-in/*',
    'abuse/{address,connections,wire}',
  ],
  'src/page': ['page/*', 'callback/{callback-page,failures}'],
  'src/login': ['login/*', 'terminal/prompt', 'abuse/{canary,handlers}'],
  'src/session': ['session/*'],
  'src/provider': ['provider/*'],
};
const root = fileURLToPath(new URL('..', import.meta.url));
const target = given.replaceAll('\\', '/').replace(/\/+$/, '');
const isFolder = statSync(`${root}${target}`).isDirectory();
const folder = Object.keys(tests).find((name) => `${target}/`.startsWith(`${name}/`));
const testMatch = (tests[folder] ?? ['**/*']).map((pattern) => `**/test/${pattern}.test.ts`);
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
  { cwd: root, stdio: 'inherit', env: { ...process.env, MUTATION_TESTS: JSON.stringify(testMatch) } },
);
process.exitCode = status ?? 1;
