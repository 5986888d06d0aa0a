import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CallbackPageRenderer, type PageView, type RenderOptions } from '#src/page/renderer.js';
import { parsePageOptions, type CallbackPageOptions, type TemplateContext } from '#src/page/options.js';
import { securityHeaders } from '#src/page/headers.js';
import { forwardingScript } from '#src/page/default-templates.js';
import { pageLanguages, type PageText, type PageTextKey } from '#src/page/language.js';
import { loadLanguage } from '#src/page/texts.js';

const settings = { credentials: 'omit', reportLoaded: false } as const;
const success: PageView = { state: 'success' };
const pending: PageView = { state: 'pending' };

const english = await loadLanguage('en');
const german = await loadLanguage('de');

function rendererOf(options: CallbackPageOptions = {}): CallbackPageRenderer {
  return new CallbackPageRenderer(options, settings);
}

async function htmlOf(options?: CallbackPageOptions, view = success, answered = true): Promise<string> {
  return (await rendererOf(options).render(view, { answered }, english)).html;
}

async function policyOf(options?: CallbackPageOptions): Promise<Map<string, string[]>> {
  const { headers } = await rendererOf(options).render(pending, { answered: false }, english);
  return new Map(
    (headers['Content-Security-Policy'] ?? '').split('; ').map((directive) => {
      const [name = '', ...sources] = directive.split(' ');
      return [name, sources];
    }),
  );
}

/** The settings of the page’s script. */
function readSettings(html: string): Record<string, unknown> {
  const json = /<script type="application\/json" data-auth-page>([^<]*)<\/script>/.exec(html)?.[1] ?? 'null';
  return JSON.parse(json) as Record<string, unknown>; // The page’s own JSON is an object.
}

