import type { CallbackPage } from '../callback/callback-page.js';
import type { RejectionReason } from '../outcomes.js';
import { findLoopbackRedirectUri, readAuthorizationUri } from '../oauth/authorization-uri.js';
import type { AuthorizationCodeResponse, GrantResponse, ImplicitGrantResponse } from '../oauth/grant-response.js';
import { assertKnownOptions, pickOptions } from '../oauth/known-options.js';
import { parseRequest, requestRows, type LoginRequestOptions, type RequestParts } from '../oauth/login-request.js';
import {
  abortSignal,
  callable,
  milliseconds,
  optional,
  readOptions,
  shapeOf,
  text,
  unchecked,
  type Check,
  type OptionRows,
  type Parsed,
} from '../oauth/option-rows.js';
import { checkResponseType, type ResponseType } from '../oauth/response-type.js';
import { AuthServer } from '../server/auth-server.js';
import { allServerRows, type AuthServerOptions } from '../server/options.js';
import type { PromptContext } from '../terminal/prompt.js';
import { terminalSettings, type TerminalSettings } from '../terminal/terminal-options.js';

/** The grant that a response type results in. */
export type GrantFor<Type extends ResponseType> = Type extends 'code'
  ? AuthorizationCodeResponse
  : Type extends 'token'
    ? ImplicitGrantResponse
    : GrantResponse;

/** An authorization URI, and the state that its SDK keeps itself. */
export interface AuthorizationUriWithState {
  /** The authorization URI. */
  uri: string | URL;
  /** The state that its response will have. */
  state: string;
}

/** What a function gets that makes the authorization URI. */
export interface AuthorizationUriContext {
  /** The redirect URI to send, with the real port. */
  readonly redirectUri: string;
  /** A state to send: 256 random bits. */
  readonly state: string;
  /** An S256 code challenge to send; its verifier comes back as `grant.codeVerifier`. */
  readonly codeChallenge: string;
}

/** The options that every sign-in has. */
export interface LoginCommonOptions<Type extends ResponseType, Result> extends AuthServerOptions {
  /** The expected grant. @default `code`, or the `response_type` of `authorizationUri` */
  responseType?: Type | undefined;
  /** The redirect URI, registered with the provider; sent exactly as it is given. @default `http://127.0.0.1:5543/callback` */
  redirectUri?: string | URL | undefined;
  /** A listening server of the app, which goes on afterwards. @default one that is started and stopped here */
  server?: AuthServer | undefined;
  /** The issuer whose response is expected (RFC 9207): `iss` must be equal. @default not checked */
  issuer?: string | undefined;
  /** Opens the browser at `uri`, or at `startUri`, a short address that redirects to it; false: the browser is not opened. @default {@link BrowserUtil.open} */
  openBrowser?: ((uri: URL, addresses: { startUri: URL }) => unknown) | false | undefined;
  /** Called with the login URI before the browser is opened: show it to users whose browser is elsewhere. */
  onLoginUri?: ((uri: URL, addresses: { startUri: URL }) => unknown) | undefined;
  /** Called for each rejected request or response. A diagnostic without values. @default nothing */
  onRejected?: ((rejection: { reason: RejectionReason }) => unknown) | undefined;
  /**
   * Writes the progress to stderr, and lets the user paste the callback URI if the browser cannot reach this machine. Nothing is
   * asked if there is no terminal. An object does the same: quietly, or with texts of the app. @default false
   */
  terminal?: boolean | TerminalSettings | undefined;
  /**
   * Asks the user to paste the callback URI while the server waits for it: the first of both wins. Called again, with `error`, if
   * the pasted text is rejected. A function that returns undefined has nothing to ask. Not together with `terminal`.
   */
  prompt?: ((context: PromptContext) => string | URL | undefined | Promise<string | URL | undefined>) | undefined;
  /**
   * Called with the grant while the page shows "finishing sign-in": exchange the code here. `login` resolves to its result. If it
   * rejects, the page shows failure and `login` rejects with the same error.
   */
  exchange?:
    | ((grant: GrantFor<Type>, context: { signal: AbortSignal; page: CallbackPage }) => Result | Promise<Result>)
    | undefined;
  /** Ends the sign-in, `exchange` included. One of `AbortSignal.timeout()` ends it at once if its time is above 2,147,483,647. @default none */
  signal?: AbortSignal | undefined;
  /**
   * Milliseconds within which the response must arrive, otherwise `login` rejects with `TIMED_OUT`; false: no limit. What `exchange`
   * takes does not count. @default 300_000
   */
  timeout?: number | false | undefined;
}

