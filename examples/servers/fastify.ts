// Fastify: npm install embed-auth-server fastify @fastify/middie express-session
import middie from '@fastify/middie';
import { createCallbackRouter, createSessionRequestStore } from 'embed-auth-server/router';
import fastify from 'fastify';
import { frontPage, loginRequest, origin, port, sessionOf, sessions, signIn } from './app.js';

const redirectUri = `${origin}/auth/callback`;
const requests = createSessionRequestStore();
const app = fastify({ logger: { level: 'error' } });

await app.register(middie);
app.use(sessions);

app.get('/', (request, reply) => {
  void reply.type('text/html').send(frontPage(sessionOf(request.raw).user));
});

app.get<{ Querystring: { implicit?: string } }>('/login', async (request, reply) => {
  const login = loginRequest(redirectUri, request.query.implicit !== undefined);
  // The store reads the session of the raw request, as the router does.
  await requests.add(request.raw, login.toExpected());
  return reply.redirect(login.toUri().href, 303);
});

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

app.use('/auth', (req, res, next) => {
  router(req, res, (error) => {
    // The page has shown the failure, and middie drops an error once a response is sent.
    if (error !== undefined) app.log.error(error);
    next(error);
  });
});

await app.listen({ host: '127.0.0.1', port });
console.log(`Open ${origin}/ in your browser.`);
