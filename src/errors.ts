import { AuthError, nameErrorClass, setDetails, type AuthErrorCode } from './auth-error.js';
import { rejectionRow } from './outcomes.js';

export { AuthError, type AuthErrorCode };
/** @internal */
export { nameErrorClass, setDetails } from './auth-error.js';

/** The members of an {@link AuthorizationError} in addition to its message. */
export interface AuthorizationErrorDetails {
  /** The provider's error code (RFC 6749, sections 4.1.2.1 and 4.2.2.1), such as `access_denied`. */
  error?: string | undefined;
  /** The provider's text for the developer. */
  errorDescription?: string | undefined;
  /** The provider's page about the error: a string, never to be opened without a look at it. */
  errorUri?: string | undefined;
  /** The state of the request that this error ended. */
  state?: string | undefined;
  /** Every parameter of the response. */
  params?: URLSearchParams | undefined;
}

/**
 * The authorization server's error response, or an authorization response that was rejected.
 *
 * `code` tells them apart: `ACCESS_DENIED` and `AUTHORIZATION_FAILED` come from the provider; the others (`STATE_FOREIGN`,
 * `STATE_USED`, `RESPONSE_MALFORMED`, `RESPONSE_EMPTY`, `ISSUER_MISMATCH`, `REDIRECT_URI_MISMATCH`) say why this package
 * rejected the response. A response with the awaited `state` always ends its sign-in, rejected or not.
 *
 * @example
 * ```ts
 * import { AuthServer } from 'embed-auth-server';
 *
 * const server = new AuthServer();
 * server.on('errorReceived', (error) => {
 *   console.error(error.error, error.errorDescription);
 * });
 * ```
 *
 * @see [RFC 6749, section 4.2.2.1](https://www.rfc-editor.org/rfc/rfc6749#section-4.2.2.1)
 */
export class AuthorizationError extends AuthError {
  static {
    nameErrorClass(this, 'AuthorizationError', ['error', 'errorDescription', 'errorUri']);
  }

  /** The provider's error code, such as `access_denied`; undefined if this package rejected the response. */
  declare readonly error: string | undefined;
  /**
   * The provider's `error_description`. Show it as text, never as HTML. Control characters, also those that reverse the
   * direction of text, are replaced, so that it is safe to print.
   */
  declare readonly errorDescription: string | undefined;
  /** The provider's `error_uri`. It may be any string, `javascript:` included. Control characters are replaced. */
  declare readonly errorUri: string | undefined;
  readonly #state: string | undefined;
  readonly #params: URLSearchParams;

  constructor(code: AuthErrorCode, message: string, details: AuthorizationErrorDetails = {}, options?: ErrorOptions) {
    super(code, message, options);
    setDetails<AuthorizationError>(this, {
      error: replaceControls(details.error),
      errorDescription: replaceControls(details.errorDescription),
      errorUri: replaceControls(details.errorUri),
    });
    this.#state = details.state;
    this.#params = details.params ?? new URLSearchParams();
  }

  /** The `state` of the request that this error ended. An accessor, so that printing the error does not print it. */
  get state(): string | undefined {
    return this.#state;
  }

  /** Every parameter of the response, unchanged. An accessor, so that printing the error does not print them. */
  get params(): URLSearchParams {
    return this.#params;
  }
}

/** How many requests and responses were rejected, by reason. */
export type Rejections = Partial<Record<string, number>>;

/** @internal Makes a provider's text safe to print: line breaks become a space, other control characters U+FFFD. */
export function replaceControls(text: string | undefined): string | undefined {
  return text?.replace(/[\t\n\v\f\r\u0085\u2028\u2029]+/g, ' ').replace(/[\p{Cc}\p{Bidi_Control}]/gu, '\ufffd');
}

/**
 * The wait was ended by the caller's `AbortSignal` (`ABORTED`), or by the option `timeout` or a signal whose reason is a `TimeoutError`, as
 * with `AbortSignal.timeout()` (`TIMED_OUT`). The reason is the `cause`. The message says what arrived meanwhile and was rejected, and after
 * a timeout, whether the opener failed.
 *
 * @example
 * ```ts
 * import { AuthAbortedError, login } from 'embed-auth-server';
 *
 * const signal = AbortSignal.timeout(300_000);
 * try {
 *   await login({ clientId: 'my-client-id', authorizationEndpoint: 'https://accounts.example.com/authorize', signal });
 * } catch (error) {
 *   if (error instanceof AuthAbortedError) console.error(error.message, error.rejections);
 * }
 * ```
 */
