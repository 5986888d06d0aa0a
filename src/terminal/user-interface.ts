import { BrowserOpenError } from '../errors.js';
import { portOf } from '../oauth/redirect-uri.js';
import { describeEnvironment, hasDisplay, here, permitted, type Environment } from './environment.js';
import { isForeground, isReadByHost, reserveInput, type LineInput } from './line-reader.js';
import { PastePrompt } from './paste-prompt.js';
import { isOpenPipe, readPipedUri } from './piped-uri.js';
import { adviceFor, adviceForPaste } from './rejection-advice.js';
import { Screen, type ScreenOutput } from './screen.js';
import { defaultTexts, type TerminalSettings, type TerminalTexts } from './terminal-options.js';

// `promptForCallbackUri()` finds it here: with one lazily loaded entry, the main entry needs one shared file, not two.
export { askOnce } from './paste-prompt.js';

/** What `login()` knows when the server listens. */
export interface TerminalContext {
  readonly loginUri: URL;
  /** The short address that redirects to the login URI. */
  readonly startUri: URL | undefined;
  readonly redirectUri: string;
  readonly appName?: string | undefined;
  readonly hasPublicUri: boolean;
  readonly opensBrowser: boolean;
  /** The app opens the browser itself, and may use the terminal for it. */
  readonly hasAppOpener?: boolean;
  /** The app shows the login URI itself. */
  readonly hasOnLoginUri?: boolean;
  /** Aborted at the end of the sign-in. */
  readonly signal: AbortSignal;
}

/** What a question depends on: the part of `PromptContext` that is needed here. */
export interface QuestionContext {
  readonly signal: AbortSignal;
  readonly browserOpened: boolean;
  readonly error: Error | undefined;
}

/** The streams, the environment and the option of `login()`. */
export interface TerminalOptions {
  /** @default `process.stdin` */
  input?: LineInput | undefined;
  /** @default `process.stderr` */
  output?: ScreenOutput | undefined;
  /** @default `process.env` */
  env?: NodeJS.ProcessEnv | undefined;
  /** @default nothing quiet, the built-in texts */
  settings?: TerminalSettings | undefined;
}

/** After how long the paste is offered although a browser was opened. */
const offerAfterMilliseconds = 5_000;
/** How often one reason is shown: a page in a loop must not fill the screen. */
const maxRejectionsShown = 3;

/** What `login({ terminal: true })` shows and asks, on stderr and stdin. */
export class TerminalUserInterface {
  readonly #screen: Screen;
  readonly #input: LineInput;
  readonly #environment: Environment;
  readonly #hasDisplay: boolean;
  readonly #settings: TerminalSettings;
  /** Whether stderr is a terminal in which this program may write as it likes. */
  readonly #isInteractive: boolean;
  readonly #paste: PastePrompt;
  /** Whether an address can be pasted into the terminal. */
  readonly offersPaste: boolean;
  readonly #rejections = new Map<string, number>();
  /** What stays on the screen if the sign-in fails. */
  readonly #advice: string[] = [];
  #timer: NodeJS.Timeout | undefined;
  /** Releases the input; undefined if this sign-in does not read from it. */
  readonly #release: (() => void) | undefined;
  #context: TerminalContext | undefined;
  #readNote: () => string | undefined = () => undefined;
  /** Why no browser was opened. */
  #reason = '';
  #isOffered = false;
  #isAnnounced = false;
  #showsAddress = false;
  #showsLoginUri = false;
  #hasEnded = false;

