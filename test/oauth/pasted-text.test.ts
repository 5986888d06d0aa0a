import { describe, expect, it } from '@jest/globals';
import { cleanPastedUri } from '#src/oauth/pasted-text.js';

const redirectUri = 'http://127.0.0.1:5543/callback';
const uri = `${redirectUri}?code=abc&state=x-y_z.`;

describe('cleanPastedUri', () => {
  const complete = `${redirectUri}?code=abc&state=xyz`;

  it.each([
    ['the URI', complete],
    ['white space around it', `\ufeff\u00a0 \t${complete} \r\n`],
    ['no scheme', '127.0.0.1:5543/callback?code=abc&state=xyz'],
    ['two slashes for the scheme', '//127.0.0.1:5543/callback?code=abc&state=xyz'],
    ['https for http', 'https://127.0.0.1:5543/callback?code=abc&state=xyz'],
    ['another case', 'HTTP://127.0.0.1:5543/callback?code=abc&state=xyz'],
    ['`&amp;` for `&`', `${redirectUri}?code=abc&amp;state=xyz`],
    ['`&#38;` for `&`', `${redirectUri}?code=abc&#38;state=xyz`],
    ['several lines', 'http://127.0.0.1:5543/call\r\nback?code=\n    abc&sta\nte=x\nyz'],
    ['several lines without a scheme', '127.0.0.1:5543/callback?\ncode=abc&stat\ne=xyz\n'],
    ['spaces instead of line breaks', 'http://127.0.0.1:5543/callback?code= abc&sta te=xyz'],
    ['zero width spaces', '\u200bhttp://127.0.0.1:5543/callback?code=\u2060abc&state=xyz'],
    ['what readline on Deno leaves of a bracketed paste', `~${complete}~`],
    ['that, with line breaks', ` ~${complete}\n~\r\n`],
    ['only the query', '?code=abc&state=xyz'],
    ['the query without `?`', 'code=abc&state=xyz'],
    ['the query on two lines', 'code=abc&\nstate=xyz'],
    ['the path and the query', '/callback?code=abc&state=xyz'],
    ['the path without its slash', 'callback?code=abc&state=xyz'],
    ['a sentence around it', `It says: ${complete}, and cannot be reached.`],
    ['a sentence before it', `It stopped at\n\n  ${complete}`],
    ['a sentence after it', `${complete}\nThat is all I see.`],
    ['a word after an empty line', `${complete}\n\nThanks`],
    ['another URI before it', `From https://provider.example/authorize?a=b to ${complete}`],
    ['another URI after it', `${complete} https://provider.example/?code=theirs`],
    ['quotes', `"${complete}"`],
    ['typographic quotes', `“${complete}”.`],
    ['backticks', `\`${complete}\``],
    ['angle brackets', `<${complete}>`],
    ['parentheses and a full stop', `(${complete}).`],
    ['a Markdown link', `[the page](${complete}) failed`],
    ['an HTML link', `<a href="${complete.replace('&', '&amp;')}">here</a>`],
  ])('finds the URI in %s', (_, text) => {
    expect(cleanPastedUri(text, redirectUri)).toBe(complete);
  });

  it.each([
    ['only the fragment', '#access_token=abc&state=xyz'],
    ['the path and the fragment', '/callback#access_token=abc&state=xyz'],
    ['no scheme', '127.0.0.1:5543/callback#access_token=abc&state=xyz'],
  ])('finds a fragment in %s', (_, text) => {
    expect(cleanPastedUri(text, redirectUri)).toBe(`${redirectUri}#access_token=abc&state=xyz`);
  });

  it.each([
    ['http://localhost', 'localhost/?code=a&state=b', 'http://localhost/?code=a&state=b'],
    ['http://localhost:80', 'https://localhost/?code=a&state=b', 'http://localhost/?code=a&state=b'],
    ['http://[::1]:5543/cb', '[::1]:5543/cb?code=a&state=b', 'http://[::1]:5543/cb?code=a&state=b'],
    ['http://[::1]:5543/cb', '(https://[::1]:5543/cb?code=a&state=b)', 'http://[::1]:5543/cb?code=a&state=b'],
    ['https://localhost:5543/cb', 'localhost:5543/cb?code=a', 'https://localhost:5543/cb?code=a'],
    ['https://localhost:5543/cb', 'https://localhost:5543/cb?code=a', 'https://localhost:5543/cb?code=a'],
    ['myapp.auth://token', '"myapp.auth://token/#access_token=a"', 'myapp.auth://token/#access_token=a'],
    [
      'com.example.app:/oauth',
      'It is com.example.app:/oauth?code=a&state=b .',
      'com.example.app:/oauth?code=a&state=b',
    ],
    ['http://localhost:8080/cb?a=b', '?a=b&code=c', 'http://localhost:8080/cb?a=b&code=c'],
    ['http://localhost:8080/cb?a=b', '#token=c', 'http://localhost:8080/cb?a=b#token=c'],
  ])('completes for %s the text %j', (redirect, text, expected) => {
    expect(cleanPastedUri(text, redirect)).toBe(expected);
  });

  it.each([
    'https://127.0.0.1:5544/callback?code=abc',
    'http://localhost:5543/callback?code=abc',
    'http://127.0.0.1:55431/callback?code=abc',
    'http://127.0.0.1:5543.evil.test/callback?code=abc',
    'http://evil.test/127.0.0.1:5543/callback?code=abc',
    `https://evil.test/?to=${redirectUri}?code=abc`,
    'ftp://127.0.0.1:5543/callback?code=abc',
  ])('leaves the URI of another address as it is: %s', (text) => {
    expect(cleanPastedUri(text, redirectUri)).toBe(text);
  });

  it.each(['', '   ', 'abc', '4/0AX4XfWh', 'Code: abc', 'no idea', '/other?code=abc', 'a=b', '""'])(
    'makes no URI of %j',
    (text) => {
      expect(cleanPastedUri(text, redirectUri)).not.toContain('//');
    },
  );

  it('leaves a text of more than 256 KiB alone, which is no callback URI', () => {
    const text = `"${complete}${'a'.repeat(256 * 1024)}"`;
    expect(cleanPastedUri(text, redirectUri)).toBe(text);
  });

  it('needs no redirect URI to find a whole URI', () => {
    expect(cleanPastedUri(`I see "${uri}"`)).toBe(uri.slice(0, -1));
    expect(cleanPastedUri('<com.example.app:/oauth#access_token=abc>')).toBe('com.example.app:/oauth#access_token=abc');
    expect(cleanPastedUri('code=abc')).toBe('code=abc');
  });

  it('takes a time that grows with the length of the text', () => {
    const long = 'a'.repeat(20_000);
    expect(cleanPastedUri(`${redirectUri}?code=${long}&state=xyz`, redirectUri)).toHaveLength(20_046);
    for (const part of [
      '"',
      "'",
      '("',
      'a:',
      'a=',
      'a= ',
      'a=\n',
      '&amp;',
      '<',
      '.',
      "')",
      'http://',
      '127.0.0.1:5543/',
      '?code=',
      '`',
    ]) {
      // The time of the process, which does not depend on other load.
      const began = process.cpuUsage();
      cleanPastedUri(part.repeat(50_000), redirectUri);
      cleanPastedUri(`${redirectUri}?code=${part.repeat(50_000)}a`, redirectUri);
      expect([part, process.cpuUsage(began).user < 2_000_000]).toEqual([part, true]);
    }
  });
});
