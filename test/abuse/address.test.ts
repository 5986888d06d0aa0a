import { describe, expect, it } from '@jest/globals';
import express from 'express';
import { once } from 'node:events';
import { mkdtemp, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AuthServer } from '#src/server/auth-server.js';
import { createMemoryRequestStore } from '#src/router/request-store.js';
import { createCallbackRouter } from '#src/router/callback-router.js';
import { dial, requestBytes, sendRaw } from '../helpers/raw.js';
import { isPosix, onLinux } from '../helpers/systems.js';
import { navigation, withServer, type Arena } from '../helpers/with-server.js';

/** A response that would be accepted at the right address: a code with the awaited state, and a token with it. */
async function expectMisdirected(arena: Arena, hosts: readonly string[], status = 421): Promise<void> {
  for (const host of hosts) {
    const headers = hosts.length === 0 ? [] : [['Host', host] as const];
    const get = await arena.raw(
      requestBytes(`GET /callback?${arena.answer()} HTTP/1.1`, [...headers, ...navigation, ['Connection', 'close']]),
    );
    expect([host, get.status]).toEqual([host, status]);
    expect(get.text).not.toContain('stolen');
    const body = JSON.stringify({ fragment: arena.answer() });
    const post = await arena.raw(
      requestBytes(
        'POST /token HTTP/1.1',
        [
          ...headers,
          ['Origin', `http://${host}`],
          ['Sec-Fetch-Site', 'same-origin'],
          ['Content-Type', 'application/json'],
          ['Content-Length', String(body.length)],
          ['Connection', 'close'],
        ],
        body,
      ),
    );
    expect([host, post.status]).toEqual([host, status]);
  }
}

