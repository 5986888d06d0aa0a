import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { existsSync } from 'node:fs';
import { mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClientMetadata } from 'oidc-provider';
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

/** The client that the documents name. */
const documentedClient: ClientMetadata = {
  client_id: 'your-client-id',
  application_type: 'native',
  token_endpoint_auth_method: 'none',
  redirect_uris: ['http://127.0.0.1:5543/callback'],
};

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

// In this file, because the port of these programs is fixed: 5543, as that of some recipes.
describe('README.md', () => {
  interface Snippet extends AsyncDisposable {
    readonly code: string;
    /** Saves it as the README says, in a folder with the two packages that the README installs, and runs it. */
    run(uri: string, replacement: string, env: Record<string, string>): Promise<RecipeResult>;
  }

  async function snippet(name: string): Promise<Snippet> {
    const readme = await readFile(`${root}README.md`, 'utf8');
    const [, code = ''] = new RegExp(`<!-- run: ${name} -->\\n\\n\`\`\`js\\n([^]*?)\`\`\``).exec(readme) ?? [];
    const [, file = '', command] = /Save this as `(\S+)`.*run `node (\S+)`/.exec(readme) ?? [];
    expect([code === '', command]).toEqual([false, file]);
    const folder = await temporaryFolder();
    return {
      code,
      async run(uri, replacement, env) {
        expect(code.split(uri)).toHaveLength(2);
        await installPackages(folder.path);
        await writeFile(join(folder.path, file), code.replace(uri, replacement));
        return runProgram(file, env, { cwd: folder.path });
      },
      [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
    };
  }

  it('prints a token with its first snippet, which has eight lines, and needs no browser in the next run', async () => {
    await using first = await snippet('session');
    expect(first.code.trim().split('\n').length).toBeLessThanOrEqual(8);
    await using home = await temporaryFolder();
    await using server = await startTestAuthorizationServer({
      clientId: 'your-client-id',
      redirectUris: ['http://127.0.0.1:5543/callback'],
    });
    const env = { BROWSER: browsers.signIn, HOME: home.path, XDG_STATE_HOME: home.path };
    const one = await first.run('https://accounts.example.com', server.issuer, env);
    expect([one.code, one.stderr]).toEqual([0, expect.stringMatching(/^Sign in at /)]);
    const two = await first.run('https://accounts.example.com', server.issuer, env);
    expect(two).toEqual({ code: 0, stdout: one.stdout, stderr: '' });
    expect(one.stdout.trim()).toMatch(/^\S{10,}$/);
    expect(server.requestsTo('token')).toHaveLength(1);
  });

  it('prints a token with its snippet for the implicit grant', async () => {
    await using second = await snippet('implicit');
    await using server = await startTestAuthorizationServer({
      clientId: 'your-client-id',
      redirectUris: ['http://localhost:5543/callback'],
      accessToken: 'the-token-of-the-test',
    });
    const { href } = server.authorizationEndpoint;
    const { code, stdout, stderr } = await second.run('https://id.twitch.tv/oauth2/authorize', href, {
      BROWSER: browsers.signIn,
    });
    expect([code, stdout, stderr]).toEqual([0, 'the-token-of-the-test\n', expect.stringMatching(/^Sign in at /)]);
  });
});

describe('docs/tokens.md', () => {
  it('signs in once, keeps the refresh token in a private file, and signs in again only if it is revoked', async () => {
    const [, code = ''] = /^```ts\n([^]*?)^```/m.exec(await readFile(`${root}docs/tokens.md`, 'utf8')) ?? [];
    await using folder = await temporaryFolder();
    const { certificate, ...tls } = await makeCertificate(folder.path);
    await using provider = await startOidcProvider({
      tls,
      clients: [{ ...documentedClient, grant_types: ['authorization_code', 'refresh_token'] }],
      issueRefreshToken: () => true,
      rotateRefreshToken: true,
    });
    await installPackages(folder.path);
    await writeFile(join(folder.path, 'package.json'), '{ "type": "module" }');
    await writeFile(join(folder.path, 'sign-in.ts'), code.replace('https://accounts.example.com', provider.issuer));
    const run = (): Promise<RecipeResult> =>
      runProgram(
        join(folder.path, 'sign-in.ts'),
        { HOME: folder.path, NODE_EXTRA_CA_CERTS: certificate },
        { cwd: folder.path },
      );
    const file = join(folder.path, '.config', 'my-app', 'token.json');
    const saved = async (): Promise<string> =>
      (JSON.parse(await readFile(file, 'utf8')) as { refreshToken: string }).refreshToken;

    const signedIn = {
      code: 0,
      stdout: expect.stringMatching(/^\d+\n$/),
      stderr: expect.stringMatching(/^Sign in at /),
    };
    expect(await run()).toEqual(signedIn);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const first = await saved();
    expect(await run()).toEqual({ ...signedIn, stderr: '' });
    expect(await saved()).not.toBe(first);
    await (await provider.provider.RefreshToken.find(await saved()))?.destroy();
    expect(await run()).toEqual(signedIn);
  });
});
