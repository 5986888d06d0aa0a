#!/usr/bin/env bash
# @badgateway/oauth2-client's OAuth2Fetch takes an outage of the token endpoint for a refresh token that was not accepted.
#
# Version: @badgateway/oauth2-client 3.3.1, Node 20.20, Linux. Seen on 1 December 2026.
# Guess: a 503 at the refresh rejects the call, and the tokens stay; a new sign-in is asked for at `invalid_grant` only.
# Seen: `getNewToken` (the user's sign-in) is called after a 503, and the reason is written to the console.
# Consequence: every user is asked to sign in again during an outage of the provider that takes a minute.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >npm.log
npm install --no-audit --no-fund --silent @badgateway/oauth2-client@3.3.1
cat >run.mjs <<'E'
import { OAuth2Client, OAuth2Fetch } from '@badgateway/oauth2-client';
import { createServer } from 'node:http';
const server = createServer((_request, response) => response.writeHead(503, { 'Retry-After': '1' }).end()).listen(0, '127.0.0.1');
await new Promise((resolve) => server.once('listening', resolve));
const origin = `http://127.0.0.1:${server.address().port}`;
let signIns = 0;
const wrapper = new OAuth2Fetch({
  client: new OAuth2Client({ clientId: 'client', tokenEndpoint: `${origin}/token` }),
  getStoredToken: () => ({ accessToken: 'A0', refreshToken: 'R0', expiresAt: 1 }),
  getNewToken: () => { signIns += 1; return { accessToken: 'A1', refreshToken: 'R1', expiresAt: Date.now() + 3_600_000 }; },
});
await wrapper.fetch(`${origin}/api`);
console.log(`sign-ins after a 503: ${signIns}`);
process.exit();
E
node run.mjs 2>errors | tee seen
diff seen - <<'E'
sign-ins after a 503: 1
E