/** The options of `login` that describe the authorization request. */
export interface LoginRequestParts extends Omit<LoginRequestOptions, 'issuer'> {
  /** The id that the provider gave the app. */
  clientId: string;
  /** The provider's authorization endpoint. */
  authorizationEndpoint: string | URL;
  /** Not together with the parts of a request. */
  authorizationUri?: never;
}

/** The options of `login` for an authorization URI that an SDK makes. */
export interface LoginUriOptions {
  /**
   * The authorization URI, or a function that makes it once the server listens. The state is the one that the function returns,
   * otherwise the one in the URI; with PAR or JAR (`request_uri`, `request`) the one that the function was given.
   */
  authorizationUri:
    | string
    | URL
    | ((
        context: AuthorizationUriContext,
      ) => string | URL | AuthorizationUriWithState | Promise<string | URL | AuthorizationUriWithState>);
}

/** How {@link login} signs the user in: with the parts of a request, or with an authorization URI that an SDK made. */
export type LoginOptions<Type extends ResponseType = 'code', Result = GrantFor<Type>> = LoginCommonOptions<
  Type,
  Result
> &
  (
    | LoginRequestParts
    | (LoginUriOptions & { [Name in Exclude<keyof LoginRequestOptions, 'issuer'> | 'clientId']?: never })
  );

const authServer: Check<AuthServer> = (value, name) => {
  if (value instanceof AuthServer) return value;
  const { waitForGrant, redirectUri } = Object(value) as Partial<Record<string, unknown>>;
  throw new TypeError(
    typeof waitForGrant === 'function' && typeof redirectUri === 'string'
      ? `\`${name}\` is an AuthServer of another copy of embed-auth-server: import \`AuthServer\` and \`login\` from the same copy, and let a bundler include the package once`
      : `\`${name}\` must be an AuthServer, not ${shapeOf(value)}`,
  );
};

const opener: Check<NonNullable<LoginCommonOptions<ResponseType, unknown>['openBrowser']>> = (value, name) => {
  if (value === false || typeof value === 'function') return value as false;
  throw new TypeError(`\`${name}\` must be a function, or false`);
};

const timeLimit: Check<number | false> = (value, name) => (value === false ? value : milliseconds(value, name));

type Common = LoginCommonOptions<ResponseType, unknown>;

/** The options that are neither those of the server nor those of the request. */
const loginRows = {
  responseType: optional(checkResponseType),
  redirectUri: unchecked<string | URL | undefined>(),
  server: optional(authServer),
  openBrowser: optional(opener),
  onLoginUri: optional(callable<NonNullable<Common['onLoginUri']>>()),
  onRejected: optional(callable<NonNullable<Common['onRejected']>>()),
  terminal: optional(terminalSettings),
  prompt: optional(callable<NonNullable<Common['prompt']>>()),
  exchange: optional(callable<NonNullable<Common['exchange']>>()),
  signal: optional(abortSignal),
  timeout: optional(timeLimit, 300_000),
} satisfies OptionRows<Omit<Common, keyof AuthServerOptions | 'issuer'>>;

/** What only `authorizationUri` or only the parts of a request have. */
const eitherRows = {
  clientId: unchecked<string | undefined>(),
  authorizationUri: unchecked<LoginUriOptions['authorizationUri'] | undefined>(),
};

const allRows = { ...allServerRows, ...requestRows, ...loginRows, ...eitherRows };

