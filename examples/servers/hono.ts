// Hono on Node: npm install embed-auth-server hono @hono/node-server express-session
import { serve, type HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { createCallbackRouter, createSessionRequestStore } from 'embed-auth-server/router';
import { Hono } from 'hono';
import { frontPage, loginRequest, origin, port, run, sessionOf, sessions, signIn } from './app.js';

const redirectUri = `${origin}/auth/callback`;
const requests = createSessionRequestStore();
const app = new Hono<{ Bindings: HttpBindings }>();

const router = createCallbackRouter({
  redirectUri,
  requests,
  onGrant: async (grant, { req, page }) => {
    await signIn(grant, req);
    page.redirect('/');
  },
  onRejected: ({ reason }) => {
    console.log(`A callback was rejected: ${reason}.`);
  },
});

app.use(async (c, next) => {
  await run(sessions, c.env.incoming, c.env.outgoing);
  await next();
});

app.all('/auth/*', async (c, next) => {
  if (await run(router, c.env.incoming, c.env.outgoing)) return RESPONSE_ALREADY_SENT;
  await next();
  return undefined;
});

app.get('/', (c) => c.html(frontPage(sessionOf(c.env.incoming).user)));

app.get('/login', async (c) => {
  const login = loginRequest(redirectUri, c.req.query('implicit') !== undefined);
  await requests.add(c.env.incoming, login.toExpected());
  return c.redirect(login.toUri().href, 303);
});

serve({ fetch: app.fetch, hostname: '127.0.0.1', port }, () => {
  console.log(`Open ${origin}/ in your browser.`);
});
