// node:http alone, see baseline-server.mjs.
import { once } from 'node:events';
import { loadBaseline } from '../.cache/ours/entry.mjs';

export const title = 'node:http baseline';
export const packages = [];

export const load = loadBaseline;

/** @type {import('./index.mjs').Begin} */
export async function begin({ listen }, onResult) {
  const server = await listen(onResult);
  return {
    port: server.address().port,
    method: 'GET',
    target: '/callback?code=a-code&state=a-state',
    fragment: '/callback#access_token=a-token&state=a-state',
    forward: {
      target: '/token',
      contentType: 'text/plain',
      body: 'access_token=a-token&state=a-state',
    },
    idle: '/favicon.ico',
    end() {
      const closed = once(server, 'close');
      server.close();
      // The last page may not be written yet. The next turn of the event loop is the earliest that cuts off nothing.
      globalThis.setImmediate(() => server.closeAllConnections());
      return closed;
    },
  };
}
