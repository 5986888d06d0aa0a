import type { Writable } from 'node:stream';
import type { WriteStream } from 'node:tty';

/** Where the command writes: what it found on stdout, everything else on stderr. */
export interface Terminal {
  /** The result. */
  readonly out: Output;
  /** Progress, questions and errors. */
  readonly err: Output;
}

/** A stream and what can be shown on it. */
export interface Output {
  readonly isTerminal: boolean;
  write(text: string): Promise<void>;
  bold(text: string): string;
  dim(text: string): string;
}

/** Wraps a stream. Colours: on a terminal that has them, unless `NO_COLOR` is set (Node looks at it itself). */
export function outputTo(stream: Writable & Partial<Pick<WriteStream, 'isTTY' | 'hasColors'>>): Output {
  const isTerminal = stream.isTTY === true;
  const colors = isTerminal && stream.hasColors?.() === true && !process.env['NO_COLOR'];
  const style = (open: number, close: number) => (text: string) =>
    colors ? `\u001b[${open}m${text}\u001b[${close}m` : text;
  return {
    isTerminal,
    bold: style(1, 22),
    dim: style(2, 22),
    write: (text) =>
      new Promise((resolve) => {
        // Where the reader has gone, there is nobody to tell; cli.ts sees the stream's own error.
        stream.write(text, () => {
          resolve();
        });
      }),
  };
}

// Control characters move the cursor, and marks of direction turn text around: neither is for a provider to do.
// eslint-disable-next-line no-control-regex -- control characters are what this looks for
const unprintable = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/g;

/** Foreign text, made safe to be shown in a terminal. */
export function printable(text: string, limit = Infinity): string {
  const clean = text.replace(unprintable, '\ufffd');
  return clean.length > limit ? `${clean.slice(0, limit)}…` : clean;
}
