import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import * as client from 'openid-client';
import { startTokenSwapService } from '../../examples/token-swap/service.js';
import { login, type AuthorizationCodeResponse } from '#src/index.js';
import { createTestUserAgent, startTestAuthorizationServer, type TestAuthorizationServer } from '#src/testing.js';
import { runExample } from '../helpers/example.js';

jest.setTimeout(60_000);

const clientSecret = 'a-secret-that-only-the-service-has';

let provider: TestAuthorizationServer;
let service: { uri: URL } & AsyncDisposable;

beforeEach(async () => {
  provider = await startTestAuthorizationServer({ clientSecret, consent: 'allow' });
  const metadata = { issuer: provider.issuer, token_endpoint: provider.tokenEndpoint.href };
  const configuration = new client.Configuration(metadata, 'app', undefined, client.ClientSecretBasic(clientSecret));
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- deprecated to stand out; this is a loopback server
  client.allowInsecureRequests(configuration);
  service = await startTokenSwapService({ configuration, redirectUris: ['http://127.0.0.1/callback'] });
});

afterEach(async () => {
  await service[Symbol.asyncDispose]();
  await provider.close();
});

function signIn(path = '/callback'): Promise<AuthorizationCodeResponse> {
  return login({
    clientId: 'app',
    authorizationEndpoint: provider.authorizationEndpoint,
    redirectUri: `http://127.0.0.1:0${path}`,
    openBrowser: createTestUserAgent().open,
  });
}

async function post(path: string, form: Record<string, string>): Promise<{ status: number; text: string }> {
  const response = await fetch(new URL(path, service.uri), { method: 'POST', body: new URLSearchParams(form) });
  return { status: response.status, text: await response.text() };
}

function formOf({ code, redirectUri, codeVerifier = '' }: AuthorizationCodeResponse): Record<string, string> {
  return { code, redirect_uri: redirectUri, code_verifier: codeVerifier };
}

describe('the service of examples/token-swap', () => {
  it('exchanges a code and a refresh token with the secret, which it never sends', async () => {
    const swapped = await post('/swap', formOf(await signIn()));
    expect(swapped.status).toBe(200);
    const tokens = JSON.parse(swapped.text) as Record<string, string>;
    expect(tokens).toEqual({
      access_token: expect.any(String),
      refresh_token: expect.any(String),
      expires_in: 3600,
    });
    const refreshed = await post('/refresh', { refresh_token: tokens['refresh_token'] ?? '' });
    expect(refreshed.status).toBe(200);
    for (const { text } of [swapped, refreshed]) expect(text).not.toContain(clientSecret);
    expect(provider.requestsTo('token')).toHaveLength(2);
  });

  it('passes the provider’s error on', async () => {
    const form = formOf(await signIn());
    expect(await post('/swap', { ...form, code_verifier: 'x'.repeat(43) })).toEqual({
      status: 400,
      text: '{"error":"invalid_grant"}',
    });
    expect(await post('/refresh', { refresh_token: 'unknown' })).toMatchObject({ status: 400 });
  });

  it('rejects codes of another redirect URI, without a verifier, and malformed requests', async () => {
    const other = formOf(await signIn('/other'));
    const withoutVerifier = { ...formOf(await signIn()), code_verifier: '' };
    for (const form of [other, withoutVerifier, {}]) {
      expect(await post('/swap', form)).toEqual({ status: 400, text: '{"error":"invalid_request"}' });
    }
    expect(await post('/refresh', {})).toMatchObject({ status: 400 });
    expect(provider.requestsTo('token')).toEqual([]);
  });

  it('reports that the provider is unreachable', async () => {
    const form = formOf(await signIn());
    await provider.close();
    const log = jest.spyOn(console, 'error').mockImplementation(() => undefined);
    expect(await post('/swap', form)).toEqual({ status: 502, text: '{"error":"server_error"}' });
    expect(log.mock.calls.flat().join(' ')).not.toContain(clientSecret);
    log.mockRestore();
  });
});

describe('examples/token-swap/index.ts', () => {
  it('signs in, and refreshes', async () => {
    await using example = runExample('token-swap/index.ts');
    const userAgent = createTestUserAgent({ account: 'ada' });
    expect(await userAgent.open(await example.loginUri())).toMatchObject({ state: 'success' });
    expect(await example.ended).toBe(0);
    expect(example.output).toMatch(/Signed in as .*Ada Lovelace.*Refreshed; expires in 3600 seconds/s);
  });
});
