import { discoverProvider } from '../provider/discover-provider.js';
import { signInByBrowser } from './browser-login.js';
import { providerConfig, serverNameOf } from './command-provider.js';
import { signInByDevice } from './device-login.js';
import { ExitStatus } from './exit-status.js';
import { reportFailure } from './failure-messages.js';
import { exchangeAdvice, formatGrant } from './grant-output.js';
import { parseLoginArguments } from './login-arguments.js';
import { wrapLines, type Terminal } from './output.js';

/** Signs in and prints the result. Throws a `UsageError`, the reason of `signal`, or a bug. */
export async function runLogin(args: readonly string[], terminal: Terminal, signal: AbortSignal): Promise<ExitStatus> {
  if (args.includes('--save')) return await (await import('./session-commands.js')).runSave(args, terminal, signal);
  const options = parseLoginArguments(args, process.env);
  const { out, err } = terminal;
  const limit = timeLimit(options.seconds);
  let serverName: string | undefined;
  try {
    const ending = AbortSignal.any([signal, limit.signal]);
    const provider = await discoverProvider(providerConfig(options), { signal: ending });
    serverName = serverNameOf(options, provider.name);
    const context = { err, serverName, signal: ending, stopTimer: limit.stop };
    if (options.missing !== undefined) {
      const text = `There will be a code, but no token: ${options.missing}. With --no-exchange, the code is what you want.`;
      await err.write(`${wrapLines(text, err.columns)}\n`);
    }
    const sign = options.isDevice ? signInByDevice : signInByBrowser;
    const wire = await sign(provider, options, context);
    // At a terminal, login() has said it.
    if (options.isDevice || !err.isTerminal) await err.write('Signed in.\n');
    await out.write(formatGrant(wire, options, out));
    if (options.flow === 'code' && !options.exchange && !options.isDevice) {
      await err.write(`${wrapLines(exchangeAdvice(provider.metadata.token_endpoint), err.columns)}\n`);
    }
    return options.missing === undefined ? ExitStatus.Ok : ExitStatus.Failed;
  } catch (error) {
    return await reportFailure(error, { ...options, command: 'login', err, serverName, signal });
  } finally {
    limit.stop();
  }
}

/** A limit that ends what waits for the user. */
function timeLimit(seconds: number): { readonly signal: AbortSignal; readonly stop: () => void } {
  const limit = new AbortController();
  const timer = setTimeout(() => {
    limit.abort(new DOMException('The time is over', 'TimeoutError'));
  }, seconds * 1000);
  return {
    signal: limit.signal,
    stop: () => {
      clearTimeout(timer);
    },
  };
}
