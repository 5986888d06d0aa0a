import { fstatSync, readSync, statSync, writeFileSync } from 'node:fs';
import type { Writable } from 'node:stream';
import type { WriteStream } from 'node:tty';
import { wrap as wrapLine } from '../terminal/text.js';
import { CommandError } from './exit-status.js';

export { printable } from '../terminal/text.js';

/** The streams of the command: the result goes to stdout, everything else to stderr. */
export interface Terminal {
  /** The result. */
  readonly out: Output;
  /** Progress, questions and errors. */
  readonly err: Output;
}

/** A stream, and what can be shown on it. */
export interface Output {
  readonly isTerminal: boolean;
  /** Columns to use: those of the terminal, at most 80. */
  readonly columns: number;
  /** Rejects with an {@link OutputError} if the text cannot be written. */
  write(text: string): Promise<void>;
  /** Throws an {@link OutputError} if nothing that is written can arrive. */
  checkOpen(): void;
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
}

/** Nothing more can be written to the standard output: it is closed (`EPIPE`, `EBADF`) or full (`ENOSPC`). */
export class OutputError extends CommandError {
  readonly code: string;

  constructor(code: string) {
    super(`The standard output cannot be written to (${code}).`);
    this.code = code;
  }
}

type OutputStream = Writable & Partial<Pick<WriteStream, 'isTTY' | 'hasColors' | 'columns'>> & { readonly fd?: number };

/**
 * Wraps a stream. Colours are used on a terminal that has them, unless `NO_COLOR` is set. With `mustArrive: false`, text
 * that cannot be written is dropped.
 */
export function outputTo(stream: OutputStream, { mustArrive = true } = {}): Output {
  const isTerminal = stream.isTTY === true;
  const colors = isTerminal && stream.hasColors?.() === true && !process.env['NO_COLOR'];
  const style = (open: number, close: number) => (text: string) =>
    colors ? `\u001b[${open}m${text}\u001b[${close}m` : text;
  const { fd } = stream;
  const checkOpen = (): void => {
    if (mustArrive && fd !== undefined && wasClosed(fd)) throw new OutputError('EBADF');
  };
  return {
    isTerminal,
    columns: Math.min(80, Math.max(20, (isTerminal && stream.columns) || 80)),
    checkOpen,
    bold: style(1, 22),
    dim: style(2, 22),
    write: async (text) => {
      try {
        checkOpen();
        if (fd !== undefined && isFile(fd)) writeFileSync(fd, text);
        else await writeToStream(stream, text);
      } catch (error) {
        if (mustArrive) throw error instanceof OutputError ? error : new OutputError(codeOf(error));
      }
    },
  };
}

function writeToStream(stream: Writable, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(text, (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}

/** Files are written to directly: Node's stream of a file ignores a write that a full disk cut short. */
function isFile(fd: number): boolean {
  try {
    return fstatSync(fd).isFile();
  } catch {
    return false; // The write itself reports the error.
  }
}

/**
 * Whether the descriptor was closed when the process started (`>&-`). Node then opens /dev/null on it for reading and
 * writing; `> /dev/null` opens it for writing only.
 */
function wasClosed(fd: number): boolean {
  if (process.platform === 'win32') return false;
  try {
    if (fstatSync(fd).rdev !== statSync('/dev/null').rdev) return false;
    readSync(fd, Buffer.alloc(1));
    return true;
  } catch {
    return false; // It cannot be read, so it was opened by the shell.
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'EIO';
}

/** Breaks text between words so that no line is longer than `columns`. A word that is longer, as a URI, stays whole. */
export function wrap(text: string, columns: number, indent = 0): string {
  return text
    .split('\n')
    .map((line) => wrapLine(line, columns - indent).join(`\n${' '.repeat(indent)}`))
    .join('\n');
}

/** A number with its noun: `1 second`, `2 seconds`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
