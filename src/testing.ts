/**
 * For an app's own tests: completes a sign-in without a browser and without a network.
 *
 * {@link startTestAuthorizationServer} replaces the provider, {@link createTestUserAgent} the browser and its user. Import
 * it from `embed-auth-server/testing`; the main entry loads nothing of it.
 *
 * @module embed-auth-server/testing
 */
export type { PageReason, PageState, PageTextKey } from './index.js';
export { startTestAuthorizationServer } from './testing/authorization-server.js';
export type { TestAuthorizationServer } from './testing/authorization-server.js';
export type { RecordedRequest, TestEndpoint } from './testing/recorded-request.js';
export type {
  TestAuthorizationServerBehavior,
  TestAuthorizationServerOptions,
  TestErrorCode,
  TestErrorResponse,
} from './testing/authorization-server-options.js';
export { TestUserAgentError } from './testing/user-agent-error.js';
export { completeLogin, createTestUserAgent } from './testing/user-agent.js';
export type { TestUserAgent } from './testing/user-agent.js';
export type { TestUserAgentOptions, VisitedPage } from './testing/visited-page.js';
export { testTokenStore } from './testing/token-store-contract.js';
export type { TokenStoreTestOptions } from './testing/token-store-contract.js';
