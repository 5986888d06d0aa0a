import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { startTestAuthorizationServer, type TestAuthorizationServer } from '#src/testing.js';
import { describeWith } from '../helpers/compat.js';
import { temporaryFolder } from '../helpers/example.js';
import { root, runRecipe, type RecipeResult } from '../helpers/recipe.js';

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
