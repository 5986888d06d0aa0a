import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { startTestAuthorizationServer, type TestAuthorizationServer } from '#src/testing.js';

/** The test authorization server behind a gateway that can be out of order. */
export class FragileProvider implements AsyncDisposable {
  readonly server: TestAuthorizationServer;
  /** Whether the gateway responds to token requests with 503 and a page. */
  isOut = false;
  /** The token requests that the gateway received. */
  readonly tokenRequests: URLSearchParams[] = [];
  readonly #gateway = createServer((request, response) => {
    this.#respond(request, response).catch(() => response.destroy());
  });

  private constructor(server: TestAuthorizationServer) {
    this.server = server;
  }

  static async start(): Promise<FragileProvider> {
    // The tokens last for less than a session wants: each call refreshes. A second later they are over.
    const provider = new FragileProvider(await startTestAuthorizationServer({ expiresIn: 1 }));
    provider.#gateway.listen(0, '127.0.0.1');
    await once(provider.#gateway, 'listening');
    const iss = provider.issuer;
    provider.server.configure({ responseParams: { iss }, idTokenClaims: { iss } });
    return provider;
  }

  get issuer(): string {
    return `http://127.0.0.1:${(this.#gateway.address() as AddressInfo).port}`;
  }

  async #respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { url = '/', method = 'GET' } = request;
    const body = await text(request);
    if (url === '/token') this.tokenRequests.push(new URLSearchParams(body));
    if (url === '/token' && this.isOut) {
      response.writeHead(503, { 'Content-Type': 'text/html', 'Retry-After': '7' }).end('<h1>Service Unavailable</h1>');
      return;
    }
    const headers = new Headers();
    for (const name of ['accept', 'authorization', 'content-type', 'cookie']) {
      const value = request.headers[name];
      if (typeof value === 'string') headers.set(name, value);
    }
    const init: RequestInit = { method, headers, redirect: 'manual', ...(method === 'POST' && { body }) };
    const found = await fetch(new URL(url, this.server.issuer), init);
    // The metadata name the address that clients use.
    const sent = (await found.text()).replaceAll(this.server.issuer, this.issuer);
    const forwarded = [...found.headers].filter(([name]) => ['content-type', 'location', 'set-cookie'].includes(name));
    response.writeHead(found.status, Object.fromEntries(forwarded)).end(sent);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#gateway.closeAllConnections();
    this.#gateway.close();
    await this.server.close();
  }
}
