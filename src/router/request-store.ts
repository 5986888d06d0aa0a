import type { IncomingMessage } from 'node:http';
import { checkedRequest, isSameState, type ExpectedRequest } from '../oauth/authorization-response.js';
import { sha256 } from '../oauth/random-and-digest.js';

/**
 * Keeps the requests whose authorization responses a server of the app expects. A state is accepted only from the
 * session that began it, so the keys of a shared store contain the session's id (RFC 6749, section 10.12).
 *
 * @example
 * ```ts
 * import type { ExpectedRequest } from 'embed-auth-server';
 * import type { RequestStore } from 'embed-auth-server/router';
 *
 * declare const redis: { set(key: string, value: string): Promise<void>; get(key: string): Promise<string | null>; getDel(key: string): Promise<string | null> };
 * type Req = import('node:http').IncomingMessage & { sessionID: string };
 * const keyOf = (req: Req, state: string) => {
 *   if (!req.sessionID) throw new TypeError('There is no session'); // or all browsers would share the keys of `undefined`
 *   return `login:${req.sessionID}:${state}`;
 * };
 *
 * const requests: RequestStore<Req> = {
 *   add: (req, request) => redis.set(keyOf(req, request.state), JSON.stringify(request)),
 *   find: async (req, state) => JSON.parse((await redis.get(keyOf(req, state))) ?? 'null') ?? undefined,
 *   take: async (req, state) => (await redis.getDel(keyOf(req, state))) !== null,
 * };
 * ```
 */
export interface RequestStore<Req> {
  /** Keeps a request, `loginRequest.toExpected()`, for the session of `req`. A `LoginRequest` itself does not survive JSON. */
  add(req: Req, request: ExpectedRequest & { readonly toJSON?: never }): void | Promise<void>;
  /** The request with that state, if the session of `req` began it. */
  find(req: Req, state: string): ExpectedRequest | undefined | Promise<ExpectedRequest | undefined>;
  /** Removes that request. Atomic: true for exactly one caller. */
  take(req: Req, state: string): boolean | Promise<boolean>;
}

const lifetime = 3_600_000;
/** How many sign-ins one session may have begun; a further one replaces the oldest. */
const sessionLimit = 16;
const memoryLimit = 10_000;

/** What {@link createSessionRequestStore} needs of `req.session`: express-session, cookie-session and others have it. */
type Session = Record<string, unknown>;

/**
 * Keeps the expected requests in `req.session`, as express-session and others provide it: 16 for each session, as long as it lives.
 *
 * @param options - `key`: the session's member. Default: `expectedRequests`
 * @returns the store
 * @throws TypeError, from its methods, if `req.session` does not exist
 *
 * @example
 * ```ts
 * import { LoginRequest, ResponseType } from 'embed-auth-server';
 * import { createCallbackRouter, createSessionRequestStore } from 'embed-auth-server/router';
 * import express from 'express';
 * import session from 'express-session';
 *
 * const redirectUri = 'https://app.example.com/auth/callback';
 * const requests = createSessionRequestStore();
 * const app = express();
 * app.use(session({ secret: process.env.SESSION_SECRET ?? '', resave: false, saveUninitialized: false }));
 * app.get('/login', async (req, res) => {
 *   const request = new LoginRequest(redirectUri, 'my-client-id', ResponseType.Code);
 *   await requests.add(req, request.toExpected());
 *   res.redirect(request.toUri().href);
 * });
 * app.use('/auth', createCallbackRouter({ redirectUri, requests, onGrant: (grant) => console.log(grant.kind) }));
 * ```
 */
export function createSessionRequestStore({
  key = 'expectedRequests',
}: { key?: string | undefined } = {}): RequestStore<IncomingMessage> {
  if (typeof key !== 'string' || key === '') throw new TypeError('`key` must be the name of a member of the session');
  const sessionOf = (req: IncomingMessage): Session => {
    const { session } = req as { session?: unknown }; // Session middlewares add it.
    if (typeof session === 'object' && session !== null) return session as Session;
    throw new TypeError('`req.session` does not exist: mount a session middleware before the callback router');
  };
  const read = (session: Session): ExpectedRequest[] => {
    const stored = session[key];
    // Only this store writes the member.
    return Array.isArray(stored) ? (stored as ExpectedRequest[]) : [];
  };
  return {
    add(req, request) {
      const session = sessionOf(req);
      session[key] = [...read(session), checkedRequest(request)].slice(-sessionLimit);
    },
    find(req, state) {
      const found = read(sessionOf(req)).find((request) => isSameState(state, request.state));
      return found && checkedRequest(found);
    },
    take(req, state) {
      const session = sessionOf(req);
      const stored = read(session);
      const left = stored.filter((request) => !isSameState(state, request.state));
      session[key] = left;
      return left.length < stored.length;
    },
  };
}

/**
 * Keeps the expected requests in this process: 10,000 for an hour, the oldest is dropped first. For one instance only.
 *
 * @param options - `sessionId`: the id of the session that a request belongs to; it must be unguessable. Undefined if there is
 * no session: then every response is foreign
 * @returns the store
 * @throws TypeError if `sessionId` is no function; from `add` if there is no session
 *
 * @example
 * ```ts
 * import { createMemoryRequestStore } from 'embed-auth-server/router';
 *
 * const requests = createMemoryRequestStore({ sessionId: (req: { sessionID: string }) => req.sessionID });
 * ```
 */
export function createMemoryRequestStore<Req>(options: {
  sessionId: (req: Req) => string | undefined;
}): RequestStore<Req> {
  const { sessionId } = Object(options) as typeof options;
  if (typeof sessionId !== 'function')
    throw new TypeError('`sessionId` must be a function that returns the id of the session');
  /** With the time of the monotonic clock at which a request was added. */
  const entries = new Map<string, { readonly request: ExpectedRequest; readonly addedAt: number }>();
  /** Undefined if there is no session: then no request belongs to it. */
  const keyOf = (req: Req, state: string): string | undefined => {
    const id: unknown = sessionId(req);
    if (id === undefined || id === '') return undefined;
    if (typeof id !== 'string') throw new TypeError('`sessionId` must return the id of the session, a string');
    return sha256(JSON.stringify([id, state]));
  };
  const dropOld = (): void => {
    for (const [key, { addedAt }] of entries) {
      if (addedAt > performance.now() - lifetime && entries.size <= memoryLimit) break;
      entries.delete(key);
    }
  };
  return {
    add(req, request) {
      const key = keyOf(req, request.state);
      if (key === undefined) throw new TypeError('`sessionId` must return the id of the session: there is none yet');
      entries.set(key, { request: checkedRequest(request), addedAt: performance.now() });
      dropOld();
    },
    find(req, state) {
      dropOld();
      return entries.get(keyOf(req, state) ?? '')?.request;
    },
    take: (req, state) => entries.delete(keyOf(req, state) ?? ''),
  };
}
