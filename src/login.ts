import { AuthServer } from './server/auth-server.js';
import type { AuthServerOptions } from './server/options.js';
import type { AuthorizationCodeResponse, GrantResponse, ImplicitGrantResponse } from './oauth/grant-response.js';
import { BrowserUtil } from './browser-util.js';
import { AuthAbortedError, AuthorizationError, BrowserOpenError } from './errors.js';
import type { CallbackPage } from './callback/callback-page.js';
import { LoginRequest, ResponseType, type LoginRequestOptions } from './oauth/login-request.js';
import { PKCEUtil } from './oauth/pkce-util.js';

/** The grant that a response type comes to. */
export type GrantFor<Type extends ResponseType> = Type extends 'code'
  ? AuthorizationCodeResponse
  : Type extends 'token'
    ? ImplicitGrantResponse
    : GrantResponse;

/** What a function that asks the person for the callback URI is told. */
export interface PromptContext {
  /** The login URI, to be opened in whatever browser the person has. */
  readonly uri: URL;
  /** Aborted when the question has become needless: the answer came by itself, or the sign-in was aborted. */
  readonly signal: AbortSignal;
  /** Whether a browser was opened on this machine. */
  readonly browserOpened: boolean;
  /** Why the last thing that was pasted was not taken. */
  readonly error: AuthorizationError | undefined;
}

/** How {@link login} signs the person in. */
export interface LoginOptions<Type extends ResponseType = 'code'> extends AuthServerOptions, LoginRequestOptions {
  /** The id that the provider gave the app. */
  clientId: string;
  /** Which grant to ask for. @default `code`, with PKCE */
  responseType?: Type | undefined;
  /** The redirect URI, registered with the provider. @default `http://127.0.0.1:5543/callback` */
  redirectUri?: string | URL | undefined;
  /** A server of the app's own that listens already and goes on afterwards. @default one that is started and stopped here */
  server?: AuthServer | undefined;
  /** Whether a code is asked for with PKCE (S256). @default true */
  pkce?: boolean | undefined;
  /** Opens the browser; false: nobody does. @default {@link BrowserUtil.open} */
  openBrowser?: ((uri: URL) => unknown) | false | undefined;
  /** Told the login URI before the browser is opened: print it, for the person whose browser is elsewhere. */
  onLoginUri?: ((uri: URL) => void) | undefined;
  /**
   * Asks the person to paste the callback URI, while the server waits for it: whichever comes first wins. Asked again, with
   * `error`, where what was pasted is not taken. A function that returns undefined has nothing (more) to ask.
   */
  prompt?: ((context: PromptContext) => string | URL | undefined | Promise<string | URL | undefined>) | undefined;
  /**
   * Called with the grant while the page shows "finishing sign-in": exchange the code here. The page shows success when the
   * returned promise resolves; where it rejects, the page shows failure and `login` rejects with the same error.
   */
  onGrant?: ((grant: GrantFor<Type>, page: CallbackPage) => unknown) | undefined;
  /** Ends the sign-in. @default it waits until the person is done; `AbortSignal.timeout(300_000)` is a good choice */
  signal?: AbortSignal | undefined;
}

/**
 * Signs the person in: starts a server, opens the browser, waits for the answer, stops the server. In every outcome the
 * server is stopped and the port is free.
 *
 * @param options - `clientId` is needed; everything else has a default
 * @returns the grant: an {@link AuthorizationCodeResponse} with its `codeVerifier`, or an {@link ImplicitGrantResponse} where
 * `responseType` is `token`
 * @throws {@link AuthorizationError} where the person or the provider denied it
 * @throws {@link AuthAbortedError} where `signal` ended it
 * @throws {@link PortUnavailableError} where the port is not to be had
 * @throws {@link BrowserOpenError} where no browser was opened and there is neither `onLoginUri` nor `prompt`
 * @throws {@link TemplateError} where the custom page cannot be read
 * @throws {@link ServerError} where the server cannot start, or was stopped by somebody else
 * @throws TypeError or RangeError naming the option that was wrong
 *
 * @example
 * ```ts
 * import { login } from 'embed-auth-server';
 *
 * const grant = await login({
 *   clientId: 'my-client-id',
 *   authorizationEndpoint: 'https://accounts.spotify.com/authorize',
 *   scope: ['user-read-email'],
 *   onLoginUri: (uri) => console.log(`Sign in at ${uri}`),
 *   signal: AbortSignal.timeout(300_000),
 * });
 * console.log(grant.redirectUri);
 * ```
 *
 * @see [RFC 8252](https://www.rfc-editor.org/rfc/rfc8252)
 */
