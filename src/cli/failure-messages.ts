import { AuthError, AuthorizationError, type AuthErrorCode } from '../index.js';
import { ExitStatus } from './exit-status.js';
import type { LoginArguments } from './login-arguments.js';
import { printable } from './terminal.js';
import { TokenExchangeError } from './token-exchange.js';

/** What a failed sign-in comes to. */
export interface Failure {
  readonly status: ExitStatus;
  readonly message: string;
}

type Context = Pick<LoginArguments, 'seconds' | 'provider'>;

// What the option is called on the command line, behind what the library says; undefined: there is nothing to add.
const advice: Readonly<Record<AuthErrorCode, string | undefined>> = {
  ACCESS_DENIED: undefined,
  AUTHORIZATION_FAILED: 'Compare --client-id, --scope and --redirect-uri with what is registered with the provider.',
  STATE_FOREIGN: 'Run the command again, and use the address that it prints.',
  STATE_USED: 'Run the command again.',
  RESPONSE_MALFORMED: 'Run the command again.',
  RESPONSE_EMPTY: 'Run the command again.',
  ISSUER_MISMATCH: 'Check --issuer.',
  REDIRECT_URI_MISMATCH: 'Run the command again, and paste the address of the page at which the sign-in ended.',
  ABORTED: undefined,
  TIMED_OUT: 'Run the command again; --timeout says how long it waits.',
  SERVER_STOPPED: 'Run the command again.',
  SERVER_FAILED: undefined,
  PORT_IN_USE: 'On the command line: --port, once for each port that may be tried.',
  PORT_NOT_PERMITTED: 'On the command line: --port.',
  PORT_BLOCKED: 'On the command line: --port or --redirect-uri.',
  ADDRESS_UNAVAILABLE: 'On the command line: --redirect-uri.',
  BROWSER_NOT_OPENED: 'On the command line: --no-browser.',
  URI_NOT_ALLOWED: 'Check --authorize-uri.',
  TEMPLATE_UNREADABLE: undefined,
};

const flags: Readonly<Record<string, string>> = {
  clientId: '--client-id',
  extraParams: '--param',
  issuer: '--issuer',
  port: '--port',
  redirect: '--redirect-uri',
  baseUri: '--redirect-uri',
  scope: '--scope',
};

/** Says what happened and what to do, without a secret. Undefined for what is a bug, and to be thrown. */
export function describeFailure(error: unknown, { seconds, provider }: Context): Failure | undefined {
  if (error instanceof TokenExchangeError) return { status: ExitStatus.Failed, message: error.message };
  // A caller's mistake begins with the option's name; any other of these is a bug.
  if ((error instanceof TypeError || error instanceof RangeError) && error.message.startsWith('`')) {
    return { status: ExitStatus.Usage, message: printable(withFlags(error.message)) };
  }
  if (!(error instanceof AuthError)) return undefined;
  const from = provider?.name ?? 'The authorization server';
  const said = error instanceof AuthorizationError ? providersWords(error, from) : '';
  const hint = provider !== undefined && error.code === 'AUTHORIZATION_FAILED' ? provider.redirectHint : undefined;
  const message = {
    ACCESS_DENIED: 'The access was denied, so there is no grant.',
    AUTHORIZATION_FAILED: `${from} answered with an error.`,
    TIMED_OUT: `Nobody signed in within ${seconds} seconds.`,
  }[error.code as string];
  return {
    status:
      { ACCESS_DENIED: ExitStatus.Denied, TIMED_OUT: ExitStatus.TimedOut }[error.code as string] ?? ExitStatus.Failed,
    message: [(message ?? error.message) + said, advice[error.code], hint].filter(Boolean).join('\n'),
  };
}

/** Names the options as the command line does. */
function withFlags(message: string): string {
  return message.replace(/`(\w+)`/g, (whole, name: string) => flags[name] ?? whole);
}

/** The provider's own words: foreign text, shown as such. */
function providersWords({ error, errorDescription, errorUri }: AuthorizationError, from: string): string {
  if (error === undefined) return '';
  const description = errorDescription === undefined ? '' : `: ${printable(errorDescription, 300)}`;
  const uri = errorUri === undefined ? '' : ` (${printable(errorUri, 300)})`;
  return `\n${from} says: ${printable(error, 100)}${description}${uri}`;
}
