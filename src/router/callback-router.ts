import type { IncomingMessage, ServerResponse } from 'node:http';
import { parseRouterOptions, type CallbackRouterOptions } from './options.js';
import { makeRouterHandler } from './router-handler.js';

/** A middleware for Express and every server that takes the same three parameters. */
export type CallbackRouter<Req, Res> = (req: Req, res: Res, next: (error?: unknown) => void) => void;

/**
 * Adds the callback page, its script and its `token` endpoint to a server of your own, for many users at once. It works in
 * Express 4 and 5, Connect, Fastify with middie, and wherever `node:http` requests and responses are available.
 *
 * PKCE: give `LoginRequest` its defaults and keep `request.toExpected()` in the store; the verifier comes back as
 * `grant.codeVerifier`. After a sign-in, give the session a new id (`req.session.regenerate`) against session fixation.
 *
 * @param options - see {@link CallbackRouterOptions}; `redirectUri`, `requests` and `onGrant` are required
 * @returns the middleware; mount it at the redirect URI's folder (`app.use('/auth', router)`) or at the root
 * @throws TypeError naming the option that was wrong
 *
 * @example
 * ```ts
 * import { createCallbackRouter, createSessionRequestStore } from 'embed-auth-server/router';
 * import express from 'express';
 *
 * const app = express();
 * app.use('/auth', createCallbackRouter({
 *   redirectUri: 'https://app.example.com/auth/callback',
 *   requests: createSessionRequestStore(),
 *   onGrant: (grant, { page }) => {
 *     console.log(grant.kind);
 *     page.redirect('/profile');
 *   },
 * }));
 * ```
 *
 * @see [RFC 6749, section 10.12](https://www.rfc-editor.org/rfc/rfc6749#section-10.12)
 */
export function createCallbackRouter<
  Req extends IncomingMessage = IncomingMessage,
  Res extends ServerResponse = ServerResponse,
>(options: CallbackRouterOptions<Req, Res>): CallbackRouter<Req, Res> {
  return makeRouterHandler(parseRouterOptions(options));
}
