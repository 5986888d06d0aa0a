import type { CallbackPage } from '../callback/callback-page.js';
import type { RejectionReason } from '../outcomes.js';
import { findLoopbackRedirectUri } from '../oauth/authorization-uri.js';
import type { AuthorizationCodeResponse, GrantResponse, ImplicitGrantResponse } from '../oauth/grant-response.js';
import { assertKnownOptions, type OptionNames } from '../oauth/known-options.js';
import { loginRequestOptionNames, type LoginRequestOptions, type ResponseType } from '../oauth/login-request.js';
import { AuthServer } from '../server/auth-server.js';
import { checkServerOptions, serverOptionNames, type AuthServerOptions } from '../server/options.js';
import type { PromptContext } from '../terminal/prompt.js';
import { checkTerminalOption, type TerminalSettings } from '../terminal/terminal-options.js';

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
  onLoginUri?: ((uri: URL, addresses: { startUri: URL }) => void) | undefined;
  /** Called for each rejected request or response. A diagnostic without values. @default nothing */
  onRejected?: ((rejection: { reason: RejectionReason }) => void) | undefined;
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
  /** Ends the sign-in, `exchange` included. @default no limit; `AbortSignal.timeout(300_000)` is a good choice */
  signal?: AbortSignal | undefined;
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

/** @internal Every option, for reading: which ones are there has been checked. */
export type AnyLoginOptions = LoginCommonOptions<ResponseType, unknown> &
  Partial<Pick<LoginUriOptions, 'authorizationUri'>> &
  Partial<Omit<LoginRequestParts, 'authorizationUri'>>;

const commonOptionNames: OptionNames<LoginCommonOptions<ResponseType, unknown>> = {
  ...serverOptionNames,
  responseType: true,
  redirectUri: true,
  server: true,
  issuer: true,
  openBrowser: true,
  onLoginUri: true,
  onRejected: true,
  terminal: true,
  prompt: true,
  exchange: true,
  signal: true,
};
const optionNames = { ...commonOptionNames, ...loginRequestOptionNames, clientId: true, authorizationUri: true };

/** @internal Checks the options before anything is done. */
export function checkLoginOptions(given: LoginOptions<never, never>): AnyLoginOptions {
  assertKnownOptions('login', given, optionNames);
  const options = given as AnyLoginOptions;
  const { authorizationUri, authorizationEndpoint, openBrowser, server, redirectUri, signal, terminal, prompt } =
    options;
  if (authorizationUri === undefined && authorizationEndpoint === undefined) {
    throw new TypeError(
      '`authorizationEndpoint` or `authorizationUri` is required: the address of the provider, or the URI that an SDK made',
    );
  }
  if (authorizationUri === undefined && options.clientId === undefined) {
    throw new TypeError('`clientId` is required: the id that the provider gave the app');
  }
  const isGiven = (name: string): boolean => options[name as keyof AnyLoginOptions] !== undefined;
  const rewriting = ['clientId', ...Object.keys(loginRequestOptionNames)].find(
    (name) => isGiven(name) && !Object.hasOwn(commonOptionNames, name),
  );
  if (authorizationUri !== undefined && rewriting !== undefined) {
    throw new TypeError(
      `\`${rewriting}\` cannot be combined with \`authorizationUri\`: set it in the SDK that makes the URI`,
    );
  }
  const { onLoginUri, onRejected, exchange } = options;
  for (const [name, value] of Object.entries({ onLoginUri, onRejected, prompt, exchange })) {
    if (value !== undefined && typeof value !== 'function') {
      throw new TypeError(`\`${name}\` must be a function, not ${typeof value}`);
    }
  }
  if (openBrowser !== undefined && openBrowser !== false && typeof openBrowser !== 'function') {
    throw new TypeError('`openBrowser` must be a function, or false');
  }
  checkTerminalOption(terminal);
  if (terminal && prompt !== undefined) {
    throw new TypeError('`terminal` and `prompt` are both given: choose one');
  }
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw new TypeError('`signal` must be an AbortSignal');
  if (options.responseType !== undefined && typeof options.responseType !== 'string') {
    throw new TypeError('`responseType` must be a string');
  }
  if (server !== undefined) {
    if (!(server instanceof AuthServer)) throw new TypeError('`server` must be an AuthServer');
    const ignored = ['redirectUri', ...Object.keys(serverOptionNames)].find(isGiven);
    if (ignored !== undefined)
      throw new TypeError(`\`${ignored}\` cannot be combined with \`server\`: the server has its own`);
    if (!server.listening) throw new TypeError('`server` must be listening: await server.start() first');
  } else {
    const listening = findRedirectUri(options);
    const baseUri = redirectUri === undefined ? 'redirect_uri' : 'redirectUri';
    if (listening !== undefined) checkServerOptions(listening, options, { name: 'login', baseUri });
  }
  return options;
}

/** @internal The redirect URI to listen at: the option, or that of a plain authorization URI. Undefined stands for the default. */
export function findRedirectUri({ redirectUri, authorizationUri }: AnyLoginOptions): string | URL | undefined {
  if (redirectUri !== undefined || authorizationUri === undefined || typeof authorizationUri === 'function') {
    return redirectUri;
  }
  return findLoopbackRedirectUri(authorizationUri);
}
