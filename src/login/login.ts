import { BrowserUtil, preloadOpener, withoutHint } from './browser-util.js';
import { AuthAbortedError, BrowserOpenError } from '../errors.js';
import { parseLoginOptions, type GrantFor, type LoginOptions, type ParsedLogin } from './login-options.js';
import { TimeLimit } from './time-limit.js';
import type { RejectionReason } from '../outcomes.js';
import { noteOf } from '../callback/callback-page.js';
import type { ExpectedRequest } from '../oauth/authorization-response.js';
import { readAuthorizationUri } from '../oauth/authorization-uri.js';
import { expectedOf, loginUriOf } from '../oauth/login-request.js';
import { PKCEUtil } from '../oauth/pkce-util.js';
import { randomBase64url } from '../oauth/random-and-digest.js';
import { signInsOf } from '../server/auth-server.js';
import type { ResponseType } from '../oauth/response-type.js';
import { describeEnvironment, here } from '../terminal/environment.js';
import type { TerminalUserInterface } from '../terminal/user-interface.js';
import { trace } from '../trace.js';

/**
 * Signs the user in: starts a server, opens the browser, waits for the response, exchanges it, stops the server. In every outcome
 * the server is stopped and the port is free.
 *
 * @param options - see {@link LoginOptions}; either `clientId` and `authorizationEndpoint`, or `authorizationUri` is required
 * @returns what `exchange` returns; without `exchange` the grant: an {@link AuthorizationCodeResponse} with its `codeVerifier`, or an
 * {@link ImplicitGrantResponse} if `responseType` is `token`
 * @throws {@link AuthorizationError} if the user or the provider denied it, or the response cannot be accepted
 * @throws {@link AuthAbortedError} if `signal` or `timeout` ended it; its message says what arrived and was rejected
 * @throws {@link PortUnavailableError} if the port is unavailable
 * @throws {@link BrowserOpenError} if no browser was opened and the user learns the login URI in no other way
 * @throws {@link TemplateError} if the custom page cannot be read
 * @throws {@link ServerError} if the server cannot start, or was stopped
 * @throws TypeError or RangeError naming the option that was wrong
 * @throws what `exchange` or a function as `authorizationUri` throws
 *
 * @example
 * ```ts
 * import { login } from 'embed-auth-server';
 *
 * const grant = await login({
 *   clientId: 'my-client-id',
 *   authorizationEndpoint: 'https://accounts.spotify.com/authorize',
 *   scope: ['user-read-email'],
 *   terminal: true,
 * });
 * console.log(grant.redirectUri);
 * ```
 *
 * @see [RFC 8252](https://www.rfc-editor.org/rfc/rfc8252)
 */
export async function login<const Type extends ResponseType = 'code', Result = GrantFor<Type>>(
  options: LoginOptions<Type, Result>,
): Promise<Result> {
  const parsed = parseLoginOptions(options as LoginOptions<never, never>);
  const { signal, server, isServerShared, terminal: settings } = parsed;
  if (signal?.aborted === true) throw new AuthAbortedError(signal.reason, {}, undefined, 0);
  const limit = new TimeLimit(parsed.timeout);
  const ended = AbortSignal.any([...(signal === undefined ? [] : [signal]), limit.signal]);
  let terminal: TerminalUserInterface | undefined;
  try {
    // These take time, and do not depend on each other.
    const started = isServerShared ? undefined : server.start();
    const loading = settings && import('../terminal/user-interface.js');
    loading?.catch(() => undefined); // It is awaited below, unless the server cannot start.
    if (parsed.openBrowser === undefined) preloadOpener();
    await started;
    terminal = loading && new (await loading).TerminalUserInterface({ settings });
    const result = await signIn(parsed, limit, ended, terminal);
    terminal?.end();
    return result as Result;
  } catch (error) {
    terminal?.end(error);
    throw error;
  } finally {
    limit.abort();
    if (!isServerShared) await server.stop();
  }
}

