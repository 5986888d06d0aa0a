#!/usr/bin/env bash
# better-auth's provider: a client that registers itself may ask for none of the resources that the server lists.
#
# Versions: better-auth 1.7.25, @better-auth/oauth-provider 1.7.5, Node 20.20, Linux. Seen on 1 December 2026.
# Guess: with `resources: [URI]`, a client of dynamic registration may send `resource=URI`, as every MCP host does.
# Seen: the authorization response is `invalid_target`, "client ... is not linked to resource(s)", unless the server has
#   `enforcePerClientResources: false` or `clientRegistrationDefaultResources: [URI]`. The error goes to the app, with state and iss.
# Consequence: registration succeeds, and every sign-in of every MCP host fails: the host sees an error that it cannot mend.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >npm.log
npm install --legacy-peer-deps --no-audit --no-fund --silent better-auth@1.7.25 @better-auth/oauth-provider@1.7.5
cat >run.mjs <<'E'
import { oauthProvider } from '@better-auth/oauth-provider';
import { betterAuth } from 'better-auth';
import { memoryAdapter } from 'better-auth/adapters/memory';
import { jwt } from 'better-auth/plugins';
const baseURL = 'http://127.0.0.1:3000';
const resource = `${baseURL}/mcp`;
const names = ['Client', 'AccessToken', 'RefreshToken', 'Consent', 'Resource', 'ClientResource', 'ClientAssertion'];
const tables = ['user', 'session', 'account', 'verification', 'jwks', ...names.map((name) => `oauth${name}`)];
for (const options of [{}, { clientRegistrationDefaultResources: [resource] }, { enforcePerClientResources: false }]) {
  const auth = betterAuth({
    baseURL,
    secret: 'thirty-two characters for a test only',
    database: memoryAdapter(Object.fromEntries(tables.map((name) => [name, []]))),
    telemetry: { enabled: false },
    logger: { disabled: true },
    plugins: [
      jwt(),
      oauthProvider({
        loginPage: '/sign-in', consentPage: '/consent', resources: [resource],
        allowDynamicClientRegistration: true, allowUnauthenticatedClientRegistration: true,
        silenceWarnings: { oauthAuthServerConfig: true, openidConfig: true }, ...options,
      }),
    ],
  });
  const redirect_uri = 'http://127.0.0.1:5543/callback';
  const client = { redirect_uris: [redirect_uri], application_type: 'native', token_endpoint_auth_method: 'none' };
  const registered = await auth.handler(
    new Request(`${baseURL}/api/auth/oauth2/register`, {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(client),
    }),
  );
  const { client_id } = await registered.json();
  const query = new URLSearchParams({
    response_type: 'code', client_id, redirect_uri, resource, scope: 'openid', state: 'state',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', code_challenge_method: 'S256',
  });
  const response = await auth.handler(new Request(`${baseURL}/api/auth/oauth2/authorize?${query}`));
  const location = new URL(response.headers.get('location'), baseURL);
  console.log(`${Object.keys(options)[0] ?? 'defaults'}: ${registered.status}, ${location.searchParams.get('error') ?? location.pathname}`);
}
process.exit();
E
node run.mjs | tee seen
diff seen - <<'E'
defaults: 201, invalid_target
clientRegistrationDefaultResources: 201, /sign-in
enforcePerClientResources: 201, /sign-in
E
