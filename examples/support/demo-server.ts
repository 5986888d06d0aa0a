import {
  startTestAuthorizationServer,
  type TestAuthorizationServer,
  type TestAuthorizationServerOptions,
} from 'embed-auth-server/testing';

/**
 * Starts the authorization server that the examples use if the environment has no client id: the package's own test server,
 * with two accounts to choose from.
 */
export function startDemoServer(options?: TestAuthorizationServerOptions): Promise<TestAuthorizationServer> {
  return startTestAuthorizationServer({
    clientName: 'Demo App',
    accounts: [
      { sub: 'ada', name: 'Ada Lovelace', email: 'ada@example.com' },
      { sub: 'grace', name: 'Grace Hopper', email: 'grace@example.com' },
    ],
    ...options,
  });
}
