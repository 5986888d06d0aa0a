import { findAuthorizationServer, type AuthorizationServer } from './authorization-server.js';
import { signInByBrowser, type SignedIn } from './browser-login.js';
import { signInByDevice } from './device-login.js';
import { ExitStatus } from './exit-status.js';
import { describeFailure } from './failure-messages.js';
import { formatGrant } from './grant-output.js';
import { parseLoginArguments, type LoginArguments } from './login-arguments.js';
import { wrap, OutputError, type Terminal } from './terminal.js';

/** Signs in and prints the result. Throws a `UsageError`, the reason of `signal`, or a bug. */
export async function runLogin(args: readonly string[], terminal: Terminal, signal: AbortSignal): Promise<ExitStatus> {
  const options = parseLoginArguments(args, process.env);
  const { out, err } = terminal;
  let server: AuthorizationServer | undefined;
  const limit = new AbortController();
  const timer = setTimeout(() => {
    limit.abort(new DOMException('The time is over', 'TimeoutError'));
  }, options.seconds * 1000);
  const stopTimer = (): void => {
    clearTimeout(timer);
  };
  try {
    out.checkOpen(); // Before the user signs in for nothing.
    const connection = { signal: AbortSignal.any([signal, limit.signal]), clientSecret: options.clientSecret };
    server = await findAuthorizationServer(options, connection);
    const { wire, advice } = await signIn(server, options, terminal, { ...connection, stopTimer });
    // At a terminal, login() has said it.
    if (options.isDevice || !err.isTerminal || !process.stdin.isTTY) await err.write('Signed in.\n');
    await out.write(formatGrant(wire, options, out));
    if (advice !== undefined) await err.write(`${wrap(advice, err.columns)}\n`);
    return ExitStatus.Ok;
  } catch (error) {
    signal.throwIfAborted();
    const failure = describeFailure(error, { ...options, serverName: server?.name });
    if (failure === undefined) throw error;
    const lost = error instanceof OutputError ? ' The token was not delivered. Run the command again.' : '';
    await err.write(`${wrap(failure.message + lost, err.columns)}\n`);
    return failure.status;
  } finally {
    stopTimer();
  }
}

async function signIn(
  server: AuthorizationServer,
  options: LoginArguments,
  { err }: Terminal,
  connection: Parameters<typeof signInByBrowser>[3],
): Promise<SignedIn> {
  if (!options.isDevice) return await signInByBrowser(server, options, err, connection);
  return { wire: await signInByDevice(server, options, err, connection), advice: undefined };
}
