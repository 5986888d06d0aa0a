import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import express, { type NextFunction, type Request, type Response, type Router } from 'express';
import session from 'express-session';
import type { OAuth2Server } from 'oauth2orize';
import { findUser, type User } from './accounts.js';
import { checkAuthorizationRequest, paramOf, type AuthorizationServerRequest } from './authorization-request.js';
import type { ResponseModes } from './authorization-response.js';
import type { Client } from './clients.js';
import { scopeOf, validateClient } from './oauth2-server.js';
import { PageError } from './page-error.js';
import { consentPage, loginPage, sendPage } from './pages.js';
import { SessionStore } from './session-store.js';

/** What the pages are made of. */
export interface BrowserRoutesContext {
  readonly clients: ReadonlyMap<string, Client>;
  readonly users: readonly User[];
  /** Whose names and passwords the login page may tell. */
  readonly hints: readonly User[];
  readonly server: OAuth2Server<Client, User>;
  readonly modes: ResponseModes;
}

// Each is a sign-in that somebody left behind. The oldest go.
const maxWaiting = 20;

/** The routes that a person's browser goes through: authorization endpoint, login, consent. */
export function createBrowserRoutes({ clients, users, hints, server, modes }: BrowserRoutesContext): Router {
  const router = express.Router();
  const readForm = express.urlencoded({ extended: false, limit: '16kb' });
  const readSession = session({
    store: new SessionStore(),
    // Cookies know no ports: without a name of its own, two of these servers would sign each other's users out.
    name: `demo-as-${randomBytes(6).toString('hex')}`,
    secret: randomBytes(32).toString('base64url'),
    resave: false,
    saveUninitialized: false,
    cookie: { httpOnly: true, sameSite: 'lax' },
  });
  const userOf = (req: Request): User | undefined => users.find(({ username }) => username === req.session.username);
  /** The authorization request that waits for this sign-in. The id shows that the login form is ours. */
  const waitingRequest = (req: Request, waitingId: unknown): { waitingId: string; search: string; appName: string } => {
    const waiting = req.session.waiting ?? {};
    const search = typeof waitingId === 'string' && Object.hasOwn(waiting, waitingId) ? waiting[waitingId] : undefined;
    const client = clients.get(new URLSearchParams(search).get('client_id') ?? '');
    if (typeof waitingId !== 'string' || search === undefined || !client) throw expired();
    return { waitingId, search, appName: client.name };
  };
  const redirectError = server.errorHandler({ mode: 'indirect', modes, fragment: ['token'] });

  router.get(
    '/authorize',
    readSession,
    checkAuthorizationRequest(clients),
    (req: AuthorizationServerRequest, res: Response, next: NextFunction) => {
      const user = userOf(req);
      if (user) {
        req.user = user;
        next();
        return;
      }
      const waitingId = randomBytes(16).toString('hex');
      const waiting = Object.entries(req.session.waiting ?? {}).slice(1 - maxWaiting);
      req.session.waiting = {
        ...Object.fromEntries(waiting),
        [waitingId]: new URL(req.url, 'http://localhost').search,
      };
      res.redirect(303, `/login?waiting=${waitingId}`);
    },
    server.authorize({ idLength: 32 }, validateClient(clients)),
    (req: AuthorizationServerRequest, res: Response) => {
      const { oauth2: txn, user } = req;
      if (!txn || !user) throw new TypeError('oauth2orize left no transaction');
      const { client, redirectURI: redirectUri, transactionID: transactionId } = txn;
      sendPage(
        res,
        consentPage({ appName: client.name, redirectUri, scope: scopeOf(txn.req.scope), transactionId, user }),
      );
    },
    redirectError,
  );

  router.get('/login', readSession, (req: Request, res: Response) => {
    const { waitingId, search, appName } = waitingRequest(req, req.query['waiting']);
    if (userOf(req)) res.redirect(303, `/authorize${search}`);
    else sendPage(res, loginPage({ waitingId, appName, hints }));
  });

  router.post('/login', readSession, readForm, async (req: Request, res: Response) => {
    const form = formOf(req);
    const { waitingId, search, appName } = waitingRequest(req, form['waiting']);
    const user = findUser(users, form['username'], form['password']);
    if (!user) {
      sendPage(res, loginPage({ waitingId, appName, hints, failedUsername: paramOf(form, 'username') ?? '' }));
      return;
    }
    const waiting = Object.entries(req.session.waiting ?? {}).filter(([id]) => id !== waitingId);
    // A new session id, so that one that was planted before the sign-in is worth nothing.
    await promisify(req.session.regenerate.bind(req.session))();
    req.session.username = user.username;
    req.session.waiting = Object.fromEntries(waiting);
    res.redirect(303, `/authorize${search}`);
  });

  router.post(
    '/decision',
    readSession,
    readForm,
    (req: AuthorizationServerRequest, _res: Response, next: NextFunction) => {
      const user = userOf(req);
      // The transaction's id came with the consent page to this session only: no other site can post it.
      const { authorize: transactions } = req.session as { authorize?: Record<string, unknown> };
      const id = paramOf(formOf(req), 'transaction_id');
      if (!user || id === undefined || !transactions || !Object.hasOwn(transactions, id)) throw expired();
      req.user = user;
      next();
    },
    server.decision((req: AuthorizationServerRequest, done) => {
      done(null, { allow: formOf(req)['decision'] === 'allow' });
    }),
    redirectError,
  );
  return router;
}

function expired(): PageError {
  return new PageError(403, 'This sign-in is over', 'It was finished or has expired, or cookies are turned off.');
}

function formOf(req: object): Readonly<Record<string, unknown>> {
  // express.urlencoded made it; it is undefined where the body was no form.
  return (req as { body?: Record<string, unknown> }).body ?? {};
}
