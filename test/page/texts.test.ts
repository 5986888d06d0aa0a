import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { build } from 'esbuild';
import { pageLanguages, pageTextKeys, selectLanguage, type PageLanguage } from '#src/page/language.js';
import { loadLanguage } from '#src/page/texts.js';

const template = readFileSync(new URL('../../templates/callback.html', import.meta.url), 'utf8');

const languages = await Promise.all(pageLanguages.map(loadLanguage));

/** Every heading and message of a language, each with its place. */
function textsOf(language: PageLanguage): [where: string, text: string][] {
  return Object.entries(language.texts).flatMap(([key, { heading, message }]): [string, string][] => [
    [`${key}.heading`, heading],
    [`${key}.message`, message],
  ]);
}

/** The places of the texts that have what no text may have. */
function placesOf(language: PageLanguage, fault: (text: string, where: string) => boolean): string[] {
  return textsOf(language)
    .filter(([where, text]) => fault(text, where))
    .map(([where]) => where);
}

describe('pageLanguages', () => {
  it('begins with English and names each language once, by a well-formed tag', () => {
    expect(pageLanguages).toEqual([
      'en',
      'de',
      'fr',
      'es',
      'pt',
      'ja',
      'zh',
      'zh-Hant',
      'it',
      'nl',
      'pl',
      'ko',
      'ar',
      'he',
    ]);
    expect(pageLanguages.map((tag) => new Intl.Locale(tag).toString())).toEqual(pageLanguages);
  });

  it('gives Arabic and Hebrew, and no other, the direction from right to left', () => {
    expect(languages.filter(({ dir }) => dir === 'rtl').map(({ lang }) => lang)).toEqual(['ar', 'he']);
  });

  describe.each(languages)('$lang', (language) => {
    it('has every text and no other', () => {
      expect(Object.keys(language.texts).sort()).toEqual([...pageTextKeys].sort());
    });

    it('has no empty text and no stray space', () => {
      expect(placesOf(language, (text) => text === '' || text !== text.trim() || text.includes('  '))).toEqual([]);
      expect(language.app).toMatch(/^\S(.*\S)?$/u);
    });

    it('has no placeholder but {app}, and {keys} for the keys that close the window', () => {
      const placeholder = (where: string): string => (where === 'close_window.message' ? '{keys}' : '{app}');
      expect(placesOf(language, (text, where) => /[{}$%]/.test(text.replaceAll(placeholder(where), '')))).toEqual([]);
      expect(language.texts.close_window.message.split('{keys}')).toHaveLength(2);
      expect(language.texts.close_window.heading).toMatch(/^(Ctrl|Strg)\+W$/);
      expect(language.app).not.toContain('{');
    });

    it('has no character with a meaning in HTML', () => {
      expect(placesOf(language, (text) => /[<>&"'`]/.test(text))).toEqual([]);
      expect(language.app).not.toMatch(/[<>&"'`]/);
    });

    it('ends messages, and no heading, with a full stop', () => {
      expect(placesOf(language, (text, where) => /[.\u3002]$/u.test(text) !== where.endsWith('.message'))).toEqual([]);
    });

    it('names the app if the user goes on there', () => {
      const { return_to_app, success, failed, refused, state_used, unreachable, error_without_state } = language.texts;
      const { foreign_host, copy_address, address_copied, sign_in_ended, state_foreign, not_forwarded } =
        language.texts;
      for (const { heading, message } of [
        ...[return_to_app, success, failed, refused, state_used, unreachable, error_without_state],
        ...[foreign_host, copy_address, address_copied, sign_in_ended, state_foreign, not_forwarded],
      ]) {
        expect(heading + message).toContain('{app}');
      }
    });

    it('has a label of its own for the provider’s words', () => {
      expect(language.detailLabel).toMatch(/^\S.{4,}\S$/u);
      expect(languages.filter(({ detailLabel }) => detailLabel === language.detailLabel)).toEqual([language]);
    });

    it('has a label for an error\u2019s code and for the link to help', () => {
      expect(language.codeLabel).toMatch(/^\S.*[:\uff1a]$/u);
      expect(language.helpLabel).toMatch(/^\S.*\S$/u);
    });
  });

  it.each(['en', 'de', 'fr', 'es', 'pt', 'it', 'nl', 'pl'])('starts no sentence with {app} in %s', async (lang) => {
    expect(placesOf(await loadLanguage(lang), (text) => /(?:^|[.!?:] )\{app\}/.test(text))).toEqual([]);
  });

  it.each(['ar', 'he'])('keeps a Latin name in its own order in %s', async (lang) => {
    expect(placesOf(await loadLanguage(lang), (text) => /(?<!\u2068)\{app\}|\{app\}(?!\u2069)/u.test(text))).toEqual(
      [],
    );
  });
});

describe('templates/callback.html', () => {
  it('is ASCII, and has no text of a language', () => {
    expect(template).toMatch(/^[\n -~]*$/);
  });
});

describe('loadLanguage', () => {
  it('loads the language of each tag', () => {
    expect(languages.map(({ lang }) => lang)).toEqual(pageLanguages);
  });

  it.each(['xx', '', 'EN', 'constructor'])('loads English for %j', async (tag) => {
    expect((await loadLanguage(tag)).lang).toBe('en');
  });

  it('loads English if the file of a language is missing', async () => {
    const { outputFiles } = await build({
      entryPoints: [fileURLToPath(new URL('../../src/page/texts.ts', import.meta.url))],
      bundle: true,
      write: false,
      format: 'esm',
      plugins: [
        {
          name: 'without-german',
          setup: (bundler) => {
            bundler.onResolve({ filter: /\/de\.js$/ }, () => ({ path: 'file:///missing/de.js', external: true }));
          },
        },
      ],
    });
    const code = outputFiles[0]?.text ?? '';
    // It is the module that was built a line above.
    const bundled = (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as {
      loadLanguage: typeof loadLanguage;
    };
    expect((await bundled.loadLanguage('de')).lang).toBe('en');
    expect((await bundled.loadLanguage('fr')).lang).toBe('fr');
  });
});

describe('selectLanguage', () => {
  it.each([
    // What browsers send.
    ['en-US,en;q=0.9', 'en'],
    ['de-AT,de;q=0.9,en;q=0.8', 'de'],
    ['pt-BR,pt;q=0.9,en-US;q=0.8,en;q=0.7', 'pt'],
    ['zh-CN,zh;q=0.9', 'zh'],
    ['zh-TW,zh;q=0.9,en;q=0.8', 'zh-Hant'],
    ['sv-SE,sv;q=0.8,fr;q=0.5,en;q=0.3', 'fr'],
    // Regions, scripts and variants fall back (RFC 4647, section 3.4).
    ['zh-Hans', 'zh'],
    ['zh-Hans-HK', 'zh'],
    ['zh-Hant', 'zh-Hant'],
    ['zh-Hant-CN-x-private1-private2', 'zh-Hant'],
    ['zh-HK', 'zh-Hant'],
    ['zh-MO', 'zh-Hant'],
    ['de-CH-1996', 'de'],
    ['iw-IL', 'he'],
    // A longer word is another language.
    ['den', 'en'],
    ['dent, it', 'it'],
    // Weights.
    ['en;q=0.5, nl;q=0.9', 'nl'],
    ['en;q=0.5,nl ; q=0.9', 'nl'],
    ['en;q=0.5,nl\t;\tQ=0.900', 'nl'],
    ['ko;q=0.001,xx', 'ko'],
    ['ja;q=1.000,ko;q=0.999', 'ja'],
    ['fr, de', 'fr'],
    ['fr;q=0.7, de;q=0.7', 'fr'],
    // Exclusions.
    ['de;q=0', 'en'],
    ['fr-CA;q=0', 'en'],
    ['de;q=0, de-AT, fr;q=0.1', 'fr'],
    ['zh;q=0, zh-Hant', 'zh-Hant'],
    ['zh-Hant;q=0, zh-TW', 'zh'],
    ['en;q=0', 'en'],
    ['en;q=0, *', 'de'],
    ['en;q=0, de;q=0.0, *;q=0.1', 'fr'],
    ['*;q=0', 'en'],
    // The wildcard.
    ['*', 'en'],
    ['*, pl;q=0.1', 'pl'],
    ['sv, *;q=0.5', 'en'],
    // Upper and lower case.
    ['DE-de', 'de'],
    ['ZH-hANT-tw', 'zh-Hant'],
    // Nothing to go by.
    ['', 'en'],
    ['   ', 'en'],
    ['sv', 'en'],
    ['i-klingon', 'en'],
  ])('selects from %j: %s', (header, lang) => {
    expect(selectLanguage(header)).toBe(lang);
  });

  it('selects English if there is no header', () => {
    expect(selectLanguage(undefined)).toBe('en');
  });

  it.each([
    ',,;,=;q=,de',
    'q=1;de, de',
    'fr;q=2, de',
    'fr;q=-1, de',
    'fr;q=abc, de',
    'fr;q=NaN, de',
    'fr;q=1e0, de',
    'fr;level=1, de',
    'fr;q=1;q=1, de',
    'fr_FR, de',
    'fr-, de',
    '-fr, de',
    'fr--FR, de',
    'fr-franconians, de',
    '*-FR, de',
    'fr fr, de',
    '<script>, de',
    '\u0000fr, de',
    'ｆｒ, de',
    '__proto__, constructor, toString, de',
    'de, fr;q=\ud800',
  ])('ignores what is not well formed in %j', (header) => {
    expect(selectLanguage(header)).toBe('de');
  });

  it('reads only the first 1,000 characters, and no half of a member', () => {
    const padded = (member: string, start: number): string => `${'x,'.repeat(500).slice(0, start)}${member}`;
    expect(selectLanguage(padded('de', 998))).toBe('de');
    expect(selectLanguage(padded('de,fr', 998))).toBe('de');
    expect(selectLanguage(padded('den', 998))).toBe('en');
    expect(selectLanguage(padded('de', 1000))).toBe('en');
    expect(selectLanguage(`*,en;q=0,${padded('de;q=0.9', 986)}`)).toBe('de');
    expect(selectLanguage('a'.repeat(2000))).toBe('en');
  });

  it('needs no more time for a long header than for one of 1,000 characters', () => {
    const hostile = ['de-', 'a-a-', ',', ' ', ';', 'a;q=0.', '*,', '\t;\tq=0,', 'a-1'];
    const started = performance.now();
    for (const part of hostile) expect(pageLanguages).toContain(selectLanguage(part.repeat(1_000_000)));
    expect(performance.now() - started).toBeLessThan(1000);
  });
});
