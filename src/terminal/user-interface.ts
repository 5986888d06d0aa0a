import { AuthError, AuthorizationError } from '../errors.js';
import { portOf } from '../oauth/redirect-uri.js';
import { describeEnvironment, here, type Environment } from './environment.js';
import { isForeground, reserveInput, type LineInput } from './line-reader.js';
import { PastePrompt } from './paste-prompt.js';
import { adviceFor } from './rejection-advice.js';
import { Screen, type ScreenOutput } from './screen.js';

// `promptForCallbackUri()` finds it here: with one lazily loaded entry, the main entry needs one shared file, not two.
export { askOnce } from './paste-prompt.js';

/** What `login()` knows when the server listens. */
export interface TerminalContext {
  readonly loginUri: URL;
  /** The short address that redirects to the login URI. */
  readonly startUri: URL | undefined;
  readonly redirectUri: string;
  readonly hasPublicUri: boolean;
  readonly opensBrowser: boolean;
  /** The app opens the browser itself, and may use the terminal for it. */
  readonly hasAppOpener?: boolean;
  /** Aborted at the end of the sign-in. */
  readonly signal: AbortSignal;
}

/** What a question depends on: the part of `PromptContext` that is needed here. */
export interface QuestionContext {
  readonly signal: AbortSignal;
  readonly browserOpened: boolean;
  readonly error: Error | undefined;
}

/** The streams and the environment. */
export interface TerminalOptions {
  /** @default `process.stdin` */
  input?: LineInput | undefined;
  /** @default `process.stderr` */
  output?: ScreenOutput | undefined;
  /** @default `process.env` */
  env?: NodeJS.ProcessEnv | undefined;
}

/** After how long the paste is offered although a browser was opened. */
const offerAfterMilliseconds = 5_000;
/** After how long it is said what is still awaited. */
const remindAfterMilliseconds = 60_000;
/** How much of a provider's words is shown. */
const wordsLimit = 300;
/** How often one reason is shown: a page in a loop must not fill the screen. */
const maxRejectionsShown = 3;

/** What `login({ terminal: true })` shows and asks, on stderr and stdin. */
export class TerminalUserInterface {
  /** Whether a pasted address is accepted. */
  readonly offersPaste: boolean;
  readonly #screen: Screen;
  readonly #environment: Environment;
  readonly #isInteractive: boolean;
  readonly #paste: PastePrompt;
  readonly #rejections = new Map<string, number>();
  readonly #timers: NodeJS.Timeout[] = [];
  /** Releases the input; undefined if this sign-in does not read from it. */
  readonly #release: (() => void) | undefined;
  #context: TerminalContext | undefined;
  #isOffered = false;
  #showsLoginUri = false;
  #hasEnded = false;

  constructor({ input = process.stdin, output = process.stderr, env = process.env }: TerminalOptions = {}) {
    this.#screen = new Screen(output, env);
    this.#environment = describeEnvironment(here(env));
    const isTerminal = input.isTTY === true && isForeground();
    this.#release = isTerminal ? reserveInput(input) : undefined;
    this.offersPaste = this.#release !== undefined;
    this.#isInteractive = isTerminal && this.#screen.isTerminal;
    this.#paste = new PastePrompt(input, this.#screen);
  }

