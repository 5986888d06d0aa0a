import { AuthError, AuthorizationError, type AuthErrorCode } from '../index.js';
import { ProviderError } from '../oauth/provider-error.js';
import { CommandError, ExitStatus } from './exit-status.js';
import type { LoginArguments } from './login-arguments.js';
import type { CommandName } from './options.js';
import { printable } from '../terminal/text.js';
import { count, OutputError, wrapLines, type Output } from './output.js';
import { describeRedirectUri, redirectUrisOf } from './registration-hint.js';

/** How the command ends after a failure. */
export interface Failure {
  readonly status: ExitStatus;
  readonly message: string;
}

interface Context extends Partial<LoginArguments> {
  /** What the authorization server is called; undefined before it is known. */
  readonly serverName: string | undefined;
}

// What to do, by the names of the command line; undefined if the library's message says enough.
const advice: Readonly<Record<AuthErrorCode, string | undefined>> = {
  ACCESS_DENIED: undefined,
  AUTHORIZATION_FAILED: 'Compare --client-id, --scope and the redirect URI with what is registered with the provider.',
  STATE_FOREIGN: 'Run the command again, and use the address that it prints.',
  STATE_USED: 'Run the command again.',
  RESPONSE_MALFORMED: 'Run the command again.',
  RESPONSE_EMPTY: 'Run the command again.',
  ISSUER_MISMATCH: 'Check --issuer.',
  REDIRECT_URI_MISMATCH: 'Run the command again.',
  ABORTED: undefined,
  TIMED_OUT: undefined,
  SERVER_STOPPED: 'Run the command again.',
  SERVER_FAILED: undefined,
  PORT_IN_USE: undefined,
  PORT_NOT_PERMITTED: 'Give another --port.',
  PORT_BLOCKED: 'Give another --port or --redirect-uri.',
  ADDRESS_UNAVAILABLE: 'Check --redirect-uri and --host.',
  BROWSER_NOT_OPENED: 'Open the address yourself: --no-browser prints it.',
  URI_NOT_ALLOWED: 'Check --authorize-uri.',
  TEMPLATE_UNREADABLE: undefined,
  PERMISSION_MISSING: undefined,
  INSUFFICIENT_SCOPE: undefined,
  PEER_MISSING: undefined,
  METADATA_INVALID: 'Check --issuer, or give --authorize-uri and --token-uri instead of it.',
  PROVIDER_UNAVAILABLE: undefined,
  PROVIDER_REJECTED: undefined,
  TOKEN_RESPONSE_INVALID: undefined,
  DEVICE_CODE_EXPIRED: undefined,
  SIGN_IN_REQUIRED: 'Run `embed-auth-server login --save` in a terminal, or `token --sign-in`, with the same options.',
  REFRESH_FAILED: undefined,
  STORE_UNREADABLE: undefined,
  STORE_UNWRITABLE: undefined,
  STORE_LOCKED: undefined,
  STORE_UNAVAILABLE: undefined,
};

// Seen at LemonLDAP::NG, FastMCP, better-auth and the atproto PDS; see docs/providers.md.
const ownPageAdvice = 'Some servers show errors on a page of their own, and never send the browser back.';
const networkAdvice =
  'Behind a proxy, set NODE_USE_ENV_PROXY=1 in addition to HTTPS_PROXY (Node 22.21, or 24 and later). If the proxy or the server ' +
  'has a private certificate authority, set NODE_EXTRA_CA_CERTS to its PEM file.';

const flags: Readonly<Record<string, string>> = {
  authorizationEndpoint: '--authorize-uri',
  baseUri: '--redirect-uri',
  clientId: '--client-id',
  extraParams: '--param',
  host: '--host',
  issuer: '--issuer',
  port: '--port',
  publicUri: '--public-uri',
  redirectUri: '--redirect-uri',
  responseType: '--flow',
  scope: '--scope',
  signal: '--timeout',
};

/** Says what happened and what to do, without a secret. Undefined for a bug, which must be thrown. */
export function describeFailure(error: unknown, context: Context): Failure | undefined {
  const { seconds, clientSecret, serverName = 'The authorization server' } = context;
  if (error instanceof CommandError) {
    return { status: error.status, message: error.message };
  }
  const limit =
    seconds === undefined ? undefined : `The limit was ${count(seconds, 'second')}; --timeout sets another.`;
  if (error instanceof DOMException && error.name === 'TimeoutError') {
    return {
      status: ExitStatus.TimedOut,
      message: lines(['The sign-in was not finished in time.', limit, registrationOf(context, serverName)]),
    };
  }
  // A caller's mistake begins with the name of the option; any other TypeError is a bug.
  if ((error instanceof TypeError || error instanceof RangeError) && error.message.startsWith('`')) {
    return { status: ExitStatus.Usage, message: printable(withFlags(error.message)) };
  }
  if (!(error instanceof AuthError)) return undefined;
  const message = withFlags(error.message);
  switch (error.code) {
    case 'TIMED_OUT':
      return {
        status: ExitStatus.TimedOut,
        message: lines([message, ownPageAdvice, registrationOf(context, serverName), limit]),
      };
    case 'DEVICE_CODE_EXPIRED':
      return { status: ExitStatus.TimedOut, message };
    case 'SIGN_IN_REQUIRED':
      return { status: signInStatus(error), message: lines([message, advice[error.code]]) };
    case 'ACCESS_DENIED': {
      const said =
        error instanceof AuthorizationError ? ['The access was denied.', providersWords(error, serverName)] : [message];
      return { status: ExitStatus.Denied, message: lines(said) };
    }
    case 'AUTHORIZATION_FAILED': {
      const said = providersWords(error, serverName);
      return {
        status: ExitStatus.Failed,
        message: lines([
          `${serverName} responded with an error.`,
          said,
          advice[error.code],
          registrationOf(context, serverName),
        ]),
      };
    }
    default: {
      const hints = error instanceof ProviderError ? providerAdvice(error, clientSecret) : [];
      return { status: ExitStatus.Failed, message: lines([message, ...hints, advice[error.code]]) };
    }
  }
}

