// The OAuth provider of better-auth, with an MCP server beside it. Its one user is signed in, and no consent page is shown.
import {
  oauthProvider,
  oauthProviderAuthServerMetadata,
  oauthProviderOpenIdConfigMetadata,
} from '@better-auth/oauth-provider';
import {
  getOAuthProtectedResourceMetadataUrl,
  mcpAuthMetadataRouter,
  requireBearerAuth,
} from '@modelcontextprotocol/express';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { OAuthError, OAuthErrorCode } from '@modelcontextprotocol/server';
import { betterAuth } from 'better-auth';
import { memoryAdapter } from 'better-auth/adapters/memory';
import { toNodeHandler as toAuthHandler } from 'better-auth/node';
import { jwt } from 'better-auth/plugins';
import express from 'express';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { mcpHandler } from './mcp-endpoint.mjs';
import { listen, start, user } from './process.mjs';

const { server, origin } = await listen();
const issuer = `${origin}/api/auth`;
const resource = new URL('/mcp', origin);
const models = ['user', 'session', 'account', 'verification', 'jwks'];
const oauthModels = [
  'Client',
  'AccessToken',
  'RefreshToken',
  'Consent',
  'Resource',
  'ClientResource',
  'ClientAssertion',
];
const tables = [...models, ...oauthModels.map((name) => `oauth${name}`)];
const database = Object.fromEntries(tables.map((name) => [name, []]));
const auth = betterAuth({
  baseURL: origin,
  secret: 'a secret of thirty-two characters, for tests only',
  database: memoryAdapter(database),
  emailAndPassword: { enabled: true },
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
  logger: { disabled: true },
  plugins: [
    jwt(),
    oauthProvider({
      loginPage: '/sign-in',
      consentPage: '/consent',
      allowDynamicClientRegistration: true,
      allowUnauthenticatedClientRegistration: true,
      resources: [resource.href],
      // By default a client that registers itself may ask for no resource: `invalid_target`.
      enforcePerClientResources: false,
      silenceWarnings: { oauthAuthServerConfig: true, openidConfig: true },
    }),
  ],
});
const body = { name: 'Ada', email: 'ada@example.com', password: 'any password' };
const signUp = await auth.api.signUpEmail({ body, asResponse: true });
const cookie = signUp.headers
  .getSetCookie()
  .map((line) => line.split(';')[0])
  .join('; ');

/** Sends the decision of the user, as the consent page would. */
async function decide(request, response) {
  const { search } = new URL(request.url, origin);
  const decided = await auth.handler(
    new Request(`${issuer}/oauth2/consent`, {
      method: 'POST',
      headers: { cookie, origin, 'content-type': 'application/json' },
      body: JSON.stringify({ accept: user.decision === 'allow', oauth_query: search.slice(1) }),
    }),
  );
  const { url, redirect_uri } = await decided.json();
  response.redirect(url ?? redirect_uri);
}

async function verifyAccessToken(token) {
  try {
    const { payload } = await jwtVerify(token, createLocalJWKSet(await auth.api.getJwks()), {
      issuer,
      audience: resource.href,
    });
    const { sub, azp, scope, exp } = payload;
    return { token, clientId: azp, scopes: scope.split(' '), expiresAt: exp, extra: { sub } };
  } catch {
    throw new OAuthError(OAuthErrorCode.InvalidToken, 'The token is not valid.');
  }
}

const app = express();
const web = (handler) => async (request, response) => {
  const result = await handler(new Request(origin + request.url));
  response.status(result.status).json(await result.json());
};
const oauthMetadata = await (await oauthProviderAuthServerMetadata(auth)(new Request(origin))).json();
app.get('/.well-known/oauth-authorization-server/api/auth', web(oauthProviderAuthServerMetadata(auth)));
app.get('/api/auth/.well-known/openid-configuration', web(oauthProviderOpenIdConfigMetadata(auth)));
app.get('/consent', decide);
app.get('/api/auth/oauth2/authorize', (request, _response, next) => {
  // A given consent is remembered, and a user who has changed their mind would not be asked.
  if (user.decision === 'deny') database.oauthConsent.length = 0;
  // The browser of a user who is signed in.
  request.headers.cookie = cookie;
  next();
});
app.all('/api/auth/{*path}', toAuthHandler(auth));
app.use(mcpAuthMetadataRouter({ oauthMetadata, resourceServerUrl: resource }));
app.all(
  '/mcp',
  requireBearerAuth({
    verifier: { verifyAccessToken },
    resourceMetadataUrl: getOAuthProtectedResourceMetadataUrl(resource),
  }),
  toNodeHandler(mcpHandler),
);
start(server, app, { issuer, mcpServer: resource.href });
