import { closeSync, openSync } from 'node:fs';
import { createSession, type Session } from '../session/session.js';
import { checkSessionOptions, checkTokenOptions } from '../session/option-checks.js';
import type { ProviderSessionOptions } from '../session/session-options.js';
import { TokenSession } from '../session/token-session.js';
import type { Tokens } from '../session/tokens.js';
import { endpointsOf, serverNameOf } from './command-provider.js';
import { localTime } from './duration.js';
import { ExitStatus, UsageError } from './exit-status.js';
import { reportFailure } from './failure-messages.js';
import { formatJson } from './grant-output.js';
import { parseLoginArguments, type LoginArguments } from './login-arguments.js';
import type { CommandName } from './options.js';
import { wrapLines, type Output, type Terminal } from './output.js';
import { printable } from '../terminal/text.js';

/** The folder of the command's tokens. */
const name = 'embed-auth-server';

/** Prints a valid access token: refreshes it, or asks the user to sign in, if needed. */
export async function runToken(args: readonly string[], terminal: Terminal, signal: AbortSignal): Promise<ExitStatus> {
  return await run('token', args, terminal, signal, async (session, options) => {
    const interactive = options.mayAsk ?? (terminal.err.isTerminal || hasControllingTerminal());
    const tokens = await session.tokens({ interactive, signal });
    await terminal.out.write(options.json ? formatToken(tokens) : `${tokens.accessToken}\n`);
    return ExitStatus.Ok;
  });
}

/** `login --save`: the user signs in anew, and the tokens are saved instead of printed. */
export async function runSave(args: readonly string[], terminal: Terminal, signal: AbortSignal): Promise<ExitStatus> {
  return await run('login', args, terminal, signal, async (_session, options) => {
    const session = new TokenSession(checkSessionOptions(sessionOptions(options)));
    const call = { ...checkTokenOptions('tokens', { signal }, true), anew: true };
    await session.get(call);
    await terminal.err.write('The tokens are saved.\n');
    return ExitStatus.Ok;
  });
}

/** Says who is signed in, with which scopes, and until when. */
export async function runStatus(args: readonly string[], terminal: Terminal, signal: AbortSignal): Promise<ExitStatus> {
  return await run('status', args, terminal, signal, async (session, options, serverName) => {
    const tokens = await session.peek();
    await terminal.out.write(
      options.json ? formatJson(statusOf(tokens)) : describeStatus(tokens, serverName, terminal.out),
    );
    return tokens === undefined ? ExitStatus.Failed : ExitStatus.Ok;
  });
}

/** Revokes the tokens at the provider, and deletes them. */
export async function runLogout(args: readonly string[], terminal: Terminal, signal: AbortSignal): Promise<ExitStatus> {
  return await run('logout', args, terminal, signal, async (session, options, serverName) => {
    const wasSignedIn = (await session.peek()) !== undefined;
    const { revoked } = await session.signOut({ signal });
    if (options.json) await terminal.out.write(`${JSON.stringify({ signed_out: wasSignedIn, revoked })}\n`);
    const rest = revoked ? '' : ` ${serverName} has not confirmed that the tokens are revoked: they end by themselves.`;
    const text = wasSignedIn ? `Signed out.${rest}` : 'No user was signed in.';
    await terminal.err.write(`${wrapLines(text, terminal.err.columns)}\n`);
    return ExitStatus.Ok;
  });
}

async function run(
  command: CommandName,
  args: readonly string[],
  { err }: Terminal,
  signal: AbortSignal,
  action: (session: Session, options: LoginArguments, serverName: string) => Promise<ExitStatus>,
): Promise<ExitStatus> {
  const options = parseLoginArguments(args, process.env, command);
  const serverName = serverNameOf(options, hostOf(options));
  try {
    return await action(createSession(sessionOptions(options)), options, serverName);
  } catch (error) {
    return await reportFailure(error, { ...options, command, err, serverName, signal });
  }
}

