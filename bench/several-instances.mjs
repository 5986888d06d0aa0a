// Measures examples/existing-server with Redis behind nginx: sign-ins through one instance, then through two.
//   npm run instances -- --sign-ins 2000 --concurrency 50
// Ends with 1 if a sign-in failed. Works on dist/: build first. It needs Linux, redis-server, nginx and test/compat.
import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { openClusters } from './instances.mjs';

/** Sign-ins until it is the other's turn, so that other work on the machine slows both of them. */
const turn = 500;

const { values } = parseArgs({
  options: { 'sign-ins': { type: 'string', default: '2000' }, concurrency: { type: 'string', default: '50' } },
});
const signIns = count('sign-ins');
const concurrency = count('concurrency');
const results = [1, 2].map((instances) => ({
  instances,
  seconds: 0,
  times: [],
  used: { instances: 0, nginx: 0, redis: 0 },
}));
const clusters = await openClusters([1, 2], concurrency);
if (clusters.obstacle !== undefined) {
  console.error(`Several instances cannot run here: ${clusters.obstacle}.`);
  process.exit(2);
}
try {
  const machine = `${availableParallelism()} x ${cpus()[0]?.model ?? 'unknown'}`;
  console.log(`${signIns} sign-ins at concurrency ${concurrency}, Node ${process.version}, ${machine}`);
  for (let done = 0; done < signIns; done += turn) {
    for (const result of results) await measureTurn(result, Math.min(turn, signIns - done));
  }
} finally {
  await clusters.close();
}
report();
process.exitCode = results.every(({ times }) => times.length === signIns) ? 0 : 1;

function count(option) {
  const value = Number(values[option]);
  if (Number.isSafeInteger(value) && value > 0) return value;
  console.error(`--${option} must be a positive whole number`);
  process.exit(2);
}

async function measureTurn(result, number) {
  const { times, failures, seconds, used } = await clusters.signIn(result.instances, number);
  result.seconds += seconds;
  for (const part of Object.keys(result.used)) result.used[part] += used[part];
  result.times.push(...times);
  for (const [message, times] of failures) console.error(`${times} x ${message}`);
}

function report() {
  const rows = results.map(({ instances, seconds, times, used }) => {
    const sorted = times.toSorted((a, b) => a - b);
    const percentile = (share) => Math.round(sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN);
    const each = (part) => Number(((used[part] * 1000) / times.length).toFixed(2));
    return {
      instances,
      errors: signIns - times.length,
      'sign-ins/s': Number((times.length / seconds).toFixed(1)),
      'p50 ms': percentile(0.5),
      'p99 ms': percentile(0.99),
      'sign-ins/s per core': Number((times.length / used.instances).toFixed(1)),
      'cores in use': Number((used.instances / seconds).toFixed(2)),
      'ms, instances': each('instances'),
      'ms, nginx': each('nginx'),
      'ms, Redis': each('redis'),
    };
  });
  console.table(rows);
  console.log('"Per core" and "ms" are processor time for a sign-in; browsers and provider use the same machine.');
  const [one, two] = rows;
  const growth = (column) => (two[column] / one[column]).toFixed(2);
  console.log(`From one to two instances: ${growth('sign-ins/s')} x the sign-ins per second,`);
  console.log(`${growth('ms, instances')} x the processor time of the instances for a sign-in.`);
}
