import type { ChildProcess } from 'node:child_process';
import { BrowserOpenError } from './errors.js';

/** How long an opener is watched. One that fails does so in well under this; one that still runs is a browser. */
const watchMilliseconds = 1_000;

const hint =
  'Print the login URI instead (`onLoginUri` is the place for it with `login`), so that the person can open it.';

/** Browsers that live in a terminal. xdg-open knows them all; an opener in the background has no terminal to give them. */
const textModeBrowsers: readonly string[] = ['w3m', 'lynx', 'links', 'links2', 'elinks'];

/** Opens the system's browser. */
export class BrowserUtil {
  /**
   * Opens an http or https URI in the person's browser.
   *
   * The URI reaches the system's opener as one argument, without a shell. The promise resolves when the opener has done its
   * work, or when it still runs after a second, as where it is the browser itself. It rejects when nothing was opened, so
   * that the app can print the URI. No opener can tell whether the person sees the page, so print the URI in any case
   * where you have a terminal.
   *
   * In Electron, rather hand its own opener to `login`: `login({ openBrowser: (uri) => shell.openExternal(uri.href) })`.
   *
   * @param uri - the login URI; what `LoginRequest.toUri()` returns
   * @returns a promise that resolves when the browser was asked to open the URI
   * @throws {@link BrowserOpenError} with the code `URI_NOT_ALLOWED` where `uri` is not an absolute http or https URI
   * @throws {@link BrowserOpenError} with the code `BROWSER_NOT_OPENED` where there is no display, there is no opener, or
   * the opener failed
   *
   * @example
   * ```ts
   * import { BrowserOpenError, BrowserUtil } from 'embed-auth-server';
   *
   * const uri = 'https://accounts.example.com/authorize?client_id=my-client-id';
   * try {
   *   await BrowserUtil.open(uri);
   * } catch (error) {
   *   if (!(error instanceof BrowserOpenError)) throw error;
   *   console.log(`Open this in your browser: ${uri}`);
   * }
   * ```
   *
   * @see [RFC 8252, section 4.1](https://www.rfc-editor.org/rfc/rfc8252#section-4.1)
   */
  static async open(uri: string | URL): Promise<void> {
    const href = browsableHref(uri);
    refuseWithoutDisplay();
    let opener: ChildProcess;
    try {
      // Loaded here, because most runs of an app use a cached token and open nothing.
      const { default: open } = await import('open');
      opener = await open(href);
    } catch (error) {
      throw notStarted(error);
    }
    // `open` resolves once the opener runs (on Windows: once it has ended), whatever comes of it.
    await watch(opener);
  }
}

/** The normalised URI. It begins with `http:` or `https:`, so no opener can take it for an option or a path. */
function browsableHref(uri: unknown): string {
  if (typeof uri !== 'string' && !(uri instanceof URL)) {
    throw notAllowed(`it is of type ${uri === null ? 'null' : typeof uri}`);
  }
  let url: URL;
  try {
    url = new URL(uri);
  } catch {
    // Not kept as the cause: Node's error has the whole URI in its `input`.
    throw notAllowed('it is not an absolute URI');
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw notAllowed(`its scheme is ${url.protocol.slice(0, -1)}`);
  }
  return url.href;
}

/**
 * xdg-open without a display goes through the text-mode browsers, and some of them (w3m, elinks), finding no terminal,
 * fetch the page, show it to nobody and exit with 0. With `BROWSER` set it runs that, display or not: VS Code, Codespaces
 * and wslu set it to a helper that opens the browser of another machine.
 */
function refuseWithoutDisplay(): void {
  const { DISPLAY, WAYLAND_DISPLAY, BROWSER = '' } = process.env;
  if (process.platform !== 'linux' || DISPLAY || WAYLAND_DISPLAY || isWsl()) return;
  // A list with colons, each entry a command line. xdg-open leaves out itself and what is empty.
  const [first] = BROWSER.split(':').filter((entry) => entry !== '' && entry !== 'xdg-open');
  if (first === undefined) {
    throw notOpened('this session has no display (neither DISPLAY, WAYLAND_DISPLAY nor BROWSER is set).');
  }
  const command = first.trim().split(/\s/u, 1)[0]?.split('/').pop() ?? '';
  if (textModeBrowsers.includes(command)) {
    throw notOpened(`this session has no display, and BROWSER names a text-mode browser (${command}).`);
  }
}

/** Whether `open` may reach Windows' own opener, which needs no display. */
function isWsl(): boolean {
  // A kernel of one's own need not have Microsoft's name; a service need not have the variable.
  return (
    process.env.WSL_DISTRO_NAME !== undefined ||
    process.getBuiltinModule('node:os').release().toLowerCase().includes('microsoft')
  );
}

/** Resolves when the opener exits with 0 or still runs when the time is over; rejects when it fails before. */
function watch(opener: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (failure?: BrowserOpenError): void => {
      clearTimeout(timer);
      opener.off('exit', onExit);
      opener.off('error', onError);
      opener.unref();
      if (failure === undefined) resolve();
      else reject(failure);
    };
    const onExit = (code: number | null, signal: NodeJS.Signals | null): void => {
      if (code === 0) settle();
      else if (code === null) settle(notOpened(`the system's opener was ended by ${signal ?? 'a signal'}.`));
      else settle(notOpened(`the system's opener exited with code ${code}; there may be no browser installed.`));
    };
    const onError = (error: Error): void => {
      settle(notStarted(error));
    };
    // It holds the process for its second: the opener itself does not, and the caller awaits the outcome.
    const timer = setTimeout(settle, watchMilliseconds);
    if (opener.exitCode !== null || opener.signalCode !== null) {
      // Windows and WSL: `open` awaits the end of PowerShell, and does not look at how it ended.
      onExit(opener.exitCode, opener.signalCode);
      return;
    }
    opener.once('exit', onExit);
    opener.once('error', onError);
  });
}

/** A fresh error, because the one of `spawn` carries the URI, and with it the state, in its `spawnargs`. */
function notStarted(error: unknown): BrowserOpenError {
  // Whatever was thrown, its members are looked at one by one below.
  const { code, syscall, path } = Object(error) as Partial<Record<'code' | 'syscall' | 'path', unknown>>;
  const known = Object.entries({ code, syscall, path }).filter(([, value]) => typeof value === 'string');
  const reason = typeof code === 'string' ? code : 'unknown error';
  const cause = Object.assign(
    new Error(`The system's opener could not be started: ${reason}`),
    Object.fromEntries(known),
  );
  const advice =
    code === 'ENOENT' ? 'there is no opener on this system; on Linux, the package xdg-utils has it' : reason;
  return notOpened(`the system's opener could not be started (${advice}).`, { cause });
}

function notOpened(reason: string, options?: ErrorOptions): BrowserOpenError {
  return new BrowserOpenError('BROWSER_NOT_OPENED', `No browser was opened: ${reason} ${hint}`, options);
}

function notAllowed(reason: string): BrowserOpenError {
  return new BrowserOpenError(
    'URI_NOT_ALLOWED',
    `No browser was opened: \`uri\` must be an absolute http or https URI, and ${reason}. Give it what \`LoginRequest.toUri()\` returns.`,
  );
}
