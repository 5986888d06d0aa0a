/** The error codes of authorization and token responses; a string of your own is taken too. */
export type TestErrorCode =
  | 'invalid_request'
  | 'unauthorized_client'
  | 'access_denied'
  | 'unsupported_response_type'
  | 'invalid_scope'
  | 'server_error'
  | 'temporarily_unavailable'
  | 'invalid_client'
  | 'invalid_grant'
  | 'unsupported_grant_type'
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

/** How the test authorization server answers. May be changed while it runs, by `configure`. */
export interface TestAuthorizationServerBehavior {
  /**
   * Whether the person is asked. `ask` shows a page with the buttons Allow and Deny: the test user agent presses one of
   * them, and so can a person in a real browser. `allow` and `deny` redirect at once, as providers do for a person who has
   * consented before. @default `ask`
   */
  consent?: 'ask' | 'allow' | 'deny' | undefined;
  /** The error with which every valid authorization request is answered. @default none */
  error?: TestErrorCode | TestErrorResponse | undefined;
  /** The error with which every token request is answered. @default none */
  tokenError?: TestErrorCode | TestErrorResponse | undefined;
  /**
   * How authorization responses come back, whatever was asked for. Twitch, say, sends errors of the implicit grant in the
   * query. @default the request's `response_mode`; without one `query` for a code, `fragment` for a token
   */
  responseMode?: 'query' | 'fragment' | 'form_post' | undefined;
  /**
   * Parameters of the authorization response. They are added to the server's own and replace those of the same name; null
   * leaves one out. `{ state: 'wrong' }` makes a response with a wrong state, `{ iss: null }` one without an issuer,
   * `{ access_token: null, token: 'abc' }` one of the kind that Trello sends. @default none
   */
  responseParams?: Readonly<Record<string, string | null>> | undefined;
  /** Members of the token response, by the same rules. @default none */
  tokenResponseParams?: Readonly<Record<string, unknown>> | undefined;
  /** The authorization code. @default a random one each time */
  code?: string | undefined;
  /** The access token. @default a random one each time */
  accessToken?: string | undefined;
  /** The refresh token that comes with a code's tokens; false: none. @default a random one, a new one at every refresh */
  refreshToken?: string | false | undefined;
  /** The type of access tokens. @default `Bearer` */
  tokenType?: string | undefined;
  /** The lifetime of access tokens in seconds; false: it is not said, as by Twitch, and they live on. @default 3600 */
  expiresIn?: number | false | undefined;
  /** The scopes that are granted, separated by spaces. @default those that were asked for */
  scope?: string | undefined;
  /** What the profile endpoint answers. @default `sub`, `name` and `email` of a test user */
  profile?: Readonly<Record<string, unknown>> | undefined;
}

/** How a test authorization server is started. */
export interface TestAuthorizationServerOptions extends TestAuthorizationServerBehavior {
  /** The port on 127.0.0.1. @default 0: any free one */
  port?: number | undefined;
  /** The only client id that is known. @default every one is */
  clientId?: string | undefined;
  /** The client's secret: where given, the token endpoint asks for it. @default none: a public client */
  clientSecret?: string | undefined;
  /**
   * The registered redirect URIs. They are compared as strings, except that the port of a loopback URI does not matter
   * (RFC 8252, section 7.3). Where there is exactly one, a request may leave it out. @default every redirect URI is taken
   */
  redirectUris?: Iterable<string | URL> | undefined;
  /** Whether a code is given only to a request with a PKCE challenge (S256). @default true, as RFC 9700 asks of public clients */
  requirePkce?: boolean | undefined;
}

/** The behaviour with its defaults. Internal. */
export interface CheckedBehavior {
  readonly consent: 'ask' | 'allow' | 'deny';
  readonly error: TestErrorResponse | undefined;
  readonly tokenError: TestErrorResponse | undefined;
  readonly responseMode: 'query' | 'fragment' | 'form_post' | undefined;
  readonly responseParams: Readonly<Record<string, string | null>>;
  readonly tokenResponseParams: Readonly<Record<string, unknown>>;
  readonly code: string | undefined;
  readonly accessToken: string | undefined;
  readonly refreshToken: string | false | undefined;
  readonly tokenType: string;
  readonly expiresIn: number | false;
  readonly scope: string | undefined;
  readonly profile: Readonly<Record<string, unknown>>;
}

/** Who may ask for what. Internal. */
export interface Registration {
  readonly clientId: string | undefined;
  readonly clientSecret: string | undefined;
  readonly redirectUris: readonly string[] | undefined;
  readonly requirePkce: boolean;
}

const defaultProfile = { sub: 'test-user', name: 'Test User', email: 'test-user@example.test' };

/** Checks the behaviour, and fills in its defaults. Internal. */
export function checkBehavior(behavior: TestAuthorizationServerBehavior): CheckedBehavior {
  const { consent = 'ask', error, tokenError, responseMode, tokenType = 'Bearer', expiresIn = 3600 } = behavior;
  const { responseParams = {}, tokenResponseParams = {}, profile = defaultProfile } = behavior;
  const { code, accessToken, refreshToken, scope } = behavior;
  if (!['ask', 'allow', 'deny'].includes(consent)) throw new RangeError('`consent` must be ask, allow or deny');
  if (responseMode !== undefined && !['query', 'fragment', 'form_post'].includes(responseMode)) {
    throw new RangeError('`responseMode` must be query, fragment or form_post');
  }
  if (expiresIn !== false && !Number.isInteger(expiresIn)) {
    throw new RangeError('`expiresIn` must be a whole number of seconds, or false');
  }
  for (const [name, value] of Object.entries({ code, accessToken, tokenType, scope })) {
    if (value !== undefined && typeof value !== 'string') throw new TypeError(`\`${name}\` must be a string`);
  }
  if (refreshToken !== undefined && refreshToken !== false && typeof refreshToken !== 'string') {
    throw new TypeError('`refreshToken` must be a string, or false');
  }
  return {
    consent,
    error: checkedError('error', error),
    tokenError: checkedError('tokenError', tokenError),
    responseMode,
    responseParams,
    tokenResponseParams,
    code,
    accessToken,
    refreshToken,
    tokenType,
    expiresIn,
    scope,
    profile,
  };
}

/** Checks the rest of the options. Internal. */
export function checkRegistration(options: TestAuthorizationServerOptions): Registration & { readonly port: number } {
  const { port = 0, clientId, clientSecret, redirectUris, requirePkce = true } = options;
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new RangeError('`port` must be a whole number from 0 to 65535');
  }
  for (const [name, value] of Object.entries({ clientId, clientSecret })) {
    if (value !== undefined && typeof value !== 'string') throw new TypeError(`\`${name}\` must be a string`);
  }
  if (typeof redirectUris === 'string') throw new TypeError('`redirectUris` must be a list of redirect URIs');
  return {
    port,
    clientId,
    clientSecret,
    redirectUris: redirectUris === undefined ? undefined : [...redirectUris].map(String),
    requirePkce,
  };
}

function checkedError(
  name: string,
  value: TestErrorCode | TestErrorResponse | undefined,
): TestErrorResponse | undefined {
  const response = typeof value === 'string' ? { error: value } : value;
  if (response !== undefined && (typeof response.error !== 'string' || response.error === '')) {
    throw new TypeError(`\`${name}\` must be an error code, or an object with one as its \`error\``);
  }
  return response;
}
