import { describe, expect, it } from '@jest/globals';
import { PassThrough } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { Screen } from '#src/terminal/screen.js';
import { wrap } from '#src/terminal/text.js';

const uri = new URL('http://127.0.0.1:5543/AbCdEfGhIjKlMnOp');

function screen(env: NodeJS.ProcessEnv, isTTY = true, columns = 80): { screen: Screen; written: () => string } {
  const output = Object.assign(new PassThrough(), { isTTY, columns });
  return { screen: new Screen(output, env), written: () => String(output.read() ?? '') };
}

describe('Screen', () => {
  it.each<[string, NodeJS.ProcessEnv, boolean, boolean]>([
    ['colours a terminal', { TERM: 'xterm' }, true, true],
    ['colours no file or pipe', { TERM: 'xterm' }, false, false],
    ['respects NO_COLOR', { NO_COLOR: '1' }, true, false],
    ['ignores an empty NO_COLOR', { NO_COLOR: '' }, true, true],
    ['respects TERM=dumb', { TERM: 'dumb' }, true, false],
    ['respects FORCE_COLOR for a pipe', { FORCE_COLOR: '1' }, false, true],
    ['respects an empty FORCE_COLOR', { FORCE_COLOR: '' }, false, true],
    ['respects FORCE_COLOR=0', { FORCE_COLOR: '0' }, true, false],
    ['prefers FORCE_COLOR to NO_COLOR', { FORCE_COLOR: '1', NO_COLOR: '1' }, true, true],
  ])('%s', (_name, env, isTTY, hasColor) => {
    const { screen: target, written } = screen(env, isTTY);
    target.write('text', 'bold');
    expect(written()).toBe(hasColor ? '\u001b[1mtext\u001b[22m\n' : 'text\n');
  });

  it.each<[string, NodeJS.ProcessEnv, boolean, boolean]>([
    ['iTerm2', { TERM_PROGRAM: 'iTerm.app' }, true, true],
    ['VS Code', { TERM_PROGRAM: 'vscode' }, true, true],
    ['Windows Terminal', { WT_SESSION: '1' }, true, true],
    ['GNOME Terminal', { VTE_VERSION: '7603' }, true, true],
    ['a GNOME Terminal that crashes on links', { VTE_VERSION: '5000' }, true, false],
    ['kitty', { TERM: 'xterm-kitty' }, true, true],
    ['Konsole', { KONSOLE_VERSION: '230804' }, true, true],
    ['tmux 3.4', { TERM_PROGRAM: 'tmux', TERM_PROGRAM_VERSION: '3.4' }, true, true],
    ['tmux 3.3a', { TERM_PROGRAM: 'tmux', TERM_PROGRAM_VERSION: '3.3a' }, true, false],
    ['an unknown terminal', { TERM: 'xterm-256color' }, true, false],
    ['an unknown terminal with FORCE_HYPERLINK', { FORCE_HYPERLINK: '1' }, true, true],
    ['a known terminal with FORCE_HYPERLINK=0', { FORCE_HYPERLINK: '0', WT_SESSION: '1' }, true, false],
    ['a pipe', { WT_SESSION: '1' }, false, false],
    ['TERM=dumb', { WT_SESSION: '1', TERM: 'dumb' }, true, false],
  ])('links a URI only if the terminal knows links: %s', (_name, env, isTTY, isLinked) => {
    const { screen: target, written } = screen(env, isTTY);
    target.writeUri(uri);
    expect(written()).toBe(isLinked ? `\u001b]8;;${uri.href}\u001b\\${uri.href}\u001b]8;;\u001b\\\n` : `${uri.href}\n`);
  });

  it('replaces control characters and marks of direction', () => {
    const { screen: target, written } = screen({ NO_COLOR: '1' });
    target.write('a\u001b]0;title\u0007b\u202ec\u009bd\re');
    expect(written()).toBe('a\ufffd]0;title\ufffdb\ufffdc\ufffdd\ufffde\n');
    const file = screen({}, false);
    file.screen.write('a\u001b[2Jb');
    expect(file.written()).toBe('a\ufffd[2Jb\n');
  });

  it('keeps one changing line below everything else', () => {
    const { screen: target, written } = screen({ NO_COLOR: '1' });
    target.status = 'Address: ';
    target.status = 'Address: 5 characters';
    target.write('news');
    target.close();
    expect(written()).toBe(
      '\r\u001b[KAddress: \r\u001b[KAddress: 5 characters\r\u001b[Knews\n\r\u001b[KAddress: 5 characters\r\u001b[K',
    );
  });

  it('cuts the changing line off before it needs a second one, which could not be erased', () => {
    const narrow = screen({ NO_COLOR: '1' }, true, 10);
    narrow.screen.status = 'Address: 5 characters';
    expect(narrow.written()).toBe('\r\u001b[KAddress: ');
  });

  it('survives an output that fails, and leaves no listener on it', async () => {
    const output = new PassThrough();
    const target = new Screen(output, {});
    expect(() => output.emit('error', new Error('EIO'))).not.toThrow();
    target.close();
    await setImmediate();
    expect(output.listenerCount('error')).toBe(0);
  });

  it('erases nothing on a terminal that cannot, and shows no changing line in a file', () => {
    const dumb = screen({ TERM: 'dumb' });
    dumb.screen.status = 'Address: ';
    dumb.screen.status = 'Address: 5 characters';
    dumb.screen.write('news');
    expect(dumb.written()).toBe('Address: \nnews\nAddress: 5 characters');
    const file = screen({}, false);
    file.screen.status = 'Address: ';
    file.screen.write('news');
    expect(file.written()).toBe('news\n');
  });

  it('wraps to the columns of a terminal, to 80 if it does not know them, and never in a file', () => {
    const text = 'word '.repeat(40).trim();
    const lengths = (isTTY: boolean, columns: number): number[] => {
      const { screen: target, written } = screen({ NO_COLOR: '1' }, isTTY, columns);
      target.write(text);
      return written()
        .trimEnd()
        .split('\n')
        .map(({ length }) => length);
    };
    expect(Math.max(...lengths(true, 40))).toBe(39);
    expect(Math.max(...lengths(true, 0))).toBe(79);
    expect(lengths(false, 40)).toEqual([text.length]);
  });
});

describe('wrap', () => {
  it.each<[string, number, string[]]>([
    ['one two three', 7, ['one two', 'three']],
    ['one two three', 8, ['one two', 'three']],
    ['a http://127.0.0.1:5543/callback b', 10, ['a', 'http://127.0.0.1:5543/callback', 'b']],
    ['漢字 漢字 漢字', 9, ['漢字 漢字', '漢字']],
    ['', 10, ['']],
  ])('breaks %j at %d columns between words', (text, columns, lines) => {
    expect(wrap(text, columns)).toEqual(lines);
  });
});