/** Sends the user to the provider, and waits for the result. The server listens. */
async function signIn(
  options: ParsedLogin,
  limit: TimeLimit,
  until: AbortSignal,
  terminal: TerminalUserInterface | undefined,
): Promise<unknown> {
  const { server, signal, exchange, onLoginUri, onRejected } = options;
  const signIns = signInsOf(server);
  const unfinished = typeof options.authorizationUri === 'function' ? 'authorizationUri' : undefined;
  const request = await abortable(until, authorizationRequest(options), unfinished);
  const { uri, expected } = request;
  const prompt = options.prompt ?? terminal?.prompt.bind(terminal);
  const offersPaste = terminal === undefined ? prompt !== undefined : terminal.offersPaste;
  let hasNoBrowser = false;
  const endPasteOffer = offersPaste ? signIns.offerPaste() : undefined;
  try {
    const granted = signIns.wait({
      request: expected,
      signal: until,
      // The grant is of the requested kind: the server rejects any other.
      exchange: (grant, context) => {
        limit.end();
        if (exchange === undefined) return grant;
        terminal?.setNote(() => noteOf(context.page));
        return exchange(grant, context);
      },
      // The app's own: neither `timeout` nor the end of the sign-in may abort what the result still reads.
      exchangeSignal: signal ?? new AbortController().signal,
      hasNoBrowser: () => hasNoBrowser,
      onRejected: (reason, isEnd) => {
        terminal?.rejected(reason, isEnd);
        // Reasons are reported as words of that type. A diagnostic that fails must not end the sign-in, nor the process.
        new Promise((resolve) => {
          resolve(onRejected?.({ reason: reason as RejectionReason }));
        }).catch(() => {
          trace('onRejected failed');
        });
      },
    });
    const startUri = signIns.addStartAddress(uri, expected);
    const told = onLoginUri?.(new URL(uri), { startUri: new URL(startUri) });
    terminal?.begin({
      loginUri: uri,
      startUri,
      redirectUri: server.redirectUri,
      appName: options.appName,
      hasPublicUri: options.hasPublicUri,
      opensBrowser: options.openBrowser !== false,
      hasAppOpener: typeof options.openBrowser === 'function',
      hasOnLoginUri: onLoginUri !== undefined,
      signal: until,
    });
    const opened =
      options.openBrowser === false || until.aborted
        ? false
        : openBrowser(options, { ...request, startUri, granted, terminal }).then((isOpen) => {
            hasNoBrowser = !isOpen;
            return isOpen;
          });
    const asked = ask(opened, { prompt, signIns, expected, uri, signal: until, terminal });
    // What the app's functions reject with ends the sign-in.
    return await Promise.race([
      granted,
      ...[told, opened, asked].map((work) => Promise.resolve(work).then(() => granted)),
    ]);
  } catch (error) {
    signIns.forget(expected);
    throw error;
  } finally {
    endPasteOffer?.();
  }
}

/** How long a question waits for the opener. */
const openerMilliseconds = 2_000;

/** Asks for the callback URI when the opener has settled, or works for too long. */
async function ask(
  opened: boolean | Promise<boolean>,
  { prompt, signIns, expected, terminal, ...context }: QuestionOptions,
): Promise<void> {
  let stop = (): void => undefined;
  const time = new Promise<false>((resolve) => {
    const end = (): void => {
      resolve(false);
    };
    const timer = setTimeout(end, openerMilliseconds);
    context.signal.addEventListener('abort', end);
    // On Deno, a listener on `AbortSignal.timeout()` keeps the process running until then.
    stop = () => {
      clearTimeout(timer);
      context.signal.removeEventListener('abort', end);
    };
  });
  const browserOpened = await Promise.race([opened, time]).finally(() => {
    stop();
  });
  terminal?.opened(browserOpened);
  if (prompt === undefined || context.signal.aborted) return;
  const { askUntilAccepted } = await import('../terminal/ask-until-accepted.js');
  await askUntilAccepted(prompt, signIns, expected, { ...context, browserOpened });
}

interface QuestionOptions {
  readonly prompt: ParsedLogin['prompt'];
  readonly signIns: ReturnType<typeof signInsOf>;
  readonly expected: ExpectedRequest;
  readonly uri: URL;
  readonly signal: AbortSignal;
  readonly terminal: TerminalUserInterface | undefined;
}

