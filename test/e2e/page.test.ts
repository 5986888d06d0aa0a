import { afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Page } from 'puppeteer-core';
import { pageLanguages, type PageTextKey } from '#src/page/language.js';
import type { PageReason } from '#src/page/options.js';
import type { PageView } from '#src/page/renderer.js';
import { loadLanguage } from '#src/page/texts.js';
import { startPageServer, type PageServer, type PageServerOptions } from '../helpers/page-server.js';
import { useBrowser } from '../helpers/use-browser.js';

jest.setTimeout(30_000);

const axePath = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const logo = `data:image/svg+xml,${encodeURIComponent('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><circle r="9"/></svg>')}`;
const english = await loadLanguage('en');
const neutralReasons: readonly PageReason[] = ['return_to_app', 'state_used', 'sign_in_ended', 'nothing'];
const errorReasons: readonly PageReason[] = [
  ...([
    'denied',
    'refused',
    'failed',
    'state_foreign',
    'malformed',
    'wrong_issuer',
    'unreachable',
    'too_large',
  ] as const),
  ...(['bad_request', 'error_without_state', 'foreign_host', 'not_forwarded'] as const),
];

const shared = useBrowser();
let axe: string;
let server: PageServer;
const servers: PageServer[] = [];
let page: Page;

beforeAll(async () => {
  axe = await readFile(axePath, 'utf8');
});

afterEach(async () => {
  await Promise.all(servers.splice(0).map((started) => started.close()));
});

/** Starts the server, and opens its page. */
async function open(
  response: string,
  options?: PageServerOptions,
  prepare?: (page: Page) => Promise<unknown>,
): Promise<PageServer> {
  server = await startPageServer(options);
  servers.push(server);
  page = await shared.newPage();
  await page.emulateMediaFeatures([{ name: 'prefers-reduced-motion', value: 'reduce' }]);
  await prepare?.(page);
  await page.goto(server.uri + response, { waitUntil: 'domcontentloaded' });
  return server;
}

/** Opens a page that is still being sent when this resolves. */
async function openHeld(
  response: string,
  options: PageServerOptions,
): Promise<{ end: () => void; server: PageServer }> {
  const held = { state: 'pending', reason: 'finishing', answered: true } as const;
  let end: (() => void) | undefined;
  server = await startPageServer({
    ...options,
    view: held,
    hold: (...args) => {
      end = () => options.hold?.(...args);
    },
  });
  servers.push(server);
  page = await shared.newPage();
  void page.goto(server.uri + response).catch(() => undefined); // What counts is what the page shows.
  await page.waitForSelector('html[data-auth-reason="finishing"] h1');
  return { end: () => end?.(), server };
}

/** What the page shows, once it is in that state. */
async function shown({ state, reason }: PageView): Promise<Record<string, string | boolean | undefined>> {
  await page.waitForSelector(
    `html[data-auth-state="${state}"]${reason === undefined ? ':not([data-auth-reason])' : `[data-auth-reason="${reason}"]`}`,
    { timeout: 15_000 },
  );
  return page.evaluate(() => ({
    title: document.title,
    heading: document.querySelector('[data-auth-heading]')?.textContent,
    message: document.querySelector('[data-auth-message]')?.textContent,
    note: document.querySelector('[data-auth-note]')?.textContent,
    code: document.querySelector('[data-auth-code]')?.textContent,
    hint: document.querySelector('[data-auth-hint]')?.textContent,
    detail: document.querySelector('[data-auth-detail]')?.textContent,
    label: getComputedStyle(document.querySelector('[data-auth-detail]') ?? document.body, '::before').content,
    button: document.querySelector('[data-auth-copy]:not([hidden])')?.textContent ?? '',
    uri: location.href,
  }));
}

function englishText(key: PageTextKey, app = 'the app'): { heading: string; message: string } {
  const { heading, message } = english.texts[key];
  return { heading: heading.replaceAll('{app}', app), message: message.replaceAll('{app}', app) };
}

const unanswered = (): void => undefined;

/** Every state of the page, and how the page gets there. */
const views: readonly (readonly [string, PageView, string, PageServerOptions])[] = [
  [
    'the wait for the server',
    { state: 'pending', reason: 'finishing' },
    '#access_token=t&state=s',
    { token: unanswered },
  ],
  ['success', { state: 'success' }, '#access_token=t&state=s', {}],
  ...[...errorReasons, ...neutralReasons].map((reason) => {
    const view: PageView = { state: neutralReasons.includes(reason) ? 'pending' : 'error', reason };
    const response = `?error=e&error_description=${'Not+today '.repeat(9)}${'x'.repeat(99)}&state=s`;
    return [reason, view, response, { view: { ...view, answered: true } }] as const;
  }),
  [
    'the copy button',
    { state: 'error', reason: 'not_forwarded' },
    '#access_token=t&state=s',
    {
      view: { state: 'pending', answered: false, pasteOffered: true },
      token: { state: 'error', reason: 'not_forwarded', status: 403 },
    },
  ],
];

