#!/usr/bin/env bash
# google-auth-library sends a refresh again by itself, also when the server has received it and the response was lost.
#
# Version: google-auth-library 10.9.1, Node 20.20, Linux. Seen on 1 December 2026.
# Guess: a POST that is not idempotent is sent once; the error reaches the caller.
# Seen: one `getAccessToken()` is four requests with the same refresh token at a 503, and three if the connection ends without a response.
# Consequence: at a server that rotates and detects reuse (it is a general OAuth 2.0 client: `endpoints` can be set), a response that
#   was lost once becomes a reuse, which ends the sign-in. Cure: an interceptor that sets `retryConfig: { retry: 0 }`.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >npm.log
npm install --no-audit --no-fund --silent google-auth-library@10.9.1
cat >run.mjs <<'E'
import { OAuth2Client } from 'google-auth-library';
import { createServer } from 'node:http';
for (const [name, cured, respond] of [
  ['503', false, (response) => response.writeHead(503).end()],
  ['no response', false, (response) => response.destroy()],
  ['no response, cured', true, (response) => response.destroy()],
]) {
  const sent = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    sent.push(new URLSearchParams(body).get('refresh_token'));
    respond(response);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const oauth2TokenUrl = `http://127.0.0.1:${server.address().port}/token`;
  const client = new OAuth2Client({ clientId: 'client', clientSecret: 'secret', endpoints: { oauth2TokenUrl } });
  if (cured) {
    const once = (options) => Promise.resolve({ ...options, retryConfig: { retry: 0 } });
    client.transporter.interceptors.request.add({ resolved: once });
  }
  client.setCredentials({ access_token: 'A0', refresh_token: 'R0', expiry_date: 1 });
  const failed = await client.getAccessToken().then(() => false, () => true);
  console.log(`${name}: failed ${failed}, sent ${sent}`);
  server.close();
}
process.exit();
E
node run.mjs 2>errors | tee seen || { cat errors; exit 1; }
diff seen - <<'E'
503: failed true, sent R0,R0,R0,R0
no response: failed true, sent R0,R0,R0
no response, cured: failed true, sent R0
E
