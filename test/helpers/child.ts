import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

/** A real process that runs one of test/fixtures. */
export interface Child {
  readonly process: ChildProcessByStdio<Writable, Readable, Readable>;
  /** The next line of its stdout, as JSON. */
  line(): Promise<unknown>;
  /** Resolves when it has ended. */
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null; stdout: string; stderr: string }>;
}

/** Runs a fixture from its source, with further arguments for Node before it. */
export function runFixture(
  path: string,
  { args = [], nodeArgs = [], env = {} }: { args?: string[]; nodeArgs?: string[]; env?: NodeJS.ProcessEnv } = {},
): Child {
  const file = fileURLToPath(new URL(`../fixtures/${path}`, import.meta.url));
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), ...nodeArgs, file, ...args], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const out: string[] = [];
  const err: string[] = [];
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => out.push(chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => err.push(chunk));
  // Made only when a line is asked for: it pauses the output after 1,024 lines that nothing reads.
  let lines: AsyncIterator<string> | undefined;
  return {
    process: child,
    line: async () => {
      lines ??= createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      const next = await lines.next();
      if (next.done === true) throw new Error(`The child has ended: ${err.join('')}`);
      return JSON.parse(next.value) as unknown;
    },
    ended: once(child, 'close').then(([code, signal]: (number | string | null)[]) => ({
      code: code as number | null,
      signal: signal as NodeJS.Signals | null,
      stdout: out.join(''),
      stderr: err.join(''),
    })),
  };
}
