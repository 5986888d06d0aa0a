import type { Readable, Writable } from 'node:stream';
import type { PromptContext } from './login.js';

/** Where {@link promptForCallbackUri} asks. */
export interface PromptOptions {
  /** What the person types into. @default `process.stdin` */
  input?: Readable | undefined;
  /** Where the question is written. @default `process.stderr`, so that the app's own output stays clean */
  output?: Writable | undefined;
}

/**
 * Asks the person, in the terminal, to open the login URI in whatever browser they have, and to paste the address of the
 * page that they end at. For remote shells, containers and WSL, where the browser cannot reach this machine.
 *
 * @param context - what `login` tells its `prompt`
 * @param options - other streams than the terminal's
 * @returns what was pasted; undefined where the input has ended, so that `login` goes on waiting for the browser
 *
 * @example
 * ```ts
 * import { isRemoteSession, login, promptForCallbackUri } from 'embed-auth-server';
 *
 * const grant = await login({
 *   clientId: 'my-client-id',
 *   prompt: (context) => (context.browserOpened && !isRemoteSession() ? undefined : promptForCallbackUri(context)),
 * });
 * console.log(grant.createdAt);
 * ```
 */
export async function promptForCallbackUri(
  context: PromptContext,
  options: PromptOptions = {},
): Promise<string | undefined> {
  const { input = process.stdin, output = process.stderr } = options;
  const { createInterface } = await import('node:readline');
  output.write(
    context.error === undefined
      ? `\nOpen this address in a browser, on any machine:\n\n  ${context.uri.href}\n\n` +
          'After signing in, the browser may say that it cannot reach the page. That is fine: copy the whole address from\n' +
          'its address bar and paste it here.\n\n'
      : `\n${context.error.message}\n\n`,
  );
  return new Promise((resolve) => {
    const lines = createInterface({ input, output });
    const finish = (answer: string | undefined): void => {
      context.signal.removeEventListener('abort', dismiss);
      resolve(answer); // Before the close, which finishes too.
      lines.close();
    };
    const dismiss = (): void => {
      output.write('\n');
      finish(undefined);
    };
    if (context.signal.aborted) {
      finish(undefined);
      return;
    }
    context.signal.addEventListener('abort', dismiss);
    lines.once('close', () => {
      finish(undefined);
    });
    // Ctrl-C in a terminal that readline has put into raw mode reaches readline only; the app is to have its own way.
    lines.once('SIGINT', () => {
      lines.close();
      process.kill(process.pid, 'SIGINT');
    });
    lines.setPrompt('Address: ');
    lines.prompt();
    lines.on('line', (line) => {
      if (line.trim() === '') lines.prompt();
      // In a turn of its own: closed within this one, a pipe goes on being read, and keeps the process from ending.
      else setImmediate(finish, line);
    });
  });
}

/**
 * Whether this is a shell on a machine at which the person does not sit: an SSH connection is seen.
 *
 * @param env - the environment. Default: `process.env`
 * @returns true where the browser is most likely elsewhere
 *
 * @example
 * ```ts
 * import { isRemoteSession } from 'embed-auth-server';
 *
 * if (isRemoteSession()) console.log('Forward the port: ssh -L 5543:127.0.0.1:5543 this-machine');
 * ```
 */
export function isRemoteSession(env: NodeJS.ProcessEnv = process.env): boolean {
  return [env['SSH_CONNECTION'], env['SSH_CLIENT'], env['SSH_TTY']].some(
    (value) => value !== undefined && value !== '',
  );
}
