import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { generate } from 'selfsigned';
import { launchChromium } from '../../examples/support/chromium.js';
import { login } from '#src/index.js';
import { startAuthorizationServer, type AuthorizationServer } from '../helpers/authorization-server.js';
import { signInAt } from '../helpers/example.js';
import { useBrowser } from '../helpers/use-browser.js';

jest.setTimeout(120_000);

const shared = useBrowser(() => launchChromium({ args: ['--ignore-certificate-errors'] }));
let authorizationServer: AuthorizationServer;
let tunnel: Server;
/** The port behind the tunnel. */
let target = 0;

beforeAll(async () => {
  const certificate = await generate([{ name: 'commonName', value: '127.0.0.1' }]);
  authorizationServer = await startAuthorizationServer();
  // Ends TLS and, like many tunnels, puts the local address into Host.
  tunnel = createServer({ key: certificate.private, cert: certificate.cert }, (incoming, outgoing) => {
    const headers = { ...incoming.headers, host: `127.0.0.1:${target}` };
    const options = { host: '127.0.0.1', port: target, method: incoming.method, path: incoming.url, headers };
    const forwarded = httpRequest(options, (response) => {
      outgoing.writeHead(response.statusCode ?? 502, response.rawHeaders);
      response.pipe(outgoing);
    });
    forwarded.on('error', () => outgoing.destroy());
    incoming.pipe(forwarded);
  }).listen(0, '127.0.0.1');
  await once(tunnel, 'listening');
});

afterAll(async () => {
  await authorizationServer.close();
  tunnel.closeAllConnections();
  tunnel.close();
});

describe('login({ publicUri }) behind a tunnel that ends TLS', () => {
  it.each(['code', 'token'] as const)('signs in with a %s in Chromium', async (responseType) => {
    // A listening address that is free: the tunnel must know it before.
    const publicUri = `https://127.0.0.1:${(tunnel.address() as AddressInfo).port}/callback`;
    let opened: ReturnType<typeof signInAt> | undefined;
    const grant = await login({
      clientId: 'demo-client',
      authorizationEndpoint: authorizationServer.authorizationEndpoint,
      redirectUri: 'http://127.0.0.1:5591/callback',
      publicUri,
      responseType,
      openBrowser: (_, { startUri }) => {
        target = 5591;
        expect(startUri.origin).toBe(new URL(publicUri).origin);
        opened = signInAt(shared.browser, startUri);
        return opened;
      },
      exchange: (given) => Promise.resolve(given),
      signal: AbortSignal.timeout(60_000),
    });
    expect([grant.kind, grant.redirectUri]).toEqual([responseType, publicUri]);
    const page = await opened;
    await page?.waitForSelector('html[data-auth-state="success"]');
    expect(page?.url()).toBe(publicUri);
  });
});
