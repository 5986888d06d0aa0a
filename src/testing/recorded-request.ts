import type { IncomingHttpHeaders } from 'node:http';

/**
 * A part of the test authorization server. `device` is the page on which the user enters a device's code; `other` is
 * everything that the server does not have.
 */
export type TestEndpoint =
  | 'authorization'
  | 'token'
  | 'revocation'
  | 'profile'
  | 'device_authorization'
  | 'device'
  | 'pushed_authorization_request'
  | 'registration'
  | 'metadata'
  | 'jwks'
  | 'other';

/** A request that reached the test authorization server. */
export interface RecordedRequest {
  /** The endpoint that it reached. */
  readonly endpoint: TestEndpoint;
  /** The HTTP method. */
  readonly method: string;
  /** The whole request URI. */
  readonly uri: URL;
  /** The headers, with names in lower case. */
  readonly headers: Readonly<IncomingHttpHeaders>;
  /** The parameters: of the form that was posted to an endpoint for apps, otherwise of the query. */
  readonly params: URLSearchParams;
}
