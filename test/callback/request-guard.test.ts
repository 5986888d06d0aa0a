import { describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, IncomingMessage } from 'node:http';
import { Socket, type AddressInfo } from 'node:net';
import {
  checkContentType,
  checkForward,
  rejectMethod,
  checkNavigation,
  checkTarget,
  parseTarget,
  isRepeatedNavigation,
  type ServerNames,
} from '#src/callback/request-guard.js';
import { requestBytes, sendRaw } from '../helpers/raw.js';

type Headers = readonly (readonly [string, string])[];

/** The request as Node’s parser makes it of these headers, without a socket’s worth of ceremony. */
function requestWith(...headers: Headers): IncomingMessage {
  const request = new IncomingMessage(new Socket());
  request.rawHeaders = headers.flat();
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    // Node joins most headers that come twice, and keeps the first of some.
    const before = request.headers[key];
    if (before === undefined) request.headers[key] = value;
    else if (!['host', 'content-type', 'origin'].includes(key)) request.headers[key] = `${String(before)}, ${value}`;
  }
  return request;
}

const own: ServerNames = {
  hosts: new Set(['127.0.0.1:5543']),
  origins: new Set(['http://127.0.0.1:5543']),
};

describe('parseTarget', () => {
  it.each([
    ['/callback', '/callback', ''],
    ['/callback?', '/callback', ''],
    ['/?code=a', '/', 'code=a'],
    ['/callback?code=a?b', '/callback', 'code=a?b'],
    // Not an absolute form: the path begins the target.
    ['/callback?next=http://evil.test/x?y', '/callback', 'next=http://evil.test/x?y'],
    ['/http://evil.test/x', '/http://evil.test/x', ''],
    ['//evil.test/x', '//evil.test/x', ''],
  ])('splits %s at its first question mark', (target, path, query) => {
    expect(parseTarget(target)).toEqual({ authority: undefined, path, query });
  });
});

describe('checkTarget', () => {
  it.each(['127.0.0.1:5543'])('accepts a path with the Host %j', (host) => {
    for (const target of ['/', '/callback', '/callback?code=abc', '//', '/..%2f', '/%2e%2e/']) {
      expect(checkTarget(requestWith(['Host', host]), parseTarget(target), own)).toBeUndefined();
    }
  });

  it('reads Host without regard to case', () => {
    const names = { ...own, hosts: new Set(['localhost:5543']) };
    expect(checkTarget(requestWith(['HOST', 'LocalHost:5543']), parseTarget('/'), names)).toBeUndefined();
  });

  it.each([
    'evil.test',
    'evil.test:5543',
    '',
    '[',
    'a/b@c',
    'user@127.0.0.1:5543',
    '127.0.0.1',
    '127.0.0.1:5544',
    '127.0.0.1:05543',
    '127.0.0.1:5543.',
    '127.1:5543',
    '2130706433:5543',
    'localhost:5543',
    'foo.localhost:5543',
    'localhost.:5543',
    '[::1]:5543',
    '[::ffff:7f00:1]:5543',
    '0.0.0.0:5543',
    '127.0.0.1:5543, evil.test',
    '127.0.0.1:5543/',
    '__proto__',
    'constructor',
  ])('rejects the Host %j', (host) => {
    expect(checkTarget(requestWith(['Host', host]), parseTarget('/callback'), own)).toMatchObject({
      reason: 'foreign_host',
    });
  });

  it('rejects no Host and two of them, equal ones too', () => {
    const host = ['Host', '127.0.0.1:5543'] as const;
    for (const request of [requestWith(), requestWith(host, host), requestWith(host, ['host', 'evil.test'])]) {
      expect(checkTarget(request, parseTarget('/callback'), own)).toMatchObject({
        reason: 'foreign_host',
      });
    }
  });

  it('does not confuse the value of a header with its name', () => {
    const request = requestWith(['X-A', 'host'], ['X-B', '127.0.0.1:5543']);
    expect(checkTarget(request, parseTarget('/callback'), own)).toMatchObject({ reason: 'foreign_host' });
    const named = requestWith(['Host', '127.0.0.1:5543'], ['X-A', 'host'], ['X-B', 'b']);
    expect(checkTarget(named, parseTarget('/callback'), own)).toBeUndefined();
  });

  it.each(['', '*', '127.0.0.1:5543', 'callback', '?code=abc', 'ftp://127.0.0.1:5543/callback'])(
    'rejects the target %j',
    (target) => {
      const request = requestWith(['Host', '127.0.0.1:5543']);
      expect(checkTarget(request, parseTarget(target), own)).toMatchObject({ reason: 'bad_target' });
    },
  );
});

