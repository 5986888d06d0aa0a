// Control characters move the cursor, and marks of direction reorder text. Foreign text must do neither.
const unprintable =
  // eslint-disable-next-line no-control-regex -- control characters are what this looks for
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/g;

/** Foreign text, made safe for a terminal, and cut off at `limit` characters. */
export function printable(text: string, limit = Infinity): string {
  const clean = text.replace(unprintable, '\ufffd');
  return clean.length > limit ? `${clean.slice(0, limit)}…` : clean;
}

/** Lines of at most `columns` columns, if no word is longer: a word, such as a URI, is never broken. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line === '') line = word;
    else if (width(line) + 1 + width(word) <= columns) line += ` ${word}`;
    else {
      lines.push(line);
      line = word;
    }
  }
  return [...lines, line];
}

const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;

/** The number of columns that a text takes. Chinese, Japanese, Korean characters and emoji take two, combining marks none. */
export function width(text: string): number {
  let columns = 0;
  for (const character of text) columns += /\p{Mn}|\u200d/u.test(character) ? 0 : wide.test(character) ? 2 : 1;
  return columns;
}

/** The beginning of a text that fits in a number of columns. */
export function cut(text: string, columns: number): string {
  let result = '';
  let taken = 0;
  for (const character of text) {
    taken += width(character);
    if (taken > columns) break;
    result += character;
  }
  return result;
}
