import { randomBase64url } from '../oauth/random-and-digest.js';
import { forwardingScript, originalLogo } from './default-templates.js';
import { pagePolicy, securityHeaders } from './headers.js';
import { compileHtml, escapeHtml, escapeJson, type HtmlTemplate } from './html-template.js';
import { selectLanguage, type PageLanguage, type PageText, type PageTextKey } from './language.js';
import { loadLogo } from './logo.js';
import {
  isBuiltInPage,
  parsePageOptions,
  toneOf,
  type CallbackPageOptions,
  type PageReason,
  type PageState,
} from './options.js';
import { loadTemplate, type LoadedTemplate } from './template.js';
import { loadLanguage } from './texts.js';

/** @internal What the page shows. */
export interface PageView {
  readonly state: PageState;
  readonly reason?: PageReason | undefined;
  /** The code of the error, for the app's support. @default the reason of an error */
  readonly code?: string | undefined;
  /** The text of `page.message()`. */
  readonly note?: string | undefined;
}

/** @internal A view in words. */
export interface PageContent extends PageView, PageText {}

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

const defaultAutoClose = 5000;

/** @internal Renders the callback page, from the app's template or from the built-in one. */
export class CallbackPageRenderer {
  /** Whether this is the built-in page, which needs no second request. */
  readonly isDefault: boolean;
  readonly #options: CallbackPageOptions;
  readonly #settings: PageSettings;
  readonly #sources: ReadonlyMap<string, readonly string[]>;
  readonly #links: Readonly<Record<string, string | undefined>>;
  readonly #pages = new Map<string, readonly string[]>();
  #logo: string | undefined;
  #template: LoadedTemplate | undefined;
  #loading: Promise<void> | undefined;
  #builtIn: CallbackPageRenderer | undefined;
  #hasFailed = false;

  constructor(options: CallbackPageOptions, settings: PageSettings) {
    const { contentSecurityPolicy, returnUri, helpUri } = parsePageOptions(options);
    this.isDefault = isBuiltInPage(options);
    this.#options = options;
    this.#settings = settings;
    this.#sources = contentSecurityPolicy;
    this.#links = { 'data-auth-return': returnUri, 'data-auth-help': helpUri };
  }

  /** The folder whose files are served with the page, once loaded. */
  get folder(): string | undefined {
    return this.#template?.folder;
  }

