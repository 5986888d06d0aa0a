import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openTemplateFolder } from '#src/callback/template-folder.js';
import { securityHeaders } from '#src/page/headers.js';
import { dial, parseResponse, received, requestBytes, type RawResponse } from '../helpers/raw.js';
import { isPosix } from '../helpers/systems.js';
import { useHttpServers } from '../helpers/use-http-servers.js';

let folder = '';
let site = '';
const servers = useHttpServers();

// A folder of its own for each test, since one that is open stays so.
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'embed-auth-server-'));
  site = join(folder, 'site');
  await mkdir(join(site, 'css', 'index'), { recursive: true });
  await mkdir(join(folder, 'site-of-another'));
  for (const [name, text] of Object.entries({
    'site/index.html': 'The page',
    'site/css/a.css': 'p{}',
    'site/css/index.html': 'An index',
    'site/a b.svg': '<svg/>',
    'site/.env': 'secret',
    'site-of-another/a.txt': 'secret',
    'outside.txt': 'secret',
  })) {
    await writeFile(join(folder, name), text);
  }
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

interface Exchange {
  readonly socket: Socket;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** What the client receives until the server closes the connection. */
  readonly received: Promise<RawResponse>;
}

/** A request that a server has received, and to which a test responds. */
async function receive(...headers: (readonly [string, string])[]): Promise<Exchange> {
  const server = createServer();
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const requested = once(server, 'request') as Promise<[IncomingMessage, ServerResponse]>;
  const socket = await dial((server.address() as AddressInfo).port); // A listening TCP server's address is an AddressInfo.
  const text = received(socket);
  socket.write(requestBytes('GET /auth/x?y HTTP/1.1', [['Host', 'localhost'], ['Connection', 'close'], ...headers]));
  const [request, response] = await requested;
  return { socket, request, response, received: text.then(parseResponse) };
}

interface Served {
  readonly isServed: boolean;
  /** The request's URL when the file server has declined it, for the app's own handlers. */
  readonly url: string | undefined;
  readonly page: RawResponse;
}

/** Requests a file of the folder; the response is 404 if the folder does not have it. */
async function get(file: string, ...headers: (readonly [string, string])[]): Promise<Served> {
  const { request, response, received: page } = await receive(...headers);
  const isServed = await (await openTemplateFolder(site))(request, response, file);
  if (!isServed) response.writeHead(404).end();
  return { isServed, url: request.url, page: await page };
}

describe('openTemplateFolder', () => {
  it('serves a file with its type, and with headers that forbid to keep, sniff and frame it', async () => {
    for (const [file, text, type] of [
      ['index.html', 'The page', 'text/html; charset=utf-8'],
      ['css/a.css', 'p{}', 'text/css; charset=utf-8'],
      ['a%20b.svg', '<svg/>', 'image/svg+xml'],
    ] as const) {
      const { isServed, page } = await get(file);
      expect([file, isServed, page.status, page.body]).toEqual([file, true, 200, text]);
      expect(Object.fromEntries(page.headers)).toMatchObject({
        ...Object.fromEntries(Object.entries(securityHeaders).map(([name, value]) => [name.toLowerCase(), value])),
        'content-type': type,
        'content-security-policy':
          "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      });
    }
  });

  it.each([
    ['a file that does not exist', 'css/b.css'],
    ['a file that begins with a dot', '.env'],
    ['a folder', 'css'],
    ['a folder with a slash', 'css/'],
    ['the folder itself', '.'],
    ['a path out of the folder', '../outside.txt'],
    ['an encoded path out of the folder', '..%2foutside.txt'],
    ['a folder whose name begins with the same letters', '../site-of-another/a.txt'],
    ['a NUL', 'index.html%00'],
    ['a malformed encoding', '%E0%A4%A'],
  ])('leaves %s to the app, and the request as it was', async (_, file) => {
    const { isServed, url, page } = await get(file);
    expect([isServed, url, page.status]).toEqual([false, '/auth/x?y', 404]);
  });

  it.each([
    [416, 'Range', 'bytes=99-'],
    [412, 'If-Match', '"another"'],
    [412, 'If-Unmodified-Since', 'Sat, 01 Jan 2000 00:00:00 GMT'],
  ])('responds with %d to a request with the %s %s', async (status, name, value) => {
    const { isServed, page } = await get('css/a.css', [name, value]);
    expect([isServed, page.status, page.body]).toEqual([true, status, '']);
    expect(page.headers.get('cache-control')).toBe('no-store');
  });

  // Windows lets only some users make links.
  (isPosix ? it : it.skip)('follows a link within the folder, and none that leads out of it', async () => {
    await symlink(join(site, 'css', 'a.css'), join(site, 'inside.css'));
    await symlink(join(folder, 'outside.txt'), join(site, 'outside.txt'));
    await symlink(join(folder, 'site-of-another'), join(site, 'another'));
    expect((await get('inside.css')).page.body).toBe('p{}');
    await symlink(join(site, 'itself.css'), join(site, 'itself.css'));
    for (const file of ['outside.txt', 'another/a.txt', 'itself.css']) {
      expect([file, (await get(file)).isServed]).toEqual([file, false]);
    }
  });

  // Windows has no sockets in folders.
  (isPosix ? it : it.skip)('rejects if a file is there and cannot be read, such as a socket', async () => {
    const socket = createServer();
    servers.push(socket);
    socket.listen(join(site, 'a.sock'));
    await once(socket, 'listening');
    const { request, response } = await receive();
    const serve = await openTemplateFolder(site);
    await expect(serve(request, response, 'a.sock')).rejects.toMatchObject({ status: 500 });
  });

  it('resolves when the client leaves in the middle of a file', async () => {
    await writeFile(join(site, 'large.bin'), Buffer.alloc(4_000_000));
    const { socket, request, response } = await receive();
    const serve = await openTemplateFolder(site);
    socket.once('data', () => socket.destroy());
    expect(await serve(request, response, 'large.bin')).toBe(true);
    expect(response.writableFinished).toBe(false);
  });

  it('opens a folder once, and again after it could not be opened', async () => {
    expect(openTemplateFolder(site)).toBe(openTemplateFolder(site));
    const late = join(folder, 'late');
    const first = openTemplateFolder(late);
    await expect(first).rejects.toMatchObject({ code: 'ENOENT' });
    await mkdir(late);
    expect(typeof (await openTemplateFolder(late))).toBe('function');
  });

  it('says what to do if Express cannot be loaded', async () => {
    const cause = new Error('Cannot find package');
    jest.unstable_mockModule('express', () => {
      throw cause;
    });
    try {
      await expect(openTemplateFolder(site)).rejects.toMatchObject({
        name: 'TemplateError',
        code: 'TEMPLATE_UNREADABLE',
        message: expect.stringContaining('install `express` where Node finds it') as unknown,
        cause,
      });
    } finally {
      jest.unstable_unmockModule('express');
    }
    expect(typeof (await openTemplateFolder(site))).toBe('function');
  });
});
