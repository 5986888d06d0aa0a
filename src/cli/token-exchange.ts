import type { AuthorizationCodeResponse } from '../index.js';
import type { LoginArguments } from './login-arguments.js';
import { printable } from './terminal.js';

/** The token endpoint did not give a token. The message is fit for a terminal, and holds no secret. */
export class TokenExchangeError extends Error {}

const patience = 30_000;

/**
 * Exchanges an authorization code for tokens.
 *
 * @see [RFC 6749, section 4.1.3](https://www.rfc-editor.org/rfc/rfc6749#section-4.1.3)
 */
export async function exchangeCode(
  grant: AuthorizationCodeResponse,
  endpoint: string,
  { clientId, clientSecret }: Pick<LoginArguments, 'clientId' | 'clientSecret'>,
  signal: AbortSignal,
): Promise<Readonly<Record<string, unknown>>> {
  const body = new URLSearchParams({
    grant_type: 'authorization_code',
    code: grant.code,
    redirect_uri: grant.redirectUri,
    client_id: clientId,
  });
  if (grant.codeVerifier !== undefined) body.set('code_verifier', grant.codeVerifier);
  if (clientSecret !== undefined) body.set('client_secret', clientSecret);
  const { host } = new URL(endpoint);
  const timer = new AbortController();
  const timeout = setTimeout(() => {
    timer.abort();
  }, patience);
  let status: number;
  let text: string;
  try {
    const response = await fetch(endpoint, {
      method: 'POST',
      headers: { Accept: 'application/json' },
      body,
      redirect: 'error',
      signal: AbortSignal.any([signal, timer.signal]),
    });
    status = response.status;
    text = await response.text();
  } catch (error) {
    signal.throwIfAborted();
    const reason = timer.signal.aborted ? `no answer within ${patience / 1000} seconds` : reasonOf(error);
    throw new TokenExchangeError(`The token endpoint at ${host} cannot be reached: ${reason}.`);
  } finally {
    clearTimeout(timeout);
  }
  return tokensOf(status, text, host);
}

function tokensOf(status: number, text: string, host: string): Readonly<Record<string, unknown>> {
  const answer = parsed(text);
  if (status >= 200 && status < 300 && typeof answer?.['access_token'] === 'string') return answer;
  const { error, error_description: description } = answer ?? {};
  if (typeof error !== 'string') {
    throw new TokenExchangeError(`The token endpoint at ${host} answered with status ${status}, and without a token.`);
  }
  const detail = typeof description === 'string' ? `: ${printable(description, 300)}` : '';
  const advice = error === 'invalid_client' ? ' If the app has a secret, set EMBED_AUTH_CLIENT_SECRET.' : '';
  throw new TokenExchangeError(
    `The token endpoint at ${host} refused the code (${printable(error, 100)}${detail}).${advice}`,
  );
}

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    // An array has no members of these names either.
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    return undefined; // It is told as an answer without a token.
  }
}

/** The system's word where there is one; undici has it in the cause. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  if (typeof cause === 'object' && cause !== null && 'code' in cause) return String(cause.code);
  return cause instanceof Error ? printable(cause.message, 100) : 'the connection failed';
}