export class AuthAbortedError extends AuthError {
  static {
    nameErrorClass(this, 'AuthAbortedError');
  }

  /** What was rejected during the wait, counted by reason, such as `{ state_foreign: 2, tls: 1 }`. */
  readonly rejections: Readonly<Rejections>;

  /**
   * @param reason - the signal's reason
   * @param rejections - what was rejected during the wait
   * @param unfinished - the app's function that was still running, if the wait was for that; `forgotten`: `forget()` ended it; `refresh`: a
   * session waited for the provider; `browser`: no browser was opened
   * @param elapsed - the milliseconds that the signal left to the wait
   */
  constructor(
    reason: unknown,
    rejections: Readonly<Rejections> = {},
    unfinished?: keyof typeof stillRunning,
    elapsed = Infinity,
  ) {
    const { name, message } = Object(reason) as { name?: unknown; message?: unknown };
    const timedOut = name === 'TimeoutError';
    const happened = timedOut ? 'The sign-in was not finished in time.' : 'The sign-in was aborted by the `signal`.';
    const isAwaited = unfinished === undefined || unfinished === 'browser';
    const details = isAwaited ? describeRejections(rejections, timedOut) : [];
    if (unfinished !== undefined) details.unshift(stillRunning[unfinished]);
    if (timedOut && elapsed < overflowMilliseconds && message !== timeoutMessage) details.unshift(overflow);
    super(
      timedOut ? 'TIMED_OUT' : 'ABORTED',
      unfinished === 'forgotten' || unfinished === 'refresh'
        ? stillRunning[unfinished]
        : [happened, ...details].join(' '),
      { cause: reason },
    );
    this.rejections = { ...rejections };
  }
}

/** @internal The reason of the option `timeout`. */
export const timeoutMessage = 'The sign-in was not finished within `timeout`.';

/** A signal that leaves less time than that was probably meant to leave much more. */
const overflowMilliseconds = 100;
const overflow =
  'The `signal` ended it at once: make one for each sign-in, and give `AbortSignal.timeout()` at most 2147483647, since it takes a longer time for 1 millisecond.';

const stillRunning = {
  authorizationUri: 'The function `authorizationUri` was still running, so no sign-in page was opened.',
  browser: 'No browser was opened, so the user had to open the sign-in page.',
  exchange: 'The response had arrived, but `exchange` was still running.',
  forgotten: 'The request was given to `forget()` before its response arrived.',
  refresh:
    'The `signal` ended the wait for the access token, which is being refreshed. The user stays signed in: try again later.',
} as const;

function describeRejections(rejections: Readonly<Rejections>, timedOut: boolean): string[] {
  const counted = Object.entries(rejections).filter(([reason]) => rejectionRow(reason) !== undefined);
  const explained = counted.filter(([reason]) => rejectionRow(reason)?.explanation !== undefined);
  const list = (counts: typeof counted): string =>
    counts.map(([reason, count = 0]) => (count > 1 ? `${reason} (${count})` : reason)).join(', ');
  if (explained.length > 0) {
    const total = explained.reduce((sum, [, count = 0]) => sum + count, 0);
    const subject = total === 1 ? '1 response arrived and was' : `${total} responses arrived and were`;
    const explanations = explained.map(([reason]) => rejectionRow(reason)?.explanation ?? '');
    return [`${subject} rejected: ${list(explained)}.`, ...explanations];
  }
  if (!timedOut) return [];
  if (counted.length > 0) return [`Only requests without a response arrived: ${list(counted)}.`];
  return [
    'No response arrived. Usual causes: the redirect URI is not registered with the provider, the sign-in was done in another browser profile or on another machine, a proxy or an HTTPS-only mode intercepted the callback, or the user closed the page.',
  ];
}

