import { assertKnownOptions, type OptionNames } from '../oauth/known-options.js';
import { pageTextKeys, type PageText, type PageTextKey } from './language.js';

/** What the page shows: `data-auth-state` of its root element. */
export type PageState = 'pending' | 'success' | 'error';

/** Why the page shows it, if the state alone does not say so: `data-auth-reason` of its root element. */
export type PageReason = Exclude<PageTextKey, 'pending' | 'success' | 'no_script' | 'copy_address' | 'address_copied'>;

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
   * `data-auth-heading`, `data-auth-message`, `data-auth-app-name` and `data-auth-detail` (the provider's words), and
   * dispatches `authresult` at `document`, also to listeners that are added after the result.
   * @default the built-in page
   */
  template?: string | ((context: TemplateContext) => string | Promise<string>) | undefined;
  /**
   * An HTML file, or a folder with `index.html` and its assets: the files of the folder are served beside the page, except
   * those whose names begin with a dot.
   * @default the built-in page
   */
  templatePath?: string | URL | undefined;
  /** The app's name, for the page's texts. @default none: the page says "the app" */
  appName?: string | undefined;
  /** A picture for the built-in page: a `data:` URI. @default none */
  logo?: string | undefined;
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

/** @internal */
export const pageOptionNames: OptionNames<CallbackPageOptions> = {
  template: true,
  templatePath: true,
  appName: true,
  logo: true,
  language: true,
  texts: true,
  contentSecurityPolicy: true,
  autoClose: true,
};

const textNames: OptionNames<PageText> = { heading: true, message: true };

/** @internal Whether the options leave the page as it is built in: it needs no second request. */
export function isBuiltInPage({ template, templatePath }: CallbackPageOptions): boolean {
  return template === undefined && templatePath === undefined;
}

/** @internal Validates the page's options, before any side effect. */
export function checkPageOptions(options: CallbackPageOptions): void {
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
    throw new TypeError('`logo` must be a data: URI of an image: the page loads nothing from another address');
  }
  if (autoClose !== undefined && autoClose !== false && !(Number.isFinite(autoClose) && autoClose >= 0)) {
    throw new RangeError('`autoClose` must be a number of milliseconds, or false');
  }
  parseSources(options.contentSecurityPolicy);
  for (const [key, text] of Object.entries<unknown>(texts ?? {})) {
    if (!pageTextKeys.includes(key)) throw new TypeError(`\`texts\` has no text named ${key}`);
    const isText = typeof text === 'object' && text !== null;
    if (!isText || Object.values(text).some((value) => value !== undefined && typeof value !== 'string')) {
      throw new TypeError(`\`texts\` must hold a heading and a message, both strings, for ${key}`);
    }
    assertKnownOptions(`texts.${key}`, text, textNames);
  }
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
