import { isReadByHost, type LineInput } from './line-reader.js';

/** A longer line is no response. */
const maxLength = 512 * 1024;

/** What stdin is, if it is no terminal: an open pipe or socket may bring a callback URI, a file or /dev/null cannot. */
export function isOpenPipe(input: LineInput): boolean {
  if (input.readableEnded || input.destroyed || isReadByHost(input)) return false;
  const { fd } = input as { readonly fd?: unknown };
  if (typeof fd !== 'number') return input !== process.stdin;
  try {
    const status = process.getBuiltinModule('node:fs').fstatSync(fd);
    return status.isFIFO() || status.isSocket();
  } catch {
    return false; // It is closed.
  }
}

/**
 * Reads one line with a callback URI from a pipe. Anything else is the host's: it is put back, and nothing more is read.
 * @returns undefined if there is none, or if `signal` is aborted
 */
export async function readPipedUri(input: LineInput, signal: AbortSignal): Promise<string | undefined> {
  try {
    return await readLine(input, signal);
  } finally {
    // A pipe that is read keeps the process alive. A stream knows in the next tick that no listener is left.
    process.nextTick(() => {
      if (!isReadByHost(input)) input.pause();
    });
  }
}

async function readLine(input: LineInput, signal: AbortSignal): Promise<string | undefined> {
  let bytes = Buffer.alloc(0);
  while (!signal.aborted) {
    const chunk = await nextChunk(input, signal);
    if (chunk !== undefined) bytes = Buffer.concat([bytes, Buffer.from(chunk)]);
    const end = bytes.indexOf('\n');
    const line = (end < 0 ? bytes : bytes.subarray(0, end)).toString();
    if (bytes.length > maxLength || !mayBeResponse(line, end < 0 && chunk !== undefined)) {
      if (chunk !== undefined) input.unshift(bytes);
      return undefined;
    }
    if (end >= 0 && end + 1 < bytes.length) input.unshift(bytes.subarray(end + 1));
    if (end >= 0 || chunk === undefined) return line;
  }
  return undefined;
}

/** @param isPart - more of the line may follow */
function mayBeResponse(line: string, isPart: boolean): boolean {
  return /(?:^|[?&#\s])state=/.test(line) || (isPart && /^\s*(?:https?:\/\/\S*)?$/.test(line));
}

/** Undefined at the end. */
function nextChunk(input: LineInput, signal: AbortSignal): Promise<Buffer | string | undefined> {
  return new Promise((resolve) => {
    const settle = (text: Buffer | string | undefined): void => {
      input.off('readable', read).off('end', end).off('error', end).off('close', end);
      signal.removeEventListener('abort', end);
      resolve(text);
    };
    const end = (): void => {
      settle(undefined);
    };
    const read = (): void => {
      // Streams of bytes deliver these.
      const chunk = input.read() as Buffer | string | null;
      if (chunk !== null) settle(chunk);
    };
    input.on('readable', read).on('end', end).on('error', end).on('close', end);
    signal.addEventListener('abort', end);
  });
}
