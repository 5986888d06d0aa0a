/** What is inserted into a page. Every value comes from the app or from this package, never from a request. */
export interface HtmlValues {
  /** Markup for the start of the head. */
  readonly head: string;
  readonly nonce: string;
  /** Attributes of the root element: name and value. */
  readonly root: Readonly<Record<string, string>>;
  /** Texts for the empty elements that carry the attribute of that name, such as `data-auth-message`. */
  readonly slots: Readonly<Record<string, string>>;
  /** Addresses for hidden elements that carry the attribute of that name, such as `<img data-auth-logo hidden>`. */
  readonly addresses: Readonly<Record<string, string | undefined>>;
}

/** A page's HTML, cut at the insertions; compiled once for each template and filled for each response. */
export interface HtmlTemplate {
  /** Whether the page itself loads the page's script. */
  readonly loadsScript: boolean;
  render(values: HtmlValues): string;
}

interface StartTag {
  readonly name: string;
  /** After the tag's name. */
  readonly nameEnd: number;
  /** After the tag's `>`. */
  readonly end: number;
  readonly attributes: ReadonlyMap<string, Attribute>;
}

interface Attribute {
  readonly start: number;
  readonly end: number;
  readonly value: string;
}

interface Insertion {
  readonly start: number;
  readonly end: number;
  readonly make: (values: HtmlValues) => string;
}

/** The attribute that takes an element's address, by the element. */
const addressAttributes: ReadonlyMap<string, string> = new Map([
  ['img', 'src'],
  ['a', 'href'],
  ['link', 'href'],
]);

