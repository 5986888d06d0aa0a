// embed-auth-server, packed and installed as users install it (see ../install.mjs).
import { load as loadInstalled } from '../.cache/ours/entry.mjs';

export const title = 'embed-auth-server';
export const packages = ['embed-auth-server'];

export const load = loadInstalled;

const state = 'a-state-of-this-sign-in';

/** A sign-in with a code or a token. */
export const beginWith =
  (responseType) =>
  /** @type {import('./index.mjs').Begin} */
  async ({ AuthServer, LoginRequest }, onResult) => {
    const server = new AuthServer('http://127.0.0.1:0/callback');
    server.on('authorizationCodeReceived', onResult);
    server.on('implicitGrantReceived', onResult);
    await server.start();
    return {
      expect: () => new LoginRequest(server, 'a-client', responseType, { state }),
      port: server.port,
      method: 'GET',
      target: `/callback?code=a-code&state=${state}`,
      fragment: `/callback#access_token=a-token&token_type=bearer&state=${state}`,
      forward: {
        target: '/token',
        contentType: 'application/json',
        body: JSON.stringify({ fragment: `access_token=a-token&token_type=bearer&state=${state}` }),
      },
      // The only response that keeps its connection open.
      idle: '/callback',
      end: () => server.stop(),
    };
  };

export const begin = beginWith('code');
