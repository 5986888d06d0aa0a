import { cleanPastedUri } from '../oauth/pasted-text.js';
import { LineReader, reserveInput, type LineInput } from './line-reader.js';
import { Screen, type ScreenOutput } from './screen.js';

/** Asks for the callback URI below everything else on the screen. Shows how much was pasted, never the text itself. */
export class PastePrompt {
  readonly #screen: Screen;
  readonly #reader: LineReader;
  #isShown = false;
  #isClosed = false;
  #idle = 'Address: ';
  /** Undefined while the terminal belongs to the shell. */
  #length: number | undefined = 0;

  constructor(input: LineInput, screen: Screen) {
    this.#screen = screen;
    this.#reader = new LineReader(
      input,
      (length) => {
        this.#length = length;
        this.#update();
      },
      () => {
        screen.keep();
      },
    );
  }

  /** What the line at the end shows while nothing is typed; without it, it shows the question. */
  set idle(text: string) {
    this.#idle = text;
    this.#isShown = true;
    this.#update();
  }

  /** Whether nothing can be pasted any more. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Whether it has the terminal. */
  get isReading(): boolean {
    return this.#reader.isReading;
  }

  /** Takes the terminal: what is pasted from now on is accepted. */
  start(): void {
    this.#reader.start();
  }

  /** Shows the question. */
  show(): void {
    this.start();
    this.#isShown = true;
    this.#update();
  }

  /** Resolves with the pasted URI; with undefined if `signal` is aborted or there will be no more input. */
  async read(signal: AbortSignal, redirectUri: string | undefined): Promise<string | undefined> {
    const text = await this.#reader.read(signal);
    if (text === undefined && !signal.aborted) this.#isClosed = true;
    return text === undefined ? undefined : cleanPastedUri(text, redirectUri);
  }

  /** Removes the question and leaves the terminal as it was. */
  close(): void {
    this.#isClosed = true;
    this.#isShown = false;
    this.#reader.close();
    this.#update();
  }

  #update(): void {
    if (this.#length === undefined) this.#screen.status = '';
    else if (this.#length > 0) this.#screen.status = `Address: ${this.#length} characters, press Enter`;
    else this.#screen.status = this.#isShown ? this.#idle : '';
  }
}

/** Shows where to sign in and asks once, for `promptForCallbackUri()`. */
export async function askOnce(
  context: { readonly uri: URL; readonly signal: AbortSignal; readonly error: Error | undefined },
  input: LineInput,
  output: ScreenOutput,
): Promise<string | undefined> {
  const release = context.signal.aborted ? undefined : reserveInput(input);
  if (release === undefined) return undefined;
  const screen = new Screen(output, process.env);
  const prompt = new PastePrompt(input, screen);
  if (context.error === undefined) {
    screen.write('Open this address in a browser, on any machine:');
    screen.writeUri(context.uri);
    screen.write('If the browser then shows an error, copy its whole address and paste it here.');
  } else screen.write(context.error.message);
  prompt.show();
  try {
    const redirectUri = context.uri.searchParams.get('redirect_uri') ?? '';
    return await prompt.read(context.signal, URL.canParse(redirectUri) ? redirectUri : undefined);
  } finally {
    prompt.close();
    release();
    screen.close();
  }
}
