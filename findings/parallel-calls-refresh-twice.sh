#!/usr/bin/env bash
# Two calls at once with an expired token: two refreshes with the same refresh token, in SDKs of providers whose tokens work once.
#
# Versions: @octokit/auth-oauth-user 6.0.4, @spotify/web-api-ts-sdk 1.2.0; for comparison google-auth-library 11.3.4 and @twurple/auth
#   8.2.0. Node 20.20, Linux. Seen on 1 December 2026.
# Guess: one process shares one refresh, in all of them.
# Seen: two in Octokit's and Spotify's, one in the others.
# Consequence: GitHub's refresh tokens work once: of two calls in one `Promise.all`, one fails, or both are signed out.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >npm.log
npm install --no-audit --no-fund --silent @octokit/auth-oauth-user@6.0.4 @octokit/request@10.0.16 @spotify/web-api-ts-sdk@1.2.0 \
  google-auth-library@11.3.4 @twurple/auth@8.2.0
cat >run.mjs <<'E'
import { createOAuthUserAuth } from '@octokit/auth-oauth-user';
import { request } from '@octokit/request';
import { SpotifyApi } from '@spotify/web-api-ts-sdk';
import { RefreshingAuthProvider } from '@twurple/auth';
import { OAuth2Client } from 'google-auth-library';
import { createServer } from 'node:http';
let refreshes = 0;
const server = createServer((incoming, response) => {
  incoming.resume();
  if (/token/.test(incoming.url)) refreshes += 1;
  setTimeout(() => {
    response.writeHead(200, { 'Content-Type': 'application/json' });
    const times = { expires_in: 28_800, refresh_token_expires_in: 15_897_600 };
    const tokens = { access_token: `A${refreshes}`, refresh_token: `R${refreshes}`, token_type: 'bearer', scope: '' };
    response.end(JSON.stringify({ ...tokens, ...times }));
  }, 200);
}).listen(0, '127.0.0.1');
await new Promise((resolve) => server.once('listening', resolve));
const origin = `http://127.0.0.1:${server.address().port}`;
const realFetch = globalThis.fetch;
const hosts = /^https:\/\/(github\.com|accounts\.spotify\.com|api\.spotify\.com|id\.twitch\.tv)/;
globalThis.fetch = (uri, init) => realFetch(String(uri).replace(hosts, origin), init);

const octokit = createOAuthUserAuth({
  clientType: 'github-app', clientId: 'Iv1.client', clientSecret: 'secret', token: 'A0', refreshToken: 'R0',
  expiresAt: '2020-01-01T00:00:00Z', refreshTokenExpiresAt: '2099-01-01T00:00:00Z',
  request: request.defaults({ request: { fetch: globalThis.fetch } }),
});
const stored = { access_token: 'A0', token_type: 'Bearer', expires_in: 3600, refresh_token: 'R0', expires: Date.now() - 1000 };
const spotify = SpotifyApi.withAccessToken('client', stored);
const google = new OAuth2Client({ clientId: 'client', clientSecret: 'secret', endpoints: { oauth2TokenUrl: `${origin}/token` } });
google.setCredentials({ access_token: 'A0', refresh_token: 'R0', expiry_date: 1 });
const twitch = new RefreshingAuthProvider({ clientId: 'client', clientSecret: 'secret' });
twitch.addUser('1', { accessToken: 'A0', refreshToken: 'R0', expiresIn: 1, obtainmentTimestamp: 1, scope: [] });
const calls = {
  '@octokit/auth-oauth-user': () => octokit(),
  '@spotify/web-api-ts-sdk': () => spotify.makeRequest('GET', 'me'),
  'google-auth-library': () => google.getAccessToken(),
  '@twurple/auth': () => twitch.getAccessTokenForUser('1'),
};
for (const [name, call] of Object.entries(calls)) {
  refreshes = 0;
  await Promise.all([call(), call()]);
  console.log(`${name}: ${refreshes}`);
}
process.exit();
E
node run.mjs | tee seen
diff seen - <<'E'
@octokit/auth-oauth-user: 2
@spotify/web-api-ts-sdk: 2
google-auth-library: 1
@twurple/auth: 1
E
