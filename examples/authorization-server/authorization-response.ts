import type { ServerResponse } from 'node:http';
import type { OAuth2 } from 'oauth2orize';
import type { User } from './accounts.js';
import type { Client } from './clients.js';
import { formPostPage, sendPage } from './pages.js';

type Respond = (txn: OAuth2<Client, User>, res: ServerResponse, params: Record<string, unknown>) => void;

/** How an answer travels, by `response_mode`. */
export interface ResponseModes {
  readonly query: Respond;
  readonly fragment: Respond;
  readonly form_post: Respond;
}

/**
 * Makes the response modes. Ours replace those of oauth2orize, which parse and print the redirect URI with `url.parse`
 * and so can change it, and know neither `form_post` nor `iss`.
 */
export function createResponseModes(issuer: string): ResponseModes {
  const complete = (params: Record<string, unknown>): [string, string][] => {
    const described =
      params['error'] === 'access_denied' && params['error_description'] === undefined
        ? { ...params, error_description: 'The person did not allow it' }
        : params;
    // RFC 9207: every answer, errors too, says who gave it.
    return Object.entries<unknown>({ ...described, iss: issuer }).map(([name, value]) => [name, String(value)]);
  };
  return {
    query: (txn, res, params) => {
      // RFC 6749, section 3.1.2: a query that the redirect URI has already stays as it is.
      const separator = txn.redirectURI.includes('?') ? '&' : '?';
      redirect(res, `${txn.redirectURI}${separator}${encode(complete(params))}`);
    },
    fragment: (txn, res, params) => {
      redirect(res, `${txn.redirectURI}#${encode(complete(params))}`);
    },
    form_post: (txn, res, params) => {
      sendPage(res, formPostPage(txn.redirectURI, complete(params)));
    },
  };
}

function encode(params: [string, string][]): string {
  return new URLSearchParams(params).toString();
}

function redirect(res: ServerResponse, location: string): void {
  // 303, so that no browser ever posts the decision's form on to the app (RFC 9700, section 4.12).
  res.writeHead(303, { Location: location, 'Cache-Control': 'no-store', 'Content-Length': 0 });
  res.end();
}