/**
 * Prints how a command has failed. Resolves to its exit status.
 *
 * @throws what `main` prints before the word that a signal ended it, and a bug
 */
export async function reportFailure(
  error: unknown,
  context: Context & { readonly command: CommandName; readonly err: Output; readonly signal: AbortSignal },
): Promise<ExitStatus> {
  const { command, err, signal } = context;
  if (signal.aborted && command === 'login' && hasRedirect(context)) {
    const uris = redirectUrisOf(context).join(' ');
    const advice = `If the provider has rejected the redirect URI, register ${uris} there.`;
    throw new CommandError(advice, ExitStatus.Interrupted);
  }
  signal.throwIfAborted();
  const failure = describeFailure(error, context);
  if (failure === undefined) throw error;
  const isLost = error instanceof OutputError && (command === 'login' || command === 'token');
  const lost = isLost ? ' The token was not delivered. Run the command again.' : '';
  await err.write(`${wrapLines(failure.message + lost, err.columns)}\n`);
  return failure.status;
}

type Redirect = Required<Pick<Context, 'ports' | 'publicUri' | 'redirectUri'>> & Pick<Context, 'provider'>;

function hasRedirect(context: Context): context is Context & Redirect {
  return context.redirectUri !== undefined && context.isDevice !== true;
}

/** What to compare with the registration; undefined for a sign-in without a redirect. */
function registrationOf(context: Context, serverName: string): string | undefined {
  return hasRedirect(context) ? describeRedirectUri(context, serverName) : undefined;
}

/** A shared sign-in that ended without tokens has the code of its error. */
function signInStatus(error: AuthError): ExitStatus {
  const { reason } = error as { reason?: unknown };
  if (reason === 'ACCESS_DENIED') return ExitStatus.Denied;
  if (reason === 'TIMED_OUT' || reason === 'DEVICE_CODE_EXPIRED') return ExitStatus.TimedOut;
  return ExitStatus.SignInRequired;
}

function providerAdvice(error: ProviderError, clientSecret: string | undefined): (string | undefined)[] {
  // Without a status there was no response.
  const isNetwork = error.code === 'PROVIDER_UNAVAILABLE' && error.status === undefined;
  const name = isNetwork && error.message.includes('ENOTFOUND') ? 'Check the name of the host.' : undefined;
  const network = isNetwork ? networkAdvice : undefined;
  const discovery = /^(?:The|There is no) discovery document/.test(error.message) && !isNetwork;
  return [name, network, discovery ? advice.METADATA_INVALID : undefined, clientAdvice(error, clientSecret)].filter(
    (text) => text !== advice[error.code],
  );
}

function clientAdvice({ oauthError }: ProviderError, clientSecret: string | undefined): string | undefined {
  switch (oauthError) {
    case 'invalid_client':
      return clientSecret === undefined
        ? 'Check --client-id. If the app has a client secret, set EMBED_AUTH_CLIENT_SECRET.'
        : 'Check --client-id and EMBED_AUTH_CLIENT_SECRET.';
    case 'invalid_grant':
      return 'Run the command again.';
    case 'invalid_scope':
      return 'Check --scope.';
    case 'unauthorized_client':
    case 'unsupported_grant_type':
      return 'Check that the provider allows this app to sign in this way.';
    default:
      return undefined;
  }
}

/** Names the options as the command line does, and leaves out a reference to one that it does not have. */
function withFlags(message: string): string {
  return (
    message
      .replace(
        /list further ports in `port` \(.*?\) and register/,
        'give --port once for each further port, and register',
      )
      .replace(
        ', and this call must not ask the user to sign in (`interactive` is false).',
        ', and this command asks no user: there is no terminal, or --no-sign-in was given.',
      )
      // The advice below it says so.
      .replace(/( \(404\)\.) Check `issuer`\.$/, '$1')
      .replace(/: see the option `(\w+)`$/, (whole, name: string) => (name in flags ? whole : '.'))
      .replace(/`(\w+)`/g, (whole, name: string) => flags[name] ?? whole)
  );
}

/** The provider's words: foreign text, shown as such. */
function providersWords(error: AuthError, serverName: string): string | undefined {
  if (!(error instanceof AuthorizationError) || error.error === undefined) return undefined;
  const { errorDescription, errorUri } = error;
  const description = errorDescription === undefined ? '' : `: ${printable(errorDescription, 300)}`;
  const uri = errorUri === undefined ? '' : ` (${printable(errorUri, 300)})`;
  return `${serverName} says: ${printable(error.error, 100)}${description}${uri}`;
}

function lines(parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined).join('\n');
}
