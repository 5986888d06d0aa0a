// Signs in again and again, beside silent, half-sent and pipelining sockets and 100,000 expected requests, and reports what remains:
//   node --expose-gc bench/soak.mjs --cycles 1000 --sockets 200
//   bun bench/soak.mjs
//   deno run --allow-all --v8-flags=--expose-gc bench/soak.mjs
// Ends with 1 if anything has grown. Works on dist/: build first.
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { connect } from 'node:net';
import { performance } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { AuthServer, LoginRequest } from '../dist/index.js';

const { values } = parseArgs({
  options: { cycles: { type: 'string', default: '1000' }, sockets: { type: 'string', default: '200' } },
});
const cycles = count('cycles');
const sockets = count('sockets');
const collectGarbage = globalThis.Bun === undefined ? globalThis.gc : () => globalThis.Bun.gc(true);
if (collectGarbage === undefined) {
  console.error('Memory can be measured with --expose-gc only (Deno: --v8-flags=--expose-gc).');
  process.exit(2);
}
const runtime =
  globalThis.Bun === undefined
    ? globalThis.Deno === undefined
      ? `Node ${process.versions.node}`
      : `Deno ${globalThis.Deno.version.deno}`
    : `Bun ${globalThis.Bun.version}`;

function count(name) {
  const value = Number(values[name]);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  console.error(`--${name} must be a whole number`);
  process.exit(2);
}

/** Bun has the function, but lists nothing. */
async function canListHandles() {
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const isListed = process.getActiveResourcesInfo().includes('TCPServerWrap');
  listener.close();
  await once(listener, 'close');
  return isListed;
}

/** Sockets, ports and files that are open, on every runtime. Linux only. */
function descriptors() {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return undefined;
  }
}

async function figures() {
  // A handle that was closed is there until its close callback, which the event loop runs between these two; and some are
  // let go of only by the garbage collector.
  for (let turn = 0; turn < 3; turn += 1) {
    await setImmediate();
    collectGarbage();
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  const resources = {};
  for (const name of process.getActiveResourcesInfo()) resources[name] = (resources[name] ?? 0) + 1;
  const listeners = process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0);
  return { heapUsed, external, rss, resources, listeners, descriptors: descriptors() };
}

function dial(port) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.off('error', reject).on('error', () => undefined);
      resolve(socket);
    });
    socket.once('error', reject);
  });
}

/** Not `fetch`: that keeps a pool for every port that it was ever used with, and it is not what is measured. */
async function ask(uri, { method = 'GET', headers = {}, body } = {}) {
  const sent = request(uri, { method, headers, agent: false }).end(body);
  const [response] = await once(sent, 'response');
  response.resume();
  await once(response, 'close');
  if (response.statusCode !== 200) throw new Error(`The server responded with ${response.statusCode}`);
}

/** What a browser does: the page, then its script's POST. By turns a code, in the query. */
async function signIn(server, isCode) {
  const login = new LoginRequest(server, 'client', isCode ? 'code' : 'token');
  const granted = server.waitForGrant({ request: login });
  const { origin, href } = server.baseUri;
  if (isCode) {
    await ask(`${href}?code=a&state=${login.state}`);
  } else {
    await ask(href);
    const body = JSON.stringify({ fragment: `access_token=a&state=${login.state}` });
    const headers = { Origin: origin, 'Content-Type': 'application/json', 'Content-Length': body.length };
    await ask(`${origin}/token`, { method: 'POST', headers, body });
  }
  await granted;
}

