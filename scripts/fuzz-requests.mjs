// Sends random raw requests to a server that waits for a sign-in, and signs in honestly after every 500 of them:
//   npm run fuzz:requests -- --requests 20000 --seed 1
// Ends with 1 if a random request caused an event, the process would have ended, or an honest sign-in failed. Works on dist/.
import { connect } from 'node:net';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { AuthServer, LoginRequest } from '../dist/index.js';

const { values } = parseArgs({
  options: { requests: { type: 'string', default: '20000' }, seed: { type: 'string', default: String(Date.now()) } },
});
const count = Number(values.requests);
const seed = Number(values.seed);
if (!Number.isSafeInteger(count) || count < 1 || !Number.isSafeInteger(seed)) {
  console.error('--requests must be a whole number above 0, --seed a whole number');
  process.exit(2);
}

/** Mulberry32: the same seed gives the same requests. */
let randomState = seed >>> 0;
function random() {
  randomState = (randomState + 0x6d2b79f5) >>> 0;
  let mixed = Math.imul(randomState ^ (randomState >>> 15), 1 | randomState);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
}
const integer = (limit) => Math.floor(random() * limit);
const pick = (list) => list[integer(list.length)];
const some = (list, most) => Array.from({ length: integer(most + 1) }, () => pick(list));
const noise = (length) => String.fromCharCode(...Array.from({ length: integer(length + 1) }, () => integer(256)));

const server = new AuthServer('http://127.0.0.1:0/callback');
await server.start();
const { port } = server;
const hosts = [
  `127.0.0.1:${port}`,
  `127.0.0.1:${port}`,
  `localhost:${port}`,
  'evil.test',
  '',
  '[',
  `127.0.0.1:${port}.evil.test`,
];
const names = [
  'code',
  'state',
  'access_token',
  'token',
  'id_token',
  'error',
  'error_description',
  'iss',
  'scope',
  'code[]',
  '__proto__',
  '',
];
const texts = [
  'abc',
  '',
  '%',
  '%00',
  '%E0%A4%A',
  '+',
  '<script>',
  '\u00ff',
  '"',
  'a=b',
  '%0d%0aSet-Cookie:a=b',
  '../../x',
  'x'.repeat(5000),
];
const parameters = () =>
  some(names, 6)
    .map((name) => `${name}=${pick([...texts, noise(8)])}`)
    .join(pick(['&', '&', ';', '&&']));
const paths = [
  '/callback',
  '/token',
  '/',
  '/callback/',
  '//callback',
  '/callback/..%2f',
  '/auth_assets/main.js',
  '*',
  `http://127.0.0.1:${port}/callback`,
  'http://evil.test/callback',
  '/%2e%2e/',
];
const methods = ['GET', 'GET', 'POST', 'POST', 'HEAD', 'OPTIONS', 'PUT', 'CONNECT', 'TRACE', 'PRI', 'get', 'G\u0000ET'];
const headerLines = () =>
  some(
    [
      'Accept: text/html',
      'Sec-Fetch-Dest: document',
      'Sec-Fetch-Dest: image',
      'Sec-Fetch-Dest: empty',
      'Sec-Fetch-Mode: navigate',
      'Sec-Fetch-Site: same-origin',
      'Sec-Fetch-Site: cross-site',
      'Sec-Purpose: prefetch',
      `Origin: http://127.0.0.1:${port}`,
      'Origin: null',
      'Origin: http://evil.test',
      'Content-Type: application/json',
      'Content-Type: application/x-www-form-urlencoded',
      'Content-Type: text/plain',
      'Content-Encoding: gzip',
      'Transfer-Encoding: chunked',
      'Expect: 100-continue',
      'Upgrade: websocket',
      'Connection: keep-alive',
      'Accept-Language: de, fr;q=0.5, *;q=0',
      `Cookie: ${'c=1;'.repeat(integer(2000))}`,
      `X-Noise: ${noise(40)}`,
      'Bad Header',
      ': empty',
    ],
    7,
  );
