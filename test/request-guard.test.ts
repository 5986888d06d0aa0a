import { describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, IncomingMessage } from 'node:http';
import { Socket, type AddressInfo } from 'node:net';
import {
  refuseContentType,
  refuseForward,
  refuseMethod,
  refuseNavigation,
  refuseTarget,
  type OwnNames,
} from '#src/callback/request-guard.js';
import { requestBytes, sendRaw } from './helpers/raw.js';

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

const own: OwnNames = {
  hosts: new Set(['127.0.0.1:5543']),
  origins: new Set(['http://127.0.0.1:5543']),
};

describe('refuseTarget', () => {
  it.each(['127.0.0.1:5543'])('lets a path with the Host %j pass', (host) => {
    for (const target of ['/', '/callback', '/callback?code=abc', '//', '/..%2f', '/%2e%2e/']) {
      expect(refuseTarget(requestWith(['Host', host]), target, own)).toBeUndefined();
    }
  });

  it('reads Host without regard to case', () => {
    const names = { ...own, hosts: new Set(['localhost:5543']) };
    expect(refuseTarget(requestWith(['HOST', 'LocalHost:5543']), '/', names)).toBeUndefined();
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
  ])('refuses the Host %j', (host) => {
    expect(refuseTarget(requestWith(['Host', host]), '/callback', own)).toMatchObject({
      reason: 'foreign_host',
      status: 421,
    });
  });

  it('refuses no Host and two of them, equal ones too', () => {
    const host = ['Host', '127.0.0.1:5543'] as const;
    for (const request of [requestWith(), requestWith(host, host), requestWith(host, ['host', 'evil.test'])]) {
      expect(refuseTarget(request, '/callback', own)).toMatchObject({ reason: 'foreign_host', status: 421 });
    }
  });

  it('does not take a header’s value for its name', () => {
    const request = requestWith(['X-A', 'host'], ['X-B', '127.0.0.1:5543']);
    expect(refuseTarget(request, '/callback', own)).toMatchObject({ reason: 'foreign_host' });
  });

  it.each(['', '*', 'http://127.0.0.1:5543/callback', 'http://evil.test/', '127.0.0.1:5543', 'callback', '?code=abc'])(
    'refuses the target %j',
    (target) => {
      const request = requestWith(['Host', '127.0.0.1:5543']);
      expect(refuseTarget(request, target, own)).toMatchObject({ reason: 'bad_target', status: 400 });
    },
  );
});

describe('refuseNavigation', () => {
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
  ] as readonly (readonly [string, Headers])[])('lets %s pass', (_, headers) => {
    expect(refuseNavigation(requestWith(...headers))).toBeUndefined();
  });

  it.each([
    ['Sec-Purpose', 'prefetch'],
    ['Sec-Purpose', 'prefetch;prerender'],
    ['Sec-Purpose', 'prefetch;anonymous-client-ip'],
    ['Purpose', 'prefetch'],
    ['Purpose', 'preview'],
    ['purpose', 'Prefetch'],
    ['X-Moz', 'prefetch'],
  ])('refuses what a browser fetches ahead: %s: %s', (name, value) => {
    expect(refuseNavigation(requestWith([name, value], ['Sec-Fetch-Dest', 'document']))).toMatchObject({
      reason: 'prefetch',
      status: 403,
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
  ])('refuses what is for %j', (destination) => {
    expect(refuseNavigation(requestWith(['Sec-Fetch-Dest', destination]))).toMatchObject({
      reason: 'not_a_navigation',
      status: 403,
    });
  });
});

