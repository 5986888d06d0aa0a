// Measures examples/existing-server with Redis behind nginx: sign-ins through one instance, then through two.
//   npm run instances -- --sign-ins 2000 --concurrency 50
// Ends with 1 if a sign-in failed. Works on dist/: build first. It needs Linux, redis-server, nginx and test/compat.
import { once } from 'node:events';
import { availableParallelism, cpus } from 'node:os';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { tsImport } from 'tsx/esm/api';
import { startTestAuthorizationServer } from '../dist/testing.js';

const name = 'Ada Lovelace';
/** Sign-ins until it is the other's turn. */
const turn = 500;
if (isMainThread) await main();
else await serveProvider();

/** The provider is a thread of its own, so that it does not slow the browsers down. */
async function serveProvider() {
  const { issuer } = await startTestAuthorizationServer({ consent: 'allow', profile: { sub: 'ada', name } });
  parentPort.postMessage(issuer);
}

async function main() {
  const { values } = parseArgs({
    options: { 'sign-ins': { type: 'string', default: '2000' }, concurrency: { type: 'string', default: '50' } },
  });
  const signIns = count(values, 'sign-ins');
  const concurrency = count(values, 'concurrency');
  const helper = await tsImport('../test/helpers/instances.ts', import.meta.url);
  const obstacle = helper.findInstancesObstacle();
  if (obstacle !== undefined) {
    console.error(`Several instances cannot run here: ${obstacle}.`);
    process.exitCode = 2;
    return;
  }
  const machine = `${availableParallelism()} x ${cpus()[0]?.model ?? 'unknown'}`;
  console.log(`${signIns} sign-ins at concurrency ${concurrency}, Node ${process.version}, ${machine}`);
  const results = await measure(helper, { signIns, concurrency });
  report(results, signIns);
  process.exitCode = results.every(({ times }) => times.length === signIns) ? 0 : 1;
}

function count(values, option) {
  const value = Number(values[option]);
  if (Number.isSafeInteger(value) && value > 0) return value;
  console.error(`--${option} must be a positive whole number`);
  process.exit(2);
}

/** One and two instances take turns, so that other work on the machine slows both of them. */
async function measure(helper, { signIns, concurrency }) {
  const provider = new Worker(new URL(import.meta.url));
  const results = [];
  try {
    const [issuer] = await once(provider, 'message');
    for (const instances of [1, 2]) {
      const cluster = await helper.startCluster({ issuer, count: instances });
      results.push({ instances, cluster, seconds: 0, times: [], used: { instances: 0, nginx: 0, redis: 0 } });
      // Compiles what is used, and fills the caches, of each instance.
      await load(helper.Visitor, { cluster, signIns: 500 * instances, concurrency });
    }
    for (let done = 0; done < signIns; done += turn) {
      for (const result of results) {
        await measureTurn(helper, result, { signIns: Math.min(turn, signIns - done), concurrency });
      }
    }
    return results;
  } finally {
    for (const { cluster } of results) await cluster[Symbol.asyncDispose]();
    await provider.terminate();
  }
}

async function measureTurn(helper, result, { signIns, concurrency }) {
  const { cluster, times, used } = result;
  const before = await processorTimes(helper, cluster);
  const start = performance.now();
  const measured = await load(helper.Visitor, { cluster, signIns, concurrency });
  result.seconds += (performance.now() - start) / 1000;
  const after = await processorTimes(helper, cluster);
  for (const part of Object.keys(used)) used[part] += after[part] - before[part];
  times.push(...measured.times);
  for (const [message, number] of measured.failures) console.error(`${number} x ${message}`);
}

/** Each sign-in is a new browser with a connection of its own: `/login`, the provider, the callback, `/profile`. */
async function load(Visitor, { cluster, signIns, concurrency }) {
  const times = [];
  const failures = new Map();
  let begun = 0;
  const work = async () => {
    while (begun < signIns) {
      begun += 1;
      const visitor = new Visitor(cluster);
      const start = performance.now();
      try {
        await visitor.signIn(name);
        times.push(performance.now() - start);
      } catch (error) {
        failures.set(error.message, (failures.get(error.message) ?? 0) + 1);
      } finally {
        visitor[Symbol.dispose]();
      }
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  return { times, failures };
}

/** Seconds of processor time so far. */
async function processorTimes({ processorSeconds }, { instances, nginx, redis }) {
  const ofInstances = await Promise.all(instances.map(({ program }) => processorSeconds(program.pid)));
  return {
    instances: ofInstances.reduce((sum, seconds) => sum + seconds, 0),
    nginx: await processorSeconds(nginx.pid),
    redis: await processorSeconds(redis.program.pid),
  };
}

function report(results, signIns) {
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
