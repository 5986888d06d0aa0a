import { anyText, flag, optional, parseOptions, type Check, type OptionRows } from '../oauth/option-rows.js';

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

const textRows = {
  browser: optional(anyText),
  address: optional(anyText),
  otherMachine: optional(anyText),
  waiting: optional(anyText),
  paste: optional(anyText),
  signedIn: optional(anyText),
} satisfies OptionRows<TerminalTexts>;

const settingRows = {
  quiet: optional(flag),
  texts: optional((value) => parseOptions('terminal.texts', value, textRows, 'terminal.texts.')),
} satisfies OptionRows<TerminalSettings>;

/** @internal Checks the option `terminal`; undefined if the terminal is not used. */
export const terminalSettings: Check<TerminalSettings | undefined> = (value, name) => {
  if (typeof value === 'boolean') return value ? {} : undefined;
  if (typeof value === 'object' && value !== null) return parseOptions(name, value, settingRows, `${name}.`);
  throw new TypeError(`\`${name}\` must be true, false or an object with \`quiet\` and \`texts\``);
};