describe.each(views)('the built-in page that shows %s', (_, view, response, options) => {
  it('is accessible in both schemes, and fits a phone', async () => {
    const links = { helpUri: 'https://example.com/help', returnUri: 'com.example.app:/' };
    await open(
      response,
      { ...options, page: { appName: 'Tidewater', logo, accentColor: '#ffb300', ...links } },
      (page) => page.setViewport({ width: 360, height: 640, isMobile: true }),
    );
    const { title, heading, message } = await shown(view);
    expect(title).toBe(String(heading).includes('Tidewater') ? heading : `${String(heading)} | Tidewater`);
    expect([heading, message]).not.toContain('');
    for (const scheme of ['light', 'dark']) {
      await page.emulateMediaFeatures([
        { name: 'prefers-color-scheme', value: scheme },
        { name: 'prefers-reduced-motion', value: 'reduce' },
      ]);
      await page.evaluate(axe);
      expect(
        await page.evaluate('axe.run().then(({ violations }) => violations.map(({ id, help }) => `${id}: ${help}`))'),
      ).toEqual([]);
    }
    const layout = await page.evaluate(() => ({
      fits: document.documentElement.scrollWidth <= window.innerWidth,
      logo: document.querySelector('img')?.naturalWidth,
    }));
    expect(layout.fits).toBe(true);
    expect(layout.logo).toBeGreaterThan(0);
  });
});

describe('the accent colour', () => {
  const colorsOf = (selector: string): Promise<string[]> =>
    page.evaluate(
      (selector) => [...document.querySelectorAll(selector)].map((sign) => getComputedStyle(sign).stroke),
      selector,
    );
  const brand = { appName: 'Tidewater', accentColor: '#ffb300' };

  it('is the ring’s', async () => {
    await open('?state=s', { token: () => undefined, page: brand });
    expect(await colorsOf('.waiting')).toEqual(['rgb(255, 179, 0)']);
  });

  it('gives way to the system’s if colours are forced', async () => {
    await open('?state=s', { token: () => undefined, page: brand }, async (page) => {
      const client = await page.createCDPSession();
      await client.send('Emulation.setEmulatedMedia', { features: [{ name: 'forced-colors', value: 'active' }] });
    });
    expect(await colorsOf('.waiting')).toEqual(['rgb(0, 0, 0)']);
  });

  it.each([
    ['denied', { state: 'error', reason: 'denied' }],
    ['neutral', { state: 'pending', reason: 'state_used' }],
  ] as const)('is not that of the sign of a %s sign-in, which must be seen', async (tone, view) => {
    await open('?error=access_denied&state=s', { view: { ...view, answered: true }, page: brand });
    expect(await page.$eval('html', ({ dataset }) => dataset['authTone'])).toBe(tone);
    expect(await colorsOf(`.${tone}`)).toEqual(['rgb(70, 80, 99)']);
  });
});

describe('the page’s language', () => {
  it.each(pageLanguages)('is the browser’s: %s, in the page and in its script', async (tag) => {
    const { dir, texts } = await loadLanguage(tag);
    await open('', { page: { appName: 'Tidewater' } }, (page) =>
      page.setExtraHTTPHeaders({ 'Accept-Language': `${tag},en;q=0.5` }),
    );
    const { heading } = await shown({ state: 'pending', reason: 'nothing' });
    expect(heading).toBe(texts.nothing.heading.replaceAll('{app}', 'Tidewater'));
    expect(await page.$eval('html', ({ lang, dir }) => [lang, dir])).toEqual([tag, dir]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true);
  });

  it('can be fixed, and every text replaced', async () => {
    await open('#access_token=t&state=s', {
      page: { language: 'fr', texts: { success: { heading: 'Bienvenue à bord' } } },
    });
    expect(await shown({ state: 'success' })).toMatchObject({ heading: 'Bienvenue à bord' });
    expect(await page.$eval('html', ({ lang }) => lang)).toBe('fr');
  });
});

