import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { createTestUserAgent, startTestAuthorizationServer, type TestAuthorizationServer } from '#src/testing.js';
import { startAtprotoServers } from '../helpers/atproto-servers.js';
import { temporaryFolder } from '../helpers/example.js';
import { startGithubServer } from '../helpers/github-server.js';
import { startOidcProvider, type OidcProvider } from '../helpers/oidc-provider.js';
import { browsers, root, runRecipe } from '../helpers/recipe.js';

jest.setTimeout(60_000);

const isInstalled = existsSync(`${root}test/compat/node_modules/arctic`);
const title = isInstalled ? 'examples/sdks' : 'examples/sdks (skipped: npm ci --prefix test/compat)';

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
    const { cert, private: key } = await generate([{ name: 'commonName', value: 'provider' }], {
      extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] }],
    });
    await using folder = await temporaryFolder();
    const certificate = join(folder.path, 'ca.pem');
    await writeFile(certificate, cert);
    await using provider = await startOidcProvider({ tls: { key, cert } });
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
