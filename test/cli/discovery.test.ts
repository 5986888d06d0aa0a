import { describe, expect, it, jest } from '@jest/globals';
import { useCommands, type Command } from './command.js';
import { sendJson, useJsonServer, type ReceivedRequest } from '../helpers/json-server.js';
import { signInWithForms, useOidcServer } from './oidc-server.js';

jest.setTimeout(60_000);

const commands = useCommands();

describe.each([
  ['a public client', 'public', ['none'], {}],
  ['client_secret_post', 'post', ['client_secret_post'], { EMBED_AUTH_CLIENT_SECRET: 'client-secret' }],
  ['client_secret_basic', 'basic', ['client_secret_basic'], { EMBED_AUTH_CLIENT_SECRET: 'client-secret' }],
] as const)('login --issuer at a certified provider, as %s', (_name, clientId, methods, env) => {
  const provider = useOidcServer(methods);

  it('finds the endpoints, exchanges the code and checks the ID token', async () => {
    const args = ['login', '--issuer', provider.issuer, '--client-id', clientId, '--scope', 'openid', '--port', '0'];
    const command = commands.start([...args, '--param', 'nonce=n-1', '--no-browser', '--json'], env);
    await signInWithForms(await command.loginUri());
    expect(await command.ended).toBe(0);
    const tokens = JSON.parse(command.stdout) as Record<string, string>;
    expect(Object.keys(tokens).sort()).toEqual(['access_token', 'expires_in', 'id_token', 'scope', 'token_type']);
    expect(command.stderr).not.toContain('client-secret');
  });
});