export async function login<const Type extends ResponseType = 'code'>(
  options: LoginOptions<Type>,
): Promise<GrantFor<Type>> {
  const {
    clientId,
    responseType = ResponseType.Code,
    redirectUri,
    server: sharedServer,
    pkce = true,
    onLoginUri,
    prompt,
    onGrant,
    signal,
    ...rest
  } = checkLoginOptions(options);
  const server = sharedServer ?? new AuthServer(redirectUri, rest);
  const requestOptions = withPkce(rest, pkce && responseType.split(' ').includes('code'));
  // The arguments are checked before anything is done: on a port that is known only later, with one that is not.
  if (sharedServer === undefined) new LoginRequest('http://127.0.0.1/', clientId, responseType, requestOptions);
  const ended = new AbortController();
  const until = signal === undefined ? ended.signal : AbortSignal.any([signal, ended.signal]);
  const dismissed = new AbortController();
  let request: LoginRequest | undefined;
  let handling: Promise<unknown> | undefined;

  const onResponse = (response: GrantResponse, page: CallbackPage): void => {
    if (response.state !== request?.state || onGrant === undefined) return;
    // The grant is of the kind that was asked for: the server has refused any other.
    const { work, held } = handle(() => onGrant(response as GrantFor<Type>, page));
    handling = work;
    if (held) page.waitUntil(work);
  };

  if (signal?.aborted === true) throw new AuthAbortedError(signal.reason);
  try {
    if (sharedServer === undefined) await server.start();
    request = new LoginRequest(server, clientId, responseType, requestOptions);
    server.on('implicitGrantReceived', onResponse).on('authorizationCodeReceived', onResponse);
    const granted = server.waitForGrant({ request, signal: until });
    // It is awaited below; until then its rejection must not count as nobody's.
    granted.catch(() => undefined);
    const uri = request.toUri();
    onLoginUri?.(new URL(uri));
    const browserOpened = await openBrowser(uri, options, granted);
    const asked =
      prompt === undefined
        ? undefined
        : ask(prompt, server, { uri, browserOpened, signal: AbortSignal.any([until, dismissed.signal]) });
    const grant = await (asked === undefined ? granted : Promise.race([granted, asked.then(() => granted)]));
    dismissed.abort();
    await handling;
    return grant as GrantFor<Type>; // The server has refused any other kind.
  } finally {
    dismissed.abort();
    ended.abort();
    server.off('implicitGrantReceived', onResponse).off('authorizationCodeReceived', onResponse);
    if (request !== undefined) server.forget(request);
    if (sharedServer === undefined) await server.stop();
  }
}

/** Runs the app's handler; a promise that it returns holds the page, and so does a failure. */
function handle(action: () => unknown): { work: Promise<unknown>; held: boolean } {
  let result: unknown;
  try {
    result = action();
  } catch (error) {
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- it is the app's own, whatever it is
    const work = Promise.reject(error);
    return { work, held: true };
  }
  const work = Promise.resolve(result);
  return { work, held: isThenable(result) };
}

function isThenable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

/** Opens the browser. False where nobody did and the person was told the URI in another way. */
async function openBrowser(
  uri: URL,
  {
    openBrowser: open = (target) => BrowserUtil.open(target),
    onLoginUri,
    prompt,
  }: Pick<LoginOptions<never>, 'openBrowser' | 'onLoginUri' | 'prompt'>,
  granted: Promise<unknown>,
): Promise<boolean> {
  if (open === false) return false;
  try {
    // The answer, or the end of the wait, may come before the opener has said anything.
    await Promise.race([open(new URL(uri)), granted.catch(() => undefined)]);
    return true;
  } catch (error) {
    if (onLoginUri !== undefined || prompt !== undefined) return false;
    if (error instanceof BrowserOpenError) throw error;
    throw new BrowserOpenError(
      'BROWSER_NOT_OPENED',
      '`openBrowser` failed. Offer the person the login URI with `onLoginUri`.',
      { cause: error },
    );
  }
}

/** Asks until something pasted is taken, or there is nothing more to ask; then the server's answer is waited for. */
async function ask(
  prompt: NonNullable<LoginOptions<never>['prompt']>,
  server: AuthServer,
  context: Omit<PromptContext, 'error'>,
): Promise<void> {
  let error: AuthorizationError | undefined;
  for (;;) {
    let answer: string | URL | undefined;
    try {
      answer = await prompt({ ...context, uri: new URL(context.uri), error });
    } catch (failure) {
      if (context.signal.aborted) return;
      throw failure;
    }
    if (answer === undefined || context.signal.aborted) return;
    try {
      await server.receive(answer);
      return;
    } catch (failure) {
      if (!(failure instanceof AuthorizationError)) throw failure;
      if (failure.code === 'ACCESS_DENIED' || failure.code === 'AUTHORIZATION_FAILED') return; // The wait ends with it.
      error = failure;
    }
  }
}

function withPkce<Options extends LoginRequestOptions>(options: Options, wanted: boolean): Options {
  if (!wanted || options.codeVerifier !== undefined || options.codeChallenge !== undefined) return options;
  return { ...options, codeVerifier: PKCEUtil.generateCodes().verifier };
}

function checkLoginOptions<Type extends ResponseType>(options: LoginOptions<Type>): LoginOptions<Type> {
  if (typeof options !== 'object' || (options as unknown) === null)
    throw new TypeError('`options` must be an object with a `clientId`');
  const { openBrowser, onLoginUri, prompt, onGrant, server, redirectUri, responseType } = options;
  for (const [name, value] of Object.entries({ onLoginUri, prompt, onGrant })) {
    if (value !== undefined && typeof value !== 'function')
      throw new TypeError(`\`${name}\` must be a function, not ${typeof value}`);
  }
  if (openBrowser !== undefined && openBrowser !== false && typeof openBrowser !== 'function') {
    throw new TypeError('`openBrowser` must be a function, or false');
  }
  if (responseType !== undefined && typeof responseType !== 'string')
    throw new TypeError('`responseType` must be a string');
  if (server !== undefined) {
    if (!(server instanceof AuthServer)) throw new TypeError('`server` must be an AuthServer');
    if (redirectUri !== undefined) throw new TypeError('`redirectUri` is the `server`’s own where one is given');
    if (!server.listening) throw new TypeError('`server` must be listening: await server.start() first');
  }
  return options;
}