describe('checkNavigation', () => {
  it.each([
    ['an old browser', []],
    ['a navigation', [['Sec-Fetch-Dest', 'document']]],
    [
      'a navigation from the provider',
      [
        ['Sec-Fetch-Dest', 'document'],
        ['Sec-Fetch-Site', 'cross-site'],
        ['Sec-Fetch-Mode', 'navigate'],
      ],
    ],
    ['another purpose', [['Purpose', 'navigation']]],
  ] as readonly (readonly [string, Headers])[])('accepts %s', (_, headers) => {
    expect(checkNavigation(requestWith(...headers))).toBeUndefined();
  });

  it.each([
    ['Sec-Purpose', 'prefetch'],
    ['Sec-Purpose', 'prefetch;prerender'],
    ['Sec-Purpose', 'prefetch;anonymous-client-ip'],
    ['Purpose', 'prefetch'],
    ['Purpose', 'preview'],
    ['purpose', 'Prefetch'],
    ['X-Moz', 'prefetch'],
  ])('rejects a prefetch: %s: %s', (name, value) => {
    expect(checkNavigation(requestWith([name, value], ['Sec-Fetch-Dest', 'document']))).toMatchObject({
      reason: 'prefetch',
    });
  });

  it.each([
    'image',
    'iframe',
    'frame',
    'embed',
    'object',
    'empty',
    'script',
    'style',
    'worker',
    'video',
    '',
    'document, image',
  ])('rejects the destination %j', (destination) => {
    expect(checkNavigation(requestWith(['Sec-Fetch-Dest', destination]))).toMatchObject({
      reason: 'not_a_navigation',
    });
  });
});

describe('checkForward', () => {
  const origin = ['Origin', 'http://127.0.0.1:5543'] as const;
  const json = ['Content-Type', 'application/json'] as const;

  it('accepts the script of the page, in browsers with and without Sec-Fetch-Site', () => {
    expect(checkForward(requestWith(origin, json), own)).toBeUndefined();
    expect(checkForward(requestWith(origin, json, ['Sec-Fetch-Site', 'same-origin']), own)).toBeUndefined();
  });

  it.each([
    'null',
    '',
    'http://127.0.0.1:5544',
    'http://localhost:5543',
    'https://127.0.0.1:5543',
    'http://evil.test',
    'HTTP://127.0.0.1:5543',
    'http://127.0.0.1:5543/',
    'http://127.0.0.1:5543 http://evil.test',
    'http://127.0.0.1:5543, http://127.0.0.1:5543',
    'http://127.0.0.1:5543.evil.test',
  ])('rejects the Origin %j', (value) => {
    expect(checkForward(requestWith(['Origin', value], json), own)).toMatchObject({
      reason: 'foreign_origin',
    });
  });

  it('rejects no Origin and two of them', () => {
    expect(checkForward(requestWith(json), own)).toMatchObject({ reason: 'foreign_origin' });
    expect(checkForward(requestWith(origin, origin, json), own)).toMatchObject({ reason: 'foreign_origin' });
    expect(checkForward(requestWith(origin, ['origin', 'http://evil.test'], json), own)).toMatchObject({
      reason: 'foreign_origin',
    });
  });

  it.each(['same-site', 'cross-site', 'none', '', 'same-origin, cross-site'])('rejects Sec-Fetch-Site: %j', (site) => {
    expect(checkForward(requestWith(origin, json, ['Sec-Fetch-Site', site]), own)).toMatchObject({
      reason: 'foreign_origin',
    });
  });

  it('rejects a foreign Origin, although Sec-Fetch-Site is same-origin', () => {
    const request = requestWith(['Origin', 'http://evil.test'], json, ['Sec-Fetch-Site', 'same-origin']);
    expect(checkForward(request, own)).toMatchObject({ reason: 'foreign_origin' });
  });

  it('checks the sender before the body', () => {
    expect(checkForward(requestWith(['Content-Type', 'text/plain']), own)).toMatchObject({ reason: 'foreign_origin' });
    expect(checkForward(requestWith(origin, ['Content-Type', 'text/plain']), own)).toMatchObject({
      reason: 'content_type',
    });
  });
});

