import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import request from 'supertest';
import { login, LoginRequest, ResponseType, type AuthServer, type CallbackPageOptions } from '#src/index.js';
import { nextOf } from '../helpers/node-channels.js';
import { dial, parseResponse, requestBytes, sendRaw } from '../helpers/raw.js';
import { onPosix } from '../helpers/systems.js';
import { useServers } from '../helpers/use-servers.js';
import { ProcessTrap } from '../helpers/with-server.js';

const startServer = useServers();
const authorizationEndpoint = 'https://accounts.example.com/authorize';

const originOf = ({ port }: AuthServer): string => `http://127.0.0.1:${port}`;

function rejectionsOf(server: AuthServer): string[] {
  const reasons: string[] = [];
  server.on('callbackRejected', ({ reason }) => reasons.push(reason));
  return reasons;
}

/** What the page's script sends when the page has loaded its files: stop() waits for it. */
async function reportLoaded(server: AuthServer): Promise<void> {
  await request(originOf(server)).post('/token').set('Origin', originOf(server)).send({ loaded: true }).expect(204);
}

/** Silences the warnings of the package; returns the text and the code of each. */
function catchWarnings(): { text: string; code: string | undefined }[] {
  const warnings: { text: string; code: string | undefined }[] = [];
  jest.spyOn(process, 'emitWarning').mockImplementation((warning, detail) => {
    warnings.push({ text: String(warning), code: (detail as { code?: string } | undefined)?.code });
  });
  return warnings;
}

/** An app that breaks its options after the start: a text that throws when it is read. */
function breakableTexts(): { texts: CallbackPageOptions['texts']; break: () => void } {
  const texts = { pending: { heading: 'Wait' }, success: { heading: 'Done' }, finishing: { heading: 'Soon' } };
  return {
    texts,
    break: () => {
      for (const text of Object.values(texts)) {
        Object.defineProperty(text, 'heading', {
          get: () => {
            throw new Error('no text');
          },
        });
      }
    },
  };
}

afterEach(() => {
  jest.restoreAllMocks();
});

describe('bytes that are no request', () => {
  it('get a complete response of plain text, with the headers of every response', async () => {
    const server = await startServer();
    const { status, headers, body } = await sendRaw(server.port, 'NONSENSE\r\n\r\n');
    expect([status, body]).toEqual([400, 'This request cannot be read.\n']);
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'content-length': String(body.length),
      connection: 'close',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    });
  });

  it('are the rejection `tls` only if they begin a TLS handshake', async () => {
    const server = await startServer();
    const reasons = rejectionsOf(server);
    for (const hex of ['1604010005', '1503010005', '0316000000', '4745540a0a']) {
      expect((await sendRaw(server.port, Buffer.from(hex, 'hex'))).status).toBe(400);
    }
    expect(new Set(reasons)).toEqual(new Set(['bad_request']));
    await sendRaw(server.port, Buffer.from('1603010005', 'hex'));
    expect(reasons.at(-1)).toBe('tls');
  });

  it('surface what a listener of callbackRejected throws', async () => {
    const server = await startServer();
    const failure = new Error('the listener failed');
    server.on('callbackRejected', () => {
      throw failure;
    });
    const trap = new ProcessTrap();
    try {
      await sendRaw(server.port, Buffer.from('1603010005', 'hex'));
      await trap.flushed();
      expect(trap.surfaced).toEqual([failure]);
    } finally {
      trap.restore();
    }
  });

  it('get a page if their headers are too large: it is final, and forwards nothing', async () => {
    const server = await startServer({ maxHeaderSize: 1024, template: '<p>custom</p>', appName: 'My App' });
    const cookie = ['Cookie', 'c'.repeat(2000)] as const;
    const bytes = requestBytes('GET /callback HTTP/1.1', [['Host', server.baseUri.host], cookie]);
    const { status, headers, body } = await sendRaw(server.port, bytes);
    expect(status).toBe(431);
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(headers.get('content-security-policy')).toMatch(/^script-src 'nonce-[\w-]+';/);
    expect(headers.get('content-length')).toBe(String(Buffer.byteLength(body)));
    expect(body).toContain('data-auth-reason="too_large"');
    expect(body).toContain('data-auth-state="error"');
    expect(body).toContain('"answered":true');
    expect(body).not.toContain('custom');
  });

  it('get 408 if they do not become one in time', async () => {
    const server = await startServer({ requestTimeout: 1 });
    const { status, body } = await sendRaw(server.port, 'GET /callback HTTP/1.1\r\nHost: ');
    expect([status, body]).toEqual([408, 'The request did not arrive in time.\n']);
  });

  it('cost no connection, although the client keeps its side open', async () => {
    const server = await startServer();
    const accepted = nextOf<{ socket: Socket }>('net.server.socket');
    const client = connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true });
    const { socket } = await accepted;
    const ends = [once(client.resume(), 'end'), once(socket, 'close')];
    client.write('NONSENSE\r\n\r\n');
    await Promise.all(ends);
    expect(client.writable).toBe(true);
    client.destroy();
  });
});

