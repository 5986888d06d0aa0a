import { createRequire } from 'node:module';

/** A node of a parsed page, as parse5 has it. */
export interface HtmlNode {
  readonly nodeName: string;
  readonly attrs?: readonly { readonly name: string; readonly value: string }[];
  readonly childNodes?: readonly HtmlNode[];
  /** Of a text. */
  readonly value?: string;
  /** Of a comment. */
  readonly data?: string;
  /** Of a `template` element. */
  readonly content?: HtmlNode;
}

// It comes with the development tools, and brings no types.
const { parse } = createRequire(import.meta.url)('parse5') as {
  parse: (html: string, options: { scriptingEnabled: boolean }) => HtmlNode;
};

/** Parses a page as a browser does that has scripting on. */
export function parseHtml(html: string): HtmlNode {
  return parse(html, { scriptingEnabled: true });
}

/** Every element of a page, in order. */
export function elementsOf(node: HtmlNode): HtmlNode[] {
  const children = [...(node.childNodes ?? []), ...(node.content === undefined ? [] : [node.content])];
  return [...(node.attrs === undefined ? [] : [node]), ...children.flatMap(elementsOf)];
}

export function attributeOf(node: HtmlNode, name: string): string | undefined {
  return node.attrs?.find((attribute) => attribute.name === name)?.value;
}

/** The text in an element. */
export function textOf(node: HtmlNode): string {
  return node.value ?? (node.childNodes ?? []).map(textOf).join('');
}