describe('The Host of a request', () => {
  it('rejects the Host of a rebinding name (R4)', () =>
    withServer(async (arena) => {
      await expectMisdirected(arena, ['evil.test', `evil.test:${arena.server.port}`, `EVIL.test:${arena.server.port}`]);
      expect(new Set(arena.rejections)).toEqual(new Set(['foreign_host']));
    }));

  it('rejects a request without a Host (R4)', () =>
    withServer(async (arena) => {
      const old = await arena.raw(`GET /callback?${arena.answer()} HTTP/1.0\r\n\r\n`);
      expect(old.status).toBe(421);
      const oldest = await arena.raw(`GET /callback?${arena.answer()}\r\n\r\n`);
      expect(oldest.status).toBe(421);
      // HTTP/1.1 demands a Host: Node's parser rejects this one itself.
      const current = await arena.raw(`GET /callback?${arena.answer()} HTTP/1.1\r\nConnection: close\r\n\r\n`);
      expect(current.status).toBe(400);
    }));

  it('rejects two Hosts, also if both or the first are the server’s (R4)', () =>
    withServer(async (arena) => {
      for (const [one, other] of [
        [arena.host, 'evil.test'],
        ['evil.test', arena.host],
        [arena.host, arena.host],
      ] as const) {
        const { status } = await arena.raw(
          requestBytes(`GET /callback?${arena.answer()} HTTP/1.1`, [
            ['Host', one],
            ['HOST', other],
            ['Connection', 'close'],
          ]),
        );
        expect([one, other, status]).toEqual([one, other, 421]);
      }
    }));

  it('rejects a Host that no URL can hold (R4, R10)', () =>
    withServer((arena) =>
      expectMisdirected(arena, [
        '[',
        'a/b@c',
        '',
        ' ',
        '[::1',
        `${arena.host}/`,
        `user@${arena.host}`,
        '\u00ff',
        '%00',
      ]),
    ));

  it.each(['http://127.0.0.1:0/callback', 'http://localhost:0/callback'])(
    'rejects names that resolve to this machine (%s) (R4)',
    (baseUri) =>
      withServer(
        (arena) => {
          const { port } = arena.server;
          return expectMisdirected(arena, [`foo.localhost:${port}`, `localhost.:${port}`, `127.0.0.1.:${port}`]);
        },
        { baseUri },
      ),
  );

  it('rejects other spellings of the address, and a wrong port (R4)', () =>
    withServer((arena) => {
      const { port } = arena.server;
      return expectMisdirected(arena, [
        `[::ffff:7f00:1]:${port}`,
        `[::1]:${port}`,
        `0.0.0.0:${port}`,
        `127.1:${port}`,
        `2130706433:${port}`,
        `0x7f.0.0.1:${port}`,
        `127.0.0.1:${port === 65_535 ? 1024 : port + 1}`,
        `127.0.0.1:0${port}`,
        '127.0.0.1',
        `localhost:${port}`,
      ]);
    }));

  it('accepts an absolute-form target with its own authority, and rejects any other (R4)', () =>
    withServer(
      async (arena) => {
        for (const [target, expected] of [
          ['http://evil.test/callback', 421],
          [`http://${arena.host}@evil.test/callback`, 421],
          [`http://localhost:${arena.server.port}/callback`, 421],
          ['http:///callback', 421],
          ['file:///etc/passwd', 400],
          ['*', 400],
          ['callback', 400],
        ] as const) {
          const { status } = await arena.get(`${target}?${arena.answer()}`, navigation);
          expect([target, status]).toEqual([target, expected]);
        }
        expect(new Set(arena.rejections)).toEqual(new Set(['bad_target', 'bad_request', 'foreign_host']));
        expect((await arena.get(`http://${arena.host}/callback?${arena.answer()}`, navigation)).status).toBe(200);
      },
      { events: 1 },
    ));

  it('survives broken and hostile percent-encoding in path and query (R10, R19)', () =>
    withServer(async (arena) => {
      for (const piece of ['%E0%A4%A', '%', '%00', '%0d%0aX-Evil:%20yes', '%ff', '%u0041', '%c0%ae%c0%ae']) {
        const path = await arena.get(`/${piece}?code=stolen&state=foreign`);
        expect([piece, path.status, path.body]).toEqual([piece, 404, 'There is nothing here.\n']);
        const below = await arena.get(`/callback/${piece}?code=stolen&state=foreign`);
        expect([piece, below.status]).toEqual([piece, 404]);
        const awaited = await arena.get(`/${piece}?access_token=stolen&state=${arena.another().state}`, navigation);
        expect([piece, awaited.status, awaited.headers.has('x-evil')]).toEqual([piece, 400, false]);
        expect(awaited.text).not.toContain('stolen');
        const query = await arena.get(`/callback?access_token=stolen&state=${piece}`, navigation);
        expect([piece, query.status]).toEqual([piece, 400]);
        expect(query.headers.has('x-evil')).toBe(false);
        const fragment = await arena.forward(`access_token=stolen&state=${piece}`);
        expect([piece, fragment.status]).toEqual([piece, 400]);
        expect(query.text + fragment.text).not.toContain('stolen');
      }
      // Line breaks and NUL in a value: the state is another one, or the wait ends with a typed error.
      for (const control of ['%00', '%0d%0a', '%7f', '%1b']) {
        const { status } = await arena.forward(`${arena.answer()}${control}`);
        expect(status).toBe(400);
        const { state } = arena.another();
        expect((await arena.forward(`access_token=a${control}b&state=${state}`)).status).toBe(400);
      }
    }));

  const strayPaths = [
    '//',
    '//callback',
    '//evil.test/callback',
    '/..%2f',
    '/..%2fcallback',
    '/%2e%2e/',
    '/%2e%2e/callback',
    '/callback/',
    '/CALLBACK',
    '/callback%00',
    '/callback;a=b',
    '/%63allback',
    '/\\callback',
    '/favicon.ico',
    '/robots.txt',
    '/.well-known/security.txt',
  ];

  it('finds nothing at paths that climb or hide, with a foreign state (R6, R19)', () =>
    withServer(async (arena) => {
      for (const path of ['/./callback', '/a/../callback', ...strayPaths]) {
        const { status, text } = await arena.get(`${path}?access_token=stolen&state=foreign`, navigation);
        expect([path, status]).toEqual([path, 404]);
        expect(text).not.toMatch(/stolen|Cannot GET|node_modules|<pre>/);
      }
      expect(arena.rejections).toEqual([]);
    }));

  it.each(['/./callback', '/a/../callback', ...strayPaths])('ends the wait for an awaited state at %s (R37)', (path) =>
    withServer(async (arena) => {
      const awaited = arena.another();
      const wait = arena.server.waitForGrant({ request: awaited });
      const { status, text } = await arena.get(`${path}?access_token=stolen&state=${awaited.state}`, navigation);
      expect(status).toBe(400);
      expect(text).not.toMatch(/stolen|Cannot GET|node_modules|<pre>/);
      await expect(wait).rejects.toMatchObject({ code: 'REDIRECT_URI_MISMATCH' });
      expect(arena.rejections).toEqual(['wrong_redirect_uri']);
    }),
  );

  it('serves only the files of a template folder, dotfiles and links out of it never (R24)', async () => {
    const parent = await mkdtemp(join(tmpdir(), 'folder-'));
    const folder = join(parent, 'page');
    await mkdir(join(folder, '.git'), { recursive: true });
    await mkdir(join(parent, 'page-of-another'));
    await Promise.all([
      writeFile(join(folder, 'index.html'), '<!doctype html><html><title>Ours</title><p data-auth-message></p></html>'),
      writeFile(join(folder, 'style.css'), 'p{}'),
      writeFile(join(folder, '.env'), 'secret'),
      writeFile(join(folder, '.git', 'config'), 'secret'),
      writeFile(join(parent, 'secret.txt'), 'secret'),
      writeFile(join(parent, 'page-of-another', 'secret.txt'), 'secret'),
      // Windows lets only some users make links.
      ...(isPosix
        ? [
            symlink(join(parent, 'secret.txt'), join(folder, 'link.txt')),
            symlink(parent, join(folder, 'up')),
            symlink(join(parent, 'page-of-another'), join(folder, 'other')),
          ]
        : []),
    ]);
    try {
      await withServer(
        async (arena) => {
          const style = await arena.get('/style.css');
          expect([style.status, style.body]).toEqual([200, 'p{}']);
          expect(style.headers.get('x-content-type-options')).toBe('nosniff');
          for (const path of [
            '/.env',
            '/%2eenv',
            '/.git/config',
            '/%2egit/config',
            '/../secret.txt',
            '/..%2fsecret.txt',
            '/%2e%2e/secret.txt',
            '/%2e%2e%2fsecret.txt',
            '/..%5csecret.txt',
            '/callback/../../secret.txt',
            '/callback/..%2f..%2fsecret.txt',
            '/link.txt',
            '/up/secret.txt',
            '/other/secret.txt',
            '/..%2fpage-of-another%2fsecret.txt',
            '/%00',
            '/%E0%A4%A',
            '//etc/passwd',
            '/%2fetc%2fpasswd',
          ]) {
            const { status, text } = await arena.get(path);
            expect([path, status]).toEqual([path, 404]);
            expect(text).not.toContain('secret');
          }
          const foreign = await arena.raw(`GET /style.css HTTP/1.1\r\nHost: evil.test\r\nConnection: close\r\n\r\n`);
          expect(foreign.status).toBe(421);
        },
        { templatePath: folder },
      );
    } finally {
      await rm(parent, { recursive: true });
    }
  });
});