describe('the connection of a request', () => {
  it.each([
    ['the page that forwards its fragment', 'GET /callback HTTP/1.1', 'keep-alive'],
    ['a page with its result', 'GET /callback?code=c&state=s HTTP/1.1', 'close'],
    ['another method', 'HEAD /callback HTTP/1.1', 'close'],
    ['the endpoint of the script', 'POST /token HTTP/1.1', 'close'],
    ['another path', 'GET /other HTTP/1.1', 'close'],
    ['a client that keeps none', 'GET /callback HTTP/1.0', 'close'],
  ])('is kept only for a page that forwards its fragment: %s', async (_, startLine, expected) => {
    const server = await startServer();
    server.expect({ state: 'other' });
    const socket = await dial(server.port);
    socket.write(requestBytes(startLine, [['Host', server.baseUri.host]]));
    const [head] = (await once(socket, 'data')) as [Buffer];
    expect(parseResponse(head.toString()).headers.get('connection')).toBe(expected);
    socket.destroy();
  });
});

describe('a request for another path', () => {
  it('is 404 without a handler, as text or as a page, and no rejection', async () => {
    const server = await startServer();
    const reasons = rejectionsOf(server);
    await request(originOf(server)).get('/other').expect(404, 'There is nothing here.\n');
    await request(originOf(server)).get('/other').set('Accept', 'text/html').expect(404, /<html/);
    await request(originOf(server)).post('/callback/x').expect(404);
    expect(reasons).toEqual([]);
  });

  it('is rejected before the handler under a foreign Host, or without a path', async () => {
    const handled: (string | undefined)[] = [];
    const server = await startServer({
      handler: ({ url }, response) => {
        handled.push(url);
        response.end();
      },
    });
    const reasons = rejectionsOf(server);
    const ask = async (startLine: string, host: string): Promise<number> => {
      const headers = [['Host', host] as const, ['Connection', 'close'] as const];
      return (await sendRaw(server.port, requestBytes(startLine, headers))).status;
    };
    expect(await ask('GET /other HTTP/1.1', 'evil.test')).toBe(421);
    for (const line of ['OPTIONS * HTTP/1.1', 'GET file:///x HTTP/1.1'])
      expect(await ask(line, server.baseUri.host)).toBe(400);
    expect([handled, reasons]).toEqual([[], ['foreign_host', 'bad_target', 'bad_target']]);
    expect(await ask('GET /other HTTP/1.1', server.baseUri.host)).toBe(200);
    expect(handled).toEqual(['/other']);
  });

  it('surfaces what a listener of callbackRejected throws, once the response is complete', async () => {
    // More than the system takes at once: what is still in the process would be lost with it.
    const logo = `data:image/png;base64,${'A'.repeat(32_000_000)}`;
    const server = await startServer({ logo });
    server.on('callbackRejected', () => {
      throw new Error('the listener failed');
    });
    let size = 0;
    const sizesAtError: number[] = [];
    process.setUncaughtExceptionCaptureCallback(() => sizesAtError.push(size));
    try {
      const socket = await dial(server.port);
      socket.on('data', ({ length }) => (size += length));
      const end = once(socket, 'close');
      socket.write(
        requestBytes('GET /other HTTP/1.1', [
          ['Host', 'evil.test'],
          ['Accept', 'text/html'],
        ]),
      );
      await end;
      await new Promise((resolve) => setImmediate(resolve));
      expect(size).toBeGreaterThan(logo.length);
      expect(sizesAtError).toEqual([expect.any(Number)]);
      expect(sizesAtError[0]).toBeGreaterThan(logo.length / 2);
    } finally {
      process.setUncaughtExceptionCaptureCallback(null);
    }
  });

  it('is cut off if its handler fails within the response', async () => {
    const failure = new Error('the handler failed');
    const handler = (_: unknown, response: ServerResponse): unknown => {
      response.writeHead(200, { 'Content-Length': 100 });
      return new Promise((resolve) => response.write('half', resolve)).then(() => {
        throw failure;
      });
    };
    const server = await startServer({ handler });
    const warnings = catchWarnings();
    const { status, body } = await sendRaw(server.port, `GET /x HTTP/1.1\r\nHost: ${server.baseUri.host}\r\n\r\n`);
    expect([status, body]).toEqual([200, 'half']);
    expect(warnings).toEqual([{ code: 'EMBED_AUTH_HOOK_FAILED', text: '`handler` failed: the handler failed' }]);
  });
});

