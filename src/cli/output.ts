import { fstatSync, writeFileSync } from 'node:fs';
import type { Writable } from 'node:stream';
import type { WriteStream } from 'node:tty';
import { wrap } from '../terminal/text.js';
import { CommandError } from './exit-status.js';

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
  /** Columns to use: those of the terminal, at most 100; 80 for a file or a pipe. */
  readonly columns: number;
  /** Rejects with an {@link OutputError} if the text cannot be written. */
  write(text: string): Promise<void>;
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
}

/** Nothing more can be written to the standard output: it is closed (`EPIPE`) or full (`ENOSPC`). */
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
  return {
    isTerminal,
    columns: Math.min(100, Math.max(20, (isTerminal && stream.columns) || 80)),
    bold: style(1, 22),
    dim: style(2, 22),
    write: async (text) => {
      try {
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

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'EIO';
}

/** Breaks text between words so that no line is longer than `columns`. A word that is longer, as a URI, stays whole. */
export function wrapLines(text: string, columns: number, indent = 0): string {
  const pad = `\n${' '.repeat(indent)}`;
  return text
    .split('\n')
    .map((line) => wrap(line, columns - indent).join(pad))
    .join('\n');
}

/** A number with its noun: `1 second`, `2 seconds`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
