import { styleText } from 'node:util';

const isPlain = !process.stdout.isTTY || Boolean(process.env['NO_COLOR']);

function paint(format: 'bold' | 'dim' | 'cyan', text: string): string {
  return isPlain ? text : styleText(format, text);
}

/** Wraps text between words at 80 columns; a word that is longer, such as an address, stays whole. */
function wrapped(text: string, indent: string): string {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line === '') lines[lines.length - 1] = word;
    else if (indent.length + line.length + 1 + word.length <= 80) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines.join(`\n${indent}`);
}

/** A part of the demo. */
export function title(text: string): void {
  console.log(`\n${paint('bold', wrapped(text, ''))}`);
}

/** A step that has happened. */
export function step(text: string): void {
  console.log(`  ${paint('cyan', '>')} ${wrapped(text, '    ')}`);
}

/** A hint. */
export function note(text: string): void {
  console.log(paint('dim', wrapped(text, '')));
}
