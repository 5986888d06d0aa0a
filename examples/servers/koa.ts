// Koa: npm install embed-auth-server koa express-session
import { createCallbackRouter, createSessionRequestStore } from 'embed-auth-server/router';
import Koa from 'koa';
import { frontPage, loginRequest, origin, port, run, sessionOf, sessions, signIn } from './app.js';

const redirectUri = `${origin}/auth/callback`;
const requests = createSessionRequestStore();
const app = new Koa();

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

app.use(async (ctx, next) => {
  await run(sessions, ctx.req, ctx.res);
  await next();
});

app.use(async (ctx, next) => {
  // Koa would send a response of its own once this function returns.
  if (await run(router, ctx.req, ctx.res)) ctx.respond = false;
  else await next();
});

app.use(async (ctx) => {
  if (ctx.path === '/login') {
    const login = loginRequest(redirectUri, 'implicit' in ctx.query);
    await requests.add(ctx.req, login.toExpected());
    ctx.status = 303;
    ctx.redirect(login.toUri().href);
  } else if (ctx.path === '/') {
    ctx.type = 'html';
    ctx.body = frontPage(sessionOf(ctx.req).user);
  }
});

app.listen(port, '127.0.0.1', () => {
  console.log(`Open ${origin}/ in your browser.`);
});
