/**
 * The callback page for a web server that you have: {@link createCallbackRouter} receives the authorization responses of many users at
 * once, each in the session that began it.
 *
 * @module embed-auth-server/router
 */
export { createCallbackRouter } from './router/callback-router.js';
export type { CallbackRouter } from './router/callback-router.js';
export type { CallbackRouterContext, CallbackRouterOptions } from './router/options.js';
export { createMemoryRequestStore, createSessionRequestStore } from './router/request-store.js';
export type { RequestStore } from './router/request-store.js';
