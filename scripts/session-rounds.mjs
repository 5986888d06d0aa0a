// `npm run rounds`: processes that share one sign-in, and `kill -9`. Real processes of the built package, and a server that rotates refresh
// tokens and revokes the sign-in at the first reuse.
// 1. Many processes at once with an expired token: one refresh, a token for each.
// 2. Rounds of two processes with an expired token, one of which is killed at a random time. Fails if a sign-in is lost that could be kept.
// Options: --processes N (50), --rounds N (1000), --lanes N (16 rounds at once), --seed N.
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createSession } from 'embed-auth-server/session';
import { RotatingServer, sendJson } from '../test/session/rotating-server.ts';

const number = (value) => ({ type: 'string', default: String(value) });
const { values } = parseArgs({
  options: { processes: number(50), rounds: number(1000), lanes: number(16), seed: number(randomInt(2 ** 31)) },
});
const { processes, rounds, lanes, seed } = Object.fromEntries(
  Object.entries(values).map(([name, value]) => [name, Number(value)]),
);
/** How long a killed process may keep others waiting, and a response that was read may be on its way to the disk, in milliseconds. */
const lockLimit = 15_000;
const writeLimit = 1000;
/** After which of these a process is killed; within so many milliseconds. */
const moments = ['begun', 'arrived', 'processed', 'responded', 'result'];
const spread = 25;

const home = await mkdtemp(path.join(tmpdir(), 'rounds-'));
process.env.XDG_STATE_HOME = home;
const app = fileURLToPath(new URL('session-rounds-app.mjs', import.meta.url));
const seconds = (milliseconds) => (milliseconds / 1000).toFixed(1);
const now = () => Number(process.hrtime.bigint()) / 1e6;

/** A process that asks for one token. `said` has the time of what it has reported. */
class Run extends EventEmitter {
  said = {};

