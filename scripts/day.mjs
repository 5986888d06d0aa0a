// `npm run day`: a simulated day of an app that stays signed in. Real processes, a server that rotates refresh tokens and revokes the
// sign-in at the first reuse, and a clock that jumps. It fails if a user has to sign in again.
// Options: --hours N (24), --seed N.
import { randomInt } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { Apps } from '../test/session/processes.ts';
import { RotatingServer } from '../test/session/rotating-server.ts';

const { values } = parseArgs({ options: { hours: { type: 'string', default: '24' }, seed: { type: 'string' } } });
const hours = Number(values.hours);
const seed = Number(values.seed ?? randomInt(2 ** 31));
const random = randomNumbers(seed);
const pick = (list) => list[Math.floor(random() * list.length)];
const hour = 3_600_000;

const folder = await mkdtemp(path.join(tmpdir(), 'day-'));
const clock = path.join(folder, 'clock');
const preload = path.join(folder, 'clock.mjs');
// Every look at the time reads how far the clock is ahead.
await writeFile(
  preload,
  `import { readFileSync } from 'node:fs';
const now = Date.now.bind(Date);
const RealDate = Date;
const ahead = () => Number(readFileSync(${JSON.stringify(clock)}, 'utf8'));
globalThis.Date = class extends RealDate {
  constructor(...given) { super(...(given.length === 0 ? [now() + ahead()] : given)); }
  static now() { return now() + ahead(); }
};
`,
);

const counts = { processes: 0, calls: 0, refused: 0 };
const faults = {};
const problems = [];
let elapsed = 0;
let step = 0;
const setClock = () => writeFile(clock, String(elapsed + step));

class User {
  constructor(name, server) {
    this.name = name;
    this.server = server;
    this.env = { HOME: path.join(folder, name), XDG_STATE_HOME: path.join(folder, name, 'state') };
  }

  static async create(name) {
    const server = await RotatingServer.start();
    await mkdir(path.join(folder, name));
    return new User(name, server);
  }

  async start(options = {}) {
    counts.processes += 1;
    const config = { name: 'day', server: this.server.origin, refreshTimeout: 3000, ...options };
    return await apps.start({ config, env: this.env, nodeArgs: ['--import', preload] });
  }

  /** A run of the app: it starts, calls the API, and ends. */
  async run(isOutage = false) {
    const app = await this.start();
    counts.calls += 1;
    try {
      const [status] = await app.call('fetch', 'resource');
      if (status !== 200) problems.push(`${this.name}: the API responded ${status}`);
    } catch (error) {
      if (isOutage && error.code === 'REFRESH_FAILED') counts.refused += 1;
      else problems.push(`${this.name}: ${error.code ?? error.name}: ${error.message}`);
    }
    await app.end();
  }
}

/** What happens in an hour, each to one user. */
const events = {
  /** Four runs at once, all with an expired token. */
  async 'runs at once'(user) {
    await Promise.all(Array.from({ length: 4 }, () => user.run()));
  },
  async 'outage: 503'(user) {
    await outage(user, (request, response) => response.writeHead(503, { 'retry-after': '30' }).end('down'));
  },
  async 'outage: a portal page'(user) {
    await outage(user, (request, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>Hello'));
  },
  async 'outage: no response'(user) {
    await outage(user, (request, response) => response.destroy());
  },
  /** The computer sleeps for hours while the response is on its way. */
  async 'suspend during a refresh'(user) {
    const app = await user.start();
    let respond;
    user.server.next.token = [(request, response, usual) => (respond = usual)];
    const before = user.server.requestsOf('token').length;
    const called = app.call('fetch', 'resource');
    called.catch(() => undefined);
    await user.server.requested('token', before + 1);
    app.process.kill('SIGSTOP');
    respond();
    elapsed += 3 * hour;
    await setClock();
    const sibling = user.run(true);
    await new Promise((resolve) => setTimeout(resolve, 500));
    app.process.kill('SIGCONT');
    await Promise.allSettled([called, sibling]);
    await app.end();
  },
  async 'clock ahead'(user) {
    await stepped(user, 5 * hour);
  },
  async 'clock behind'(user) {
    await stepped(user, -5 * hour);
  },
  /** Everything ends before the request has been processed. */
  async 'reboot before the refresh'(user) {
    const running = await Promise.all([user.start(), user.start()]);
    user.server.next.token = [
      (request, response) => {
        for (const { process } of running) process.kill('SIGKILL');
        response.destroy();
      },
    ];
    await Promise.allSettled(running.map((app) => app.call('fetch', 'resource')));
    for (const { process } of running) process.kill('SIGKILL');
    await Promise.all(running.map(({ ended }) => ended));
    user.server.next.token = [];
  },
  /** Everything ends as soon as one process has the token, in the middle of what the others do. */
  async 'reboot after the refresh'(user) {
    const running = await Promise.all([user.start(), user.start(), user.start()]);
    const calls = running.map((app) => app.call('accessToken', {}));
    await Promise.any(calls);
    for (const { process } of running) process.kill('SIGKILL');
    await Promise.allSettled(calls);
    await Promise.all(running.map(({ ended }) => ended));
  },
  /** A program that runs all day. */
  async 'long-running program'(user) {
    const app = await user.start();
    for (let index = 0; index < 3; index += 1) {
      await app.call('fetch', 'resource');
      elapsed += hour;
      await setClock();
    }
    await app.end();
  },
};

async function outage(user, behavior) {
  user.server.always.token = behavior;
  await Promise.all([user.run(true), user.run(true)]);
  delete user.server.always.token;
}

async function stepped(user, by) {
  step = by;
  await setClock();
  await Promise.all([user.run(), user.run()]);
  step = 0;
  await setClock();
}

function randomNumbers(start) {
  let state = start;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

await setClock();
const apps = await Apps.build();
const users = [await User.create('ada'), await User.create('grace')];
const begun = performance.now();
try {
  for (const user of users) await user.run();
  const names = Object.keys(events);
  for (let index = 0; index < hours; index += 1) {
    elapsed += hour + 60_000; // The token is over.
    await setClock();
    for (const user of users) {
      // Each event at least once for each user, then at random.
      const name = names[index + users.indexOf(user) * 3] ?? pick(names);
      faults[name] = (faults[name] ?? 0) + 1;
      await events[name](user);
      await user.run();
    }
    process.stderr.write(`hour ${index + 1} of ${hours}: ${problems.length} problems\n`);
  }
} finally {
  await apps[Symbol.asyncDispose]();
  for (const { server } of users) await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
}
const total = (figure) => users.reduce((sum, { server }) => sum + figure(server), 0);
const signIns = total((server) => server.requestsOf('sign-in').length);
const reuses = total(({ reuses: count }) => count);
console.log(`seed ${seed}: ${hours} hours in ${Math.round((performance.now() - begun) / 1000)} s`);
console.log(
  `${counts.processes} processes, ${counts.calls} runs, ${total((server) => server.requestsOf('token').length)} refreshes,`,
);
console.log(`${counts.refused} runs rejected with REFRESH_FAILED during an outage`);
for (const [name, count] of Object.entries(faults)) console.log(`  ${name}: ${count}`);
console.log(`sign-ins: ${signIns} for ${users.length} users; sign-ins revoked for reuse: ${reuses}`);
for (const problem of problems) console.log(problem);
const isLost = signIns > users.length || reuses > 0 || problems.length > 0;
console.log(isLost ? 'A sign-in was lost.' : 'Nothing was lost.');
process.exitCode = isLost ? 1 : 0;
