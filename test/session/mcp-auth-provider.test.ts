import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createMcpAuthProvider, type McpAuthProvider, type McpAuthProviderOptions } from '#src/mcp.js';
import { createMemoryTokenStore, type TokenStore } from '#src/session.js';
import {
  createTestUserAgent,
  startTestAuthorizationServer,
  type TestAuthorizationServer,
  type TestAuthorizationServerOptions,
} from '#src/testing.js';
import { startMcpServer, type TestMcpServer } from './mcp-server.js';

const greeting = [{ type: 'text', text: 'Hello' }];

describe('createMcpAuthProvider', () => {
  const cleanUp: (() => unknown)[] = [];
  let folder: string;
  let authorizationServer: TestAuthorizationServer;
  let server: TestMcpServer;
  let opened: URL[];

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'mcp-'));
    process.env['XDG_STATE_HOME'] = folder;
    opened = [];
    authorizationServer = await startAuthorizationServer();
    server = await startMcpServer({ authorizationServers: [authorizationServer.issuer] });
    cleanUp.push(() => server[Symbol.asyncDispose]());
  });

  afterEach(async () => {
    for (const action of cleanUp.splice(0).reverse()) await action();
    delete process.env['XDG_STATE_HOME'];
    await rm(folder, { recursive: true, force: true });
  });

  async function startAuthorizationServer(
    options: TestAuthorizationServerOptions = {},
  ): Promise<TestAuthorizationServer> {
    const started = await startTestAuthorizationServer({
      consent: 'allow',
      rotateRefreshTokens: true,
      detectReuse: true,
      ...options,
    });
    cleanUp.push(() => started.close());
    return started;
  }

  const login = {
    terminal: false,
    openBrowser: async (uri: URL): Promise<void> => {
      opened.push(uri);
      // A page of the provider that leads nowhere is no failure of the browser.
      await createTestUserAgent()
        .open(uri)
        .catch(() => undefined);
    },
  };
  const providerOf = (options: Partial<McpAuthProviderOptions> = {}): McpAuthProvider =>
    createMcpAuthProvider({ name: 'mcp-test', serverUrl: server.url, login, ...options });

  async function connect(provider = providerOf()): Promise<Client> {
    const client = new Client({ name: 'test', version: '1.0.0' });
    await provider.connect(client);
    cleanUp.push(() => client.close());
    return client;
  }
  const greet = async (client: Client): Promise<unknown> =>
    (await client.callTool({ name: 'greet', arguments: {} })).content;
  const grantTypes = (): (string | null)[] =>
    authorizationServer.requestsTo('token').map(({ params }) => params.get('grant_type'));
  const registrations = (): number => authorizationServer.requestsTo('registration').length;

  it('registers, signs in, connects, and needs no browser in the next run', async () => {
    expect(await greet(await connect())).toEqual(greeting);
    expect([registrations(), opened.length, grantTypes()]).toEqual([1, 1, ['authorization_code']]);
    const [token] = authorizationServer.requestsTo('token');
    expect(token?.params.get('resource')).toBe(server.url);

    expect(await greet(await connect())).toEqual(greeting);
    expect([registrations(), opened.length, grantTypes()]).toEqual([1, 1, ['authorization_code']]);
  });

  it('registers a native client at the port of the sign-in', async () => {
    const provider = providerOf();
    await connect(provider);
    expect(await provider.clientInformation()).toMatchObject({
      application_type: 'native',
      client_name: 'mcp-test',
      redirect_uris: [opened[0]?.searchParams.get('redirect_uri')],
    });
  });

  it('uses a client that was registered in advance', async () => {
    const own = await startAuthorizationServer({ clientId: 'in-advance', redirectUris: ['http://127.0.0.1/callback'] });
    server.options.authorizationServers = [own.issuer];
    const redirect = { ...login, redirectUri: 'http://127.0.0.1/callback', port: 0 };
    await connect(providerOf({ clientId: 'in-advance', login: redirect }));
    expect(own.requestsTo('registration')).toHaveLength(0);
    expect(opened[0]?.searchParams.get('client_id')).toBe('in-advance');
  });

  it('refreshes once for two hosts with an expired token', async () => {
    await connect();
    authorizationServer.expireAccessTokens();
    const clients = await Promise.all([connect(), connect()]);
    expect(await Promise.all(clients.map(greet))).toEqual([greeting, greeting]);
    expect([grantTypes(), opened.length]).toEqual([['authorization_code', 'refresh_token'], 1]);
  });

  it('opens no browser because the authorization server is out of order', async () => {
    const client = await connect();
    authorizationServer.expireAccessTokens();
    authorizationServer.configure({ tokenError: 'temporarily_unavailable' });
    await expect(connect()).rejects.toMatchObject({ code: 'REFRESH_FAILED' });
    await expect(greet(client)).rejects.toMatchObject({ code: 'REFRESH_FAILED' });
    authorizationServer.configure({ tokenError: undefined });
    expect([await greet(client), opened.length]).toEqual([greeting, 1]);
  });

  it('signs in in the middle of a connection if the grant was revoked', async () => {
    const client = await connect();
    authorizationServer.revokeTokens();
    expect(await greet(client)).toEqual(greeting);
    expect([opened.length, registrations()]).toEqual([2, 1]);
    // At the same port.
    expect(opened[1]?.searchParams.get('redirect_uri')).toBe(opened[0]?.searchParams.get('redirect_uri'));
  });

  it('signs in once for requests that are refused at the same time', async () => {
    const client = await connect();
    authorizationServer.revokeTokens();
    expect(await Promise.all([greet(client), greet(client), greet(client)])).toEqual([greeting, greeting, greeting]);
    expect(opened).toHaveLength(2);
  });

  it('registers again if another program has the port', async () => {
    await connect();
    const port = Number(new URL(opened[0]?.searchParams.get('redirect_uri') ?? '').port);
    const other = createServer().listen(port, '127.0.0.1');
    await once(other, 'listening');
    cleanUp.push(() => closed(other));
    authorizationServer.revokeTokens();
    await connect();
    expect([registrations(), opened.length]).toEqual([2, 2]);
  });

  it('sends no token of one server to another, nor one issuer’s to another issuer', async () => {
    await connect();
    const second = await startAuthorizationServer();
    const other = await startMcpServer({ authorizationServers: [second.issuer] });
    cleanUp.push(() => other[Symbol.asyncDispose]());
    await connect(providerOf({ serverUrl: other.url }));
    const tokensOf = ({ requests }: TestMcpServer): Set<string | undefined> =>
      new Set(requests.map(({ authorization }) => authorization).filter(Boolean));
    expect([...tokensOf(other)].filter((token) => tokensOf(server).has(token))).toEqual([]);

    // The first server now names the second's authorization server.
    const before = authorizationServer.requestsTo('token').length;
    server.options.authorizationServers = [second.issuer];
    expect(await greet(await connect())).toEqual(greeting);
    const sent = second.requestsTo('token').map(({ params }) => params.get('grant_type'));
    expect(sent).toEqual(['authorization_code', 'authorization_code']);
    // The first one is asked whether its token still works, by its own rules, and by no sign-in.
    expect(
      authorizationServer
        .requestsTo('token')
        .slice(before)
        .map(({ params }) => params.get('grant_type')),
    ).toEqual(['refresh_token']);
  });

  it('asks for a further scope once, and then says that it was not granted', async () => {
    const client = await connect();
    server.requiredScope = 'files:write';
    server.hasScope = () => opened.some((uri) => uri.searchParams.get('scope')?.includes('files:write'));
    expect(await greet(client)).toEqual(greeting);
    expect(opened).toHaveLength(2);

    server.hasScope = () => false;
    await expect(greet(client)).rejects.toMatchObject({ code: 'INSUFFICIENT_SCOPE' });
    await expect(greet(client)).rejects.toMatchObject({ code: 'INSUFFICIENT_SCOPE' });
    expect(opened).toHaveLength(2);
  });

  it('does not ask the user without end if the server rejects every token', async () => {
    server.refusesAll = true;
    await expect(connect()).rejects.toMatchObject({ code: 'PROVIDER_REJECTED' });
    expect(opened).toHaveLength(1);
  });

  it('takes the first authorization server that responds, and keeps to the one of the last sign-in', async () => {
    server.options.authorizationServers = ['http://127.0.0.1:9', authorizationServer.issuer];
    await connect();
    authorizationServer.revokeTokens();
    const second = await startAuthorizationServer();
    server.options.authorizationServers = [second.issuer, authorizationServer.issuer];
    await connect();
    expect([second.requestsTo('authorization').length, opened.length]).toEqual([0, 2]);
  });

  it('finds the authorization server without an address in the challenge', async () => {
    await server[Symbol.asyncDispose]();
    cleanUp.splice(cleanUp.length - 1);
    server = await startMcpServer({ authorizationServers: [authorizationServer.issuer], namesMetadata: false });
    cleanUp.push(() => server[Symbol.asyncDispose]());
    expect(await greet(await connect())).toEqual(greeting);
  });

  it('rejects with SIGN_IN_REQUIRED if it must not ask the user', async () => {
    await expect(connect(providerOf({ interactive: false }))).rejects.toMatchObject({ code: 'SIGN_IN_REQUIRED' });
    expect([opened.length, registrations()]).toEqual([0, 0]);
  });

  it('says why the sign-in failed', async () => {
    authorizationServer.configure({ consent: 'deny' });
    await expect(connect()).rejects.toMatchObject({ code: 'ACCESS_DENIED' });
    authorizationServer.configure({ consent: 'allow', responseParams: { iss: 'https://attacker.example' } });
    await expect(connect()).rejects.toMatchObject({ name: 'IssuerMismatchError' });
    expect(grantTypes()).toEqual([]);
  });

  /** An authorization server at the same address that knows no client that registered earlier. */
  async function forgetClients(): Promise<void> {
    const { port } = new URL(authorizationServer.issuer);
    await authorizationServer.close();
    authorizationServer = await startAuthorizationServer({ port: Number(port), clientId: 'another' });
  }

  it('registers again if the refresh shows that the authorization server has forgotten the client', async () => {
    await connect();
    await forgetClients();
    expect(await greet(await connect())).toEqual(greeting);
    expect([registrations(), opened.length]).toEqual([1, 2]);
  });

  it('registers again, once, if the page of an unknown client leads nowhere', async () => {
    authorizationServer.configure({ refreshToken: false });
    await connect();
    await forgetClients();
    // The user sees that page, and waits.
    const impatient = { ...login, timeout: 300 };
    const warning = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    expect(await greet(await connect(providerOf({ login: impatient })))).toEqual(greeting);
    expect([registrations(), opened.length]).toEqual([1, 3]);
    expect(warning.mock.calls).toContainEqual([
      expect.stringContaining('was registered again'),
      { code: 'EMBED_AUTH_REGISTRATION_FORGOTTEN' },
    ]);
    warning.mockRestore();
  });

  it('never gives the refresh token to the SDK, and tokens only for their issuer', async () => {
    const provider = providerOf();
    await connect(provider);
    const tokens = await provider.tokens();
    expect(tokens).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      issuer: authorizationServer.issuer,
    });
    expect(await provider.tokens({ issuer: 'https://other.example' })).toBeUndefined();
    expect(await provider.clientInformation({ issuer: 'https://other.example' })).toBeUndefined();
    expect(await provider.clientInformation({ issuer: authorizationServer.issuer })).toBeDefined();
  });

  it('works in a transport of the host, and says what is missing without its fetch', async () => {
    const provider = providerOf();
    const client = new Client({ name: 'test', version: '1.0.0' });
    const withFetch = new StreamableHTTPClientTransport(new URL(server.url), {
      authProvider: provider,
      fetch: provider.fetch,
    });
    await client.connect(withFetch);
    expect(await greet(client)).toEqual(greeting);
    await client.close();
    await provider.signOut();
    const without = new StreamableHTTPClientTransport(new URL(server.url), { authProvider: provider });
    await expect(new Client({ name: 'test', version: '1.0.0' }).connect(without)).rejects.toThrow(
      /`fetch` of this provider/,
    );
  });

  it('revokes and deletes everything at signOut()', async () => {
    const provider = providerOf();
    await connect(provider);
    expect(await provider.signOut()).toEqual({ revoked: true });
    expect(authorizationServer.requestsTo('revocation')).toHaveLength(1);
    expect(await provider.tokens()).toBeUndefined();
    const left = await readdir(path.join(folder, 'mcp-test'));
    for (const file of left) expect(await readFile(path.join(folder, 'mcp-test', file), 'utf8')).not.toMatch(/token/);
    await connect();
    expect([opened.length, registrations()]).toEqual([2, 2]);
  });

  it('finds tokens again that could not be deleted at signOut()', async () => {
    const texts = new Map<string, string>();
    let failures = 0;
    const store: TokenStore = {
      read: (key) => texts.get(key),
      write: (key, text) => {
        texts.set(key, text);
      },
      delete: (key) => {
        if (failures-- > 0) throw new Error('busy');
        texts.delete(key);
      },
    };
    const provider = providerOf({ store });
    await connect(provider);
    failures = 1;
    await expect(provider.signOut()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await provider.signOut();
    expect([...texts.keys()]).toEqual([]);
  });

  it('keeps everything in a store of the app', async () => {
    const store = createMemoryTokenStore();
    await connect(providerOf({ store }));
    expect(await readdir(folder)).toEqual([]);
    await connect(providerOf({ store }));
    expect(opened).toHaveLength(1);
  });

  it.each([
    [{ name: '../evil' }, 'name'],
    [{ serverUrl: 'http://mcp.example.com/mcp' }, 'serverUrl'],
    [{ serverUrl: 'not a uri' }, 'serverUrl'],
    [{ clientSecret: 'secret' }, 'clientSecret'],
    [{ clientMetadataUrl: 'http://client.example/id' }, 'clientMetadataUrl'],
    [{ clientId: 'a', clientMetadataUrl: 'https://client.example/id' }, 'clientId'],
    [{ resource: 'mcp' }, 'resource'],
    [{ resource: 'https://mcp.example.com/#a' }, 'resource'],
    [{ clientMetadataUrl: 'https://client.example/id#a' }, 'clientMetadataUrl'],
    [{ clientMetadataUrl: 'id' }, 'clientMetadataUrl'],
    [{ interactive: 'no' }, 'interactive'],
    [{ clientMetadata: { redirect_uris: [] } }, 'clientMetadata.redirect_uris'],
    [{ serverURL: 'https://mcp.example.com' }, 'serverURL'],
  ])('rejects %j', (options, name) => {
    expect(() => providerOf(options as Partial<McpAuthProviderOptions>)).toThrow(new RegExp(`\`${name}\``));
  });
});

async function closed(server: Server): Promise<void> {
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
}