describe('forwarding', () => {
  it('R16: posts fragment and query as they are, after it has cleared the address, and without cookies', async () => {
    let respond: ServerResponse | undefined;
    const { uri, posts } = await open(
      '?state=a%20b&x=%2F#access_token=%C3%A9+1&state=s',
      { token: (response) => (respond = response) },
      (page) => page.browserContext().setCookie({ name: 'session', value: 'secret', domain: '127.0.0.1' }),
    );
    await page.waitForSelector('[data-auth-reason="finishing"]');
    expect(page.url()).toBe(uri);
    expect(await page.evaluate(() => location.href)).toBe(uri);
    respond?.end(JSON.stringify({ state: 'success', heading: 'Done', message: 'Done.' }));
    await shown({ state: 'success' });
    expect(posts).toMatchObject([
      {
        body: { fragment: 'access_token=%C3%A9+1&state=s', query: 'state=a%20b&x=%2F' },
        headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin', origin: server.origin },
      },
    ]);
    expect(posts[0]?.headers).not.toHaveProperty('cookie');
    expect(posts[0]?.headers).not.toHaveProperty('referer');
  });

  it('R15: posts a query with a state and no response', async () => {
    const { uri, posts } = await open('?state=s', { token: { state: 'error', reason: 'malformed', status: 400 } });
    expect(await shown({ state: 'error', reason: 'malformed' })).toMatchObject({ uri });
    expect(posts.map(({ body }) => body)).toEqual([{ fragment: '', query: 'state=s' }]);
  });

  it.each(['', '#', '?', '?state=', '?theme=dark'])(
    'posts nothing from a page with %j: it has nothing to do',
    async (response) => {
      const { posts } = await open(response);
      expect(await shown({ state: 'pending', reason: 'nothing' })).toMatchObject(englishText('nothing'));
      expect(posts).toEqual([]);
    },
  );

  it('R14: posts a fragment of 256 KiB', async () => {
    const fragment = `access_token=${'t'.repeat(256 * 1024 - 30)}&state=s`;
    const { posts } = await open(`#${fragment}`);
    await shown({ state: 'success' });
    expect(posts.map(({ body }) => body)).toEqual([{ fragment }]);
  });

  it.each([40_000, 59_900, 60_100, 65_500, 66_000, 70_000])('posts a fragment of %d bytes', async (length) => {
    const { posts } = await open(`#${'t'.repeat(length)}`);
    await shown({ state: 'success' });
    expect(posts).toHaveLength(1);
  });

  it('R16: survives the end of the page if the browser allows it', async () => {
    await open(`#${'t'.repeat(50_000)}`, {}, (page) =>
      page.evaluateOnNewDocument(() => {
        const fetch = window.fetch.bind(window);
        window.fetch = (input, init) => {
          document.title = `keepalive: ${String(init?.keepalive)}`;
          return fetch(input, init);
        };
      }),
    );
    await page.waitForFunction(() => document.title !== '');
    expect(await page.evaluate(() => document.title)).toBe('keepalive: true');
  });

  it.each([
    ['success with the status 500', 500, '{"state":"success","heading":"x","message":"x"}'],
    ['HTML', 502, '<h1>Bad gateway</h1>'],
    ['an empty body', 200, ''],
    ['null', 200, 'null'],
    ['JSON of another server', 200, '{"ok":true}'],
    ['a pending state', 200, '{"state":"pending"}'],
  ])('R16: shows that the app cannot be reached if the response is %s', async (_, status, body) => {
    await open('#access_token=t&state=s', { token: (response) => response.writeHead(status).end(body) });
    expect(await shown({ state: 'error', reason: 'unreachable' })).toMatchObject(englishText('unreachable'));
  });

  it('keeps a result that comes before the page would say that the sign-in is being finished', async () => {
    await open('#access_token=t&state=s');
    await shown({ state: 'success' });
    // A timer of the same length that was set later.
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 400)));
    expect(await shown({ state: 'success' })).toMatchObject(englishText('success'));
    expect(await page.$('[data-auth-reason]')).toBeNull();
  });

  it('R16: follows no redirect', async () => {
    const { requests } = await open('#access_token=t&state=s', {
      token: (response) => response.writeHead(307, { Location: '/elsewhere' }).end(),
    });
    await shown({ state: 'error', reason: 'unreachable' });
    expect(requests).not.toContain('POST /elsewhere');
  });

  it.each(errorReasons)('shows the server’s rejection with its text: %s', async (reason) => {
    await open('#access_token=t&state=s', { token: { state: 'error', reason, status: 400 } });
    expect(await shown({ state: 'error', reason })).toMatchObject(englishText(reason));
  });

  it('shows neutral results of the server', async () => {
    await open('#access_token=t&state=s', { token: { state: 'pending', reason: 'state_used', status: 409 } });
    expect(await shown({ state: 'pending', reason: 'state_used' })).toMatchObject(englishText('state_used'));
  });

  it('a reload after success shows a neutral page, and posts nothing', async () => {
    const { posts } = await open('?state=s#access_token=t');
    await shown({ state: 'success' });
    await page.reload();
    expect(await shown({ state: 'pending', reason: 'nothing' })).toMatchObject(englishText('nothing'));
    expect(posts).toHaveLength(1);
  });
});

describe('the provider’s words', () => {
  const words = 'error=access_denied&error_description=Not%0D%0Atoday+%3Cb%3Eand%3C/b%3E%00+%E2%80%AE&state=s';

  it.each(['denied', 'refused'] as const)('R7: are shown as text for %s, from fragment and query', async (reason) => {
    await open(`#${words}`, { token: { state: 'error', reason } });
    const label = JSON.stringify(english.detailLabel);
    expect(await shown({ state: 'error', reason })).toMatchObject({ detail: 'Not today <b>and</b>', label });
    expect(await page.$$('[data-auth-detail] *')).toEqual([]);
    await open(`?${words}`, { view: { state: 'error', reason, answered: true } });
    expect(await shown({ state: 'error', reason })).toMatchObject({ detail: 'Not today <b>and</b>', label });
  });

  it.each([
    ...errorReasons
      .filter((reason) => reason !== 'denied' && reason !== 'refused')
      .map((reason) => ['error', reason] as const),
    ...neutralReasons.map((reason) => ['pending', reason] as const),
    ['success', undefined] as const,
  ])('R7: are not shown for %s %s', async (state, reason) => {
    await open(`#${words}`, { token: { state, reason } });
    expect(await shown({ state, reason })).toMatchObject({ detail: '' });
    await open(`?${words}`, { view: { state, reason, answered: true } });
    expect(await shown({ state, reason })).toMatchObject({ detail: '' });
  });

  it('R7: are not shown for a response without a state', async () => {
    await open('?error=server_error&error_description=Call+this+number', {
      view: { state: 'error', reason: 'refused', answered: true },
    });
    expect(await shown({ state: 'error', reason: 'refused' })).toMatchObject({ detail: '' });
  });

  it('are also those of a provider that sends `error_message`', async () => {
    await open('?error_code=4&error_message=Not+now&state=s', {
      view: { state: 'error', reason: 'refused', answered: true },
    });
    expect(await shown({ state: 'error', reason: 'refused' })).toMatchObject({ detail: 'Not now' });
  });
});

it('R7: the texts of the server and of the app are written as text, never as markup', async () => {
  const text = '<img src=x onerror=alert(1)><b>bold</b>';
  await open('#access_token=t&state=s', {
    page: { appName: text, texts: { success: { heading: text, message: text }, finishing: { message: text } } },
  });
  expect(await shown({ state: 'success' })).toMatchObject({ title: text, heading: text, message: text });
  expect(await page.$$('main b, main img, header b')).toEqual([]);
});