/** What a caller without types may write. */
function wrong(options: Record<string, unknown>): CallbackPageOptions {
  return options;
}

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'embed-auth-server-'));
  await writeFile(join(folder, 'page.html'), '<!doctype html><html><head></head><body>My file: \u00e9</body></html>');
  await mkdir(join(folder, 'site'));
  await writeFile(join(folder, 'site', 'index.html'), '<html><script src="auth_assets/main.js"></script>My folder');
  await mkdir(join(folder, 'empty'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe('CallbackPageRenderer', () => {
  describe('headers', () => {
    it('forbid to keep, frame, sniff and refer', async () => {
      const { headers } = await rendererOf().render(success, { answered: true }, english);
      expect(headers).toMatchObject(securityHeaders);
      expect(securityHeaders).toEqual({
        'Cache-Control': 'no-store',
        'Referrer-Policy': 'no-referrer',
        'X-Content-Type-Options': 'nosniff',
        'X-Frame-Options': 'DENY',
        'Cross-Origin-Opener-Policy': 'same-origin',
        'Cross-Origin-Resource-Policy': 'same-origin',
      });
    });

    const everyPage = {
      'default-src': ["'none'"],
      'base-uri': ["'none'"],
      'form-action': ["'none'"],
      'frame-ancestors': ["'none'"],
      'connect-src': ["'self'"],
    };

    it('have a policy for the built-in page that allows its script and nothing from elsewhere', async () => {
      const policy = await policyOf();
      const nonce = policy.get('script-src')?.[0];
      expect(nonce).toMatch(/^'nonce-[\w-]{22}'$/);
      expect(Object.fromEntries(policy)).toEqual({
        ...everyPage,
        'img-src': ['data:'],
        'script-src': [nonce],
        'style-src': [nonce],
      });
    });

    it('have a policy for a custom page that allows its own files', async () => {
      const policy = await policyOf({ template: '<p>' });
      expect(Object.fromEntries(policy)).toEqual({
        ...everyPage,
        'font-src': ["'self'", 'data:'],
        'img-src': ["'self'", 'data:'],
        'manifest-src': ["'self'"],
        'media-src': ["'self'", 'data:'],
        'script-src': ["'self'", expect.stringMatching(/^'nonce-/)],
        'style-src': ["'self'", "'unsafe-inline'"],
      });
    });

    it('have a nonce that is fresh for each response, and the one of the page', async () => {
      for (const options of [{}, { template: '<script>a</script>' }, { template: () => '<script>a</script>' }]) {
        const renderer = rendererOf(options);
        const nonces = new Set<string>();
        for (let count = 0; count < 50; count += 1) {
          const view = count % 2 === 0 ? pending : success;
          const { html, headers } = await renderer.render(view, { answered: view !== pending }, english);
          const nonce = /'nonce-([\w-]+)'/.exec(headers['Content-Security-Policy'] ?? '')?.[1] ?? '';
          const used = [...html.matchAll(/<(?:script|style)[^>]* nonce="([^"]*)"/g)].map((match) => match[1]);
          expect(used.length).toBeGreaterThan(0);
          expect(new Set(used)).toEqual(new Set([nonce]));
          nonces.add(nonce);
        }
        expect(nonces.size).toBe(50);
      }
    });
  });

  describe('contentSecurityPolicy', () => {
    it('widens the policy, directive by directive', async () => {
      const policy = await policyOf({
        template: '<p>',
        contentSecurityPolicy: {
          'script-src': ['https://d3js.org', "'strict-dynamic'"],
          'img-src': 'https://a.example https://b.example',
          'worker-src': ["'self'"],
          'default-src': "'self'",
          'base-uri': ["'self'"],
        },
      });
      expect(policy.get('script-src')).toEqual([
        "'self'",
        expect.stringMatching(/^'nonce-/),
        'https://d3js.org',
        "'strict-dynamic'",
      ]);
      expect(policy.get('img-src')).toEqual(["'self'", 'data:', 'https://a.example', 'https://b.example']);
      expect(policy.get('worker-src')).toEqual(["'self'"]);
      expect(policy.get('default-src')).toEqual(["'self'"]);
      expect(policy.get('base-uri')).toEqual(["'self'"]);
      expect(policy.get('frame-ancestors')).toEqual(["'none'"]);
    });

    it.each([
      { 'frame-ancestors': '*' },
      { 'script-src': 'a; frame-ancestors *' },
      { 'script-src': ['a; frame-ancestors *'] },
      { 'script-src': ['a,b'] },
      { 'script-src': ['a\r\nSet-Cookie: b'] },
      { 'script-src': [''] },
      { 'script-src a': ['b'] },
      { 'script-src;': ['b'] },
      { '': ['b'] },
      { 'script-src': 5 },
      { 'script-src': null },
      { 'script-src': [5] },
      'script-src *',
    ])('rejects %j', (contentSecurityPolicy) => {
      const make = (): CallbackPageRenderer => rendererOf(wrong({ contentSecurityPolicy }));
      expect(make).toThrow(TypeError);
      expect(make).toThrow('`contentSecurityPolicy`');
    });
  });

  describe('texts', () => {
    it.each(pageLanguages)('speak %s', async (lang) => {
      const language = await loadLanguage(lang);
      const { html } = await rendererOf().render(success, { answered: true }, language);
      expect(html).toContain(
        `<html lang="${lang}" dir="${language.dir}" data-auth-state="success" data-auth-tone="success">`,
      );
      expect(readSettings(html)).toMatchObject({
        heading: language.texts.success.heading.replaceAll('{app}', language.app),
        message: language.texts.success.message.replaceAll('{app}', language.app),
      });
    });

    it('are in the language that the browser asks for, else in English', async () => {
      expect((await rendererOf().language('de-AT,en;q=0.5')).lang).toBe('de');
      expect((await rendererOf().language('xx')).lang).toBe('en');
      expect((await rendererOf().language(undefined)).lang).toBe('en');
    });

    it('are in the language that the app sets', async () => {
      expect((await rendererOf({ language: 'fr' }).language('de')).lang).toBe('fr');
      expect((await rendererOf({ language: 'pt-BR' }).language(undefined)).lang).toBe('pt');
      expect((await rendererOf({ language: 'xx' }).language('de')).lang).toBe('en');
    });

    it('have the app’s name in them, and nothing of it as markup', async () => {
      for (const appName of [
        'Jukebox',
        '$& $1 {app}',
        '</script><script>alert(1)</script>',
        '"><img src=x onerror=alert(1)>',
      ]) {
        const html = await htmlOf({ appName });
        expect(String(readSettings(html)['message'])).toContain(appName);
        if (appName.includes('<')) expect(html).not.toContain(appName);
      }
      expect(await htmlOf()).toContain('return to the app');
    });

    it('speak of "the app" if its name is empty', async () => {
      expect(await htmlOf({ appName: '' })).toContain('return to the app');
    });

    it('have no member but a heading and a message', () => {
      expect(() => {
        // A caller without types may give anything.
        parsePageOptions({ texts: { success: { headng: 'Done' } as never } });
      }).toThrow(new TypeError('`texts.success` has no option `headng`. Did you mean `heading`?'));
    });

    it('are replaced by the app’s texts, in every language', async () => {
      const renderer = rendererOf({
        appName: 'Jukebox',
        texts: { success: { message: 'Welcome to {app}, {app}!' }, denied: { heading: 'No' } },
      });
      for (const language of await Promise.all(pageLanguages.map(loadLanguage))) {
        expect(renderer.viewText(success, language).message).toBe('Welcome to Jukebox, Jukebox!');
        expect(renderer.viewText({ state: 'error', reason: 'denied' }, language).heading).toBe('No');
      }
      expect(renderer.viewText(success, english).heading).toBe('You are signed in');
    });

    it('say for every state what happened', () => {
      const renderer = rendererOf();
      expect(renderer.viewText(pending, english)).toEqual(renderer.text('pending', english));
      expect(renderer.viewText({ state: 'error' }, english)).toEqual(renderer.text('refused', english));
      for (const reason of ['denied', 'failed', 'state_foreign', 'state_used', 'malformed', 'wrong_issuer'] as const) {
        expect(renderer.viewText({ state: 'error', reason }, english)).toEqual(renderer.text(reason, english));
      }
      for (const reason of ['return_to_app', 'state_used', 'nothing'] as const) {
        expect(renderer.viewText({ state: 'pending', reason }, english)).toEqual(renderer.text(reason, english));
      }
    });
  });

  it.each([{}, { template: '<html><h1 data-auth-heading></h1>' }])(
    'renders each view as if it were the first: %j',
    async (options) => {
      const renderer = rendererOf(options);
      const views: readonly PageView[] = [success, pending, { state: 'error' }, { state: 'error', reason: 'denied' }];
      const places: readonly RenderOptions[] = [
        { answered: true },
        { answered: false },
        { answered: false, pasteOffered: true },
      ];
      const withoutNonce = (html: string): string => html.replaceAll(/ nonce="[^"]*"/g, '');
      for (const again of [false, true]) {
        for (const view of views) {
          for (const place of places) {
            for (const language of [english, german]) {
              const { html } = await renderer.render(view, place, language);
              const expected = await rendererOf(options).render(view, place, language);
              expect([again, withoutNonce(html)]).toEqual([again, withoutNonce(expected.html)]);
            }
          }
        }
      }
    },
  );

  describe('the default page', () => {
    it('shows its state without a script', async () => {
      const html = await htmlOf({ appName: 'Jukebox' }, { state: 'error', reason: 'state_used' });
      expect(html).toContain('data-auth-state="error" data-auth-reason="state_used" data-auth-tone="error"');
      expect(html).toContain('<h1 data-auth-heading>This sign-in link was already used</h1>');
      expect(html).toContain('<title data-auth-title>This sign-in link was already used | Jukebox</title>');
    });

    it('says what to do without a script, with its heading', async () => {
      const html = await htmlOf({}, pending, false);
      const { heading, message } = rendererOf().text('no_script', english);
      expect(html).toContain(`<h1 data-auth-noscript-heading>${heading}</h1>`);
      expect(html).toContain(`<p data-auth-noscript>${message}</p>`);
    });

    it('holds the script and loads nothing', async () => {
      const html = await htmlOf();
      expect(html).toContain(forwardingScript);
      expect(html).not.toMatch(/\ssrc=|\shref="(?!data:)|@import|(?<!new )url\(|https?:/i);
    });

    it('gives its script what it shows, whether that is the server’s result, and the texts that the script needs', async () => {
      const renderer = rendererOf({ appName: 'Jukebox' });
      const textOf = (key: PageTextKey): PageText => renderer.text(key, english);
      const settingsOf = async (view: PageView, options: RenderOptions): Promise<unknown> =>
        readSettings((await renderer.render(view, options, english)).html);
      expect(await settingsOf(pending, { answered: false })).toEqual({
        state: 'pending',
        ...textOf('pending'),
        answered: false,
        pasteOffered: false,
        credentials: 'omit',
        reportLoaded: false,
        autoClose: 5000,
        appName: 'Jukebox',
        detailLabel: 'Message from the sign-in service',
        codeLabel: 'Error code:',
        texts: {
          finishing: textOf('finishing'),
          unreachable: textOf('unreachable'),
          not_forwarded: textOf('not_forwarded'),
          close_window: textOf('close_window'),
          nothing: textOf('nothing'),
        },
      });
      expect(await settingsOf(pending, { answered: false, pasteOffered: true })).toMatchObject({
        pasteOffered: true,
        texts: { copy_address: textOf('copy_address'), address_copied: textOf('address_copied') },
      });
      expect(await settingsOf(pending, { answered: false })).toMatchObject({ pasteOffered: false });
      expect(await settingsOf({ state: 'pending', reason: 'finishing' }, { answered: true })).toMatchObject({
        reason: 'finishing',
        answered: true,
        texts: { return_to_app: textOf('return_to_app') },
      });
    });

    it('is closed after a while, unless it is a custom page or the app says otherwise', async () => {
      expect(readSettings(await htmlOf())).toMatchObject({ autoClose: 5000 });
      expect(readSettings(await htmlOf({ template: '<p>' }))).toMatchObject({ autoClose: false });
      expect(readSettings(await htmlOf({ autoClose: false }))).toMatchObject({ autoClose: false });
      expect(readSettings(await htmlOf({ autoClose: 1500 }))).toMatchObject({ autoClose: 1500 });
    });

    it('shows the app’s logo, and no picture otherwise', async () => {
      expect(await htmlOf({ logo: 'data:image/png;base64,AAAA' })).toContain(
        '<img data-auth-logo alt="" src="data:image/png;base64,AAAA" />',
      );
      expect(await htmlOf()).toContain('<img data-auth-logo alt="" hidden />');
    });

    it.each(['path', 'URL'])('shows a logo that is a file, given as %s, also as favicon', async (kind) => {
      const path = join(folder, 'logo.svg');
      await writeFile(path, '<svg/>');
      const html = await htmlOf({ logo: kind === 'path' ? path : pathToFileURL(path) });
      const src = 'data:image/svg+xml;base64,PHN2Zy8+';
      expect(html).toContain(`<img data-auth-logo alt="" src="${src}" />`);
      expect(html).toContain(`<link rel="icon" data-auth-icon href="${src}" />`);
    });

    it('shows a logo that the app’s handler serves, and allows no other host', async () => {
      const options = { logo: { url: '/logo.svg?a&b' } };
      expect(await htmlOf(options)).toContain('<img data-auth-logo alt="" src="/logo.svg?a&#38;b" />');
      expect((await policyOf(options)).get('img-src')).toEqual(["'self'", 'data:']);
    });

    it('has a neutral favicon without a logo, so that browsers request none', async () => {
      expect(await htmlOf()).toContain('<link rel="icon" data-auth-icon href="data:image/svg+xml,%3Csvg');
    });

    it.each(['missing.svg', 'large.png'])(
      'shows no logo if the file cannot be read, with one warning, so that no sign-in is lost: %s',
      async (name) => {
        await writeFile(join(folder, 'large.png'), Buffer.alloc(256 * 1024 + 1));
        const emitWarning = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
        try {
          const renderer = rendererOf({ logo: join(folder, name) });
          for (const view of [success, pending]) {
            expect((await renderer.render(view, { answered: true }, english)).html).toContain(
              '<img data-auth-logo alt="" hidden />',
            );
          }
          expect(emitWarning.mock.calls.map(([text]) => text)).toEqual([expect.stringContaining('`logo`')]);
        } finally {
          emitWarning.mockRestore();
        }
      },
    );

    it.each([
      ['#ffb300', '#000'],
      ['#1a73e8', '#fff'],
      ['#000000', '#fff'],
      ['#FFFFFF', '#000'],
    ])('has the accent colour %s, and %s on it', async (accentColor, text) => {
      const html = await htmlOf({ accentColor });
      expect(html).toMatch(
        new RegExp(`<style nonce="[^"]+">:root\\{--auth-accent:${accentColor};--auth-on-accent:${text}\\}</style>`),
      );
    });

    it('links the way back to the app and its help only if it has them', async () => {
      expect(await htmlOf()).toContain('<a data-auth-return hidden></a>');
      const html = await htmlOf({
        appName: 'Tidewater',
        returnUri: 'com.example.app:/back?a&b',
        helpUri: 'https://example.com/help',
      });
      expect(html).toContain('<a data-auth-return href="com.example.app:/back?a&#38;b">Return to Tidewater</a>');
      expect(html).toContain(
        '<a data-auth-help href="https://example.com/help" target="_blank" rel="noreferrer">Get help</a>',
      );
    });

    it('shows the code of an error, and none of what is no failure', async () => {
      const codeOf = async (view: PageView): Promise<string | undefined> =>
        /<p data-auth-code>([^<]*)</.exec(await htmlOf({}, view))?.[1];
      expect(await codeOf({ state: 'error', reason: 'failed', code: 'EXCHANGE_FAILED' })).toBe(
        'Error code: EXCHANGE_FAILED',
      );
      expect(await codeOf({ state: 'error', reason: 'wrong_issuer' })).toBe('Error code: wrong_issuer');
      for (const reason of ['denied', 'state_foreign'] as const) {
        expect(await codeOf({ state: 'error', reason, code: 'ACCESS_DENIED' })).toBe('');
      }
      expect(await codeOf(success)).toBe('');
    });

    it('says that JavaScript is needed only if the response may be in the fragment', async () => {
      const { heading } = rendererOf().text('no_script', english);
      expect(await htmlOf({}, pending, false)).toContain(heading);
      expect(await htmlOf({}, { state: 'pending', reason: 'finishing' }, true)).not.toContain(heading);
      expect(await htmlOf({}, success, true)).not.toContain(heading);
    });

    it('shows the app’s name, and no name if it has none', async () => {
      expect(await htmlOf()).toContain('<p data-auth-app-name></p>');
      expect(await htmlOf({ appName: 'A & B' })).toContain('<p data-auth-app-name>A &#38; B</p>');
    });
  });

  describe('template', () => {
    it('accepts a string, and adds the script', async () => {
      const html = await htmlOf({ template: '<!doctype html><html lang="eo"><head></head><p data-auth-message></p>' });
      expect(html).toMatch(
        /^<!doctype html><html lang="eo" data-auth-state="success" data-auth-tone="success"><head><script /,
      );
      expect(html).toContain(forwardingScript);
      expect(html).toContain('<p data-auth-message>You can close this window and return to the app.</p>');
    });

    it('does not add the script to a page that loads it itself, such as one written for the original', async () => {
      const html = await htmlOf({ template: '<script src="/auth_assets/main.js"></script>' });
      expect(html).not.toContain(forwardingScript);
      expect(readSettings(html)).toMatchObject({ state: 'success' });
      expect(html.indexOf('data-auth-page')).toBeLessThan(html.indexOf('main.js'));
    });

    it('accepts an empty string as a page', async () => {
      expect(await htmlOf({ template: '' })).toContain(forwardingScript);
    });

    it.each([
      ['</script> in a script', '<head></head><script>var a = "<\\/script>";</script>'],
      ['a <base>', '<head><base href="https://evil.test/"></head>'],
      ['replacement patterns', "<p>$& $1 $` $' $$ {app}</p>"],
      ['a commented head', '<!-- <head> --><p>'],
      ['an unclosed comment', '<p>a</p><!-- '],
      ['an unclosed script', '<p>a</p><script src=x>'],
      ['a byte order mark', '\ufeff<!doctype html><p>'],
    ])('leaves what is its own as it is: %s', async (_, template) => {
      const html = await htmlOf({ template });
      const own = html
        .replace(forwardingScript, '')
        .replace(/<script type="application\/json" data-auth-page>[^<]*<\/script><script nonce="[^"]*"><\/script>/, '')
        .replace(/ nonce="[^"]*"/g, '');
      expect(own).toBe(template);
      expect(html).toContain(forwardingScript);
    });

    it('accepts a function, and passes it what to show and nothing of the request', async () => {
      const contexts: TemplateContext[] = [];
      const template = (context: TemplateContext): string => {
        contexts.push(context);
        return `<html><script nonce="${context.nonce}">a</script><h1>${context.heading}</h1>`;
      };
      const renderer = rendererOf({ template, appName: 'Jukebox' });
      const { html, headers } = await renderer.render({ state: 'error', reason: 'denied' }, { answered: true }, german);
      const { heading, message } = renderer.text('denied', german);
      const nonce = contexts[0]?.nonce ?? '';
      expect(contexts).toEqual([
        { state: 'error', reason: 'denied', heading, message, appName: 'Jukebox', lang: 'de', dir: 'ltr', nonce },
      ]);
      expect(headers['Content-Security-Policy']).toContain(`'nonce-${nonce}'`);
      expect(html).toContain(`<h1>${heading}</h1>`);
      expect(html).toContain('data-auth-state="error" data-auth-reason="denied"');
      expect(html.match(new RegExp(`nonce="${nonce}"`, 'g'))).toHaveLength(2);
    });

    it('accepts a function that returns a promise', async () => {
      expect(await htmlOf({ template: () => Promise.resolve('<p>later</p>') })).toContain('<p>later</p>');
    });

    it('is asked anew for every page', async () => {
      let count = 0;
      const renderer = rendererOf({ template: () => `<p>${(count += 1)}</p>` });
      await renderer.load();
      expect(count).toBe(0);
      expect((await renderer.render(success, { answered: true }, english)).html).toContain('<p>1</p>');
      expect((await renderer.render(success, { answered: true }, english)).html).toContain('<p>2</p>');
    });

    it('is replaced by the built-in page if it fails, with one warning, so that no sign-in is lost', async () => {
      const throwing = (): string => {
        throw new Error('The designer erred');
      };
      const throwingText = (): string => {
        // eslint-disable-next-line @typescript-eslint/only-throw-error -- a template may throw anything
        throw 'SECRET';
      };
      const failing: readonly unknown[] = [
        throwing,
        throwingText,
        () => Promise.reject(new Error('Later')),
        () => undefined,
        () => 5,
      ];
      for (const template of failing) {
        const emitWarning = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
        try {
          const renderer = rendererOf({ template: template as () => string, appName: 'Tidewater' });
          for (const view of [success, pending]) {
            const { html, headers } = await renderer.render(view, { answered: true }, english);
            expect(html).toContain('<p data-auth-app-name>Tidewater</p>');
            expect(headers['Content-Security-Policy']).not.toContain('unsafe-inline');
          }
          expect(emitWarning).toHaveBeenCalledTimes(1);
          expect(emitWarning.mock.calls[0]?.[0]).toContain('`template` failed');
          expect(emitWarning.mock.calls[0]?.[0]).not.toContain('SECRET');
        } finally {
          emitWarning.mockRestore();
        }
      }
    });
  });

  describe('builtIn', () => {
    it('is the built-in page with the name, the logo, the language and the texts of the app, and stays open', async () => {
      const renderer = rendererOf({
        template: '<p>',
        appName: 'Tidewater',
        logo: 'data:image/png;base64,AAAA',
        language: 'de',
        texts: { denied: { heading: 'Abgelehnt von {app}' } },
        autoClose: 1000,
      }).builtIn;
      expect(renderer.isDefault).toBe(true);
      expect((await renderer.language('fr')).lang).toBe('de');
      const { html } = await renderer.render({ state: 'error', reason: 'denied' }, { answered: true }, german);
      expect(html).toContain('<p data-auth-app-name>Tidewater</p>');
      expect(html).toContain('src="data:image/png;base64,AAAA"');
      expect(html).toContain('<h1 data-auth-heading>Abgelehnt von Tidewater</h1>');
      expect(readSettings(html)).toMatchObject({ autoClose: false });
    });
  });

  describe('templatePath', () => {
    it('accepts a file, as a path and as a URL', async () => {
      const path = join(folder, 'page.html');
      for (const templatePath of [path, pathToFileURL(path)]) {
        const renderer = rendererOf({ templatePath });
        expect((await renderer.render(success, { answered: true }, english)).html).toContain(
          '<body>My file: \u00e9</body>',
        );
        expect(renderer.folder).toBeUndefined();
      }
    });

    it('accepts a folder with index.html, and adds the address of its files', async () => {
      const path = join(folder, 'site');
      for (const templatePath of [path, pathToFileURL(path), pathToFileURL(`${path}/`)]) {
        const renderer = rendererOf({ templatePath });
        expect(renderer.folder).toBeUndefined();
        const { html } = await renderer.render(success, { answered: true }, english);
        expect(html).toContain('My folder');
        expect(html).not.toContain(forwardingScript);
        expect(renderer.folder).toMatch(/site\/?$/);
        expect(renderer.isDefault).toBe(false);
      }
    });

    it.each(['missing.html', 'empty', 'page.html/index.html'])('cannot read %s', async (name) => {
      const renderer = rendererOf({ templatePath: join(folder, name) });
      await expect(renderer.load()).rejects.toMatchObject({
        name: 'TemplateError',
        code: 'TEMPLATE_UNREADABLE',
        message: expect.stringContaining('`templatePath`'),
        cause: { code: expect.stringMatching(/^E[A-Z]+$/) },
      });
    });

    it('is tried again after it could not be read, and read once after it could', async () => {
      const path = join(folder, 'late.html');
      const renderer = rendererOf({ templatePath: path });
      await expect(renderer.load()).rejects.toMatchObject({ code: 'TEMPLATE_UNREADABLE' });
      await writeFile(path, '<p>at last</p>');
      await Promise.all([renderer.load(), renderer.load()]);
      await rm(path);
      expect((await renderer.render(success, { answered: true }, english)).html).toContain('<p>at last</p>');
    });
  });

  describe('renderOutcome', () => {
    const appName = '"><script>alert(1)</script>';
    const renderer = rendererOf({ appName, texts: { success: { heading: '{app}', message: '{app}' } } });

    it('gives the end to the script and to a page without one', () => {
      const html = renderer.renderOutcome({ state: 'error', reason: 'failed' }, english);
      expect(html).toMatch(/^<template data-auth-outcome="[^"]*"><\/template><noscript><div role="status"/);
      expect(html).toContain('<h1>Sign-in was not completed</h1>');
      expect(html).not.toContain('<script');
      expect(html).not.toContain('refresh');
    });

    it('shows the texts of the app as text', () => {
      const html = renderer.renderOutcome(success, english);
      expect(html).not.toContain('<script');
      const escaped = '&#34;&#62;&#60;script&#62;alert(1)&#60;/script&#62;';
      expect(html).toContain(`<h1>${escaped}</h1><p>${escaped}</p>`);
    });

    it('shows the app’s line and the code of the error', () => {
      const view: PageView = { state: 'error', reason: 'failed', note: 'as <ada>', code: 'EXCHANGE_FAILED' };
      const html = rendererOf().renderOutcome(view, english);
      expect(html).toContain('<p>as &#60;ada&#62;</p><p>');
      expect(html).toContain('</p><p>Error code: EXCHANGE_FAILED</p></div></noscript>');
    });

    it('redirects if the app says so', () => {
      const html = renderer.renderOutcome(success, english, '/a?b="c"&d=<e>');
      expect(html).toContain('<meta http-equiv="refresh" content="0;url=/a?b=&#34;c&#34;&#38;d=&#60;e&#62;">');
    });
  });

  it.each([
    ['template', { template: 5 }, TypeError],
    ['template', { template: null }, TypeError],
    ['templatePath', { templatePath: 5 }, TypeError],
    ['templatePath', { templatePath: new URL('https://example.com/page.html') }, TypeError],
    ['templatePath', { template: '<p>', templatePath: 'page.html' }, TypeError],
    ['appName', { appName: 5 }, TypeError],
    ['language', { language: {} }, TypeError],
    ['logo', { logo: 'https://example.com/logo.png' }, TypeError],
    ['logo', { logo: new URL('https://example.com/logo.png') }, TypeError],
    ['logo', { logo: 'logo.txt' }, TypeError],
    ['logo', { logo: 'logo' }, TypeError],
    ['logo', { logo: null }, TypeError],
    ['logo', { logo: {} }, TypeError],
    ['logo.url', { logo: { url: '//example.com/logo.png' } }, TypeError],
    ['logo.url', { logo: { url: 'https://example.com/logo.png' } }, TypeError],
    ['logo.url', { logo: { url: 'logo.png' } }, TypeError],
    ['logo.url', { logo: { url: 5 } }, TypeError],
    ['accentColor', { accentColor: 'red' }, TypeError],
    ['accentColor', { accentColor: '#fff' }, TypeError],
    ['accentColor', { accentColor: '#123456;}' }, TypeError],
    ['accentColor', { accentColor: 5 }, TypeError],
    ['helpUri', { helpUri: 'javascript:alert(1)' }, TypeError],
    ['helpUri', { helpUri: 'http://example.com/help' }, TypeError],
    ['helpUri', { helpUri: '/help' }, TypeError],
    ...[
      ...['http://localhost/', 'https://app.example/', 'javascript:alert(1)', 'data:text/html,x', 'file:///etc/passwd'],
      ...[
        'blob:https://a.example/x',
        'about:blank',
        'ms-msdt:/id',
        'MS-settings:',
        'search-ms:query=x',
        '/back',
        '',
        5,
      ],
    ].map((returnUri) => ['returnUri', { returnUri }, TypeError] as const),
    ['logo', { logo: 'javascript:alert(1)' }, TypeError],
    ['logo', { logo: 'https://example.com/?data:image/png;base64,AAAA' }, TypeError],
    ['logo', { logo: 'data:text/html,x' }, TypeError],
    ['logo', { logo: 5 }, TypeError],
    ['autoClose', { autoClose: -1 }, RangeError],
    ['autoClose', { autoClose: NaN }, RangeError],
    ['autoClose', { autoClose: Infinity }, RangeError],
    ['autoClose', { autoClose: true }, RangeError],
    ['autoClose', { autoClose: '5' }, RangeError],
    ['autoClose', { autoClose: 2 ** 31 }, RangeError],
    ['texts', { texts: { sucess: {} } }, TypeError],
    ['texts', { texts: { constructor: {} } }, TypeError],
    ['texts.success', { texts: { success: 'Done' } }, TypeError],
    ['texts.success', { texts: { success: null } }, TypeError],
    ['texts.success.heading', { texts: { success: { heading: 5 } } }, TypeError],
    ['contentSecurityPolicy', { contentSecurityPolicy: { 'script-src': 'a;b' } }, TypeError],
  ])('names the option %s when it is wrong', (name, options, type) => {
    const check = (): void => {
      parsePageOptions(wrong(options));
    };
    expect(check).toThrow(type);
    expect(check).toThrow(`\`${name}\``);
  });

  it.each([
    { autoClose: 0 },
    { logo: 'DATA:image/png;base64,AAAA' },
    { logo: 'assets/logo.svg' },
    { logo: 'C:\\App\\logo.PNG' },
    { logo: pathToFileURL('/logo.webp') },
    { logo: { url: '/logo.svg?v=2' } },
    { accentColor: '#1A73e8' },
    { helpUri: 'https://example.com/help' },
    { helpUri: new URL('mailto:help@example.com') },
    { returnUri: 'com.example.app:/signed-in' },
    { returnUri: new URL('myapp://home') },
    { texts: { success: { heading: undefined, message: 'Welcome' } } },
    { templatePath: pathToFileURL('/page.html') },
  ])('accepts %j', (options) => {
    expect(() => {
      parsePageOptions(wrong(options));
    }).not.toThrow();
  });
});
