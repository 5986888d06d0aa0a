import type { ChildProcess } from 'node:child_process';
import { BrowserOpenError } from '../errors.js';
import { hasDisplay } from '../terminal/environment.js';
import { configuredBrowsers } from './browser-command.js';
import { notOpened, notStarted, openHint, permittedOnly, systemOpener } from './opener-error.js';
import { startFirst, watchOpener, withOpenerEnvironment } from './opener-process.js';

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
    try {
      await openHref(href);
    } catch (error) {
      throw permittedOnly(error);
    }
  }
}

async function openHref(href: string): Promise<void> {
  const browsers = configuredBrowsers();
  if (browsers.length > 0) return startFirst(browsers, href, 'the program in BROWSER');
  // Without a display, xdg-open starts text-mode browsers, and some of them fetch the page unseen and exit with 0.
  if (!hasDisplay() && !isWsl()) {
    throw notOpened('this session has no display (neither DISPLAY, WAYLAND_DISPLAY nor BROWSER is set).');
  }
  if (needsPackage()) return openByPackage(href);
  return startFirst([[await systemProgram()]], href, systemOpener);
}

async function systemProgram(): Promise<string> {
  if (process.platform === 'darwin') return 'open';
  if (hasXdgOpen()) return 'xdg-open';
  const { findPackagedXdgOpen } = await import('./packaged-xdg-open.js');
  return findPackagedXdgOpen() ?? 'xdg-open';
}

/** @internal The message for the user, without what the developer can do. */
export function withoutHint({ message }: BrowserOpenError): string {
  return message.replace(` ${openHint}`, '');
}

/** @internal Begins to load what {@link BrowserUtil.open} will need, while the port is being bound. */
export function preloadOpener(): void {
  try {
    if (process.env['BROWSER'] || !needsPackage()) return;
  } catch {
    return; // Deno without --allow-env: open() reports it.
  }
  // A failure is reported by the import in open().
  import('open').catch(() => undefined);
}

/** Windows and WSL: the page is opened by PowerShell, which `open` knows how to call. */
function needsPackage(): boolean {
  return process.platform === 'win32' || (process.platform === 'linux' && isWsl());
}

async function openByPackage(href: string): Promise<void> {
  let opener: ChildProcess;
  try {
    // Loaded here, because most runs of an app use a cached token and open nothing.
    const { default: open } = await import('open');
    opener = await withOpenerEnvironment(() => open(href));
  } catch (error) {
    throw notStarted(error, systemOpener);
  }
  // `open` resolves once the opener runs (on Windows: once it has ended), with success or not.
  await watchOpener(opener, systemOpener);
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

function hasXdgOpen(): boolean {
  const folders = (process.env['PATH'] ?? '').split(':');
  return folders.some((folder) => folder !== '' && isExecutable(`${folder}/xdg-open`));
}

function isExecutable(path: string): boolean {
  const { accessSync, constants } = process.getBuiltinModule('node:fs');
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
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

function notAllowed(reason: string): BrowserOpenError {
  return new BrowserOpenError(
    'URI_NOT_ALLOWED',
    `No browser was opened: \`uri\` must be an absolute http or https URI, and ${reason}. Give it what \`LoginRequest.toUri()\` returns.`,
  );
}
