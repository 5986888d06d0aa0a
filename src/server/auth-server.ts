import { EventEmitter } from 'eventemitter3';
import { PendingPage } from '../callback/callback-page.js';
import type { ExpectedRequest } from '../oauth/authorization-response.js';
import { toExpectedRequest } from '../oauth/authorization-uri.js';
import type { GrantResponse } from '../oauth/grant-response.js';
import { flag, optional, parseOptions } from '../oauth/option-rows.js';
import { portOf, withPort } from '../oauth/redirect-uri.js';
import { isBuiltInPage, type CallbackPageOptions } from '../page/options.js';
import { SignIns } from '../sign-in/sign-ins.js';
import { trace } from '../trace.js';
import type { AuthServerEvents } from './events.js';
import { openListener, type LoopbackListener } from './listener.js';
import { namesOf, parseServerOptions, type AuthServerOptions, type ServerSettings } from './options.js';
import { PendingWork } from './pending-work.js';
import { ServerRequests } from './server-requests.js';
import { checkWaitOptions, type WaitForGrantOptions } from './wait-options.js';

/** @internal The sign-ins of a server, for `login()`. Nothing else can reach them. */
export let signInsOf: (server: AuthServer) => SignIns<PendingPage>;

const receiveRows = { pasted: optional(flag, false) };
const defaultBaseUri = 'http://127.0.0.1:5543/callback';

