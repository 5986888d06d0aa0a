// `fork('concurrency-worker.mjs', ['server' | 'router'])`: many sign-ins at once, and the processor time of each.
import { once } from 'node:events';
import { load, loadExpress, loadRouter } from './.cache/ours/entry.mjs';

const { AuthServer } = await load();
const { createCallbackRouter, createMemoryRequestStore } = await loadRouter();
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
  const requests = createMemoryRequestStore({ sessionId: (request) => request.headers.cookie });
  const app = express();
  const listener = app.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address();
  const redirectUri = `http://127.0.0.1:${port}/auth/callback`;
  app.use('/auth', createCallbackRouter({ redirectUri, requests, onGrant: () => void (signedIn += 1) }));
  return {
    expect(id) {
      const state = `a-state-of-some-length-${id}`;
      const cookie = `session=${id}`;
      requests.add({ headers: { cookie } }, { state, redirectUri, responseType: 'code' });
      return { port, method: 'GET', target: `/auth/callback?code=a-code&state=${state}`, cookie };
    },
  };
}
