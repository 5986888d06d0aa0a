import type { Stats } from 'node:fs';
import { randomBase64url } from './crypto.js';
import { callbackHtml, forwardingScript } from './default-templates.js';
import { TemplateError } from './errors.js';
import { compileHtml, escapeHtml, escapeJson, type HtmlTemplate } from './html-template.js';
import { selectLanguage, pageLanguages, type PageLanguage, type PageText, type PageTextKey } from './page-texts.js';

/** What the page shows: `data-auth-state` on its root element. */
export type PageState = 'pending' | 'success' | 'error';

/** Why the page shows it, where the state alone does not say so: `data-auth-reason` on its root element. */
export type PageReason = Exclude<PageTextKey, 'pending' | 'success' | 'no_script'>;

/** What a template function is given. None of it comes from the request. */
export interface TemplateContext {
  /** What the page is to show at first; the page's script brings it up to date. */
  readonly state: PageState;
  /** Why, where there is a reason. */
  readonly reason: PageReason | undefined;
  /** A short title of what happened, in the reader's language. */
  readonly heading: string;
  /** What happened and what to do next, in the reader's language. */
  readonly message: string;
  /** The app's name, where it was given. */
  readonly appName: string | undefined;
  /** The language of the texts (BCP 47). */
  readonly lang: string;
  /** The direction of the texts. */
  readonly dir: 'ltr' | 'rtl';
  /** The nonce of this response's Content-Security-Policy. Inline scripts get it by themselves. */
  readonly nonce: string;
}

/** How the callback page looks. */
export interface CallbackPageOptions {
  /**
   * The page's HTML, or a function that makes it. The forwarding script is added when the page does not load it itself.
   * @default the package's own page
   */
  template?: string | ((context: TemplateContext) => string | Promise<string>) | undefined;
  /**
   * An HTML file, or a folder with `index.html` and its assets: what is in the folder is served beside the page, files
   * whose names begin with a dot excepted.
   * @default the package's own page
   */
  templatePath?: string | URL | undefined;
  /** The app's name, for the page's texts. @default none: the page speaks of "the app" */
  appName?: string | undefined;
  /** A picture for the default page: a `data:` URI. @default none */
  logo?: string | undefined;
  /** The language of the page's texts (BCP 47), such as `de`. @default what the browser asks for, else English */
  language?: string | undefined;
  /** Texts that replace the package's own, in every language; `{app}` becomes the app's name. @default none */
  texts?: Readonly<Partial<Record<PageTextKey, Partial<PageText>>>> | undefined;
  /**
   * Further sources for the page's Content-Security-Policy, by directive, for pages that load something from elsewhere:
   * `{ 'script-src': ['https://d3js.org'] }`. `frame-ancestors` stays `'none'`. @default none
   */
  contentSecurityPolicy?: Readonly<Record<string, string | readonly string[]>> | undefined;
  /**
   * Milliseconds after which a page that shows success asks the browser to close it; false: it does not ask. Browsers close
   * only some windows for a script, such as a tab that has shown nothing else; in the others the page stays.
   * @default 5_000 for the package's own page, false for a page of the app's own
   */
  autoClose?: number | false | undefined;
}

/** @internal One view of the page. */
export interface PageView {
  readonly state: PageState;
  readonly reason?: PageReason | undefined;
}

