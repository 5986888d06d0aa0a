import { watch } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PseudoTerminal, type PseudoTerminalOptions } from './pseudo-terminal.js';

/** How a sign-in in a terminal is started. */
export interface TerminalSignInOptions extends PseudoTerminalOptions {
  /** Options of `login()`, in addition to those of the fixture. */
  readonly login?: object;
  /** Shell text behind the command, such as a redirection. */
  readonly shell?: string;
  /** Arguments of Node. */
  readonly nodeArgs?: readonly string[];
  readonly fixture?: string;
  /** Shell text before the command. */
  readonly before?: string;
  /** The command instead of Node with the fixture. */
  readonly command?: readonly string[];
  /** The shell runs commands as jobs, as an interactive one does. */
  readonly jobControl?: boolean;
}

/** What the shell prints at the end if the terminal is as it was. */
export const restored = /exit (\d+) icrnl isig icanon echo$/m;

/** An app that signs in with `terminal: true`, run by a shell in a pseudo-terminal. */
export class TerminalSignIn extends PseudoTerminal {
  readonly #folder: string;

  static async start(options: TerminalSignInOptions = {}): Promise<TerminalSignIn> {
    return new TerminalSignIn(await mkdtemp(join(tmpdir(), 'terminal-')), options);
  }

  private constructor(
    folder: string,
    {
      login = {},
      shell = '',
      nodeArgs = [],
      fixture = 'sign-in.ts',
      before = '',
      command: given,
      jobControl = false,
      env = {},
      ...options
    }: TerminalSignInOptions,
  ) {
    const file = fileURLToPath(new URL(`../fixtures/terminal/${fixture}`, import.meta.url));
    const command = given ?? [process.execPath, '--import', import.meta.resolve('tsx'), ...nodeArgs, file];
    // The shell itself must outlive Ctrl-C, to show how it finds the terminal.
    const script =
      `${jobControl ? 'set -m' : 'trap : INT QUIT'}; ` +
      `${before} ${command.map((word) => `'${word}'`).join(' ')} ${shell}; ` +
      `echo "exit $?" $(stty -a | grep -oE -- '-?\\b(icanon|echo|isig|icrnl)\\b')`;
    super('bash', ['-c', script], {
      ...options,
      env: {
        SIGN_IN_OPTIONS: JSON.stringify(login),
        SIGN_IN_FILE: join(folder, 'addresses.json'),
        FOLDER: folder,
        ...env,
      },
    });
    this.#folder = folder;
  }

  /** A file of the app. */
  async file(name: string): Promise<string> {
    return readFile(join(this.#folder, name), 'utf8');
  }

  /** A file of the app, once it has a text. */
  async fileWith(name: string, pattern: RegExp): Promise<string> {
    const watcher = watch(this.#folder);
    try {
      for (;;) {
        const change = new Promise((resolve) => watcher.once('change', resolve));
        const content = await this.file(name).catch(() => '');
        if (pattern.test(content)) return content;
        await change;
      }
    } finally {
      watcher.close();
    }
  }

  /** The login URI and the start address, once the app has them. */
  async addresses(): Promise<{ loginUri: URL; startUri: URL; pid: number }> {
    const text = await this.fileWith('addresses.json', /./);
    // The fixture writes exactly this.
    const { loginUri, startUri, pid } = JSON.parse(text) as { loginUri: string; startUri: string; pid: number };
    return { loginUri: new URL(loginUri), startUri: new URL(startUri), pid };
  }

  /** The address of the page that the browser would end at. */
  async callbackUri(params: Readonly<Record<string, string>> = {}): Promise<URL> {
    const { loginUri } = await this.addresses();
    const uri = new URL(loginUri.searchParams.get('redirect_uri') ?? '');
    const state = loginUri.searchParams.get('state') ?? '';
    uri.search = new URLSearchParams({ code: 'secret-code', state, ...params }).toString();
    return uri;
  }

  /** The browser comes back. */
  async redirect(params?: Readonly<Record<string, string>>): Promise<number> {
    const response = await fetch(await this.callbackUri(params), { headers: { connection: 'close' } });
    await response.text();
    return response.status;
  }

  async dispose(): Promise<void> {
    this.kill();
    await this.ended;
    await rm(this.#folder, { recursive: true });
  }
}

/** A browser that keeps its arguments in FOLDER/browser, for `BROWSER`. */
export async function recordingBrowser(folder: string): Promise<string> {
  const path = join(folder, 'browser.sh');
  await writeFile(path, '#!/bin/sh\necho "$@" > "$FOLDER/browser"\n', { mode: 0o755 });
  return path;
}
