#!/usr/bin/env bash
# google-auth-library reports a rotated refresh token and goes on with the old one.
#
# Versions: google-auth-library 10.9.1 and 11.3.4, Node 20.20, Linux. Seen on 1 December 2026.
# Guess: after a refresh whose response has a new `refresh_token`, `credentials` has it, and the next refresh sends it.
# Seen: the `tokens` event has the new one, `credentials.refresh_token` is still the old one, and the next refresh sends the old one.
# Consequence: at a server that rotates (it is a general OAuth 2.0 client: `endpoints` can be set) the second refresh is a reuse, which
#   ends the sign-in. Cure: call `setCredentials()` in the listener of `tokens`.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >npm.log
npm install --no-audit --no-fund --silent ten@npm:google-auth-library@10.9.1 eleven@npm:google-auth-library@11.3.4
cat >run.mjs <<'E'
import { createServer } from 'node:http';
const sent = [];
const server = createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request) body += chunk;
  sent.push(new URLSearchParams(body).get('refresh_token'));
  response.writeHead(200, { 'Content-Type': 'application/json' });
  const n = sent.length;
  response.end(JSON.stringify({ access_token: `A${n}`, token_type: 'Bearer', expires_in: 3600, refresh_token: `R${n}` }));
}).listen(0, '127.0.0.1');
await new Promise((resolve) => server.once('listening', resolve));
const oauth2TokenUrl = `http://127.0.0.1:${server.address().port}/token`;
for (const [name, cured] of [['ten', false], ['eleven', false], ['eleven', true]]) {
  sent.length = 0;
  const { OAuth2Client } = await import(name);
  const client = new OAuth2Client({ clientId: 'client', clientSecret: 'secret', endpoints: { oauth2TokenUrl } });
  const events = [];
  client.on('tokens', (tokens) => {
    events.push(tokens.refresh_token);
    if (cured) client.setCredentials(tokens);
  });
  client.setCredentials({ access_token: 'A0', refresh_token: 'R0', expiry_date: 1 });
  await client.getAccessToken();
  const kept = client.credentials.refresh_token;
  await client.refreshAccessToken();
  console.log(`${name}${cured ? ', cured' : ''}: event ${events[0]}, kept ${kept}, sent ${sent}`);
}
process.exit();
E
node run.mjs 2>errors | tee seen || { cat errors; exit 1; }
diff seen - <<'E'
ten: event R1, kept R0, sent R0,R0
eleven: event R1, kept R0, sent R0,R0
eleven, cured: event R1, kept R1, sent R0,R1
E