interface AuthorizationRequest {
  readonly uri: URL;
  readonly expected: ExpectedRequest;
}

async function authorizationRequest({
  request,
  authorizationUri,
  responseType,
  issuer,
  server: { redirectUri },
}: ParsedLogin): Promise<AuthorizationRequest> {
  if (request !== undefined) {
    return { uri: loginUriOf(request, redirectUri), expected: expectedOf(request, redirectUri) };
  }
  if (typeof authorizationUri !== 'function') {
    return readAuthorizationUri(authorizationUri ?? '', { redirectUri, responseType, issuer });
  }
  const state = randomBase64url(32);
  const { verifier, challenge } = PKCEUtil.generateCodes();
  const made: unknown = await authorizationUri({ redirectUri, state, codeChallenge: challenge });
  const isPair = typeof made === 'object' && made !== null && 'uri' in made && 'state' in made;
  return readAuthorizationUri((isPair ? made.uri : made) as string | URL, {
    ...{ redirectUri, responseType, issuer, state, codeChallenge: challenge, codeVerifier: verifier },
    returnedState: isPair ? (made.state as string) : undefined,
  });
}

/** Rejects when the signal aborts, even if the promise never settles. */
function abortable<T>(
  signal: AbortSignal,
  promise: Promise<T>,
  unfinished: 'authorizationUri' | undefined,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const beganAt = performance.now();
    const abort = (): void => {
      reject(new AuthAbortedError(signal.reason, {}, unfinished, performance.now() - beganAt));
    };
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort);
    void promise.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', abort);
    });
  });
}

interface OpenContext extends AuthorizationRequest {
  readonly startUri: URL;
  readonly granted: Promise<unknown>;
  readonly terminal: TerminalUserInterface | undefined;
}

/** Opens the browser. False if it was not opened, and the user learns the login URI in another way. */
async function openBrowser(options: ParsedLogin, context: OpenContext): Promise<boolean> {
  const { uri, expected, startUri, granted, terminal } = context;
  // On another machine, the browser may not reach this server at all.
  const isRemote = describeEnvironment(here(process.env)).isRemote && !options.hasPublicUri;
  const isDirect = terminal === undefined ? isRemote : terminal.openerTarget === 'login';
  const open = options.openBrowser || ((): unknown => BrowserUtil.open(isDirect ? uri : startUri));
  try {
    // The response, or the end of the wait, may arrive before the opener has returned.
    await Promise.race([open(new URL(uri), { startUri: new URL(startUri) }), granted.catch(() => undefined)]);
    return true;
  } catch (error) {
    trace('browser not opened');
    terminal?.browserNotOpened(error instanceof BrowserOpenError ? withoutHint(error) : undefined);
    // The user learns the login URI in another way.
    if (options.onLoginUri ?? options.prompt ?? terminal) return false;
    if (error instanceof BrowserOpenError) throw error;
    throw new BrowserOpenError(
      'BROWSER_NOT_OPENED',
      '`openBrowser` failed. Show the login URI to the user with `onLoginUri` or `terminal`.',
      { cause: withoutSecrets(error, [uri.href, startUri.href, ...textsOf(expected.state)]) },
    );
  }
}

/** A copy of an error whose text and members may hold the login URI, as those of `spawn` do. */
function withoutSecrets(error: unknown, secrets: readonly string[]): Error {
  const text = error instanceof Error ? error.message : typeof error;
  const safe = new Error(secrets.reduce((result, secret) => result.replaceAll(secret, '[login URI]'), text));
  const { code } = Object(error) as { code?: unknown };
  return typeof code === 'string' && /^\w{1,50}$/.test(code) ? Object.assign(safe, { code }) : safe;
}

/** A value as it is, and as URIs have it: `encodeURIComponent` and `URLSearchParams` differ in spaces and others. */
function textsOf(value: string): string[] {
  const inQuery = new URLSearchParams([['', value]]).toString().slice(1);
  return [value, encodeURIComponent(value), inQuery, inQuery.replaceAll('+', '%20')];
}
