import type { PageReason, PageState } from '../index.js';

/** What a page of this package shows, as its script reads it. */
export interface PageResult {
  readonly state: PageState;
  readonly reason?: PageReason | undefined;
  readonly heading?: string | undefined;
  readonly message?: string | undefined;
  /** Where the page goes. */
  readonly redirect?: string | undefined;
}

/** The settings that the server writes into the page for its script. */
export interface PageSettings extends PageResult {
  /** Whether the page shows the result already; otherwise its script forwards the fragment. */
  readonly answered: boolean;
  readonly credentials?: string | undefined;
  readonly reportLoaded?: boolean | undefined;
  readonly texts?: Readonly<Record<string, { heading: string; message: string }>> | undefined;
}

/** A form of an authorization server's page. */
export interface PageForm {
  readonly action: string;
  readonly params: URLSearchParams;
  /** Whether it lets the user choose an account. */
  readonly offersAccounts: boolean;
  /** Whether it has the buttons of a consent page. */
  readonly asksForDecision: boolean;
}

/** The settings of a callback page of this package; undefined for any other page. */
export function readSettings(html: string): PageSettings | undefined {
  const text = /<script type="application\/json" data-auth-page>([^]*?)<\/script>/.exec(html)?.[1];
  // The server wrote it; an app that writes something else into that element has no working page either.
  return text === undefined ? undefined : (JSON.parse(text) as PageSettings);
}

/** The outcome at the end of a page that was held by `waitUntil`; undefined if there is none. */
export function readOutcome(html: string): PageResult | undefined {
  const text = /<template data-auth-outcome="([^"]*)">/.exec(html)?.[1];
  // The server writes it for its own page's script.
  return text === undefined ? undefined : (JSON.parse(unescapeHtml(text)) as PageResult);
}

/** The first form of a page that posts. */
export function readForm(html: string): PageForm | undefined {
  for (const [, attributes = '', content = ''] of html.matchAll(/<form\b([^>]*)>([^]*?)<\/form>/gi)) {
    if (attribute(attributes, 'method')?.toLowerCase() !== 'post') continue;
    const params = new URLSearchParams();
    for (const [, input = ''] of content.matchAll(/<input\b([^>]*)>/gi)) {
      const name = attribute(input, 'name');
      const isLeftOut = attribute(input, 'type') === 'radio' && !/\schecked(?=[\s/]|$)/.test(input);
      if (name !== undefined && !isLeftOut) params.append(name, attribute(input, 'value') ?? '');
    }
    const buttons = [...content.matchAll(/<button\b([^>]*)>/gi)];
    return {
      action: attribute(attributes, 'action') ?? '',
      params,
      offersAccounts: params.has('account'),
      asksForDecision: buttons.some(([, button = '']) => attribute(button, 'name') === 'decision'),
    };
  }
  return undefined;
}

/** A page's text, for a message. */
export function readText(html: string): string {
  const text = html.replace(/<(style|script|title)\b[^]*?<\/\1>/gi, ' ').replace(/<[^>]*>/g, ' ');
  return unescapeHtml(text).replace(/\s+/g, ' ').trim();
}

function attribute(attributes: string, name: string): string | undefined {
  const match = new RegExp(`(?:^|\\s)${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)'|([^\\s>"']+))`, 'i').exec(attributes);
  const value = match?.[1] ?? match?.[2] ?? match?.[3];
  return value === undefined ? undefined : unescapeHtml(value);
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function unescapeHtml(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex?: string, decimal?: string, name?: string) => {
    if (hex !== undefined) return String.fromCodePoint(parseInt(hex, 16));
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
    return entities[name ?? ''] ?? whole;
  });
}
