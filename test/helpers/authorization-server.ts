import { startTestAuthorizationServer, type TestAuthorizationServer } from '#src/testing.js';

export type { TestAuthorizationServer as AuthorizationServer } from '#src/testing.js';

/** Starts the test authorization server with two users, `ada` and `grace`. */
export function startAuthorizationServer(): Promise<TestAuthorizationServer> {
  return startTestAuthorizationServer({
    clientName: 'Demo App',
    accounts: [
      { sub: 'ada', name: 'Ada Lovelace', email: 'ada@example.com' },
      { sub: 'grace', name: 'Grace Hopper', email: 'grace@example.com' },
    ],
  });
}
