// More pages on the loopback server: an Express app is the `handler` for all paths other than the callback's. The browser begins
// at a page of this program, and ends at another one.
import { AuthServer, BrowserUtil, LoginRequest, ResponseType } from 'embed-auth-server';
import express from 'express';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import * as client from 'openid-client';
import { configurationOf } from '../support/openid-client.js';
import { fetchProfile, providerOr, redirectUri, spotify } from '../support/provider.js';

await using provider = await providerOr(spotify);

const app = express();
app.get('/style.css', (_req, res) => {
  res
    .type('css')
    .send('body { font: 1.25rem/1.5 system-ui, sans-serif; margin: 15vh auto; max-width: 30rem; padding: 1rem; }');
});
app.get('/', (_req, res) => {
  res.send(page('Tidewater', `<p>Tide tables for your harbour.</p><p><a id="sign-in" href="/login">Sign in</a></p>`));
});
// Any web page can send requests to these paths. This one only begins a sign-in; the user still has to allow it.
app.get('/login', (_req, res) => {
  const request = new LoginRequest(server, provider.clientId, ResponseType.Code, {
    authorizationEndpoint: provider.authorizationEndpoint,
    issuer: provider.issuer,
    scope: provider.scope,
  });
  res.redirect(303, request.toUri().href);
});
app.get('/welcome', (_req, res) => {
  res.send(page('Welcome aboard', '<p>You can close this window and return to Tidewater.</p>'));
  app.emit('welcomed');
});

await using server = new AuthServer(redirectUri('http://127.0.0.1:5543/callback'), {
  appName: 'Tidewater',
  handler: app,
});
await server.start();

const welcomed = once(app, 'welcomed');
const granted = server.waitForGrant({
  exchange: async (grant, { page }) => {
    if (grant.kind !== 'code') throw new Error('The provider sent a token instead of a code.');
    const tokens = await client.authorizationCodeGrant(configurationOf(provider), grant.uri, {
      pkceCodeVerifier: grant.codeVerifier ?? '',
      expectedState: grant.state ?? '',
    });
    page.redirect(new URL('/welcome', server.baseUri));
    return fetchProfile(provider, tokens.access_token);
  },
  signal: AbortSignal.timeout(300_000),
});

const start = new URL('/', server.baseUri);
console.log(`Open ${start.href} in your browser, if it does not open.`);
await BrowserUtil.open(start).catch(() => undefined);
console.log('Signed in as', await granted);
// The server stays until the last page is shown, or the user has closed the tab.
await Promise.race([welcomed, setTimeout(5000, undefined, { ref: false })]);

function page(title: string, body: string): string {
  return (
    `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title>` +
    `<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="stylesheet" href="/style.css">` +
    `<main><h1>${title}</h1>${body}</main></html>`
  );
}