/** @internal The options of `login()`, checked once: nothing was done yet. */
export interface ParsedLogin extends Omit<Parsed<typeof loginRows>, 'server' | 'redirectUri'> {
  readonly server: AuthServer;
  /** Whether the server is the app's: it listens already, and goes on afterwards. */
  readonly isServerShared: boolean;
  readonly appName: string | undefined;
  readonly hasPublicUri: boolean;
  readonly issuer: string | undefined;
  /** The request, without the redirect URI; undefined if an SDK makes the authorization URI. */
  readonly request: RequestParts | undefined;
  readonly authorizationUri: LoginUriOptions['authorizationUri'] | undefined;
}

/** @internal Checks the options before anything is done, and makes the server and the request of them. */
export function parseLoginOptions(options: LoginOptions<never, never>): ParsedLogin {
  assertKnownOptions('login', options, allRows);
  const given = options as Common & Partial<LoginRequestParts>;
  const isGiven = (name: string): boolean => given[name as keyof typeof given] !== undefined;
  const { redirectUri, server, ...parsed } = readOptions(given, loginRows);
  const { clientId, authorizationUri } = readOptions(given, eitherRows);
  if (authorizationUri === undefined && given.authorizationEndpoint === undefined) {
    throw new TypeError(
      '`authorizationEndpoint` or `authorizationUri` is required: the address of the provider, or the URI that an SDK made',
    );
  }
  if (authorizationUri === undefined && clientId === undefined) {
    throw new TypeError('`clientId` is required: the id that the provider gave the app');
  }
  const rewriting = ['clientId', ...Object.keys(requestRows)].find((name) => name !== 'issuer' && isGiven(name));
  if (authorizationUri !== undefined && rewriting !== undefined) {
    throw new TypeError(
      `\`${rewriting}\` cannot be combined with \`authorizationUri\`: set it in the SDK that makes the URI`,
    );
  }
  if (parsed.terminal !== undefined && parsed.prompt !== undefined) {
    throw new TypeError('`terminal` and `prompt` are both given: choose one');
  }
  if (server !== undefined) {
    const ignored = ['redirectUri', ...Object.keys(allServerRows)].find(isGiven);
    if (ignored !== undefined) {
      throw new TypeError(`\`${ignored}\` cannot be combined with \`server\`: the server has its own`);
    }
    if (!server.listening) throw new TypeError('`server` must be listening: await server.start() first');
  }
  const { responseType, ...rest } = parsed;
  const issuer = optional(text)(given.issuer, 'issuer');
  if (authorizationUri !== undefined && typeof authorizationUri !== 'function') {
    readAuthorizationUri(authorizationUri, { responseType, issuer });
  }
  return {
    ...rest,
    responseType,
    issuer,
    authorizationUri,
    request: authorizationUri === undefined ? parseRequest(clientId, responseType ?? 'code', given) : undefined,
    server: server ?? makeServer(redirectUri, authorizationUri, pickOptions(given, allServerRows)),
    isServerShared: server !== undefined,
    appName: given.appName,
    hasPublicUri: given.publicUri !== undefined,
  };
}

/** The server of the redirect URI, or of the one in a plain authorization URI. */
function makeServer(
  redirectUri: string | URL | undefined,
  authorizationUri: LoginUriOptions['authorizationUri'] | undefined,
  options: AuthServerOptions,
): AuthServer {
  const isInUri = redirectUri === undefined && authorizationUri !== undefined && typeof authorizationUri !== 'function';
  try {
    return new AuthServer(isInUri ? findLoopbackRedirectUri(authorizationUri) : redirectUri, options);
  } catch (error) {
    // The constructor calls it `baseUri`.
    if (error instanceof Error) {
      const name = isInUri ? '`redirect_uri`' : '`redirectUri`';
      error.stack = error.stack?.replaceAll('`baseUri`', name) ?? '';
      error.message = error.message.replaceAll('`baseUri`', name);
    }
    throw error;
  }
}
