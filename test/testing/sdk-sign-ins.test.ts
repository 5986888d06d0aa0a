import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { AuthAbortedError, login } from '#src/index.js';
import { createTestUserAgent, startTestAuthorizationServer, type TestAuthorizationServer } from '#src/testing.js';
import { useServers } from '../helpers/use-servers.js';

const startServer = useServers();
const redirectUri = 'http://127.0.0.1:0/callback';

let provider: TestAuthorizationServer;
let config: openid.Configuration;

beforeAll(async () => {
  provider = await startTestAuthorizationServer();
  config = await openid.discovery(new URL(provider.issuer), 'one', undefined, openid.None(), {
    algorithm: 'oauth2',
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- marked as deprecated to stand out
    execute: [openid.allowInsecureRequests],
  });
});

afterAll(async () => {
  await provider.close();
});

/** A browser whose user allows everything; it resolves to what the page says in the end. */
async function allow(uri: URL): Promise<string> {
  const page = await createTestUserAgent().open(uri);
  return page.state ?? '';
}

describe('two sign-ins of two SDKs on one server', () => {
  it('each get their own token, in any order of the responses', async () => {
    const server = await startServer();
    const verifiers = [openid.randomPKCECodeVerifier(), oauth.generateRandomCodeVerifier()] as const;
    const first = openid.buildAuthorizationUrl(config, {
      redirect_uri: server.redirectUri,
      state: openid.randomState(),
      code_challenge: await openid.calculatePKCECodeChallenge(verifiers[0]),
      code_challenge_method: 'S256',
    });
    const second = new URL(provider.authorizationEndpoint);
    const client: oauth.Client = { client_id: 'two' };
    const state = oauth.generateRandomState();
    for (const [name, value] of Object.entries({
      client_id: client.client_id,
      response_type: 'code',
      redirect_uri: server.redirectUri,
      state,
      code_challenge: await oauth.calculatePKCECodeChallenge(verifiers[1]),
      code_challenge_method: 'S256',
    })) {
      second.searchParams.set(name, value);
    }
    server.expect(first);
    server.expect(second.href);
    const tokens = Promise.all([
      server.waitForGrant({
        request: first,
        exchange: (grant) =>
          openid.authorizationCodeGrant(config, grant.uri, {
            pkceCodeVerifier: verifiers[0],
            expectedState: grant.state ?? '',
          }),
      }),
      server.waitForGrant({
        request: second,
        exchange: async (grant) => {
          // eslint-disable-next-line @typescript-eslint/no-deprecated -- marked as deprecated to stand out
          const insecure = { [oauth.allowInsecureRequests]: true };
          const metadata = config.serverMetadata() as oauth.AuthorizationServer;
          const params = oauth.validateAuthResponse(metadata, client, grant.uri, state);
          const response = await oauth.authorizationCodeGrantRequest(
            metadata,
            client,
            oauth.None(),
            params,
            grant.redirectUri,
            verifiers[1],
            insecure,
          );
          return oauth.processAuthorizationCodeResponse(metadata, client, response);
        },
      }),
    ]);
    expect([await allow(second), await allow(first)]).toEqual(['success', 'success']);
    const [one, two] = await tokens;
    expect(one.access_token).not.toBe(two.access_token);
    expect(provider.requestsTo('token').map(({ params }) => params.get('client_id'))).toEqual(['two', 'one']);
  });
});

describe('an SDK that makes no state', () => {
  it('ends with a TypeError that says what to do, and the server stops', async () => {
    const promise = login({
      redirectUri,
      authorizationUri: (context) => openid.buildAuthorizationUrl(config, { redirect_uri: context.redirectUri }),
      openBrowser: false,
      onLoginUri: () => undefined,
    });
    await expect(promise).rejects.toBeInstanceOf(TypeError);
    await expect(promise).rejects.toThrow(/has no `state`.*give the SDK the `state`.*return `\{ uri, state \}`/);
  });
});

describe('an SDK whose state is only in its store', () => {
  const store: { state: string; verifier: string }[] = [];

  async function authorize(redirect: string): Promise<URL> {
    const verifier = openid.randomPKCECodeVerifier();
    const state = openid.randomState();
    store.push({ state, verifier });
    return openid.buildAuthorizationUrlWithPAR(config, {
      redirect_uri: redirect,
      state,
      code_challenge: await openid.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    });
  }

  it('signs in if the state is returned beside the URI', async () => {
    const tokens = await login({
      redirectUri,
      authorizationUri: async (context) => ({
        uri: await authorize(context.redirectUri),
        state: store.at(-1)?.state ?? '',
      }),
      openBrowser: allow,
      exchange: ({ uri, state }) =>
        openid.authorizationCodeGrant(config, uri, {
          expectedState: state ?? '',
          pkceCodeVerifier: store.find((saved) => saved.state === state)?.verifier ?? '',
        }),
    });
    expect(tokens.access_token).not.toBe('');
  });

  it('otherwise ends by the signal, with an error that counts the response and says why', async () => {
    const controller = new AbortController();
    const error: unknown = await login({
      redirectUri,
      authorizationUri: ({ redirectUri: redirect }) => authorize(redirect),
      openBrowser: allow,
      onRejected: () => {
        controller.abort();
      },
      signal: controller.signal,
    }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(AuthAbortedError);
    expect(error).toMatchObject({
      rejections: { state_foreign: 1 },
      message: expect.stringContaining('an SDK uses the `state` it was given') as unknown,
    });
    expect(String(error)).not.toContain(store.at(-1)?.state);
  });
});

describe('an SDK whose token request fails', () => {
  it('rejects with its error, and the page shows a failure', async () => {
    provider.configure({ tokenError: 'invalid_grant' });
    let shown: Promise<string> | undefined;
    const promise = login({
      redirectUri,
      authorizationUri: ({ redirectUri: redirect_uri, state, codeChallenge: code_challenge }) =>
        openid.buildAuthorizationUrl(config, { redirect_uri, state, code_challenge, code_challenge_method: 'S256' }),
      openBrowser: (uri) => {
        shown = allow(uri);
        return shown;
      },
      exchange: ({ uri, state = '', codeVerifier = '' }) =>
        openid.authorizationCodeGrant(config, uri, { expectedState: state, pkceCodeVerifier: codeVerifier }),
    });
    await expect(promise).rejects.toMatchObject({ name: 'ResponseBodyError', error: 'invalid_grant' });
    expect(await shown).toBe('error');
    provider.configure({ tokenError: undefined });
  });
});
