import { assertKnownOptions, type OptionNames } from '../oauth/known-options.js';

/** The texts of the terminal. `{app}` becomes the app's name; without one, ` to {app}` is left out. */
export interface TerminalTexts {
  /** Above the address, if the browser is opened. */
  browser?: string | undefined;
  /** Above the address, if the app opens no browser. */
  address?: string | undefined;
  /** Above the address, if the browser is on another machine. */
  otherMachine?: string | undefined;
  /** The line that is there while the browser is awaited. */
  waiting?: string | undefined;
  /** How to paste the address of a page that the browser cannot show. */
  paste?: string | undefined;
  /** The last line. The text of `page.message()` follows. */
  signedIn?: string | undefined;
}

/** How `login({ terminal })` uses the terminal. */
export interface TerminalSettings {
  /** Writes nothing unless the user must act: open an address, or paste one. @default false */
  quiet?: boolean | undefined;
  /** Texts that replace the built-in ones. @default English texts */
  texts?: Readonly<TerminalTexts> | undefined;
}

/** @internal */
export const defaultTexts: Readonly<Record<keyof TerminalTexts, string>> = {
  browser: 'Sign in to {app} with your browser, or at',
  address: 'To sign in to {app}, open this address:',
  otherMachine: 'To sign in to {app}, open this address in the browser on your computer:',
  waiting: 'Waiting for the browser. Ctrl-C cancels.',
  paste: 'If the browser shows an error, copy its address and paste it here.',
  signedIn: 'Signed in to {app}',
};

const textNames: OptionNames<TerminalTexts> = {
  browser: true,
  address: true,
  otherMachine: true,
  waiting: true,
  paste: true,
  signedIn: true,
};
const settingNames: OptionNames<TerminalSettings> = { quiet: true, texts: true };

/** @internal Checks the option `terminal`. Throws a TypeError. */
export function checkTerminalOption(terminal: unknown): void {
  if (terminal === undefined || typeof terminal === 'boolean') return;
  if (typeof terminal !== 'object' || terminal === null) {
    throw new TypeError('`terminal` must be true, false or an object with `quiet` and `texts`');
  }
  assertKnownOptions('terminal', terminal, settingNames);
  const { quiet, texts } = terminal as TerminalSettings;
  if (quiet !== undefined && typeof quiet !== 'boolean') throw new TypeError('`terminal.quiet` must be true or false');
  if (texts === undefined) return;
  if (typeof texts !== 'object' || (texts as unknown) === null) {
    throw new TypeError('`terminal.texts` must be an object of strings');
  }
  assertKnownOptions('terminal.texts', texts, textNames);
  for (const [name, text] of Object.entries<unknown>(texts)) {
    if (text !== undefined && typeof text !== 'string')
      throw new TypeError(`\`terminal.texts.${name}\` must be a string`);
  }
}
