import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { LineAssembler, type KeyAction } from './line-assembler.js';

/** The parts of a `tty.ReadStream` that are used if the input has them. */
export type LineInput = Readable & {
  readonly isTTY?: boolean;
  readonly isRaw?: boolean;
  setRawMode?: (mode: boolean) => unknown;
};

/** Lines that follow each other within this time are parts of one pasted text. */
const joinMilliseconds = 100;

/** Deno leaves raw mode on if one of the others ends the process. */
const endingSignals = 'Deno' in globalThis ? (['SIGHUP', 'SIGTERM', 'SIGINT'] as const) : (['SIGHUP'] as const);

const keySignals = { interrupt: 'SIGINT', quit: 'SIGQUIT', suspend: 'SIGTSTP' } as const;

/**
 * Reads texts that the user types or pastes. A terminal is in raw mode meanwhile: it shows nothing of what is pasted, which may
 * be a token, and its own limit of 4,096 characters a line does not apply. Ctrl-C, Ctrl-Z and Ctrl-\ do what they always do.
 */
export class LineReader {
  readonly #input: LineInput;
  readonly #changed: (length: number | undefined) => void;
  readonly #suspended: () => void;
  readonly #assembler: LineAssembler;
  readonly #decoder = new StringDecoder('utf8');
  readonly #isTerminal: boolean;
  #wasRaw = false;
  #wasFlowing = false;
  /** The listeners of a host that has paused the input: they get nothing of what is pasted. */
  #hostListeners: (readonly [event: string, listener: (...args: unknown[]) => void])[] = [];
  #state: 'new' | 'reading' | 'ended' = 'new';
  /** The terminal belongs to the shell, or the process is about to end. */
  #isAway = false;
  #timer: NodeJS.Timeout | undefined;
  #wake: (() => void) | undefined;

  /**
   * @param changed - called with the length of the unfinished text, and with undefined before the terminal is left
   * @param suspended - called when the shell had the terminal meanwhile
   */
  constructor(
    input: LineInput,
    changed: (length: number | undefined) => void,
    suspended: () => void = () => undefined,
  ) {
    this.#input = input;
    this.#changed = changed;
    this.#suspended = suspended;
    this.#isTerminal = input.isTTY === true && input.setRawMode !== undefined;
    this.#assembler = new LineAssembler(this.#isTerminal);
  }

