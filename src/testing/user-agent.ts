import {
  abortSignal,
  anyText,
  callable,
  oneOf,
  optional,
  parseOptions,
  unchecked,
  type OptionRows,
} from '../oauth/option-rows.js';
import { CookieJar } from './http-client.js';
import { TestUserAgentError } from './user-agent-error.js';
import { Visit } from './visit.js';
import type { TestUserAgentOptions, VisitedPage } from './visited-page.js';

/** A browser for tests, with a user who presses Allow or Deny: {@link createTestUserAgent} makes one. */
export interface TestUserAgent {
  /**
   * Opens a URI and continues to the end: redirects, the user's decision, the callback page and its script. It needs no
   * `this`, so that it can be given as `openBrowser`. A device's `verification_uri_complete` is opened the same way.
   *
   * @param uri - a login URI, or a page of the app that redirects to one
   * @returns what the user sees in the end, possibly after `login` has returned
   * @throws {@link TestUserAgentError} if the sign-in does not reach a callback
   */
  readonly open: (uri: string | URL) => Promise<VisitedPage>;
  /**
   * What the user sees at the end of the latest `open`.
   *
   * @returns the page
   * @throws {@link TestUserAgentError} if that sign-in did not reach a callback, or nothing was opened
   */
  lastPage(): Promise<VisitedPage>;
}

const rows = {
  decision: optional(oneOf('allow', 'deny'), 'allow'),
  account: optional(anyText),
  authorizationServer: unchecked<TestUserAgentOptions['authorizationServer']>(),
  visitCallback: unchecked<TestUserAgentOptions['visitCallback']>(),
  openExternal: optional(callable<NonNullable<TestUserAgentOptions['openExternal']>>()),
  language: optional(anyText),
  signal: optional(abortSignal),
} satisfies OptionRows<TestUserAgentOptions>;

/**
 * Makes a headless browser for tests: it follows a login URI, allows or denies at the test authorization server, and does at
 * the callback what a browser and the script of this package's page do. It keeps cookies, sends the headers of a browser
 * (`Sec-Fetch-*`, `Origin`), and never leaves this machine.
 *
 * @param options - how it signs in
 * @returns the user agent
 * @throws TypeError or RangeError naming the option that is wrong
 *
 * @example
 * ```ts
 * import { login } from 'embed-auth-server';
 * import { createTestUserAgent, startTestAuthorizationServer } from 'embed-auth-server/testing';
 *
 * const server = await startTestAuthorizationServer();
 * const userAgent = createTestUserAgent({ decision: 'allow' });
 * const grant = await login({
 *   clientId: 'my-client-id',
 *   redirectUri: 'http://127.0.0.1:0/callback',
 *   authorizationEndpoint: server.authorizationEndpoint,
 *   openBrowser: userAgent.open,
 * });
 * const page = await userAgent.lastPage();
 * console.log(grant.redirectUri, page.state === 'success', page.heading);
 * await server.close();
 * ```
 */
export function createTestUserAgent(options: TestUserAgentOptions = {}): TestUserAgent {
  const parsed = parseOptions('createTestUserAgent', options, rows);
  const cookies = new CookieJar();
  let last: Promise<VisitedPage> | undefined;
  return {
    open: (uri) => {
      last = new Visit(parsed, cookies).run(new URL(uri));
      last.catch(() => undefined); // It is reported to the caller, and by lastPage().
      return last;
    },
    lastPage: () =>
      last ?? Promise.reject(new TestUserAgentError('NOT_OPENED', 'Nothing was opened with this user agent yet.')),
  };
}

/**
 * Completes one sign-in: opens a login URI with a new {@link createTestUserAgent}.
 *
 * @param loginUri - what `LoginRequest.toUri()` returns, or a page of the app that redirects to it
 * @param options - how to sign in; with `{ decision: 'deny' }` the user denies it
 * @returns what the user sees in the end
 * @throws {@link TestUserAgentError} if the sign-in does not reach a callback
 *
 * @example
 * ```ts
 * import { AuthServer, LoginRequest, ResponseType } from 'embed-auth-server';
 * import { completeLogin, startTestAuthorizationServer } from 'embed-auth-server/testing';
 *
 * const authorizationServer = await startTestAuthorizationServer();
 * const server = new AuthServer('http://127.0.0.1:0/callback');
 * await server.start();
 * const { authorizationEndpoint } = authorizationServer;
 * const request = new LoginRequest(server, 'my-client-id', ResponseType.Token, { authorizationEndpoint });
 * const page = await completeLogin(request.toUri(), { decision: 'deny' });
 * console.log(page.state === 'error', page.reason === 'denied', page.message);
 * await Promise.all([server.stop(), authorizationServer.close()]);
 * ```
 */
export function completeLogin(
  loginUri: string | URL,
  options: TestUserAgentOptions & { startUri?: URL | undefined } = {},
): Promise<VisitedPage> {
  const userAgentOptions = { ...options };
  // `openBrowser` gets it in addition to the login URI: this function can be given as one.
  delete userAgentOptions.startUri;
  return createTestUserAgent(userAgentOptions).open(loginUri);
}
