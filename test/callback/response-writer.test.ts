import { describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { PendingPage } from '#src/callback/callback-page.js';
import {
  endOf,
  jsonWriter,
  pageWriter,
  send,
  sendFailure,
  sendPage,
  sendRejection,
  sent,
  success,
} from '#src/callback/response-writer.js';
import { inertPolicy, securityHeaders } from '#src/page/headers.js';
import type { CallbackPageOptions } from '#src/page/options.js';
import { CallbackPageRenderer, type PageView } from '#src/page/renderer.js';
import { loadLanguage } from '#src/page/texts.js';
import { dial, parseResponse, received, requestBytes, type RawResponse } from '../helpers/raw.js';
import { useHttpServers } from '../helpers/use-http-servers.js';

interface Exchange {
  readonly socket: Socket;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** What the client receives until the server closes the connection. */
  readonly received: Promise<RawResponse>;
  /** Errors of the response. Without a listener, each would end the process. */
  readonly errors: unknown[];
}

type Headers = readonly (readonly [string, string])[];

const html: Headers = [['Accept', 'text/html,*/*;q=0.8']];
const english = await loadLanguage('en');
const failed: PageView = { state: 'error', reason: 'failed' };
const denied: PageView = { state: 'error', reason: 'denied' };
const refused: PageView = { state: 'error', reason: 'refused' };
const allHeaders = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

const servers = useHttpServers();

/** A request that a server has received, and to which a test responds. */
async function receive(headers: Headers = [], method = 'GET'): Promise<Exchange> {
  const server = createServer();
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = await dial((server.address() as AddressInfo).port); // A listening TCP server's address is an AddressInfo.
  const requested = once(server, 'request') as Promise<[IncomingMessage, ServerResponse]>;
  const text = received(socket);
  socket.write(
    requestBytes(`${method} /callback HTTP/1.1`, [['Host', 'localhost'], ...headers, ['Connection', 'close']]),
  );
  const [request, response] = await requested;
  const errors: unknown[] = [];
  response.on('error', (error) => errors.push(error));
  return { socket, request, response, received: text.then(parseResponse), errors };
}

/** The client closes its connection. */
async function leave({ socket, response }: Exchange): Promise<void> {
  const closed = once(response, 'close');
  socket.destroy();
  await closed;
}

function rendererOf(options: CallbackPageOptions = {}): CallbackPageRenderer {
  return new CallbackPageRenderer(options, { credentials: 'omit', reportLoaded: false });
}

/** A page that waits for `outcome`, after the handlers have run. */
function heldPage(outcome: Promise<unknown>): PendingPage {
  const page = new PendingPage();
  page.waitUntil(outcome);
  page.dispatched();
  return page;
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

const never = new Promise<void>(() => undefined);

describe('pageWriter', () => {
  /** Renders a page that names its view, and counts how often. */
  function counting(): { readonly renderer: CallbackPageRenderer; readonly views: readonly string[] } {
    const views: string[] = [];
    const renderer = rendererOf({
      template: ({ state, reason = '' }) => {
        views.push(`${state} ${reason}`.trim());
        return '<html><p data-auth-message></p></html>';
      },
    });
    return { renderer, views };
  }

  it('sends what it has prepared in the same turn, without rendering again', async () => {
    const exchange = await receive();
    const { renderer, views } = counting();
    const writer = pageWriter(renderer, exchange.response, english);
    await writer.prepare(denied);
    void writer.finish(denied, 200);
    expect(exchange.response.writableEnded).toBe(true);
    const { status, body } = await exchange.received;
    expect([status, /data-auth-reason="(\w+)"/.exec(body)?.[1], views]).toEqual([200, 'denied', ['error denied']]);
  });

  it.each([
    ['another state', success],
    ['the same state for another reason', refused],
  ] as const)('renders the page again if the end has %s', async (_, view) => {
    const exchange = await receive();
    const { renderer, views } = counting();
    const writer = pageWriter(renderer, exchange.response, english);
    await writer.prepare(denied);
    await writer.finish(view, 500);
    const { status, body } = await exchange.received;
    const attributes = view.reason === undefined ? 'success" ' : `error" data-auth-reason="${view.reason}" `;
    expect(status).toBe(500);
    expect(body).toContain(`data-auth-state="${attributes}`);
    expect(views).toHaveLength(2);
  });

  it('renders the end if it has prepared nothing', async () => {
    const exchange = await receive();
    await pageWriter(rendererOf(), exchange.response, english).finish(failed, 500);
    const { body } = await exchange.received;
    expect(body).toContain('data-auth-reason="failed"');
    // Otherwise its script would forward the response again.
    expect(body).toContain('"answered":true');
  });

  it('redirects with 303, without a body, and with every header', async () => {
    const exchange = await receive();
    const writer = pageWriter(rendererOf(), exchange.response, english);
    await writer.prepare(success);
    await writer.finish(success, 200, '/profile');
    const { status, headers, body } = await exchange.received;
    expect([status, headers.get('location'), body]).toEqual([303, '/profile', '']);
    expect(Object.fromEntries(headers)).toMatchObject(allHeaders(securityHeaders));
  });

  describe('hold', () => {
    it('sends the page at once, unchunked, and tells proxies not to buffer it', async () => {
      const exchange = await receive();
      const first = once(exchange.socket, 'data') as Promise<[Buffer]>;
      void pageWriter(rendererOf(), exchange.response, english).hold(heldPage(never));
      const [bytes] = await first;
      const { status, headers, body } = parseResponse(String(bytes));
      expect(status).toBe(200);
      expect(Object.fromEntries(headers)).toMatchObject({
        ...allHeaders(securityHeaders),
        'content-type': 'text/html; charset=utf-8',
        'cache-control': 'no-store, no-transform',
        'x-accel-buffering': 'no',
        connection: 'close',
      });
      expect(headers.has('transfer-encoding')).toBe(false);
      expect(headers.has('content-length')).toBe(false);
      expect(body).toContain('data-auth-reason="finishing"');
      expect(body).toContain('"answered":true');
    });

    it('ends the page with the outcome, and with its redirect', async () => {
      for (const [outcome, text] of [
        [nextTurn(), 'You are signed in'],
        [nextTurn().then(() => Promise.reject(new Error('no'))), 'Sign-in was not completed'],
      ] as const) {
        const exchange = await receive();
        const page = heldPage(outcome);
        page.redirect('https://app.example/welcome');
        await pageWriter(rendererOf(), exchange.response, english).hold(page);
        const { body } = await exchange.received;
        expect(body.indexOf(`<h1>${text}</h1>`)).toBeGreaterThan(body.indexOf('</html>'));
        expect(body.includes('0;url=https://app.example/welcome')).toBe(text === 'You are signed in');
      }
    });

    it('writes nothing to a client that left while the page was rendered', async () => {
      const exchange = await receive();
      const renderer = rendererOf({ template: () => leave(exchange).then(() => '<p></p>') });
      await pageWriter(renderer, exchange.response, english).hold(heldPage(never));
      await nextTurn();
      expect(exchange.errors).toEqual([]);
    });

    it('writes nothing to a client that left while the page was held', async () => {
      const exchange = await receive();
      const first = once(exchange.socket, 'data');
      const outcome = first.then(() => leave(exchange));
      await pageWriter(rendererOf(), exchange.response, english).hold(heldPage(outcome));
      await nextTurn();
      expect(exchange.errors).toEqual([]);
    });

    it('leaves a response that the app has ended while the page was held as it is', async () => {
      const exchange = await receive();
      const outcome = once(exchange.socket, 'data').then(async () => {
        exchange.response.end('<p>Own</p>');
        await once(exchange.response, 'close');
      });
      await pageWriter(rendererOf(), exchange.response, english).hold(heldPage(outcome));
      expect((await exchange.received).body).toMatch(/<p>Own<\/p>$/);
      await nextTurn();
      expect(exchange.errors).toEqual([]);
    });

    it('leaves a response that the app has sent as it is', async () => {
      const exchange = await receive();
      exchange.response.end('The app’s own');
      await pageWriter(rendererOf(), exchange.response, english).hold(heldPage(never));
      expect((await exchange.received).body).toContain('The app’s own');
    });
  });
});

describe('jsonWriter', () => {
  it('sends the view with its texts and its redirect', async () => {
    const exchange = await receive();
    await jsonWriter(rendererOf(), exchange.response, english).finish(denied, 200, '/welcome');
    const { status, headers, body } = await exchange.received;
    expect([status, headers.get('content-type')]).toEqual([200, 'application/json; charset=utf-8']);
    expect(Object.fromEntries(headers)).toMatchObject(allHeaders(securityHeaders));
    expect(JSON.parse(body)).toEqual({ ...denied, ...rendererOf().text('denied', english), redirect: '/welcome' });
  });

  it('sends nothing while the page is held, and then the outcome with its status', async () => {
    for (const [end, status, view] of [
      ['success', 200, { state: 'success', redirect: '/welcome' }],
      ['failed', 500, { state: 'error', reason: 'failed' }],
      ['released', 202, { state: 'pending', reason: 'return_to_app' }],
    ] as const) {
      const exchange = await receive();
      const page = new PendingPage(String);
      page.waitUntil(never);
      page.redirect('/welcome');
      page.dispatched();
      const held = jsonWriter(rendererOf(), exchange.response, english).hold(page);
      await nextTurn();
      expect(exchange.response.headersSent).toBe(false);
      page.settle(end);
      await held;
      const response = await exchange.received;
      expect(response.status).toBe(status);
      expect(JSON.parse(response.body)).toMatchObject(view);
      expect('redirect' in (JSON.parse(response.body) as object)).toBe(end === 'success');
    }
  });
});

describe('endOf', () => {
  it('has the app\u2019s line and the code of the error, unless the app went on before', async () => {
    const page = heldPage(Promise.reject(Object.assign(new Error('SECRET'), { code: 'EXCHANGE_FAILED' })));
    page.message('as ada@example.com');
    await page.outcome;
    const shown = { note: 'as ada@example.com', code: 'EXCHANGE_FAILED' };
    expect(endOf(page, 'failed')[0]).toEqual({ ...failed, ...shown });
    expect(endOf(page, 'released')[0]).toEqual({ state: 'pending', reason: 'return_to_app' });
  });

  it('has the redirect of the outcome only', () => {
    const page = new PendingPage(String);
    page.redirect('/failed', { on: 'failure' });
    expect(endOf(page, 'success')).toEqual([{ state: 'success' }, 200, undefined]);
    expect(endOf(page, 'failed')).toEqual([failed, 500, '/failed']);
    expect(endOf(page, 'released')).toEqual([{ state: 'pending', reason: 'return_to_app' }, 202, undefined]);
  });
});

describe('sendRejection', () => {
  const rejection = { reason: 'method', status: 405, text: 'No.', headers: { Allow: 'POST' } } as const;

  it.each([
    ['method', 'bad_request'],
    ['foreign_host', 'foreign_host'],
  ] as const)(
    'is the built-in page for a browser, with the headers of page and rejection: %s',
    async (reason, shown) => {
      const exchange = await receive(html);
      const renderer = rendererOf({ template: '<p>The app’s own page</p>' });
      await sendRejection({ ...rejection, reason }, exchange.request, exchange.response, renderer);
      const { status, headers, body } = await exchange.received;
      expect([status, headers.get('allow'), headers.get('content-type')]).toEqual([
        405,
        'POST',
        'text/html; charset=utf-8',
      ]);
      expect(Object.fromEntries(headers)).toMatchObject(allHeaders(securityHeaders));
      expect(body).toContain(`data-auth-state="error" data-auth-reason="${shown}"`);
      expect(body).toContain('"answered":true');
      expect(body).toContain(`<p data-auth-code>Error code: ${reason}</p>`);
      expect(body).not.toContain('The app’s own page');
    },
  );

  it('is in the language of the browser', async () => {
    const exchange = await receive([...html, ['Accept-Language', 'de']]);
    await sendRejection(rejection, exchange.request, exchange.response, rendererOf());
    expect((await exchange.received).body).toContain('<html lang="de"');
  });

  it('is one sentence for other clients, and for methods of which browsers show no page', async () => {
    for (const [method, headers] of [
      ['GET', []],
      ['GET', [['Accept', '*/*']]],
      ['GET', [['Accept', 'application/json, text/plain']]],
      ['PUT', html],
      ['OPTIONS', html],
    ] as const) {
      const exchange = await receive(headers, method);
      await sendRejection(rejection, exchange.request, exchange.response, rendererOf());
      const response = await exchange.received;
      expect([response.status, response.body]).toEqual([405, 'No.\n']);
      expect(Object.fromEntries(response.headers)).toMatchObject({
        ...allHeaders(securityHeaders),
        allow: 'POST',
        'content-type': 'text/plain; charset=utf-8',
        'content-security-policy': inertPolicy,
      });
    }
  });

  it('is JSON for the page’s script, also if it accepts HTML', async () => {
    const exchange = await receive(html, 'POST');
    await sendRejection(rejection, exchange.request, exchange.response, rendererOf(), true);
    const { status, headers, body } = await exchange.received;
    expect([status, headers.get('allow'), headers.get('content-type')]).toEqual([
      405,
      'POST',
      'application/json; charset=utf-8',
    ]);
    expect(JSON.parse(body)).toEqual({
      state: 'error',
      reason: 'not_forwarded',
      rejection: 'method',
      code: 'method',
      ...rendererOf().text('not_forwarded', english),
    });
  });
});

describe('sendFailure', () => {
  it('is a page for a browser and JSON for others, and resolves when it is sent', async () => {
    for (const [method, headers, type, text] of [
      ['GET', html, 'text/html; charset=utf-8', 'data-auth-reason="failed"'],
      ['POST', html, 'text/html; charset=utf-8', '"answered":true'],
      ['GET', [], 'application/json; charset=utf-8', '"reason":"failed"'],
    ] as const) {
      const exchange = await receive(headers, method);
      await sendFailure(exchange.request, exchange.response, rendererOf());
      expect(exchange.response.writableFinished).toBe(true);
      const response = await exchange.received;
      expect([response.status, response.headers.get('content-type')]).toEqual([500, type]);
      expect(Object.fromEntries(response.headers)).toMatchObject(allHeaders(securityHeaders));
      expect(response.body).toContain(text);
    }
  });

  it('ends a response that another handler has begun, so that no browser waits for ever', async () => {
    const exchange = await receive(html);
    exchange.response.write('begun');
    await sendFailure(exchange.request, exchange.response, rendererOf());
    expect(await exchange.received).toMatchObject({ status: 200, body: expect.stringContaining('begun') as unknown });
  });
});

describe('sendPage', () => {
  it('sends the page in one piece, with its length in bytes', async () => {
    const exchange = await receive();
    sendPage(exchange.response, 201, { html: 'käse', headers: { 'X-A': 'b' } });
    const { status, headers, body } = await exchange.received;
    expect([status, headers.get('x-a'), headers.get('content-length'), body]).toEqual([201, 'b', '5', 'käse']);
  });

  it('leaves a response that the app has sent as it is', async () => {
    const exchange = await receive();
    exchange.response.writeHead(204).end();
    sendPage(exchange.response, 200, { html: 'page', headers: {} });
    expect(await exchange.received).toMatchObject({ status: 204, body: '' });
  });

  it('causes no error if the client has left', async () => {
    const exchange = await receive();
    await leave(exchange);
    sendPage(exchange.response, 200, { html: 'page', headers: {} });
    await nextTurn();
    expect(exchange.errors).toEqual([]);
  });
});

describe('send', () => {
  it('sends a response on which nothing is loaded, run, framed or kept', async () => {
    const exchange = await receive();
    send(exchange.response, 200, { 'X-A': 'b' }, 'text');
    const { headers, body } = await exchange.received;
    expect(body).toBe('text');
    expect(Object.fromEntries(headers)).toMatchObject({
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'x-a': 'b',
    });
  });
});

describe('sent', () => {
  it('resolves when the response is handed over, and leaves no listener', async () => {
    const { response } = await receive();
    const names = ['finish', 'close'];
    const before = names.map((name) => response.listenerCount(name));
    const done = sent(response);
    let isDone = false;
    void done.then(() => (isDone = true));
    await nextTurn();
    expect(isDone).toBe(false);
    response.end('x');
    await done;
    expect(response.writableFinished).toBe(true);
    expect(names.map((name) => response.listenerCount(name))).toEqual(before);
    await sent(response);
  });

  it('resolves when the client leaves, and if it has left already', async () => {
    const exchange = await receive();
    const done = sent(exchange.response);
    await leave(exchange);
    await done;
    await sent(exchange.response);
    expect(exchange.response.writableFinished).toBe(false);
  });
});
