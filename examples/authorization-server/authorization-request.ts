import type { NextFunction, Request, RequestHandler, Response } from 'express';
import oauth2orize, { type MiddlewareRequest, type OAuth2, type OAuth2Req } from 'oauth2orize';
import type { User } from './accounts.js';
import { resolveRedirectUri, type Client } from './clients.js';
import { PageError } from './page-error.js';

/** A request as oauth2orize leaves it behind: with the user and the transaction. */
export type AuthorizationServerRequest = Request & MiddlewareRequest<Client, User>;

/** The parameters that oauth2orize does not read by itself. */
export interface ExtraParams {
  readonly responseMode?: string | undefined;
  readonly codeChallenge?: string | undefined;
}

export const responseModes = {
  code: ['query', 'fragment', 'form_post'],
  // A token in a query ends in logs and histories; the OAuth 2.0 Multiple Response Types document forbids it.
  token: ['fragment', 'form_post'],
} as const;

const { AuthorizationError } = oauth2orize;

/** Reads a parameter. RFC 6749, section 3.1: one without a value counts as left out. */
export function paramOf(params: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = params[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function extraParamsOf(req: Request): ExtraParams {
  return { responseMode: paramOf(req.query, 'response_mode'), codeChallenge: paramOf(req.query, 'code_challenge') };
}

/**
 * Judges an authorization request before oauth2orize takes it, which would redirect for some errors only.
 *
 * A bad client or redirect URI ends in a page. Every other error is a redirect (RFC 6749, sections 4.1.2.1 and 4.2.2.1).
 */
export function checkAuthorizationRequest(clients: ReadonlyMap<string, Client>): RequestHandler {
  return (req: AuthorizationServerRequest, _res: Response, next: NextFunction): void => {
    const client = clients.get(paramOf(req.query, 'client_id') ?? '');
    if (!client) throw new PageError(400, 'Unknown app', 'This server knows no app with the client id of the link.');
    const given = req.query['redirect_uri'];
    // A repeated one is as bad as an unregistered one: nobody knows which of the two is meant.
    const redirectUri = Array.isArray(given)
      ? undefined
      : resolveRedirectUri(client, paramOf(req.query, 'redirect_uri'));
    if (redirectUri === undefined) {
      throw new PageError(
        400,
        'Redirect URI refused',
        `${client.name} may not send you to the redirect URI of the link, so nothing was sent there.`,
      );
    }
    const error = problemOf(req, redirectUri);
    if (!error) {
      next();
      return;
    }
    // What oauth2orize's error handler needs for a redirect; the rest of a transaction does not exist yet.
    req.oauth2 = {
      client,
      redirectURI: redirectUri,
      req: {
        type: paramOf(req.query, 'response_type'),
        state: paramOf(req.query, 'state'),
        responseMode: usableResponseMode(req, redirectUri),
      } as unknown as OAuth2Req,
    } as OAuth2<Client, User>;
    next(error);
  };
}

function problemOf(req: Request, redirectUri: string): Error | undefined {
  // Which one is not said: the name could be anything.
  if (Object.values(req.query).some((value) => typeof value !== 'string')) {
    return new AuthorizationError('A parameter is repeated', 'invalid_request');
  }
  const type = paramOf(req.query, 'response_type');
  if (type === undefined) return new AuthorizationError('`response_type` is missing', 'invalid_request');
  if (type !== 'code' && type !== 'token') {
    return new AuthorizationError('`response_type` must be code or token', 'unsupported_response_type');
  }
  const { responseMode } = extraParamsOf(req);
  if (responseMode !== undefined && usableResponseMode(req, redirectUri) === undefined) {
    return new AuthorizationError('`response_mode` is not one for this request', 'invalid_request');
  }
  // RFC 6749, appendix A.4.
  if (!/^[\x20\x21\x23-\x5b\x5d-\x7e]*$/.test(paramOf(req.query, 'scope') ?? '')) {
    return new AuthorizationError('`scope` has characters that no scope can have', 'invalid_scope');
  }
  return type === 'code' ? pkceProblemOf(req) : undefined;
}

/** RFC 9700, section 2.1.1: public clients must use PKCE, and `plain` protects nothing once the request is read. */
function pkceProblemOf(req: Request): Error | undefined {
  const { codeChallenge } = extraParamsOf(req);
  if (codeChallenge === undefined) {
    return new AuthorizationError('`code_challenge` is missing: PKCE is required', 'invalid_request');
  }
  if (paramOf(req.query, 'code_challenge_method') !== 'S256') {
    return new AuthorizationError('`code_challenge_method` must be S256', 'invalid_request');
  }
  if (!/^[\w-]{43}$/.test(codeChallenge)) {
    return new AuthorizationError('`code_challenge` is not a base64url SHA-256 digest', 'invalid_request');
  }
  return undefined;
}

function usableResponseMode(req: Request, redirectUri: string): string | undefined {
  const { responseMode } = extraParamsOf(req);
  const type = paramOf(req.query, 'response_type');
  const usable: readonly string[] = type === 'token' || type === 'code' ? responseModes[type] : [];
  if (responseMode === undefined || !usable.includes(responseMode)) return undefined;
  // A form cannot be posted to an app's own scheme.
  return responseMode === 'form_post' && !/^https?:/i.test(redirectUri) ? undefined : responseMode;
}
