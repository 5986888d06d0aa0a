import type { ChildProcess } from 'node:child_process';
import { BrowserOpenError } from '../errors.js';

/** How long an opener is watched. One that fails does so in well under this; one that still runs is a browser. */
const watchMilliseconds = 1_000;

/** What an error is about, unless it is the program in BROWSER. */
const systemOpener = "the system's opener";

/** What the developer can do if no browser was opened. */
const openHint =
  'Show the login URI instead (with `login`: `terminal: true`, or `onLoginUri`), so that the user can open it.';

/** Browsers that need a terminal. An opener in the background has none to give them: some fetch the page and exit with 0. */
const textModeBrowsers: readonly string[] = ['w3m', 'lynx', 'links', 'links2', 'elinks'];

/** Opens the system's browser. */
export class BrowserUtil {
  /**
   * Opens an http or https URI in the user's browser.
   *
   * The URI reaches the opener as one argument, without a shell. The environment variable `BROWSER` is honoured on every
   * system: a list of command lines, separated by colons (on Windows by semicolons), each with `%s` for the URI or without;
   * `none` opens nothing. No opener can tell whether the user sees the page: show the URI, too, if you have a terminal.
   *
   * In Electron, give `login` Electron's opener: `login({ openBrowser: (uri) => shell.openExternal(uri.href) })`.
   *
   * @param uri - the login URI; what `LoginRequest.toUri()` returns
   * @returns resolves when the opener has done its work, or when it still runs after a second, as a browser does
   * @throws {@link BrowserOpenError} with `URI_NOT_ALLOWED` if `uri` is not an absolute http or https URI, and with
   * `BROWSER_NOT_OPENED` if there is no display or no opener, or the opener failed
   *
   * @example
   * ```ts
   * import { BrowserOpenError, BrowserUtil } from 'embed-auth-server';
   *
   * const uri = 'https://accounts.example.com/authorize?client_id=my-client-id';
   * await BrowserUtil.open(uri).catch((error) => {
   *   if (!(error instanceof BrowserOpenError)) throw error;
   *   console.log(`Open this in your browser: ${uri}`);
   * });
   * ```
   *
   * @see [RFC 8252, section 4.1](https://www.rfc-editor.org/rfc/rfc8252#section-4.1)
   */
  static async open(uri: string | URL): Promise<void> {
    const href = browsableHref(uri);
    const browsers = configuredBrowsers();
    if (browsers.length > 0) return openFirst(browsers, href, 'the program in BROWSER');
    // Without a display, xdg-open starts text-mode browsers, and some of them fetch the page unseen and exit with 0.
    if (!hasDisplay()) {
      throw notOpened('this session has no display (neither DISPLAY, WAYLAND_DISPLAY nor BROWSER is set).');
    }
    return hasXdgOpen() ? openFirst([['xdg-open']], href, systemOpener) : openByPackage(href);
  }
}

/** @internal The message for the user, without what the developer can do. */
export function withoutHint({ message }: BrowserOpenError): string {
  return message.replace(` ${openHint}`, '');
}

/** @internal Begins to load what {@link BrowserUtil.open} will need, while the port is being bound. */
export function preloadOpener(): void {
  if (process.env['BROWSER'] || hasXdgOpen() || !hasDisplay()) return;
  // A failure is reported by the import in open().
  import('open').catch(() => undefined);
}

/** Runs the first program that works. */
async function openFirst(browsers: readonly Command[], href: string, subject: string): Promise<void> {
  const { spawn } = process.getBuiltinModule('node:child_process');
  const failures: unknown[] = [];
  for (const [command, ...args] of browsers) {
    try {
      const name = command.split(/[/\\]/).pop() ?? '';
      if (textModeBrowsers.includes(name)) throw notOpened(`BROWSER names a text-mode browser (${name}).`);
      const hasPlace = args.some((arg) => arg.includes('%s'));
      const filled = args.map((arg) => arg.replace(/%[s%]/g, (match) => (match === '%s' ? href : '%')));
      await watch(spawn(command, hasPlace ? filled : [...args, href], { stdio: 'ignore', detached: true }), subject);
      return;
    } catch (error) {
      // `spawn` throws some failures, and emits the others.
      failures.push(error instanceof BrowserOpenError ? error : notStarted(error, subject));
    }
  }
  throw failures[0];
}

/** For macOS, Windows, WSL, and a Linux without xdg-open. */
async function openByPackage(href: string): Promise<void> {
  let opener: ChildProcess;
  try {
    // Loaded here, because most runs of an app use a cached token and open nothing.
    const { default: open } = await import('open');
    opener = await open(href);
  } catch (error) {
    throw notStarted(error, systemOpener);
  }
  // `open` resolves once the opener runs (on Windows: once it has ended), with success or not.
  await watch(opener, systemOpener);
}

/** The normalised URI. It begins with `http:` or `https:`, so no opener can take it for an option or a path. */
function browsableHref(uri: unknown): string {
  if (typeof uri !== 'string' && !(uri instanceof URL)) {
    throw notAllowed(`it is of type ${uri === null ? 'null' : typeof uri}`);
  }
  // `new URL` would throw an error that has the whole URI in its `input`.
  if (!URL.canParse(uri.toString())) throw notAllowed('it is not an absolute URI');
  const { protocol, href } = new URL(uri);
  if (protocol !== 'http:' && protocol !== 'https:') throw notAllowed(`its scheme is ${protocol.slice(0, -1)}`);
  return href;
}

