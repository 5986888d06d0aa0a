import { afterEach } from '@jest/globals';
import { AuthServer, type AuthServerOptions } from '#src/index.js';

/** Makes servers on any free port, and stops them after each test. */
export function useServers(): (options?: AuthServerOptions, baseUri?: string) => Promise<AuthServer> {
  const servers: AuthServer[] = [];
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.stop()));
  });
  return async (options, baseUri = 'http://127.0.0.1:0/callback') => {
    const server = new AuthServer(baseUri, options);
    servers.push(server);
    await server.start();
    return server;
  };
}
