import { AuthAbortedError } from '../errors.js';
import { isHttpsOrLoopback } from '../oauth/redirect-uri.js';
import type { Stored } from './stored-tokens.js';
import type { TokenCaller } from './token-call.js';

/** How long a token that was refused right after it had been brought is not replaced again. */
const patience = 60_000;

/** @internal A response, and the tokens that its request was sent with. */
export interface SentWithTokens {
  readonly response: Response;
  readonly stored: Stored;
}

/** @internal The `fetch` of a session. */
export class SessionFetch {
  readonly #session: TokenCaller;
  readonly #interactive: boolean;
  readonly #origin: string | undefined;
  /** The token that this session's own refresh, or a sign-in without a refresh token, has brought after a 401, and when. */
  #brought: { readonly accessToken: string; readonly at: number } | undefined;

  constructor(session: TokenCaller, interactive: boolean, resource: string | URL | undefined) {
    this.#session = session;
    this.#interactive = interactive;
    this.#origin = resource === undefined ? undefined : new URL(resource).origin;
  }

  async fetch(input: string | URL | Request, init?: RequestInit): Promise<Response> {
    return (await this.send(input, init)).response;
  }

  /**
   * Aborting rejects with the signal's reason, as that of `fetch` does.
   *
   * @param send - sends the request, with the token
   */
  async send(
    input: string | URL | Request,
    init: RequestInit = {},
    send: Send = (target, options) => fetch(target, options),
  ): Promise<SentWithTokens> {
    try {
      return await this.#sendWithTokens(input, init, send);
    } catch (error) {
      if (error instanceof AuthAbortedError) throw error.cause;
      throw error;
    }
  }

  async #sendWithTokens(input: string | URL | Request, init: RequestInit, send: Send): Promise<SentWithTokens> {
    const request = input instanceof Request ? input : undefined;
    const text = input instanceof Request ? input.url : String(input);
    if (!URL.canParse(text)) throw new TypeError('`fetch` of a session needs an absolute URI');
    const uri = new URL(text);
    this.#check(uri);
    const signal = init.signal ?? request?.signal ?? undefined;
    const stored = await this.#first(signal);
    const response = await send(...withToken(input, init, stored.tokens.accessToken));
    // After a redirect to another origin the token was not sent, so that its 401 says nothing about it.
    if (response.status !== 401 || (response.url !== '' && new URL(response.url).origin !== uri.origin))
      return { response, stored };
    const next = await this.#next(stored, signal);
    if (next === undefined || isReadOnce(request, init.body)) return { response, stored };
    await response.body?.cancel();
    return { response: await send(...withToken(input, init, next.tokens.accessToken)), stored: next };
  }

  #check(uri: URL): void {
    if (!isHttpsOrLoopback(uri)) {
      throw new TypeError('`fetch` of a session sends its token by https only, or by http on this machine');
    }
    if (this.#origin !== undefined && uri.origin !== this.#origin) {
      throw new TypeError(`\`fetch\` of a session with \`resource\` sends its token to ${this.#origin} only`);
    }
  }

  /** Without a refresh token, a token that seems to be over is tried: the clock may be wrong. */
  async #first(signal: AbortSignal | undefined): Promise<Stored> {
    const call = { minimumLifetime: 60, interactive: this.#interactive, forceRefresh: false, signal };
    return await this.#session.get({ ...call, triesExpired: true });
  }

  /** The token after the one that was refused; undefined if there is no use in another. */
  async #next(stored: Stored, signal: AbortSignal | undefined): Promise<Stored | undefined> {
    const refused = stored.tokens.accessToken;
    const now = performance.now();
    if (this.#brought?.accessToken === refused && now - this.#brought.at < patience) {
      const current = await this.#session.read();
      return current === undefined || current.tokens.accessToken === refused ? undefined : current;
    }
    const call = { minimumLifetime: 0, interactive: this.#interactive, forceRefresh: false, signal, refused };
    return await this.#session.get({
      ...call,
      onBrought: (next) => {
        this.#brought = { accessToken: next.tokens.accessToken, at: performance.now() };
      },
    });
  }
}

type Send = (input: string | URL | Request, init: RequestInit) => Promise<Response>;

function withToken(
  input: string | URL | Request,
  init: RequestInit,
  accessToken: string,
): [input: string | URL | Request, init: RequestInit] {
  const headers = new Headers(init.headers ?? (input instanceof Request ? input.headers : undefined));
  headers.set('authorization', `Bearer ${accessToken}`);
  return [input, { ...init, headers }];
}

/** @internal Whether a body was consumed by being sent. */
export function isReadOnce(request: Request | undefined, body: RequestInit['body']): boolean {
  if (body === undefined || body === null) return request?.body !== null && request?.body !== undefined;
  if (body instanceof ReadableStream) return true;
  return typeof body === 'object' && Symbol.asyncIterator in body;
}
