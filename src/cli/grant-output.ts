import { AuthorizationCodeResponse, type GrantResponse } from '../index.js';
import type { LoginArguments } from './login-arguments.js';
import { printable } from '../terminal/text.js';
import { localTime } from './duration.js';
import type { Output } from './output.js';

/** The result of a sign-in, with the wire names of OAuth 2.0. */
export type WireGrant = Readonly<Record<string, unknown>>;

// Everything else that a provider sends counts as a secret: ID tokens, and names of accounts, too.
const harmless = new Set([
  'token_type',
  'expires_in',
  'expires',
  'scope',
  'redirect_uri',
  'client_id',
  'token_endpoint',
]);
const hidden = '(hidden; --show prints it)';

/** A grant that was not exchanged: what the exchange of a code needs, or the parameters of the implicit grant. */
export function wireGrant(grant: GrantResponse, clientId: string, tokenEndpoint: string | undefined): WireGrant {
  if (grant instanceof AuthorizationCodeResponse) {
    return {
      code: grant.code,
      ...(grant.codeVerifier !== undefined && { code_verifier: grant.codeVerifier }),
      redirect_uri: grant.redirectUri,
      client_id: clientId,
      ...(tokenEndpoint !== undefined && { token_endpoint: tokenEndpoint }),
    };
  }
  const params = [...grant.params].filter(([name]) => name !== 'state' && name !== 'iss');
  const { expiresIn } = grant;
  return {
    access_token: grant.accessToken,
    ...Object.fromEntries(params),
    ...(expiresIn !== undefined && { expires_in: expiresIn }),
  };
}

/** The text for stdout: JSON, the bare token, or a summary. Only a terminal gets no secret. */
export function formatGrant(
  grant: WireGrant,
  { json, show }: Pick<LoginArguments, 'json' | 'show'>,
  out: Pick<Output, 'isTerminal' | 'dim'>,
): string {
  const isToken = typeof grant['access_token'] === 'string';
  if (!out.isTerminal) return json || !isToken ? formatJson(grant) : `${String(grant['access_token'])}\n`;
  const visible = Object.entries(grant).map(
    ([name, value]) => [name, show || harmless.has(name) ? value : hidden] as const,
  );
  if (json) return formatJson(Object.fromEntries(visible));
  const width = Math.max(...visible.map(([name]) => name.length));
  const lines = visible.map(([name, value]) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    const shown = printable(name === 'expires_in' ? lifetime(text) : text);
    return `  ${printable(name.replaceAll('_', ' ')).padEnd(width)}  ${value === hidden ? out.dim(shown) : shown}`;
  });
  return `${isToken ? '' : 'Exchange this code for a token:\n'}${lines.join('\n')}\n`;
}

/** How to exchange a code that was printed. */
export function exchangeAdvice(tokenEndpoint: string | undefined): string {
  return (
    'To exchange the code, POST grant_type=authorization_code with code, code_verifier, redirect_uri and client_id to ' +
    `the token endpoint${tokenEndpoint === undefined ? '' : `, ${tokenEndpoint}`}, within a minute or so.`
  );
}

function lifetime(text: string): string {
  const seconds = Number(text);
  if (!Number.isInteger(seconds) || seconds <= 0) return text;
  const until = localTime(Date.now() + seconds * 1000);
  return until === undefined ? text : `${text} (until ${until})`;
}

/** JSON in which every character that could change a terminal is escaped. */
export function formatJson(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2).replace(
    /[\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )}\n`;
}
