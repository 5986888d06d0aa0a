import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Client } from '@modelcontextprotocol/client';
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { createMcpAuthProvider, type McpAuthProvider, type McpAuthProviderOptions } from '#src/mcp.js';
import { createMemoryTokenStore, type TokenStore } from '#src/session.js';
import { rejection } from './harness.js';
import { sendJson } from './rotating-server.js';

type Respond = (response: ServerResponse) => unknown;

/** An MCP server that is its own authorization server, and what it responds with instead of the usual. */
class Provider implements AsyncDisposable {
  readonly requests: string[] = [];
  readonly valid = new Set<string>();
  readonly instead: { [path: string]: Respond | undefined } = {};
  /** Further members of the metadata. */
  readonly metadata: Record<string, unknown> = {};
  /** The authorization server that the resource metadata name. @default its origin */
  named: string | undefined;
  readonly #server: Server;
  #tokens = 0;

  private constructor(server: Server) {
    this.#server = server;
    server.on('request', (request, response) => {
      void text(request).then((body) => {
        this.#respond(request.url ?? '', { body, authorization: request.headers.authorization }, response);
      });
    });
  }

  static async start(): Promise<Provider> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Provider(server);
  }

  get origin(): string {
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
  }

  refuse(response: ServerResponse): void {
    const metadata = `${this.origin}/.well-known/oauth-protected-resource/mcp`;
    response.writeHead(401, { 'WWW-Authenticate': `Bearer resource_metadata="${metadata}"` }).end();
  }

  count(name: string): number {
    return this.requests.filter((request) => request === name).length;
  }

  #respond(
    path: string,
    { body, authorization }: { body: string; authorization: string | undefined },
    to: ServerResponse,
  ): void {
    const { origin } = this;
    const grant = new URLSearchParams(body).get('grant_type');
    const name = grant ?? (authorization === undefined ? path : `${path} with a token`);
    this.requests.push(name);
    const { [name]: instead = this.instead[path] } = this.instead;
    if (instead !== undefined) instead(to);
    else if (path === '/mcp') {
      if (this.valid.has(authorization ?? '')) sendJson(to, 200, {});
      else this.refuse(to);
    } else if (path === '/.well-known/oauth-protected-resource/mcp') {
      sendJson(to, 200, { resource: `${origin}/mcp`, authorization_servers: [this.named ?? origin] });
    } else if (path === '/.well-known/oauth-authorization-server') {
      sendJson(to, 200, {
        issuer: origin,
        authorization_endpoint: `${origin}/authorize`,
        token_endpoint: `${origin}/token`,
        registration_endpoint: `${origin}/register`,
        response_types_supported: ['code'],
        code_challenge_methods_supported: ['S256'],
        ...this.metadata,
      });
    } else if (path === '/register') {
      sendJson(to, 201, { ...(JSON.parse(body) as object), client_id: 'client' });
    } else if (path === '/token') {
      const number = String((this.#tokens += 1));
      this.valid.add(`Bearer access-${number}`);
      const tokens = { access_token: `access-${number}`, refresh_token: `refresh-${number}` };
      sendJson(to, 200, { ...tokens, token_type: 'Bearer', expires_in: 3600 });
    } else to.writeHead(404).end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }
}

describe('createMcpAuthProvider', () => {
  let server: Provider;
  let store: TokenStore;
  let opened: number;

  beforeEach(async () => {
    server = await Provider.start();
    store = createMemoryTokenStore();
    opened = 0;
  });

  afterEach(async () => {
    await server[Symbol.asyncDispose]();
  });

  const openBrowser = async (uri: URL): Promise<void> => {
    opened += 1;
    const callback = new URL(uri.searchParams.get('redirect_uri') ?? '');
    callback.search = new URLSearchParams({ code: 'code', state: uri.searchParams.get('state') ?? '' }).toString();
    await fetch(callback);
  };
  const providerOf = (options: Partial<McpAuthProviderOptions> = {}): McpAuthProvider =>
    createMcpAuthProvider({
      name: 'mcp-test',
      serverUrl: `${server.origin}/mcp`,
      store,
      login: { terminal: false, openBrowser },
      ...options,
    });
  const send = async (provider: McpAuthProvider): Promise<number> =>
    (await provider.fetch(`${server.origin}/mcp`, { method: 'POST', body: '{}' })).status;

  it.each(['invalid_grant', 'invalid_client'])(
    'S3: opens no browser because an overloaded server says %s with status 503',
    async (error) => {
      const provider = providerOf();
      expect(await send(provider)).toBe(200);
      server.valid.clear();
      server.instead['refresh_token'] = (response) => {
        sendJson(response, 503, { error });
      };
      expect(await rejection(send(provider))).toMatchObject({ code: 'REFRESH_FAILED', oauthError: error });
      server.instead['refresh_token'] = undefined;
      expect([await send(provider), opened]).toEqual([200, 1]);
    },
  );

  it('S11: does not refresh at each request if the new token is rejected, too', async () => {
    await send(providerOf());
    server.instead['/mcp'] = (response) => {
      server.refuse(response);
    };
    const provider = providerOf({ interactive: false });
    for (let request = 0; request < 3; request++) {
      expect(await rejection(send(provider))).toMatchObject({ code: 'SIGN_IN_REQUIRED' });
    }
    expect(server.count('refresh_token')).toBe(1);
  });

  it('uses the tokens of a sign-in that has ended while a request without a token was under way', async () => {
    const provider = providerOf();
    let refuse: () => void = () => undefined;
    server.instead['/mcp'] = (response) => {
      server.instead['/mcp'] = undefined;
      refuse = () => {
        server.refuse(response);
      };
    };
    const first = send(provider);
    expect(await send(provider)).toBe(200);
    refuse();
    expect([await first, opened]).toEqual([200, 1]);
  });

  it('passes on what another server says after a redirect, and asks no user to sign in there', async () => {
    await using other = await Provider.start();
    server.instead['/mcp'] = (response) => response.writeHead(307, { location: `${other.origin}/mcp` }).end();
    expect([await send(providerOf()), opened, other.requests]).toEqual([401, 0, ['/mcp']]);
  });

  it('says so if the metadata of the server cannot be read, instead of asking another authorization server', async () => {
    server.instead['/.well-known/oauth-protected-resource/mcp'] = (response) => response.writeHead(503).end();
    expect(await rejection(send(providerOf()))).toMatchObject({ code: 'PROVIDER_UNAVAILABLE' });
    expect([opened, server.count('/register')]).toEqual([0, 0]);
  });

  it('keeps waiting after a response with another state, and sends no code', async () => {
    const wrong = async (uri: URL): Promise<void> => {
      opened += 1;
      const callback = new URL(uri.searchParams.get('redirect_uri') ?? '');
      for (const query of ['code=theirs&state=theirs', 'code=theirs', 'error=access_denied&state=theirs']) {
        callback.search = query;
        expect((await fetch(callback)).status).toBe(400);
      }
    };
    const login = { terminal: false, openBrowser: wrong, timeout: 500 };
    expect(await rejection(send(providerOf({ login })))).toMatchObject({ code: 'TIMED_OUT' });
    expect([opened, server.count('authorization_code')]).toEqual([1, 0]);
  });

  it('uses a client ID metadata document if the authorization server supports them, and registers otherwise', async () => {
    const clientMetadataUrl = 'https://host.example.com/client.json';
    const clientIds: (string | null)[] = [];
    const login = {
      terminal: false,
      openBrowser: async (uri: URL): Promise<void> => {
        clientIds.push(uri.searchParams.get('client_id'));
        await openBrowser(uri);
      },
    };
    expect(await send(providerOf({ clientMetadataUrl, login }))).toBe(200);
    expect([clientIds, server.count('/register')]).toEqual([['client'], 1]);
    server.metadata['client_id_metadata_document_supported'] = true;
    store = createMemoryTokenStore();
    expect(await send(providerOf({ clientMetadataUrl, login }))).toBe(200);
    expect(await send(providerOf({ clientMetadataUrl, login }))).toBe(200);
    expect([clientIds, server.count('/register')]).toEqual([['client', clientMetadataUrl], 1]);
  });

  it.each([
    ['in both', '/', '/'],
    ['in neither', '', ''],
    ['in the resource metadata only', '/', ''],
    ['in its own metadata only', '', '/'],
  ])('signs in, and refreshes, at an issuer with a slash at the end %s', async (_, named, issuer) => {
    server.named = `${server.origin}${named}`;
    server.metadata['issuer'] = `${server.origin}${issuer}`;
    expect(await send(providerOf())).toBe(200);
    server.valid.clear();
    expect(await send(providerOf())).toBe(200);
    expect([opened, server.count('refresh_token'), server.count('authorization_code')]).toEqual([1, 1, 1]);
  });

  it.each(['//', '/other', '/?x', '.example'])('rejects metadata of an issuer that ends in %s', async (end) => {
    server.metadata['issuer'] = `${server.origin}${end}`;
    expect(await rejection(send(providerOf()))).toMatchObject({ code: 'METADATA_INVALID' });
    expect([opened, server.count('/register')]).toEqual([0, 0]);
  });

  describe('at a server that is not on this machine (R47)', () => {
    const remote = 'https://mcp.example.com';
    const issuer = 'https://accounts.example.com';
    const local = 'http://127.0.0.1:9000/admin';

    /** What is requested from a malicious server. Its metadata name these addresses. */
    async function connect(named: Partial<Record<string, string>>): Promise<{ error: unknown; requested: string[] }> {
      const requested: string[] = [];
      const metadata = named['resource_metadata'] ?? `${remote}/.well-known/oauth-protected-resource/mcp`;
      const challenge = { 'WWW-Authenticate': `Bearer resource_metadata="${metadata}"` };
      const reply = (address: string): Response => {
        requested.push(address);
        if (address === `${remote}/mcp`) return new Response(null, { status: 401, headers: challenge });
        if (address.startsWith(`${remote}/.well-known/`)) {
          const authorization_servers = [named['authorization_server'] ?? issuer];
          return Response.json({ resource: `${remote}/mcp`, authorization_servers });
        }
        if (!address.startsWith(`${issuer}/.well-known/`)) return new Response(null, { status: 404 });
        const endpoints = ['authorization', 'token', 'registration', 'revocation'].map((name) => `${name}_endpoint`);
        const defaults = Object.fromEntries(endpoints.map((name) => [name, `${issuer}/${name}`]));
        return Response.json({ issuer, response_types_supported: ['code'], ...defaults, ...named });
      };
      const send = (input: string | URL): Promise<Response> => Promise.resolve(reply(String(input)));
      const provider = providerOf({ serverUrl: `${remote}/mcp` });
      const connecting = provider.connect(new Client({ name: 'test', version: '1.0.0' }), { fetch: send });
      return { error: await rejection(connecting), requested };
    }

    it('registers where its authorization server says', async () => {
      expect((await connect({})).requested.at(-1)).toBe(`${issuer}/registration_endpoint`);
    });

    it.each([
      ['resource_metadata', local],
      ['resource_metadata', 'http://mcp.example.com/metadata'],
      ['authorization_server', 'http://127.0.0.1:9000'],
      ['authorization_server', 'https://localhost:9000'],
      ['authorization_server', 'http://accounts.example.com'],
      ['authorization_endpoint', 'http://localhost:9000/authorize'],
      ['token_endpoint', local],
      ['token_endpoint', 'https://app.localhost/token'],
      ['registration_endpoint', 'http://[::1]:9000/'],
      ['registration_endpoint', 'http://accounts.example.com/register'],
      ['registration_endpoint', 'https://127.1/'],
      ['revocation_endpoint', 'https://[::ffff:127.0.0.1]/'],
      ['revocation_endpoint', 'https://localhost./'],
    ])('sends nothing to a %s at %s, and says why', async (name, address) => {
      const { error, requested } = await connect({ [name]: address });
      expect(error).toMatchObject({ code: 'METADATA_INVALID' });
      expect(
        requested.filter((uri) => !/^https:\/\/(?:mcp|accounts)\.example\.com\/(?:mcp|\.well-known\/.*)$/.test(uri)),
      ).toEqual([]);
      expect(opened).toBe(0);
    });
  });
});
