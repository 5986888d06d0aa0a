import express, { type NextFunction, type Request, type Response, type Router } from 'express';
import oauth2orize, { type OAuth2Server } from 'oauth2orize';
import type { User } from './accounts.js';
import { paramOf, responseModes, type AuthorizationServerRequest } from './authorization-request.js';
import type { Client } from './clients.js';
import type { TokenStore } from './token-store.js';

const { OAuth2Error, TokenError } = oauth2orize;
const grantTypes = ['authorization_code', 'refresh_token'];

/** The routes that apps call: the token endpoint, the metadata, and the protected resource. */
export function createApiRoutes(
  issuer: URL,
  clients: ReadonlyMap<string, Client>,
  store: TokenStore,
  server: OAuth2Server<Client, User>,
): Router {
  const router = express.Router();
  router
    .route('/token')
    .post(
      (_req: Request, res: Response, next: NextFunction) => {
        // RFC 6749, section 5.1. The errors, too.
        res.set({ 'Cache-Control': 'no-store', Pragma: 'no-cache' });
        next();
      },
      express.urlencoded({ extended: false, limit: '16kb' }),
      checkTokenRequest(clients),
      server.token(),
      sendTokenError,
    )
    .all((_req: Request, res: Response) => {
      res.status(405).set('Allow', 'POST').json({ error: 'invalid_request', error_description: 'Use POST' });
    });
  router.get(
    ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration'],
    (_req: Request, res: Response) => {
      res.json(metadataOf(issuer));
    },
  );
  router.get('/v1/me', (req: Request, res: Response) => {
    res.set('Cache-Control', 'no-store');
    // RFC 6750, section 2.1. The scheme's name is not case-sensitive.
    const accessToken = /^Bearer +([\w.~+/-]+=*) *$/i.exec(req.headers.authorization ?? '')?.[1];
    const grant = accessToken === undefined ? undefined : store.findGrant(accessToken);
    if (grant) {
      res.json(grant.user.profile);
      return;
    }
    // RFC 6750, section 3.1: no error code where there was no token.
    const problem = req.headers.authorization === undefined ? '' : ', error="invalid_token"';
    res.status(401).set('WWW-Authenticate', `Bearer realm="demo"${problem}`);
    res.json({ error: { status: 401, message: problem === '' ? 'No access token' : 'The access token is not valid' } });
  });
  return router;
}

/** @see [RFC 8414, section 2](https://www.rfc-editor.org/rfc/rfc8414#section-2) */
function metadataOf(issuer: URL): object {
  return {
    issuer: issuer.origin,
    authorization_endpoint: new URL('/authorize', issuer).href,
    token_endpoint: new URL('/token', issuer).href,
    response_types_supported: Object.keys(responseModes),
    response_modes_supported: responseModes.code,
    grant_types_supported: [...grantTypes, 'implicit'],
    token_endpoint_auth_methods_supported: ['none'],
    code_challenge_methods_supported: ['S256'],
    authorization_response_iss_parameter_supported: true,
  };
}

function checkTokenRequest(clients: ReadonlyMap<string, Client>) {
  return (req: AuthorizationServerRequest, _res: Response, next: NextFunction): void => {
    if (!req.is('application/x-www-form-urlencoded')) {
      throw new TokenError('The body must be application/x-www-form-urlencoded', 'invalid_request');
    }
    // express.urlencoded made it: every value is a string, or an array where the name came more than once.
    const body = req.body as Readonly<Record<string, unknown>>;
    if (Object.values(body).some((value) => typeof value !== 'string')) {
      throw new TokenError('A parameter is repeated', 'invalid_request');
    }
    const client = clients.get(paramOf(body, 'client_id') ?? '');
    if (!client) throw new TokenError('`client_id` is missing or not known', 'invalid_client');
    const grantType = paramOf(body, 'grant_type');
    if (grantType === undefined) throw new TokenError('`grant_type` is missing', 'invalid_request');
    if (!grantTypes.includes(grantType)) {
      throw new TokenError('`grant_type` must be authorization_code or refresh_token', 'unsupported_grant_type');
    }
    // At the token endpoint, oauth2orize's `user` is the client.
    (req as unknown as { user?: Client }).user = client;
    next();
  };
}

// oauth2orize's own handler answers 403 and 501 where RFC 6749, section 5.2, has 400.
function sendTokenError(error: unknown, _req: Request, res: Response, next: NextFunction): void {
  if (res.headersSent) {
    next(error);
    return;
  }
  if (error instanceof OAuth2Error) {
    const status = error.code === 'invalid_client' ? 401 : 400;
    res.status(status).json({ error: error.code, error_description: error.message });
    return;
  }
  // The body could not be read: too large, cut short, of a charset nobody knows.
  res.status(400).json({ error: 'invalid_request', error_description: 'The request could not be read' });
}
