import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { AuthorizationError, login, PKCEUtil } from '#src/index.js';
import { createTestUserAgent } from '#src/testing.js';
import { describeWith } from '../helpers/compat.js';
import {
  compatAuthorizationServers,
  startCompatAuthorizationServer,
  type CompatAuthorizationServer,
} from '../helpers/compat-authorization-servers.js';

interface Metadata {
  readonly issuer: string;
  readonly authorization_endpoint: string;
  readonly token_endpoint: string;
  readonly registration_endpoint: string;
  readonly authorization_response_iss_parameter_supported?: boolean;
}

/** Which facts of docs/behaviour.md these tests hold on to. */
const expected = [
  { name: 'mcp-sdk', sendsIss: false, afterReuse: 'the new one lives' },
  { name: 'better-auth', sendsIss: true, afterReuse: 'the new one is dead' },
  { name: 'workers-oauth', sendsIss: true, afterReuse: 'the new one is dead' },
] as const;

for (const { name, sendsIss, afterReuse } of expected) {
  describeWith(compatAuthorizationServers[name], `the authorization server ${name}`, () => {
    let server: CompatAuthorizationServer;
    let metadata: Metadata;
    let clientId: string;

    beforeAll(async () => {
      server = await startCompatAuthorizationServer(name);
      metadata = await discover(server.issuer);
      clientId = await register(metadata, 'http://127.0.0.1/callback');
    }, 60_000);

    afterAll(async () => {
      await server.stop();
    });

    it('accepts any port of a registered loopback URI', async () => {
      const { grant, tokens } = await signIn(metadata, clientId, server.mcpServer);
      expect(grant.params.get('iss')).toBe(sendsIss ? metadata.issuer : null);
      expect(metadata.authorization_response_iss_parameter_supported === true).toBe(sendsIss);
      expect(tokens).toMatchObject({ access_token: expect.any(String), refresh_token: expect.any(String) });
    });

    it('reports that the user denied', async () => {
      await server.decide('deny');
      try {
        const error = await signIn(metadata, clientId, server.mcpServer).catch((reason: unknown) => reason);
        expect(error).toBeInstanceOf(AuthorizationError);
        expect(error).toMatchObject({ error: 'access_denied' });
      } finally {
        await server.decide('allow');
      }
    });

    it(`rotates refresh tokens; after a used one was sent, ${afterReuse}`, async () => {
      const { tokens } = await signIn(metadata, clientId, server.mcpServer);
      const refresh = (token: unknown): Promise<Tokens> =>
        requestTokens(metadata, { grant_type: 'refresh_token', client_id: clientId, refresh_token: String(token) });
      const second = await refresh(tokens.refresh_token);
      expect(second.refresh_token).not.toBe(tokens.refresh_token);
      await refresh(tokens.refresh_token);
      const third = await refresh(second.refresh_token);
      expect(third.error).toBe(afterReuse === 'the new one lives' ? undefined : 'invalid_grant');
    });
  });
}

interface Tokens {
  readonly access_token?: string;
  readonly refresh_token?: string;
  readonly error?: string;
}

async function discover(issuer: string): Promise<Metadata> {
  const { origin, pathname } = new URL(issuer);
  const path = pathname === '/' ? '' : pathname;
  const response = await fetch(`${origin}/.well-known/oauth-authorization-server${path}`);
  return (await response.json()) as Metadata;
}

async function register({ registration_endpoint: endpoint }: Metadata, redirectUri: string): Promise<string> {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({
      client_name: 'test',
      redirect_uris: [redirectUri],
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
    }),
  });
  expect(response.status).toBe(201);
  return ((await response.json()) as { client_id: string }).client_id;
}

async function signIn(metadata: Metadata, clientId: string, resource: string) {
  const { verifier, challenge } = PKCEUtil.generateCodes();
  return login({
    clientId,
    authorizationEndpoint: metadata.authorization_endpoint,
    ...(metadata.authorization_response_iss_parameter_supported === true && { issuer: metadata.issuer }),
    redirectUri: 'http://127.0.0.1:0/callback',
    scope: ['offline_access'],
    codeChallenge: challenge,
    codeChallengeMethod: 'S256',
    extraParams: { resource },
    openBrowser: (uri: URL) => createTestUserAgent().open(uri),
    exchange: async (grant) => ({
      grant,
      tokens: await requestTokens(metadata, {
        grant_type: 'authorization_code',
        client_id: clientId,
        code: grant.code,
        redirect_uri: grant.redirectUri,
        code_verifier: verifier,
        resource,
      }),
    }),
  });
}

async function requestTokens({ token_endpoint: endpoint }: Metadata, body: Record<string, string>): Promise<Tokens> {
  const response = await fetch(endpoint, { method: 'POST', body: new URLSearchParams(body) });
  return (await response.json()) as Tokens;
}
