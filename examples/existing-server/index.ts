// A web server that is there already: Express, sessions, many people at once. The callback is one router among its routes.
import { createCallbackRouter, LoginRequest, PKCEUtil, type ExpectedRequest } from 'embed-auth-server';
import express, { type NextFunction, type Request, type Response } from 'express';
import session from 'express-session';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import * as client from 'openid-client';
import { configurationOf } from '../support/openid-client.js';
import { fetchProfile, providerOr, redirectUri as registeredUri, spotify } from '../support/provider.js';
import { errorPage, frontPage, profilePage, styleSheet, type Profile } from './pages.js';

declare module 'express-session' {
  interface SessionData {
    /** The sign-ins that this browser has begun: one for each tab. */
    logins: ExpectedRequest[];
    profile: Profile;
  }
}

const provider = await providerOr(spotify);
const configuration = configurationOf(provider);

const app = express().disable('x-powered-by');
const wanted = registeredUri('http://127.0.0.1:5543/auth/callback');
const server = app.listen(Number(wanted.port), wanted.hostname);
await once(server, 'listening');
// A server that listens on TCP has such an address.
wanted.port = String((server.address() as AddressInfo).port);
// As the browser sees it. Behind a reverse proxy that ends TLS: https://app.example.com/auth/callback, and with
// `app.set('trust proxy', 1)` express-session can mark its cookie as secure.
const redirectUri = wanted.href;

app.use(
  session({
    // Several instances: the router keeps nothing, so all they need is one store between them and the same secret.
    //   store: new RedisStore({ client: redis }),   // connect-redis, connect-pg-simple, ...
    // Then a sign-in may begin at one instance and end at another. Without `store` the sessions are in this process's memory.
    secret: process.env['SESSION_SECRET'] ?? randomBytes(32).toString('base64url'),
    name: 'tidewater',
    resave: false,
    saveUninitialized: false,
    // Lax: the browser sends the cookie along when the provider sends it back here, and with no other site's POST.
    // With response_mode=form_post the provider's POST needs `sameSite: 'none', secure: true` instead.
    cookie: { httpOnly: true, sameSite: 'lax', secure: 'auto' },
  }),
);

app.get('/', (req, res) => {
  if (req.session.profile === undefined) res.send(frontPage(provider.name, provider.embedded));
  else res.redirect(303, '/profile');
});

app.get('/style.css', (_req, res) => {
  res.type('css').send(styleSheet);
});

app.post(
  '/login',
  express.urlencoded({ extended: false }),
  (req: Request<object, unknown, { flow?: unknown }>, res) => {
    const flow = provider.embedded && req.body.flow === 'token' ? 'token' : 'code';
    const request = new LoginRequest(redirectUri, provider.clientId, flow, {
      authorizationEndpoint: provider.authorizationEndpoint,
      scope: provider.scope,
      codeVerifier: flow === 'code' ? PKCEUtil.generateCodes().verifier : undefined,
    });
    // A session store writes JSON, and the request's secrets are behind accessors: take what its answer is checked against.
    const { state, responseType, codeVerifier } = request;
    req.session.logins = [...(req.session.logins ?? []).slice(-4), { state, redirectUri, responseType, codeVerifier }];
    res.redirect(303, request.toUri().href);
  },
);

app.use(
  '/auth',
  createCallbackRouter<Request, Response>({
    redirectUri,
    appName: 'Tidewater',
    expectedRequests: (req) => req.session.logins,
    // Where the store can, take it out in one step (Redis: HDEL answers whether it was there), and return whether that was
    // so: then two instances that are asked at once still accept one answer between them.
    takeRequest: (req, { state }) => {
      req.session.logins = req.session.logins?.filter((login) => login.state !== state) ?? [];
    },
    onGrant: async (grant, { req, page }) => {
      const accessToken = 'accessToken' in grant ? grant.accessToken : await exchange(grant.uri, grant);
      const profile = profileOf(await fetchProfile(provider, accessToken));
      // A new session id, so that one that was planted before the sign-in is worth nothing.
      const { logins } = req.session;
      await promisify(req.session.regenerate.bind(req.session))();
      Object.assign(req.session, { logins, profile });
      page.redirect('/profile');
    },
    onRejected: ({ reason }) => {
      console.log(`A callback was refused: ${reason}.`);
    },
  }),
);

app.get('/profile', (req, res) => {
  if (req.session.profile === undefined) res.redirect(303, '/');
  else res.set('Cache-Control', 'no-store').send(profilePage(req.session.profile));
});

app.post('/logout', async (req, res) => {
  await promisify(req.session.destroy.bind(req.session))();
  res.clearCookie('tidewater').redirect(303, '/');
});

// eslint-disable-next-line @typescript-eslint/no-unused-vars -- Express knows error handlers by their four parameters
app.use((error: unknown, _req: Request, res: Response, _next: NextFunction) => {
  console.error(error instanceof Error ? error.message : error);
  // The callback page has told the person already.
  if (!res.headersSent) res.status(500).send(errorPage());
});

console.log(`Open ${new URL('/', redirectUri).href} in your browser. Ctrl-C ends the server.`);
await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
server.close();
server.closeAllConnections();
await provider[Symbol.asyncDispose]();

async function exchange(uri: URL, { state, codeVerifier }: { state?: string; codeVerifier?: string }): Promise<string> {
  const tokens = await client.authorizationCodeGrant(configuration, uri, {
    expectedState: state,
    pkceCodeVerifier: codeVerifier,
  });
  return tokens.access_token;
}

function profileOf(answer: unknown): Profile {
  const { id, display_name: name, email } = Object(answer) as Readonly<Record<string, unknown>>;
  if (typeof id !== 'string') throw new Error('The provider sent a profile without an id.');
  return {
    id,
    name: typeof name === 'string' ? name : id,
    email: typeof email === 'string' ? email : undefined,
  };
}
