import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { Client } from '@modelcontextprotocol/client';
import { createMcpAuthProvider, type McpAuthProvider } from '#src/mcp.js';
import { createMemoryTokenStore, type TokenStore } from '#src/session.js';
import { createTestUserAgent } from '#src/testing.js';
import {
  compatAuthorizationServers,
  startCompatAuthorizationServer,
  type CompatAuthorizationServer,
} from '../helpers/compat-authorization-servers.js';
import { describeWith } from '../helpers/compat.js';

jest.setTimeout(60_000);

const names = ['mcp-sdk', 'better-auth', 'workers-oauth'] as const;

for (const name of names) {
  describeWith([...compatAuthorizationServers[name]], `createMcpAuthProvider with ${name}`, () => {
    let server: CompatAuthorizationServer;
    let store: TokenStore;
    let opened: URL[];
    const clients: Client[] = [];

    beforeEach(async () => {
      server = await startCompatAuthorizationServer(name);
      store = createMemoryTokenStore();
      opened = [];
    });

    afterEach(async () => {
      for (const client of clients.splice(0)) await client.close();
      await server.stop();
    });

    const providerOf = (): McpAuthProvider =>
      createMcpAuthProvider({
        name: 'mcp-test',
        serverUrl: server.mcpServer,
        store,
        login: {
          terminal: false,
          openBrowser: async (uri) => {
            opened.push(uri);
            await createTestUserAgent()
              .open(uri)
              .catch(() => undefined);
          },
        },
      });

    async function whoAmI(provider: McpAuthProvider): Promise<unknown> {
      const client = new Client({ name: 'test', version: '1.0.0' });
      clients.push(client);
      await provider.connect(client);
      return (await client.callTool({ name: 'whoami', arguments: {} })).content;
    }

    it('registers, signs in, calls a tool, and needs no browser in the next run', async () => {
      const user = await whoAmI(providerOf());
      expect(user).toEqual([{ type: 'text', text: expect.stringMatching(/./) }]);
      expect(await whoAmI(providerOf())).toEqual(user);
      expect(opened).toHaveLength(1);
    });

    it('says that the user has denied', async () => {
      await server.decide('deny');
      await expect(whoAmI(providerOf())).rejects.toMatchObject({ code: 'ACCESS_DENIED' });
    });
  });
}
