// What the examples of this folder share: the provider, the sessions and the front page.
import { LoginRequest, type GrantResponse } from 'embed-auth-server';
import session, { type Session, type SessionData } from 'express-session';
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { html } from '../existing-server/html.js';
import { accessTokenOf, configurationOf } from '../support/openid-client.js';
import { fetchProfile, providerOr, spotify } from '../support/provider.js';

declare module 'express-session' {
  interface SessionData {
    /** The name of the signed-in user. */
    user: string;
  }
}

/** A request with a session. */
export type SessionRequest = IncomingMessage & { session: Session & Partial<SessionData> };
/** A middleware on the requests and responses of node:http. */
export type Middleware = (req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void) => void;

export const port = Number(process.env['PORT'] ?? 5543);
export const origin = `http://127.0.0.1:${port}`;

const provider = await providerOr(spotify);
const configuration = configurationOf(provider);

/**
 * express-session works in every server that gives access to the requests of node:http; only its types are Express's. In
 * production it needs a session store, such as connect-redis.
 */
export const sessions = session({
  secret: process.env['SESSION_SECRET'] ?? randomBytes(32).toString('base64url'),
  resave: false,
  saveUninitialized: false,
  // A `form_post` response would need `sameSite: 'none', secure: true`. The query with PKCE, the default, does not.
  cookie: { httpOnly: true, sameSite: 'lax', secure: 'auto' },
}) as unknown as Middleware;

/** The session of a request. The middleware `sessions` adds it. */
export function sessionOf(req: IncomingMessage): SessionRequest['session'] {
  return (req as SessionRequest).session;
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

/** An authorization request for a code, with PKCE; or for a token, which only few providers still have. */
export function loginRequest(redirectUri: string, isImplicit: boolean): LoginRequest {
  return new LoginRequest(redirectUri, provider.clientId, isImplicit ? 'token' : 'code', {
    authorizationEndpoint: provider.authorizationEndpoint,
    issuer: provider.issuer,
    scope: provider.scope,
  });
}

/** Exchanges the code, asks the provider for the user, and signs the user in, in a session with a new id. */
export async function signIn(grant: GrantResponse, req: IncomingMessage): Promise<void> {
  const profile = Object(await fetchProfile(provider, await accessTokenOf(configuration, grant))) as Record<
    string,
    unknown
  >;
  const before = sessionOf(req);
  await promisify(before.regenerate.bind(before))();
  sessionOf(req).user = String(profile['name'] ?? profile['display_name'] ?? profile['id']);
}

/** The front page: the user, or the links that begin a sign-in. */
export function frontPage(user: string | undefined): string {
  const body =
    user === undefined
      ? html`<p><a href="/login">Sign in</a></p>
          <p><a href="/login?implicit">Sign in by implicit grant</a></p>`
      : html`<p>Signed in as <b>${user}</b>.</p>`;
  return html`<!doctype html>
    <html lang="en">
      <title>Example</title>
      <link rel="icon" href="data:," />
      <main>${body}</main>
    </html> `.text;
}
