/**
 * Signs the user of a desktop or command-line app in with OAuth 2.0.
 *
 * {@link login} is the whole sign-in in one call. Its parts: {@link AuthServer} hosts the callback page and notifies the app
 * through events, {@link LoginRequest} makes the login URI, {@link BrowserUtil} opens it. {@link parseCallbackUri} reads the URI
 * of a custom protocol; `embed-auth-server/router` puts the same page into an existing web server. Every failure of a sign-in is
 * an {@link AuthError} with a `code`.
 *
 * @module embed-auth-server
 */
export { AuthServer } from './server/auth-server.js';
export type { AuthServerEvents } from './server/events.js';
export type { ExchangeContext, WaitForGrantOptions } from './server/wait-options.js';
export type { AuthServerOptions } from './server/options.js';
export { parseCallbackUri } from './oauth/callback-uri.js';
export { AuthorizationCodeResponse, ImplicitGrantResponse } from './oauth/grant-response.js';
export type { ExpectedRequest } from './oauth/authorization-response.js';
export type { ParseCallbackUriOptions } from './oauth/callback-uri.js';
export type { GrantResponse } from './oauth/grant-response.js';
export { BrowserUtil } from './login/browser-util.js';
export type { CallbackPageOptions, PageReason, PageState, TemplateContext } from './page/options.js';
export {
  AuthAbortedError,
  AuthError,
  AuthorizationError,
  BrowserOpenError,
  PortUnavailableError,
  ServerError,
  TemplateError,
} from './errors.js';
export type { AuthErrorCode, AuthorizationErrorDetails, PortUnavailableReason, Rejections } from './errors.js';
export type { CallbackPage } from './callback/callback-page.js';
export { login } from './login/login.js';
export type {
  AuthorizationUriContext,
  AuthorizationUriWithState,
  GrantFor,
  LoginCommonOptions,
  LoginOptions,
  LoginRequestParts,
  LoginUriOptions,
} from './login/login-options.js';
export { LoginRequest } from './oauth/login-request.js';
export { ResponseType } from './oauth/response-type.js';
export type { LoginRequestOptions } from './oauth/login-request.js';
export type { PageText, PageTextKey } from './page/language.js';
export { PKCEUtil } from './oauth/pkce-util.js';
export type { PKCECodes } from './oauth/pkce-util.js';
export { isRemoteSession, promptForCallbackUri } from './terminal/prompt.js';
export type { PromptContext, PromptOptions } from './terminal/prompt.js';
export type { RejectionReason } from './outcomes.js';
export type { TerminalSettings, TerminalTexts } from './terminal/terminal-options.js';
export { Scopes } from './oauth/scopes.js';
