// @atproto/oauth-client-node: npm install embed-auth-server @atproto/oauth-client-node. The user's handle leads to the user's server. The
// request is pushed (RFC 9126) and bound to a key (DPoP); its state is the key in the SDK's store.
import { buildAtprotoLoopbackClientMetadata, NodeOAuthClient, requestLocalLock } from '@atproto/oauth-client-node';
import type { NodeSavedSession, NodeSavedState } from '@atproto/oauth-client-node';
import { login } from 'embed-auth-server';

const { HANDLE = 'alice.example.com', ATPROTO_TEST_SERVER } = process.env;
const states = new Map<string, NodeSavedState>();
const sessions = new Map<string, NodeSavedSession>(); // an app saves them, for `client.restore(did)`
let state = '';

const clientFor = (redirectUri: string): NodeOAuthClient =>
  new NodeOAuthClient({
    // `http://localhost` stands for every program without a client id of its own. Servers ignore the port of its redirect URI.
    clientMetadata: {
      ...buildAtprotoLoopbackClientMetadata({ scope: 'atproto' }),
      redirect_uris: [redirectUri as `http://127.0.0.1:${string}`],
    },
    stateStore: {
      get: (key) => states.get(key),
      set: (key, value) => {
        state = key; // the URI does not show it
        states.set(key, value);
      },
      del: (key) => void states.delete(key),
    },
    sessionStore: {
      get: (key) => sessions.get(key),
      set: (key, value) => void sessions.set(key, value),
      del: (key) => void sessions.delete(key),
    },
    requestLock: requestLocalLock,
    // Only test servers on this machine use http.
    ...(ATPROTO_TEST_SERVER === undefined
      ? {}
      : { allowHttp: true, plcDirectoryUrl: ATPROTO_TEST_SERVER, handleResolver: ATPROTO_TEST_SERVER }),
  });

const { session } = await login({
  redirectUri: 'http://127.0.0.1:0/',
  authorizationUri: async ({ redirectUri }) => ({ uri: await clientFor(redirectUri).authorize(HANDLE), state }),
  exchange: ({ params, redirectUri }) => clientFor(redirectUri).callback(params),
  terminal: true,
});

const response = await session.fetchHandler('/xrpc/com.atproto.server.getSession');
console.log(session.did, response.status);
