// A sign-in in a web server of the app: /login, and the callback.
import { navigate } from '../client.mjs';
import { worker } from '../processes.mjs';

const signIns = 3000;
const concurrency = 20;

/** The length of this package's page, which the others send too. */
let pageLength = 0;

function load(figure) {
  return async () => {
    const workers = new Map();
    const open = async (column) => {
      const started = await worker(column, 'router-worker.mjs');
      started.child.send({ listen: pageLength });
      const { listening } = await started.take('listening');
      workers.set(column, { ...started, port: listening });
      pageLength ||= await lengthOfPage(listening);
      // Compiles what is used.
      await signInMany(listening, 500);
      return workers.get(column);
    };
    return {
      async sample(column) {
        // This package first: its page sets the length of the others'.
        if (pageLength === 0) await open(column.startsWith('http') ? 'http-ours' : 'express-ours');
        const { child, take, port } = workers.get(column) ?? (await open(column));
        child.send({ meter: true });
        const { used: before } = await take('used');
        const times = await signInMany(port, signIns);
        child.send({ meter: true });
        const { used: after } = await take('used');
        return figure({ used: after - before, times });
      },
      async close() {
        for (const { close } of workers.values()) await close();
      },
    };
  };
}

async function signInMany(port, count) {
  const times = [];
  let begun = 0;
  const work = async () => {
    while (begun < count) {
      begun += 1;
      times.push(await signIn(port));
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  return times;
}

/** A new browser: /login, and the redirect of the provider. */
async function signIn(port) {
  const login = await navigate({ port, method: 'GET', target: '/login' });
  login.socket.destroy();
  const [, cookie] = /\r\nset-cookie: *([^;\r]+)/i.exec(login.head) ?? [];
  const [, state] = /[?&]state=([^&\s]+)/.exec(login.head) ?? [];
  const target = `/auth/callback?code=a-code&state=${state}`;
  const { head, start, end, socket } = await navigate({ port, method: 'GET', target, cookie });
  socket.destroy();
  if (!head.startsWith('HTTP/1.1 200')) throw new Error(`a sign-in was rejected: ${head.slice(0, 40)}`);
  return Number(end - start) / 1e6;
}

async function lengthOfPage(port) {
  const origin = `http://127.0.0.1:${port}`;
  const login = await fetch(`${origin}/login`, { redirect: 'manual' });
  const state = new URL(login.headers.get('location')).searchParams.get('state');
  const [cookie] = login.headers.get('set-cookie').split(';');
  const page = await fetch(`${origin}/auth/callback?code=a-code&state=${state}`, { headers: { cookie } });
  return (await page.text()).length;
}

const p99 = (times) => [...times].sort((one, other) => one - other)[Math.floor(times.length * 0.99)];
const method = `${signIns} sign-ins at concurrency ${concurrency}, each of a new browser: /login and the callback. The exchange is immediate; all send a page of the same size.`;
const common = { unit: 'ms', runs: 5, isPublished: true };
const inExpress = { columns: ['express-by-hand', 'passport-oauth2', 'express-ours'], baseline: 'express-by-hand' };
const onHttp = { columns: ['http-by-hand', 'http-ours'], baseline: 'http-by-hand' };

export const routerExpress = {
  ...common,
  ...inExpress,
  name: 'router-express',
  title: 'a sign-in in an Express server, processor time',
  method: `${method} Processor time of the server for each.`,
  targets: [
    { column: 'express-ours', against: 'express-by-hand', ratio: 1.08 },
    { column: 'express-ours', against: 'passport-oauth2' },
  ],
  open: load(({ used }) => used / signIns),
};

export const routerHttp = {
  ...common,
  ...onHttp,
  name: 'router-http',
  title: 'a sign-in in a node:http server, processor time',
  method: `${method} Processor time of the server for each.`,
  targets: [{ column: 'http-ours', against: 'http-by-hand', ratio: 1.6 }],
  open: load(({ used }) => used / signIns),
};

export const routerExpressP99 = {
  ...common,
  ...inExpress,
  name: 'router-express-p99',
  title: 'the callback in an Express server, p99',
  method: `${method} The time of the callback that 99 of 100 do not exceed.`,
  targets: [{ column: 'express-ours', against: 'express-by-hand' }],
  isPublished: false,
  open: load(({ times }) => p99(times)),
};

export const routerHttpP99 = {
  ...common,
  ...onHttp,
  name: 'router-http-p99',
  title: 'the callback in a node:http server, p99',
  method: `${method} The time of the callback that 99 of 100 do not exceed.`,
  targets: [{ column: 'http-ours', against: 'http-by-hand' }],
  isPublished: false,
  open: load(({ times }) => p99(times)),
};
