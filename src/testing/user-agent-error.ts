/**
 * Why a test user agent gave up: `NOT_LOOPBACK` (a URI leads off this machine), `UNREACHABLE` (no response, or an incomplete
 * one), `NO_CALLBACK` (the sign-in ended at a page from which nothing leads to the app), `TOO_MANY_REDIRECTS` or
 * `NOT_OPENED`.
 */
export class TestUserAgentError extends Error {
  /** A stable code that names what happened. */
  readonly code: 'NOT_LOOPBACK' | 'UNREACHABLE' | 'NO_CALLBACK' | 'TOO_MANY_REDIRECTS' | 'NOT_OPENED';

  constructor(code: TestUserAgentError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'TestUserAgentError';
    this.code = code;
  }
}