describe('the error\u2019s code', () => {
  it.each([
    ['refused', 'error=server_error', 'Error code: server_error'],
    ['refused', 'error=%3Cb%3Ecall+us', 'Error code: refused'],
    ['denied', 'error=access_denied', ''],
    ['wrong_issuer', 'error=server_error', 'Error code: wrong_issuer'],
  ] as const)('R7: is the provider\u2019s own only for %s, if it is a word: %s', async (reason, response, code) => {
    await open(`#${response}&state=s`, { token: { state: 'error', reason, status: 400 } });
    expect(await shown({ state: 'error', reason })).toMatchObject({ code });
  });

  it('is that of the app\u2019s error', async () => {
    await open('#access_token=t&state=s', {
      token: { state: 'error', reason: 'failed', code: 'NO_SEAT', status: 500 },
    });
    expect(await shown({ state: 'error', reason: 'failed' })).toMatchObject({ code: 'Error code: NO_SEAT' });
  });
});

describe('a POST that fails', () => {
  const files = { '/auth_assets/main.js': { type: 'text/javascript', body: '' } };
  const cut = (response: ServerResponse): unknown => response.destroy();

  it('says that the browser kept it back if the app is still there, as with an extension', async () => {
    await open('#access_token=t&state=s', { files, token: cut });
    expect(await shown({ state: 'error', reason: 'not_forwarded' })).toMatchObject(englishText('not_forwarded'));
  });

  it('says that the app cannot be reached if its own file cannot be, either', async () => {
    await open('#access_token=t&state=s', { token: cut });
    expect(await shown({ state: 'error', reason: 'unreachable' })).toMatchObject(englishText('unreachable'));
  });
});

describe('the look', () => {
  const account = { state: 'success', note: 'as ada@example.com' } as const;
  const links = { appName: 'Tidewater', returnUri: 'com.example.app:/', helpUri: 'https://example.com/help' };

  async function place(selector: string): Promise<{ top: number; bottom: number }> {
    return page.$eval(selector, (element) => {
      const { top, bottom } = element.getBoundingClientRect();
      return { top, bottom };
    });
  }

  it.each([360, 1060])('keeps the card where it is when the outcome comes, at %d px', async (width) => {
    let respond: ServerResponse | undefined;
    await open('#access_token=t&state=s', { page: links, token: (response) => (respond = response) }, (page) =>
      page.setViewport({ width, height: 700 }),
    );
    await shown({ state: 'pending', reason: 'finishing' });
    const before = [await place('main'), (await place('h1')).top];
    respond?.end(JSON.stringify({ ...account, ...englishText('success', 'Tidewater') }));
    expect(await shown(account)).toMatchObject({ note: account.note });
    expect([await place('main'), (await place('h1')).top]).toEqual(before);
  });

  it('has nothing that matters in the upper part of 1060 x 700, where the browser asks to save a password', async () => {
    await open('#access_token=t&state=s', { page: links, token: account }, (page) =>
      page.setViewport({ width: 1060, height: 700 }),
    );
    await shown(account);
    expect((await place('main')).top).toBeGreaterThan(300);
    expect((await place('[data-auth-return]')).bottom).toBeLessThan(700);
  });

  it.each([
    [{ state: 'success' }, '.success'],
    [{ state: 'error', reason: 'denied' }, '.denied'],
    [{ state: 'error', reason: 'failed' }, '.error'],
    [{ state: 'error', reason: 'state_foreign' }, '.neutral'],
    [{ state: 'pending', reason: 'state_used' }, '.neutral'],
    [{ state: 'pending', reason: 'sign_in_ended' }, '.neutral'],
  ] as const)('has a sign of its own, apart from its colour: %j', async (view, sign) => {
    await open('?code=c&state=s', { view: { ...view, answered: true } });
    await shown(view);
    const signs = await page.$$eval('svg > :not(.disc)', (all) =>
      all
        .filter((element) => getComputedStyle(element).display !== 'none')
        .map((element) => `.${element.getAttribute('class') ?? ''}`),
    );
    expect(signs).toEqual([sign]);
  });

  it.each(['he', 'ar'])(
    'sets a denial in one direction in %s, whatever the language of the provider\u2019s words',
    async (language) => {
      await open('?error=access_denied&error_description=The+user+said+no.&state=s', {
        page: { ...links, language },
        view: { state: 'error', reason: 'denied', answered: true },
      });
      await shown({ state: 'error', reason: 'denied' });
      expect(
        await page.$$eval('header p, h1, [data-auth-message], [data-auth-detail]', (all) =>
          all.map((element) => {
            const { direction, textAlign } = getComputedStyle(element);
            return textAlign === 'right' || (textAlign === 'start' && direction === 'rtl');
          }),
        ),
      ).toEqual([true, true, true, true]);
    },
  );

  it('links the app and its help where they help', async () => {
    const visible = (): Promise<(string | null)[]> =>
      page.$$eval('a', (all) =>
        all
          .filter((link) => link.checkVisibility({ visibilityProperty: true }))
          .map((link) => link.getAttribute('href')),
      );
    await open('#access_token=t&state=s', { page: links, token: account });
    await shown(account);
    expect(await visible()).toEqual([links.returnUri]);
    await open('#access_token=t&state=s', { page: links, token: unanswered });
    await shown({ state: 'pending', reason: 'finishing' });
    expect(await visible()).toEqual([]);
    await open('#access_token=t&state=s', { page: links, token: { state: 'error', reason: 'failed', status: 500 } });
    await shown({ state: 'error', reason: 'failed' });
    expect(await visible()).toEqual([links.returnUri, links.helpUri]);
    await open('#access_token=t&state=s', { page: links, token: { state: 'error', reason: 'denied' } });
    await shown({ state: 'error', reason: 'denied' });
    expect(await visible()).toEqual([links.returnUri]);
  });

  it('says which keys close the window, once there is nothing else to do', async () => {
    await open('#access_token=t&state=s', { page: links });
    expect(await shown({ state: 'success' })).toMatchObject({ hint: 'To close this window, press Ctrl+W.' });
    await open('#access_token=t&state=s', { page: links, token: { state: 'error', reason: 'failed', status: 500 } });
    expect(await shown({ state: 'error', reason: 'failed' })).toMatchObject({ hint: '' });
    await open('#access_token=t&state=s', { page: links }, (page) =>
      page.setViewport({ width: 360, height: 640, isMobile: true, hasTouch: true }),
    );
    expect(await shown({ state: 'success' })).toMatchObject({ hint: '' });
  });

  it('shows the account of a held page', async () => {
    const { end } = await openHeld('?code=c&state=s', {
      hold: (response, renderer, language) => response.end(renderer.renderOutcome(account, language)),
    });
    end();
    expect(await shown({ state: 'success' })).toMatchObject({ note: account.note });
  });

  it('requests nothing but the page: no favicon, and no file of a logo', async () => {
    const { requests } = await open('?code=c&state=s', {
      page: { ...links, logo },
      view: { state: 'success', answered: true },
    });
    await shown({ state: 'success' });
    expect(requests).toEqual(['GET /callback']);
    expect(await page.$eval('link[rel=icon]', (link) => link.getAttribute('href'))).toBe(logo);
  });

  it('shows a logo that the app\u2019s handler serves', async () => {
    const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><circle r="9"/></svg>';
    await open('#access_token=t&state=s', {
      page: { logo: { url: '/logo.svg' } },
      files: { '/logo.svg': { type: 'image/svg+xml', body: svg } },
    });
    await shown({ state: 'success' });
    await page.waitForFunction(() => (document.querySelector('img')?.naturalWidth ?? 0) > 0);
  });
});

