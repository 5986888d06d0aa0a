// An existing web server: Express, sessions, many users at once. The callback is one router among its routes.
import { LoginRequest } from 'embed-auth-server';
import { createCallbackRouter } from 'embed-auth-server/router';
import express, { type NextFunction, type Request, type Response } from 'express';
import session from 'express-session';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { accessTokenOf, configurationOf } from '../support/openid-client.js';
import { fetchProfile, providerOr, redirectUri as registeredUri, spotify } from '../support/provider.js';
import { errorPage, frontPage, profilePage, styleSheet, type Profile } from './pages.js';
import { openStores, StoreError } from './stores.js';

declare module 'express-session' {
  interface SessionData {
    profile: Profile;
  }
}

const provider = await providerOr(spotify);
const configuration = configurationOf(provider);

const app = express().disable('x-powered-by');
const registered = new URL(registeredUri('http://127.0.0.1:5543/auth/callback'));
const server = app.listen(Number(registered.port), registered.hostname);
await once(server, 'listening');
registered.port = String((server.address() as AddressInfo).port); // It is a string for pipes only.
// As the browser sees it. Behind a proxy that ends TLS it is, for example, https://app.example.com/auth/callback.
const redirectUri = process.env['PUBLIC_URI'] || registered.href;
const isTls = redirectUri.startsWith('https:');
// Only the proxy on this machine is believed that the browser used https.
if (isTls) app.set('trust proxy', 'loopback');

// The sessions, and in them the expected responses: a browser's state is accepted from no other browser.
const stores = await openStores();
const { requests } = stores;

app.use(
  session({
    // Several instances need one store and the same secret: see redis/.
    ...(stores.sessions === undefined ? {} : { store: stores.sessions }),
    secret: process.env['SESSION_SECRET'] ?? randomBytes(32).toString('base64url'),
    name: 'tidewater',
    resave: false,
    saveUninitialized: false,
    // Lax: the browser sends the cookie when the provider redirects to this server, but not with a POST from another site.
    // A form_post response would need `sameSite: 'none', secure: true`; the query with PKCE, the default, does not.
    cookie: { httpOnly: true, sameSite: 'lax', secure: isTls },
  }),
);

app.get('/', (req, res) => {
  if (req.session.profile === undefined) res.send(frontPage(provider.name, provider.isDemo));
  else res.redirect(303, '/profile');
});

app.get('/style.css', (_req, res) => {
  res.type('css').send(styleSheet);
});

app.post(
  '/login',
  express.urlencoded({ extended: false }),
  async (req: Request<Record<string, string>, unknown, { flow?: unknown }>, res) => {
    const flow = provider.isDemo && req.body.flow === 'token' ? 'token' : 'code';
    const request = new LoginRequest(redirectUri, provider.clientId, flow, {
      authorizationEndpoint: provider.authorizationEndpoint,
      issuer: provider.issuer,
      scope: provider.scope,
    });
    // The whole request: state, redirect URI, issuer and PKCE verifier. The response is checked against all of them.
    await requests.add(req, request.toExpected());
    res.redirect(303, request.toUri().href);
  },
);

app.use(
  '/auth',
  createCallbackRouter<Request, Response>({
    redirectUri,
    requests,
    appName: 'Tidewater',
    onGrant: async (grant, { req, page }) => {
      const profile = profileOf(await fetchProfile(provider, await accessTokenOf(configuration, grant)));
      // A new session id, so that one that an attacker planted before is not signed in (session fixation).
      await stores.changeSessionId(req);
      req.session.profile = profile;
      // Saved before the page shows success.
      await promisify(req.session.save.bind(req.session))();
      page.redirect('/profile');
    },
    onRejected: ({ reason }) => {
      console.log(`A callback was rejected: ${reason}.`);
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

// eslint-disable-next-line @typescript-eslint/no-unused-vars -- Express recognizes error handlers by their four parameters
app.use((error: unknown, _req: Request, res: Response, _next: NextFunction) => {
  console.error(error instanceof Error ? error.message : error);
  // If the headers are sent, the callback page has shown the failure.
  if (res.headersSent) return;
  if (error instanceof StoreError)
    res.status(503).set('Retry-After', '5').send(errorPage('Reload this page in a moment.'));
  else res.status(500).send(errorPage('Go back and try again.'));
});

console.log(`Open ${new URL('/', redirectUri).href} in your browser. Ctrl-C ends the server.`);
await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
server.close();
server.closeAllConnections();
stores.close();
await provider[Symbol.asyncDispose]();

/** The demo server sends `sub` and `name`; Spotify sends `id` and `display_name`. */
function profileOf(response: unknown): Profile {
  const {
    sub,
    id = sub,
    display_name: displayName,
    name = displayName,
    email,
  } = Object(response) as Record<string, unknown>;
  if (typeof id !== 'string') throw new Error('The provider sent a profile without an id.');
  return {
    id,
    name: typeof name === 'string' ? name : id,
    email: typeof email === 'string' ? email : undefined,
  };
}
