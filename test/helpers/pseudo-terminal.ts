import { spawn, type IPty } from '@lydell/node-pty';
import { once, EventEmitter } from 'node:events';
import xterm from '@xterm/headless';

/** How a {@link PseudoTerminal} is started. */
export interface PseudoTerminalOptions {
  readonly columns?: number;
  readonly rows?: number;
  /** The whole environment, in addition to PATH, HOME and TERM. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A program in a real pseudo-terminal, and the screen that the user sees. */
export class PseudoTerminal {
  /** Everything that was written to the terminal, escape sequences included. */
  raw = '';
  readonly ended: Promise<{ exitCode: number; signal?: number }>;
  readonly #pty: IPty;
  readonly #screen: xterm.Terminal;
  readonly #events = new EventEmitter();
  #hasEnded = false;

  constructor(
    file: string,
    args: readonly string[],
    { columns = 80, rows = 60, env = {} }: PseudoTerminalOptions = {},
  ) {
    const { PATH = '', HOME = '' } = process.env;
    this.#screen = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true });
    this.#pty = spawn(file, [...args], {
      cols: columns,
      rows,
      env: { PATH, HOME, TERM: 'xterm-256color', ...env },
    });
    this.#pty.onData((data) => {
      this.raw += data;
      this.#screen.write(data, () => this.#events.emit('change'));
    });
    this.ended = new Promise((resolve) => {
      this.#pty.onExit((status) => {
        // What was written last is still on its way to the screen.
        this.#screen.write('', () => {
          this.#hasEnded = true;
          this.#events.emit('change');
          resolve(status);
        });
      });
    });
  }

  get pid(): number {
    return this.#pty.pid;
  }

  /** The lines of the screen, without the empty ones at its end; lines that the terminal itself has wrapped stay apart. */
  get lines(): string[] {
    const { active } = this.#screen.buffer;
    const lines = Array.from({ length: active.length }, (_, row) => active.getLine(row)?.translateToString(true) ?? '');
    return lines.slice(0, lines.findLastIndex((line) => line !== '') + 1);
  }

  get text(): string {
    return this.lines.join('\n');
  }

  /** The screen with the lines that the terminal has wrapped put together. */
  get unwrapped(): string {
    return this.#logicalLines
      .map(({ text }) => text)
      .join('\n')
      .trim();
  }

  /** The lines that were too long, so that the terminal itself has broken them. */
  get brokenLines(): string[] {
    return this.#logicalLines.filter(({ rows }) => rows > 1).map(({ text }) => text);
  }

  get #logicalLines(): { text: string; rows: number }[] {
    const { active } = this.#screen.buffer;
    const lines: { text: string; rows: number }[] = [];
    for (let row = 0; row < active.length; row += 1) {
      const line = active.getLine(row);
      const last = lines.at(-1);
      const text = line?.translateToString(true) ?? '';
      if (line?.isWrapped === true && last !== undefined)
        lines[lines.length - 1] = { text: last.text + text, rows: last.rows + 1 };
      else lines.push({ text, rows: 1 });
    }
    return lines;
  }

  /** Types or pastes; a terminal sends a carriage return for each line break. */
  type(text: string): void {
    this.#pty.write(text);
  }

  resize(columns: number, rows: number): void {
    this.#screen.resize(columns, rows);
    this.#pty.resize(columns, rows);
  }

  /** Waits until the screen shows a text. Blanks of the pattern match line breaks, too. */
  async shows(pattern: string | RegExp): Promise<RegExpExecArray> {
    const { source, flags } =
      typeof pattern === 'string' ? new RegExp(pattern.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')) : pattern;
    const expression = new RegExp(source.replaceAll(' ', '\\s+'), flags);
    for (;;) {
      const match = expression.exec(this.unwrapped);
      if (match !== null) return match;
      if (this.#hasEnded) throw new Error(`It never showed ${String(pattern)}:\n${this.text}`);
      await once(this.#events, 'change');
    }
  }

  kill(signal = 'SIGKILL'): void {
    if (!this.#hasEnded) this.#pty.kill(signal);
  }
}
