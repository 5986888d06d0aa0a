/** The error codes of authorization, token and device responses; any other string is accepted, too. */
export type TestErrorCode =
  | 'invalid_request'
  | 'unauthorized_client'
  | 'access_denied'
  | 'unsupported_response_type'
  | 'unsupported_response_mode'
  | 'invalid_scope'
  | 'server_error'
  | 'temporarily_unavailable'
  | 'invalid_client'
  | 'invalid_grant'
  | 'unsupported_grant_type'
  | 'authorization_pending'
  | 'slow_down'
  | 'expired_token'
  // The intersection keeps the known values in an editor's completions.
  | (string & Record<never, never>);

/**
 * An error response of the test authorization server.
 *
 * @see [RFC 6749, sections 4.1.2.1 and 5.2](https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2.1)
 */
export interface TestErrorResponse {
  /** The error code: `error`. */
  error: TestErrorCode;
  /** The text for the developer: `error_description`. @default none */
  errorDescription?: string | undefined;
  /** A page about the error: `error_uri`. @default none */
  errorUri?: string | undefined;
}

/** How the test authorization server responds. It can be changed while the server runs, by `configure`. */
export interface TestAuthorizationServerBehavior {
  /**
   * Whether the user is asked. `ask` shows a page on which the user chooses an account and presses Allow or Deny; the test
   * user agent does so, and so can a real browser. `allow` and `deny` redirect at once, as a provider does for a user who
   * has decided before. @default `ask`
   */
  consent?: 'ask' | 'allow' | 'deny' | undefined;
  /**
   * The accounts that the user can choose from: for each, what the profile endpoint returns. An account is identified by
   * its `sub`, and shown by its `name` and `email`. @default `test-user` and `second-user`
   */
  accounts?: readonly Readonly<Record<string, unknown>>[] | undefined;
  /** The error that every valid authorization request results in. @default none */
  error?: TestErrorCode | TestErrorResponse | undefined;
  /** The error that every token request results in. @default none */
  tokenError?: TestErrorCode | TestErrorResponse | undefined;
  /**
   * How authorization responses come back, whichever mode the request names. Twitch, for example, sends errors of the
   * implicit grant in the query. @default the request's `response_mode`; without one `query` for a code, `fragment` for a token
   */
  responseMode?: 'query' | 'fragment' | 'form_post' | undefined;
  /**
   * Parameters of the authorization response. They are added to the server's parameters and replace those of the same
   * name; null omits one. `{ state: 'wrong' }` makes a response with a wrong state, `{ iss: null }` one without an issuer,
   * `{ access_token: null, token: 'abc' }` one like Trello's. @default none
   */
  responseParams?: Readonly<Record<string, string | null>> | undefined;
  /** Members of the token response, by the same rules as `responseParams`. @default none */
  tokenResponseParams?: Readonly<Record<string, unknown>> | undefined;
  /** The access token. @default a random one each time */
  accessToken?: string | undefined;
  /** The refresh token; false: none is issued. @default a random one each time */
  refreshToken?: string | false | undefined;
  /**
   * Whether a refresh issues a new refresh token, and ends the old one. False: the old one stays, and the response has none,
   * as with Google. @default true
   */
  rotateRefreshTokens?: boolean | undefined;
  /**
   * Whether a refresh token that was used already revokes everything that was issued for its sign-in (RFC 9700, section
   * 4.14.2). False: only the one token is rejected. @default true
   */
  detectReuse?: boolean | undefined;
  /**
   * Claims of ID tokens, by the same rules as `responseParams`: `{ nonce: 'wrong' }`, `{ aud: null }`. An ID token comes
   * with the tokens if the scope has `openid`. @default none
   */
  idTokenClaims?: Readonly<Record<string, unknown>> | undefined;
  /** The lifetime of access tokens in seconds; false: not stated, as with Twitch, and unlimited. @default 3600 */
  expiresIn?: number | false | undefined;
  /** The scopes that are granted, separated by spaces. @default the requested ones */
  scope?: string | undefined;
  /**
   * The seconds that a device must wait between two token requests; after a shorter wait it gets `slow_down`.
   * @default 5
   */
  deviceInterval?: number | undefined;
}

/** How a test authorization server is started. */
export interface TestAuthorizationServerOptions extends TestAuthorizationServerBehavior {
  /** The port on 127.0.0.1. @default 0: any free port */
  port?: number | undefined;
  /** The only client id that is known, apart from dynamically registered ones. @default every client id is known */
  clientId?: string | undefined;
  /** What the consent page calls the app. @default its client id */
  clientName?: string | undefined;
  /** The client's secret, which the token endpoint then requires. @default none: a public client */
  clientSecret?: string | undefined;
  /**
   * The registered redirect URIs. They are compared as strings, except for the port of a loopback URI (RFC 8252,
   * section 7.3). If there is exactly one, a request may omit it. @default every redirect URI is accepted
   */
  redirectUris?: Iterable<string | URL> | undefined;
  /** Whether a code is issued only for a PKCE challenge (S256). @default true, as RFC 9700 requires of public clients */
  requirePkce?: boolean | undefined;
}