const rawTextElements = new Set(['script', 'style', 'textarea', 'title', 'xmp', 'iframe', 'noembed', 'noframes']);
const forwardingScript = /(?:^|\/)auth_assets\/main\.js(?:[?#]|$)/;

/**
 * Cuts a page at the places of the insertions. It follows the HTML standard's tokenizer as far as needed to tell tags from
 * comments, quoted attributes and the text of scripts, so that no text of a template is mistaken for a tag.
 *
 * @see [HTML, tokenization](https://html.spec.whatwg.org/multipage/parsing.html#tokenization)
 */
export function compileHtml(html: string): HtmlTemplate {
  const tags = [...startTags(html)];
  const insertions = [headInsertion(html, tags), ...tags.flatMap((tag) => tagInsertions(html, tag))].sort(
    (one, other) => one.start - other.start,
  );
  return {
    loadsScript: tags.some(
      (tag) => tag.name === 'script' && forwardingScript.test(tag.attributes.get('src')?.value ?? ''),
    ),
    render(values) {
      let text = '';
      let position = 0;
      for (const { start, end, make } of insertions) {
        text += html.slice(position, start) + make(values);
        position = end;
      }
      return text + html.slice(position);
    },
  };
}

/** Text for an HTML element or a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${String(character.charCodeAt(0))};`);
}

/** JSON for a script element: it cannot end the element or begin a comment. */
export function escapeJson(value: unknown): string {
  return JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** The page's script runs before any other: it stands after `<head>`, or at the place where the parser adds a head. */
function headInsertion(html: string, tags: readonly StartTag[]): Insertion {
  const tag = tags.find(({ name }) => name === 'head') ?? tags.find(({ name }) => name === 'html');
  const position = tag?.end ?? doctypeEnd(html);
  return { start: position, end: position, make: ({ head }) => head };
}

/** The end of a doctype that has only comments and white space before it; 0 if there is none. */
function doctypeEnd(html: string): number {
  let position = 0;
  for (;;) {
    position += html.slice(position).search(/\S|$/);
    if (!html.startsWith('<!--', position)) break;
    position = endOfComment(html, position);
  }
  return /^<!doctype/i.test(html.slice(position, position + 9)) ? endOf(html, '>', position) : 0;
}

function tagInsertions(html: string, tag: StartTag): Insertion[] {
  const insertions: Insertion[] = [];
  const insert = (make: Insertion['make'], start: number, end = start): void => {
    insertions.push({ start, end, make });
  };
  if (tag.name === 'html') insert(({ root }) => `${rootAttributes(html, tag, root)}>`, tag.nameEnd, tag.end);
  const isInline = tag.name === 'style' || (tag.name === 'script' && !tag.attributes.has('src'));
  if (isInline && !tag.attributes.has('nonce')) insert(({ nonce }) => ` nonce="${nonce}"`, tag.nameEnd);
  const hidden = tag.attributes.get('hidden');
  const name = [...tag.attributes.keys()].find((name) => name.startsWith('data-auth-'));
  const target = addressAttributes.get(tag.name);
  if (hidden !== undefined && name !== undefined && target !== undefined) {
    insert(
      ({ addresses }) => {
        const address = addresses[name];
        return address === undefined ? 'hidden' : `${target}="${escapeHtml(address)}"`;
      },
      hidden.start,
      hidden.end,
    );
  }
  // Only empty elements are filled here. The page's script, which knows the outcome, fills the others too.
  if (html.startsWith('</', tag.end)) {
    for (const name of tag.attributes.keys()) {
      if (!name.startsWith('data-auth-')) continue;
      insert(({ slots }) => escapeHtml(slots[name] ?? ''), tag.end);
    }
  }
  return insertions;
}

function rootAttributes(html: string, tag: StartTag, root: Readonly<Record<string, string>>): string {
  const kept = [...tag.attributes]
    .filter(([name]) => !Object.hasOwn(root, name))
    .map(([, { start, end }]) => ` ${html.slice(start, end)}`);
  const added = Object.entries(root).map(([name, value]) => ` ${name}="${escapeHtml(value)}"`);
  return [...kept, ...added].join('');
}

function* startTags(html: string): Generator<StartTag> {
  let position = 0;
  for (;;) {
    const start = html.indexOf('<', position);
    if (start === -1) return;
    if (html.startsWith('<!--', start)) {
      position = endOfComment(html, start);
    } else if (/[a-z]/i.test(html.charAt(start + 1))) {
      const tag = readTag(html, start);
      if (tag === undefined) return;
      yield tag;
      position = rawTextElements.has(tag.name) ? endOfRawText(html, tag) : tag.end;
    } else if (/[!/?]/.test(html.charAt(start + 1))) {
      position = endOf(html, '>', start);
    } else {
      position = start + 1;
    }
  }
}

function endOf(html: string, text: string, from: number): number {
  const index = html.indexOf(text, from);
  return index === -1 ? html.length : index + text.length;
}

/** Also `<!-->`, `<!--->` and `--!>` end a comment. */
function endOfComment(html: string, start: number): number {
  const pattern = /(?<=<!--)-?>|--!?>/g;
  pattern.lastIndex = start + 4;
  return pattern.exec(html) === null ? html.length : pattern.lastIndex;
}

function endOfRawText(html: string, tag: StartTag): number {
  const pattern = new RegExp(`</${tag.name}[\\s/>]`, 'gi');
  pattern.lastIndex = tag.end;
  return pattern.exec(html)?.index ?? html.length;
}

/** One start tag; undefined if the page ends inside it. */
function readTag(html: string, start: number): StartTag | undefined {
  const nameEnd = start + 1 + (/^[^\s/>]+/.exec(html.slice(start + 1, start + 65))?.[0].length ?? 0);
  const attributes = new Map<string, Attribute>();
  const part = /[\s/]*(?:(>)|([^\s/>=][^\s/>=]*)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"'][^\s>]*)))?|(["'=]))/y;
  part.lastIndex = nameEnd;
  for (;;) {
    const match = part.exec(html);
    if (match === null) return undefined;
    if (match[1] !== undefined) {
      return { name: html.slice(start + 1, nameEnd).toLowerCase(), nameEnd, end: part.lastIndex, attributes };
    }
    const name = match[2]?.toLowerCase();
    if (name === undefined || attributes.has(name)) continue;
    const offset = match[0].search(/[^\s/]/);
    const value = match[3] ?? match[4] ?? match[5] ?? '';
    attributes.set(name, { start: match.index + offset, end: part.lastIndex, value });
  }
}
