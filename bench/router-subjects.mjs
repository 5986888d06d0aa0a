// The subjects of the cases "router-express" and "router-http": the same sign-in, written by hand, with passport-oauth2, and with this
// package's router. Each serves /login, which redirects to the provider, and /auth/callback. The exchange is immediate.
import { Buffer } from 'node:buffer';
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import express from 'express';
import session from 'express-session';
import passport from 'passport';
import OAuth2Strategy from 'passport-oauth2';
import { load, loadRouter } from './.cache/ours/entry.mjs';

const authorizationEndpoint = 'https://accounts.example.com/authorize';
const clientId = 'a-client';
const verify = () => Promise.resolve('ada');

/** As long as this package's page of success, so that all send as many bytes. */
const page = (length) => `<!doctype html><title>Signed in</title><p>You are signed in.${' '.repeat(length)}`;

const sessions = () =>
  session({ secret: 'a secret', resave: false, saveUninitialized: false, cookie: { httpOnly: true, sameSite: 'lax' } });

/** What a web app's author writes: state and PKCE in the session. */
function authorizationUri(redirectUri, state, verifier) {
  const uri = new URL(authorizationEndpoint);
  uri.searchParams.set('response_type', 'code');
  uri.searchParams.set('client_id', clientId);
  uri.searchParams.set('redirect_uri', redirectUri);
  uri.searchParams.set('state', state);
  uri.searchParams.set('code_challenge', createHash('sha256').update(verifier).digest('base64url'));
  uri.searchParams.set('code_challenge_method', 'S256');
  return uri.href;
}

const equal = (one, other) => {
  const [a, b] = [Buffer.from(String(one)), Buffer.from(String(other))];
  return a.length === b.length && timingSafeEqual(a, b);
};

/** A hand-written Express route. */
function expressByHand(redirectUri, length) {
  const app = express();
  const text = page(length);
  app.use(sessions());
  app.get('/login', (req, res) => {
    const [state, verifier] = [randomBytes(32).toString('base64url'), randomBytes(32).toString('base64url')];
    req.session.login = { state, verifier };
    res.redirect(authorizationUri(redirectUri, state, verifier));
  });
  app.get('/auth/callback', async (req, res) => {
    const { login } = req.session;
    delete req.session.login;
    const { state, code, error } = req.query;
    if (login === undefined || !equal(state, login.state) || error !== undefined || typeof code !== 'string') {
      res.status(400).send('The sign-in failed.');
      return;
    }
    req.session.userId = await verify(code, login.verifier);
    res.send(text);
  });
  return createServer(app);
}

/** passport-oauth2, with state and PKCE. */
function expressPassport(redirectUri, length) {
  const app = express();
  const text = page(length);
  const strategy = new OAuth2Strategy(
    {
      authorizationURL: authorizationEndpoint,
      tokenURL: 'https://accounts.example.com/token',
      clientID: clientId,
      clientSecret: 'unused',
      callbackURL: redirectUri,
      state: true,
      pkce: true,
      skipUserProfile: true,
    },
    (accessToken, refreshToken, profile, done) => void verify().then((user) => done(null, { id: user }), done),
  );
  // The exchange is immediate.
  strategy._oauth2.getOAuthAccessToken = (code, parameters, done) => done(null, 'token', undefined, {});
  const authenticator = new passport.Passport();
  authenticator.use('provider', strategy);
  app.use(sessions());
  app.get('/login', authenticator.authenticate('provider'));
  app.get('/auth/callback', authenticator.authenticate('provider', { session: false }), (req, res) => {
    req.session.userId = req.user.id;
    res.send(text);
  });
  return createServer(app);
}

/** This package's router in Express, as its documentation has it. */
async function expressOurs(redirectUri) {
  const { LoginRequest, ResponseType } = await load();
  const { createCallbackRouter, createSessionRequestStore } = await loadRouter();
  const requests = createSessionRequestStore();
  const app = express();
  app.use(sessions());
  app.get('/login', async (req, res) => {
    const request = new LoginRequest(redirectUri, clientId, ResponseType.Code, { authorizationEndpoint });
    await requests.add(req, request.toExpected());
    res.redirect(request.toUri().href);
  });
  const onGrant = async (grant, { req }) => {
    req.session.userId = await verify(grant.code, grant.codeVerifier);
  };
  app.use('/auth', createCallbackRouter({ redirectUri, requests, onGrant }));
  return createServer(app);
}

const idOf = (request) => /(?:^|; )id=([\w-]+)/.exec(request.headers.cookie ?? '')?.[1];
const newCookie = (id) => ({ 'Set-Cookie': `id=${id}; HttpOnly; SameSite=Lax; Path=/` });

/** A hand-written handler for node:http, with the sign-ins in memory. */
function httpByHand(redirectUri, length) {
  const logins = new Map();
  const text = page(length);
  const headers = { 'Content-Type': 'text/html; charset=utf-8', 'Content-Length': Buffer.byteLength(text) };
  return createServer(async (request, response) => {
    const uri = new URL(request.url, redirectUri);
    if (uri.pathname === '/login') {
      const [id, state, verifier] = [32, 32, 32].map((bytes) => randomBytes(bytes).toString('base64url'));
      logins.set(id, { state, verifier });
      const location = authorizationUri(redirectUri, state, verifier);
      response.writeHead(302, { Location: location, ...newCookie(id) }).end();
      return;
    }
    const login = logins.get(idOf(request));
    const code = uri.searchParams.get('code');
    if (login === undefined || code === null || !equal(uri.searchParams.get('state'), login.state)) {
      response.writeHead(400).end('The sign-in failed.');
      return;
    }
    logins.delete(idOf(request));
    await verify(code, login.verifier);
    response.writeHead(200, headers).end(text);
  });
}

/** This package's router on node:http, with its memory store. */
async function httpOurs(redirectUri) {
  const { LoginRequest, ResponseType } = await load();
  const { createCallbackRouter, createMemoryRequestStore } = await loadRouter();
  const requests = createMemoryRequestStore({ sessionId: (request) => request.newId ?? idOf(request) });
  const onGrant = (grant) => verify(grant.code, grant.codeVerifier);
  const router = createCallbackRouter({ redirectUri, requests, onGrant });
  return createServer(async (request, response) => {
    if (request.url === '/login') {
      const login = new LoginRequest(redirectUri, clientId, ResponseType.Code, { authorizationEndpoint });
      request.newId = randomBytes(32).toString('base64url');
      await requests.add(request, login.toExpected());
      response.writeHead(302, { Location: login.toUri().href, ...newCookie(request.newId) }).end();
      return;
    }
    router(request, response, () => response.writeHead(404).end());
  });
}

/** By column. */
export const routerSubjects = {
  'express-by-hand': expressByHand,
  'passport-oauth2': expressPassport,
  'express-ours': expressOurs,
  'http-by-hand': httpByHand,
  'http-ours': httpOurs,
};
