import { createServer, type Server } from 'node:http';
import type {
  TestAuthorizationServerBehavior,
  TestAuthorizationServerOptions,
} from './authorization-server-options.js';
import { checkBehavior, checkBehaviorNames, checkRegistration, type Registration } from './checked-options.js';
import { Endpoints } from './endpoints.js';
import type { RecordedRequest, TestEndpoint } from './recorded-request.js';

/**
 * A running authorization server for tests: {@link startTestAuthorizationServer} makes one.
 *
 * It listens on 127.0.0.1 only and keeps everything in memory.
 */
export interface TestAuthorizationServer extends AsyncDisposable {
  /** The issuer identifier, a string without a slash at its end: the value of `iss` and of the metadata's `issuer`. */
  readonly issuer: string;
  /** The authorization endpoint. */
  readonly authorizationEndpoint: URL;
  /** The token endpoint: exchanges codes, refresh tokens and device codes. */
  readonly tokenEndpoint: URL;
  /** The revocation endpoint (RFC 7009). */
  readonly revocationEndpoint: URL;
  /** A protected resource: returns the profile of the account as JSON for a valid access token, otherwise status 401. */
  readonly profileEndpoint: URL;
  /** The device authorization endpoint (RFC 8628). */
  readonly deviceAuthorizationEndpoint: URL;
  /** The pushed authorization request endpoint (RFC 9126). */
  readonly pushedAuthorizationRequestEndpoint: URL;
  /** The client registration endpoint (RFC 7591). */
  readonly registrationEndpoint: URL;
  /** Every request so far, in the order in which they arrived. */
  readonly requests: readonly RecordedRequest[];
  /**
   * The requests that reached one endpoint.
   *
   * @param endpoint - the endpoint
   * @returns its requests, in the order in which they arrived
   */
  requestsTo(endpoint: TestEndpoint): readonly RecordedRequest[];
  /**
   * Changes how the server responds from now on. What is not named stays as it is; undefined restores the default.
   *
   * @param behavior - the changes
   * @throws TypeError or RangeError naming the option that is wrong
   */
  configure(behavior: TestAuthorizationServerBehavior): void;
  /** Expires every access token issued so far, so that a test need not wait for it. Refresh tokens stay valid. */
  expireAccessTokens(): void;
  /** Revokes every access token and every refresh token issued so far. */
  revokeTokens(): void;
  /** Closes the server and its connections. It may be called twice. */
  close(): Promise<void>;
}

/**
 * Starts a small authorization server for an app's own tests, on a free port of 127.0.0.1. It serves authorization codes
 * with PKCE (S256), the implicit grant, refresh tokens that change at every use, revocation, ID tokens (RS256) for the scope
 * `openid`, the device authorization grant, pushed authorization requests, dynamic client registration, and metadata that
 * `openid-client` discovers (with `allowInsecureRequests`).
 *
 * Its checks are those of a strict provider: a code works once, for a minute, with its own redirect URI and verifier. In a
 * browser it shows a page on which the user chooses an account and allows or denies what the app asks for. It is for tests
 * and demos: there are no passwords.
 *
 * @param options - how it responds. Default: any client and any redirect URI, random tokens
 * @returns the running server; close it at the end: it keeps the process alive. `await using` does that by itself (Node 24, or TypeScript)
 * @throws TypeError or RangeError naming the option that is wrong
 *
 * @example
 * ```ts
 * import { login } from 'embed-auth-server';
 * import { createTestUserAgent, startTestAuthorizationServer } from 'embed-auth-server/testing';
 *
 * const server = await startTestAuthorizationServer({ accessToken: 'chosen-by-the-test' });
 * const grant = await login({
 *   clientId: 'my-client-id',
 *   responseType: 'token',
 *   redirectUri: 'http://127.0.0.1:0/callback',
 *   authorizationEndpoint: server.authorizationEndpoint,
 *   openBrowser: createTestUserAgent({ decision: 'allow' }).open,
 * });
 * console.log(grant.accessToken === 'chosen-by-the-test', server.requestsTo('authorization').length);
 * await server.close();
 * ```
 *
 * @see [RFC 6749](https://www.rfc-editor.org/rfc/rfc6749), [RFC 7636](https://www.rfc-editor.org/rfc/rfc7636),
 * [RFC 7009](https://www.rfc-editor.org/rfc/rfc7009), [RFC 8414](https://www.rfc-editor.org/rfc/rfc8414), [RFC 8628](https://www.rfc-editor.org/rfc/rfc8628) and
 * [RFC 9207](https://www.rfc-editor.org/rfc/rfc9207)
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
      this.#endpoints.respond(request, response).catch(() => {
        response.destroy(); // The client disconnected during its request.
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

  get revocationEndpoint(): URL {
    return this.#endpoints.uriOf('revocation');
  }

  get profileEndpoint(): URL {
    return this.#endpoints.uriOf('profile');
  }

  get deviceAuthorizationEndpoint(): URL {
    return this.#endpoints.uriOf('device_authorization');
  }

  get pushedAuthorizationRequestEndpoint(): URL {
    return this.#endpoints.uriOf('pushed_authorization_request');
  }

  get registrationEndpoint(): URL {
    return this.#endpoints.uriOf('registration');
  }

  get requests(): readonly RecordedRequest[] {
    return [...this.#requests];
  }

  requestsTo(endpoint: TestEndpoint): readonly RecordedRequest[] {
    return this.#requests.filter((request) => request.endpoint === endpoint);
  }

  configure(behavior: TestAuthorizationServerBehavior): void {
    checkBehaviorNames(behavior);
    const options = { ...this.#options, ...behavior };
    this.#endpoints.behavior = checkBehavior(options);
    this.#options = options;
  }

  expireAccessTokens(): void {
    this.#endpoints.tokens.expireAccessTokens();
  }

  revokeTokens(): void {
    this.#endpoints.tokens.revokeTokens();
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
