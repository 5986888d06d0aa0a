import {
  anyText,
  maxMilliseconds,
  optional,
  parseOptions,
  readOptions,
  type Check,
  type OptionRows,
  type Parsed,
} from '../oauth/option-rows.js';
import { isHttpsOrLoopback } from '../oauth/redirect-uri.js';
import { pageTextKeys, type PageText, type PageTextKey } from './language.js';
import { findLogo } from './logo.js';

/** What the page shows: `data-auth-state` of its root element. */
export type PageState = 'pending' | 'success' | 'error';

/** How the page looks: `data-auth-tone` of its root element. */
export type PageTone = 'waiting' | 'success' | 'denied' | 'error' | 'neutral';

/** Why the page shows it, if the state alone does not say so: `data-auth-reason` of its root element. */
export type PageReason = Exclude<
  PageTextKey,
  'pending' | 'success' | 'no_script' | 'copy_address' | 'address_copied' | 'close_window'
>;

/** What a template function receives. No value comes from the request. */
export interface TemplateContext {
  /** What the page shows at first; its script updates it. */
  readonly state: PageState;
  /** Why, if there is a reason. */
  readonly reason: PageReason | undefined;
  /** A short title of what happened, in the reader's language. */
  readonly heading: string;
  /** What happened and what to do next, in the reader's language. */
  readonly message: string;
  /** The app's name, if it has one. */
  readonly appName: string | undefined;
  /** The language of the texts (BCP 47). */
  readonly lang: string;
  /** The direction of the texts. */
  readonly dir: 'ltr' | 'rtl';
  /** The nonce of this response's Content-Security-Policy. It is added to inline scripts that have none. */
  readonly nonce: string;
}

/** How the callback page looks. */
export interface CallbackPageOptions {
  /**
   * The page's HTML, or a function that makes it. The page's script is added unless the HTML loads it. It sets
   * `data-auth-state` and `data-auth-reason` of the root element, fills elements with `data-auth-title`,
   * `data-auth-heading`, `data-auth-message`, `data-auth-app-name`, `data-auth-note` (the text of `page.message()`),
   * `data-auth-detail` (the provider's words) and `data-auth-code`, and dispatches `authresult` at `document`, also to listeners that are added after the result.
   * @default the built-in page
   */
  template?: string | ((context: TemplateContext) => string | Promise<string>) | undefined;
  /**
   * An HTML file, or a folder with `index.html` and its assets: the files of the folder are served with the page, except
   * those whose names begin with a dot.
   * @default the built-in page
   */
  templatePath?: string | URL | undefined;
  /** The app's name, for the page's texts. @default none: the page says "the app" */
  appName?: string | undefined;
  /**
   * A picture for the built-in page, and its favicon: an image file, a `data:` URI, or `{ url }` with a path that `handler` serves.
   * @default none; the favicon is a neutral one
   */
  logo?:
    | string
    | URL
    | {
        /** A path of this server, such as `/logo.svg`. */
        readonly url: string;
      }
    | undefined;
  /** A colour of the app for the built-in page's buttons and progress ring: `#rrggbb`. @default none */
  accentColor?: string | undefined;
  /** Where users find help if a sign-in fails: an https: or mailto: URI. The page links it. @default none */
  helpUri?: string | URL | undefined;
  /**
   * What the page's button "Return to NAME" opens: a URI of the app's custom protocol, such as `com.example.app:/signed-in`. Nothing of
   * the response is added. Any scheme but those of web pages, files, scripts and Windows' `ms-` handlers. @default no button
   */
  returnUri?: string | URL | undefined;
  /** The language of the page's texts (BCP 47), such as `de`. @default what the browser asks for, else English */
  language?: string | undefined;
  /** Texts that replace the built-in ones, in every language; `{app}` becomes the app's name. @default none */
  texts?: Readonly<Partial<Record<PageTextKey, Partial<PageText>>>> | undefined;
  /**
   * Further sources for the page's Content-Security-Policy, by directive, for pages that load files from another host:
   * `{ 'script-src': ['https://d3js.org'] }`. `frame-ancestors` stays `'none'`. @default none
   */
  contentSecurityPolicy?: Readonly<Record<string, string | readonly string[]>> | undefined;
  /**
   * Milliseconds after which a page that shows success asks the browser to close it; false: it does not ask. Browsers close
   * a window for a script only in some cases, such as a tab that has shown nothing else; otherwise the page stays.
   * @default 5_000 for the built-in page, false for a custom page
   */
  autoClose?: number | false | undefined;
}

/** @internal Whether the options leave the page as it is built in: it needs no second request. */
export function isBuiltInPage({ template, templatePath }: CallbackPageOptions): boolean {
  return template === undefined && templatePath === undefined;
}

/** @internal Whether the page loads a second file from its server. */
export function loadsFiles({ logo, ...options }: CallbackPageOptions): boolean {
  return !isBuiltInPage(options) || (typeof logo === 'object' && 'url' in logo);
}

