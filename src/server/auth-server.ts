import { EventEmitter } from 'eventemitter3';
import type { Request, Response } from 'express';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { validateResponse, type ExpectedRequest, type ValidationResult } from '../oauth/authorization-response.js';
import { readCallbackUri } from '../oauth/callback-uri.js';
import type { AuthorizationCodeResponse, GrantResponse, ImplicitGrantResponse } from '../oauth/grant-response.js';
import {
  checkServerOptions,
  namesOf,
  portOf,
  withPort,
  type AuthServerOptions,
  type CheckedOptions,
} from './options.js';
import { answerClientError } from './client-errors.js';
import { refuse } from '../callback/response-writer.js';
import { CallbackHandler, HandlerFailure, type CallbackOwner, type Delivery } from '../callback/callback-handler.js';
import { CallbackPageRenderer } from '../page/renderer.js';
import { buildRouter, hideQuery, routeOf } from '../callback/callback-routes.js';
import { AuthAbortedError, ServerError, type AuthorizationError } from '../errors.js';
import { ExpectedRequests } from './expected-requests.js';
import { GrantPage, type CallbackPage, type PageOutcome } from '../callback/callback-page.js';
import { LoopbackListener } from './listener.js';
import { refuseTarget, type OwnNames, type Refusal, type RejectionReason } from '../callback/request-guard.js';

/** What an {@link AuthServer} tells the app. */
export interface AuthServerEvents {
  /** An access token came (implicit grant). */
  implicitGrantReceived: (response: ImplicitGrantResponse, page: CallbackPage) => void;
  /** An authorization code came. */
  authorizationCodeReceived: (response: AuthorizationCodeResponse, page: CallbackPage) => void;
  /** The provider answered the request with an error, such as `access_denied`. */
  errorReceived: (error: AuthorizationError, page: CallbackPage) => void;
  /** Something that is no answer to an expected request was refused. A diagnostic: it carries no value, and ends nothing. */
  callbackRejected: (rejection: { reason: RejectionReason }) => void;
}

/** How to wait for a grant. */
export interface WaitForGrantOptions {
  /** Ends the wait. @default the wait has no end but the grant, an error, or the server's stop */
  signal?: AbortSignal | undefined;
  /** The request whose answer is waited for. @default the next answer to any */
  request?: ExpectedRequest | undefined;
}

interface Waiter {
  readonly state: string | undefined;
  readonly resolve: (response: GrantResponse) => void;
  readonly reject: (error: Error) => void;
}

const defaultBaseUri = 'http://127.0.0.1:5543/callback';
// How long `stop()` waits for pages that are being sent, and for the files of a page of the app's own. Milliseconds.
const stopGrace = 1000;
const nothingHere: Refusal = { reason: 'bad_target', status: 404, text: 'There is nothing here.' };
/** Pages written for the original load their files from the root. */
const rootFolders = ['/'];

/**
 * A small web server on a loopback address that hosts the callback page, receives the authorization response, and tells the
 * app by a typed event.
 *
 * Only the answer to an expected request counts: make the {@link LoginRequest} with the server, or call
 * {@link AuthServer.expect}.
 *
 * @example
 * ```ts
 * import { AuthServer, BrowserUtil, LoginRequest, ResponseType } from 'embed-auth-server';
 *
 * const server = new AuthServer('http://127.0.0.1:5543/callback');
 * server.on('implicitGrantReceived', async (response) => {
 *   await server.stop();
 *   console.log(response.scope);
 * });
 * server.on('errorReceived', async (error) => {
 *   await server.stop();
 *   console.error(error.message);
 * });
 * await server.start();
 * const request = new LoginRequest(server, 'my-client-id', ResponseType.Token, {
 *   authorizationEndpoint: 'https://id.twitch.tv/oauth2/authorize',
 * });
 * await BrowserUtil.open(request.toUri());
 * ```
 *
 * @see [RFC 8252, section 7.3](https://www.rfc-editor.org/rfc/rfc8252#section-7.3)
 */
