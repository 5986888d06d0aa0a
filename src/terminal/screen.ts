import type { Writable } from 'node:stream';
import { cut, printable, width, wrap } from './text.js';

/** The parts of a `tty.WriteStream` that are used if the output has them. */
export type ScreenOutput = Writable & {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  /** Tells whether the host program writes to the same terminal. Bun counts nothing. */
  readonly bytesWritten?: number;
};

const spinnerMilliseconds = 100;

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
  readonly #frames: string;
  #status = '';
  #isOnLine = false;
  #frame = 0;
  #spinner: NodeJS.Timeout | undefined;
  #spinningText: string | undefined;
  /** How many rows of the terminal were written, of which number of columns. */
  #rows = 0;
  readonly #columns: number;
  /** What `bytesWritten` was after this class wrote; undefined if another writer was there. */
  #written: string | undefined;

  constructor(output: ScreenOutput, env: NodeJS.ProcessEnv) {
    this.#output = output;
    this.#columns = output.columns || 80;
    this.#frames = /utf-?8/i.test(`${env['LC_ALL'] ?? ''}${env['LC_CTYPE'] ?? ''}${env['LANG'] ?? ''}`)
      ? '⠋⠙⠸⠴⠦⠇'
      : '|/-\\';
    this.isTerminal = output.isTTY === true;
    this.#written = this.#count();
    this.#canErase = this.isTerminal && env['TERM'] !== 'dumb';
    this.#hasColors = wantsColors(env, this.#canErase);
    this.#hasLinks = this.#canErase && supportsLinks(env);
    // A terminal that was closed must not end the process with an error event; the sign-in goes on.
    output.on('error', ignore);
  }

  /** Writes a paragraph. Text from outside may be part of it: control characters are replaced. */
  write(text: string, style: 'plain' | 'bold' | 'dim' = 'plain'): void {
    const lines = this.isTerminal ? wrap(printable(text), this.#output.columns || 80) : [printable(text)];
    this.#countRows(lines);
    const codes = { plain: undefined, bold: [1, 22], dim: [2, 22] }[style];
    const styled =
      codes === undefined || !this.#hasColors
        ? lines
        : lines.map((line) => `\u001b[${codes[0]}m${line}\u001b[${codes[1]}m`);
    this.#print(`${styled.join('\n')}\n`);
  }

  /** Writes a URI on a line of its own, without indent, never broken by us, as a link if the terminal knows links (OSC 8). */
  writeUri({ href }: URL): void {
    this.#countRows([href]);
    this.#print(this.#hasLinks ? `\u001b]8;;${href}\u001b\\${href}\u001b]8;;\u001b\\\n` : `${href}\n`);
  }

  /** Writes a line as it is, for a reader that is not a user. */
  writeLine(text: string): void {
    this.#countRows([text]);
    this.#print(`${text}\n`);
  }

  /** Shows one line at the end, below everything that is written; an empty text removes it. */
  set status(text: string) {
    if (!this.isTerminal || text === this.#status) return;
    this.#status = text;
    this.#draw();
  }

  /**
   * Puts a spinner before the line at the end while it is `text`; undefined: no spinner any more. There is none if the host program
   * writes, too: its own may be there.
   */
  spin(text: string | undefined): void {
    clearInterval(this.#spinner);
    this.#spinner = undefined;
    this.#spinningText = text;
    if (text === undefined || !this.#canErase || this.#written === undefined) return;
    this.#spinner = setInterval(() => {
      if (!this.#isAlone()) this.spin(undefined);
      else if (this.#status === text) {
        this.#frame += 1;
        this.#draw();
      }
    }, spinnerMilliseconds).unref();
  }

  /** Removes everything that was written, if nothing else was written meanwhile and all of it is still on the screen. */
  erase(): void {
    this.status = '';
    const isWhole = this.#output.columns === this.#columns && this.#rows < (this.#output.rows ?? 0);
    if (!this.#canErase || !isWhole || !this.#isAlone()) return;
    if (this.#rows > 0) this.#put(`\u001b[${this.#rows}A\r\u001b[J`);
    this.#rows = 0;
  }

  /** Another program has written to the terminal: nothing that is there may be removed. */
  keep(): void {
    this.#written = undefined;
    this.spin(undefined);
  }

  /** Whether {@link erase} has removed everything. */
  get isErased(): boolean {
    return this.#rows === 0;
  }

  /** Ends the writing. */
  close(): void {
    this.spin(undefined);
    this.status = '';
    // Errors of writes that are still under way are reported later.
    setImmediate(() => this.#output.off('error', ignore)).unref();
  }

  #draw(): void {
    const isMoving = this.#spinner !== undefined && this.#status === this.#spinningText && this.#isAlone();
    const spinner = isMoving ? `${this.#frames.charAt(this.#frame % this.#frames.length)} ` : '';
    const columns = (this.#output.columns || 80) - 1;
    const text = spinner + this.#status;
    // Without room for both sentences, the first one.
    const shown = width(text) <= columns ? text : cut(/^.*?\.(?= )/.exec(text)?.[0] ?? text, columns);
    if (this.#canErase) this.#put(`\r\u001b[K${shown}`);
    // Without erasing, a line that has changed is not worth another one.
    else if (shown === '') this.#put(this.#isOnLine ? '\n' : '');
    else if (!this.#isOnLine) this.#put(shown);
    this.#isOnLine = shown !== '';
  }

  #print(text: string): void {
    const status = this.#status;
    this.status = '';
    this.#put(text);
    this.status = status;
  }

  #put(text: string): void {
    this.#isAlone();
    this.#output.write(text);
    if (this.#written !== undefined) this.#written = this.#count();
  }

  #isAlone(): boolean {
    if (this.#written !== this.#count()) this.#written = undefined;
    return this.#written !== undefined;
  }

  /** What was written to the terminal so far, by any program; undefined if it is not known. */
  #count(): string | undefined {
    const { stdout } = process;
    if (!this.isTerminal || this.#output.bytesWritten === undefined || 'Bun' in globalThis) return undefined;
    return `${this.#output.bytesWritten} ${stdout.isTTY ? stdout.bytesWritten : 0}`;
  }

  #countRows(lines: readonly string[]): void {
    for (const line of lines) this.#rows += Math.max(1, Math.ceil(width(line) / this.#columns));
  }
}

function ignore(): void {
  // See the constructor.
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
