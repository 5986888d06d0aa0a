import { describe, expect, it } from '@jest/globals';
import { checkRedirectUri, isLoopbackHost } from '#src/oauth/redirect-uri.js';

describe('checkRedirectUri', () => {
  it.each([
    'http://127.0.0.1:5543/callback',
    'http://localhost:5543',
    'HTTP://LocalHost:80/%7ecb',
    'https://app.example.com/cb?tenant=a%20b&x',
    'myapp.auth://token',
    'com.example.app:/oauth',
  ])('returns %s unchanged', (text) => {
    expect(checkRedirectUri('redirectUri', text)).toBe(text);
  });

  it('returns the text of a URL', () => {
    expect(checkRedirectUri('redirectUri', new URL('http://localhost:5543'))).toBe('http://localhost:5543/');
  });

  it.each([
    undefined,
    null,
    5,
    {},
    '',
    '/callback',
    'localhost',
    'http://',
    ' http://localhost/',
    'http://localhost/\n',
    'http://localhost/a b',
    'http://localhost/\0',
    'http://localhost/\ud800',
    'http://localhost/#',
    'http://localhost/#a',
    'http://localhost/?',
    'http://localhost/?a=b&code=c',
    'http://localhost/?%73tate=c',
    'http://localhost/?error_code=',
    new URL('http://localhost/?scope=a'),
  ])('throws a TypeError that names the option, for %p', (value) => {
    expect(() => checkRedirectUri('baseUri', value)).toThrow(TypeError);
    expect(() => checkRedirectUri('baseUri', value)).toThrow('`baseUri`');
  });

  it('names the parameter that responses use', () => {
    expect(() => checkRedirectUri('redirectUri', 'http://localhost/?state=canary')).toThrow(/`state`(?!.*canary)/);
  });
});

describe('isLoopbackHost', () => {
  it.each(['127.0.0.1', '127.1.2.3', '127.10.200.255', '[::1]', 'localhost'])('knows %s', (host) => {
    expect(isLoopbackHost(host)).toBe(true);
  });

  it.each([
    '',
    '0.0.0.0',
    '[::]',
    '::1',
    '127.0.0.1.evil.test',
    '128.0.0.1',
    'localhost.',
    'localhost.evil.test',
    'evil-localhost',
    '[::ffff:7f00:1]',
  ])('knows that %j is another host', (host) => {
    expect(isLoopbackHost(host)).toBe(false);
  });
});
