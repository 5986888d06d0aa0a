import { describe, expect, it } from '@jest/globals';
import { discoverProvider } from '#src/provider/discover-provider.js';
import type { ProviderConfig } from '#src/provider/provider-config.js';
import { sendJson } from '../helpers/json-server.js';
import { startOidcProvider } from '../helpers/oidc-provider.js';
import { startTestAuthorizationServer } from '#src/testing.js';
import { useProviderServer } from './provider-server.js';

const server = useProviderServer();
const openid = '/.well-known/openid-configuration';
const rfc8414 = '/.well-known/oauth-authorization-server';

describe('discoverProvider', () => {
  it('looks the endpoints up by OpenID Connect Discovery', async () => {
    await using oidc = await startOidcProvider();
    const provider = await discoverProvider({ issuer: oidc.issuer, clientId: 'native' });
    expect(provider.endpoint('token_endpoint')).toBe(`${oidc.issuer}/token`);
    expect(provider.name).toBe(new URL(oidc.issuer).host);
  });

  it('looks the endpoints up by RFC 8414 if there is no OpenID Connect document', async () => {
    await using other = await startTestAuthorizationServer();
    const provider = await discoverProvider({ issuer: other.issuer, clientId: 'x' });
    expect(provider.endpoint('token_endpoint')).toBe(other.tokenEndpoint.href);
    expect(provider.hasDeviceGrant).toBe(true);
  });

  it('looks nothing up if the endpoints are given', async () => {
    const endpoints = { authorization: `${server.origin}/a`, token: new URL('/t', server.origin) };
    const provider = await discoverProvider({ endpoints, clientId: 'x' });
    expect([provider.endpoint('authorization_endpoint'), provider.endpoint('token_endpoint')]).toEqual([
      `${server.origin}/a`,
      `${server.origin}/t`,
    ]);
    expect([provider.hasDeviceGrant, provider.hasRevocation, server.requests]).toEqual([false, false, []]);
  });

  it('replaces single endpoints that were looked up', async () => {
    const provider = await server.discover({ endpoints: { token: `${server.origin}/other` } });
    expect(provider.endpoint('token_endpoint')).toBe(`${server.origin}/other`);
    expect(provider.endpoint('authorization_endpoint')).toBe(`${server.origin}/authorize`);
  });

  it.each([
    ['neither issuer nor endpoints', {}, '`issuer` or `endpoints` is required'],
    ['an http issuer elsewhere', { issuer: 'http://a.test' }, '`issuer` must be an https URI'],
    ['an issuer that is no URI', { issuer: 'a.test' }, '`issuer` must be an https URI'],
    [
      'an http endpoint elsewhere',
      { endpoints: { token: 'http://a.test/' } },
      '`endpoints.token` must be an https URI',
    ],
    ['an unknown endpoint', { endpoints: { tokens: 'https://a.test/' } }, '`endpoints` has no option `tokens`'],
  ])('throws a TypeError for %s', async (_name, config, message) => {
    const options: unknown = { ...config, clientId: 'x' };
    await expect(discoverProvider(options as ProviderConfig)).rejects.toThrow(
      new RegExp(`^${message.replace('.', '\\.')}`),
    );
  });

  it.each([
    ['a slash that only the metadata has', '', '/'],
    ['a slash that only the configuration has', '/', ''],
    ['a path whose slash only the metadata has', '/realm', '/realm/'],
    ['a path whose slash only the configuration has', '/realm/', '/realm'],
  ])('accepts %s', async (_name, configured, named) => {
    const { origin } = server;
    server.routes[`${named.replace(/\/$/, '')}${openid}`] = {
      issuer: `${origin}${named}`,
      authorization_endpoint: `${origin}/a`,
      token_endpoint: `${origin}/t`,
    };
    const provider = await server.discover({ issuer: `${origin}${configured}` });
    expect(provider.metadata.issuer).toBe(`${origin}${named}`);
  });

  it.each([
    ['another host', (origin: string) => origin.replace('127.0.0.1', 'localhost')],
    ['another path', (origin: string) => `${origin}/other`],
    ['another case', (origin: string) => `${origin}/Realm`],
    ['a second slash', (origin: string) => `${origin}//`],
  ])('rejects metadata whose issuer has %s', async (_name, change) => {
    server.setMetadata({ issuer: change(server.origin) });
    await expect(server.discover()).rejects.toMatchObject({
      name: 'ProviderError',
      code: 'METADATA_INVALID',
      message: expect.stringContaining('is of the issuer'),
    });
  });

  it.each([
    ['token_endpoint_auth_methods_supported', 5],
    ['token_endpoint_auth_methods_supported', 'none'],
    ['token_endpoint_auth_methods_supported', [1]],
    ['id_token_signing_alg_values_supported', {}],
    ['authorization_response_iss_parameter_supported', 'true'],
    ['require_pushed_authorization_requests', 1],
    ['token_endpoint', 7],
    ['token_endpoint', ['https://a.test/']],
    ['revocation_endpoint', 'javascript:alert(1)'],
    ['authorization_endpoint', 'http://a.test/'],
    ['issuer', 5],
  ])('rejects metadata with %s: %j', async (name, value) => {
    server.setMetadata({ [name]: value });
    await expect(server.discover()).rejects.toMatchObject({ code: 'METADATA_INVALID' });
  });

  it('treats members that are null or empty as absent', async () => {
    server.setMetadata({ device_authorization_endpoint: '', token_endpoint_auth_methods_supported: null });
    expect((await server.discover()).hasDeviceGrant).toBe(false);
  });

  it.each([
    ['no document', undefined],
    ['HTML', '<html>'],
  ])('says that both documents are missing if there is %s', async (_name, body) => {
    server.routes[openid] = server.routes[rfc8414] = (response) => {
      if (body === undefined) sendJson(response, 404, {});
      else response.end(body);
    };
    await expect(server.discover()).rejects.toMatchObject({ code: 'PROVIDER_UNAVAILABLE' });
    expect(server.requests.map(({ path }) => path)).toEqual([openid, rfc8414]);
  });

  it('follows no redirect', async () => {
    server.routes[openid] = server.routes[rfc8414] = (response) =>
      response.writeHead(302, { Location: '/elsewhere' }).end();
    await expect(server.discover()).rejects.toThrow('a redirect, which is not followed');
    expect(server.requestsTo('/elsewhere')).toEqual([]);
  });

  it('ends after the timeout if the provider does not respond', async () => {
    server.routes[openid] = () => undefined;
    await expect(server.discover({}, 200)).rejects.toMatchObject({
      code: 'PROVIDER_UNAVAILABLE',
      message: expect.stringContaining('no response within 0.2 seconds'),
    });
    expect(server.requests).toHaveLength(1);
  });

  it('rejects with the reason of the signal', async () => {
    const controller = new AbortController();
    const reason = new Error('Enough');
    server.routes[openid] = () => {
      controller.abort(reason);
    };
    const config = { issuer: server.origin, clientId: 'x' };
    await expect(discoverProvider(config, { signal: controller.signal })).rejects.toBe(reason);
    await expect(discoverProvider(config, { signal: controller.signal })).rejects.toBe(reason);
    expect(server.requests).toHaveLength(1);
  });
});
