import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { ProviderError } from '#src/oauth/provider-error.js';
import { inTurn, sendJson, type Route } from '../helpers/json-server.js';
import { useProviderServer } from './provider-server.js';

jest.setTimeout(30_000);

const server = useProviderServer();
const granted = { access_token: 'the-token', token_type: 'Bearer' };

function authorize(changes: Readonly<Record<string, unknown>> = {}): void {
  server.routes['/device_authorization'] = {
    device_code: 'the-device-code',
    user_code: 'WDJB-MJHT',
    verification_uri: `${server.origin}/device`,
    expires_in: 900,
    interval: 1,
    ...changes,
  };
}

beforeEach(() => {
  authorize();
});

describe('Provider.startDeviceAuthorization', () => {
  it('sends scopes, resource and parameters, and the resource in the token request, too', async () => {
    const config = { scope: ['a', 'b'], resource: 'https://api.test/', extraParams: { audience: 'x' } };
    const device = await (await server.discover(config)).startDeviceAuthorization();
    expect(device).toMatchObject({ userCode: 'WDJB-MJHT', expiresIn: 900, interval: 1 });
    expect((await device.poll()).tokens.access_token).toBe('the-token');
    const params = (path: string): unknown => Object.fromEntries(server.requestsTo(path)[0]?.params ?? []);
    expect(params('/device_authorization')).toEqual({
      scope: 'a b',
      resource: 'https://api.test/',
      audience: 'x',
      client_id: 'my-id',
    });
    expect(params('/token')).toEqual({
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      device_code: 'the-device-code',
      resource: 'https://api.test/',
      client_id: 'my-id',
    });
  });

  it.each([
    ['a verification URI of another scheme', { verification_uri: 'javascript:alert(1)' }],
    ['an http verification URI of another machine', { verification_uri: 'http://a.test/' }],
    ['a user code with control characters', { user_code: 'A\u001b[31mB' }],
    ['a user code that turns text around', { user_code: 'A\u202eB' }],
    ['an empty user code', { user_code: ' ' }],
    ['a device code that is a number', { device_code: 7 }],
    ['no lifetime', { expires_in: undefined }],
  ])('rejects %s', async (_name, changes) => {
    authorize(changes);
    await expect((await server.discover()).startDeviceAuthorization()).rejects.toMatchObject({
      code: 'TOKEN_RESPONSE_INVALID',
    });
  });

  it('rejects if the provider has no device grant', async () => {
    server.setMetadata({ device_authorization_endpoint: undefined });
    const provider = await server.discover();
    expect(provider.hasDeviceGrant).toBe(false);
    await expect(provider.startDeviceAuthorization()).rejects.toMatchObject({ code: 'METADATA_INVALID' });
  });
});

describe('DeviceAuthorization.poll', () => {
  async function poll(signal?: AbortSignal): Promise<{ token: string; failures: ProviderError[]; seconds: number[] }> {
    const failures: ProviderError[] = [];
    const seconds: number[] = [];
    const device = await (await server.discover()).startDeviceAuthorization();
    const { tokens } = await device.poll({
      signal,
      onRetry: (failure, pause) => {
        failures.push(failure);
        seconds.push(pause);
      },
    });
    return { token: tokens.access_token, failures, seconds };
  }

  it.each<[string, Route]>([
    ['403 with text', (response) => response.writeHead(403).end('Forbidden')],
    ['408', (response) => response.writeHead(408).end()],
    ['425', (response) => response.writeHead(425).end()],
    ['429 with a registered error', inTurn([429, { error: 'access_denied' }])],
    ['503 with a registered error', inTurn([503, { error: 'expired_token' }])],
    ['400 temporarily_unavailable', inTurn([400, { error: 'temporarily_unavailable' }])],
    ['200 with HTML', (response) => response.end('<h1>Welcome to the hotel</h1>')],
    ['200 with JSON without a token', { ok: true }],
    ['a redirect', (response) => response.writeHead(302, { Location: 'http://portal.test/' }).end()],
    ['a closed connection', (response) => response.destroy()],
    ['404', (response) => response.writeHead(404).end()],
  ])('goes on at the interval after %s (R44)', async (_name, noise) => {
    let polls = 0;
    server.routes['/token'] = (response, request) => {
      polls += 1;
      if (polls > 1) sendJson(response, 200, granted);
      else if (typeof noise === 'function') noise(response, request);
      else sendJson(response, 200, noise);
    };
    const { token, failures, seconds } = await poll();
    expect([token, polls, failures.length, seconds]).toEqual(['the-token', 2, 1, [1]]);
  });

  it('waits as long as Retry-After says', async () => {
    let polls = 0;
    server.routes['/token'] = (response) => {
      polls += 1;
      if (polls === 1) response.writeHead(503, { 'Retry-After': '3' }).end();
      else sendJson(response, 200, granted);
    };
    const before = performance.now();
    expect((await poll()).seconds).toEqual([3]);
    expect(performance.now() - before).toBeGreaterThan(3900);
  });

  it.each<[string, Route]>([
    ['400', inTurn([400, { error: 'authorization_pending' }], [200, granted])],
    ['200, as GitHub sends it', inTurn([200, { error: 'authorization_pending' }], [201, granted])],
    ['428, as Google sends it', inTurn([428, { error: 'authorization_pending' }], [200, granted])],
  ])('goes on after authorization_pending with status %s, without a word', async (_name, route) => {
    server.routes['/token'] = route;
    expect(await poll()).toEqual({ token: 'the-token', failures: [], seconds: [] });
  });

  it.each([
    ['access_denied', 'ACCESS_DENIED'],
    ['authorization_declined', 'ACCESS_DENIED'],
    ['expired_token', 'DEVICE_CODE_EXPIRED'],
    ['invalid_client', 'PROVIDER_REJECTED'],
    ['unauthorized_client', 'PROVIDER_REJECTED'],
  ])('ends after %s', async (error, code) => {
    server.routes['/token'] = inTurn([400, { error }]);
    await expect(poll()).rejects.toMatchObject({ code, oauthError: error });
    expect(server.requestsTo('/token')).toHaveLength(1);
  });

  it('ends with the lifetime of the code, whatever the wall clock says (R43)', async () => {
    authorize({ expires_in: 3 });
    server.routes['/token'] = inTurn([400, { error: 'authorization_pending' }]);
    const { now } = Date;
    Date.now = () => now() + 7_200_000;
    const before = performance.now();
    try {
      await expect(poll()).rejects.toMatchObject({ code: 'DEVICE_CODE_EXPIRED' });
      expect(performance.now() - before).toBeGreaterThan(2900);
      expect(server.requestsTo('/token').length).toBeGreaterThan(1);
    } finally {
      Date.now = now;
    }
  });

  it('grants although the clock jumps past the lifetime (R43)', async () => {
    const { now } = Date;
    server.routes['/token'] = (response) => {
      Date.now = () => now() + 7_200_000;
      if (server.requestsTo('/token').length > 1) sendJson(response, 200, granted);
      else sendJson(response, 400, { error: 'authorization_pending' });
    };
    try {
      expect((await poll()).token).toBe('the-token');
    } finally {
      Date.now = now;
    }
  });

  it('ends by its signal, at once', async () => {
    const controller = new AbortController();
    const reason = new Error('Enough');
    server.routes['/token'] = (response) => {
      sendJson(response, 400, { error: 'authorization_pending' });
      setImmediate(() => {
        controller.abort(reason);
      });
    };
    await expect(poll(controller.signal)).rejects.toBe(reason);
  });
});