describe('refuseForward', () => {
  const origin = ['Origin', 'http://127.0.0.1:5543'] as const;
  const json = ['Content-Type', 'application/json'] as const;

  it('lets the page’s own script pass, in browsers with and without Sec-Fetch-Site', () => {
    expect(refuseForward(requestWith(origin, json), own)).toBeUndefined();
    expect(refuseForward(requestWith(origin, json, ['Sec-Fetch-Site', 'same-origin']), own)).toBeUndefined();
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
  ])('refuses the Origin %j', (value) => {
    expect(refuseForward(requestWith(['Origin', value], json), own)).toMatchObject({
      reason: 'foreign_origin',
      status: 403,
    });
  });

  it('refuses no Origin and two of them', () => {
    expect(refuseForward(requestWith(json), own)).toMatchObject({ reason: 'foreign_origin' });
    expect(refuseForward(requestWith(origin, origin, json), own)).toMatchObject({ reason: 'foreign_origin' });
    expect(refuseForward(requestWith(origin, ['origin', 'http://evil.test'], json), own)).toMatchObject({
      reason: 'foreign_origin',
    });
  });

  it.each(['same-site', 'cross-site', 'none', '', 'same-origin, cross-site'])('refuses Sec-Fetch-Site: %j', (site) => {
    expect(refuseForward(requestWith(origin, json, ['Sec-Fetch-Site', site]), own)).toMatchObject({
      reason: 'foreign_origin',
    });
  });

  it('looks at who sends before what is sent', () => {
    expect(refuseForward(requestWith(['Content-Type', 'text/plain']), own)).toMatchObject({ reason: 'foreign_origin' });
    expect(refuseForward(requestWith(origin, ['Content-Type', 'text/plain']), own)).toMatchObject({
      reason: 'content_type',
    });
  });
});

describe('refuseContentType', () => {
  it.each([
    'application/json',
    'Application/JSON',
    'application/json; charset=utf-8',
    'application/json;charset=UTF-8',
    'application/json; charset="utf-8"',
    'application/json ; charset = utf-8',
    'application/json; profile=x; charset=utf-8',
  ])('lets %j pass', (type) => {
    expect(refuseContentType(requestWith(['Content-Type', type]), 'application/json')).toBeUndefined();
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
    'application/json; charset=utf-8; charset=utf-16',
    'application/json; charset=',
    'application/json; charset=utf-80',
  ])('refuses %j', (type) => {
    expect(refuseContentType(requestWith(['Content-Type', type]), 'application/json')).toMatchObject({
      reason: 'content_type',
      status: 415,
    });
  });

  it('refuses no type, and a body that is compressed', () => {
    expect(refuseContentType(requestWith(), 'application/json')).toMatchObject({ status: 415 });
    for (const encoding of ['gzip', 'br', 'deflate', 'identity']) {
      const request = requestWith(['Content-Type', 'application/json'], ['Content-Encoding', encoding]);
      expect(refuseContentType(request, 'application/json')).toMatchObject({ reason: 'content_type', status: 415 });
    }
  });
});

describe('refuseMethod', () => {
  it('says which methods there are', () => {
    expect(refuseMethod('GET', 'POST')).toMatchObject({
      reason: 'method',
      status: 405,
      headers: { Allow: 'GET, POST' },
    });
  });
});

describe('the guards, on requests as Node’s parser reads them', () => {
  it('see both of two Hosts and two Origins, of which Node keeps one', async () => {
    const server = createServer((request, response) => {
      const hosts = new Set([`127.0.0.1:${(server.address() as AddressInfo).port}`]);
      const target = refuseTarget(request, request.url ?? '', { hosts, origins: own.origins });
      const forward = refuseForward(request, own);
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
    const told = async (...headers: Headers): Promise<string> => {
      return (await sendRaw(port, requestBytes('GET / HTTP/1.1', [...headers, ...rest]))).body;
    };
    try {
      expect(await told(host, origin)).toBe('[null,null]');
      expect(await told(host, origin, origin)).toBe('[null,"foreign_origin"]');
      expect(await told(host, ['Host', 'evil.test'], origin)).not.toContain('[null');
      expect(await told(['Host', 'evil.test'], host, origin)).not.toContain('[null');
    } finally {
      server.close();
    }
  });
});
