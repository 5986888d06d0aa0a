/**
 * Why a test user agent gave up: `NOT_LOOPBACK` (the way leads off this machine), `UNREACHABLE` (nobody answers, or the
 * answer was cut off), `NO_CALLBACK` (a page from which no way leads on), `TOO_MANY_REDIRECTS` or `NOT_OPENED`.
 */
export class TestUserAgentError extends Error {
  /** A stable word that names what happened. */
  readonly code: 'NOT_LOOPBACK' | 'UNREACHABLE' | 'NO_CALLBACK' | 'TOO_MANY_REDIRECTS' | 'NOT_OPENED';

  constructor(code: TestUserAgentError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'TestUserAgentError';
    this.code = code;
  }
}
