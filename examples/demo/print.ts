import { styleText } from 'node:util';

const plain = !process.stdout.isTTY || process.env['NO_COLOR'] !== undefined;

function paint(format: 'bold' | 'dim' | 'cyan', text: string): string {
  return plain ? text : styleText(format, text);
}

/** A part of the demo. */
export function title(text: string): void {
  console.log(`\n${paint('bold', text)}`);
}

/** Something that has happened. */
export function step(text: string): void {
  console.log(`  ${paint('cyan', '>')} ${text}`);
}

/** Something to know. */
export function note(text: string): void {
  console.log(paint('dim', text));
}
