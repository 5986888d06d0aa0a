import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { existsSync } from 'node:fs';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { createTestUserAgent, startTestAuthorizationServer, type TestAuthorizationServer } from '#src/testing.js';
import { startAtprotoServers } from '../helpers/atproto-servers.js';
import { temporaryFolder } from '../helpers/example.js';
import { startGithubServer } from '../helpers/github-server.js';
import { startOidcProvider, type OidcProvider } from '../helpers/oidc-provider.js';
import { browsers, root, runProgram, runRecipe, type RecipeResult } from '../helpers/recipe.js';

jest.setTimeout(60_000);

const isInstalled = existsSync(`${root}test/compat/node_modules/arctic`);
const title = isInstalled ? 'examples/sdks' : 'examples/sdks (skipped: npm ci --prefix test/compat)';

/** A key and a certificate of 127.0.0.1, and the certificate as a file for NODE_EXTRA_CA_CERTS. */
async function makeCertificate(folder: string): Promise<{ key: string; cert: string; certificate: string }> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'provider' }], {
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] }],
  });
  const certificate = join(folder, 'ca.pem');
  await writeFile(certificate, cert);
  return { key, cert, certificate };
}

/** Installs the two packages that the documents install. */
async function installPackages(folder: string): Promise<void> {
  const modules = join(folder, 'node_modules');
  await mkdir(modules);
  await symlink(root, join(modules, 'embed-auth-server'), 'junction');
  await symlink(`${root}node_modules/openid-client`, join(modules, 'openid-client'), 'junction');
}

(isInstalled ? describe : describe.skip)(title, () => {
  let oidc: OidcProvider;
  let kit: TestAuthorizationServer;

  beforeAll(async () => {
    oidc = await startOidcProvider();
    kit = await startTestAuthorizationServer();
  });
  afterAll(async () => {
    await oidc[Symbol.asyncDispose]();
    await kit.close();
  });

  it.each(['openid-client', 'openid-client-par', 'openid-client-dpop', 'openid-client-hybrid'])(
    '%s gets a token of a certified provider',
    async (name) => {
      const { code, stdout, stderr } = await runRecipe(name, { ISSUER: oidc.issuer });
      expect([code, stderr]).toEqual([0, expect.stringMatching(/^Sign in at /)]);
      expect(stdout.trim()).toMatch(name === 'openid-client-dpop' ? /^dpop \S{20,}$/i : /^\S{20,}$/);
    },
  );

  it('openid-client-server gets one with the parts of login()', async () => {
    const { code, stdout, stderr } = await runRecipe('openid-client-server', {
      ISSUER: oidc.issuer,
      REDIRECT_URI: 'http://127.0.0.1:0/callback',
    });
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout.trim()).toMatch(/^\S{20,}$/);
  });

  it.each(['oauth4webapi', 'google-auth-library', 'arctic', 'simple-oauth2', 'badgateway-oauth2-client'])(
    '%s gets a token of the test server',
    async (name) => {
      const { code, stdout, stderr } = await runRecipe(name, {
        ISSUER: kit.issuer,
        CLIENT_SECRET: 'secret',
      });
      expect([code, stderr]).toEqual([0, expect.stringMatching(/^Sign in at /)]);
      expect(stdout.trim()).toMatch(/^\S{10,}$/);
    },
  );

  it('msal-node gets a token of a certified provider that has https', async () => {
    await using folder = await temporaryFolder();
    const { certificate, ...tls } = await makeCertificate(folder.path);
    await using provider = await startOidcProvider({ tls });
    const { code, stdout, stderr } = await runRecipe('msal-node', {
      ISSUER: provider.issuer,
      NODE_EXTRA_CA_CERTS: certificate,
      // The browser inherits no variable of Node.
      BROWSER: `env NODE_EXTRA_CA_CERTS=${certificate} ${browsers.forms}`,
      REDIRECT_URI: 'http://localhost:0/callback',
    });
    expect([code, stderr]).toEqual([0, expect.stringMatching(/^Sign in at https:/)]);
    expect(stdout.trim()).toMatch(/^\S{20,}$/);
  });

  it('atproto signs the user of a handle in, with a pushed request and DPoP', async () => {
    await using servers = await startAtprotoServers();
    const { code, stdout, stderr } = await runRecipe('atproto', {
      HANDLE: servers.handle,
      ATPROTO_TEST_SERVER: servers.address,
    });
    expect([code, stderr]).toEqual([0, expect.stringMatching(/^Sign in at \S+request_uri=\S+\n$/)]);
    expect(stdout).toBe(`${servers.did} 200\n`);
    expect(servers.authenticated).toEqual(['/xrpc/com.atproto.server.getSession']);
  });

  it('octokit signs in with a code that the user enters on another device', async () => {
    await using server = await startTestAuthorizationServer({ deviceInterval: 1 });
    await using github = await startGithubServer(server);
    let entered: Promise<unknown> | undefined;
    const { code, stdout, stderr } = await runRecipe(
      'octokit',
      { GITHUB_API: github.api },
      {
        onStderr: (text) => {
          const [, uri, userCode = ''] = /^Open (\S+) and enter the code (\S+)\n/.exec(text) ?? [];
          if (uri !== undefined) entered ??= createTestUserAgent().open(new URL(`${uri}?user_code=${userCode}`));
        },
      },
    );
    await entered;
    expect([code, stderr, stdout]).toEqual([
      0,
      expect.stringMatching(/^Open \S+ and enter the code \S+\n$/),
      'test-user\n',
    ]);
    expect(server.requestsTo('device_authorization')[0]?.params.get('scope')).toBe('read:user');
  });

  it.each(['twurple', 'spotify-web-api'])('%s gets a token of the test server', async (name) => {
    const { code, stdout, stderr } = await runRecipe(name, {
      AUTHORIZATION_ENDPOINT: `${kit.issuer}/authorize`,
      TOKEN_ENDPOINT: `${kit.issuer}/token`,
      BROWSER: browsers.signIn,
    });
    expect([code, stderr]).toEqual([0, expect.stringMatching(/^Sign in at /)]);
    expect(stdout.trim()).toMatch(/^\S{10,}$/);
  });
});