/** A program and its arguments. */
type Command = readonly [program: string, ...args: string[]];

// Quoted text, an escaped character, a space, a separator, or other text.
const posixSyntax =
  /"(?<double>(?:\\.|[^"\\])*)"|'(?<single>[^']*)'|\\(?<escaped>.)|(?<space>\s+)|(?<separator>:)|[^\s"'\\:]+|./gs;
const windowsSyntax = /"(?<double>[^"]*)"|(?<space>\s+)|(?<separator>;)|[^\s";]+|./gs;

/** The command lines in `BROWSER`, split without a shell. xdg-open is left out: it is what runs without `BROWSER`. */
function configuredBrowsers(): Command[] {
  const { BROWSER = '' } = process.env;
  if (BROWSER.trim().toLowerCase() === 'none') throw notOpened('BROWSER is set to `none`.');
  if (BROWSER.includes(' ') && process.getBuiltinModule('node:fs').existsSync(BROWSER)) return [[BROWSER]];
  const lines: string[][] = [[]];
  let word: string | undefined;
  const endWord = (): void => {
    if (word !== undefined) lines.at(-1)?.push(word);
    word = undefined;
  };
  for (const { 0: text, groups = {} } of BROWSER.matchAll(process.platform === 'win32' ? windowsSyntax : posixSyntax)) {
    const { double, single, escaped, space, separator } = groups;
    if (space !== undefined) endWord();
    else if (separator !== undefined) {
      endWord();
      lines.push([]);
    } else {
      const quoted = process.platform === 'win32' ? double : double?.replace(/\\(["\\$`])/g, '$1');
      word = (word ?? '') + (quoted ?? single ?? escaped ?? text);
    }
  }
  endWord();
  return lines.flatMap(([program = '', ...args]) =>
    program === '' || (program === 'xdg-open' && args.length === 0) ? [] : [[program, ...args]],
  );
}

function hasXdgOpen(): boolean {
  if (process.platform !== 'linux' || isWsl()) return false;
  const { accessSync, constants } = process.getBuiltinModule('node:fs');
  return (process.env['PATH'] ?? '').split(':').some((folder) => {
    try {
      accessSync(`${folder}/xdg-open`, constants.X_OK);
      return folder !== '';
    } catch {
      return false;
    }
  });
}

function hasDisplay(): boolean {
  const { DISPLAY, WAYLAND_DISPLAY } = process.env;
  return process.platform !== 'linux' || Boolean(DISPLAY) || Boolean(WAYLAND_DISPLAY) || isWsl();
}

/** Whether `open` may reach Windows' opener, which needs no display. It does not try in containers and over SSH. */
function isWsl(): boolean {
  const { WSL_DISTRO_NAME, SSH_CONNECTION, SSH_CLIENT, SSH_TTY } = process.env;
  const { existsSync } = process.getBuiltinModule('node:fs');
  // A kernel that the user has built need not have Microsoft's name; a service need not have the variable.
  return (
    (WSL_DISTRO_NAME !== undefined || /microsoft/i.test(process.getBuiltinModule('node:os').release())) &&
    !(SSH_CONNECTION ?? SSH_CLIENT ?? SSH_TTY) &&
    !existsSync('/.dockerenv') &&
    !existsSync('/run/.containerenv')
  );
}

/** Resolves when the opener exits with 0 or still runs when the time is over; rejects when it fails before. */
function watch(opener: ChildProcess, subject: string): Promise<void> {
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
      else if (code === null) settle(notOpened(`${subject} was ended by ${signal ?? 'a signal'}.`));
      else settle(notOpened(`${subject} exited with code ${code}; there may be no browser installed.`));
    };
    const onError = (error: Error): void => {
      settle(notStarted(error, subject));
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
function notStarted(error: unknown, subject: string): BrowserOpenError {
  // Anything may have been thrown; its members are looked at one by one.
  const { code, syscall, path } = Object(error) as Partial<Record<'code' | 'syscall' | 'path', unknown>>;
  const reason = typeof code === 'string' ? code : 'unknown error';
  const cause = new Error(`T${subject.slice(1)} could not be started: ${reason}`);
  for (const [name, value] of Object.entries({ code, syscall, path })) {
    if (typeof value === 'string') Object.assign(cause, { [name]: value });
  }
  const missing =
    subject === systemOpener
      ? 'there is no opener on this system; on Linux, the package xdg-utils has it'
      : 'there is no such program; BROWSER takes a command line';
  return notOpened(`${subject} could not be started (${code === 'ENOENT' ? missing : reason}).`, { cause });
}

function notOpened(reason: string, options?: ErrorOptions): BrowserOpenError {
  return new BrowserOpenError('BROWSER_NOT_OPENED', `No browser was opened: ${reason} ${openHint}`, options);
}

function notAllowed(reason: string): BrowserOpenError {
  return new BrowserOpenError(
    'URI_NOT_ALLOWED',
    `No browser was opened: \`uri\` must be an absolute http or https URI, and ${reason}. Give it what \`LoginRequest.toUri()\` returns.`,
  );
}