/**
 * A small web server on a loopback address that hosts the callback page, receives the authorization response, and notifies the
 * app by a typed event.
 *
 * Only the response to an expected request is accepted: make the {@link LoginRequest} with the server, or call
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
  static {
    signInsOf = (server) => server.#signIns;
  }

  readonly #signIns: SignIns<PendingPage>;
  readonly #options: ServerSettings;
  readonly #pageOptions: CallbackPageOptions;
  readonly #requests: ServerRequests;
  readonly #work = new PendingWork();
  #boundUri: string;
  #listener: LoopbackListener | undefined;
  /** Starts and stops follow one another, in the order in which they were called. */
  #lifecycle: Promise<unknown> = Promise.resolve();

  /**
   * @param baseUri - the redirect URI, registered with the provider. It is sent exactly as it is given, only the port is filled
   * in. Default: `http://127.0.0.1:5543/callback`
   * @param options - see {@link AuthServerOptions}
   * @throws TypeError or RangeError naming the option that was wrong
   * @throws {@link PortUnavailableError} with `PORT_BLOCKED` for a port that browsers block
   */
  constructor(baseUri: string | URL = defaultBaseUri, options: AuthServerOptions = {}) {
    super();
    this.#options = parseServerOptions(baseUri, options);
    this.#boundUri = this.#options.baseUri;
    this.#pageOptions = options;
    const { allowUnsolicited, requestLifetime } = this.#options;
    // The emitter's types cannot follow a name that is a variable.
    const emitter = this as EventEmitter;
    this.#signIns = new SignIns({
      allowUnsolicited,
      requestLifetime,
      redirectUri: () => this.redirectUri,
      arrived: () => this.#work.arrived(),
      makePage: () => new PendingPage(),
      listens: (event) => this.listenerCount(event) > 0,
      emit: (event, ...values) => {
        emitter.emit(event, ...values);
      },
    });
    this.#requests = new ServerRequests({
      options: this.#options,
      pageOptions: options,
      signIns: this.#signIns,
      work: this.#work,
    });
  }

  /** The redirect URI, exactly as it is sent: `publicUri` if it was given, otherwise `baseUri` with the real port. */
  get redirectUri(): string {
    return this.#options.publicUri ?? this.#boundUri;
  }

  /** The redirect URI as a URL. A new one at every call. */
  get baseUri(): URL {
    return new URL(this.redirectUri);
  }

  /** The port: the bound one as soon as the server has listened; before, the one that was asked for (0: any). */
  get port(): number {
    return this.#listener?.port ?? portOf(new URL(this.#boundUri));
  }

  /** Whether the server listens. */
  get listening(): boolean {
    return this.#listener !== undefined;
  }

  /**
   * Starts to listen. A server that listens already stays as it is; one that is stopping starts when it has stopped.
   *
   * @throws {@link PortUnavailableError} if the port is unavailable
   * @throws {@link TemplateError} if the custom page cannot be read
   * @throws {@link ServerError} with `SERVER_FAILED` if the system rejects it for another reason
   */
  start(): Promise<void> {
    this.#signIns.start();
    return this.#enqueue(() => this.#open());
  }

  /**
   * Stops: held pages get their end, then every connection is closed and the port is free. Expected requests are forgotten, and
   * every wait for a grant rejects, unless its `exchange` runs already. Safe as the first line of an event handler, and twice. A
   * stopped server can start again.
   *
   * A page that is held by `waitUntil` or `exchange` has one second to learn its outcome; then it says "return to the app".
   */
  stop(): Promise<void> {
    this.#signIns.stop();
    return this.#enqueue(() => this.#close());
  }

  /**
   * From now on, accepts the response to this request, once. Several may be expected at a time.
   *
   * @param request - the request, or the authorization URI that an SDK made; a `LoginRequest` made with this server is expected
   * already
   * @throws TypeError if it has no state
   */
  expect(request: ExpectedRequest | string | URL): void {
    this.#signIns.expect(this.#checked(request));
  }

  /**
   * No longer accepts the response to this request, for example because the user gave up. Waits for it reject with `ABORTED`.
   *
   * @param request - a request that was expected
   */
  forget(request: ExpectedRequest | string | URL): void {
    this.#signIns.forget(this.#checked(request));
  }

  /**
   * Processes a callback URI that arrived in another way: from the system for a custom protocol, which is taken character by character,
   * or pasted by the user. The same checks are made, the same events are emitted and the same waits end as for a request to the server, which need not listen.
   *
   * @param uri - the whole callback URI
   * @param options - `pasted`: the text comes from a paste box of the app; what stands around the URI, line breaks and quotes are removed.
   * Default: false
   * @returns the grant
   * @throws {@link AuthorizationError} if the URI holds an error response or is rejected; see its `code`
   * @throws TypeError if `uri` is neither a string nor a URL
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
  async receive(uri: string | URL, options: { pasted?: boolean | undefined } = {}): Promise<GrantResponse> {
    const { pasted } = parseOptions('receive', options, receiveRows);
    return this.#signIns.receive(uri, pasted);
  }

  /**
   * Waits for a grant, in addition to the events. An outcome that has arrived already within the last minute is not lost. A request that
   * is not expected yet is expected from now on.
   *
   * @param options - the signal that ends the wait, the request whose response is awaited, and `exchange`
   * @returns what `exchange` returns; without `exchange`, the grant
   * @throws {@link AuthorizationError} if the sign-in ended with an error; `STATE_USED` if the response was delivered before
   * @throws {@link AuthAbortedError} if the signal ended the wait; the request is then forgotten
   * @throws {@link ServerError} with `SERVER_STOPPED` if the server was stopped
   * @throws what `exchange` throws
   *
   * @example
   * ```ts
   * import { AuthServer, LoginRequest, ResponseType } from 'embed-auth-server';
   *
   * const server = new AuthServer();
   * await server.start();
   * const request = new LoginRequest(server, 'my-client-id', ResponseType.Code);
   * console.log('Open', request.toUri().href);
   * const grant = await server.waitForGrant({ request, signal: AbortSignal.timeout(300_000) });
   * console.log(grant.createdAt);
   * await server.stop();
   * ```
   */
  waitForGrant<Result = GrantResponse>(options: WaitForGrantOptions<Result> = {}): Promise<Result> {
    const result = this.#waitForGrant(options);
    // The app may await it only later; its rejection must not end the process before.
    result.catch(() => undefined);
    return result;
  }

  async #waitForGrant<Result>(options: WaitForGrantOptions<Result>): Promise<Result> {
    checkWaitOptions(options);
    // Without `exchange` the result is the grant, and `Result` is its type.
    const request = options.request === undefined ? undefined : this.#checked(options.request);
    return (await this.#signIns.wait({ ...options, request })) as Result;
  }

  #checked(request: ExpectedRequest | string | URL): ExpectedRequest {
    return toExpectedRequest(request, this.redirectUri);
  }

  /** Stops the server, at the end of an `await using` block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #enqueue(action: () => Promise<void>): Promise<void> {
    const result = this.#lifecycle.then(action);
    // The next action runs in any case; the caller of this one gets its error.
    this.#lifecycle = result.catch(() => undefined);
    return result;
  }

  async #open(): Promise<void> {
    if (this.#listener !== undefined) return;
    if (!isBuiltInPage(this.#pageOptions)) await this.#requests.loadPage();
    this.#listener = await openListener(this.#options, this.#requests);
    this.#boundUri = withPort(this.#options.baseUri, this.#listener.port);
    this.#requests.address = { redirectUri: this.redirectUri, names: namesOf(this.#boundUri, this.redirectUri) };
    trace('listening on port %d', this.#listener.port);
    // A request that arrives sooner renders the page itself, and reports a failure.
    this.#requests.prepare().catch(() => undefined);
  }

  async #close(): Promise<void> {
    if (this.#listener === undefined) return;
    await this.#work.settled();
    await this.#listener.close();
    this.#listener = undefined;
    trace('stopped');
  }
}
