import { afterEach } from '@jest/globals';
import { once } from 'node:events';
import type { Server } from 'node:http';

/** A list for the plain HTTP servers of a test file: those in it are closed after each test, with their connections. */
export function useHttpServers(): Server[] {
  const servers: Server[] = [];
  afterEach(async () => {
    for (const server of servers.splice(0)) {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    }
  });
  return servers;
}