/** @internal What is sent: HTML and the headers that belong to it. */
export interface RenderedPage {
  readonly html: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** @internal What depends on who serves the page. */
export interface PageSettings {
  /** Whether the page's script sends cookies with the fragment: only where the app's own session needs them. */
  readonly credentials: 'omit' | 'same-origin';
  /** Whether `reportLoaded` is of use: somebody waits for the page's files to have been loaded before stopping. */
  readonly reportLoaded: boolean;
}

/** @internal The headers of everything we send (R17). */
export const securityHeaders: Readonly<Record<string, string>> = {
  'Cache-Control': 'no-store',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

/** @internal The policy of what is not the page. */
export const inertPolicy = "default-src 'none'; frame-ancestors 'none'";

const defaultAutoClose = 5000;
const forwardedTexts = ['finishing', 'unreachable', 'nothing'] as const;

/** @internal Makes the callback page, from the app's template or from ours. */
export class CallbackPageRenderer {
  readonly #options: CallbackPageOptions;
  readonly #settings: PageSettings;
  readonly #sources: ReadonlyMap<string, readonly string[]>;
  #compiled: HtmlTemplate | undefined;
  #folder: string | undefined;
  #loading: Promise<void> | undefined;
  #language: { readonly asked: string | undefined; readonly found: PageLanguage } | undefined;
  readonly #pages = new Map<string, { readonly html: readonly string[]; readonly policy: readonly string[] }>();
  /** Stands for the nonce in what is kept of a page. Nobody can know it, and so it is nowhere else in the page. */
  #placeholder: string | undefined;

  constructor(options: CallbackPageOptions, settings: PageSettings) {
    checkOptions(options);
    this.#options = options;
    this.#settings = settings;
    this.#sources = checkedSources(options.contentSecurityPolicy ?? {});
  }

  /** The folder whose files are served beside the page, once loaded. */
  get folder(): string | undefined {
    return this.#folder;
  }

  /** Whether the page is the package's own, which needs no second request. */
  get isDefault(): boolean {
    return this.#options.template === undefined && this.#options.templatePath === undefined;
  }

  /** Reads the template, once. Throws a {@link TemplateError} where it cannot be read; the next call tries again. */
  load(): Promise<void> {
    this.#loading ??= this.#read().catch((error: unknown) => {
      this.#loading = undefined;
      throw error;
    });
    return this.#loading;
  }

  language(acceptLanguage: string | undefined): PageLanguage {
    const asked = this.#options.language ?? acceptLanguage;
    // The browser that asks is nearly always the one that asked before.
    if (this.#language?.asked !== asked || this.#language === undefined) {
      this.#language = { asked, found: selectLanguage(asked) };
    }
    return this.#language.found;
  }

  /** The heading and the message of a view. */
  viewText({ state, reason }: PageView, language: PageLanguage): PageText {
    return this.text(reason ?? (state === 'error' ? 'refused' : state), language);
  }

  /** The heading and the message of that key. */
  text(key: PageTextKey, language: PageLanguage): PageText {
    const own = this.#options.texts?.[key];
    const app = this.#options.appName || language.app;
    const fill = (text: string): string => text.replaceAll('{app}', () => app);
    return {
      heading: fill(own?.heading ?? language.texts[key].heading),
      message: fill(own?.message ?? language.texts[key].message),
    };
  }

