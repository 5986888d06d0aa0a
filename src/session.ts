/**
 * Keeps a user signed in: signs in once, refreshes once, in every process of the app.
 *
 * @module embed-auth-server/session
 */
export { createSession } from './session/session.js';
export type { Session } from './session/session.js';
export type {
  CommonSessionOptions,
  ProviderSessionOptions,
  SdkSessionOptions,
  SessionEndpoints,
  SessionLoginOptions,
  SessionOptions,
  TokenOptions,
} from './session/session-options.js';
export type { SessionEvents, Tokens } from './session/tokens.js';
export { createFileTokenStore } from './session/file-store.js';
export type { FileTokenStoreOptions } from './session/file-store.js';
export { createKeyringTokenStore } from './session/keyring-store.js';
export type { KeyringTokenStoreOptions } from './session/keyring-store.js';
export { createMemoryTokenStore } from './session/memory-store.js';
export type { TokenStore } from './session/token-store.js';
export { SessionError } from './session/session-error.js';
export type { SessionErrorCode } from './session/session-error.js';
export { ProviderError } from './oauth/provider-error.js';
export type { ProviderErrorCode } from './oauth/provider-error.js';
export { AuthAbortedError, AuthError, AuthorizationError } from './errors.js';
export type { AuthErrorCode } from './errors.js';