describe('checkContentType', () => {
  it.each([
    'application/json',
    'Application/JSON',
    'application/json; charset=utf-8',
    'application/json;charset=UTF-8',
    'application/json; charset="utf-8"',
    'application/json ; charset = utf-8',
    'application/json; profile=x; charset=utf-8',
    'application/json; xcharset=utf-16',
  ])('accepts %j', (type) => {
    expect(checkContentType(requestWith(['Content-Type', type]), 'application/json')).toBeUndefined();
  });

  it.each([
    '',
    'text/plain',
    'text/json',
    'application/json+x',
    'application/jsonx',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=application/json',
    'text/plain; application/json',
    'application/json, text/plain',
    'application/json; charset=utf-7',
    'application/json; charset=utf-16',
    'application/json;  charset=utf-16',
    'application/json; charset =utf-16',
    'application/json; charset=utf-8; charset=utf-16',
    'application/json; charset=',
    'application/json; charset=utf-80',
  ])('rejects %j', (type) => {
    expect(checkContentType(requestWith(['Content-Type', type]), 'application/json')).toMatchObject({
      reason: 'content_type',
    });
  });

  it('rejects no type, and a body that is compressed', () => {
    expect(checkContentType(requestWith(), 'application/json')).toMatchObject({ reason: 'content_type' });
    for (const encoding of ['gzip', 'br', 'deflate', 'identity']) {
      const request = requestWith(['Content-Type', 'application/json'], ['Content-Encoding', encoding]);
      expect(checkContentType(request, 'application/json')).toMatchObject({ reason: 'content_type' });
    }
  });
});

describe('rejectMethod', () => {
  it('names the supported methods', () => {
    expect(rejectMethod('GET', 'POST')).toMatchObject({
      reason: 'method',
      headers: { Allow: 'GET, POST' },
    });
  });
});