/** @internal How a view is meant. Also in the page's script. An old tab is neither a success nor an alarm. */
export function toneOf(state: PageState, reason: PageReason | undefined): PageTone {
  if (state === 'success') return state;
  if (reason === 'denied') return reason;
  if (state === 'error') return reason === 'state_foreign' ? 'neutral' : 'error';
  return reason === undefined || reason === 'finishing' ? 'waiting' : 'neutral';
}

const template: Check<NonNullable<CallbackPageOptions['template']>> = (value, name) => {
  // Whether the function returns a string is checked when it has.
  if (typeof value === 'string' || typeof value === 'function') return value as string;
  throw new TypeError(`\`${name}\` must be a string or a function, not ${typeof value}`);
};

const templatePath: Check<string | URL> = (value, name) => {
  if (typeof value === 'string' || (value instanceof URL && value.protocol === 'file:')) return value;
  const shape = value instanceof URL ? `a ${value.protocol} URL` : typeof value;
  throw new TypeError(`\`${name}\` must be a path or a file: URL, not ${shape}`);
};

const logo: Check<NonNullable<CallbackPageOptions['logo']>> = (value) => {
  const checked = value as NonNullable<CallbackPageOptions['logo']>;
  findLogo(checked);
  return checked;
};

const color: Check<string> = (value, name) => {
  if (/^#[\da-f]{6}$/i.test(anyText(value, name))) return value as string;
  throw new TypeError(`\`${name}\` must be a colour such as #1a73e8`);
};

const helpUri: Check<string> = (value, name) => {
  const uri = URL.canParse(String(value)) ? new URL(String(value)) : undefined;
  if (uri !== undefined && (uri.protocol === 'mailto:' || isHttpsOrLoopback(uri))) return uri.href;
  throw new TypeError(`\`${name}\` must be an https: or a mailto: URI`);
};

/** Schemes that open no app, or more than an app: scripts, files, and what Windows executes. */
const forbiddenSchemes = /^(?:https?|javascript|data|file|blob|about|search-ms|ms-.*):$/;

const returnUri: Check<string> = (value, name) => {
  const uri = URL.canParse(String(value)) ? new URL(String(value)) : undefined;
  if (uri !== undefined && !forbiddenSchemes.test(uri.protocol)) return uri.href;
  throw new TypeError(`\`${name}\` must be a URI of the app's custom protocol, such as com.example.app:/signed-in`);
};

const autoClose: Check<number | false> = (value, name) => {
  if (value === false || (typeof value === 'number' && value >= 0 && value <= maxMilliseconds)) return value;
  throw new RangeError(`\`${name}\` must be a number of milliseconds up to ${maxMilliseconds}, or false`);
};

const textRows = { heading: optional(anyText), message: optional(anyText) } satisfies OptionRows<PageText>;

const texts: Check<NonNullable<CallbackPageOptions['texts']>> = (value) => {
  for (const [key, text] of Object.entries(Object(value) as Record<string, unknown>)) {
    if (!pageTextKeys.includes(key)) throw new TypeError(`\`texts\` has no text named ${key}`);
    parseOptions(`texts.${key}`, text, textRows, `texts.${key}.`);
  }
  return value as NonNullable<CallbackPageOptions['texts']>;
};

/** @internal */
export const pageRows = {
  template: optional(template),
  templatePath: optional(templatePath),
  appName: optional(anyText),
  logo: optional(logo),
  accentColor: optional(color),
  helpUri: optional(helpUri),
  returnUri: optional(returnUri),
  language: optional(anyText),
  texts: optional(texts),
  contentSecurityPolicy: (value) => parseSources(value as CallbackPageOptions['contentSecurityPolicy']),
  autoClose: optional(autoClose),
} satisfies OptionRows<CallbackPageOptions>;

/** @internal The page's options, checked. */
export type PageOptions = Parsed<typeof pageRows>;

/** @internal Checks the page's options, before any side effect. */
export function parsePageOptions(options: CallbackPageOptions): PageOptions {
  const parsed = readOptions(options, pageRows);
  if (parsed.template !== undefined && parsed.templatePath !== undefined) {
    throw new TypeError('`template` and `templatePath` are both given: choose one');
  }
  return parsed;
}

/** @internal The sources of `contentSecurityPolicy` by directive. Throws a TypeError if one is malformed. */
export function parseSources(
  policy: CallbackPageOptions['contentSecurityPolicy'] = {},
): Map<string, readonly string[]> {
  return new Map(
    Object.entries(policy).map(([name, value]) => {
      const values = typeof value === 'string' ? value.split(' ') : value;
      if (!/^[a-z-]+$/.test(name) || name === 'frame-ancestors') {
        throw new TypeError('`contentSecurityPolicy` has an unknown directive, or one that cannot be changed');
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
