import type { IncomingHttpHeaders } from 'node:http';

/** A part of the test authorization server; `other` is whatever it does not have. */
export type TestEndpoint = 'authorization' | 'token' | 'profile' | 'metadata' | 'other';

/** A request that reached the test authorization server. */
export interface RecordedRequest {
  /** Which part of the server it reached. */
  readonly endpoint: TestEndpoint;
  /** The HTTP method. */
  readonly method: string;
  /** The whole request URI. */
  readonly uri: URL;
  /** The headers, names in lower case. */
  readonly headers: Readonly<IncomingHttpHeaders>;
  /** The parameters: of the query, or of the form where one was posted to the token endpoint. */
  readonly params: URLSearchParams;
}
