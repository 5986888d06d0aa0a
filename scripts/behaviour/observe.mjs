// One server: registration, success, any port, denial, refresh, reuse. Resolves to what was seen, as words for a table.
import { createHash, randomBytes } from 'node:crypto';
import { browse } from './user-agent.mjs';

const registered = 'http://127.0.0.1:5543/callback';

export async function observe({ issuer, control = issuer, clientId, mcpServer }) {
  const metadata = await discover(issuer);
  const scope = (metadata.scopes_supported ?? ['read']).filter((name) => /openid|offline|read/.test(name)).join(' ');
  const row = {};
  const client = { id: clientId };
  if (clientId === undefined) Object.assign(row, await register(metadata, client));
  else row.registration = 'none';

  const signIn = async (redirectUri = registered) => {
    const verifier = randomBytes(32).toString('base64url');
    const uri = new URL(metadata.authorization_endpoint);
    const parameters = {
      response_type: 'code',
      client_id: client.id,
      redirect_uri: redirectUri,
      scope,
      state: 'sent-state',
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
      // FastMCP's provider behind it, and servers without an MCP server, know no resource.
      ...(mcpServer && control === issuer && { resource: mcpServer }),
      ...(/offline/.test(scope) && /openid/.test(scope) && { prompt: 'consent' }),
    };
    for (const [name, value] of Object.entries(parameters)) uri.searchParams.set(name, value);
    return { ...(await browse(uri, redirectUri)), verifier, redirectUri };
  };
  const token = async (body) => {
    const secret = client.secret === undefined ? {} : { client_secret: client.secret };
    const response = await fetch(metadata.token_endpoint, {
      method: 'POST',
      body: new URLSearchParams({ client_id: client.id, ...secret, ...body }),
    });
    return response.json();
  };
  const exchange = ({ uri, verifier, redirectUri }) =>
    token({
      grant_type: 'authorization_code',
      code: uri.searchParams.get('code'),
      redirect_uri: redirectUri,
      code_verifier: verifier,
    });
  const refresh = (refreshToken) => token({ grant_type: 'refresh_token', refresh_token: refreshToken });

  const success = await signIn();
  row.success = describe(success);
  if (success.kind === 'app') {
    const first = await exchange(success);
    row.refresh = first.refresh_token === undefined ? `no refresh token (${first.error ?? 'none'})` : undefined;
    if (first.refresh_token !== undefined) {
      const second = await refresh(first.refresh_token);
      row.refresh = second.error ?? (second.refresh_token === first.refresh_token ? 'same token' : 'rotates');
      const reuse = await refresh(first.refresh_token);
      const third = await refresh(second.refresh_token);
      row.reuse = `${reuse.error ?? 'works'}; then the new one: ${third.error ?? 'works'}`;
    }
  }
  // After the refreshes: at some servers a later sign-in ends the one before.
  row.anyPort = describe(await signIn('http://127.0.0.1:6654/callback'));
  row.otherHost = describe(await signIn('http://localhost:5543/callback'));
  await fetch(new URL('/test/decision?is=deny', control), { method: 'POST' });
  row.denial = describe(await signIn());
  return row;
}

function describe(outcome) {
  if (outcome.kind === 'page') return `page ${outcome.status}`;
  const { searchParams } = outcome.uri;
  const names = [...new Set(searchParams.keys())].filter((name) => name !== 'error');
  const error = searchParams.get('error');
  return `${error === null ? '' : `${error}: `}${names.join(', ')}`;
}

async function discover(issuer) {
  const { origin, pathname } = new URL(issuer);
  const path = pathname === '/' ? '' : pathname;
  for (const uri of [
    `${origin}/.well-known/oauth-authorization-server${path}`,
    `${issuer}/.well-known/openid-configuration`,
  ]) {
    const response = await fetch(uri);
    if (response.ok) return response.json();
  }
  throw new Error('No metadata.');
}

async function register({ registration_endpoint: endpoint }, client) {
  const statuses = [];
  for (const type of [undefined, 'native']) {
    const response = await fetch(endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        client_name: 'test',
        redirect_uris: [registered],
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        ...(type !== undefined && { application_type: type }),
      }),
    });
    const body = await response.json();
    statuses.push(`${type ?? 'no type'} ${response.status}${body.error ? ` ${body.error}` : ''}`);
    if (response.ok) Object.assign(client, { id: body.client_id, secret: body.client_secret });
  }
  return { registration: `${statuses.join(', ')}${client.secret === undefined ? '' : ', secret unasked'}` };
}