  /** Resolves with the next text, or with undefined if the input has ended, Ctrl-D was pressed, or `signal` is aborted. */
  async read(signal: AbortSignal): Promise<string | undefined> {
    this.start();
    while (this.#assembler.finished.length === 0 && this.#state === 'reading' && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          signal.removeEventListener('abort', wake);
          this.#wake = undefined;
          resolve();
        };
        this.#wake = wake;
        signal.addEventListener('abort', wake);
      });
    }
    return signal.aborted ? undefined : this.#assembler.finished.shift();
  }

  get isReading(): boolean {
    return this.#state === 'reading';
  }

  /** Ends the reading, and leaves the input as it was. */
  close(): void {
    if (this.#state === 'reading') {
      this.#leave();
      this.#input.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onEnd).off('error', this.#onEnd);
      this.#input.off('newListener', this.#onNewListener);
      for (const [event, listener] of this.#hostListeners) this.#input.on(event, listener);
      process.off('exit', this.#onExit).off('SIGCONT', this.#onContinue);
      for (const signal of endingSignals) process.off(signal, this.#onEndingSignal);
      clearTimeout(this.#timer);
      this.#changed(undefined);
    }
    this.#state = 'ended';
    this.#wake?.();
  }

  /** Takes the terminal: nothing that is typed is shown from now on. */
  start(): void {
    if (this.#state !== 'new') return;
    if (this.#input.readableEnded || this.#input.destroyed || isReadByHost(this.#input)) {
      this.close();
      return;
    }
    this.#state = 'reading';
    this.#wasRaw = this.#input.isRaw === true;
    this.#wasFlowing = this.#input.readableFlowing === true;
    for (const event of hostEvents) {
      for (const listener of this.#input.rawListeners(event)) {
        // Node's types say Function.
        this.#hostListeners.push([event, listener as (...args: unknown[]) => void]);
      }
      this.#input.removeAllListeners(event);
    }
    this.#input
      .on('data', this.#onData)
      .on('newListener', this.#onNewListener)
      .on('end', this.#onEnd)
      .on('close', this.#onEnd)
      .on('error', this.#onEnd);
    if (this.#isTerminal) {
      // Node resets the terminal at most endings by itself, but not if SIGHUP ends the process.
      process.on('exit', this.#onExit).on('SIGCONT', this.#onContinue);
      for (const signal of endingSignals) process.on(signal, this.#onEndingSignal);
    }
    this.#enter();
  }

  #enter(): void {
    if (this.#isTerminal) this.#input.setRawMode?.(true);
    this.#input.resume();
  }

  #leave(): void {
    if (!this.#wasFlowing) this.#input.pause();
    if (this.#isTerminal) this.#input.setRawMode?.(this.#wasRaw);
  }

  readonly #onData = (chunk: Buffer | string): void => {
    clearTimeout(this.#timer);
    const text = typeof chunk === 'string' ? chunk : this.#decoder.write(chunk);
    for (const action of this.#assembler.add(text)) this.#act(action);
    if (this.#state !== 'reading' || this.#isAway) return;
    this.#changed(this.#assembler.length);
    // The sign-in keeps the process alive, not this.
    if (this.#assembler.isComplete) this.#timer = setTimeout(this.#finish, joinMilliseconds).unref();
    if (this.#assembler.finished.length > 0) this.#wake?.();
  };

  readonly #finish = (): void => {
    this.#assembler.take();
    this.#changed(0);
    this.#wake?.();
  };

  readonly #onEnd = (): void => {
    this.#assembler.take();
    this.close();
  };

  readonly #onExit = (): void => {
    this.#leave();
  };

  readonly #onEndingSignal = (signal: NodeJS.Signals): void => {
    this.close();
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
  };

  /** The host begins to read: from now on the input is its own. */
  readonly #onNewListener = (event: string | symbol): void => {
    if (event === 'readable' || hostEvents.some((name) => name === event)) this.close();
  };

  /** After Ctrl-Z and `fg`; after `bg` the terminal belongs to the shell, and to touch it would stop the process. */
  readonly #onContinue = (): void => {
    this.#suspended();
    if (!isForeground()) return;
    // The shell has changed the mode behind libuv's back.
    this.#leave();
    this.#return();
  };

  #return(): void {
    this.#isAway = false;
    this.#enter();
    this.#changed(this.#assembler.length);
  }

  #act(action: KeyAction): void {
    if (action === 'end') {
      this.close();
      return;
    }
    const signal = keySignals[action];
    if (process.platform === 'win32' && action !== 'interrupt') return;
    this.#isAway = true;
    this.#changed(undefined);
    this.#leave();
    // After the pause has taken effect. A program without a listener ends here.
    setImmediate(() => {
      sendToForeground(signal);
      const isOurs = endingSignals.some((name) => name === signal);
      if (action !== 'suspend' && process.listenerCount(signal) > (isOurs ? 1 : 0) && this.#state === 'reading')
        this.#return();
    });
  }
}

/** The events by which a host gets what is typed, apart from `readable`. */
const hostEvents = ['data', 'keypress'] as const;

/** Whether the host program reads the input itself, and has not paused it: then nothing may be taken from it. */
export function isReadByHost(input: LineInput): boolean {
  if (input.listenerCount('readable') > 0) return true;
  return input.readableFlowing !== false && hostEvents.some((event) => input.listenerCount(event) > 0);
}

const inputsInUse = new WeakSet<LineInput>();

/**
 * Reserves an input for one sign-in: two that read from it would both get what is pasted for one of them.
 * @returns a function that releases it; undefined if another sign-in or the host program reads it
 */
export function reserveInput(input: LineInput): (() => void) | undefined {
  if (inputsInUse.has(input) || isReadByHost(input)) return undefined;
  inputsInUse.add(input);
  return () => inputsInUse.delete(input);
}

/** Sends a signal as the terminal does: to each process of the group, such as the shell script that runs this program. */
function sendToForeground(signal: NodeJS.Signals): void {
  if (process.platform !== 'win32') process.kill(0, signal);
  // There, kill() does not call listeners.
  else if (!process.emit(signal, signal)) process.exit(130);
}

/**
 * Whether this process may use the terminal: in a shell's background, reading from it stops the process. A process without a
 * controlling terminal (`setsid`) may read from any.
 */
export function isForeground(): boolean {
  if (process.platform !== 'linux') return true; // Elsewhere there is no file that tells it.
  try {
    // proc(5): the second field may have spaces and ends with the last parenthesis; pgrp is the fifth, tpgid the eighth.
    const status = process
      .getBuiltinModule('node:fs')
      .readFileSync('/proc/self/stat', 'utf8')
      .replace(/.*\) /s, '')
      .split(' ');
    return status[2] === status[5] || status[5] === '-1';
  } catch {
    return true; // No /proc.
  }
}