/** The session of the command line: the same options name the same tokens. */
export function sessionOptions(options: LoginArguments): ProviderSessionOptions & { name: string } {
  const { account, clientId, clientSecret, issuer, params, ports, resources, scopes } = options;
  if (resources.length > 1) throw new UsageError('A saved token is for one --resource.');
  const endpoints = endpointsOf(options);
  const isDiscovered = endpoints.authorization === undefined && endpoints.deviceAuthorization === undefined;
  if (!isDiscovered && issuer !== undefined) {
    throw new UsageError('A saved token is of one --issuer, or of endpoints that are given without it.');
  }
  if (!isDiscovered && endpoints.token === undefined) throw new UsageError('--token-uri is needed.');
  return {
    name,
    ...(isDiscovered ? { issuer } : { endpoints: { ...endpoints, token: endpoints.token ?? '' } }),
    clientId,
    clientSecret,
    scope: scopes.flatMap((text) => text.split(' ').filter(Boolean)),
    resource: resources[0],
    extraParams: params,
    key: account,
    grant: options.isDevice ? 'device' : 'browser',
    login: {
      redirectUri: options.redirectUri,
      publicUri: options.publicUri,
      host: options.host,
      port: ports.length === 0 ? undefined : ports,
      openBrowser: options.browser ? undefined : false,
      timeout: options.seconds * 1000,
    },
  };
}

function hostOf({ authorizeUri, deviceUri, issuer }: LoginArguments): string {
  return new URL(authorizeUri ?? deviceUri ?? issuer ?? '').host; // The arguments have one of them.
}

/** Whether a user can be there although stderr is redirected. */
function hasControllingTerminal(): boolean {
  if (process.platform === 'win32') return process.stdin.isTTY;
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return true;
  } catch {
    return false; // A program without a terminal, such as a job of cron.
  }
}

function formatToken({ accessToken, expiresAt, idToken, tokenType }: Tokens): string {
  const expiry = expiresAt === undefined ? undefined : utc(expiresAt);
  const token = {
    access_token: accessToken,
    token_type: tokenType,
    ...(expiry !== undefined && { expires_at: expiry }),
    ...(idToken !== undefined && { id_token: idToken }),
  };
  return formatJson(token);
}

/** Seconds are enough, and every reader of RFC 3339 takes them. */
function utc(milliseconds: number): string | undefined {
  const date = new Date(milliseconds);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString().replace(/\.\d+Z$/, 'Z');
}

function statusOf(tokens: Tokens | undefined): Readonly<Record<string, unknown>> {
  if (tokens === undefined) return { signed_in: false };
  const { expiresAt, refreshToken, scope } = tokens;
  const who = accountOf(tokens);
  const until = expiresAt === undefined ? undefined : utc(expiresAt);
  return {
    signed_in: true,
    ...(who !== undefined && { account: who }),
    ...(scope !== undefined && { scope }),
    ...(until !== undefined && { expires_at: until }),
    refreshable: refreshToken !== undefined,
  };
}

function describeStatus(tokens: Tokens | undefined, serverName: string, out: Output): string {
  if (tokens === undefined) return `No user is signed in at ${serverName}.\n`;
  const { expiresAt, refreshToken, scope } = tokens;
  const who = accountOf(tokens);
  const until = expiresAt === undefined ? 'not stated' : (localTime(expiresAt) ?? 'not stated');
  const then = refreshToken === undefined ? 'then the user signs in again' : 'then it is refreshed';
  // A program reads whole lines.
  const columns = out.isTerminal ? out.columns : Infinity;
  const rows = [
    ...(who === undefined ? ['account  not known: that needs the scope openid'] : []),
    ...(scope === undefined ? [] : [`scope  ${printable(scope, 1000)}`]),
    `until  ${until} (${then})`,
  ];
  return `${[
    wrapLines(`Signed in at ${serverName}${who === undefined ? '' : ` as ${printable(who, 200)}`}.`, columns),
    ...rows.map((row) => `  ${wrapLines(row, columns, 4)}`),
  ].join('\n')}\n`;
}

/** The name that the user knows the account by. */
function accountOf({ claims }: Tokens): string | undefined {
  const names = ['email', 'preferred_username', 'name', 'sub'].map((claim) => claims?.[claim]);
  return names.find((value) => typeof value === 'string' && value !== '') as string | undefined; // By this condition.
}
