import { notOpened } from './opener-error.js';

/** A program and its arguments. */
export type Command = readonly [program: string, ...args: string[]];

// Quoted text, an escaped character, a space, a separator, or other text.
const posixSyntax =
  /"(?<double>(?:\\.|[^"\\])*)"|'(?<single>[^']*)'|\\(?<escaped>.)|(?<space>\s+)|(?<separator>:)|[^\s"'\\:]+|./gs;
const windowsSyntax = /"(?<double>[^"]*)"|(?<space>\s+)|(?<separator>;)|[^\s";]+|./gs;

/** The command lines in `BROWSER`, split without a shell. xdg-open is left out: it is what runs without `BROWSER`. */
export function configuredBrowsers(): Command[] {
  const { BROWSER = '' } = process.env;
  if (BROWSER.trim().toLowerCase() === 'none') throw notOpened('BROWSER is set to `none`.');
  if (BROWSER.includes(' ') && process.getBuiltinModule('node:fs').existsSync(BROWSER)) return [[BROWSER]];
  const lines: string[][] = [[]];
  let word: string | undefined;
  const endWord = (): void => {
    if (word !== undefined) lines.at(-1)?.push(word);
    word = undefined;
  };
  for (const { 0: text, groups = {} } of BROWSER.matchAll(process.platform === 'win32' ? windowsSyntax : posixSyntax)) {
    const { double, single, escaped, space, separator } = groups;
    if (space !== undefined) endWord();
    else if (separator !== undefined) {
      endWord();
      lines.push([]);
    } else {
      const quoted = process.platform === 'win32' ? double : double?.replace(/\\(["\\$`])/g, '$1');
      word = (word ?? '') + (quoted ?? single ?? escaped ?? text);
    }
  }
  endWord();
  return lines.flatMap(([program = '', ...args]) =>
    program === '' || (program === 'xdg-open' && args.length === 0) ? [] : [[program, ...args]],
  );
}

/** Browsers that need a terminal. An opener in the background has none to give them: some fetch the page and exit with 0. */
const textModeBrowsers: readonly string[] = ['w3m', 'lynx', 'links', 'links2', 'elinks'];

const shells = /^(?:(?:ba|da|z|k|a|fi|c|tc)?sh|busybox)$/;
/** They take the rest of their command line as code. */
const windowsShells = /^(?:cmd|powershell|pwsh)$/;
const interpreters = /^(?:python|perl|ruby|node|bun|php|osascript)[\d.]*$/;

/** The arguments of a browser: `%s` is replaced by the URI, which is the last argument if there is no `%s`. */
export function fillArguments([program, ...args]: Command, href: string): string[] {
  const name = nameOf(program);
  if (textModeBrowsers.includes(name)) throw notOpened(`BROWSER names a text-mode browser (${name}).`);
  const template = args.some((arg) => arg.includes('%s')) ? args : [...args, '%s'];
  if (isCode([program, ...template])) {
    throw notOpened(
      'BROWSER puts the URI into code of a shell or an interpreter, which would execute what the URI contains. Name the browser itself in BROWSER.',
    );
  }
  return template.map((arg) => arg.replace(/%[s%]/g, (match) => (match === '%s' ? href : '%')));
}

/** Whether `%s` is part of code that is executed: `sh -c "firefox %s"`. As a parameter (`sh -c 'firefox "$1"' sh %s`) it is not. */
function isCode(words: readonly string[]): boolean {
  return words.some((word, index) => {
    if (!word.includes('%s')) return false;
    // A terminal's `-e "lynx %s"` runs a shell, too.
    if (/\s/.test(word)) return true;
    const before = words.slice(0, index);
    const names = before.map(nameOf);
    if (names.some((name) => windowsShells.test(name))) return true;
    if (!names.some((name) => shells.test(name) || interpreters.test(name))) return false;
    const option = before.findIndex((argument) => /^-\w*[cer]$|^--(?:eval|print|execute)$/.test(argument));
    return option >= 0 && before.slice(option + 1).every((argument) => /^[-+]/.test(argument));
  });
}

function nameOf(program: string): string {
  return (program.split(/[/\\]/).pop() ?? '').replace(/\.exe$/i, '').toLowerCase();
}
