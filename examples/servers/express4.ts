// Express 4: npm install embed-auth-server express@4 express-session
import { createCallbackRouter, createSessionRequestStore } from 'embed-auth-server/router';
import express from 'express4';
import { frontPage, loginRequest, origin, port, sessionOf, sessions, signIn } from './app.js';

const redirectUri = `${origin}/auth/callback`;
const requests = createSessionRequestStore();
const app = express();

app.use(sessions);

app.get('/', (req, res) => {
  res.send(frontPage(sessionOf(req).user));
});

app.get('/login', (req, res, next) => {
  const login = loginRequest(redirectUri, 'implicit' in req.query);
  // Express 4 ignores the promise of an async handler.
  Promise.resolve(requests.add(req, login.toExpected())).then(() => {
    res.redirect(303, login.toUri().href);
  }, next);
});

app.use(
  '/auth',
  createCallbackRouter({
    redirectUri,
    requests,
    onGrant: async (grant, { req, page }) => {
      await signIn(grant, req);
      page.redirect('/');
    },
    onRejected: ({ reason }) => {
      console.log(`A callback was rejected: ${reason}.`);
    },
  }),
);

app.listen(port, '127.0.0.1', () => {
  console.log(`Open ${origin}/ in your browser.`);
});
