import type { Stats } from 'node:fs';
import {
  checkedSources,
  checkPageOptions,
  type CallbackPageOptions,
  type PageReason,
  type PageState,
} from './options.js';
import { randomBase64url } from '../oauth/random-and-digest.js';
import { callbackHtml, forwardingScript } from './default-templates.js';
import { TemplateError } from '../errors.js';
import { pagePolicy, securityHeaders } from './headers.js';
import { compileHtml, escapeHtml, escapeJson, type HtmlTemplate } from './html-template.js';
import { selectLanguage, type PageLanguage, type PageText, type PageTextKey } from './page-texts.js';

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

const defaultAutoClose = 5000;
const nonceBytes = 16;
let defaultTemplate: HtmlTemplate | undefined;

let lastLanguage: { readonly asked: string | undefined; readonly found: PageLanguage } | undefined;

/** A page as it is sent each time, but for its nonce. */
interface KeptPage {
  /** Cut where the nonce goes, as the policy is. */
  readonly html: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  readonly policy: readonly string[];
}

function keptPage({ html, headers }: RenderedPage, placeholder: string): KeptPage {
  const policy = headers['Content-Security-Policy'] ?? '';
  return { html: html.split(placeholder), headers, policy: policy.split(placeholder) };
}
const forwardedTexts = ['finishing', 'unreachable', 'nothing'] as const;

/** @internal Makes the callback page, from the app's template or from ours. */
export class CallbackPageRenderer {
  readonly #options: CallbackPageOptions;
  readonly #settings: PageSettings;
  readonly #sources: ReadonlyMap<string, readonly string[]>;
  #compiled: HtmlTemplate | undefined;
  #folder: string | undefined;
  #loading: Promise<void> | undefined;
  #fallback: CallbackPageRenderer | undefined;
  readonly #pages = new Map<string, KeptPage>();
  /** Stands for the nonce in what is kept of a page. Nobody can know it, and so it is nowhere else in the page. */
  #placeholder: string | undefined;
  /** Made ahead of time, and used once. */
  #nextNonce: string | undefined;

  constructor(options: CallbackPageOptions, settings: PageSettings) {
    checkPageOptions(options);
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

  async language(acceptLanguage: string | undefined): Promise<PageLanguage> {
    const asked = this.#options.language ?? acceptLanguage;
    // The browser that asks is nearly always the one that asked before.
    if (lastLanguage === undefined || lastLanguage.asked !== asked) {
      lastLanguage = { asked, found: selectLanguage(asked) };
    }
    return lastLanguage.found;
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
      heading: fill(own?.heading ?? (language.texts[key] ?? { heading: 'h', message: 'm' }).heading),
      message: fill(own?.message ?? (language.texts[key] ?? { heading: 'h', message: 'm' }).message),
    };
  }

  /** The page in one state. `answered`: what it shows is the server's answer, and not the script's to find out. */
  async render(
    view: PageView,
    { answered }: { answered: boolean; pasteOffered?: boolean },
    language: PageLanguage,
  ): Promise<RenderedPage> {
    await this.load();
    if (this.#compiled === undefined) {
      const nonce = randomBase64url(nonceBytes);
      let html: string;
      try {
        html = await this.#callTemplate(view, this.viewText(view, language), language, nonce);
      } catch (error) {
        return this.#fallBack(error).render(view, { answered }, language);
      }
      return this.#make(compileHtml(html), view, answered, language, nonce);
    }
    // Of a page that is not made by a function, only the nonce is new each time.
    const key = [view.state, view.reason, answered, language.lang].join(' ');
    let kept = this.#pages.get(key);
    if (kept === undefined) {
      this.#placeholder ??= randomBase64url(nonceBytes);
      kept = keptPage(this.#make(this.#compiled, view, answered, language, this.#placeholder), this.#placeholder);
      this.#pages.set(key, kept);
    }
    const nonce = this.#nextNonce ?? randomBase64url(nonceBytes);
    this.#nextNonce = undefined;
    return {
      html: kept.html.join(nonce),
      headers: { ...kept.headers, 'Content-Security-Policy': kept.policy.join(nonce) },
    };
  }

  /** Makes what the first redirect will most likely need, while the person signs in. */
  async prepare(): Promise<void> {
    await this.load();
    if (this.#compiled === undefined) return;
    await this.render({ state: 'success' }, { answered: true }, await this.language(lastLanguage?.asked));
    this.#nextNonce = randomBase64url(nonceBytes);
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
    return {
      html,
      headers: {
        ...securityHeaders,
        'Content-Type': 'text/html; charset=utf-8',
        'Content-Security-Policy': pagePolicy(nonce, this.isDefault, this.#sources),
      },
    };
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

  get builtIn(): CallbackPageRenderer {
    return this.isDefault ? this : (this.#fallback ??= new CallbackPageRenderer({}, this.#settings));
  }
  /** A page of the app's own that fails must not cost the person the sign-in: the package's own takes its place. */
  #fallBack(error: unknown): CallbackPageRenderer {
    if (this.#fallback === undefined) {
      const { appName, logo, language, texts } = this.#options;
      this.#fallback = new CallbackPageRenderer({ appName, logo, language, texts, autoClose: false }, this.#settings);
      process.emitWarning(
        `\`template\` failed, so the package's own page is shown: ${error instanceof Error ? error.message : typeof error}`,
        { code: 'EMBED_AUTH_TEMPLATE_FAILED' },
      );
    }
    return this.#fallback;
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
    if (template === undefined && templatePath === undefined) {
      this.#compiled = defaultTemplate ??= compileHtml(callbackHtml);
      return;
    }
    let html = template ?? '';
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
}
