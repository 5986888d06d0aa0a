import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { once as onceEvent } from 'node:events';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import { text } from 'node:stream/consumers';
import type { IncomingMessage } from 'node:http';
import { generate } from 'selfsigned';
import { startAuthorizationServer, type AuthorizationServer } from '../helpers/authorization-server.js';
import { launchChromium } from '../../examples/support/chromium.js';
import { AuthServer, LoginRequest, PKCEUtil, ResponseType } from '#src/index.js';
import { once } from '../helpers/callback.js';
import { outcomeOf, signInAt } from '../helpers/example.js';
import { useBrowser } from '../helpers/use-browser.js';

jest.setTimeout(120_000);

let tls: { key: string; cert: string };
const shared = useBrowser(() => launchChromium({ args: ['--ignore-certificate-errors'] }));
let authorizationServer: AuthorizationServer;
const servers: AuthServer[] = [];

beforeAll(async () => {
  const [certificate, provider] = await Promise.all([
    generate([{ name: 'commonName', value: 'localhost' }], {
      extensions: [
        {
          name: 'subjectAltName',
          altNames: [
            { type: 2, value: 'localhost' },
            { type: 7, ip: '127.0.0.1' },
          ],
        },
      ],
    }),
    startAuthorizationServer(),
  ]);
  tls = { key: certificate.private, cert: certificate.cert };
  authorizationServer = provider;
});

afterAll(async () => {
  await authorizationServer.close();
});

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

async function started(host: string): Promise<AuthServer> {
  const server = new AuthServer(`https://${host}:0/callback`, { tls });
  servers.push(server);
  await server.start();
  return server;
}

function requestFor(server: AuthServer, responseType: ResponseType): LoginRequest {
  return new LoginRequest(server, 'demo-client', responseType, {
    authorizationEndpoint: authorizationServer.authorizationEndpoint,
    scope: ['profile'],
    codeVerifier: responseType === ResponseType.Code ? PKCEUtil.generateCodes().verifier : undefined,
  });
}

async function ask(uri: URL, options: RequestOptions = {}, body = ''): Promise<{ status: number; body: string }> {
  const asked = httpsRequest(uri, { rejectUnauthorized: false, ...options });
  asked.end(body);
  const [response] = (await onceEvent(asked, 'response')) as [IncomingMessage];
  return { status: response.statusCode ?? 0, body: await text(response) };
}

describe('AuthServerOptions.tls', () => {
  it('accepts a code in the query, by https', async () => {
    const server = await started('127.0.0.1');
    expect(server.baseUri.protocol).toBe('https:');
    const received = once(server, 'authorizationCodeReceived');
    const { state } = requestFor(server, ResponseType.Code);
    const page = await ask(new URL(`?code=c&state=${state}`, server.baseUri));
    expect(page.status).toBe(200);
    expect(page.body).toContain('data-auth-state="success"');
    const [{ code, uri }] = await received;
    expect([code, uri.protocol]).toEqual(['c', 'https:']);
  });

  it('accepts a fragment from its page, and none from the same host without TLS', async () => {
    const server = await started('127.0.0.1');
    const received = once(server, 'implicitGrantReceived');
    const { state } = requestFor(server, ResponseType.Token);
    const forward = (origin: string): Promise<{ status: number }> =>
      ask(
        new URL('token', server.baseUri),
        { method: 'POST', headers: { Origin: origin, 'Content-Type': 'application/json' } },
        JSON.stringify({ fragment: `access_token=t&state=${state}` }),
      );
    expect((await forward(server.baseUri.origin.replace('https:', 'http:'))).status).toBe(403);
    expect((await forward(server.baseUri.origin)).status).toBe(200);
    expect((await received)[0].accessToken).toBe('t');
  });

  it.each([
    ['127.0.0.1', ResponseType.Code, 'authorizationCodeReceived'],
    ['127.0.0.1', ResponseType.Token, 'implicitGrantReceived'],
    ['localhost', ResponseType.Code, 'authorizationCodeReceived'],
    ['localhost', ResponseType.Token, 'implicitGrantReceived'],
  ] as const)('signs in at https://%s in a real browser (%s)', async (host, responseType, event) => {
    const server = await started(host);
    const received = once(server, event);
    const page = await signInAt(shared.browser, requestFor(server, responseType).toUri());
    expect((await outcomeOf(page)).state).toBe('success');
    expect(page.url()).toBe(server.baseUri.href);
    const [response] = await received;
    expect(response.params.get('iss')).toBe(authorizationServer.issuer);
  });

  it('requires `tls` if and only if the base URI is https', () => {
    expect(() => new AuthServer('https://127.0.0.1:0/callback')).toThrow(/`tls` is required if `baseUri` is an https/);
    expect(() => new AuthServer('http://127.0.0.1:0/callback', { tls })).toThrow(/`tls`.* accepted only then/);
  });

  it('rejects with SERVER_FAILED if the certificate cannot be used', async () => {
    const server = new AuthServer('https://127.0.0.1:0/callback', { tls: { key: 'no key', cert: 'no certificate' } });
    await expect(server.start()).rejects.toMatchObject({ name: 'ServerError', code: 'SERVER_FAILED' });
    expect(server.listening).toBe(false);
  });
});
