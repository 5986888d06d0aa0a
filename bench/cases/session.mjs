// What a session costs a program whose user is signed in.
import { fork, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { milliseconds, plainEnvironment } from '../processes.mjs';

const ownApps = new URL('../.cache/ours/', import.meta.url);
const otherApps = new URL('../session/', import.meta.url);
const appOf = (column, name) =>
  fileURLToPath(column === 'ours' ? new URL(`session-${name}.mjs`, ownApps) : new URL(`${name}.mjs`, otherApps));

/** A folder with a saved token: a file for those who read it by hand, and one of the package. */
function openHome({ provider, lifetime }) {
  const home = mkdtempSync(join(tmpdir(), 'bench-session-'));
  const receivedAt = Date.now();
  const expiresAt = receivedAt + lifetime;
  writeFileSync(join(home, 'tokens.json'), JSON.stringify({ accessToken: 'saved', expiresAt }), { mode: 0o600 });
  const key = JSON.stringify([provider, 'a-client', '', '']);
  const response = {
    access_token: 'saved',
    refresh_token: 'refresh',
    token_type: 'bearer',
    expires_in: lifetime / 1000,
  };
  mkdirSync(join(home, 'bench'), { mode: 0o700 });
  const file = join(home, 'bench', `${createHash('sha256').update(key).digest('hex')}.json`);
  writeFileSync(file, JSON.stringify({ version: 1, key, receivedAt, expiresAt, response }), { mode: 0o600 });
  return {
    env: { ...plainEnvironment(), XDG_STATE_HOME: home },
    close: () => rmSync(home, { recursive: true, force: true }),
  };
}

/** A server on this machine. */
async function listen(respond) {
  const server = createServer(respond).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

const hour = 3_600_000;
const issuer = 'https://as.example';

export const savedToken = {
  name: 'saved-token',
  title: 'a whole run of a program with a saved token',
  unit: 'ms',
  method:
    'A fresh process, from its start to its end. `baseline` reads a JSON file by hand; `ours` awaits session.accessToken(). `openid-client` and `msal-node` import the package (and construct its client) and read the file by hand; `google-auth-library` is given what the file has.',
  columns: ['baseline', 'ours', 'openid-client', 'google-auth-library', 'msal-node'],
  baseline: 'baseline',
  targets: [{ column: 'ours', against: 'baseline', ratio: 1.1 }],
  isPublished: true,
  runs: 100,
  async open() {
    const { env, close } = openHome({ provider: issuer, lifetime: 24 * hour });
    return {
      async sample(column) {
        const app = appOf(column, column === 'ours' ? 'saved' : column);
        const start = process.hrtime.bigint();
        const { status, stderr } = spawnSync(process.execPath, [app], { env });
        const end = process.hrtime.bigint();
        if (status !== 0) throw new Error(`the token was not found: ${String(stderr)}`);
        return milliseconds(start, end);
      },
      close,
    };
  },
};

const processes = 50;

export const refreshTogether = {
  name: 'refresh-together',
  title: `a refresh for ${processes} processes at once`,
  unit: 'ms',
  method: `${processes} processes with an expired token have begun when the provider responds to the only refresh. From the response until the last process has the new token.`,
  columns: ['ours'],
  baseline: 'ours',
  targets: [{ column: 'ours', limit: 1000 }],
  isPublished: true,
  runs: 5,
  async open() {
    return {
      async sample() {
        let requests = 0;
        let respondedAt;
        const server = await listen(async (request, response) => {
          requests += 1;
          await delay(1000);
          respondedAt = process.hrtime.bigint();
          response.setHeader('content-type', 'application/json');
          response.end(
            JSON.stringify({ access_token: 'new', refresh_token: 'next', token_type: 'Bearer', expires_in: 3600 }),
          );
        });
        const endpoints = { authorization: `${server.origin}/authorize`, token: `${server.origin}/token` };
        const { env, close } = openHome({ provider: [endpoints.authorization, endpoints.token], lifetime: -1000 });
        const apps = Array.from({ length: processes }, () =>
          spawn(process.execPath, [appOf('ours', 'refresh'), JSON.stringify(endpoints)], {
            env,
            stdio: ['pipe', 'pipe', 'inherit'],
          }),
        );
        try {
          await Promise.all(apps.map(({ stdout }) => once(stdout, 'data')));
          for (const { stdin } of apps) stdin.end('\n');
          const results = await Promise.all(
            apps.map(async ({ stdout }) => JSON.parse(String(await once(stdout, 'data')))),
          );
          if (requests !== 1 || results.some(({ token }) => token !== 'new'))
            throw new Error('not one refresh for all');
          return Math.max(...results.map(({ at }) => milliseconds(respondedAt, BigInt(at))));
        } finally {
          for (const app of apps) app.kill('SIGKILL');
          server.close();
          close();
        }
      },
      async close() {},
    };
  },
};

const requests = 300;

export const fetchInLoop = {
  name: 'session-fetch',
  title: 'session.fetch() in a loop, one request',
  unit: 'ms',
  method: `A process sends ${requests} requests to a server on this machine, one after the other, and reads each response. \`baseline\` is fetch() with the header.`,
  columns: ['baseline', 'ours'],
  baseline: 'baseline',
  targets: [{ column: 'ours', against: 'baseline', ratio: 1.1 }],
  isPublished: true,
  runs: 40,
  async open() {
    const { env, close } = openHome({ provider: issuer, lifetime: 24 * hour });
    const server = await listen((request, response) => {
      response.statusCode = request.headers.authorization === 'Bearer saved' ? 200 : 401;
      response.end('{}');
    });
    const apps = {};
    const ask = async (app, message) => {
      const answered = once(app, 'message');
      app.send(message);
      return (await answered)[0];
    };
    for (const column of fetchInLoop.columns) {
      const app = fork(appOf(column, column === 'ours' ? 'fetch' : 'baseline-fetch'), [], { env });
      await once(app, 'message');
      await ask(app, { uri: server.origin, requests });
      apps[column] = app;
    }
    return {
      async sample(column) {
        return (await ask(apps[column], { uri: server.origin, requests })).took;
      },
      async close() {
        for (const app of Object.values(apps)) app.disconnect();
        server.close();
        close();
      },
    };
  },
};
