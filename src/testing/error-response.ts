import type { TestErrorResponse } from './authorization-server-options.js';

/** An error of an endpoint that responds with JSON (RFC 6749, section 5.2). */
export class ErrorResponse extends Error {
  readonly response: TestErrorResponse;
  readonly status: number;

  constructor(response: TestErrorResponse, status = response.error === 'invalid_client' ? 401 : 400) {
    super(response.error);
    this.response = response;
    this.status = status;
  }
}

export function errorResponse(error: string, errorDescription: string): ErrorResponse {
  return new ErrorResponse({ error, errorDescription });
}

/** The members of an error response, by their wire names. */
export function errorParams({ error, errorDescription, errorUri }: TestErrorResponse): Record<string, string> {
  return {
    error,
    ...(errorDescription === undefined ? {} : { error_description: errorDescription }),
    ...(errorUri === undefined ? {} : { error_uri: errorUri }),
  };
}

/** Adds and replaces members; null omits one. */
export function withChanges<Value>(
  members: Readonly<Record<string, Value>>,
  changes: Readonly<Record<string, Value>>,
): Record<string, Value> {
  return Object.fromEntries(Object.entries({ ...members, ...changes }).filter(([, value]) => value !== null));
}

/** A parameter that occurs more than once (RFC 6749, section 3.1). `resource` may be repeated (RFC 8707, section 2). */
export function repeatedParameter(params: URLSearchParams): string | undefined {
  const names = [...params.keys()].filter((name) => name !== 'resource');
  return names.find((name, index) => names.indexOf(name) !== index);
}