/**
 * The server was stopped during a wait for a grant (`SERVER_STOPPED`), or it could not start for a reason other
 * than its port (`SERVER_FAILED`; `PERMISSION_MISSING` if the runtime's permissions forbid it).
 */
export class ServerError extends AuthError {
  static {
    nameErrorClass(this, 'ServerError');
  }
}

/** The system's reason why a port is unavailable; `ERR_UNSAFE_PORT` is the browsers'. */
export type PortUnavailableReason = 'EADDRINUSE' | 'EACCES' | 'EADDRNOTAVAIL' | 'ERR_UNSAFE_PORT';

/**
 * The port cannot be used. A redirect URI names its port, so the server never falls back to another port silently.
 *
 * `code` is `PORT_IN_USE`, `PORT_NOT_PERMITTED`, `ADDRESS_UNAVAILABLE`, or `PORT_BLOCKED` for a port that browsers block
 * (thrown by the constructor).
 *
 * @example
 * ```ts
 * import { AuthServer, PortUnavailableError } from 'embed-auth-server';
 *
 * const server = new AuthServer('http://127.0.0.1:5543/callback');
 * try {
 *   await server.start();
 * } catch (error) {
 *   if (error instanceof PortUnavailableError) console.error(error.port, error.reason, error.message);
 * }
 * ```
 *
 * @see [Fetch, port blocking](https://fetch.spec.whatwg.org/#port-blocking)
 */
export class PortUnavailableError extends AuthError {
  static {
    nameErrorClass(this, 'PortUnavailableError');
  }

  /** The port that was requested; the last one of a list. */
  readonly port: number;
  /** The address it was wanted on. */
  readonly host: string;
  /** Why it is unavailable. */
  readonly reason: PortUnavailableReason;

  /** @param options - `isOwn`: a server of this process has the port */
  constructor(
    port: number,
    host: string,
    reason: PortUnavailableReason,
    options: ErrorOptions & { isOwn?: boolean | undefined } = {},
  ) {
    const text = options.isOwn === true ? ownPortText : portErrorTexts[reason];
    super(portErrorCodes[reason], `Port ${port} on ${host} ${text}`, options);
    this.port = port;
    this.host = host;
    this.reason = reason;
  }
}

const portErrorCodes = {
  EADDRINUSE: 'PORT_IN_USE',
  EACCES: 'PORT_NOT_PERMITTED',
  EADDRNOTAVAIL: 'ADDRESS_UNAVAILABLE',
  ERR_UNSAFE_PORT: 'PORT_BLOCKED',
} as const satisfies Record<PortUnavailableReason, AuthErrorCode>;

const ownPortText =
  'is in use by another sign-in of this process (EADDRINUSE). Wait until that one has ended, or give both the same listening `server`.';

const portErrorTexts = {
  EADDRINUSE:
    'is in use by another program (EADDRINUSE). Close that program, or list further ports in `port` (in a session `login: { port: [...] }`) and register their redirect URIs with the provider.',
  EACCES:
    'is not permitted to this user (EACCES): it is below 1024 or in a range that the system reserves. Choose another port; on Windows, `netsh interface ipv4 show excludedportrange protocol=tcp` lists the reserved ones.',
  EADDRNOTAVAIL:
    'cannot be bound, because this machine does not have that address (EADDRNOTAVAIL). Use 127.0.0.1, [::1] or localhost.',
  ERR_UNSAFE_PORT:
    'is one that browsers block (ERR_UNSAFE_PORT), so no callback can reach it. Choose another port, such as 5543.',
} as const satisfies Record<PortUnavailableReason, string>;

/**
 * No browser was opened: `BROWSER_NOT_OPENED` (there is no opener, no display, or the opener failed) or `URI_NOT_ALLOWED`
 * (the URI is neither http nor https). Print the login URI instead, so that the user can open it.
 *
 * {@link BrowserUtil.open} has an example.
 */
export class BrowserOpenError extends AuthError {
  static {
    nameErrorClass(this, 'BrowserOpenError');
  }
}

/** The custom page could not be read or made: `TEMPLATE_UNREADABLE`. The `cause` is the file system's error. */
export class TemplateError extends AuthError {
  static {
    nameErrorClass(this, 'TemplateError');
  }
}
