// Measures examples/existing-server with Redis behind nginx: sign-ins through one instance, then through two.
//   node scripts/instances.mjs --sign-ins 2000 --concurrency 50
// Ends with 1 if a sign-in failed. Works on dist/: build first. It needs redis-server, nginx and test/compat; Linux.
import { availableParallelism, cpus } from 'node:os';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { tsImport } from 'tsx/esm/api';
import { startTestAuthorizationServer } from '../dist/testing.js';

const { values } = parseArgs({
  options: { 'sign-ins': { type: 'string', default: '2000' }, concurrency: { type: 'string', default: '50' } },
});
const signIns = count('sign-ins');
const concurrency = count('concurrency');
const { findInstancesObstacle, processorSeconds, startCluster, Visitor } = await tsImport(
  '../test/helpers/instances.ts',
  import.meta.url,
);
const obstacle = findInstancesObstacle();
if (obstacle !== undefined) {
  console.error(`Several instances cannot run here: ${obstacle}.`);
  process.exit(2);
}

function count(name) {
  const value = Number(values[name]);
  if (Number.isSafeInteger(value) && value > 0) return value;
  console.error(`--${name} must be a positive whole number`);
  process.exit(2);
}

/** Each sign-in is a new browser with a connection of its own: `/login`, the provider, the callback, `/profile`. */
async function load(cluster, total) {
  const times = [];
  const errors = new Map();
  let begun = 0;
  const work = async () => {
    while (begun < total) {
      begun += 1;
      const visitor = new Visitor(cluster);
      const start = performance.now();
      try {
        await visitor.signIn('Ada Lovelace');
        times.push(performance.now() - start);
      } catch (error) {
        errors.set(error.message, (errors.get(error.message) ?? 0) + 1);
      } finally {
        visitor[Symbol.dispose]();
      }
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  return { times: times.sort((a, b) => a - b), errors };
}

async function processorTimes({ instances, nginx, redis }) {
  const seconds = await Promise.all(
    [...instances.map(({ program }) => program), nginx, redis.program].map(({ pid }) => processorSeconds(pid)),
  );
  return {
    instances: seconds.slice(0, instances.length).reduce((sum, value) => sum + value, 0),
    nginx: seconds.at(-2),
    redis: seconds.at(-1),
  };
}

async function measure(instances) {
  const provider = await startTestAuthorizationServer({
    consent: 'allow',
    profile: { sub: 'ada', name: 'Ada Lovelace', email: 'ada@example.com' },
  });
  const cluster = await startCluster({ issuer: provider.issuer, count: instances });
  try {
    await load(cluster, Math.min(500, signIns)); // Compiles what is used, and fills the caches.
    const before = await processorTimes(cluster);
    const start = performance.now();
    const { times, errors } = await load(cluster, signIns);
    const seconds = (performance.now() - start) / 1000;
    const after = await processorTimes(cluster);
    const used = (part) => after[part] - before[part];
    for (const [message, number] of errors) console.error(`${number} x ${message}`);
    const percentile = (share) => times[Math.ceil(times.length * share) - 1] ?? Number.NaN;
    return {
      instances,
      errors: signIns - times.length,
      perSecond: times.length / seconds,
      perCoreSecond: times.length / used('instances'),
      p50: percentile(0.5),
      p99: percentile(0.99),
      busyCores: used('instances') / seconds,
      cost: Object.fromEntries(
        ['instances', 'nginx', 'redis'].map((part) => [part, (used(part) * 1000) / times.length]),
      ),
    };
  } finally {
    await cluster[Symbol.asyncDispose]();
    await provider.close();
  }
}

console.log(
  `${signIns} sign-ins at concurrency ${concurrency}, Node ${process.version}, ${availableParallelism()} x ${cpus()[0]?.model ?? 'unknown'}`,
);
const results = [];
for (const instances of [1, 2]) {
  console.log(`${instances} ${instances === 1 ? 'instance' : 'instances'} ...`);
  results.push(await measure(instances));
}
console.table(
  Object.fromEntries(
    results.map(({ instances, errors, perSecond, perCoreSecond, p50, p99, busyCores, cost }) => [
      `${instances} instance${instances === 1 ? '' : 's'}`,
      {
        'sign-ins/s': Number(perSecond.toFixed(1)),
        'sign-ins/s per core': Number(perCoreSecond.toFixed(1)),
        'p50 ms': Math.round(p50),
        'p99 ms': Math.round(p99),
        errors,
        'cores used': Number(busyCores.toFixed(2)),
        'ms of instances': Number(cost.instances.toFixed(2)),
        'ms of nginx': Number(cost.nginx.toFixed(2)),
        'ms of Redis': Number(cost.redis.toFixed(2)),
      },
    ]),
  ),
);
const [one, two] = results;
const growth = (name) => (two[name] / one[name]).toFixed(2);
console.log(`From one to two instances: ${growth('perSecond')} x the sign-ins per second,`);
console.log(
  `${(two.cost.instances / one.cost.instances).toFixed(2)} x the processor time of the instances for a sign-in.`,
);
console.log(
  'A core is one second of processor time of the instances; nginx, Redis, the provider and the browsers share the machine.',
);
process.exitCode = results.every(({ errors }) => errors === 0) ? 0 : 1;
