// examples/existing-server with Redis behind nginx, and browsers that sign in through it. For `npm run instances` and the case
// "instances". Works on dist/: build first.
import { once } from 'node:events';
import { performance } from 'node:perf_hooks';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { tsImport } from 'tsx/esm/api';
import { startTestAuthorizationServer } from '../dist/testing.js';

const name = 'Ada Lovelace';

/** The provider is a thread of its own, so that it does not slow the browsers down. */
if (!isMainThread) {
  const { issuer } = await startTestAuthorizationServer({ consent: 'allow', accounts: [{ sub: 'ada', name }] });
  parentPort.postMessage(issuer);
}

/**
 * Starts one cluster for each number of instances, and warms them up.
 *
 * @param {number[]} counts
 * @param {number} concurrency - how many browsers sign in at a time
 */
export async function openClusters(counts, concurrency) {
  const helper = await tsImport('../test/helpers/instances.ts', import.meta.url);
  const obstacle = helper.findInstancesObstacle();
  if (obstacle !== undefined) return { obstacle };
  const provider = new Worker(new URL(import.meta.url));
  const clusters = new Map();
  const close = async () => {
    for (const cluster of clusters.values()) await cluster[Symbol.asyncDispose]();
    await provider.terminate();
  };
  try {
    const [issuer] = await once(provider, 'message');
    for (const count of counts) {
      const cluster = await helper.startCluster({ issuer, count });
      clusters.set(count, cluster);
      // Compiles what is used, and fills the caches, of each instance.
      await load(helper.Visitor, { cluster, signIns: 500 * count, concurrency });
    }
  } catch (error) {
    await close();
    throw error;
  }
  return {
    close,
    /** Signs in that often. Times in milliseconds, `seconds` of the whole, `used` seconds of processor time, and failures by message. */
    async signIn(count, signIns) {
      const cluster = clusters.get(count);
      const before = await processorTimes(helper, cluster);
      const start = performance.now();
      const { times, failures } = await load(helper.Visitor, { cluster, signIns, concurrency });
      const seconds = (performance.now() - start) / 1000;
      const after = await processorTimes(helper, cluster);
      const used = Object.fromEntries(Object.keys(after).map((part) => [part, after[part] - before[part]]));
      return { times, failures, seconds, used };
    },
  };
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
