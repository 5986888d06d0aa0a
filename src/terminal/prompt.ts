import type { Readable, Writable } from 'node:stream';
import type { AuthorizationError } from '../errors.js';
import { describeEnvironment, here } from './environment.js';

/** What `prompt` gets: everything it needs to ask the user for the callback URI. */
export interface PromptContext {
  /** The login URI, to be opened in any browser. */
  readonly uri: URL;
  /** Aborted when the question is no longer needed: the response arrived, or the sign-in was aborted. */
  readonly signal: AbortSignal;
  /** Whether a browser was opened on this machine. */
  readonly browserOpened: boolean;
  /** Why the text that was pasted before was rejected. */
  readonly error: AuthorizationError | undefined;
}

/** The streams of {@link promptForCallbackUri}. */
export interface PromptOptions {
  /** What the user types into. @default `process.stdin` */
  input?: Readable | undefined;
  /** The question is written to it. @default `process.stderr`, so that the app's own output stays clean */
  output?: Writable | undefined;
}

/**
 * Asks the user, in the terminal, to open the login URI in any browser, and to paste the address of the last page. For remote
 * shells, containers and WSL, if the browser cannot reach this machine. `login({ terminal: true })` does this by itself
 * when it is needed; use this function to decide in your own way.
 *
 * What is pasted may be incomplete or have text around it, may be wrapped over several lines, and is not shown on the screen.
 *
 * @param context - what `login` hands to its `prompt`
 * @param options - other streams than the terminal's
 * @returns the pasted address; undefined if the input has ended, or another sign-in is asking for its address, so that `login` goes
 * on waiting for the browser
 *
 * @example
 * ```ts
 * import { isRemoteSession, login, promptForCallbackUri } from 'embed-auth-server';
 *
 * const grant = await login({
 *   clientId: 'my-client-id',
 *   authorizationEndpoint: 'https://accounts.example.com/authorize',
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
  const { askOnce } = await import('./user-interface.js');
  return askOnce(context, input, output);
}

/**
 * Whether the user's browser is most likely on another machine: in an SSH session (also inside tmux), in Codespaces, Gitpod,
 * VS Code or JetBrains remote sessions, dev containers, cloud shells, Docker and Podman. WSL is not remote: its browser reaches
 * 127.0.0.1.
 *
 * @param env - the variables to decide from. Default: `process.env`, and the files of this machine that tell a container
 * @returns true if the browser is most likely on another machine
 *
 * @example
 * ```ts
 * import { isRemoteSession } from 'embed-auth-server';
 *
 * if (isRemoteSession()) console.log('Forward the port: ssh -L 5543:127.0.0.1:5543 this-machine');
 * ```
 */
export function isRemoteSession(env: NodeJS.ProcessEnv = process.env): boolean {
  return describeEnvironment(here(env)).isRemote;
}