const bodies = () => [
  '',
  parameters(),
  JSON.stringify({ fragment: parameters() }),
  JSON.stringify({ fragment: parameters(), query: parameters() }),
  JSON.stringify({ loaded: true, fragment: parameters() }),
  '{"fragment":',
  '[]',
  'null',
  noise(300),
  'x'.repeat(integer(300_000)),
];

function randomRequest() {
  if (random() < 0.05) return Buffer.from(noise(400), 'latin1');
  if (random() < 0.02) return Buffer.from([0x16, 0x03, 0x01, ...Buffer.from(noise(60), 'latin1')]);
  const body = pick(bodies());
  const length = random() < 0.8 ? body.length : integer(body.length + 20);
  const lines = [
    `${pick(methods)} ${pick(paths)}${random() < 0.7 ? `?${parameters()}` : ''} HTTP/${pick(['1.1', '1.1', '1.0', '2.0'])}`,
    ...(random() < 0.95 ? [`Host: ${pick(hosts)}`] : []),
    ...headerLines(),
    ...(body === '' ? [] : [`Content-Length: ${length}`]),
  ];
  const bytes = Buffer.from(`${lines.join(random() < 0.97 ? '\r\n' : '\n')}\r\n\r\n${body}`, 'latin1');
  return random() < 0.1 ? bytes.subarray(0, integer(bytes.length)) : bytes;
}

/** Writes the bytes, half-closes, and resolves when the connection ends. */
function send(bytes) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      if (text.length < 2000) text += chunk.toString('latin1');
    });
    socket.once('close', () => resolve(text));
    // A request that stays incomplete would hold the connection until the server's timeout.
    const timer = setTimeout(() => socket.destroy(), 100);
    socket.once('close', () => clearTimeout(timer));
    socket.write(bytes);
    if (random() < 0.5) socket.end();
  });
}

const problems = [];
let events = 0;
process.on('uncaughtException', (error) => problems.push(`uncaught: ${error.stack}`));
process.on('unhandledRejection', (error) => problems.push(`unhandled: ${error?.stack ?? error}`));
for (const name of ['implicitGrantReceived', 'authorizationCodeReceived', 'errorReceived'])
  server.on(name, () => (events += 1));

async function signIn() {
  const request = new LoginRequest(server, 'client', 'code');
  const granted = server.waitForGrant({ request, signal: AbortSignal.timeout(5000) });
  await fetch(`${server.redirectUri}?code=honest&state=${request.state}`).then((response) => response.text());
  const { code } = await granted;
  if (code !== 'honest' || events !== 1) problems.push(`a sign-in gave ${events} events`);
  events = 0;
}

console.log(`${count} random requests with the seed ${seed}`);
const began = performance.now();
const statuses = {};
for (let sent = 0; sent < count;) {
  // A request is expected all the time, whose state is not known outside.
  const waiting = new LoginRequest(server, 'client', 'token');
  const batch = Math.min(500, count - sent);
  for (let at = 0; at < batch; at += 20) {
    const size = Math.min(20, batch - at);
    for (const text of await Promise.all(Array.from({ length: size }, () => send(randomRequest())))) {
      const status = /^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 'none';
      statuses[status] = (statuses[status] ?? 0) + 1;
      if (/\bat (?:file|node|async|Object)\b|node_modules/.test(text))
        problems.push(`a stack trace: ${text.slice(0, 300)}`);
    }
  }
  sent += batch;
  if (events > 0) problems.push(`${events} events from random requests`);
  events = 0;
  await signIn();
  server.forget(waiting);
  if (problems.length > 0) break;
}
await server.stop();
console.log(`Took ${((performance.now() - began) / 1000).toFixed(1)} s. Responses by status:`, statuses);
for (const problem of problems) console.error(problem);
console.log(problems.length === 0 ? 'No event, no crash, every honest sign-in succeeded.' : 'Failed.');
process.exitCode = problems.length === 0 ? 0 : 1;
