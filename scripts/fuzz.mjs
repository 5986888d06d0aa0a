// Tries the property tests with many inputs: npm run fuzz -- --runs 1000000
// Further arguments go to Jest: npm run fuzz -- --runs 100000 -t 'parseCallbackUri'
import { spawn } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';

const [...args] = process.argv.slice(2);
const at = args.indexOf('--runs');
const [, given = '10000'] = at === -1 ? [] : args.splice(at, 2);
const runs = Number(given);
if (!Number.isSafeInteger(runs) || runs < 1) {
  console.error('--runs must be a whole number above 0');
  process.exit(2);
}

const root = fileURLToPath(new URL('..', import.meta.url));
console.log(`Each property is tried with ${runs} inputs.`);
const began = performance.now();
const jest = spawn(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    'node_modules/jest/bin/jest.js',
    'test/properties',
    '--verbose',
    ...args,
  ],
  { cwd: root, stdio: 'inherit', env: { ...process.env, FUZZ_RUNS: String(runs) } },
);
jest.on('exit', (code) => {
  console.log(`Took ${((performance.now() - began) / 1000).toFixed(1)} s.`);
  process.exitCode = code ?? 1;
});
