// `fork('concurrency-worker.mjs', ['server' | 'router'])`: many sign-ins at once, and what each costs.
import { once } from 'node:events';
import { load, loadExpress } from './.cache/ours/entry.mjs';

const { AuthServer, createCallbackRouter } = await load();
let signedIn = 0;
const { expect } = await { server, router }[process.argv[2]]();
let round = 0;
let last = process.cpuUsage();

process.on('message', (message) => {
  if (message.expect !== undefined) {
    round += 1;
    process.send({ requests: Array.from({ length: message.expect }, (_, index) => expect(`${round}-${index}`)) });
  } else {
    const { user, system } = process.cpuUsage(last);
    process.send({ metered: (user + system) / 1000, signedIn });
    signedIn = 0;
    last = process.cpuUsage();
  }
});
process.send({ ready: true });

async function server() {
  const auth = new AuthServer('http://127.0.0.1:0/callback');
  auth.on('authorizationCodeReceived', () => (signedIn += 1));
  await auth.start();
  const { port } = auth;
  return {
    expect(id) {
      const state = `a-state-of-some-length-${id}`;
      auth.expect({ state });
      return { port, method: 'GET', target: `/callback?code=a-code&state=${state}` };
    },
  };
}

async function router() {
  const express = await loadExpress();
  const sessions = new Map();
  const sessionOf = (request) => sessions.get(request.headers.cookie);
  const app = express();
  const listener = app.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address();
  app.use(
    '/auth',
    createCallbackRouter({
      redirectUri: `http://127.0.0.1:${port}/auth/callback`,
      expectedRequests: (request) => sessionOf(request)?.login,
      takeRequest: (request) => sessions.delete(request.headers.cookie),
      onGrant: () => void (signedIn += 1),
    }),
  );
  return {
    expect(id) {
      const state = `a-state-of-some-length-${id}`;
      const cookie = `session=${id}`;
      sessions.set(cookie, { login: { state } });
      return { port, method: 'GET', target: `/auth/callback?code=a-code&state=${state}`, cookie };
    },
  };
}
