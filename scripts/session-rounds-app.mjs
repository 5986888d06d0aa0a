// A process of `npm run rounds`: it waits for a line, asks for one access token, and ends. Each line that it writes is JSON: the time in
// milliseconds of the clock that all processes share, and what happened.
import { readSync, writeSync } from 'node:fs';
import { createSession } from 'embed-auth-server/session';

const now = () => Number(process.hrtime.bigint()) / 1e6;
const say = (...words) => writeSync(1, `${JSON.stringify([now(), ...words])}\n`);

const send = globalThis.fetch;
globalThis.fetch = async (uri, init) => {
  const headers = new globalThis.Headers(init.headers);
  headers.set('x-process', String(process.pid));
  const response = await send(uri, { ...init, headers });
  say('received');
  return response;
};

const session = createSession({ ...JSON.parse(process.argv[2]), interactive: false });
say('ready');
readSync(0, Buffer.alloc(1));
// How long a busy machine did not let this process run: what it waits for is counted in its own running time.
let starved = 0;
let last = now();
const interval = 100;
globalThis
  .setInterval(() => {
    starved += Math.max(0, now() - last - 2 * interval);
    last = now();
  }, interval)
  .unref();
try {
  const token = await session.accessToken();
  say('result', { token, starved });
} catch (error) {
  say('result', { failure: `${error.code ?? error.name}: ${error.message}`, starved });
}
