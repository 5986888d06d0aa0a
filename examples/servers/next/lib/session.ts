import session, { MemoryStore, type Session, type SessionData } from 'express-session';
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

declare module 'express-session' {
  interface SessionData {
    /** The name of the signed-in user. */
    user: string;
  }
}

/** A middleware on the requests and responses of node:http. */
type Middleware = (req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void) => void;

// Each page and each API route has its own copy of this module. A store such as connect-redis needs no global variable.
const shared = globalThis as { sessionStore?: MemoryStore; sessionSecret?: string };
shared.sessionStore ??= new MemoryStore();
shared.sessionSecret ??= process.env['SESSION_SECRET'] ?? randomBytes(32).toString('base64url');

export const sessions = session({
  store: shared.sessionStore,
  secret: shared.sessionSecret,
  resave: false,
  saveUninitialized: false,
  // A `form_post` response would need `sameSite: 'none', secure: true`. The query with PKCE, the default, does not.
  cookie: { httpOnly: true, sameSite: 'lax', secure: 'auto' },
}) as unknown as Middleware; // Its types are Express's; it works with every request of node:http.

/** The session of a request. The middleware `sessions` adds it. */
export function sessionOf(req: IncomingMessage): Session & Partial<SessionData> {
  return (req as IncomingMessage & { session: Session }).session;
}

/** Runs a middleware. Resolves to true if it has responded, to false if it has called `next`. */
export function run(middleware: Middleware, req: IncomingMessage, res: ServerResponse): Promise<boolean> {
  return new Promise((resolve, reject) => {
    // The error of a handler comes after the page that shows the failure.
    const responded = (): void => {
      setImmediate(resolve, true);
    };
    res.once('close', responded);
    middleware(req, res, (error) => {
      res.off('close', responded);
      if (error === undefined) resolve(false);
      else reject(error instanceof Error ? error : new Error('The middleware failed', { cause: error }));
    });
  });
}
