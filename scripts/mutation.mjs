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
  'src/oauth': [
    '{authorization-*,callback-uri,crypto,grant-response,known-options,login-request}',
    '{pasted-text,pkce-util,redirect-uri,scopes}',
  ],
  'src/callback': [
    '{callback-*,endpoint,failures,pending-page,request-*,response-writer,template-folder,used-states}',
    'wait-for-grant',
    'abuse/{address,forward,navigation,page,parameters,wire}',
  ],
  'src/server': [
    '{auth-server*,blocked-ports,expected-requests,grant-waiters,loopback-listener,server-*,sign-ins,wait-for-grant}',
    'abuse/{address,connections,wire}',
  ],
  'src/page': ['{callback-page,failures,html-template,page-texts}'],
  'src/login.ts': ['{login,login-authorization-uri,prompt}', 'abuse/{canary,handlers}'],
  'src/login-options.ts': ['{known-options,login,login-authorization-uri}'],
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