describe('A callback router in an existing server', () => {
  it('R4, R24: rejects a foreign Host at the page, its token and the files of its folder', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'router-'));
    await writeFile(join(folder, 'index.html'), '<html><p data-auth-message></p></html>');
    await writeFile(join(folder, 'style.css'), 'p{}');
    const app = express().use(
      createCallbackRouter({
        redirectUri: 'https://app.example/callback',
        templatePath: folder,
        requests: createMemoryRequestStore({ sessionId: () => 'session' }),
        onGrant: () => undefined,
      }),
    );
    const server = app.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      for (const [host, status] of [
        ['app.example', 200],
        ['evil.test', 421],
        ['app.example:443', 421],
      ] as const) {
        for (const path of ['/callback', '/style.css', '/auth_assets/main.js']) {
          const headers = [['Host', host] as const, ['Connection', 'close'] as const];
          const { port } = server.address() as AddressInfo; // A listening TCP server's address is an AddressInfo.
          const response = await sendRaw(port, requestBytes(`GET ${path} HTTP/1.1`, headers));
          expect([host, path, response.status]).toEqual([host, path, status]);
        }
      }
    } finally {
      server.close();
      await rm(folder, { recursive: true });
    }
  });
});

describe('The addresses that are bound', () => {
  onLinux('R3: binds the one address, not all of them', async () => {
    await withServer(async ({ server }) => {
      await expect(dial(server.port, '127.0.0.2')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
      await expect(dial(server.port, '::1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    });
  });

  onLinux('R3: binds both families for localhost, and no other address', () =>
    withServer(
      async ({ server }) => {
        for (const address of ['127.0.0.1', '::1']) (await dial(server.port, address)).destroy();
        await expect(dial(server.port, '127.0.0.2')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
      },
      { baseUri: 'http://localhost:0/callback' },
    ),
  );

  it.each(['http://0.0.0.0:5543/', 'http://[::]:5543/', 'http://192.0.2.1:5543/', 'http://app.test:5543/'])(
    'R3: rejects %s unless `host` says what to bind',
    (baseUri) => {
      expect(() => new AuthServer(baseUri)).toThrow(RangeError);
      expect(() => new AuthServer(baseUri, { host: '127.0.0.1' })).not.toThrow();
    },
  );
});