describe('login --issuer', () => {
  const server = useJsonServer();

  function metadata(
    issuer: string,
    changes: Readonly<Record<string, unknown>> = {},
  ): Readonly<Record<string, unknown>> {
    return {
      issuer,
      authorization_endpoint: `${server.origin}/authorize`,
      token_endpoint: `${server.origin}/token`,
      ...changes,
    };
  }

  function start(issuer: string, ...more: string[]): Command {
    return commands.start(
      ['login', '--issuer', issuer, '--client-id', 'my-id', '--port', '0', '--no-browser', ...more],
      {},
    );
  }

  /** The provider redirects with a code and further parameters. */
  function redirectWith(params: Readonly<Record<string, string>>): void {
    server.routes['/authorize'] = (response, request: ReceivedRequest) => {
      const uri = new URL(request.params.get('redirect_uri') ?? '');
      const state = request.params.get('state') ?? '';
      uri.search = new URLSearchParams({ code: 'the-code', state, ...params }).toString();
      response.writeHead(303, { Location: uri.href }).end();
    };
  }

  it.each([
    ['has no OpenID configuration', undefined],
    ['responds to everything with a page', '<!doctype html>'],
    ['has another OpenID configuration', '{"issuer":"https://other.test"}'],
  ])('uses RFC 8414 if the server %s', async (_name, page) => {
    const issuer = `${server.origin}/tenant`;
    server.routes['/.well-known/oauth-authorization-server/tenant'] = metadata(issuer);
    if (page !== undefined)
      server.routes['/tenant/.well-known/openid-configuration'] = (response) => response.end(page);
    server.routes['/token'] = { access_token: 'the-token', token_type: 'Bearer' };
    redirectWith({});
    const command = start(issuer);
    await fetch(await command.loginUri());
    expect([await command.ended, command.stdout]).toEqual([0, 'the-token\n']);
  });

  it.each([
    ['there are no metadata', {}, ['There is no discovery document below http://127.0.0.1:']],
    [
      'they are of another issuer',
      { issuer: 'https://other.test/\u001b' },
      ['is of the issuer https://other.test/\ufffd'],
    ],
    ['they have no issuer', { issuer: 7 }, ['names no issuer']],
  ])('exits with 1 if %s, and says what to give instead', async (_name, changes, messages) => {
    if ('issuer' in changes) server.routes['/.well-known/openid-configuration'] = metadata('x', changes);
    const command = start(server.origin);
    expect([await command.ended, command.stdout]).toEqual([1, '']);
    expect(messages.some((message) => command.stderr.includes(message))).toBe(true);
    expect(command.stderr).toContain('Check --issuer, or give --authorize-uri and --token-uri');
    expect(command.stderr.match(/Check\s--issuer/g)).toHaveLength(1);
  });

  it.each([
    ['no authorization endpoint', { authorization_endpoint: undefined }, [], 'name no authorization endpoint'],
    ['an authorization endpoint without https', { authorization_endpoint: 'http://a.test/' }, [], 'not an https URI'],
    ['a token endpoint without https', { token_endpoint: 'http://a.test/' }, [], 'has a `token_endpoint` that'],
    ['a token endpoint of another scheme', { token_endpoint: 'file:///etc/passwd' }, [], 'has a `token_endpoint` that'],
    ['a token endpoint that is no text', { token_endpoint: [] }, [], 'has a `token_endpoint` that'],
  ])('exits with 1, before the user does anything, if they have %s', async (_name, changes, more, message) => {
    server.routes['/.well-known/openid-configuration'] = metadata(server.origin, changes);
    const command = start(server.origin, ...more);
    expect([await command.ended, command.stdout]).toEqual([1, '']);
    expect(command.stderr.replaceAll('\n', ' ')).toContain(message);
    expect(command.stderr).not.toContain('Redirect URI');
  });

  it('says that the server has no device authorization endpoint', async () => {
    server.routes['/.well-known/openid-configuration'] = metadata(server.origin);
    const command = commands.start(['login', '--issuer', server.origin, '--client-id', 'x', '--device'], {});
    expect([await command.ended, command.stdout]).toEqual([1, '']);
    expect(command.stderr).toContain('name no device authorization endpoint');
  });

  it('rejects a response of another issuer, even if the server need not send one', async () => {
    server.routes['/.well-known/openid-configuration'] = metadata(server.origin);
    redirectWith({ iss: 'https://evil.test' });
    const command = start(server.origin);
    await fetch(await command.loginUri());
    expect([await command.ended, command.stdout]).toEqual([1, '']);
    expect(command.stderr).toContain('its "iss" is another issuer');
    expect(server.requestsTo('/token')).toEqual([]);
  });

  it.each([
    ['of another issuer', { iss: 'https://evil.test' }, 'unexpected JWT "iss"'],
    ['for another client', { aud: 'other' }, 'unexpected JWT "aud"'],
  ])('rejects an ID token %s', async (_name, changes, message) => {
    server.routes['/.well-known/openid-configuration'] = metadata(server.origin);
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: server.origin, sub: 'ada', aud: 'my-id', iat: now, exp: now + 60, ...changes };
    const parts = [{ alg: 'RS256' }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'));
    const idToken = [...parts, 'signature'].join('.');
    server.routes['/token'] = { access_token: 'the-token', token_type: 'Bearer', id_token: idToken };
    redirectWith({});
    const command = start(server.origin);
    await fetch(await command.loginUri());
    expect([await command.ended, command.stdout]).toEqual([1, '']);
    expect(command.stderr.replaceAll('\n', ' ')).toContain(message);
    expect(command.stderr).not.toMatch(/the-token|ada/);
  });

  it.each([
    ['that has expired', { exp: 1 }, 'has expired'],
    ['that is not valid yet', { nbf: 4_000_000_000 }, 'is not valid yet'],
  ])('keeps the tokens with an ID token %s, and names the clock', async (_name, changes, message) => {
    server.routes['/.well-known/openid-configuration'] = metadata(server.origin);
    const claims = { iss: server.origin, sub: 'ada', aud: 'my-id', iat: 1, exp: 4_000_000_001, ...changes };
    const parts = [{ alg: 'RS256' }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'));
    const idToken = [...parts, 'signature'].join('.');
    server.routes['/token'] = { access_token: 'the-token', token_type: 'Bearer', id_token: idToken };
    redirectWith({});
    const command = start(server.origin);
    await fetch(await command.loginUri());
    expect([await command.ended, command.stdout]).toEqual([0, 'the-token\n']);
    expect(command.stderr.replaceAll('\n', ' ')).toContain(`The ID token ${message} by this computer's clock`);
    expect(command.stderr).not.toContain('node:');
  });

  it.each([
    ['token_endpoint_auth_methods_supported', 5],
    ['token_endpoint', ['x']],
  ])('says what is wrong with metadata whose %s is %j, without a stack (R47)', async (name, value) => {
    server.routes['/.well-known/openid-configuration'] = metadata(server.origin, { [name]: value });
    const command = start(server.origin);
    expect([await command.ended, command.stdout]).toEqual([1, '']);
    expect(command.stderr.replaceAll('\n', ' ')).toContain(`has a \`${name}\` that`);
    expect(command.stderr).not.toMatch(/^\s+at /m);
  });

  it('needs only the issuer’s own endpoints: those of the options win', async () => {
    server.routes['/.well-known/openid-configuration'] = metadata(server.origin);
    server.routes['/other'] = (response) => {
      sendJson(response, 200, { access_token: 'other-token', token_type: 'Bearer' });
    };
    redirectWith({});
    const command = start(server.origin, '--token-uri', `${server.origin}/other`);
    await fetch(await command.loginUri());
    expect([await command.ended, command.stdout]).toEqual([0, 'other-token\n']);
  });
});
