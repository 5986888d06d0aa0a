import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { startTestAuthorizationServer, type TestAuthorizationServer } from '#src/testing.js';
import { describeWith, isInstalled } from '../helpers/compat.js';
import { temporaryFolder } from '../helpers/example.js';
import { root, runProgram, runRecipe, type RecipeResult } from '../helpers/recipe.js';

jest.setTimeout(120_000);

const packages = ['client', 'server', 'express', 'node'].map((name) => `@modelcontextprotocol/${name}`);
const greeted = '[{"type":"text","text":"Hello, Ada, from test-user"}]\n';

describeWith(packages, 'examples/sdks/mcp', () => {
  let authorizationServer: TestAuthorizationServer;
  let mcpServer: ChildProcess;
  let requests: string[];
  let address: string;
  let folder: AsyncDisposable & { readonly path: string };

  beforeEach(async () => {
    folder = await temporaryFolder();
    authorizationServer = await startTestAuthorizationServer();
    mcpServer = spawn(process.execPath, [`${root}test/compat/mcp-server.mjs`, authorizationServer.issuer], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    requests = [];
    const lines = createInterface({ input: mcpServer.stdout ?? process.stdin });
    [address] = (await once(lines, 'line')) as [string];
    lines.on('line', (line: string) => requests.push(line));
  });

  afterEach(async () => {
    mcpServer.kill();
    await authorizationServer.close();
    await folder[Symbol.asyncDispose]();
  });

  const run = (): Promise<RecipeResult> => runRecipe('mcp', { MCP_SERVER: address, XDG_STATE_HOME: folder.path });
  const registrations = (): number => authorizationServer.requestsTo('registration').length;
  /** The redirect URIs of all sign-ins so far: each one asks with GET, and decides with POST. */
  const redirectUris = (): (string | null)[] =>
    authorizationServer
      .requestsTo('authorization')
      .filter(({ method }) => method === 'GET')
      .map(({ params }) => params.get('redirect_uri'));
  const grantTypes = (): (string | null)[] =>
    authorizationServer.requestsTo('token').map(({ params }) => params.get('grant_type'));

  it('registers itself, signs in with the issuer checked, calls a tool, and opens no browser next time', async () => {
    const first = await run();
    expect(first).toEqual({ code: 0, stdout: greeted, stderr: expect.stringMatching(/^Sign in at /) });
    expect(requests.slice(0, 2)).toEqual(['POST /mcp 401', 'GET /.well-known/oauth-protected-resource/mcp 200']);
    expect([registrations(), redirectUris(), grantTypes()]).toEqual([
      1,
      [expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/callback$/)],
      ['authorization_code'],
    ]);
    const [authorization, token] = [
      ...authorizationServer.requestsTo('authorization').slice(1),
      ...authorizationServer.requestsTo('token'),
    ];
    expect([authorization?.params.get('resource'), token?.params.get('resource')]).toEqual([address, address]);

    expect(await run()).toEqual({ code: 0, stdout: greeted, stderr: '' });
    expect([registrations(), redirectUris().length, grantTypes().length]).toEqual([1, 1, 1]);
  });

  it('signs in again at the same port without registering again', async () => {
    await run();
    authorizationServer.revokeTokens();
    expect(await run()).toMatchObject({ code: 0, stdout: greeted });
    expect(registrations()).toBe(1);
    const [first, second] = redirectUris();
    expect([second, redirectUris().length]).toEqual([first, 2]);
  });

  it('registers again if another program has the port, but refreshes with the old registration', async () => {
    await run();
    const port = Number(new URL(redirectUris()[0] ?? '').port);
    const other = createServer().listen(port, '127.0.0.1');
    await once(other, 'listening');
    try {
      authorizationServer.expireAccessTokens();
      expect(await run()).toEqual({ code: 0, stdout: greeted, stderr: '' });
      expect([registrations(), grantTypes()]).toEqual([1, ['authorization_code', 'refresh_token']]);

      authorizationServer.revokeTokens();
      expect(await run()).toMatchObject({ code: 0, stdout: greeted });
      expect([registrations(), redirectUris().length]).toEqual([2, 2]);
      expect(redirectUris()[1]).not.toBe(redirectUris()[0]);
    } finally {
      other.close();
    }
  });

  it.each([
    ['of another issuer', { responseParams: { iss: 'https://attacker.example' } }, 'IssuerMismatchError'],
    ['that denies', { consent: 'deny' }, 'ACCESS_DENIED'],
  ] as const)('ends with an error after a response %s', async (_, behavior, error) => {
    authorizationServer.configure(behavior);
    const { code, stdout, stderr } = await run();
    expect([code, stdout, stderr]).toEqual([1, '', expect.stringContaining(error)]);
    expect(grantTypes()).toEqual([]);
  });
});

interface Listener extends AsyncDisposable {
  readonly url: string;
  /** All that it has received, byte for byte. */
  readonly received: () => string;
}

