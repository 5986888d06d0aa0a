import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { callbackHtml, forwardingScript } from '#src/page/default-templates.js';
import { CallbackPageRenderer, type PageView } from '#src/page/renderer.js';
import type { CallbackPageOptions } from '#src/page/options.js';
import { loadLanguage } from '#src/page/texts.js';
import { compileHtml, escapeHtml, escapeJson } from '#src/page/html-template.js';
import { attributeOf, elementsOf, parseHtml, textOf, type HtmlNode } from '../helpers/html.js';
import { propertyTimeout, runs } from '../helpers/runs.js';

jest.setTimeout(propertyTimeout);

/** Text of any kind, often with a meaning in HTML, JSON or `String.replace`. */
const piece = fc.oneof(
  fc.constantFrom(
    '</script>',
    '<script>',
    '<!--',
    '-->',
    ']]>',
    '<base href=x>',
    '"',
    "'",
    '>',
    '&lt;',
    '$&',
    '$`',
    '{app}',
    '\u2028',
    '\0',
    '</title>',
    '</template>',
    '<svg onload=x>',
  ),
  fc.string({ unit: 'binary' }),
);
const text = fc.array(piece, { maxLength: 5 }).map((pieces) => pieces.join(''));
// A parser replaces these, escaped or not.
const shown = text.map((value) => value.replace(/[\0\r]/g, '').toWellFormed());
const english = await loadLanguage('en');
const settings = { credentials: 'omit', reportLoaded: false } as const;
const views: readonly PageView[] = [{ state: 'pending' }, { state: 'success' }, { state: 'error', reason: 'denied' }];
const view = fc.constantFrom(...views);

/** The page without what differs between two responses: texts, nonces, and the values of inserted attributes. */
function shapeOf(node: HtmlNode): string {
  return JSON.stringify([
    node.nodeName,
    node.attrs?.map(({ name }) => name).filter((name) => name !== 'hidden' && name !== 'src'),
    (node.childNodes ?? []).filter(({ nodeName }) => nodeName !== '#text').map(shapeOf),
  ]);
}

// The style and the script are most of the page, and the same in each: without them, a million runs can be parsed.
const style = /(?<=<style>)[^]*(?=<\/style>)/.exec(callbackHtml)?.[0] ?? '';

async function render(options: CallbackPageOptions, shows: PageView): Promise<HtmlNode> {
  const renderer = new CallbackPageRenderer(options, settings);
  const { html } = await renderer.render(shows, { answered: true }, english);
  const parts = html.split(forwardingScript).flatMap((part) => part.split(style));
  if (parts.length !== 3) throw new Error('The page does not hold its script and its style once each');
  return parseHtml(parts.join(''));
}

describe('The built-in page', () => {
  it('R7: keeps its structure with any name and texts of the app, and shows them as they are', async () => {
    const shapes = new Map<string, string>();
    for (const shows of views) shapes.set(shows.state, shapeOf(await render({ appName: 'App' }, shows)));
    await fc.assert(
      fc.asyncProperty(shown, shown, shown, view, async (appName, heading, message, shows) => {
        const key = shows.reason ?? 'pending';
        const texts = { [key]: { heading, message }, success: { heading, message }, no_script: { message } };
        const page = await render({ appName, texts, logo: `data:image/png,${message}` }, shows);
        expect(shapeOf(page)).toBe(shapes.get(shows.state));
        let name: string | undefined;
        let json = '';
        for (const element of elementsOf(page)) {
          if (attributeOf(element, 'data-auth-app-name') !== undefined) name = textOf(element);
          if (attributeOf(element, 'data-auth-page') !== undefined) json = textOf(element);
        }
        expect(name).toBe(appName);
        const found = JSON.parse(json) as { heading: unknown; message: unknown }; // The renderer writes both.
        const fill = (text: string): string => text.replaceAll('{app}', () => appName || 'the app');
        expect(found.heading).toBe(fill(heading));
        expect(found.message).toBe(fill(message));
      }),
      runs,
    );
  });

  it('R7: keeps the structure of the outcome that follows it', () => {
    fc.assert(
      fc.property(shown, shown, shown, (heading, message, path) => {
        const renderer = new CallbackPageRenderer({ texts: { success: { heading, message } }, appName: '' }, settings);
        const html = renderer.renderOutcome({ state: 'success' }, english, `/${path}`);
        const elements = elementsOf(parseHtml(`<!doctype html><body>${html}`));
        expect(elements.map(({ nodeName }) => nodeName)).toEqual(['html', 'head', 'body', 'template', 'noscript']);
        const outcome = elements.find((element) => attributeOf(element, 'data-auth-outcome') !== undefined);
        expect(
          JSON.parse(outcome === undefined ? '' : (attributeOf(outcome, 'data-auth-outcome') ?? '')),
        ).toMatchObject({
          redirect: `/${path}`,
        });
      }),
      runs,
    );
  });
});

/** A page that an author could write: elements well nested, anything in their texts, attributes, comments and scripts. */
const name = fc.constantFrom('div', 'main', 'section', 'article', 'header', 'x-own');
const attribute = fc
  .tuple(
    fc.constantFrom('class', 'title', 'id', 'data-auth-message', 'data-auth-heading', 'data-x', 'style'),
    fc.constantFrom('"', "'"),
    text,
  )
  .map(([key, quote, value]) => ` ${key}=${quote}${value.replaceAll(quote, '').replaceAll('\0', '')}${quote}`);