it('says what to do if scripting is off, and nothing else', async () => {
  await open('#access_token=t&state=s', { page: { appName: 'Tidewater' } }, (page) => page.setJavaScriptEnabled(false));
  const { heading, message } = englishText('no_script', 'Tidewater');
  expect(await page.$eval('main', ({ innerText }) => innerText.split(/\n+/).filter(Boolean))).toEqual([
    heading,
    message,
  ]);
});

describe('the copy button', () => {
  const secret = 'SECRET-TOKEN';
  const response = `?a=b#access_token=${secret}&state=s`;
  const offered = { state: 'pending', answered: false, pasteOffered: true } as const;

  async function clipboard(): Promise<string> {
    const context = page.browserContext();
    const permission = { permission: { name: 'clipboard-read' }, state: 'granted' } as const;
    await context.setPermission(new URL(page.url()).origin, permission);
    return page.evaluate(() => navigator.clipboard.readText());
  }

  it.each([
    ['not_forwarded', { state: 'error', reason: 'not_forwarded', status: 403 } as const],
    ['too_large', { state: 'error', reason: 'too_large', status: 413 } as const],
    ['unreachable', (res: ServerResponse): unknown => res.destroy()],
  ] as const)('copies the whole address by keyboard, and never shows it: %s', async (reason, token) => {
    const { uri } = await open(response, { view: offered, token });
    const { button, heading, message } = await shown({ state: 'error', reason });
    expect({ button, heading, message }).toEqual({
      button: 'Copy address',
      heading: englishText(reason).heading,
      message: englishText('copy_address').message,
    });
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.querySelector('button')?.textContent === 'Address copied');
    expect(await clipboard()).toBe(uri + response);
    expect(await shown({ state: 'error', reason })).toMatchObject({
      message: englishText('address_copied').message,
      uri,
    });
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Address copied');
    expect(await page.content()).not.toContain(secret);
  });

  it('copies only if the button is clicked', async () => {
    await open(response, { view: offered, token: (res) => res.destroy() });
    await shown({ state: 'error', reason: 'unreachable' });
    await page.evaluate(`
      window.copied = [];
      navigator.clipboard.writeText = (text) => Promise.resolve(copied.push(text));
    `);
    await page.click('h1');
    expect(await page.evaluate('copied')).toEqual([]);
    await page.click('button');
    expect(await page.evaluate('copied')).toEqual([page.url() + response]);
  });

  it('copies without the Clipboard API, as on a page that is neither on https nor on a loopback address', async () => {
    const { uri } = await open(response, { view: offered, token: (res) => res.destroy() }, (page) =>
      page.evaluateOnNewDocument(() => {
        Object.defineProperty(navigator, 'clipboard', { value: undefined });
      }),
    );
    await shown({ state: 'error', reason: 'unreachable' });
    await page.click('button');
    await page.waitForFunction(() => document.querySelector('button')?.textContent === 'Address copied');
    const other = await page.browserContext().newPage();
    await other.setContent('<textarea autofocus></textarea>');
    await other.focus('textarea');
    await other.keyboard.down('Control');
    await other.keyboard.press('V');
    await other.keyboard.up('Control');
    expect(await other.$eval('textarea', ({ value }) => value)).toBe(uri + response);
  });

  it('says what else to do if the browser does not copy', async () => {
    await open(response, { view: offered, token: (res) => res.destroy() }, (page) =>
      page.evaluateOnNewDocument(() => {
        Object.defineProperty(navigator, 'clipboard', { value: undefined });
        Object.defineProperty(document, 'execCommand', { value: () => false });
      }),
    );
    await shown({ state: 'error', reason: 'unreachable' });
    await page.click('button');
    await page.waitForSelector('button[hidden]');
    expect(await shown({ state: 'error', reason: 'unreachable' })).toMatchObject(englishText('unreachable'));
  });

  it.each([
    ...errorReasons.filter((reason) => !['not_forwarded', 'too_large', 'unreachable'].includes(reason)),
    ...neutralReasons,
  ])('is not offered for %s', async (reason) => {
    const state = neutralReasons.includes(reason) ? 'pending' : 'error';
    await open(response, { view: offered, token: { state, reason, status: 400 } });
    expect(await shown({ state, reason })).toMatchObject({ ...englishText(reason), button: '' });
  });

  it('is not offered if the app accepts no pasted address', async () => {
    await open(response, { token: (res) => res.destroy() });
    expect(await shown({ state: 'error', reason: 'unreachable' })).toMatchObject({
      ...englishText('unreachable'),
      button: '',
    });
  });

  it('is added to a custom page that has none', async () => {
    const { uri } = await open(response, {
      page: { template: '<h1 data-auth-heading></h1><p data-auth-message></p>' },
      view: offered,
      token: (res) => res.destroy(),
    });
    expect(await shown({ state: 'error', reason: 'unreachable' })).toMatchObject({ button: 'Copy address' });
    await page.click('[data-auth-copy]');
    await page.waitForFunction(() => document.querySelector('button')?.textContent === 'Address copied');
    expect(await clipboard()).toBe(uri + response);
    expect(await page.$$('button')).toHaveLength(1);
  });
});