  /** Loads the template and the logo, once. Throws a {@link TemplateError} if it cannot be read; the next call tries again. */
  load(): Promise<void> {
    this.#loading ??= this.#load().catch((error: unknown) => {
      this.#loading = undefined;
      throw error;
    });
    return this.#loading;
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

  /** What a page shows for a view. */
  content(view: PageView, language: PageLanguage): PageContent {
    const { state, reason, note } = view;
    const code = toneOf(state, reason) === 'error' ? (view.code ?? reason ?? 'refused') : undefined;
    return { state, reason, ...this.viewText(view, language), note, code };
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
    return (await this.open(view, options, language))(view);
  }

  /**
   * Does what takes time for the page of a view. What is returned renders it at once, once: only the view's `note` and `code` may have
   * changed by then.
   */
  async open(
    view: PageView,
    options: RenderOptions,
    language: PageLanguage,
  ): Promise<(view: PageView) => RenderedPage> {
    await this.load();
    const nonce = randomBase64url(16);
    try {
      const fixed = this.#template?.html;
      const template = fixed ?? compileHtml(await this.#callTemplate(view, language, nonce));
      return (shown) => ({
        html:
          fixed === undefined || (shown.note ?? shown.code) !== undefined
            ? this.#fill(template, shown, options, language, nonce)
            : this.#cut(fixed, shown, options, language).join(nonce),
        headers: {
          ...securityHeaders,
          'Content-Type': 'text/html; charset=utf-8',
          'Content-Security-Policy': pagePolicy(nonce, this.#options, this.#sources),
        },
      });
    } catch (error) {
      return this.#replaceFailed(error).open(view, options, language);
    }
  }

  /** A page without what is of one sign-in, cut at its nonces: a web server shows the same few again and again. */
  #cut(template: HtmlTemplate, view: PageView, options: RenderOptions, language: PageLanguage): readonly string[] {
    const key = [view.state, view.reason, options.answered, options.pasteOffered, language.lang].join(' ');
    let parts = this.#pages.get(key);
    if (parts === undefined) {
      // It is as random as a nonce, so it cannot occur in the page by chance.
      const placeholder = randomBase64url(16);
      parts = this.#fill(template, view, options, language, placeholder).split(placeholder);
      this.#pages.set(key, parts);
    }
    return parts;
  }

  /** Renders the end of a page that was sent before the outcome was known: for its script, and for a browser without script. */
  renderOutcome(view: PageView, language: PageLanguage, redirect?: string): string {
    const content = this.content(view, language);
    const { heading, message, note, code } = content;
    const lines = [note, message, code && `${language.codeLabel} ${code}`].filter((line) => line !== undefined);
    const refresh = redirect === undefined ? '' : `<meta http-equiv="refresh" content="0;url=${escapeHtml(redirect)}">`;
    return (
      `<template data-auth-outcome="${escapeHtml(JSON.stringify({ ...content, redirect }))}"></template>` +
      `<noscript>${refresh}<div role="status" data-auth-outcome-text><h1>${escapeHtml(heading)}</h1>` +
      `${lines.map((line) => `<p>${escapeHtml(line)}</p>`).join('')}</div></noscript>`
    );
  }

  #fill(
    template: HtmlTemplate,
    view: PageView,
    { answered, pasteOffered = false }: RenderOptions,
    language: PageLanguage,
    nonce: string,
  ): string {
    const { appName, autoClose = this.isDefault ? defaultAutoClose : false, accentColor } = this.#options;
    const content = this.content(view, language);
    const { state, reason, heading, message, note = '', code = '' } = content;
    const keys: PageTextKey[] = answered
      ? ['return_to_app', 'close_window']
      : ['finishing', 'unreachable', 'not_forwarded', 'nothing', 'close_window'];
    if (pasteOffered) keys.push('copy_address', 'address_copied');
    const texts = Object.fromEntries(keys.map((key) => [key, this.text(key, language)]));
    const { detailLabel, codeLabel, helpLabel } = language;
    const labels = { appName, detailLabel, codeLabel };
    const settings = { ...content, answered, pasteOffered, ...this.#settings, autoClose, ...labels, texts };
    const script = template.loadsScript ? '' : `<script nonce="${nonce}">${forwardingScript}</script>`;
    const accent = accentColor === undefined ? '' : `<style nonce="${nonce}">${accentRule(accentColor)}</style>`;
    // Only a fragment needs the script.
    const noScript = answered ? undefined : this.text('no_script', language);
    const label = (name: string, text: string): string => (this.#links[name] === undefined ? '' : text);
    return template.render({
      head: `<script type="application/json" data-auth-page>${escapeJson(settings)}</script>${script}${accent}`,
      nonce,
      root: {
        ...(this.isDefault ? { lang: language.lang, dir: language.dir } : {}),
        'data-auth-state': state,
        ...(reason === undefined ? {} : { 'data-auth-reason': reason }),
        'data-auth-tone': toneOf(state, reason),
      },
      slots: {
        'data-auth-title': !appName || heading.includes(appName) ? heading : `${heading} | ${appName}`,
        'data-auth-heading': heading,
        'data-auth-message': message,
        'data-auth-note': note,
        'data-auth-code': code && `${codeLabel} ${code}`,
        'data-auth-app-name': appName ?? '',
        'data-auth-return': label('data-auth-return', this.text('return_to_app', language).heading),
        'data-auth-help': label('data-auth-help', helpLabel),
        'data-auth-noscript-heading': noScript?.heading ?? '',
        'data-auth-noscript': noScript?.message ?? '',
      },
      addresses: { ...this.#links, 'data-auth-logo': this.#logo, 'data-auth-icon': this.#logo ?? neutralIcon },
    });
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
    const builtIn = {
      template: undefined,
      templatePath: undefined,
      contentSecurityPolicy: undefined,
      autoClose: false,
    } as const;
    return (this.#builtIn ??= new CallbackPageRenderer({ ...this.#options, ...builtIn }, this.#settings));
  }

  /** A custom page that fails must not cost the user the sign-in. */
  #replaceFailed(error: unknown): CallbackPageRenderer {
    if (!this.#hasFailed) {
      this.#hasFailed = true;
      warn('`template` failed, so the built-in page is shown', error);
    }
    return this.builtIn;
  }

  async #load(): Promise<void> {
    const { template, templatePath, logo } = this.#options;
    if (typeof template !== 'function') this.#template = await loadTemplate(template, templatePath);
    try {
      this.#logo = await loadLogo(logo);
    } catch (error) {
      warn('`logo` cannot be read, so the page shows none', error);
    }
  }
}

const neutralIcon = `data:image/svg+xml,${encodeURIComponent(originalLogo)}`;

/** The accent, and on it white if its contrast is at least 4.5, else black (WCAG 2.2). */
function accentRule(color: string): string {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((start) => {
    const value = parseInt(color.slice(start, start + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  const luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  return `:root{--auth-accent:${color};--auth-on-accent:${luminance > 0.1833 ? '#000' : '#fff'}}`;
}

function warn(text: string, error: unknown): void {
  process.emitWarning(`${text}: ${error instanceof Error ? error.message : typeof error}`, {
    code: 'EMBED_AUTH_TEMPLATE_FAILED',
  });
}