  constructor({
    input = process.stdin,
    output = process.stderr,
    env: variables = process.env,
    settings = {},
  }: TerminalOptions = {}) {
    const env = permitted(variables);
    this.#input = input;
    this.#settings = settings;
    this.#screen = new Screen(output, env);
    this.#environment = describeEnvironment(here(variables));
    this.#hasDisplay = hasDisplay(env);
    const isForegroundProcess = isForeground();
    const isTerminal = input.isTTY === true;
    const mayRead = isTerminal ? isForegroundProcess : isOpenPipe(input);
    this.#release = mayRead ? reserveInput(input) : undefined;
    this.offersPaste = isTerminal && this.#release !== undefined;
    this.#isInteractive = this.#screen.isTerminal && isForegroundProcess;
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
    const { opensBrowser, hasAppOpener = false } = context;
    // Before an address is shown: what the user then pastes must be neither displayed nor cut off.
    if (this.offersPaste && !hasAppOpener) this.#paste.start();
    // Which address is right for a reader that is no user is known when the browser was opened, or was not.
    if (!this.#isInteractive) return;
    if (this.#settings.quiet !== true || !opensBrowser || this.#environment.isRemote) this.#showAddress();
    if (this.#settings.quiet === true) return;
    this.#screen.spin(this.#text('waiting'));
    this.#paste.idle = this.#text('waiting');
  }

  /** The opener has opened a browser, or has not, or still works. */
  opened(isOpen: boolean): void {
    const { loginUri, startUri } = this.#context ?? {};
    if (this.#isInteractive || this.#isAnnounced || loginUri === undefined) return;
    if ((isOpen || this.#hasEnded) && this.#settings.quiet === true) return;
    this.#isAnnounced = true;
    const shown = isOpen && this.openerTarget === 'start' ? startUri : loginUri;
    this.#screen.writeLine(`Sign in at ${(shown ?? loginUri).href}`);
    if (!isOpen && !this.#hasDisplay) this.#screen.writeLine('No browser can be opened here.');
  }

  /** Shows that the opener failed, and why. */
  browserNotOpened(reason = 'No browser was opened here.'): void {
    this.#reason = ` ${reason}`;
    const context = this.#context;
    if (!this.#isInteractive || context === undefined) return;
    this.#screen.write(reason);
    if (!this.#showsAddress) this.#showAddress();
    if (this.#showsLoginUri || context.hasPublicUri) return;
    this.#showsLoginUri = true;
    this.#screen.write('To sign in on another machine, open this address there:');
    this.#screen.writeUri(context.loginUri);
  }

  /** Shows that something was rejected, and what to do, unless the sign-in ends with it: then its error says so. */
  rejected(reason: string, isEnd = false): void {
    const advice = adviceFor(reason);
    const count = (this.#rejections.get(reason) ?? 0) + 1;
    this.#rejections.set(reason, count);
    if (advice === undefined || isEnd || count > maxRejectionsShown || this.#hasEnded) return;
    if (count === 1) this.#advice.push(advice);
    this.#screen.write(count === maxRejectionsShown ? `${advice} (Further ones are not shown.)` : advice);
  }

  /**
   * Asks for the callback URI. Resolves with undefined if there is nothing to read from.
   * @throws BrowserOpenError if nothing can bring a response
   */
  async prompt(context: QuestionContext): Promise<string | undefined> {
    const { signal, browserOpened, error } = context;
    if (signal.aborted) return undefined;
    if (error !== undefined) this.#screen.write(adviceForPaste(error, this.#context?.redirectUri ?? ''));
    const text = this.offersPaste
      ? await this.#readPaste(context)
      : this.#release && (await readPipedUri(this.#input, signal));
    // Asked again after the wait.
    if (text === undefined && !browserOpened && !(signal as { aborted: boolean }).aborted) this.#assertAnswerable();
    return text;
  }

  /** @param read - returns the text of `page.message()`, which is part of the last line */
  setNote(read: () => string | undefined): void {
    this.#readNote = read;
  }

  /** Removes what was shown, says that the user is signed in, and restores the terminal. A failure is the app's to report. */
  end(error?: unknown): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    clearTimeout(this.#timer);
    this.#screen.spin(undefined);
    this.#paste.close();
    this.#release?.();
    // The response was faster than the opener.
    this.opened(true);
    if (this.#isInteractive) {
      this.#screen.erase();
      if (error !== undefined) {
        if (this.#screen.isErased) for (const advice of this.#advice) this.#screen.write(advice);
      } else if (this.#settings.quiet !== true) {
        const note = this.#readNote();
        const signedIn = this.#text('signedIn');
        const separator = note === undefined ? '.' : /^(?:as|with|for)\b/i.test(note) ? ' ' : ': ';
        this.#screen.write(`${signedIn}${separator}${note ?? ''}`, 'bold');
      }
    }
    this.#screen.close();
  }

  async #readPaste({ signal, browserOpened, error }: QuestionContext): Promise<string | undefined> {
    // An opener of the app may still ask its own questions.
    while (!this.#paste.isReading && isReadByHost(this.#input)) {
      if (this.#context?.hasAppOpener !== true || !(await nextPause(this.#input, signal))) return undefined;
    }
    const { isRemote, isOpenerTrusted } = this.#environment;
    if (isRemote || !isOpenerTrusted || !browserOpened || error !== undefined) this.#offer();
    else {
      this.#timer = setTimeout(() => {
        this.#offer();
      }, offerAfterMilliseconds).unref();
    }
    const text = await this.#paste.read(signal, this.#context?.redirectUri);
    clearTimeout(this.#timer);
    if (text === undefined && !signal.aborted && this.#isInteractive && !this.#hasEnded) {
      // From now on the host may have a line of its own there.
      if (isReadByHost(this.#input)) this.#screen.keep();
      else {
        if (this.#isOffered) this.#screen.write('Nothing can be pasted here any more.');
        if (this.#settings.quiet !== true) this.#screen.status = this.#text('waiting');
      }
    }
    return text;
  }

  #offer(): void {
    if (this.#hasEnded) return;
    if (this.#isInteractive && !this.#isOffered) {
      this.#isOffered = true;
      if (!this.#showsAddress) this.#showAddress();
      this.#screen.write(this.#text('paste'));
    }
    this.#paste.start();
  }

  #showAddress(): void {
    if (this.#context === undefined) return;
    const { loginUri, startUri, opensBrowser } = this.#context;
    const screen = this.#screen;
    const shown = this.openerTarget === 'login' || startUri === undefined ? loginUri : startUri;
    const isElsewhere = this.#environment.isRemote && shown === loginUri;
    this.#showsAddress = true;
    this.#showsLoginUri = shown === loginUri;
    screen.write(this.#text(isElsewhere ? 'otherMachine' : opensBrowser ? 'browser' : 'address'), 'bold');
    screen.writeUri(shown);
    if (!isElsewhere || startUri === undefined) return;
    const port = portOf(startUri);
    screen.write(
      this.#environment.name === 'ssh'
        ? `If you connected with ssh -L ${port}:127.0.0.1:${port}, this one is enough:`
        : `If port ${port} is forwarded to your computer, this one is enough:`,
    );
    screen.writeUri(startUri);
  }

  /** A response may come from a browser that the user opens, which needs a person who reads the address. */
  #assertAnswerable(): void {
    const { hasAppOpener, hasOnLoginUri, hasPublicUri } = this.#context ?? {};
    const hasReader = this.#screen.isTerminal || this.#hasDisplay;
    const hasApp = hasAppOpener === true || hasOnLoginUri === true || hasPublicUri === true;
    // A pipe that is still open, or has text for the app, may belong to a program that waits for this line.
    const isOpen = this.#release !== undefined && !this.#input.readableEnded;
    if (hasReader || hasApp || isOpen || this.#input.isTTY === true) return;
    throw new BrowserOpenError(
      'BROWSER_NOT_OPENED',
      `No user can sign in here: there is no terminal, no display, and no open standard input for the address of the last page. Run this program in a terminal, set BROWSER, write the callback URI to its standard input, or sign in with the device grant.${this.#reason}`,
    );
  }

  #text(name: keyof TerminalTexts): string {
    const text = this.#settings.texts?.[name] ?? defaultTexts[name];
    const appName = this.#context?.appName;
    return appName === undefined
      ? text.replaceAll(' to {app}', '').replaceAll('{app}', '')
      : text.replaceAll('{app}', () => appName);
  }
}

/** Whether the host has paused the input; false if `signal` was aborted first. */
function nextPause(input: LineInput, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const settle = (): void => {
      input.off('pause', settle);
      signal.removeEventListener('abort', settle);
      resolve(!signal.aborted);
    };
    input.on('pause', settle);
    signal.addEventListener('abort', settle);
  });
}