describe('a held page', () => {
  it.each([
    { state: 'success' },
    { state: 'error', reason: 'failed' },
    { state: 'pending', reason: 'return_to_app' },
  ] as const)('shows the outcome that follows: %j', async (view) => {
    const { end } = await openHeld('?code=c&state=s', {
      hold: (response, renderer, language) => response.end(renderer.renderOutcome(view, language)),
    });
    expect(await shown({ state: 'pending', reason: 'finishing' })).toMatchObject(englishText('finishing'));
    end();
    await shown(view);
  });

  it.each([{ state: 'success' }, { state: 'error', reason: 'failed' }] as const)(
    'redirects to a page of the app if the outcome %j says so',
    async (view) => {
      const { end, server } = await openHeld('?code=c&state=s', {
        files: { '/home': { type: 'text/html', body: '<title>Home</title>' } },
        hold: (response, renderer, language) => response.end(renderer.renderOutcome(view, language, '/home')),
      });
      end();
      await page.waitForFunction(() => document.title === 'Home');
      expect(page.url()).toBe(`${server.origin}/home`);
    },
  );

  it.each([
    ['ends', (response: ServerResponse): unknown => response.end()],
    ['is cut off', (response: ServerResponse): unknown => response.destroy()],
  ])('R11: says "return to the app" if the response %s without an outcome', async (_, hold) => {
    const { end } = await openHeld('?code=c&state=s', { hold });
    end();
    expect(await shown({ state: 'pending', reason: 'return_to_app' })).toMatchObject(englishText('return_to_app'));
  });

  it('R11: says "return to the app" if the app is gone and its connections were reset', async () => {
    const { end, server } = await openHeld('?code=c&state=s', {
      hold: (response) => response.socket?.resetAndDestroy(),
    });
    server.stopListening();
    end();
    expect(await shown({ state: 'pending', reason: 'return_to_app' })).toMatchObject(englishText('return_to_app'));
  });

  it('goes on waiting while the app is there', async () => {
    const { end, server } = await openHeld('?code=c&state=s', {
      hold: (response, renderer, language) => response.end(renderer.renderOutcome({ state: 'success' }, language)),
    });
    await server.requested('GET /auth_assets/main.js', 2);
    expect(await shown({ state: 'pending', reason: 'finishing' })).toMatchObject(englishText('finishing'));
    end();
    await shown({ state: 'success' });
  });
});

describe('the redirect in a response of `token`', () => {
  it.each([
    { state: 'success' } as const,
    { state: 'error', reason: 'failed', status: 500 } as const,
    { state: 'error', reason: 'denied' } as const,
  ])('is followed after the event, and replaces the page: %j', async (token) => {
    const { origin } = await open('#access_token=t&state=s', {
      page: {
        template: `<script>document.addEventListener('authresult', ({ detail }) => { sessionStorage.result = detail.state; });</script>`,
      },
      files: { '/home': { type: 'text/html', body: '<title>Home</title>' } },
      token: { ...token, redirect: '/home' },
    });
    await page.waitForFunction(() => document.title === 'Home');
    expect(page.url()).toBe(`${origin}/home`);
    expect(await page.evaluate(() => [sessionStorage.getItem('result'), history.length])).toEqual([token.state, 2]);
  });
});