describe('the callback page', () => {
  it.each([
    ['the built-in one', {}, false],
    ['a custom one', { template: '<p data-auth-message></p>' }, true],
  ])('reports that it is loaded only if it has files of its own: %s', async (_, options, reports) => {
    const server = await startServer(options);
    const { text } = await request(originOf(server)).get('/callback').expect(200);
    expect(text).toContain(`"reportLoaded":${reports}`);
    await reportLoaded(server);
  });

  it('of EmbedIOAuthServer finds its files at the root, wherever the callback is', async () => {
    const server = await startServer({}, 'http://127.0.0.1:0/auth/callback');
    for (const path of ['/auth_assets/main.js', '/auth/auth_assets/main.css']) {
      await request(originOf(server)).get(path).expect(200);
    }
    await request(originOf(server)).get('/other/auth_assets/main.js').expect(404);
  });

  it('offers to copy its address only while a sign-in accepts a pasted one', async () => {
    const server = await startServer();
    const offered = async (): Promise<boolean> => {
      const { text } = await request(originOf(server)).get('/callback').expect(200);
      return text.includes('"pasteOffered":true');
    };
    expect(await offered()).toBe(false);
    const abort = new AbortController();
    let asked: () => void = () => undefined;
    const prompted = new Promise<void>((resolve) => (asked = resolve));
    const signingIn = login({
      server,
      clientId: 'client',
      authorizationEndpoint,
      openBrowser: false,
      signal: abort.signal,
      prompt: () => {
        asked();
        return new Promise(() => undefined);
      },
    });
    await prompted;
    expect(await offered()).toBe(true);
    abort.abort();
    await expect(signingIn).rejects.toMatchObject({ code: 'ABORTED' });
    expect(await offered()).toBe(false);
  });

  onPosix('and its files are of one release, although a link is set to the next one', async () => {
    const parent = await mkdtemp(join(tmpdir(), 'releases-'));
    try {
      for (const release of ['one', 'two']) {
        await mkdir(join(parent, release));
        await writeFile(join(parent, release, 'index.html'), `<html><p>${release}</p></html>`);
        await writeFile(join(parent, release, 'style.css'), `/* ${release} */`);
      }
      const current = join(parent, 'current');
      await symlink(join(parent, 'one'), current);
      const server = await startServer({ templatePath: current });
      await unlink(current);
      await symlink(join(parent, 'two'), current);
      await request(originOf(server))
        .get('/callback')
        .expect(200, /<p>one<\/p>/);
      await request(originOf(server)).get('/style.css').expect(200, '/* one */');
      await reportLoaded(server);
    } finally {
      await rm(parent, { recursive: true });
    }
  });
});

describe('the warning EMBED_AUTH_PAGE_FAILED', () => {
  const code = 'EMBED_AUTH_PAGE_FAILED';

  it('comes with a plain response if the page cannot be made, and the server goes on', async () => {
    const { texts, break: breakTexts } = breakableTexts();
    const server = await startServer({ texts });
    const warnings = catchWarnings();
    breakTexts();
    await request(originOf(server)).get('/callback').expect(500, 'The page could not be made. Return to the app.\n');
    expect(warnings).toEqual([{ code, text: 'The callback page cannot be served: no text' }]);
    await request(originOf(server)).get('/other').expect(404);
  });

  it('comes with the end of a page that cannot be completed', async () => {
    const { texts, break: breakTexts } = breakableTexts();
    const server = await startServer({ texts });
    const { state } = new LoginRequest(server, 'client', ResponseType.Code, { authorizationEndpoint });
    let finish: () => void = () => undefined;
    server.on('authorizationCodeReceived', (_, { page }) => {
      page.waitUntil(new Promise<void>((resolve) => (finish = resolve)));
    });
    const warnings = catchWarnings();
    const response = await fetch(`${server.redirectUri}?code=c&state=${state}`);
    breakTexts();
    finish();
    expect(await response.text()).toContain('data-auth-reason="finishing"');
    expect(warnings).toEqual([{ code, text: 'The callback page cannot be served: no text' }]);
  });

  it('does not come if the client has left', async () => {
    const { texts, break: breakTexts } = breakableTexts();
    let render: (html: string) => void = () => undefined;
    const asked = new Promise<void>((resolve) => {
      render = () => {
        resolve();
      };
    });
    const server = await startServer({
      texts,
      template: () =>
        new Promise((_, reject) => {
          render('');
          render = () => {
            reject(new Error('no template'));
          };
        }),
    });
    const warnings = catchWarnings();
    const begun = nextOf<{ response: ServerResponse }>('http.server.request.start');
    const socket = await dial(server.port);
    socket.write(requestBytes('GET /callback HTTP/1.1', [['Host', server.baseUri.host]]));
    const { response } = await begun;
    await asked;
    socket.destroy();
    await once(response, 'close');
    breakTexts();
    render('<p></p>');
    for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    // The custom page failed, and then the built-in one; no browser is there to show either.
    expect(warnings.map((warning) => warning.code)).toEqual(['EMBED_AUTH_TEMPLATE_FAILED']);
  });
});
