import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import * as client from 'openid-client';
import { completeLogin, startTestAuthorizationServer, type TestAuthorizationServer } from '#src/testing.js';

let server: TestAuthorizationServer;

beforeEach(async () => {
  server = await startTestAuthorizationServer({ deviceInterval: 0 });
});

afterEach(async () => {
  await server.close();
});

interface DeviceResponse {
  readonly device_code: string;
  readonly user_code: string;
  readonly verification_uri: string;
  readonly verification_uri_complete: string;
}

async function begin(): Promise<DeviceResponse> {
  const body = new URLSearchParams({ client_id: 'device', scope: 'profile' });
  const response = await fetch(server.deviceAuthorizationEndpoint, { method: 'POST', body });
  expect(response.status).toBe(200);
  return (await response.json()) as DeviceResponse;
}

async function poll({ device_code: code }: DeviceResponse, clientId = 'device'): Promise<Record<string, unknown>> {
  const response = await fetch(server.tokenEndpoint, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      device_code: code,
      client_id: clientId,
    }),
  });
  return (await response.json()) as Record<string, unknown>;
}

describe('the device authorization grant', () => {
  it('issues tokens for the account that the user chose, once', async () => {
    const device = await begin();
    expect(device).toEqual({
      device_code: expect.any(String),
      user_code: expect.stringMatching(/^[B-Z]{4}-[B-Z]{4}$/),
      verification_uri: `${server.issuer}/device`,
      verification_uri_complete: `${server.issuer}/device?user_code=${device.user_code}`,
      expires_in: 600,
      interval: 0,
    });
    expect(await poll(device)).toMatchObject({ error: 'authorization_pending' });
    const page = await completeLogin(device.verification_uri_complete, { account: 'second-user' });
    expect(page).toMatchObject({ status: 200, callbackUri: undefined });
    expect(page.message).toContain('Your device is connected');
    expect(await poll(device, 'other')).toMatchObject({ error: 'invalid_grant' });
    const tokens = await poll(device);
    expect(tokens).toMatchObject({ scope: 'profile', refresh_token: expect.any(String) });
    const profile = await fetch(server.profileEndpoint, {
      headers: { Authorization: `Bearer ${String(tokens['access_token'])}` },
    });
    expect(await profile.json()).toMatchObject({ sub: 'second-user' });
    expect(await poll(device)).toMatchObject({ error: 'invalid_grant' });
  });

  it('reports a denial', async () => {
    const device = await begin();
    const { message } = await completeLogin(device.verification_uri_complete, { decision: 'deny' });
    expect(message).toContain('You denied the request');
    expect(await poll(device)).toMatchObject({ error: 'access_denied' });
  });

  it('accepts the user code in lower case and without the hyphen, and rejects an unknown or a used one', async () => {
    const device = await begin();
    const typed = device.user_code.toLowerCase().replace('-', ' ');
    const uri = `${device.verification_uri}?${new URLSearchParams({ user_code: typed }).toString()}`;
    const page = await (await fetch(uri)).text();
    expect(page).toContain(`<code class="big">${device.user_code}</code>`);
    await completeLogin(uri);
    for (const code of [device.user_code, 'BBBB-BBBB', '<script>']) {
      const response = await fetch(`${device.verification_uri}?${new URLSearchParams({ user_code: code }).toString()}`);
      expect(response.status).toBe(404);
      expect(await response.text()).not.toContain('<script>');
    }
  });

  it('lets the user enter the code by hand', async () => {
    const { verification_uri: uri } = await begin();
    const response = await fetch(uri);
    expect([response.status, await response.text()]).toEqual([200, expect.stringContaining('name="user_code"')]);
  });

  it('makes a device that asks too soon wait five seconds longer each time', async () => {
    server.configure({ deviceInterval: 60 });
    const device = await begin();
    expect(device).toMatchObject({ interval: 60 });
    expect([await poll(device), await poll(device)]).toMatchObject([
      { error: 'authorization_pending' },
      { error: 'slow_down' },
    ]);
    await completeLogin(device.verification_uri_complete);
    expect(await poll(device)).toMatchObject({ error: 'slow_down' });
  });

  it('expires a device code after ten minutes', async () => {
    const device = await begin();
    const now = Date.now();
    jest.spyOn(Date, 'now').mockReturnValue(now + 600_000);
    expect(await poll(device)).toMatchObject({ error: 'expired_token' });
    await expect(completeLogin(device.verification_uri_complete)).rejects.toMatchObject({ code: 'NO_CALLBACK' });
    jest.restoreAllMocks();
  });

  it.each([
    ['allow', { token_type: 'Bearer' }],
    ['deny', { error: 'access_denied' }],
  ] as const)('needs no user if the consent is %s', async (consent, expected) => {
    server.configure({ consent });
    expect(await poll(await begin())).toMatchObject(expected);
  });

  it('is completed by openid-client', async () => {
    server.configure({ deviceInterval: 1 });
    const configuration = await client.discovery(new URL(server.issuer), 'device', undefined, client.None(), {
      // eslint-disable-next-line @typescript-eslint/no-deprecated -- deprecated to stand out; this is a loopback address
      execute: [client.allowInsecureRequests],
    });
    const device = await client.initiateDeviceAuthorization(configuration, { scope: 'profile' });
    const granted = client.pollDeviceAuthorizationGrant(configuration, device);
    await completeLogin(device.verification_uri_complete ?? '');
    expect((await granted).scope).toBe('profile');
  });
});
