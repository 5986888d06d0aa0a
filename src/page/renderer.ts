import { randomBase64url } from '../oauth/random-and-digest.js';
import { forwardingScript } from './default-templates.js';
import { pagePolicy, securityHeaders } from './headers.js';
import { compileHtml, escapeHtml, escapeJson, type HtmlTemplate } from './html-template.js';
import { selectLanguage, type PageLanguage, type PageText, type PageTextKey } from './language.js';
import { isBuiltInPage, parseSources, type CallbackPageOptions, type PageReason, type PageState } from './options.js';
import { loadTemplate, type LoadedTemplate } from './template.js';
import { loadLanguage } from './texts.js';

/** @internal What the page shows. */
export interface PageView {
  readonly state: PageState;
  readonly reason?: PageReason | undefined;
}

/** @internal The page's HTML and its headers. */
export interface RenderedPage {
  readonly html: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** @internal What depends on the server that serves the page. */
export interface PageSettings {
  /** Whether the page's script sends cookies with the fragment: only if the app's session needs them. */
  readonly credentials: 'omit' | 'same-origin';
  /** Whether the page reports that its files are loaded: a server that stops waits for it. */
  readonly reportLoaded: boolean;
}

/** @internal What depends on the request. */
export interface RenderOptions {
  /** Whether the page shows the server's result. Otherwise its script forwards the response. */
  readonly answered: boolean;
  /** Whether the app accepts a pasted address, so that the page offers to copy it if forwarding fails. @default false */
  readonly pasteOffered?: boolean | undefined;
}

/** A page that was rendered with a placeholder for the nonce, cut at each placeholder. */
interface CachedPage {
  readonly html: readonly string[];
  readonly policy: readonly string[];
}

const defaultAutoClose = 5000;

/** @internal Renders the callback page, from the app's template or from the built-in one. */
export class CallbackPageRenderer {
  /** Whether this is the built-in page, which needs no second request. */
  readonly isDefault: boolean;
  readonly #options: CallbackPageOptions;
  readonly #settings: PageSettings;
  readonly #sources: ReadonlyMap<string, readonly string[]>;
  readonly #pages = new Map<string, CachedPage>();
  #template: LoadedTemplate | undefined;
  #loading: Promise<void> | undefined;
  #builtIn: CallbackPageRenderer | undefined;
  #hasFailed = false;
  /** Rendered ahead, for one response: its nonce must not be used twice. */
  #ready: { readonly key: string; readonly page: RenderedPage } | undefined;

  constructor(options: CallbackPageOptions, settings: PageSettings) {
    this.isDefault = isBuiltInPage(options);
    this.#options = options;
    this.#settings = settings;
    this.#sources = parseSources(options.contentSecurityPolicy);
  }

  /** The folder whose files are served beside the page, once loaded. */
  get folder(): string | undefined {
    return this.#template?.folder;
  }

