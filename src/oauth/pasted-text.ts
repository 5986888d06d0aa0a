import { resultParameters } from './parameters.js';

/** A longer text is no callback URI. */
const maxLength = 256 * 1024;

/** What may stand before a URI in the text around it, and what then closes it. */
const openings = "'`([\u2018";
const closings = "'`)]\u2019";
const opening = '["\'`<>(\\[\\u201c\\u2018]';

/**
 * @internal Finds the callback URI in what a user pasted: with or without scheme, https for http, `&amp;` for `&`, wrapped
 * over several lines, only the query or the fragment, or with text around it.
 * @param redirectUri - the redirect URI of the request; without it only a whole URI is found
 * @returns the URI; if none was found, the text without white space, which is then no URI
 */
export function cleanPastedUri(text: string, redirectUri?: string): string {
  if (text.length > maxLength) return text;
  const plain = text.replace(/&(?:amp|#38|#x26);/gi, '&').replace(/[\u200b\u2060]/g, '');
  // What readline on Deno leaves of the marks around a bracketed paste.
  const words = splitWords(plain.replace(/^\s*~(.*)~\s*$/s, '$1'));
  for (const [find, complete] of formsOf(redirectUri)) {
    const index = words.findIndex((word) => find(word) !== -1);
    if (index === -1) continue;
    const [first = '', ...rest] = words.slice(index);
    const start = find(first);
    const end = rest.findIndex((word) => !/[=&]/.test(word) || word.includes('://'));
    const uri = [first.slice(start), ...rest.slice(0, end === -1 ? rest.length : end)].join('');
    return complete(trimEnd(uri, first.charAt(start - 1)));
  }
  return words.join('');
}

/** Finds the start of a URI in a word, or -1, and completes the URI. */
type Form = readonly [find: (word: string) => number, complete: (uri: string) => string];

/** The forms in which a callback URI appears in a text, the most certain one first. */
function formsOf(redirectUri: string | undefined): Form[] {
  const finder = (source: string): Form[0] => {
    const pattern = new RegExp(`(?<=^|${opening})${source}`, 'i');
    return (word) => word.search(pattern);
  };
  const escape = (text: string): string => text.replace(/\W/g, '\\$&');
  const unchanged = (uri: string): string => uri;
  const wholeUris: Form[] = [
    [finder('[a-z][a-z\\d+.-]*://'), unchanged],
    [finder('[a-z][a-z\\d+.-]*:(?=[^/?#]{0,200}[/?#])'), unchanged],
  ];
  if (redirectUri === undefined) return wholeUris;
  const { protocol, host, pathname } = new URL(redirectUri);
  const [address = ''] = redirectUri.split('?');
  const ownUri: Form = /^https?:$/.test(protocol)
    ? [
        // Browsers show and copy https for http, or leave the scheme out.
        finder(`(?:(?:https?:)?//)?${escape(host)}(?=[/?#]|$)`),
        (uri) => `${protocol}//${uri.replace(/^(?:https?:)?\/\//i, '')}`,
      ]
    : [finder(escape(protocol)), unchanged];
  const partOfUri: Form = [
    findPart,
    (uri) => {
      const [path = ''] = /^[^?#=]*(?=[?#])/.exec(uri) ?? [];
      const rest = uri.slice(path.length);
      if (!pathname.endsWith(path)) return uri;
      return rest.startsWith('#') ? redirectUri + rest : `${address}?${rest.replace(/^\?/, '')}`;
    },
  ];
  return [ownUri, partOfUri, ...wholeUris];
}

const parameter = new RegExp(`(?<=^|[?#&]|${opening})(?:${['state', ...resultParameters].join('|')})=`, 'i');

/** Where a query or a fragment begins, or the path before it; -1 if there is none, or a whole URI. */
function findPart(word: string): number {
  const index = word.search(parameter);
  if (index === -1) return -1;
  const before = word.slice(0, index).split(new RegExp(opening)).at(-1) ?? '';
  return /^[a-z][a-z\d+.-]*:/i.test(before) ? -1 : index - before.length;
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