describe('the guards, on requests as Node’s parser reads them', () => {
  it('see both of two Hosts and two Origins, of which Node keeps one', async () => {
    const server = createServer((request, response) => {
      const hosts = new Set([`127.0.0.1:${(server.address() as AddressInfo).port}`]);
      const target = checkTarget(request, parseTarget(request.url ?? ''), { hosts, origins: own.origins });
      const forward = checkForward(request, own);
      response.end(JSON.stringify([target?.reason, forward?.reason]));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    const host = ['Host', `127.0.0.1:${port}`] as const;
    const origin = ['Origin', 'http://127.0.0.1:5543'] as const;
    const rest = [
      ['Content-Type', 'application/json'],
      ['Connection', 'close'],
    ] as const;
    const reasonsFor = async (...headers: Headers): Promise<string> => {
      return (await sendRaw(port, requestBytes('GET / HTTP/1.1', [...headers, ...rest]))).body;
    };
    try {
      expect(await reasonsFor(host, origin)).toBe('[null,null]');
      expect(await reasonsFor(host, origin, origin)).toBe('[null,"foreign_origin"]');
      expect(await reasonsFor(host, ['Host', 'evil.test'], origin)).not.toContain('[null');
      expect(await reasonsFor(['Host', 'evil.test'], host, origin)).not.toContain('[null');
    } finally {
      server.close();
    }
  });
});

describe('an absolute-form target (RFC 9112, section 3.2.2)', () => {
  const host = ['Host', '127.0.0.1:5543'] as const;

  it('is accepted if its authority is a name of the server', () => {
    for (const target of [
      'http://127.0.0.1:5543/callback?code=a',
      'HTTP://127.0.0.1:5543',
      'http://127.0.0.1:5543?x',
    ]) {
      expect(checkTarget(requestWith(host), parseTarget(target), own)).toBeUndefined();
    }
    expect(parseTarget('http://127.0.0.1:5543/callback?code=a')).toMatchObject({ path: '/callback', query: 'code=a' });
    expect(parseTarget('http://127.0.0.1:5543?x')).toMatchObject({ path: '/', query: 'x' });
  });

  it('is rejected with another authority, or with another Host', () => {
    for (const target of ['http://evil.test/callback', 'http://127.0.0.1:5543@evil.test/', 'http:///callback']) {
      expect(checkTarget(requestWith(host), parseTarget(target), own)).toMatchObject({ reason: 'foreign_host' });
    }
    const foreign = requestWith(['Host', 'evil.test']);
    const target = parseTarget('http://127.0.0.1:5543/callback');
    expect(checkTarget(foreign, target, own)).toMatchObject({ reason: 'foreign_host' });
    expect(checkTarget(requestWith(), target, own)).toMatchObject({ reason: 'foreign_host' });
  });
});

describe('a navigation that a service worker repeats (R6)', () => {
  it.each([
    [
      'Chromium',
      [
        ['Sec-Fetch-Mode', 'navigate'],
        ['Sec-Fetch-Site', 'cross-site'],
      ],
    ],
    [
      'Firefox',
      [
        ['Sec-Fetch-Mode', 'same-origin'],
        ['Sec-Fetch-Site', 'same-origin'],
      ],
    ],
  ] as readonly (readonly [string, Headers])[])('is recognized in %s', (_, headers) => {
    const request = requestWith(['Sec-Fetch-Dest', 'empty'], ...headers);
    expect(isRepeatedNavigation(request)).toBe(true);
    expect(checkNavigation(request)).toBeUndefined();
  });

  it('is not what a script of another site can send', () => {
    const request = requestWith(
      ['Sec-Fetch-Dest', 'empty'],
      ['Sec-Fetch-Mode', 'no-cors'],
      ['Sec-Fetch-Site', 'cross-site'],
    );
    expect(isRepeatedNavigation(request)).toBe(false);
    expect(checkNavigation(request)).toMatchObject({ reason: 'not_a_navigation' });
  });
});

describe('a navigation of a frame (R6)', () => {
  it.each(['iframe', 'frame', 'object', 'embed', 'image'])('is no repeated one: %s', (destination) => {
    for (const site of ['same-origin', 'cross-site']) {
      const request = requestWith(
        ['Sec-Fetch-Dest', destination],
        ['Sec-Fetch-Mode', 'navigate'],
        ['Sec-Fetch-Site', site],
      );
      expect(isRepeatedNavigation(request)).toBe(false);
      expect(checkNavigation(request)).toMatchObject({ reason: 'not_a_navigation' });
    }
  });
});

describe('a POST to `token` without an origin (R5)', () => {
  const json = ['Content-Type', 'application/json'] as const;

  it.each([[], [['Origin', 'null']]] as readonly Headers[])('is accepted from the same site: %j', (...origin) => {
    expect(checkForward(requestWith(...origin, json, ['Sec-Fetch-Site', 'same-origin']), own)).toBeUndefined();
    for (const site of ['same-site', 'cross-site', 'none']) {
      expect(checkForward(requestWith(...origin, json, ['Sec-Fetch-Site', site]), own)).toMatchObject({
        reason: 'foreign_origin',
      });
    }
  });
});