  /** The page in one state. `answered`: what it shows is the server's answer, and not the script's to find out. */
  async render(view: PageView, answered: boolean, language: PageLanguage): Promise<RenderedPage> {
    await this.load();
    const nonce = randomBase64url(16);
    if (this.#compiled === undefined) {
      const html = await this.#callTemplate(view, this.viewText(view, language), language, nonce);
      return this.#make(compileHtml(html), view, answered, language, nonce);
    }
    // Of a page that is not made by a function, only the nonce is new each time.
    const key = [view.state, view.reason, answered, language.lang].join(' ');
    let kept = this.#pages.get(key);
    if (kept === undefined) {
      this.#placeholder ??= randomBase64url(32);
      const { html } = this.#make(this.#compiled, view, answered, language, this.#placeholder);
      kept = { html: html.split(this.#placeholder), policy: this.#policy(this.#placeholder).split(this.#placeholder) };
      this.#pages.set(key, kept);
    }
    return {
      html: kept.html.join(nonce),
      headers: { ...securityHeaders, 'Content-Security-Policy': kept.policy.join(nonce) },
    };
  }

  /** Makes what the first redirect will most likely need, while the person signs in. */
  async prepare(): Promise<void> {
    await this.load();
    if (this.#compiled !== undefined) await this.render({ state: 'success' }, true, this.language(undefined));
  }

  #make(
    template: HtmlTemplate,
    view: PageView,
    answered: boolean,
    language: PageLanguage,
    nonce: string,
  ): RenderedPage {
    const text = this.viewText(view, language);
    const settings = {
      ...view,
      ...text,
      answered,
      ...this.#settings,
      autoClose: this.#options.autoClose ?? (this.isDefault ? defaultAutoClose : false),
      texts: Object.fromEntries(forwardedTexts.map((key) => [key, this.text(key, language)])),
    };
    const script = template.loadsScript ? '' : `<script nonce="${nonce}">${forwardingScript}</script>`;
    const html = template.render({
      head: `<script type="application/json" data-auth-page>${escapeJson(settings)}</script>${script}`,
      nonce,
      root: {
        ...(this.isDefault ? { lang: language.lang, dir: language.dir } : {}),
        'data-auth-state': view.state,
        ...(view.reason === undefined ? {} : { 'data-auth-reason': view.reason }),
      },
      slots: {
        'data-auth-title': text.heading,
        'data-auth-heading': text.heading,
        'data-auth-message': text.message,
        'data-auth-app-name': this.#options.appName ?? '',
        'data-auth-noscript-heading': this.text('no_script', language).heading,
        'data-auth-noscript': this.text('no_script', language).message,
      },
      logo: this.#options.logo,
    });
    return { html, headers: { ...securityHeaders, 'Content-Security-Policy': this.#policy(nonce) } };
  }

  /** What follows a page that was sent while the app was still at work: its outcome, for the script and for no script. */
  renderOutcome(view: PageView, language: PageLanguage, redirect?: string): string {
    const text = this.viewText(view, language);
    const refresh = redirect === undefined ? '' : `<meta http-equiv="refresh" content="0;url=${escapeHtml(redirect)}">`;
    return (
      `<template data-auth-outcome="${escapeHtml(JSON.stringify({ ...view, ...text, redirect }))}"></template>` +
      `<noscript>${refresh}<div role="status" data-auth-outcome-text><h1>${escapeHtml(text.heading)}</h1>` +
      `<p>${escapeHtml(text.message)}</p></div></noscript>`
    );
  }

  async #callTemplate(view: PageView, text: PageText, language: PageLanguage, nonce: string): Promise<string> {
    const { template, appName } = this.#options;
    if (typeof template !== 'function') throw new TypeError('`template` must be a string or a function');
    const { lang, dir } = language;
    const html: unknown = await template({
      ...text,
      state: view.state,
      reason: view.reason,
      appName,
      lang,
      dir,
      nonce,
    });
    if (typeof html !== 'string') throw new TypeError(`\`template\` must return a string, not ${typeof html}`);
    return html;
  }

  async #read(): Promise<void> {
    const { template, templatePath } = this.#options;
    if (typeof template === 'function') return;
    let html = template ?? callbackHtml;
    if (templatePath !== undefined) {
      const { readFile, stat } = await import('node:fs/promises');
      const path = await import('node:path');
      const { fileURLToPath } = await import('node:url');
      try {
        const place = templatePath instanceof URL ? fileURLToPath(templatePath) : templatePath;
        const found: Stats = await stat(place);
        html = await readFile(found.isDirectory() ? path.join(place, 'index.html') : place, 'utf8');
        this.#folder = found.isDirectory() ? place : undefined;
      } catch (error) {
        throw new TemplateError(
          'TEMPLATE_UNREADABLE',
          'The callback page at `templatePath` could not be read: it must be an HTML file, or a folder with an index.html.',
          { cause: error },
        );
      }
    }
    this.#compiled = compileHtml(html);
  }

  #policy(nonce: string): string {
    const directives = new Map<string, readonly string[]>(
      this.isDefault
        ? [
            ['script-src', [`'nonce-${nonce}'`]],
            ['style-src', [`'nonce-${nonce}'`]],
            ['img-src', ['data:']],
            ['connect-src', ["'self'"]],
          ]
        : [
            ['script-src', ["'self'", `'nonce-${nonce}'`]],
            ['style-src', ["'self'", "'unsafe-inline'"]],
            ['img-src', ["'self'", 'data:']],
            ['font-src', ["'self'", 'data:']],
            ['media-src', ["'self'", 'data:']],
            ['manifest-src', ["'self'"]],
            ['connect-src', ["'self'"]],
          ],
    );
    for (const [name, values] of [
      ['default-src', ["'none'"]],
      ['base-uri', ["'none'"]],
      ['form-action', ["'none'"]],
    ] as const) {
      directives.set(name, values);
    }
    for (const [name, values] of this.#sources) {
      directives.set(name, [...(directives.get(name) ?? []).filter((value) => value !== "'none'"), ...values]);
    }
    directives.set('frame-ancestors', ["'none'"]);
    return [...directives].map(([name, values]) => `${name} ${values.join(' ')}`).join('; ');
  }
}

function checkOptions(options: CallbackPageOptions): void {
  const { template, templatePath, appName, logo, language, texts, autoClose } = options;
  if (template !== undefined && typeof template !== 'string' && typeof template !== 'function') {
    throw new TypeError(`\`template\` must be a string or a function, not ${typeof template}`);
  }
  if (templatePath !== undefined && typeof templatePath !== 'string' && !(templatePath instanceof URL)) {
    throw new TypeError(`\`templatePath\` must be a path or a file: URL, not ${typeof templatePath}`);
  }
  if (templatePath instanceof URL && templatePath.protocol !== 'file:') {
    throw new TypeError(`\`templatePath\` must be a path or a file: URL, not a ${templatePath.protocol} URL`);
  }
  if (template !== undefined && templatePath !== undefined) {
    throw new TypeError('`template` and `templatePath` are both given: choose one');
  }
  for (const [name, value] of Object.entries({ appName, logo, language })) {
    if (value !== undefined && typeof value !== 'string') throw new TypeError(`\`${name}\` must be a string`);
  }
  if (logo !== undefined && !/^data:image\//i.test(logo)) {
    throw new TypeError('`logo` must be a data: URI of an image: the page loads nothing from elsewhere');
  }
  if (autoClose !== undefined && autoClose !== false && !(Number.isFinite(autoClose) && autoClose >= 0)) {
    throw new RangeError('`autoClose` must be a number of milliseconds, or false');
  }
  for (const [key, text] of Object.entries<unknown>(texts ?? {})) {
    if (!Object.hasOwn(pageLanguages[0]?.texts ?? {}, key)) throw new TypeError(`\`texts\` has no text named ${key}`);
    const isText = typeof text === 'object' && text !== null;
    if (!isText || Object.values(text).some((value) => value !== undefined && typeof value !== 'string')) {
      throw new TypeError(`\`texts\` must hold a heading and a message, both strings, for ${key}`);
    }
  }
}

function checkedSources(policy: Readonly<Record<string, string | readonly string[]>>): Map<string, readonly string[]> {
  return new Map(
    Object.entries(policy).map(([name, value]) => {
      const values = typeof value === 'string' ? value.split(' ') : value;
      if (!/^[a-z-]+$/.test(name) || name === 'frame-ancestors') {
        throw new TypeError('`contentSecurityPolicy` has a directive that is not one, or not one to change');
      }
      if (!Array.isArray(values) || values.some((source) => typeof source !== 'string' || !/^[^\s;,]+$/.test(source))) {
        throw new TypeError(
          `\`contentSecurityPolicy\` must hold sources without spaces, commas or semicolons for ${name}`,
        );
      }
      return [name, values];
    }),
  );
}