describe('the event `authresult`', () => {
  /** A page that records what its listeners receive, as text. */
  const record = `<script>
    window.results = [];
    window.record = (name) => ({ detail: { state, reason, heading, message } }) => {
      window.results.push([name, state, reason, Boolean(heading && message)].join(' '));
    };
  </script>`;
  const failed = 'error failed true';

  async function results(): Promise<string[]> {
    // What is called late is called in a microtask.
    return page.evaluate('Promise.resolve().then(() => window.results)') as Promise<string[]>;
  }

  it('calls a listener once, however early or late it was added', async () => {
    await open('#access_token=t&state=s', {
      page: {
        template: `<head>${record}<script>document.addEventListener('authresult', record('head'));</script></head>
          <script type="module" src="/module.js"></script>
          <body><script>addEventListener('load', () => document.addEventListener('authresult', record('load')));</script>`,
      },
      files: {
        '/module.js': { type: 'text/javascript', body: `document.addEventListener('authresult', record('module'));` },
      },
      token: { state: 'error', reason: 'failed', status: 500 },
    });
    await shown({ state: 'error', reason: 'failed' });
    await server.loaded;
    await page.evaluate(`document.addEventListener('authresult', record('late'))`);
    await page.waitForFunction('window.results.length >= 4');
    expect((await results()).sort()).toEqual(['head', 'late', 'load', 'module'].map((name) => `${name} ${failed}`));
  });

  it('calls late listeners as `addEventListener` does: once, by its options, and not if they were removed', async () => {
    await open('', { page: { template: record } });
    await shown({ state: 'pending', reason: 'nothing' });
    await page.evaluate(`
      const twice = record('twice');
      document.addEventListener('authresult', twice);
      document.addEventListener('authresult', twice);
      // React's strict mode subscribes, unsubscribes and subscribes again.
      const strict = record('strict');
      document.addEventListener('authresult', strict);
      document.removeEventListener('authresult', strict);
      document.addEventListener('authresult', strict);
      const removed = record('removed');
      document.addEventListener('authresult', removed);
      document.removeEventListener('authresult', removed);
      const aborted = new AbortController();
      document.addEventListener('authresult', record('aborted'), { signal: aborted.signal });
      aborted.abort();
      document.addEventListener('authresult', { handleEvent: record('object') }, { once: true });
      document.addEventListener('authresult', () => { throw new Error('thrown by the page'); });
      document.addEventListener('authresult', record('last'));
      document.addEventListener('authresult', null);
    `);
    expect(await results()).toEqual(
      ['twice', 'strict', 'object', 'last'].map((name) => `${name} pending nothing true`),
    );
    await page.evaluate(`document.addEventListener('authresult', record('later'))`);
    expect((await results()).slice(4)).toEqual(['later pending nothing true']);
  });

  it('leaves other events alone', async () => {
    await open('', { page: { template: record } });
    await shown({ state: 'pending', reason: 'nothing' });
    await page.evaluate(`
      const seen = ({ type, target }) => window.results.push(type + ' ' + target.nodeName);
      document.addEventListener('custom', seen);
      document.addEventListener('click', seen);
      document.dispatchEvent(new Event('custom'));
      document.body.click();
      document.removeEventListener('click', seen);
      document.body.click();
    `);
    expect(await results()).toEqual(['custom #document', 'click BODY']);
  });

  it.each(neutralReasons)('is dispatched for the neutral ending %s', async (reason) => {
    await open('?code=c&state=s', {
      page: { template: `${record}<script>document.addEventListener('authresult', record('early'));</script>` },
      view: { state: 'pending', reason, answered: true },
    });
    await page.waitForFunction('window.results.length > 0');
    expect(await results()).toEqual([`early pending ${reason} true`]);
  });

  it('is not dispatched while the page waits', async () => {
    await open('#access_token=t&state=s', {
      page: { template: `${record}<script>document.addEventListener('authresult', record('early'));</script>` },
      token: unanswered,
    });
    await shown({ state: 'pending', reason: 'finishing' });
    expect(await results()).toEqual([]);
  });
});