/** An MCP server that rejects every token, and names an authorization server. */
async function startListener(issuer: string): Promise<Listener> {
  let received = '';
  const server = createServer((socket) => {
    socket.setEncoding('latin1').on('error', () => undefined);
    socket.on('data', (text: string) => {
      received += text;
      const isMetadata = text.startsWith('GET /.well-known/oauth-protected-resource/mcp ');
      const body = isMetadata ? JSON.stringify({ resource: url, authorization_servers: [issuer] }) : '';
      const status = isMetadata ? '200 OK' : text.startsWith('POST /mcp ') ? '401 Unauthorized' : '404 Not Found';
      const challenge = `WWW-Authenticate: Bearer resource_metadata="${new URL('/.well-known/oauth-protected-resource/mcp', url).href}"`;
      const head = `Content-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close`;
      socket.end(`HTTP/1.1 ${status}\r\n${challenge}\r\n${head}\r\n\r\n${body}`);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`; // It listens on a port.
  return {
    url,
    received: () => received,
    async [Symbol.asyncDispose]() {
      server.close();
      await once(server, 'close');
    },
  };
}

describeWith(packages, 'docs/mcp.md', () => {
  it('calls a tool in twelve lines, again without a browser, and sends another server no byte of the tokens', async () => {
    const document = await readFile(`${root}docs/mcp.md`, 'utf8');
    const [, program = ''] = /<!-- run: mcp -->\n\n```js\n([^]*?)```/.exec(document) ?? [];
    const lines = program.trim().split('\n');
    expect([lines.length > 5, lines.length <= 12]).toEqual([true, true]);
    await using folder = await temporaryFolder();
    const modules = join(folder.path, 'node_modules');
    await mkdir(modules);
    await symlink(root, join(modules, 'embed-auth-server'), 'junction');
    await symlink(
      `${root}test/compat/node_modules/@modelcontextprotocol`,
      join(modules, '@modelcontextprotocol'),
      'junction',
    );
    const run = async (serverUrl: string): Promise<RecipeResult> => {
      const [before = '', after = '', ...others] = program.split('https://mcp.example.com/mcp');
      expect(others).toEqual([]);
      await writeFile(join(folder.path, 'host.mjs'), before + serverUrl + after);
      return runProgram('host.mjs', { XDG_STATE_HOME: folder.path, HOME: folder.path }, { cwd: folder.path });
    };

    await using authorizationServer = await startTestAuthorizationServer();
    const mcpServer = spawn(process.execPath, [`${root}test/compat/mcp-server.mjs`, authorizationServer.issuer], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const [address] = (await once(createInterface({ input: mcpServer.stdout }), 'line')) as [string];
      const first = await run(address);
      expect(first).toEqual({
        code: 0,
        stdout: expect.stringContaining('Hello, Ada, from test-user'),
        stderr: expect.stringMatching(/^Sign in at /),
      });
      expect(await run(address)).toEqual({ code: 0, stdout: first.stdout, stderr: '' });
    } finally {
      mcpServer.kill();
    }
    expect(authorizationServer.requestsTo('token')).toHaveLength(1);
    const store = join(folder.path, 'my-host');
    const texts = await Promise.all((await readdir(store)).map((file) => readFile(join(store, file), 'utf8')));
    const tokens = [...texts.join().matchAll(/"(?:access|refresh)_token":"([^"]+)"/g)].map(([, token = '']) => token);
    expect(tokens).toHaveLength(2);

    // Also if it names the authorization server of the first one: the user signs in there once more, for this server.
    await using listener = await startListener(authorizationServer.issuer);
    const second = await run(listener.url);
    expect([second.code, second.stdout]).toEqual([1, '']);
    expect(authorizationServer.requestsTo('token').at(-1)?.params.get('resource')).toBe(listener.url);
    expect(listener.received()).toMatch(/^authorization: Bearer \S{20,}\r$/im);
    expect(tokens.filter((token) => listener.received().includes(token))).toEqual([]);
    expect(second.stderr).not.toMatch(/Bearer \S{20}/);
  });
});

const python = process.env['PYTHON_PATH'] ?? 'python3';
const hasPythonSdk = spawnSync(python, ['-c', 'import mcp.server, uvicorn; mcp.server.MCPServer']).status === 0;
const why = hasPythonSdk ? '' : ' (skipped: pip install mcp, 2 or newer; PYTHON_PATH names a Python that has it)';

(hasPythonSdk && isInstalled('@modelcontextprotocol/client') ? describe : describe.skip)(
  `the MCP server of Python's SDK${why}`,
  () => {
    it('registers, signs in, calls a tool, refreshes, and opens no browser next time', async () => {
      await using folder = await temporaryFolder();
      await using authorizationServer = await startTestAuthorizationServer();
      const server = spawn(python, [`${root}test/compat/mcp-server.py`, authorizationServer.issuer], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      try {
        const [address] = (await once(createInterface({ input: server.stdout }), 'line')) as [string];
        const run = (): Promise<RecipeResult> => runRecipe('mcp', { MCP_SERVER: address, XDG_STATE_HOME: folder.path });
        expect(await run()).toEqual({
          code: 0,
          stdout: '[{"type":"text","text":"Hello, Ada, from test-user"}]\n',
          stderr: expect.stringMatching(/^Sign in at /),
        });
        expect(await run()).toMatchObject({ code: 0, stderr: '' });
        authorizationServer.expireAccessTokens();
        expect(await run()).toMatchObject({ code: 0, stderr: '' });
        const grants = authorizationServer.requestsTo('token').map(({ params }) => params.get('grant_type'));
        expect(grants).toEqual(['authorization_code', 'refresh_token']);
      } finally {
        server.kill();
      }
    });
  },
);
