import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compileHtml, escapeHtml, escapeJson, type HtmlValues } from '#src/page/html-template.js';

const values: HtmlValues = {
  head: '[HEAD]',
  nonce: 'N',
  root: { 'data-auth-state': 'pending' },
  slots: { 'data-auth-message': 'Hello', 'data-auth-title': 'Title' },
  addresses: {},
};

function render(html: string, changed: Partial<HtmlValues> = {}): string {
  return compileHtml(html).render({ ...values, ...changed });
}

const root = ' data-auth-state="pending"';

describe('compileHtml', () => {
  describe('for the package’s part of the head', () => {
    it.each([
      [
        'behind <head>',
        '<!doctype html><html><head><title>t</title></head>',
        `<!doctype html><html${root}><head>[HEAD]<title>t</title></head>`,
      ],
      [
        'behind <HEAD> in capitals',
        '<!DOCTYPE HTML><HTML><HEAD></HEAD>',
        `<!DOCTYPE HTML><HTML${root}><HEAD>[HEAD]</HEAD>`,
      ],
      ['behind a head with attributes', '<head lang="en" data-x=">">x', '<head lang="en" data-x=">">[HEAD]x'],
      ['behind a head over several lines', '<head\n  class="a"\n>x', '<head\n  class="a"\n>[HEAD]x'],
      [
        'behind <html> if there is no head',
        '<!doctype html><html lang=de><p>x',
        `<!doctype html><html lang=de${root}>[HEAD]<p>x`,
      ],
      ['behind the doctype if there is neither', '<!doctype html><p>x', '<!doctype html>[HEAD]<p>x'],
      [
        'behind comments and a doctype',
        '<!-- a -->\n<!-- b --><!doctype html>\n<p>',
        '<!-- a -->\n<!-- b --><!doctype html>[HEAD]\n<p>',
      ],
      ['behind a byte order mark and a doctype', '\ufeff<!doctype html><p>', '\ufeff<!doctype html>[HEAD]<p>'],
      ['at the start if there is no doctype', '<p>x', '[HEAD]<p>x'],
      ['at the start of plain text', 'a < b & c > d', '[HEAD]a < b & c > d'],
      ['in a page that is empty', '', '[HEAD]'],
      ['in a page that is a lone <', '<', '[HEAD]<'],
    ])('puts it %s', (_, html, wanted) => {
      expect(render(html)).toBe(wanted);
    });

    it.each([
      ['a comment', '<!-- <head> --><html><head>', `<!-- <head> --><html${root}><head>[HEAD]`],
      ['an attribute', '<html data-x="<head>"><head>', `<html data-x="<head>"${root}><head>[HEAD]`],
      [
        'a script',
        '<html><script>"<head>"</script><head>',
        `<html${root}><script nonce="N">"<head>"</script><head>[HEAD]`,
      ],
      [
        'a style',
        '<html><style>/*<head>*/</style><head>',
        `<html${root}><style nonce="N">/*<head>*/</style><head>[HEAD]`,
      ],
      ['a title', '<html><title><head></title><head>', `<html${root}><title><head></title><head>[HEAD]`],
      ['a textarea', '<html><textarea><head></textarea><head>', `<html${root}><textarea><head></textarea><head>[HEAD]`],
      ...['xmp', 'iframe', 'noembed', 'noframes'].map((name): [string, string, string] => [
        `<${name}>`,
        `<html><${name}><head></${name}><head>`,
        `<html${root}><${name}><head></${name}><head>[HEAD]`,
      ]),
      ['a <header>', '<html><header></header>', `<html${root}>[HEAD]<header></header>`],
      ['an end tag', '<html></head x="<head>">', `<html${root}>[HEAD]</head x="<head>">`],
      ['a processing instruction', '<?xml <head ?><html><head>', `<?xml <head ?><html${root}><head>[HEAD]`],
      ['a comment that ends with --!>', '<!-- <head> --!><html><head>', `<!-- <head> --!><html${root}><head>[HEAD]`],
      ['an empty comment', '<!--><html><head>', `<!--><html${root}><head>[HEAD]`],
      ['another empty comment', '<!---><html><head>', `<!---><html${root}><head>[HEAD]`],
      [
        'a comment that only looks ended',
        '<!--!> <head> --><html><head>',
        `<!--!> <head> --><html${root}><head>[HEAD]`,
      ],
    ])('is not deceived by the <head> of %s', (_, html, wanted) => {
      expect(render(html)).toBe(wanted);
    });

    it('comes before any script of the page', () => {
      expect(render('<head><script src=a.js></script>')).toBe('<head>[HEAD]<script src=a.js></script>');
      expect(render('<script src=a.js></script><p>')).toBe('[HEAD]<script src=a.js></script><p>');
    });
  });

  describe('for the root element', () => {
    it('keeps the author’s attributes, and replaces those of the package', () => {
      expect(render('<html lang="de" class=\'a b\' DATA-AUTH-STATE="success" hidden>')).toBe(
        `<html lang="de" class='a b' hidden${root}>[HEAD]`,
      );
    });

    it('escapes what it writes', () => {
      expect(render('<html>', { root: { lang: '"><script>' } })).toBe('<html lang="&#34;&#62;&#60;script&#62;">[HEAD]');
    });

    it('keeps the first of an attribute that is there twice, as browsers do', () => {
      expect(render('<html class=a class=b>')).toBe(`<html class=a${root}>[HEAD]`);
    });

    it.each(['<html/>', '<html />', '<html\n>', '<html\t>'])('accepts %j', (html) => {
      expect(render(html)).toBe(`<html${root}>[HEAD]`);
    });

    it('is not torn apart by attributes that are for an image', () => {
      expect(render('<html hidden data-auth-logo>')).toBe(`<html hidden data-auth-logo${root}>[HEAD]`);
    });
  });

  describe('for the slots', () => {
    it('fills empty elements, each by its name', () => {
      expect(render('<title data-auth-title></title><p data-auth-message></p><b data-auth-message></b>')).toBe(
        '[HEAD]<title data-auth-title>Title</title><p data-auth-message>Hello</p><b data-auth-message>Hello</b>',
      );
    });

    it('leaves elements that the author has filled', () => {
      for (const html of [
        '<p data-auth-message>Hi</p>',
        '<p data-auth-message> </p>',
        '<p data-auth-message><i></i></p>',
      ]) {
        expect(render(html)).toBe(`[HEAD]${html}`);
      }
    });

    it('leaves unknown slots alone, among them the names of an object’s members', () => {
      for (const name of ['data-auth-constructor', 'data-auth-__proto__', 'data-auth-', 'data-auth-nothing']) {
        expect(render(`<p ${name}></p>`)).toBe(`[HEAD]<p ${name}></p>`);
      }
    });

    it('escapes what it writes', () => {
      expect(render('<p data-auth-message></p>', { slots: { 'data-auth-message': `<script>"&'` } })).toBe(
        '[HEAD]<p data-auth-message>&#60;script&#62;&#34;&#38;&#39;</p>',
      );
    });

    it('writes replacement patterns as they are', () => {
      for (const text of ['$&', '$1', '$$', "$'", '$`', '\\0']) {
        expect(
          render('<html><head><p data-auth-message></p>', { slots: { 'data-auth-message': text }, head: text }),
        ).toBe(`<html${root}><head>${text}<p data-auth-message>${escapeHtml(text)}</p>`);
      }
    });

    it('leaves replacement patterns of the page as they are', () => {
      for (const text of ["$& $1 $$ $' $`", '{app}', '\\u003c', '%s']) {
        expect(render(`<p>${text}</p>`)).toBe(`[HEAD]<p>${text}</p>`);
      }
    });
  });

  describe('for scripts and styles', () => {
    it('gives a nonce to those in the page, and to no other', () => {
      expect(render('<script>a</script><SCRIPT type=module>b</SCRIPT><style media=print>c</style>')).toBe(
        '[HEAD]<script nonce="N">a</script><SCRIPT nonce="N" type=module>b</SCRIPT><style nonce="N" media=print>c</style>',
      );
      const html =
        '<script src="a.js"></script><script SRC=b.js></script><script nonce="own">c</script><link rel=stylesheet href=a.css>';
      expect(render(html)).toBe(`[HEAD]${html}`);
    });

    it('changes nothing within a script, up to its own end', () => {
      const html =
        '<script>"<script>"; "</scripty>"; `<p data-auth-message></p>`; a</b</script\n><p data-auth-message></p>';
      expect(render(html)).toBe(
        '[HEAD]<script nonce="N">"<script>"; "</scripty>"; `<p data-auth-message></p>`; a</b</script\n><p data-auth-message>Hello</p>',
      );
    });

    it('goes on behind a script that a text in it has ended', () => {
      expect(render('<script>"</script>"<p data-auth-message></p>')).toBe(
        '[HEAD]<script nonce="N">"</script>"<p data-auth-message>Hello</p>',
      );
    });

    it('reads a script or a comment that is never closed to the end of the page', () => {
      for (const html of [
        '<script src=a>x<p data-auth-message></p>',
        '<!-- x<p data-auth-message></p>',
        '<title>x<p data-auth-message></p>',
      ]) {
        expect(render(html)).toBe(`[HEAD]${html}`);
      }
    });
  });

  describe('for attributes', () => {
    it.each([
      ['a quoted >', '<p title=">" data-auth-message></p>'],
      ['a > in single quotes', "<p title='>' data-auth-message></p>"],
      ['a quoted tag', '<p title="<script>" data-auth-message></p>'],
      ['quotes in quotes', `<p title='"' alt="'" data-auth-message></p>`],
      ['no blank between', '<p title="a"data-auth-message></p>'],
      ['blanks around =', '<p title = a data-auth-message></p>'],
      ['stray characters', '<p = " \' / data-auth-message></p>'],
      ['a value in Unicode', '<p title=ключ data-auth-message></p>'],
      ['a value on it', '<p data-auth-message="x"></p>'],
      ['capitals', '<P DATA-AUTH-MESSAGE></P>'],
    ])('reads a tag with %s', (_, html) => {
      expect(render(html)).toBe(`[HEAD]${html.replace(/><\/p>$/i, (end) => `>Hello${end.slice(1)}`)}`);
    });

    it('reads what follows an = as its value, with or without blanks', () => {
      expect(render('<p title= data-auth-message></p>')).toBe('[HEAD]<p title= data-auth-message></p>');
    });

    it.each([
      '<p',
      '<p data-auth-message',
      '<p title="',
      '<p title="x',
      "<p title='x>",
      '<html',
      '<html lang="x',
      '<head ',
    ])('leaves the page as it is behind a tag that never ends: %j', (html) => {
      expect(render(html).replace('[HEAD]', '').replace(root, '')).toBe(html);
    });
  });

  describe('for addresses', () => {
    it('shows the image that the app gives, and hides it otherwise', () => {
      expect(
        render('<img data-auth-logo alt="" hidden />', {
          addresses: { 'data-auth-logo': 'data:image/png;base64,AA==' },
        }),
      ).toBe('[HEAD]<img data-auth-logo alt="" src="data:image/png;base64,AA==" />');
      expect(render('<img data-auth-logo alt="" hidden />')).toBe('[HEAD]<img data-auth-logo alt="" hidden />');
    });

    it.each(['<img alt="" hidden>', '<img data-auth-logo src="own.png">', '<p data-auth-logo hidden>'])(
      'leaves %s as it is',
      (html) => {
        expect(render(html, { addresses: { 'data-auth-logo': 'data:image/png;base64,AA==' } })).toBe(`[HEAD]${html}`);
      },
    );

    it('escapes what it writes', () => {
      expect(
        render('<img hidden data-auth-logo>', { addresses: { 'data-auth-logo': 'data:image/svg+xml,"><script>' } }),
      ).toBe('[HEAD]<img src="data:image/svg+xml,&#34;&#62;&#60;script&#62;" data-auth-logo>');
    });
  });

  describe('for a <base>', () => {
    it('comes before it', () => {
      expect(render('<head><base href="https://evil.test/"></head>')).toBe(
        '<head>[HEAD]<base href="https://evil.test/"></head>',
      );
    });
  });

  it.each([
    ['<script src="/auth_assets/main.js"></script>', true],
    ['<script src="auth_assets/main.js"></script>', true],
    ['<script defer SRC=/auth_assets/main.js?v=1></script>', true],
    ["<script src='./auth_assets/main.js#x'></script>", true],
    ['<!-- <script src="/auth_assets/main.js"></script> -->', false],
    ['<p title=\'<script src="/auth_assets/main.js">\'>', false],
    ['<textarea><script src="/auth_assets/main.js"></script></textarea>', false],
    ['<script data-src="/auth_assets/main.js"></script>', false],
    ['<script src="/auth_assets/main.json"></script>', false],
    ['<script src="/my_auth_assets/main.js"></script>', false],
    ['<link href="/auth_assets/main.js">', false],
    ['<script>"/auth_assets/main.js"</script>', false],
    ['', false],
  ])('sees whether the page loads the script itself: %s', (html, loadsScript) => {
    expect(compileHtml(html).loadsScript).toBe(loadsScript);
  });

  it('renders anew each time', () => {
    const template = compileHtml('<html><head><style></style><p data-auth-message></p>');
    const first = template.render(values);
    template.render({ ...values, nonce: 'M', head: '[OTHER]' });
    expect(template.render(values)).toBe(first);
  });

  it('loses nothing of any page', () => {
    const part = fc.oneof(
      fc.string({ maxLength: 5 }),
      fc.constantFrom(
        ...[
          '<',
          '>',
          '</',
          '/>',
          '<!--',
          '-->',
          '--!>',
          '<!doctype html>',
          '<html',
          '<head',
          '<script',
          '</script>',
          '<title>',
        ],
        ...[
          '</title>',
          '<img',
          '<p',
          ' hidden',
          ' data-auth-logo',
          ' data-auth-message',
          ' src=',
          '"',
          "'",
          '=',
          ' ',
          '\n',
          '\0',
        ],
        ...['<style>', '</style>', '<base href=x>', '\ufeff', 'a', '<?', '<![CDATA[', ']]>'],
      ),
    );
    const empty: HtmlValues = { head: '', nonce: '', root: {}, slots: {}, addresses: {} };
    fc.assert(
      fc.property(fc.array(part, { maxLength: 40 }), (parts) => {
        const html = parts.join('');
        const rendered = compileHtml(html).render(empty).replaceAll(' nonce=""', '');
        // The root element’s own attributes are written anew, with one blank between them.
        if (/<html/i.test(html)) expect(rendered.length).toBeLessThanOrEqual(html.length + 40);
        else expect(rendered).toBe(html);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['comments before no doctype', `${'<!-- a -->'.repeat(5_000)}<p>`],
    ['comments that never end', '<!--'.repeat(20_000)],
    ['blanks', ' '.repeat(100_000)],
    ['tags that never end', '<a '.repeat(20_000)],
    ['quotes that never end', '<a b="'.repeat(5_000)],
    ['scripts that never end', '<script>'.repeat(5_000)],
    ['slashes', `<a ${'/'.repeat(50_000)}`],
    ['a doctype that never ends', `<!doctype${' '.repeat(50_000)}`],
  ])('reads %s in good time', (_, html) => {
    const before = performance.now();
    expect(render(html)).toHaveLength(
      html.length + '[HEAD]'.length + (_.startsWith('scripts') ? ' nonce="N"'.length : 0),
    );
    expect(performance.now() - before).toBeLessThan(2_000);
  });
});

describe('escapeHtml', () => {
  it('leaves nothing that could end a text or a quoted attribute', () => {
    expect(escapeHtml(`<a href="x" title='y'>&amp;`)).toBe('&#60;a href=&#34;x&#34; title=&#39;y&#39;&#62;&#38;amp;');
    expect(escapeHtml('Привет, \u{1f511} `{app}` $&')).toBe('Привет, \u{1f511} `{app}` $&#38;');
  });
});

describe('escapeJson', () => {
  it('leaves nothing that could end a script or begin a comment, and means the same', () => {
    const value = { a: '</script><!--<script>', b: ['&', '\u2028\u2029', '"', '$&', ']]>'] };
    const text = escapeJson(value);
    expect(text).not.toMatch(/[<>&\u2028\u2029]/);
    expect(JSON.parse(text)).toEqual(value);
  });
});