  /** Loads the template, once. Throws a {@link TemplateError} if it cannot be read; the next call tries again. */
  load(): Promise<void> {
    this.#loading ??= this.#load().catch((error: unknown) => {
      this.#loading = undefined;
      throw error;
    });
    return this.#loading;
  }

  /** Renders what the first redirect will most likely need, while the user signs in. */
  async prepare(): Promise<void> {
    await this.load();
    if (this.#template === undefined) return;
    const parameters = [{ state: 'success' }, { answered: true }, await this.language(undefined)] as const;
    this.#ready = { key: keyOf(...parameters), page: await this.render(...parameters) };
  }

  /** The language of a response: the app's if it sets one, else the browser's. */
  language(acceptLanguage: string | undefined): Promise<PageLanguage> {
    const accepted = this.#options.language ?? acceptLanguage;
    return loadLanguage(accepted === undefined ? 'en' : selectLanguage(accepted));
  }

  /** The heading and the message of a view. */
  viewText({ state, reason }: PageView, language: PageLanguage): PageText {
    return this.text(reason ?? (state === 'error' ? 'refused' : state), language);
  }

  /** The heading and the message of that key. */
  text(key: PageTextKey, language: PageLanguage): PageText {
    const { heading, message } = language.texts[key];
    const custom = this.#options.texts?.[key];
    const app = this.#options.appName || language.app;
    const fill = (text: string): string => text.replaceAll('{app}', () => app);
    return { heading: fill(custom?.heading ?? heading), message: fill(custom?.message ?? message) };
  }

  /** Renders the page in one state, with a fresh nonce. */
  async render(view: PageView, options: RenderOptions, language: PageLanguage): Promise<RenderedPage> {
    await this.load();
    if (this.#template === undefined) {
      try {
        const nonce = newNonce();
        const template = compileHtml(await this.#callTemplate(view, language, nonce));
        return toPage(this.#fill(template, view, options, language, nonce), this.#policy(nonce));
      } catch (error) {
        return this.#replaceFailed(error).render(view, options, language);
      }
    }
    const key = keyOf(view, options, language);
    const ready = this.#ready;
    if (ready?.key === key) {
      this.#ready = undefined;
      return ready.page;
    }
    let page = this.#pages.get(key);
    if (page === undefined) {
      // It is as random as a nonce, so it cannot occur in the page by chance.
      const placeholder = newNonce();
      const html = this.#fill(this.#template.html, view, options, language, placeholder);
      page = { html: html.split(placeholder), policy: this.#policy(placeholder).split(placeholder) };
      this.#pages.set(key, page);
    }
    const nonce = newNonce();
    return toPage(page.html.join(nonce), page.policy.join(nonce));
  }

  /** Renders the end of a page that was sent before the outcome was known: for its script, and for a browser without script. */
  renderOutcome(view: PageView, language: PageLanguage, redirect?: string): string {
    const text = this.viewText(view, language);
    const refresh = redirect === undefined ? '' : `<meta http-equiv="refresh" content="0;url=${escapeHtml(redirect)}">`;
    return (
      `<template data-auth-outcome="${escapeHtml(JSON.stringify({ ...view, ...text, redirect }))}"></template>` +
      `<noscript>${refresh}<div role="status" data-auth-outcome-text><h1>${escapeHtml(text.heading)}</h1>` +
      `<p>${escapeHtml(text.message)}</p></div></noscript>`
    );
  }

  #fill(
    template: HtmlTemplate,
    view: PageView,
    { answered, pasteOffered = false }: RenderOptions,
    language: PageLanguage,
    nonce: string,
  ): string {
    const { appName, autoClose = this.isDefault ? defaultAutoClose : false, logo } = this.#options;
    const text = this.viewText(view, language);
    const noScript = this.text('no_script', language);
    const textKeys: PageTextKey[] = answered ? ['return_to_app'] : ['finishing', 'unreachable', 'nothing'];
    if (pasteOffered) textKeys.push('copy_address', 'address_copied');
    const texts = Object.fromEntries(textKeys.map((key) => [key, this.text(key, language)]));
    const shown = { ...view, ...text, answered, pasteOffered };
    const settings = { ...shown, ...this.#settings, autoClose, appName, detailLabel: language.detailLabel, texts };
    const script = template.loadsScript ? '' : `<script nonce="${nonce}">${forwardingScript}</script>`;
    return template.render({
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
        'data-auth-app-name': appName ?? '',
        'data-auth-noscript-heading': noScript.heading,
        'data-auth-noscript': noScript.message,
      },
      logo,
    });
  }

  #policy(nonce: string): string {
    return pagePolicy(nonce, this.isDefault, this.#sources);
  }

  async #callTemplate(view: PageView, language: PageLanguage, nonce: string): Promise<string> {
    const { template, appName } = this.#options;
    if (typeof template !== 'function') throw new TypeError('`template` must be a string or a function');
    const { state, reason } = view;
    const { lang, dir } = language;
    const texts = this.viewText(view, language);
    const html: unknown = await template({ ...texts, state, reason, appName, lang, dir, nonce });
    if (typeof html !== 'string') throw new TypeError(`\`template\` must return a string, not ${typeof html}`);
    return html;
  }

  /** The built-in page with the app's texts: for rejected requests, and instead of a custom page that fails. */
  get builtIn(): CallbackPageRenderer {
    if (this.isDefault) return this;
    const { appName, logo, language, texts } = this.#options;
    return (this.#builtIn ??= new CallbackPageRenderer(
      { appName, logo, language, texts, autoClose: false },
      this.#settings,
    ));
  }

  /** A custom page that fails must not cost the user the sign-in. */
  #replaceFailed(error: unknown): CallbackPageRenderer {
    if (!this.#hasFailed) {
      this.#hasFailed = true;
      process.emitWarning(
        `\`template\` failed, so the built-in page is shown: ${error instanceof Error ? error.message : typeof error}`,
        { code: 'EMBED_AUTH_TEMPLATE_FAILED' },
      );
    }
    return this.builtIn;
  }

  async #load(): Promise<void> {
    const { template, templatePath } = this.#options;
    if (typeof template !== 'function') this.#template = await loadTemplate(template, templatePath);
  }
}

/** What a page without a template function depends on, its nonce aside. */
function keyOf(
  { state, reason }: PageView,
  { answered, pasteOffered = false }: RenderOptions,
  { lang }: PageLanguage,
): string {
  return [state, reason, answered, pasteOffered, lang].join(' ');
}

/** 128 random bits. */
function newNonce(): string {
  return randomBase64url(16);
}

function toPage(html: string, policy: string): RenderedPage {
  return {
    html,
    headers: {
      ...securityHeaders,
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': policy,
    },
  };
}
