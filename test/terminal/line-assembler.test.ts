import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LineAssembler, type KeyAction } from '#src/terminal/line-assembler.js';

/** What becomes of chunks if nothing follows them. */
function assemble(chunks: readonly string[], hasKeys = true): { texts: string[]; actions: KeyAction[] } {
  const assembler = new LineAssembler(hasKeys);
  const actions = chunks.flatMap((chunk) => assembler.add(chunk));
  if (assembler.isComplete) assembler.take();
  return { texts: assembler.finished, actions };
}

const uri = 'http://127.0.0.1:5543/callback?code=abc&state=xyz';

describe('LineAssembler', () => {
  it.each<[string, string[], string[]]>([
    ['a line', [`${uri}\r`], [uri]],
    ['a line with a line feed', [`${uri}\n`], [uri]],
    ['a line in pieces', [uri.slice(0, 9), uri.slice(9), '\r'], [uri]],
    [
      'lines that follow at once',
      ['http://127.0.0.1:5543/call\r', 'back?code=abc\r'],
      ['http://127.0.0.1:5543/call\nback?code=abc'],
    ],
    ['lines with CR LF, which are one break', ['a\r\nb\r', '\nc\n\nd\r'], ['a\nb\nc\n\nd']],
    ['an address on a new line', [`wrong://x\r${uri}\r`], ['wrong://x', uri]],
    ['a text before an address', [`see:\r${uri}\r`], [`see:\n${uri}`]],
    ['empty lines', ['\r\r \r'], []],
    ['a bracketed paste', [`\u001b[200~a\rb\u001b[201~`, '\r'], ['a\nb']],
    ['a bracketed paste in pieces', ['\u001b', '[20', '0~a', '\r', 'b\u001b[2', '01~\r'], ['a\nb']],
    ['control characters of a bracketed paste', ['\u001b[200~a\u0003\u0004b\u001b[201~\r'], ['ab']],
    ['keys that are no text', ['\u001b[A\u001b[1;5C\u001bOPa\u001b[3~b\u0000\u0007\r'], ['ab']],
    ['Backspace', ['ab\u{1f600}\u007f\bc\r'], ['ac']],
    ['Ctrl-U', ['wrong\u0015right\r'], ['right']],
    ['Ctrl-W', ['one two \u0017three\r'], ['one three']],
    ['Ctrl-W after a tab, and on a line that is empty', ['one\ttwo\u0017\u0017\u0017three\r'], ['three']],
    ['Tab', ['a\tb\r'], ['a\tb']],
    ['Ctrl-D after text', ['text\u0004'], ['text']],
  ])('accepts %s', (_name, chunks, texts) => {
    expect(assemble(chunks)).toEqual({ texts, actions: [] });
  });

  it('is not complete before a line break, or while a bracketed paste goes on', () => {
    const assembler = new LineAssembler(true);
    assembler.add('text');
    expect(assembler.isComplete).toBe(false);
    assembler.add('\r');
    expect(assembler.isComplete).toBe(true);
    assembler.add('\u001b[200~more\r');
    expect(assembler.isComplete).toBe(false);
    assembler.add('\u001b[201~');
    expect(assembler.isComplete).toBe(true);
  });

  it('reports keys in a terminal, and reads nothing as a key in a pipe', () => {
    const keys = ['\u0003', '\u0004', '\u001a', '\u001c'];
    expect(assemble(keys).actions).toEqual(['interrupt', 'end', 'suspend', 'quit']);
    expect(assemble([...keys, 'a\u007fb\n'], false)).toEqual({ texts: ['ab'], actions: [] });
  });

  it('drops what is longer than any response', () => {
    const assembler = new LineAssembler(true);
    for (let count = 0; count < 40; count += 1) assembler.add('x'.repeat(65_536));
    expect(assembler.length).toBe(1_048_576);
  });

  it.each([
    ['a long word and Ctrl-W', `${'a'.repeat(500_000)} b${'\u0017'.repeat(20)}`],
    ['many words and Ctrl-W', 'a '.repeat(200_000) + '\u0017'.repeat(20)],
    ['Backspace', 'a'.repeat(300_000) + '\u007f'.repeat(200)],
    ['unfinished sequences', '\u001b[0;'.repeat(200_000)],
    ['unfinished sequences of two kinds', '\u001b[0 \u001bO'.repeat(100_000)],
    ['ends of lines', '\r'.repeat(300_000)],
    ['addresses', 'http://\r'.repeat(100_000)],
    ['lines that are none', 'http:/\r'.repeat(100_000)],
  ])('R35: takes a time that grows with the length of the input: %s', (_, input) => {
    const began = process.cpuUsage();
    assemble([input]);
    expect(process.cpuUsage(began).user).toBeLessThan(2_000_000);
  });

  it('returns the same texts however the input is split', () => {
    const part = fc.constantFrom(
      '\u001b[200~',
      '\u001b[201~',
      '\u001b[A',
      '\r',
      '\n',
      'a',
      'http://x/',
      ' ',
      '\u007f',
      '\u{1f600}',
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), fc.array(fc.nat({ max: 9 })), (parts, cuts) => {
        const input = parts.join('');
        const pieces: string[] = [];
        let rest = input;
        for (const cut of cuts) {
          pieces.push(rest.slice(0, cut));
          rest = rest.slice(cut);
        }
        const whole = assemble([input]);
        // A piece must not cut a character in two: the decoder of the reader does not.
        fc.pre(pieces.every((piece) => piece.isWellFormed()) && rest.isWellFormed());
        expect(assemble([...pieces, rest])).toEqual(whole);
      }),
    );
  });
});