interface Snippet extends AsyncDisposable {
  readonly code: string;
  /** Saves it in a folder with the packages that the documents install, and runs it. */
  run(replacements: Record<string, string>, env: Record<string, string>): Promise<RecipeResult>;
}

/** A program of a document. */
async function snippet(document: string, name: string): Promise<Snippet> {
  const text = await readFile(root + document, 'utf8');
  const [, code = ''] = new RegExp(`<!-- run: ${name} -->\\n\\n\`\`\`js\\n([^]*?)\`\`\``).exec(text) ?? [];
  expect(code).not.toBe('');
  const folder = await temporaryFolder();
  await installPackages(folder.path);
  return {
    code,
    async run(replacements, env) {
      let program = code;
      for (const [uri, replacement] of Object.entries(replacements)) {
        expect(code.split(uri)).toHaveLength(2);
        program = program.replace(uri, replacement);
      }
      await writeFile(join(folder.path, 'app.mjs'), program);
      return runProgram('app.mjs', { HOME: folder.path, BROWSER: browsers.signIn, ...env }, { cwd: folder.path });
    },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

// In this file, because the port of these programs is fixed: 5543, as that of some recipes.
describe('README.md', () => {
  it('names the file and the command of its first snippet', async () => {
    const [, file = '', command] =
      /Save this as `(\S+)`.*run `node (\S+)`/.exec(await readFile(`${root}README.md`, 'utf8')) ?? [];
    expect([file, command]).toEqual(['app.mjs', 'app.mjs']);
  });

  it('prints a token with its first snippet, which has eight lines, and needs no browser in the next run', async () => {
    await using first = await snippet('README.md', 'session');
    expect(first.code.trim().split('\n').length).toBeLessThanOrEqual(8);
    await using server = await startTestAuthorizationServer({
      clientId: 'your-client-id',
      redirectUris: ['http://127.0.0.1:5543/callback'],
    });
    const run = (): Promise<RecipeResult> => first.run({ 'https://accounts.example.com': server.issuer }, {});
    const one = await run();
    expect([one.code, one.stderr]).toEqual([0, expect.stringMatching(/^Sign in at /)]);
    expect(await run()).toEqual({ code: 0, stdout: one.stdout, stderr: '' });
    expect(one.stdout.trim()).toMatch(/^\S{10,}$/);
    expect(server.requestsTo('token')).toHaveLength(1);
  });

  it('prints a token with its snippet for the implicit grant', async () => {
    await using second = await snippet('README.md', 'implicit');
    await using server = await startTestAuthorizationServer({
      clientId: 'your-client-id',
      redirectUris: ['http://localhost:5543/callback'],
      accessToken: 'the-token-of-the-test',
    });
    const { href } = server.authorizationEndpoint;
    const { code, stdout, stderr } = await second.run({ 'https://id.twitch.tv/oauth2/authorize': href }, {});
    expect([code, stdout, stderr]).toEqual([0, 'the-token-of-the-test\n', expect.stringMatching(/^Sign in at /)]);
  });
});

describe('docs/tokens.md', () => {
  it('signs in once, refreshes once for two processes, and signs in again only if the grant was revoked', async () => {
    await using program = await snippet('docs/tokens.md', 'session');
    expect(program.code.trim().split('\n').length).toBeLessThanOrEqual(8);
    await using server = await startTestAuthorizationServer({
      clientId: 'your-client-id',
      redirectUris: ['http://127.0.0.1:5543/callback'],
    });
    const replacements = {
      'https://accounts.example.com': server.issuer,
      'https://api.example.com/me': server.profileEndpoint.href,
    };
    const run = (): Promise<RecipeResult> => program.run(replacements, {});
    const signsIn = { code: 0, stdout: '200\n', stderr: expect.stringMatching(/^Sign in at /) };
    const signedIn = { code: 0, stdout: '200\n', stderr: '' };
    expect(await run()).toEqual(signsIn);
    expect(await run()).toEqual(signedIn);
    expect(server.requestsTo('token')).toHaveLength(1);

    server.expireAccessTokens();
    expect(await Promise.all([run(), run()])).toEqual([signedIn, signedIn]);
    expect(server.requestsTo('token')).toHaveLength(2);

    server.revokeTokens();
    expect(await run()).toEqual(signsIn);
    expect(await run()).toEqual(signedIn);
  });
});
