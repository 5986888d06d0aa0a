import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A token or revocation request, as it arrived. */
export interface TokenRequest {
  readonly path: string;
  readonly params: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
}

/** How the server responds to one request instead of the usual. */
export type Behavior = (request: TokenRequest, response: ServerResponse, usual: () => unknown) => unknown;

interface Family {
  revoked: boolean;
}

/**
 * A token endpoint that rotates refresh tokens and detects reuse: whoever sends a used one revokes every token of its sign-in.
 * `/sign-in` issues the tokens of a new one, `/revoke` ends one, `/resource` demands a valid access token.
 */
export class RotatingServer implements AsyncDisposable {
  readonly requests: TokenRequest[] = [];
  readonly origin: string;
  /** What the next requests of a path result in, in this order; then the usual. */
  readonly next: { [path: string]: Behavior[] } = {};
  /** What every request of a path results in. */
  always: { [path: string]: Behavior } = {};
  expiresIn: unknown = 3600;
  readonly #server = createServer();
  readonly #refreshTokens = new Map<string, { family: Family; used: boolean }>();
  readonly #accessTokens = new Map<string, Family>();
  #count = 0;
  #revocations = 0;
  #waiting: { path: string; count: number; resolve: () => void }[] = [];

  private constructor() {
    this.#server.on('request', (request, response) => void this.#respond(request, response));
    this.origin = '';
  }

  static async start(): Promise<RotatingServer> {
    const server = new RotatingServer();
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server, 'listening');
    const { port } = server.#server.address() as AddressInfo;
    return Object.assign(server, { origin: `http://127.0.0.1:${String(port)}` });
  }

  /** How often reuse was detected, that is, how many sign-ins were lost. */
  get reuses(): number {
    return this.#revocations;
  }

  requestsOf(path: string): TokenRequest[] {
    return this.requests.filter((request) => request.path === path);
  }

  /** Resolves when a path was requested so often. */
  async requested(path: string, count = 1): Promise<void> {
    if (this.requestsOf(path).length >= count) return;
    await new Promise<void>((resolve) => this.#waiting.push({ path, count, resolve }));
  }

  /** The response to a sign-in. */
  issue(family: Family = { revoked: false }): Record<string, unknown> {
    const number = (this.#count += 1);
    const tokens = { access_token: `access-token-${String(number)}`, refresh_token: `refresh-token-${String(number)}` };
    this.#accessTokens.set(tokens.access_token, family);
    this.#refreshTokens.set(tokens.refresh_token, { family, used: false });
    return { ...tokens, token_type: 'Bearer', ...(this.expiresIn !== undefined && { expires_in: this.expiresIn }) };
  }

  isValid(accessToken: string): boolean {
    return this.#accessTokens.get(accessToken)?.revoked === false;
  }

  /** Whether a refresh token would be accepted. */
  canRefresh(refreshToken: string | undefined): boolean {
    const found = this.#refreshTokens.get(refreshToken ?? '');
    return found !== undefined && !found.used && !found.family.revoked;
  }

  /** Revokes an access token, but not its sign-in. */
  refuse(accessToken: string): void {
    this.#accessTokens.delete(accessToken);
  }

  /** Responds to a refresh by the rules. */
  refresh(params: URLSearchParams): [status: number, body: Record<string, unknown>] {
    const found = this.#refreshTokens.get(params.get('refresh_token') ?? '');
    if (found?.used === true && !found.family.revoked) {
      found.family.revoked = true;
      this.#revocations += 1;
    }
    if (found === undefined || found.family.revoked) return [400, { error: 'invalid_grant' }];
    found.used = true;
    return [200, this.issue(found.family)];
  }

  async #respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? '', this.origin).pathname.slice(1);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const params = new URLSearchParams(Buffer.concat(chunks).toString());
    const received = { path, params, headers: request.headers };
    this.requests.push(received);
    const reached = this.#waiting.filter((wait) => this.requestsOf(wait.path).length >= wait.count);
    for (const wait of reached) wait.resolve();
    this.#waiting = this.#waiting.filter((wait) => !reached.includes(wait));
    const usual = (): void => {
      const [status, body] = this.#usual(path, received);
      sendJson(response, status, body);
    };
    const behavior = this.next[path]?.shift() ?? this.always[path];
    if (behavior === undefined) usual();
    else await behavior(received, response, usual);
  }

  #usual(path: string, { params, headers }: TokenRequest): [status: number, body: Record<string, unknown>] {
    if (path === 'sign-in') return [200, this.issue()];
    if (path === 'token') return this.refresh(params);
    if (path === 'revoke') {
      const token = params.get('token') ?? '';
      const family = this.#refreshTokens.get(token)?.family ?? this.#accessTokens.get(token);
      if (family !== undefined) family.revoked = true;
      return [200, {}];
    }
    const token = /^Bearer (.*)$/.exec(headers.authorization ?? '')?.[1] ?? '';
    return this.isValid(token) ? [200, { token }] : [401, {}];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}

export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}
