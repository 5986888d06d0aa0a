import { createServer, type Server } from 'node:http';
import {
  checkBehavior,
  checkRegistration,
  type Registration,
  type TestAuthorizationServerBehavior,
  type TestAuthorizationServerOptions,
} from './authorization-server-options.js';
import { Endpoints } from './endpoints.js';
import type { RecordedRequest, TestEndpoint } from './recorded-request.js';

/**
 * A running authorization server for tests: {@link startTestAuthorizationServer} makes one.
 *
 * It listens on 127.0.0.1 only, knows one test user, and keeps everything in memory.
 */
export interface TestAuthorizationServer extends AsyncDisposable {
  /** The issuer identifier, a string without a slash at its end: what `iss` and the metadata say. */
  readonly issuer: string;
  /** Where a login URI leads. */
  readonly authorizationEndpoint: URL;
  /** Where codes and refresh tokens are exchanged. */
  readonly tokenEndpoint: URL;
  /** A protected resource: answers the test user's profile as JSON to a valid access token, and 401 to all else. */
  readonly profileEndpoint: URL;
  /** Every request so far, in the order in which they came. */
  readonly requests: readonly RecordedRequest[];
  /**
   * The requests that reached one endpoint.
   *
   * @param endpoint - the endpoint
   * @returns its requests, in the order in which they came
   */
  requestsTo(endpoint: TestEndpoint): readonly RecordedRequest[];
  /**
   * Changes how the server answers from now on. What is not named stays as it is; undefined brings the default back.
   *
   * @param behavior - the changes
   * @throws TypeError or RangeError naming the option that was wrong
   */
  configure(behavior: TestAuthorizationServerBehavior): void;
  /** Ends the life of every access token issued so far, so that a test need not wait for it. Refresh tokens live on. */
  expireAccessTokens(): void;
  /** Closes the server and its connections. Twice is fine. */
  close(): Promise<void>;
}

/**
 * Starts a small authorization server for an app's own tests, on a free port of 127.0.0.1. It serves the implicit grant,
 * authorization codes with PKCE (S256), refresh tokens that change at every use, errors, and metadata that `openid-client`
 * discovers (with `allowInsecureRequests`). It is an OAuth 2.0 server and issues no id tokens.
 *
 * What it checks, it checks as a strict provider does: a code works once, for a minute, with its own redirect URI and
 * verifier. It is for tests: never let a real person or a real secret near it.
 *
 * @param options - how it answers. Default: whatever client and redirect URI, random tokens
 * @returns the running server; close it at the end, or declare it with `await using`
 * @throws TypeError or RangeError naming the option that was wrong
 *
 * @example
 * ```ts
 * import { login } from 'embed-auth-server';
 * import { createTestUserAgent, startTestAuthorizationServer } from 'embed-auth-server/testing';
 *
 * await using server = await startTestAuthorizationServer({ accessToken: 'chosen-by-the-test' });
 * const grant = await login({
 *   clientId: 'my-client-id',
 *   responseType: 'token',
 *   redirectUri: 'http://127.0.0.1:0/callback',
 *   authorizationEndpoint: server.authorizationEndpoint,
 *   openBrowser: createTestUserAgent({ decision: 'allow' }).open,
 * });
 * console.log(grant.accessToken === 'chosen-by-the-test', server.requestsTo('authorization').length);
 * ```
 *
 * @see [RFC 6749](https://www.rfc-editor.org/rfc/rfc6749), [RFC 7636](https://www.rfc-editor.org/rfc/rfc7636),
 * [RFC 8414](https://www.rfc-editor.org/rfc/rfc8414) and [RFC 9207](https://www.rfc-editor.org/rfc/rfc9207)
 */
export async function startTestAuthorizationServer(
  options: TestAuthorizationServerOptions = {},
): Promise<TestAuthorizationServer> {
  const { port, ...registration } = checkRegistration(options);
  const server = new RunningServer(registration, options);
  await server.listen(port);
  return server;
}

class RunningServer implements TestAuthorizationServer {
  readonly #server: Server;
  readonly #endpoints: Endpoints;
  readonly #requests: RecordedRequest[] = [];
  #options: TestAuthorizationServerBehavior;

  constructor(registration: Registration, options: TestAuthorizationServerBehavior) {
    this.#options = options;
    this.#endpoints = new Endpoints(registration, checkBehavior(options), (request) => this.#requests.push(request));
    this.#server = createServer((request, response) => {
      this.#endpoints.answer(request, response).catch(() => {
        response.destroy(); // The client went away in the middle of its request.
      });
    });
  }

  get issuer(): string {
    return this.#endpoints.issuer;
  }

  get authorizationEndpoint(): URL {
    return this.#endpoints.uriOf('authorization');
  }

  get tokenEndpoint(): URL {
    return this.#endpoints.uriOf('token');
  }

  get profileEndpoint(): URL {
    return this.#endpoints.uriOf('profile');
  }

  get requests(): readonly RecordedRequest[] {
    return [...this.#requests];
  }

  requestsTo(endpoint: TestEndpoint): readonly RecordedRequest[] {
    return this.#requests.filter((request) => request.endpoint === endpoint);
  }

  configure(behavior: TestAuthorizationServerBehavior): void {
    const options = { ...this.#options, ...behavior };
    this.#endpoints.behavior = checkBehavior(options);
    this.#options = options;
  }

  expireAccessTokens(): void {
    this.#endpoints.tokens.expireAccessTokens();
  }

  async listen(port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject).listen(port, '127.0.0.1', resolve);
    });
    const address = this.#server.address();
    // It is a string for pipes only.
    if (typeof address === 'object' && address !== null) this.#endpoints.issuer = `http://127.0.0.1:${address.port}`;
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    await new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve();
      });
      this.#server.closeAllConnections();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
