#!/usr/bin/env node
import { readFile } from 'node:fs/promises';
import { CommandError, ExitStatus, UsageError } from './cli/exit-status.js';
import { help, providerTable } from './cli/help.js';
import { runLogin } from './cli/login-command.js';
import { outputTo, printable, wrap, type Terminal } from './cli/terminal.js';

const signals = {
  SIGINT: ExitStatus.Interrupted,
  SIGTERM: ExitStatus.Terminated,
  SIGHUP: ExitStatus.Hangup,
} as const;

const terminal: Terminal = {
  out: outputTo(process.stdout),
  err: outputTo(process.stderr, { mustArrive: false }),
};
const interrupt = new AbortController();
let signalled: ExitStatus | undefined;

for (const [name, status] of Object.entries(signals)) {
  process.on(name, () => {
    // The first signal asks for a clean end, the second one does not wait for it.
    if (signalled !== undefined) process.exit(status);
    signalled = status;
    interrupt.abort(new DOMException('Ended by a signal', 'AbortError'));
  });
}
// A failed write is reported to its callback; without a listener it would also end the process.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

async function run(args: readonly string[]): Promise<ExitStatus> {
  const [command, ...rest] = args;
  const has = (...flags: string[]): boolean => flags.some((flag) => args.includes(flag));
  if (command === 'help' || has('--help', '-h')) {
    await terminal.out.write(help);
    return ExitStatus.Ok;
  }
  if (has('--version', '-v')) {
    await terminal.out.write(`${await version()}\n`);
    return ExitStatus.Ok;
  }
  if (command === 'providers' && rest.length === 0) {
    await terminal.out.write(providerTable());
    return ExitStatus.Ok;
  }
  if (command === 'login') return await runLogin(rest, terminal, interrupt.signal);
  throw new UsageError(
    command === undefined
      ? 'A command is missing: login or providers.'
      : `Unknown command: ${printable(args.join(' '), 200)}`,
  );
}

async function version(): Promise<string> {
  const text = await readFile(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version; // The package.json of this package.
}

async function main(): Promise<ExitStatus> {
  try {
    return await run(process.argv.slice(2));
  } catch (error) {
    if (signalled !== undefined) {
      await terminal.err.write('\nThe sign-in was ended.\n');
      return signalled;
    }
    if (!(error instanceof CommandError)) throw error;
    const help = error instanceof UsageError ? '\n`embed-auth-server --help` lists the options.' : '';
    await terminal.err.write(`${wrap(`${error.message}${help}`, terminal.err.columns)}\n`);
    return error.status;
  }
}

// What may still run, such as the watch over the opener of the browser, must not delay the end.
process.exit(await main());