const leaf = fc.oneof(
  text.map((value) => value.replaceAll(/[<\0]/g, '')),
  text.map((value) => `<!-- ${value.replaceAll(/-->?|--!>|<!--|\0/g, '')} -->`),
  text.map((value) => `<script>${value.replaceAll(/<\/script|<!--|\0/gi, '')}</script>`),
  text.map((value) => `<style>${value.replaceAll(/<\/style|\0/gi, '')}</style>`),
  text.map((value) => `<textarea>x${value.replaceAll(/<\/textarea|\0/gi, '')}</textarea>`),
  fc.constant('<p data-auth-message></p>'),
  fc.constant('<img data-auth-logo hidden>'),
);
const { markup } = fc.letrec<{ markup: string; element: string }>((tie) => ({
  element: fc
    .tuple(name, fc.uniqueArray(attribute, { maxLength: 3, selector: (value) => value.split('=')[0] }), tie('markup'))
    .map(([tag, attributes, content]) => `<${tag}${attributes.join('')}>${content}</${tag}>`),
  markup: fc
    .array(fc.oneof({ maxDepth: 3, withCrossShrink: true }, leaf, tie('element')), { maxLength: 4 })
    .map((all) => all.join('')),
}));
const template = fc
  .tuple(fc.constantFrom('<!doctype html>', '', '<!-- <head> -->'), fc.boolean(), attribute, markup)
  .map(
    ([start, hasHead, on, body]) =>
      `${start}<html${on}>${hasHead ? '<head><title>x</title></head>' : ''}<body>${body}</body></html>`,
  );

/** The tree without the inserted parts. */
function withoutInsertions(node: HtmlNode, nonce: string): unknown {
  const isInserted = (child: HtmlNode): boolean =>
    child.nodeName === 'script' && (attributeOf(child, 'data-auth-page') !== undefined || textOf(child) === 'INSERTED');
  const attributes = node.attrs?.filter(
    ({ name: key, value }) =>
      !(key === 'nonce' && value === nonce) && !(node.nodeName === 'html' && key === 'data-auth-state'),
  );
  const children = (node.childNodes ?? []).filter((child) => !isInserted(child));
  const isSlot = node.attrs?.some(({ name: key }) => key.startsWith('data-auth-')) === true && node.nodeName !== 'html';
  return [
    node.nodeName,
    node.value ?? node.data ?? '',
    attributes?.filter(({ name: key }) => key !== 'src' && key !== 'hidden'),
    (isSlot ? children.filter(({ nodeName }) => nodeName !== '#text') : children).map((child) =>
      withoutInsertions(child, nonce),
    ),
  ];
}

describe('A custom page', () => {
  it('R7: keeps its structure, and gets the page’s script once, before any other', () => {
    const nonce = 'the-nonce';
    fc.assert(
      fc.property(template, shown, (html, value) => {
        const page = parseHtml(
          compileHtml(html).render({
            head: `<script type="application/json" data-auth-page>${escapeJson({ value })}</script><script nonce="${nonce}">INSERTED</script>`,
            nonce,
            root: { 'data-auth-state': value },
            slots: { 'data-auth-message': value, 'data-auth-heading': value },
            addresses: { 'data-auth-logo': 'data:image/png,x' },
          }),
        );
        expect(withoutInsertions(page, nonce)).toEqual(withoutInsertions(parseHtml(html), nonce));
        const scripts = elementsOf(page).filter(({ nodeName }) => nodeName === 'script');
        expect([scripts[0] && attributeOf(scripts[0], 'data-auth-page'), scripts[1] && textOf(scripts[1])]).toEqual([
          '',
          'INSERTED',
        ]);
        expect(scripts.filter((script) => textOf(script) === 'INSERTED')).toHaveLength(1);
        for (const script of scripts.slice(1)) expect(attributeOf(script, 'nonce')).toBe(nonce);
        const root = elementsOf(page).find(({ nodeName }) => nodeName === 'html');
        expect(root && attributeOf(root, 'data-auth-state')).toBe(value);
      }),
      runs,
    );
  });

  it('R10: is compiled from any text, in a time that grows with its length', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          text,
          fc.array(piece, { maxLength: 200 }).map((pieces) => pieces.join('')),
        ),
        (html) => {
          const values = { head: 'INSERTED', nonce: 'n', root: {}, slots: {}, addresses: {} };
          const rendered = compileHtml(html).render(values);
          expect(rendered).toContain('INSERTED');
          expect(rendered.length).toBeGreaterThanOrEqual(4);
        },
      ),
      runs,
    );
    for (const evil of [
      '<',
      '<a ',
      '<a b=',
      '<!--',
      '<script>',
      '</',
      '<a "',
      '<html',
      '="',
      '<textarea>',
      '<!-',
      '< <',
    ]) {
      const began = performance.now();
      compileHtml(evil.repeat(100_000));
      expect([evil, performance.now() - began < 3000]).toEqual([evil, true]);
    }
  });

  it('R7: escapes every value, so that a parser reads it back', () => {
    fc.assert(
      fc.property(shown, (value) => {
        const inside = elementsOf(
          parseHtml(`<!doctype html><p title="${escapeHtml(value)}">x${escapeHtml(value)}</p>`),
        );
        const paragraph = inside.find(({ nodeName }) => nodeName === 'p');
        expect(inside).toHaveLength(4);
        expect([paragraph && attributeOf(paragraph, 'title'), paragraph && textOf(paragraph)]).toEqual([
          value,
          `x${value}`,
        ]);
        const script = elementsOf(
          parseHtml(`<!doctype html><script type="application/json">${escapeJson({ value })}</script>`),
        );
        expect(script).toHaveLength(4);
        expect(JSON.parse(textOf(script[2] ?? { nodeName: '' }))).toEqual({ value });
      }),
      runs,
    );
  });
});
