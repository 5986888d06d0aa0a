/** What a key means in addition to text. */
export type KeyAction = 'interrupt' | 'quit' | 'suspend' | 'end';

const keyActions: Readonly<Record<string, KeyAction>> = {
  '\u0003': 'interrupt',
  '\u0004': 'end',
  '\u001a': 'suspend',
  '\u001c': 'quit',
};

/** Text beyond this length is dropped: the longest response that the server accepts is a quarter of it. */
const maxLength = 1_048_576;

// An escape sequence (an arrow key, or the marks around a bracketed paste), a control character, or text.
// eslint-disable-next-line no-control-regex -- a terminal sends them
const tokens = /\u001b\[[0-?]*[ -/]*[@-~]|\u001bO.|[\u0000-\u001f\u007f]|[^\u0000-\u001f\u007f]+/gu;
// eslint-disable-next-line no-control-regex -- as above
const partOfSequence = /\u001b(?:\[[0-?]*[ -/]*|O)?$/u;

/**
 * Makes texts of what a terminal or pipe delivers, without any I/O. A line break only ends a text if nothing follows at once,
 * which the caller decides with {@link take}: a long address that was pasted in several lines becomes one text, with a line break
 * between its parts. An address that begins with http on a new line begins a new text.
 */
export class LineAssembler {
  /** Finished texts, oldest first. */
  readonly finished: string[] = [];
  #text = '';
  #sequence = '';
  #previous = '';
  #isPaste = false;
  #hasEnded = false;
  readonly #hasKeys: boolean;

  /** @param hasKeys - the input is a terminal in raw mode: control characters are keys */
  constructor(hasKeys: boolean) {
    this.#hasKeys = hasKeys;
  }

  /** The number of characters of the text that is being typed or pasted. */
  get length(): number {
    return this.#text.length;
  }

  /** Whether the last thing that arrived was a line break: {@link take} finishes the text if nothing follows. */
  get isComplete(): boolean {
    return this.#hasEnded && !this.#isPaste;
  }

  /** Adds what has arrived. Returns the keys that have a meaning, in order. */
  add(chunk: string): KeyAction[] {
    const input = this.#sequence + chunk;
    // A sequence may be split between two chunks.
    this.#sequence = partOfSequence.exec(input)?.[0] ?? '';
    const actions: KeyAction[] = [];
    for (const [token] of input.slice(0, input.length - this.#sequence.length).matchAll(tokens)) {
      const action = this.#addToken(token);
      this.#previous = token;
      if (action !== undefined) actions.push(action);
    }
    return actions;
  }

  /** Finishes the text; one without content is dropped. */
  take(): void {
    let text = '';
    for (const line of this.#text.split('\n')) {
      if (/^\s*https?:\/\//i.test(line) && text.includes('://')) {
        this.finished.push(text.trim());
        text = '';
      }
      text += `${line}\n`;
    }
    if (text.trim() !== '') this.finished.push(text.trim());
    this.#text = '';
    this.#hasEnded = false;
  }

  #addToken(token: string): KeyAction | undefined {
    if (token === '\u001b[200~' || token === '\u001b[201~') {
      this.#isPaste = token === '\u001b[200~';
    } else if (token === '\r' || token === '\n') {
      // CR LF is one line break.
      if (token === '\r' || this.#previous !== '\r') this.#text += '\n';
      this.#hasEnded = true;
    } else if (token === '\t' || (token >= ' ' && token !== '\u007f')) {
      if (this.#text.length < maxLength) this.#text += token;
      this.#hasEnded = false;
    } else if (this.#hasKeys && !this.#isPaste) {
      return this.#press(token);
    }
    return undefined;
  }

  #press(key: string): KeyAction | undefined {
    if (key === '\u007f' || key === '\b') this.#text = withoutLastCharacter(this.#text);
    else if (key === '\u0015') this.#text = '';
    else if (key === '\u0017') this.#text = withoutLastWord(this.#text);
    // As in a terminal's own line: Ctrl-D after text sends the text.
    else if (key === '\u0004' && this.#text.trim() !== '') this.#hasEnded = true;
    else return keyActions[key];
    return undefined;
  }
}

function withoutLastCharacter(text: string): string {
  const [last = ''] = /.$/su.exec(text.slice(-2)) ?? [];
  return text.slice(0, text.length - last.length);
}

function withoutLastWord(text: string): string {
  const word = text.trimEnd();
  return word.slice(0, Math.max(...[' ', '\t', '\n'].map((space) => word.lastIndexOf(space))) + 1);
}
