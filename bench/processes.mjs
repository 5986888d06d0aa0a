// Child processes: fresh ones for the cold figures, and long-lived ones for the warm figures.
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { freePort } from './client.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** A fresh process; `next()` is its next message, `exited` the time of its end. */
export async function freshProcess(name, phase, { main = 'child.mjs', nodeOptions = [], timeout = 15_000 } = {}) {
  const port = await freePort();
  const child = spawn(process.execPath, [...nodeOptions, here(main), name, phase, String(port)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: plainEnvironment(),
  });
  const lines = [];
  const waiting = [];
  let text = '';
  let errors = '';
  let isOver = false;
  child.stderr.on('data', (chunk) => (errors += chunk));
  child.stdout.on('data', (chunk) => {
    text += chunk;
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n')) {
      lines.push(JSON.parse(text.slice(0, at)));
      text = text.slice(at + 1);
    }
    while (lines.length > 0 && waiting.length > 0) waiting.shift().resolve(lines.shift());
  });
  child.on('close', () => {
    isOver = true;
    for (const { reject } of waiting) reject(new Error(`the process ended. ${errors.trim().slice(-300)}`));
  });
  const timer = globalThis.setTimeout(() => child.kill('SIGKILL'), timeout);
  const exited = once(child, 'exit').then(([code, signal]) => {
    globalThis.clearTimeout(timer);
    return { at: process.hrtime.bigint(), code, signal };
  });
  return {
    child,
    exited,
    next() {
      if (lines.length > 0) return Promise.resolve(lines.shift());
      if (isOver) return Promise.reject(new Error(`the process ended. ${errors.trim().slice(-300)}`));
      return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
    },
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** A long-lived process. */
export async function worker(name, file = 'worker.mjs') {
  const child = fork(here(file), [name], { env: plainEnvironment(), stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const seen = [];
  const waiting = new Map();
  child.on('message', (message) => {
    const key = Object.keys(message)[0];
    const resolve = waiting.get(key);
    if (resolve === undefined) seen.push([key, message]);
    else {
      waiting.delete(key);
      resolve(message);
    }
  });
  const take = (key) => {
    const index = seen.findIndex(([found]) => found === key);
    if (index !== -1) return Promise.resolve(seen.splice(index, 1)[0][1]);
    return new Promise((resolve, reject) => {
      waiting.set(key, resolve);
      child.once('exit', () => reject(new Error('the worker ended')));
    });
  };
  child.setMaxListeners(0);
  await take('ready');
  return {
    child,
    take,
    /** Begins a sign-in; `took` is the time until it listened. */
    async begin() {
      child.send({ begin: true, port: await freePort() });
      const { begun, took } = await take('begun');
      return { signIn: begun, took };
    },
    /** The time at which the app had the result. */
    async result() {
      return BigInt((await take('result')).result);
    },
    async end(afterResult = true) {
      child.send({ end: true, afterResult });
      await take('ended');
    },
    async close() {
      const exited = once(child, 'exit');
      child.kill();
      await exited;
    },
  };
}

/** The same environment on every machine: the shell's `BROWSER` or `NODE_OPTIONS` must not count. */
export function plainEnvironment() {
  const { PATH, HOME, TMPDIR, SYSTEMROOT } = process.env;
  return Object.fromEntries(Object.entries({ PATH, HOME, TMPDIR, SYSTEMROOT }).filter(([, value]) => value));
}

export const milliseconds = (from, to) => Number(to - from) / 1e6;
export const pause = (time) => new Promise((resolve) => globalThis.setTimeout(resolve, time));
