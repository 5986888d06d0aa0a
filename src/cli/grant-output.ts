import { AuthorizationCodeResponse, type GrantResponse } from '../index.js';
import type { LoginArguments } from './login-arguments.js';
import { printable, type Output } from './terminal.js';

/** What a sign-in came to, by the wire names of OAuth 2.0. */
export type WireGrant = Readonly<Record<string, unknown>>;

// Never hidden: what everybody may see. All else that a provider sends counts as a secret, id tokens and names included.
const harmless = new Set([
  'token_type',
  'expires_in',
  'expires',
  'scope',
  'redirect_uri',
  'client_id',
  'token_endpoint',
]);
const hidden = '(hidden, --show prints it)';

/** The grant as it goes into JSON: the token response, or what an exchange needs, or the implicit grant's parameters. */
export function wireGrant(
  grant: GrantResponse,
  tokens: WireGrant | undefined,
  { clientId, tokenUri }: Pick<LoginArguments, 'clientId' | 'tokenUri'>,
): WireGrant {
  if (tokens !== undefined) return tokens;
  if (grant instanceof AuthorizationCodeResponse) {
    return {
      code: grant.code,
      ...(grant.codeVerifier === undefined ? {} : { code_verifier: grant.codeVerifier }),
      redirect_uri: grant.redirectUri,
      client_id: clientId,
      ...(tokenUri === undefined ? {} : { token_endpoint: tokenUri }),
    };
  }
  const params = [...grant.params].filter(([name]) => name !== 'state' && name !== 'iss');
  const { expiresIn } = grant;
  return {
    access_token: grant.accessToken,
    ...Object.fromEntries(params),
    ...(expiresIn === undefined ? {} : { expires_in: expiresIn }),
  };
}

/** What stdout gets: JSON, the bare token, or a summary for a person. */
export function formatGrant(
  grant: WireGrant,
  { json, show }: Pick<LoginArguments, 'json' | 'show'>,
  out: Output,
): string {
  const isToken = typeof grant['access_token'] === 'string';
  if (!out.isTerminal) {
    return json || !isToken ? `${JSON.stringify(grant, undefined, 2)}\n` : `${String(grant['access_token'])}\n`;
  }
  const visible = Object.entries(grant).map(
    ([name, value]) => [name, show || harmless.has(name) ? value : hidden] as const,
  );
  if (json) return `${escapeControls(JSON.stringify(Object.fromEntries(visible), undefined, 2))}\n`;
  const width = Math.max(...visible.map(([name]) => name.length));
  const lines = visible.map(([name, value]) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    const shown = printable(name === 'expires_in' ? lifetime(text) : text);
    return `  ${printable(name.replaceAll('_', ' ')).padEnd(width)}  ${value === hidden ? out.dim(shown) : shown}`;
  });
  return `${out.bold(isToken ? 'Signed in.' : 'Signed in: this code is to be exchanged for a token.')}\n${lines.join('\n')}\n`;
}

/** How to exchange a code, for a person who has not got a token. */
export function exchangeAdvice({
  provider,
  tokenUri,
  clientSecret,
  noExchange,
}: Pick<LoginArguments, 'provider' | 'tokenUri' | 'clientSecret' | 'noExchange'>): string {
  const post =
    'To exchange the code, POST grant_type=authorization_code with code, code_verifier, redirect_uri and client_id to ' +
    `the token endpoint${tokenUri === undefined ? '' : `, ${tokenUri}`}, within a minute or so.`;
  if (noExchange) return post;
  if (provider !== undefined && tokenUri !== undefined && clientSecret === undefined) {
    return `${provider.name} exchanges codes for apps with a secret: set EMBED_AUTH_CLIENT_SECRET and sign in again.\n${post}`;
  }
  return `${post} Or give --token-uri, and it is done for you.`;
}

function lifetime(text: string): string {
  const seconds = Number(text);
  if (!Number.isInteger(seconds) || seconds < 0) return text;
  const at = new Date(Date.now() + seconds * 1000);
  return Number.isNaN(at.getTime()) ? text : `${text} (until ${at.toLocaleString()})`;
}

/** JSON leaves the second block of control characters and the marks of direction as they are. */
function escapeControls(json: string): string {
  return json.replace(
    /[\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
