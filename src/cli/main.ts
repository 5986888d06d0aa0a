import { readFile } from 'node:fs/promises';
import { missingPermission } from '../missing-permission.js';
import { printable } from '../terminal/text.js';
import { CommandError, ExitStatus, UsageError } from './exit-status.js';
import { commandHelp, helpText, providerTable, shortHelp } from './help.js';
import { runLogin } from './login-command.js';
import { suggestion } from './login-arguments.js';
import { outputTo, wrapLines, type Terminal } from './output.js';

const signals = {
  SIGINT: ExitStatus.Interrupted,
  SIGTERM: ExitStatus.Terminated,
  SIGHUP: ExitStatus.Hangup,
} as const;

type Run = (args: readonly string[], terminal: Terminal, signal: AbortSignal) => Promise<ExitStatus>;

/** The commands. What only one of them needs is loaded by it. */
const commands: Readonly<Record<string, Run>> = {
  login: runLogin,
  token: async (...args) => await (await import('./session-commands.js')).runToken(...args),
  status: async (...args) => await (await import('./session-commands.js')).runStatus(...args),
  logout: async (...args) => await (await import('./session-commands.js')).runLogout(...args),
  demo: async (...args) => await (await import('./demo-command.js')).runDemo(...args),
  providers: async (args, { out }) => {
    if (args.length > 0) throw new UsageError('providers has no options.');
    await out.write(providerTable(out.columns));
    return ExitStatus.Ok;
  },
};

/** Runs the command, and returns its exit status. */
export async function main(args: readonly string[]): Promise<ExitStatus> {
  const terminal: Terminal = {
    out: outputTo(process.stdout),
    err: outputTo(process.stderr, { mustArrive: false }),
  };
  const interrupt = new AbortController();
  let signalled: ExitStatus | undefined;
  for (const [name, status] of Object.entries(signals)) {
    process.on(name, () => {
      // First signal: end cleanly. Second: exit at once.
      if (signalled !== undefined) process.exit(status);
      signalled = status;
      interrupt.abort(new DOMException('Ended by a signal', 'AbortError'));
    });
  }
  // A failed write is reported to its callback; without a listener it would also end the process.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  showWarnings(terminal);
  try {
    return await run(args, terminal, interrupt.signal);
  } catch (error) {
    if (signalled !== undefined) {
      const advice = error instanceof CommandError ? `${error.message}\n` : '';
      await terminal.err.write(`\n${wrapLines(`${advice}Cancelled.`, terminal.err.columns)}\n`);
      return signalled;
    }
    const flag = missingPermission(error);
    const permission = flag && `The runtime permits this only with a flag. Run it with ${flag}.`;
    if (!(error instanceof CommandError) && permission === undefined) throw error;
    const help = error instanceof UsageError ? '\n`embed-auth-server --help` lists the options.' : '';
    const message = permission ?? (error as CommandError).message; // By the condition above.
    await terminal.err.write(`${wrapLines(`${message}${help}`, terminal.err.columns)}\n`);
    return error instanceof CommandError ? error.status : ExitStatus.Failed;
  }
}

async function run(args: readonly string[], terminal: Terminal, signal: AbortSignal): Promise<ExitStatus> {
  const [command, ...rest] = args;
  const has = (...flags: string[]): boolean => flags.some((flag) => args.includes(flag));
  const { out } = terminal;
  if (command === undefined || command === 'help' || has('--help', '-h')) {
    const topic = command === 'help' ? rest.find((word) => !word.startsWith('-')) : command;
    await out.write(command === undefined ? shortHelp(out.columns) : helpOn(topic, out.columns));
    return ExitStatus.Ok;
  }
  if (has('--version', '-v')) {
    await out.write(`${await version()}\n`);
    return ExitStatus.Ok;
  }
  const action = Object.hasOwn(commands, command) ? commands[command] : undefined;
  if (action !== undefined) return await action(rest, terminal, signal);
  throw unknownCommand(command);
}

/** The help on one command, or all of it. */
function helpOn(topic: string | undefined, columns: number): string {
  if (topic === undefined || topic.startsWith('-')) return helpText(columns);
  const text = commandHelp(topic, columns);
  if (text === undefined) throw unknownCommand(topic);
  return text;
}

function unknownCommand(command: string): UsageError {
  const names = Object.keys(commands);
  // What follows `=` or a short option may be a secret.
  const word = printable(command.replace(/^(--[^=]*)=.*$/s, '$1').replace(/^(-[^-]).*$/s, '$1'), 100);
  return new UsageError(
    command.startsWith('-')
      ? `A command comes first: ${names.join(', ')}. ${word} is none.`
      : `Unknown command: ${word}.${suggestion(command, [...names, 'help'])} The commands: ${names.join(', ')}.`,
  );
}

async function version(): Promise<string> {
  const text = await readFile(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version; // The package.json of this package.
}

/** Warnings are for the user here: their text, without the name of the process. */
function showWarnings({ err }: Terminal): void {
  process.removeAllListeners('warning');
  process.on('warning', (warning) => {
    void err.write(`${wrapLines(printable(warning.message), err.columns)}\n`);
  });
}