async function cycle(server, index) {
  await server.start();
  const { port } = server;
  // Each cycle has some of the sockets; the last one has all of them.
  const many = index === cycles - 1 ? sockets : Math.min(sockets, 6);
  const open = await Promise.all(Array.from({ length: many }, () => dial(port)));
  const closed = open.map((socket) => new Promise((resolve) => socket.resume().once('close', resolve)));
  for (const [place, socket] of open.entries()) {
    if (place % 4 === 1) socket.write('GET /call');
    if (place % 4 === 2) socket.write(`GET /callback HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nX-Half`);
    // Requests behind one another, most of whose responses never get their turn.
    if (place % 4 === 0 && place > 0) {
      socket.write(`GET /callback HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`.repeat(50));
    }
    if (place % 4 === 3) socket.write(`POST /token HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Length: 9\r\n\r\n{`);
  }
  await signIn(server, index % 2 === 0);
  const began = performance.now();
  await server.stop();
  slowestStop = Math.max(slowestStop, performance.now() - began);
  // Bun sets TCP_DEFER_ACCEPT: the system keeps a client that sends nothing from it, and does not notify that client.
  if (globalThis.Bun !== undefined) open[0]?.destroy();
  await Promise.all(closed);
}

function listenersOf(server) {
  return server.eventNames().reduce((sum, name) => sum + server.listenerCount(name), 0);
}

const notMeasured = 'not measured';
const hasHandles = await canListHandles();
let slowestStop = 0;
const reused = new AuthServer('http://127.0.0.1:0/callback');
const make = () => new AuthServer('http://127.0.0.1:0/callback');
// The first ones fill the caches of Node.
const warmUp = Math.min(200, cycles);
for (let index = 0; index < warmUp; index += 1) await cycle(index % 2 === 0 ? reused : make(), index);
console.log(`${warmUp} cycles to warm up`);
const before = await figures();
slowestStop = 0;
const began = performance.now();
for (let index = 0; index < cycles; index += 1) {
  await cycle(index % 4 < 2 ? reused : make(), index);
  if ((index + 1) % Math.max(1, Math.floor(cycles / 10)) === 0) {
    const { heapUsed } = process.memoryUsage();
    console.log(`${index + 1} of ${cycles} cycles, heap ${megabytes(heapUsed)}`);
  }
}
// Requests that nothing waits for are bounded by number: the last 10,000 remain, and stop() forgets them.
const forgetful = make();
for (let count = 0; count < 100_000; count += 1) forgetful.expect({ state: `state ${count}` });
await forgetful.stop();
const seconds = (performance.now() - began) / 1000;
const after = await figures();

function megabytes(bytes) {
  return `${(bytes / 1_048_576).toFixed(2)} MB`;
}

const rows = [
  ['heap after gc', megabytes(before.heapUsed), megabytes(after.heapUsed)],
  ['external', megabytes(before.external), megabytes(after.external)],
  ['resident', megabytes(before.rss), megabytes(after.rss)],
  ['open handles', ...[before, after].map(({ resources }) => (hasHandles ? JSON.stringify(resources) : notMeasured))],
  ['open descriptors', ...[before, after].map(({ descriptors }) => descriptors ?? notMeasured)],
  ['listeners on process', before.listeners, after.listeners],
  ['listeners on the server', 0, listenersOf(reused)],
];
console.log(
  `${runtime}: ${cycles} cycles with up to ${sockets} silent or half-sent sockets in ${seconds.toFixed(1)} s`,
);
console.table(rows.map(([what, was, is]) => ({ what, before: was, after: is })));
console.log(`slowest stop(): ${slowestStop.toFixed(1)} ms`);

const grown = [];
// The states that a server remembers as used, 4096 at most, and what Node compiles, come to a megabyte and a half after 5,000
// cycles. A leak of a server, a socket or a request would be several kilobytes each time.
if (after.heapUsed - before.heapUsed > 1_000_000 + cycles * 500) grown.push('heap');
for (const [name, number] of Object.entries(after.resources)) {
  if (number > (before.resources[name] ?? 0)) grown.push(name);
}
if (after.listeners > before.listeners || listenersOf(reused) > 0) grown.push('listeners');
// A runtime opens a few of its own when it needs them first.
if ((after.descriptors ?? 0) > (before.descriptors ?? 0) + 8) grown.push('descriptors');
console.log(grown.length === 0 ? 'Nothing has grown.' : `Grown: ${grown.join(', ')}.`);
process.exitCode = grown.length === 0 ? 0 : 1;
