// embed-auth-server, packed and installed as its users get it (see ../install.mjs).
import { load as loadInstalled } from '../.cache/ours/entry.mjs';

export const title = 'embed-auth-server';
export const packages = ['embed-auth-server'];

export const load = loadInstalled;

/** @type {import('./index.mjs').Begin} */
export async function begin({ AuthServer }, onResult) {
  const server = new AuthServer('http://127.0.0.1:0/callback');
  server.on('authorizationCodeReceived', onResult);
  server.on('implicitGrantReceived', onResult);
  await server.start();
  return {
    // As `new LoginRequest(server, ...)` does, once the port is known.
    expect: () => server.expect({ state: 'a-state-of-this-sign-in' }),
    port: server.port,
    method: 'GET',
    target: '/callback?code=a-code&state=a-state-of-this-sign-in',
    fragment: '/callback#access_token=a-token&token_type=bearer&state=a-state-of-this-sign-in',
    // Of all our answers, the page alone keeps its socket.
    idle: '/callback',
    end: () => server.stop(),
  };
}