export class AuthServer extends EventEmitter<AuthServerEvents> implements AsyncDisposable {
  readonly #options: CheckedOptions;
  readonly #renderer: CallbackPageRenderer;
  readonly #handler: CallbackHandler;
  readonly #requests = new ExpectedRequests();
  readonly #waiters = new Set<Waiter>();
  readonly #held = new Set<GrantPage>();
  readonly #inFlight = new Map<ServerResponse, IncomingMessage>();
  #baseUri: URL;
  #names: OwnNames | undefined;
  #listener: LoopbackListener | undefined;
  #app: Promise<RequestListener> | undefined;
  /** Starts and stops follow one another, in the order in which they were called. */
  #lifecycle: Promise<unknown> = Promise.resolve();
  #loading: { since: number; done: Promise<void>; finish: () => void } | undefined;
  #warned = false;

  /**
   * @param baseUri - the redirect URI, registered with the provider. Default: `http://127.0.0.1:5543/callback`
   * @param options - everything else
   * @throws TypeError or RangeError naming the option that was wrong
   * @throws {@link PortUnavailableError} with `PORT_BLOCKED` for a port that browsers refuse to open
   */
  constructor(baseUri: string | URL = defaultBaseUri, options: AuthServerOptions = {}) {
    super();
    this.#options = checkServerOptions(baseUri, options);
    this.#baseUri = this.#options.baseUri;
    this.#renderer = new CallbackPageRenderer(options, {
      credentials: 'omit',
      reportLoaded: options.template !== undefined || options.templatePath !== undefined,
    });
    this.#handler = new CallbackHandler(this.#owner(), this.#renderer);
  }

  /** The redirect URI: with the real port, once the server listens. A new URL at every call. */
  get baseUri(): URL {
    return new URL(this.#baseUri);
  }

  /** The redirect URI as exact text. */
  get redirectUri(): string {
    return this.#baseUri.href;
  }

  /** The port: the one that is bound while the server listens, else the one that is wanted (0: any). */
  get port(): number {
    return this.#listener?.port ?? portOf(this.#baseUri);
  }

  /** Whether the server listens. */
  get listening(): boolean {
    return this.#listener !== undefined;
  }

  /**
   * Starts to listen. A server that listens already stays as it is; one that is stopping starts when it has stopped.
   *
   * @throws {@link PortUnavailableError} where the port is not to be had
   * @throws {@link TemplateError} where the custom page cannot be read
   * @throws {@link ServerError} with `SERVER_FAILED` where the system refuses for another reason
   */
  start(): Promise<void> {
    return this.#next(() => this.#open());
  }

  /**
   * Stops: pages that wait for the app get their answer, then every connection is ended and the port is free. Requests that
   * were expected are forgotten, and who waits for a grant is told. Safe as the first line of an event handler, and twice.
   * A server that was stopped can start again.
   *
   * A page that is held by `waitUntil` is given a second to learn its outcome; after that it sends the person back to the app.
   */
  stop(): Promise<void> {
    for (const waiter of this.#waiters) {
      waiter.reject(
        new ServerError('SERVER_STOPPED', 'The server was stopped before a grant came. Start a new sign-in.'),
      );
    }
    return this.#next(() => this.#close());
  }

  /**
   * From now on, accepts the answer to this request, once. Several may be expected at a time.
   *
   * @param request - the request; a `LoginRequest` made with this server is expected already
   * @throws TypeError where it has no state
   */
  expect(request: ExpectedRequest): void {
    if (
      typeof request !== 'object' ||
      typeof (request as Partial<ExpectedRequest> | null)?.state !== 'string' ||
      request.state === ''
    ) {
      throw new TypeError('`request` must be a LoginRequest, or an object with a `state`');
    }
    this.#requests.add(request);
    if (this.#listener !== undefined) this.#loadAppEarly();
  }

  /**
   * No longer accepts the answer to this request: the person gave up, say.
   *
   * @param request - a request that was expected
   */
  forget(request: ExpectedRequest): void {
    this.#requests.delete(request);
  }

  /**
   * Takes a callback URI that came in another way: delivered by the system to a custom protocol, or pasted by the person.
   * The same checks are made and the same events fire as for a request to the server, which need not be listening.
   *
   * @param uri - the whole callback URI
   * @returns the grant
   * @throws {@link AuthorizationError} where the URI holds an error response or is refused; see its `code`
   * @throws TypeError where `uri` is neither a string nor a URL
   *
   * @example
   * ```ts
   * import { AuthServer, LoginRequest, ResponseType } from 'embed-auth-server';
   *
   * const server = new AuthServer();
   * server.expect(new LoginRequest('myapp.auth://token', 'my-client-id', ResponseType.Token));
   * declare function onOpenUrl(listener: (uri: string) => void): void;
   * onOpenUrl((uri) => void server.receive(uri));
   * ```
   */
  // eslint-disable-next-line @typescript-eslint/require-await -- async makes a rejection of whatever the checks throw
  async receive(uri: string | URL): Promise<GrantResponse> {
    const { href: redirectUri } = this.#baseUri;
    const received = readCallbackUri(uri, redirectUri);
    const expected = this.#find(received.state);
    const { allowUnsolicited } = this.#options;
    let result = validateResponse(received, expected, { allowUnsolicited, redirectUri });
    if (result.kind !== 'rejected' && typeof expected === 'object' && !this.#requests.take(expected)) {
      result = validateResponse(received, 'used');
    }
    if (result.kind === 'rejected') {
      this.#reject(result.reason);
      throw result.error;
    }
    const { failure } = this.#dispatch(result);
    if (failure !== undefined) rethrow(failure.error);
    if (result.kind === 'error') throw result.error;
    return result.grant;
  }

  /**
   * Waits for a grant. It takes part beside the events, not instead of them. A `request` that the server was not told to
   * expect is expected from now on.
   *
   * @param options - the signal that ends the wait, and the request whose answer is wanted
   * @returns the grant
   * @throws {@link AuthorizationError} where the provider answered with an error
   * @throws {@link AuthAbortedError} where the signal ended the wait
   * @throws {@link ServerError} with `SERVER_STOPPED` where the server was stopped
   *
   * @example
   * ```ts
   * import { AuthServer, LoginRequest, ResponseType } from 'embed-auth-server';
   *
   * await using server = new AuthServer();
   * await server.start();
   * const request = new LoginRequest(server, 'my-client-id', ResponseType.Code);
   * console.log('Open', request.toUri().href);
   * const grant = await server.waitForGrant({ request, signal: AbortSignal.timeout(300_000) });
   * console.log(grant.createdAt);
   * ```
   */
  async waitForGrant(options: WaitForGrantOptions = {}): Promise<GrantResponse> {
    const { signal, request } = options;
    if (request !== undefined && this.#requests.find(request.state) === undefined) this.expect(request);
    if (signal?.aborted === true) throw new AuthAbortedError(signal.reason);
    let waiter: Waiter | undefined;
    let abort: (() => void) | undefined;
    try {
      return await new Promise<GrantResponse>((resolve, reject) => {
        waiter = { state: request?.state, resolve, reject };
        this.#waiters.add(waiter);
        abort = () => {
          reject(new AuthAbortedError(signal?.reason));
        };
        signal?.addEventListener('abort', abort);
      });
    } finally {
      if (waiter !== undefined) this.#waiters.delete(waiter);
      if (abort !== undefined) signal?.removeEventListener('abort', abort);
    }
  }

  /** Stops the server, at the end of an `await using` block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #next(action: () => Promise<void>): Promise<void> {
    const result = this.#lifecycle.then(action);
    // The next in line runs whatever became of this one, of which its own caller is told.
    this.#lifecycle = result.catch(() => undefined);
    return result;
  }

  async #open(): Promise<void> {
    if (this.#listener !== undefined) return;
    const { addresses, ports, tls, maxHeaderSize, requestTimeout, baseUri } = this.#options;
    if (!this.#renderer.isDefault) await this.#renderer.load();
    this.#listener = await LoopbackListener.open(
      { addresses, ports, tls, maxHeaderSize, requestTimeout },
      (request, response) => {
        this.#onRequest(request, response);
      },
      answerClientError,
    );
    this.#baseUri = withPort(baseUri, this.#listener.port);
    this.#names = undefined;
    // What takes time is done while the person signs in; a request that comes sooner waits for it.
    setImmediate(() => {
      if (this.#listener === undefined) return;
      this.#names ??= namesOf(this.#baseUri);
      this.#renderer.prepare().catch(warnOfPage);
      // An answer in the query is the page's own GET, which needs no Express: then the app is spared its time and its memory.
      this.#loadAppEarly();
    });
  }

  /** What goes wrong is said now, and not only when the person comes back from signing in. */
  #loadAppEarly(): void {
    this.#loadApp().catch(warnOfPage);
  }

  async #close(): Promise<void> {
    const listener = this.#listener;
    if (listener === undefined) return;
    await this.#settled();
    await listener.close();
    this.#listener = undefined;
    this.#requests.clear();
    this.#loading = undefined;
  }

  /** Waits, for a while, until the pages that are held and what is being sent have had their end. */
  async #settled(): Promise<void> {
    if (this.#held.size > 0) await within(stopGrace, Promise.all([...this.#held].map((page) => page.outcome)));
    for (const page of this.#held) page.release();
    const sending = [...this.#inFlight]
      .filter(([, request]) => request.complete)
      .map(([response]) => new Promise<void>((resolve) => response.once('close', resolve)));
    if (sending.length > 0) await within(stopGrace, Promise.all(sending));
    if (this.#loading !== undefined) await within(this.#loading.since + stopGrace - Date.now(), this.#loading.done);
  }

  /** Found out while the person signs in, or at the first request, where that is sooner. */
  get #own(): OwnNames {
    return (this.#names ??= namesOf(this.#baseUri));
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    response.on('error', () => undefined); // The client is gone; there is nobody left to tell.
    // A socket kept open would be met again by the next sign-in in this browser, at a server that is no more. Only the page
    // that is still to forward its fragment keeps its own.
    response.shouldKeepAlive &&= request.method === 'GET' && request.url === this.#options.baseUri.pathname;
    const refusal = refuseTarget(request, request.url ?? '', this.#own);
    if (refusal !== undefined) {
      this.#reject(refusal.reason);
      refuse(refusal, response);
      return;
    }
    this.#inFlight.set(response, request);
    response.once('close', () => this.#inFlight.delete(response));
    const [path, query] = splitTarget(request.url ?? '');
    const { pathname } = this.#options.baseUri;
    if (request.method === 'GET' && path === pathname) {
      // The redirect itself takes no detour by the router, which has nothing to read there, nor waits for it to be loaded.
      this.#handler.page(request, response, query).catch((error: unknown) => {
        this.#fail(error, response);
      });
      return;
    }
    if (this.#renderer.folder === undefined && routeOf(path, pathname, rootFolders) === undefined) {
      refuse(nothingHere, response);
      return;
    }
    this.#loadApp().then(
      (app) => {
        hideQuery(request);
        app(request, response);
      },
      (error: unknown) => {
        this.#fail(error, response);
      },
    );
  }

  #loadApp(): Promise<RequestListener> {
    this.#app ??= this.#makeApp().catch((error: unknown) => {
      this.#app = undefined;
      throw error;
    });
    return this.#app;
  }

  async #makeApp(): Promise<RequestListener> {
    const { pathname } = this.#options.baseUri;
    const router = await buildRouter(this.#handler, this.#renderer, () => this.#own, {
      page: () => pathname,
      folders: rootFolders,
    });
    // Express's router without an Express application around it, which would make an answer take half as long again. The
    // router asks of a request and a response what Node's own have.
    return (request, response) => {
      router(request as Request, response as Response, (error?: unknown) => {
        if (error !== undefined && error !== null) this.#fail(error, response);
        else refuse(nothingHere, response);
      });
    };
  }

  /** A handler's error surfaces as any uncaught one does; ours ends in a page and a warning, never in the app's end. */
  #fail(error: unknown, response: ServerResponse): void {
    if (error instanceof HandlerFailure) {
      rethrow(error.error);
      return;
    }
    if (response.destroyed) return;
    warnOfPage(error);
    if (response.headersSent) response.end();
    else
      refuse({ reason: 'bad_target', status: 500, text: 'The page could not be made. Return to the app.' }, response);
  }

  #owner(): CallbackOwner {
    return {
      unsolicited: this.#options.allowUnsolicited,
      redirectUri: () => this.#baseUri,
      find: (state) => this.#find(state),
      take: (expected) => this.#requests.take(expected),
      deliver: (verdict, _request, _response, then) => {
        then(this.#dispatch(verdict));
      },
      rejected: (reason) => {
        this.#reject(reason);
      },
      sent: () => {
        if (!this.#renderer.isDefault) this.#loading = loading();
      },
      loaded: () => {
        this.#loading?.finish();
      },
    };
  }

  #find(state: string | undefined): ExpectedRequest | 'used' | undefined {
    const found = this.#requests.find(state);
    if (found === undefined && !this.#requests.everExpected && !this.#options.allowUnsolicited && !this.#warned) {
      this.#warned = true;
      process.emitWarning(
        'A callback came, but no request is expected, so it was refused. Make the LoginRequest with the server ' +
          '(`new LoginRequest(server, ...)`), or call `server.expect(request)`, or set `allowUnsolicited`.',
        { code: 'EMBED_AUTH_NOTHING_EXPECTED' },
      );
    }
    return found;
  }

  #reject(reason: RejectionReason): void {
    const failure = this.#emit('callbackRejected', { reason });
    if (failure !== undefined) rethrow(failure.error);
  }

  /** Tells those who wait, then the handlers. */
  #dispatch(verdict: Exclude<ValidationResult, { kind: 'rejected' }>): Delivery {
    const page = new GrantPage();
    const state = verdict.kind === 'error' ? verdict.error.state : verdict.grant.state;
    for (const waiter of this.#waiters) {
      if (waiter.state !== undefined && waiter.state !== state) continue;
      if (verdict.kind === 'error') waiter.reject(verdict.error);
      else waiter.resolve(verdict.grant);
    }
    let failure: HandlerFailure | undefined;
    this.#held.add(page);
    if (verdict.kind === 'error') failure = this.#emit('errorReceived', verdict.error, page);
    else if (verdict.grant.kind === 'token') failure = this.#emit('implicitGrantReceived', verdict.grant, page);
    else failure = this.#emit('authorizationCodeReceived', verdict.grant, page);
    const dispatched = page.dispatched();
    if (typeof dispatched === 'string') this.#held.delete(page);
    else void dispatched.then(() => this.#held.delete(page));
    const outcome: PageOutcome | Promise<PageOutcome> = failure === undefined ? dispatched : 'failed';
    return { outcome, failure };
  }

  #emit<Name extends keyof AuthServerEvents>(
    name: Name,
    ...parameters: Parameters<AuthServerEvents[Name]>
  ): HandlerFailure | undefined {
    try {
      // The emitter's own types cannot follow a name that is still open.
      (this.emit as (name: Name, ...parameters: Parameters<AuthServerEvents[Name]>) => boolean).call(
        this,
        name,
        ...parameters,
      );
      return undefined;
    } catch (error) {
      return new HandlerFailure(error);
    }
  }
}

function loading(): { since: number; done: Promise<void>; finish: () => void } {
  let finish: () => void = () => undefined;
  const done = new Promise<void>((resolve) => {
    finish = resolve;
  });
  return { since: Date.now(), done, finish };
}

function splitTarget(target: string): [path: string, query: string] {
  const start = target.indexOf('?');
  return start === -1 ? [target, ''] : [target.slice(0, start), target.slice(start + 1)];
}

/** No error that gets here has read the request: body parsers' errors, which hold the body, are answered before. */
function warnOfPage(error: unknown): void {
  process.emitWarning(
    `The callback page cannot be served: ${error instanceof Error ? error.message : typeof error} ` +
      '(where the app is bundled as an ES module, see “Bundlers” in the README of embed-auth-server).',
    { code: 'EMBED_AUTH_PAGE_FAILED' },
  );
}

async function within(milliseconds: number, promise: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, Math.max(0, milliseconds));
  });
  await Promise.race([promise, over]);
  clearTimeout(timer);
}

/** Throws where nobody of ours stands in between, as an error of a handler is thrown anywhere else. */
function rethrow(error: unknown): void {
  process.nextTick(() => {
    throw error;
  });
}