  constructor(options) {
    super();
    this.child = spawn(process.execPath, [app, JSON.stringify(options)], {
      env: { PATH: process.env.PATH, XDG_STATE_HOME: home },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.child.stdin.on('error', () => undefined); // It was killed.
    createInterface({ input: this.child.stdout }).on('line', (line) => {
      const [at, what, details] = JSON.parse(line);
      this.said[what] = { at, ...details };
      this.emit(what);
    });
    this.ready = once(this, 'ready');
    this.ended = once(this.child, 'close');
  }

  begin() {
    this.child.stdin.end('\n');
  }
}

/** A user: one folder of tokens, one server. */
class Lane extends EventEmitter {
  refreshes = [];

  constructor(name, server, random) {
    super();
    this.server = server;
    this.random = random;
    this.folder = path.join(home, name);
    this.options = {
      name,
      endpoints: { authorization: `${server.origin}/authorize`, token: `${server.origin}/token` },
      clientId: 'rounds',
    };
    server.always.token = (request, response) => this.#respond(request, response);
  }

  static async create(index) {
    const server = await RotatingServer.start();
    server.expiresIn = 0.001; // Every token is over when it is used next.
    const lane = new Lane(`lane-${index}`, server, randomNumbers(seed + index));
    await lane.signIn();
    return lane;
  }

  async signIn() {
    const openBrowser = async (uri) => {
      const callback = new URL(uri.searchParams.get('redirect_uri'));
      callback.search = new URLSearchParams({ code: 'code', state: uri.searchParams.get('state') });
      await fetch(callback);
    };
    const login = { redirectUri: 'http://127.0.0.1:0/callback', terminal: false, openBrowser };
    await createSession({ ...this.options, login }).accessToken();
  }

  async #respond({ params, headers }, response) {
    if (params.get('grant_type') === 'authorization_code') return sendJson(response, 200, this.server.issue());
    const refresh = { process: Number(headers['x-process']), token: params.get('refresh_token') };
    this.refreshes.push(refresh);
    this.emit('arrived');
    await delay(this.random() * spread);
    const [status, body] = this.server.refresh(params);
    refresh.next = body.refresh_token;
    this.emit('processed');
    await delay(this.random() * spread);
    await this.beforeResponse?.();
    this.respondedAt = now();
    sendJson(response, status, body);
    this.emit('responded');
  }

  /** The refresh token that is stored. */
  async stored() {
    const names = await readdir(this.folder);
    const file = names.find((name) => name.endsWith('.json'));
    if (file === undefined) return undefined;
    return JSON.parse(await readFile(path.join(this.folder, file), 'utf8')).response.refresh_token;
  }
}

function randomNumbers(start) {
  let state = start;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** All begin before the response is sent. */
async function manyProcesses() {
  const lane = await Lane.create('many');
  const runs = Array.from({ length: processes }, () => new Run(lane.options));
  await Promise.all(runs.map(({ ready }) => ready));
  lane.beforeResponse = () => delay(1000);
  for (const run of runs) run.begin();
  await Promise.all(runs.map(({ ended }) => ended));
  const tokens = runs.map(({ said }) => said.result?.token);
  const last = Math.max(...runs.map(({ said }) => said.result?.at ?? Infinity)) - lane.respondedAt;
  const isGood = new Set(tokens).size === 1 && lane.server.isValid(String(tokens[0])) && lane.refreshes.length === 1;
  const found = tokens.filter((token) => token !== undefined).length;
  console.log(`${processes} processes at once with an expired token`);
  console.log(`  refreshes ${lane.refreshes.length}, tokens ${found}, different ones ${new Set(tokens).size}`);
  console.log(`  the last process had its token ${Math.round(last)} ms after the response was sent`);
  await lane.server[Symbol.asyncDispose]();
  return isGood ? [] : [`${processes} processes: not one refresh with a token for each`];
}

const counts = {
  'nothing lost': 0,
  'had ended before the kill': 0,
  'lost: killed before the response had arrived': 0,
  'lost: killed between arrival and disk': 0,
};
let longestWait = 0;
let longestLock = 0;
let longestWrite = 0;
const problems = [];

async function round(lane, name) {
  lane.refreshes = [];
  const runs = [new Run(lane.options), new Run(lane.options)];
  for (const run of runs) run.once('result', () => lane.emit('result'));
  const [victim, other] = lane.random() < 0.5 ? runs : runs.toReversed();
  const moment = moments[Math.floor(lane.random() * moments.length)];
  const pause = lane.random() * spread;
  await Promise.all(runs.map(({ ready }) => ready));
  const reached = once(lane, moment);
  for (const run of runs) run.begin();
  lane.emit('begun');
  await reached;
  await delay(pause);
  victim.child.kill('SIGKILL');
  const killedAt = now();
  const [, signal] = await victim.ended;
  const left = await lane.stored();
  await other.ended;
  const sent = lane.refreshes.find(({ process }) => process === victim.child.pid);
  // The server has replaced the token that is still stored: no one knows the new one. The next refresh is reuse.
  const isLost = signal !== null && sent?.next !== undefined && left === sent.token;
  const { received } = victim.said;
  if (signal === null) counts['had ended before the kill'] += 1;
  else if (!isLost) counts['nothing lost'] += 1;
  else if (received === undefined) counts['lost: killed before the response had arrived'] += 1;
  else {
    counts['lost: killed between arrival and disk'] += 1;
    longestWrite = Math.max(longestWrite, killedAt - received.at);
    if (killedAt - received.at > writeLimit) problems.push(`${name}: a response was not on disk in time`);
  }
  const { at, token, failure, starved } = other.said.result ?? { failure: 'ended without a result' };
  longestWait = Math.max(longestWait, at - killedAt);
  longestLock = Math.max(longestLock, at - killedAt - starved);
  if (isLost) {
    // The other one may have had its token before.
    if (failure !== undefined && !failure.startsWith('SIGN_IN_REQUIRED')) problems.push(`${name}: ${failure}`);
    await lane.signIn();
    return;
  }
  if (failure !== undefined) problems.push(`${name}: killed after '${moment}': ${failure}`);
  else if (!lane.server.isValid(token)) problems.push(`${name}: a token that is not valid`);
  if (!lane.server.canRefresh(await lane.stored())) {
    problems.push(`${name}: killed after '${moment}': the sign-in was lost`);
    await lane.signIn();
  }
}

async function manyRounds() {
  const all = await Promise.all(Array.from({ length: Math.min(lanes, rounds) }, (_, index) => Lane.create(index)));
  let begun = 0;
  await Promise.all(
    all.map(async (lane) => {
      while (begun < rounds) {
        begun += 1;
        if (begun % 50 === 0) process.stderr.write(`round ${begun} of ${rounds}: ${problems.length} problems\n`);
        await round(lane, `round ${begun}`);
      }
    }),
  );
  const reuses = all.reduce((sum, { server }) => sum + server.reuses, 0);
  for (const { server } of all) await server[Symbol.asyncDispose]();
  return reuses;
}

const start = now();
try {
  console.log(`seed ${seed}`);
  problems.push(...(await manyProcesses()));
  const reuses = await manyRounds();
  if (longestLock > lockLimit) problems.push('a killed process kept its lock for too long');
  const lost = Object.entries(counts).reduce((sum, [name, count]) => (name.startsWith('lost') ? sum + count : sum), 0);
  if (reuses > lost) problems.push('reuse was detected more often than responses were lost');
  console.log(
    `${rounds} rounds of two processes, one of them killed by SIGKILL, in ${Math.round((now() - start) / 1000)} s`,
  );
  for (const [name, count] of Object.entries(counts)) console.log(`  ${name}: ${count}`);
  console.log(
    `  longest time from a response's arrival to a kill before it was on disk: ${Math.round(longestWrite)} ms`,
  );
  console.log(
    `  longest wait of the other process after the kill: ${seconds(longestWait)} s, ${seconds(longestLock)} s of its own running time`,
  );
  console.log(`  sign-ins that the server revoked for reuse: ${reuses}`);
} finally {
  await rm(home, { recursive: true, force: true });
}
for (const problem of problems) console.log(problem);
console.log(problems.length === 0 ? 'Nothing was lost that could be kept.' : 'Something was lost.');
process.exitCode = problems.length === 0 ? 0 : 1;
