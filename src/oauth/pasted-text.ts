import { resultParameters } from './parameters.js';

/** What may stand before a URI in the text around it, and what then closes it. */
const openings = `'\`([${String.fromCodePoint(0x2018)}`;
const closings = `'\`)]${String.fromCodePoint(0x2019)}`;

/**
 * @internal Finds the callback URI in what a user pasted: with or without scheme, https for http, `&amp;` for `&`, wrapped
 * over several lines, only the query or the fragment, or with text around it.
 * @param redirectUri - the redirect URI of the request; without it only a whole URI is found
 * @param keepScheme - whether a scheme that was pasted stays: browsers show and copy https for http, but R25 compares it
 * @returns the URI; if none was found, the text without white space, which is then no URI
 */
export function cleanPastedUri(text: string, redirectUri?: string, keepScheme = false): string {
  const plain = text.replace(/&(?:amp|#38|#x26);/gi, '&').replace(/[\u200b\u2060]/g, '');
  // What readline on Deno leaves of the marks around a bracketed paste.
  const words = splitWords(plain.replace(/^\s*~(.*)~\s*$/s, '$1'));
  for (const [pattern, complete] of formsOf(redirectUri, keepScheme)) {
    const index = words.findIndex((word) => pattern.test(word));
    const match = pattern.exec(words[index] ?? '');
    if (match === null) continue;
    const [first = '', ...rest] = words.slice(index);
    const end = rest.findIndex((word) => !/[=&]/.test(word) || word.includes('://'));
    const uri = [first.slice(match.index), ...rest.slice(0, end === -1 ? rest.length : end)].join('');
    return complete(trimEnd(uri, first.charAt(match.index - 1)));
  }
  return words.join('');
}

type Form = readonly [pattern: RegExp, complete: (uri: string) => string];

/** The forms in which a callback URI appears in a text, the most certain one first. */
function formsOf(redirectUri: string | undefined, keepScheme: boolean): Form[] {
  const pattern = (source: string): RegExp => new RegExp(`(?<=^|["'\`<>(\\[\\u201c\\u2018])${source}`, 'i');
  const escape = (text: string): string => text.replace(/\W/g, '\\$&');
  const unchanged = (uri: string): string => uri;
  const wholeUris: Form[] = [
    [pattern('[a-z][a-z\\d+.-]*://'), unchanged],
    [pattern('[a-z][a-z\\d+.-]*:(?=\\S{0,200}[/?#])'), unchanged],
  ];
  if (redirectUri === undefined) return wholeUris;
  const { protocol, host, pathname } = new URL(redirectUri);
  const [address = ''] = redirectUri.split('?');
  const scheme = protocol.replace(':', keepScheme ? '' : 's?');
  const ownUri: Form = /^https?:$/.test(protocol)
    ? [
        pattern(`(?:${scheme}://)?${escape(host)}(?=[/?#]|$)`),
        (uri) => `${protocol}//${uri.replace(/^https?:\/\//i, '')}`,
      ]
    : [pattern(escape(protocol)), unchanged];
  const parameters = ['state', ...resultParameters].join('|');
  const partOfUri: Form = [
    pattern(`(?![a-z][a-z\\d+.-]*:)(?:\\S{0,200}[?#&])?(?:${parameters})=`),
    (uri) => {
      const [path = ''] = /^[^?#=]*(?=[?#])/.exec(uri) ?? [];
      const rest = uri.slice(path.length);
      if (!pathname.endsWith(path)) return uri;
      return rest.startsWith('#') ? redirectUri + rest : `${address}?${rest.replace(/^\?/, '')}`;
    },
  ];
  return [ownUri, partOfUri, ...wholeUris];
}

/** The words of a text. A line that continues a wrapped URI belongs to its word. */
function splitWords(text: string): string[] {
  const joined: string[] = [];
  let isInUri = false;
  for (const line of text.split(/\r\n|[\r\n\v\f\u2028\u2029]/).map((item) => item.trim())) {
    const isContinuation: boolean = isInUri && !/^$|\s|:\/\//.test(line);
    joined.push(isContinuation ? line : ` ${line}`);
    isInUri = isContinuation || /[:?#=&]/.test(line.split(/\s/).at(-1) ?? '');
  }
  return joined.join('').split(/\s+/).filter(Boolean);
}

/** Removes the quotes and the punctuation of the text around a URI. */
function trimEnd(text: string, before: string): string {
  let uri = text.replace(/["<>\u201c\u201d].*$/s, '');
  const closing = before === '' ? '' : closings.charAt(openings.indexOf(before));
  const withoutStop = uri.replace(/[.,;]$/, '');
  if (closing !== '' && withoutStop.endsWith(closing)) uri = withoutStop.slice(0, -closing.length);
  // An apostrophe and a parenthesis may belong to the URI (tokens of Stack Exchange end with `))`); these do not.
  uri = uri.replace(/(?<![`\u2019])[`\u2019]+[.,;]?$/, '');
  // An unsecured JWT (RFC 7519, section 6) ends with a full stop that belongs to it.
  return /=[\w-]+\.[\w-]+\.$/.test(uri) ? uri : uri.replace(/[.,;]$/, '');
}
