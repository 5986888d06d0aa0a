// @node-oauth/oauth2-server on Express, with one public client and PKCE. It has no metadata and no registration of its own.
import OAuth2Server, { Request, Response } from '@node-oauth/oauth2-server';
import express from 'express';
import { listen, start, user } from './process.mjs';

const { server, origin } = await listen();
const client = {
  id: 'native',
  redirectUris: ['http://127.0.0.1:5543/callback'],
  grants: ['authorization_code', 'refresh_token'],
};
const [codes, accessTokens, refreshTokens] = [new Map(), new Map(), new Map()];
const oauth = new OAuth2Server({
  model: {
    getClient: async (id) => (id === client.id ? client : undefined),
    saveAuthorizationCode: async (code, { id }, owner) => {
      const saved = { ...code, client: { id }, user: owner };
      codes.set(code.authorizationCode, saved);
      return saved;
    },
    getAuthorizationCode: async (code) => codes.get(code),
    revokeAuthorizationCode: async ({ authorizationCode }) => codes.delete(authorizationCode),
    saveToken: async (token, { id }, owner) => {
      const saved = { ...token, client: { id }, user: owner };
      accessTokens.set(token.accessToken, saved);
      refreshTokens.set(token.refreshToken, saved);
      return saved;
    },
    getAccessToken: async (token) => accessTokens.get(token),
    getRefreshToken: async (token) => refreshTokens.get(token),
    revokeToken: async ({ refreshToken }) => refreshTokens.delete(refreshToken),
    validateScope: async (_user, _client, scope) => scope,
  },
  requireClientAuthentication: { authorization_code: false, refresh_token: false },
});

const app = express();
app.use(express.urlencoded({ extended: false }));
const send = (outgoing, { status = 200, headers, body }) => {
  outgoing.status(status).set(headers);
  if (status === 302) outgoing.end();
  else outgoing.json(body);
};
app.get('/.well-known/oauth-authorization-server', (_request, response) => {
  response.json({
    issuer: origin,
    authorization_endpoint: `${origin}/authorize`,
    token_endpoint: `${origin}/token`,
    response_types_supported: ['code'],
    code_challenge_methods_supported: ['S256'],
    token_endpoint_auth_methods_supported: ['none'],
  });
});
app.get('/authorize', async (request, outgoing) => {
  const response = new Response(outgoing);
  const { headers, method } = request;
  const query = { ...request.query, ...(user.decision === 'deny' && { allowed: 'false' }) };
  try {
    await oauth.authorize(new Request({ headers, method, query }), response, {
      authenticateHandler: { handle: () => ({ id: 'ada' }) },
    });
  } catch (error) {
    // Errors of a request whose redirect URI is known are in `response`, too.
    if (response.status !== 302) response.status = error.code;
    response.body = { error: error.name, error_description: error.message };
  }
  send(outgoing, response);
});
app.post('/token', async (request, outgoing) => {
  const response = new Response(outgoing);
  try {
    await oauth.token(new Request(request), response);
  } catch (error) {
    response.status = error.code;
    response.body = { error: error.name, error_description: error.message };
  }
  send(outgoing, response);
});
start(server, app, { issuer: origin, mcpServer: '', clientId: client.id });