  /** Which URI the opener gets: another machine's browser may not reach the short address, which is on this one. */
  get openerTarget(): 'start' | 'login' {
    const { startUri, hasPublicUri = false } = this.#context ?? {};
    return startUri === undefined || (this.#environment.isRemote && !hasPublicUri) ? 'login' : 'start';
  }

  /** Shows where to sign in and what is waited for. */
  begin(context: TerminalContext): void {
    this.#context = context;
    const { loginUri, startUri, redirectUri, opensBrowser, hasAppOpener = false } = context;
    // Before an address is shown: what the user then pastes must be neither displayed nor cut off.
    if (this.offersPaste && !hasAppOpener) this.#paste.start();
    const shownFirst = this.openerTarget === 'login' || startUri === undefined ? loginUri : startUri;
    if (!this.#isInteractive) {
      this.#screen.writeLine(`Sign in at ${shownFirst.href}`);
      return;
    }
    const screen = this.#screen;
    const isElsewhere = this.#environment.isRemote && shownFirst === loginUri;
    if (opensBrowser) screen.write('Opening the browser to sign in.', 'bold');
    if (isElsewhere) {
      const advice = opensBrowser ? 'If no browser opens, open this address' : 'To sign in, open this address';
      screen.write(`This is ${this.#environment.label}. ${advice} on your machine:`);
    } else screen.write(opensBrowser ? 'If it does not open, open this address:' : 'To sign in, open this address:');
    screen.writeUri(shownFirst);
    this.#showsLoginUri = shownFirst === loginUri;
    if (isElsewhere && startUri !== undefined) {
      const port = portOf(startUri);
      const isForwarded =
        this.#environment.name === 'ssh'
          ? `you connected with ssh -L ${port}:127.0.0.1:${port}`
          : `port ${port} is forwarded to your machine`;
      screen.write(`If ${isForwarded}, this one is enough:`);
      screen.writeUri(startUri);
    }
    screen.write(
      `Waiting for the browser to come back to ${redirectUri.split(/[?#]/, 1)[0] ?? ''} after the sign-in at ${loginUri.host}.`,
      'dim',
    );
    this.#after(remindAfterMilliseconds, () => {
      screen.write(
        `Still waiting for the response of ${loginUri.host}${this.#isOffered ? ', or for its address to be pasted here' : ''}. Ctrl-C ends the sign-in.`,
      );
    });
  }

  /** Shows that the opener failed, and why. */
  browserNotOpened(reason = 'No browser was opened here.'): void {
    const context = this.#context;
    if (!this.#isInteractive || context === undefined) return;
    this.#screen.write(reason);
    if (this.#showsLoginUri || context.hasPublicUri) return;
    this.#showsLoginUri = true;
    this.#screen.write('In a browser on another machine, open this address:');
    this.#screen.writeUri(context.loginUri);
  }

  /** Shows that something was rejected, and what to do, unless the sign-in ends with it. */
  rejected(reason: string, isEnd = false): void {
    const advice = adviceFor(reason);
    const count = (this.#rejections.get(reason) ?? 0) + 1;
    this.#rejections.set(reason, count);
    if (advice === undefined || count > maxRejectionsShown || this.#hasEnded) return;
    const text = isEnd ? firstSentence(advice) : advice;
    this.#screen.write(count === maxRejectionsShown ? `${text} (Further ones are not shown.)` : text);
  }

  /** Asks for the callback URI. Resolves with undefined if there is no terminal to ask at, or no more input. */
  async prompt(context: QuestionContext): Promise<string | undefined> {
    if (!this.offersPaste || context.signal.aborted) return undefined;
    if (context.error !== undefined) this.#screen.write(context.error.message);
    const { isRemote, isOpenerTrusted } = this.#environment;
    if (isRemote || !isOpenerTrusted || !context.browserOpened || context.error !== undefined) this.#offer();
    else
      this.#after(offerAfterMilliseconds, () => {
        this.#offer();
      });
    const text = await this.#paste.read(context.signal, this.#context?.redirectUri);
    if (this.#paste.isClosed && this.#isInteractive && !this.#hasEnded) {
      this.#screen.write(
        'The input was closed, so nothing can be pasted any more. Still waiting for the browser; Ctrl-C ends the sign-in.',
      );
    }
    return text;
  }

  /** Shows the end and restores the terminal. */
  end(error?: unknown): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#paste.close();
    this.#release?.();
    if (this.#isInteractive)
      this.#screen.write(error === undefined ? 'Signed in.' : `The sign-in has ended: ${describe(error)}`, 'bold');
    this.#screen.close();
  }

  #offer(): void {
    if (this.#hasEnded || !this.#isInteractive) return;
    if (!this.#isOffered) {
      this.#isOffered = true;
      this.#screen.write(
        'If the browser cannot reach the last page, copy the whole address from its address bar and paste it here.',
      );
    }
    this.#paste.show();
  }

  #after(milliseconds: number, action: () => void): void {
    this.#timers.push(setTimeout(action, milliseconds).unref());
  }
}

/** The first sentence of an error of this package: the app says the rest. Other errors may hold secrets of the app. */
function describe(error: unknown): string {
  if (!(error instanceof AuthError)) return 'the app reported a failure.';
  if (error instanceof AuthorizationError && error.error !== undefined) {
    const happened = error.code === 'ACCESS_DENIED' ? 'the access was denied' : 'the provider reported an error';
    const words = [error.error, error.errorDescription].filter(Boolean).join(': ');
    return `${happened} (${words.slice(0, wordsLimit)}).`;
  }
  return firstSentence(error.message);
}

function firstSentence(text: string): string {
  return /^.*?\.(?= |$)/s.exec(text)?.[0] ?? text;
}
