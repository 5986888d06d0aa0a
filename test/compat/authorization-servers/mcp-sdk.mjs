// The authorization server of the MCP SDK 1 (`mcpAuthRouter`), with an MCP server beside it. It rotates refresh tokens.
import { getOAuthProtectedResourceMetadataUrl, requireBearerAuth } from '@modelcontextprotocol/express';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { AccessDeniedError, InvalidGrantError } from '@modelcontextprotocol/sdk/server/auth/errors.js';
import { mcpAuthRouter } from '@modelcontextprotocol/sdk/server/auth/router.js';
import { OAuthError, OAuthErrorCode } from '@modelcontextprotocol/server';
import express from 'express';
import { randomUUID } from 'node:crypto';
import { mcpHandler } from './mcp-endpoint.mjs';
import { listen, start, user } from './process.mjs';

const { server, origin } = await listen();
const resource = new URL('/mcp', origin);
const clients = new Map();
const codes = new Map();
const grants = new Map();

function issue({ clientId, scopes }) {
  const [access_token, refresh_token] = [randomUUID(), randomUUID()];
  const expiresAt = Math.floor(Date.now() / 1000) + 3600;
  grants.set(access_token, { token: access_token, clientId, scopes, expiresAt, extra: { sub: 'ada' } });
  grants.set(refresh_token, { clientId, scopes });
  return { access_token, token_type: 'Bearer', expires_in: 3600, refresh_token, scope: scopes.join(' ') };
}

function take(map, key) {
  const found = map.get(key);
  if (found === undefined) throw new InvalidGrantError('Unknown or used.');
  map.delete(key);
  return found;
}

/** Its form is the SDK's `OAuthServerProvider`. */
const provider = {
  clientsStore: {
    getClient: (id) => clients.get(id),
    registerClient: (client) => {
      clients.set(client.client_id, client);
      return client;
    },
  },
  async authorize(client, { state, redirectUri, codeChallenge, scopes = [] }, response) {
    if (user.decision === 'deny') throw new AccessDeniedError('The user denied the request.');
    const code = randomUUID();
    codes.set(code, { clientId: client.client_id, codeChallenge, scopes });
    const target = new URL(redirectUri);
    target.searchParams.set('code', code);
    if (state !== undefined) target.searchParams.set('state', state);
    response.redirect(target.href);
  },
  challengeForAuthorizationCode: async (_client, code) => codes.get(code)?.codeChallenge,
  exchangeAuthorizationCode: async (_client, code) => issue(take(codes, code)),
  exchangeRefreshToken: async (_client, token) => issue(take(grants, token)),
  verifyAccessToken: async (token) => {
    const grant = grants.get(token);
    if (grant?.token !== token) throw new OAuthError(OAuthErrorCode.InvalidToken, 'The token is unknown.');
    return grant;
  },
  revokeToken: async (_client, { token }) => void grants.delete(token),
};

const app = express();
app.use(
  mcpAuthRouter({
    provider,
    issuerUrl: new URL(origin),
    resourceServerUrl: resource,
    // Its limits are for the internet: 20 registrations an hour.
    authorizationOptions: { rateLimit: false },
    clientRegistrationOptions: { rateLimit: false },
    tokenOptions: { rateLimit: false },
    revocationOptions: { rateLimit: false },
  }),
);
app.all(
  '/mcp',
  requireBearerAuth({ verifier: provider, resourceMetadataUrl: getOAuthProtectedResourceMetadataUrl(resource) }),
  toNodeHandler(mcpHandler),
);
start(server, app, { issuer: origin, mcpServer: resource.href });
