#!/usr/bin/env node
import { readFile } from 'node:fs/promises';
import { ExitStatus, UsageError } from './cli/exit-status.js';
import { help, providerTable } from './cli/help.js';
import { runLogin } from './cli/login-command.js';
import { outputTo, type Terminal } from './cli/terminal.js';

const signals = {
  SIGINT: ExitStatus.Interrupted,
  SIGTERM: ExitStatus.Terminated,
  SIGHUP: ExitStatus.Hangup,
} as const;

const terminal: Terminal = { out: outputTo(process.stdout), err: outputTo(process.stderr) };
const interrupt = new AbortController();
let signalled: ExitStatus | undefined;

for (const [name, status] of Object.entries(signals)) {
  process.on(name, () => {
    // The first asks for a clean end; who asks again does not wish to wait for it.
    if (signalled !== undefined) process.exit(status);
    signalled = status;
    interrupt.abort(new DOMException('Ended by a signal', 'AbortError'));
  });
}
for (const stream of [process.stdout, process.stderr]) {
  // The reader has gone (EPIPE): there is nobody to tell, as with `| head`.
  stream.on('error', () => process.exit(ExitStatus.Failed));
}

async function run(args: readonly string[]): Promise<ExitStatus> {
  const [command, ...rest] = args;
  const asks = (...flags: string[]): boolean =>
    flags.includes(command ?? '') || flags.some((flag) => rest.includes(flag));
  if (command === 'help' || asks('--help', '-h')) {
    await terminal.out.write(help);
    return ExitStatus.Ok;
  }
  if (asks('--version', '-v')) {
    await terminal.out.write(`${await version()}\n`);
    return ExitStatus.Ok;
  }
  if (command === 'providers' && rest.length === 0) {
    await terminal.out.write(providerTable());
    return ExitStatus.Ok;
  }
  if (command === 'login') return await runLogin(rest, terminal, interrupt.signal);
  throw new UsageError(command === undefined ? 'There is no command.' : `There is no such command: ${args.join(' ')}`);
}

async function version(): Promise<string> {
  const text = await readFile(new URL('../package.json', import.meta.url), 'utf8');
  // It is this package's own file.
  return (JSON.parse(text) as { version: string }).version;
}

async function main(): Promise<ExitStatus> {
  try {
    return await run(process.argv.slice(2));
  } catch (error) {
    if (signalled !== undefined) {
      await terminal.err.write('\nThe sign-in was ended.\n');
      return signalled;
    }
    if (!(error instanceof UsageError)) throw error;
    await terminal.err.write(`${error.message}\n\`embed-auth-server --help\` lists the options.\n`);
    return ExitStatus.Usage;
  }
}

// Exits rather than waits for what is left: the watch over the browser's opener, or the terminal's input.
process.exit(await main());
