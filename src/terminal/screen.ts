import type { Writable } from 'node:stream';

/** The parts of a `tty.WriteStream` that are used if the output has them. */
export type ScreenOutput = Writable & { readonly isTTY?: boolean; readonly columns?: number };

/**
 * Writes text to a terminal: wrapped between words at the width of the terminal, with colours and links if it has them, and
 * with at most one changing line at the end. To a file or pipe it writes plain, unwrapped lines.
 */
export class Screen {
  readonly isTerminal: boolean;
  readonly #output: ScreenOutput;
  readonly #hasColors: boolean;
  readonly #hasLinks: boolean;
  /** A terminal that can erase a line. */
  readonly #canErase: boolean;
  #status = '';

  constructor(output: ScreenOutput, env: NodeJS.ProcessEnv) {
    this.#output = output;
    this.isTerminal = output.isTTY === true;
    this.#canErase = this.isTerminal && env['TERM'] !== 'dumb';
    this.#hasColors = wantsColors(env, this.#canErase);
    this.#hasLinks = this.#canErase && supportsLinks(env);
    // A terminal that was closed must not end the process with an error event; the sign-in goes on.
    output.on('error', ignore);
  }

  /** Writes a paragraph. Text from outside may be part of it: control characters are replaced. */
  write(text: string, style: 'plain' | 'bold' | 'dim' = 'plain'): void {
    const lines = this.isTerminal ? wrap(printable(text), this.#output.columns || 80) : [printable(text)];
    const codes = { plain: undefined, bold: [1, 22], dim: [2, 22] }[style];
    const styled =
      codes === undefined || !this.#hasColors
        ? lines
        : lines.map((line) => `\u001b[${codes[0]}m${line}\u001b[${codes[1]}m`);
    this.#print(`${styled.join('\n')}\n`);
  }

  /** Writes a URI on a line of its own, without indent, never broken by us, as a link if the terminal knows links (OSC 8). */
  writeUri({ href }: URL): void {
    this.#print(this.#hasLinks ? `\u001b]8;;${href}\u001b\\${href}\u001b]8;;\u001b\\\n` : `${href}\n`);
  }

  /** Writes a line as it is, for a reader that is not a user. */
  writeLine(text: string): void {
    this.#print(`${text}\n`);
  }

  /** Shows one line at the end, below everything that is written; an empty text removes it. */
  set status(text: string) {
    if (!this.isTerminal || text === this.#status) return;
    const shown = text.slice(0, (this.#output.columns || 80) - 1);
    if (this.#canErase) this.#output.write(`\r\u001b[K${shown}`);
    // Without erasing, a line that has changed is not worth another one.
    else if (text === '') this.#output.write('\n');
    else if (this.#status === '') this.#output.write(shown);
    this.#status = text;
  }

  /** Ends the writing. */
  close(): void {
    this.status = '';
    // Errors of writes that are still under way are reported later.
    setImmediate(() => this.#output.off('error', ignore)).unref();
  }

  #print(text: string): void {
    const status = this.#status;
    this.status = '';
    this.#output.write(text);
    this.status = status;
  }
}

function ignore(): void {
  // See the constructor.
}

/** Text of which every line has at most `columns` columns, if no word is longer. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line === '') line = word;
    else if (width(line) + 1 + width(word) <= columns) line += ` ${word}`;
    else {
      lines.push(line);
      line = word;
    }
  }
  return [...lines, line];
}

/** The number of columns that a text takes. Chinese, Japanese, Korean characters and emoji take two. */
function width(text: string): number {
  let columns = 0;
  for (const character of text)
    columns +=
      /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u.test(
        character,
      )
        ? 2
        : 1;
  return columns;
}

// Control characters move the cursor, and marks of direction turn text around. A text of a provider may do neither.
const unprintable =
  // eslint-disable-next-line no-control-regex -- control characters are what this looks for
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/g;

function printable(text: string): string {
  return text.replace(unprintable, '\ufffd');
}

/** `FORCE_COLOR` decides before `NO_COLOR`, as in Node. */
function wantsColors({ FORCE_COLOR, NO_COLOR = '' }: NodeJS.ProcessEnv, isCapable: boolean): boolean {
  if (FORCE_COLOR !== undefined) return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false';
  return isCapable && NO_COLOR === '';
}

const linkingPrograms = ['iTerm.app', 'WezTerm', 'vscode', 'ghostty', 'Hyper', 'rio', 'zed'];

/** Terminals that are known to show OSC 8 as a link. An unknown one might print it. */
function supportsLinks(env: NodeJS.ProcessEnv): boolean {
  const { FORCE_HYPERLINK, TERM = '', TERM_PROGRAM = '', TERM_PROGRAM_VERSION = '', VTE_VERSION = '' } = env;
  if (FORCE_HYPERLINK !== undefined) return FORCE_HYPERLINK !== '0' && FORCE_HYPERLINK !== 'false';
  if (TERM_PROGRAM === 'tmux') return Number.parseFloat(TERM_PROGRAM_VERSION) >= 3.4;
  return (
    linkingPrograms.includes(TERM_PROGRAM) ||
    /kitty|alacritty|ghostty|^foot|contour/.test(TERM) ||
    env['WT_SESSION'] !== undefined ||
    env['KONSOLE_VERSION'] !== undefined ||
    Number(VTE_VERSION) > 5000 // 0.50.0 crashes on a link.
  );
}