describe('a custom page', () => {
  it('is filled also in elements that are added after the result, for as long as it lives', async () => {
    await open('#error=e&error_description=Words&state=s', {
      page: { template: '<title data-auth-title></title><body>', appName: 'Tidewater' },
      token: { state: 'error', reason: 'denied' },
    });
    await page.waitForSelector('[data-auth-reason="denied"]');
    for (const round of ['first', 'second']) {
      await page.evaluate(() => {
        document.body.innerHTML =
          '<main><h1 data-auth-heading></h1><p data-auth-message></p><p data-auth-detail></p><b data-auth-app-name></b></main>';
      });
      expect([round, await page.$$eval('main *', (all) => all.map(({ textContent }) => textContent))]).toEqual([
        round,
        [...Object.values(englishText('denied')), 'Words', 'Tidewater'],
      ]);
    }
    expect(await page.title()).toBe(`${englishText('denied').heading} | Tidewater`);
  });

  it('keeps the comments by which a framework finds an element that stays empty', async () => {
    await open('#access_token=t&state=s', { page: { template: '<p data-auth-detail><!--part--></p>' } });
    await shown({ state: 'success' });
    expect(await page.$eval('[data-auth-detail]', ({ innerHTML }) => innerHTML)).toBe('<!--part-->');
  });

  it('keeps what it writes itself after the result', async () => {
    await open('#access_token=t&state=s', {
      page: {
        template: `<h1 data-auth-heading></h1><script>
          document.addEventListener('authresult', () => {
            document.querySelector('h1').textContent = 'Aboard';
            document.body.append('more');
          });
        </script>`,
      },
    });
    await shown({ state: 'success' });
    await page.evaluate(() => {
      document.body.append('still more');
    });
    expect(await shown({ state: 'success' })).toMatchObject({ heading: 'Aboard' });
  });

  it('may be one that was written for EmbedIOAuthServer', async () => {
    const template = `<!DOCTYPE html><html><head><script src="/auth_assets/main.js"></script></head><body>
      <div id="error" class="hidden">Error!</div><div id="success" class="hidden">Success!</div></body></html>`;
    const body = await readFile(new URL('../../templates/auth_assets/main.js', import.meta.url));
    const files = { '/auth_assets/main.js': { type: 'text/javascript', body } };
    const visible = async (): Promise<string[]> =>
      page.$$eval('div:not(.hidden)', (elements) => elements.map(({ id }) => id));
    await open('#access_token=t&state=s', { page: { template }, files });
    await shown({ state: 'success' });
    expect(await visible()).toEqual(['success']);
    await open('#access_token=t&state=s', { page: { template }, files, token: { state: 'error', reason: 'denied' } });
    await shown({ state: 'error', reason: 'denied' });
    expect(await visible()).toEqual(['error']);
    await open('', { page: { template }, files });
    await shown({ state: 'pending', reason: 'nothing' });
    expect(await visible()).toEqual([]);
  });

  it('may be built with Vite, render after the first paint and subscribe after the result', async () => {
    const root = fileURLToPath(new URL('../fixtures/vite-page/', import.meta.url));
    const outDir = await mkdtemp(join(tmpdir(), 'vite-page-'));
    try {
      const vite = fileURLToPath(new URL('../../node_modules/vite/bin/vite.js', import.meta.url));
      await promisify(execFile)(process.execPath, [vite, 'build', root, '--outDir', outDir, '--emptyOutDir']);
      const types: Readonly<Record<string, string>> = { '.js': 'text/javascript', '.css': 'text/css' };
      const files = Object.fromEntries(
        await Promise.all(
          (await readdir(join(outDir, 'assets'))).map(async (name) => [
            `/assets/${name}`,
            { type: types[extname(name)] ?? '', body: await readFile(join(outDir, 'assets', name)) },
          ]),
        ),
      ) as Record<string, { type: string; body: Buffer }>; // `fromEntries` does not keep the tuples' types.
      const custom = { page: { templatePath: outDir }, files };
      for (const [response, options, result] of [
        ['#access_token=t&state=s', { ...custom }, 'success'],
        [
          '#access_token=t&state=s',
          { ...custom, token: { state: 'error', reason: 'failed', status: 500 } },
          'error failed',
        ],
        ['?code=c&state=s', { ...custom, view: { state: 'success', answered: true } }, 'success'],
        ['', { ...custom }, 'pending nothing'],
      ] as const) {
        await open(response, options);
        await page.waitForSelector('output');
        expect(await page.$$eval('output', (all) => all.map(({ textContent }) => textContent))).toEqual([result]);
        const [state, reason] = result.split(' ') as [PageView['state'], PageReason | undefined];
        expect(await shown({ state, reason })).toMatchObject(englishText(reason ?? 'success'));
        expect(await page.$eval('main', (main) => getComputedStyle(main).color)).toBe('rgb(1, 2, 3)');
        await server.loaded;
      }
    } finally {
      await rm(outDir, { recursive: true });
    }
  });
});

describe('CallbackPageOptions.autoClose', () => {
  it('closes the page if the browser allows it', async () => {
    const { uri } = await open('', { page: { autoClose: 0 } });
    const target = new Promise<Page | null>((resolve) => {
      shared.browser.once('targetcreated', (target) => void target.page().then(resolve));
    });
    await page.evaluate((uri) => {
      window.open(uri, '_blank', 'popup');
    }, `${uri}#access_token=t&state=s`);
    const popup = await target;
    if (popup?.isClosed() === false) await new Promise((resolve) => popup.once('close', resolve));
    expect(popup?.isClosed()).toBe(true);
  });

  it.each([
    ['closes a page that shows success', { state: 'success' }, true],
    ['leaves a page open that shows an error', { state: 'error', reason: 'failed' }, false],
    ['leaves a page open that shows a neutral ending', { state: 'pending', reason: 'state_used' }, false],
  ] as const)('%s', async (_name, view, isClosed) => {
    await open(
      '#access_token=t&state=s',
      { page: { autoClose: 54_321 }, token: { ...view, status: view.state === 'success' ? 200 : 400 } },
      (page) =>
        page.evaluateOnNewDocument(`
          window.delays = [];
          const original = window.setTimeout;
          window.setTimeout = (action, delay) => {
            delays.push(delay);
            return original(action, delay);
          };
        `),
    );
    await shown(view);
    expect(await page.evaluate('delays')).toEqual(isClosed ? [400, 54_321] : [400]);
  });

  it('leaves it as it is if the browser does not, and what it says stays true', async () => {
    const { uri } = await open('', { page: { autoClose: 0 } });
    // A script cannot close a tab that has a history.
    await page.goto('about:blank');
    await page.goto(`${uri}#access_token=t&state=s`);
    await shown({ state: 'success' });
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 50)));
    expect(page.isClosed()).toBe(false);
    expect(await shown({ state: 'success' })).toMatchObject(englishText('success'));
  });
});

describe('the keyboard', () => {
  it('stops nowhere on a page without a button', async () => {
    await open('#access_token=t&state=s');
    await shown({ state: 'success' });
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('BODY');
  });
});
