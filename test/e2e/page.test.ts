import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Browser, Page } from 'puppeteer-core';
import { launchChromium } from '../../examples/support/chromium.js';
import { AuthServer, LoginRequest, ResponseType, type AuthServerOptions } from '#src/index.js';
import { pageLanguages } from '#src/page/page-texts.js';

jest.setTimeout(60_000);

const axePath = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const logo = `data:image/svg+xml,${encodeURIComponent('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><circle r="9"/></svg>')}`;

let browser: Browser;
let axe: string;
const servers: AuthServer[] = [];

beforeAll(async () => {
  [browser, axe] = await Promise.all([launchChromium(), readFile(axePath, 'utf8')]);
});

afterAll(async () => {
  await browser.close();
});

afterEach(async () => {
  await Promise.all([
    ...servers.splice(0).map((server) => server.stop()),
    ...(await openPages()).map((page) => page.close()),
  ]);
});

async function openPages(): Promise<Page[]> {
  return (await browser.pages()).slice(1);
}

async function started(options?: AuthServerOptions): Promise<AuthServer> {
  const server = new AuthServer('http://127.0.0.1:0/callback', options);
  servers.push(server);
  server.on('implicitGrantReceived', (_, page) => {
    if (server.listenerCount('callbackRejected') > 0) page.waitUntil(new Promise(() => undefined));
  });
  await server.start();
  return server;
}

type Answer = (state: string) => string;

/** Every state of the page, and the answer by which one comes to it. */
const views: Readonly<Record<string, { answer: Answer; state: string; reason?: string }>> = {
  success: { answer: (state) => `#access_token=t&state=${state}`, state: 'success' },
  denied: {
    answer: (state) => `?error=access_denied&error_description=Not+today&state=${state}`,
    state: 'error',
    reason: 'denied',
  },
  refused: {
    answer: (state) => `#error=server_error&error_description=${'long'.repeat(60)}&state=${state}`,
    state: 'error',
    reason: 'refused',
  },
  foreign: { answer: () => '#access_token=t&state=theirs', state: 'error', reason: 'state_foreign' },
  malformed: { answer: (state) => `?code=a&code=b&state=${state}`, state: 'error', reason: 'malformed' },
  nothing: { answer: () => '', state: 'error', reason: 'nothing' },
};

async function show(server: AuthServer, answer: Answer, prepare?: (page: Page) => Promise<unknown>): Promise<Page> {
  const page = await browser.newPage();
  await page.emulateMediaFeatures([{ name: 'prefers-reduced-motion', value: 'reduce' }]);
  await prepare?.(page);
  const { state } = new LoginRequest(server, 'client', ResponseType.Token);
  await page.goto(server.baseUri.href + answer(state));
  return page;
}

describe.each(Object.entries(views))('the page that shows %s', (_, { answer, state, reason }) => {
  it.each(['light', 'dark'])('is accessible in the %s scheme, and fits a phone', async (scheme) => {
    const server = await started({ appName: 'Tidewater', logo });
    const page = await show(server, answer, async (page) => {
      await page.setViewport({ width: 360, height: 640, isMobile: true });
      await page.emulateMediaFeatures([
        { name: 'prefers-color-scheme', value: scheme },
        { name: 'prefers-reduced-motion', value: 'reduce' },
      ]);
    });
    await page.waitForSelector(
      `html[data-auth-state="${state}"]${reason === undefined ? '' : `[data-auth-reason="${reason}"]`}`,
    );
    await page.evaluate(axe);
    const violations = await page.evaluate(async () => {
      // It has been put into the page a moment ago.
      const { axe } = window as unknown as { axe: { run(): Promise<{ violations: { id: string; help: string }[] }> } };
      return (await axe.run()).violations.map(({ id, help }) => `${id}: ${help}`);
    });
    expect(violations).toEqual([]);
    const layout = await page.evaluate(() => ({
      fits: document.documentElement.scrollWidth <= window.innerWidth,
      status: document.querySelector('[role=status]')?.textContent.trim() ?? '',
      title: document.title,
      heading: document.querySelector('h1')?.textContent,
      logo: document.querySelector('img')?.naturalWidth,
    }));
    expect(layout.fits).toBe(true);
    expect(layout.status).not.toBe('');
    expect(layout.title).toBe(layout.heading);
    expect(layout.logo).toBeGreaterThan(0);
  });
});

describe('the page while the app is at work', () => {
  it('is accessible', async () => {
    const server = await started();
    server.on('callbackRejected', () => undefined);
    const page = await show(server, views['success']?.answer ?? (() => ''));
    await page.waitForSelector('html[data-auth-reason="finishing"]');
    await page.evaluate(axe);
    expect(await page.evaluate('axe.run().then(({ violations }) => violations.map(({ id }) => id))')).toEqual([]);
  });
});

describe('the page’s language', () => {
  it.each(pageLanguages.map((language) => [language.lang, language] as const))(
    'is the browser’s: %s, in the page and in what the script shows',
    async (lang, { dir, texts }) => {
      const server = await started({ appName: 'Tidewater' });
      for (const [view, key] of [
        ['denied', 'denied'],
        ['success', 'success'],
        ['nothing', 'nothing'],
      ] as const) {
        const page = await show(server, views[view]?.answer ?? (() => ''), (page) =>
          page.setExtraHTTPHeaders({ 'Accept-Language': `${lang},en;q=0.5` }),
        );
        await page.waitForSelector('html:not([data-auth-state="pending"])');
        const shown = await page.evaluate(() => ({
          lang: document.documentElement.lang,
          dir: document.documentElement.dir,
          heading: document.querySelector('h1')?.textContent,
        }));
        expect(shown).toEqual({ lang, dir, heading: texts[key].heading.replaceAll('{app}', 'Tidewater') });
        await page.close();
      }
    },
  );

  it('can be fixed, and every text replaced', async () => {
    const server = await started({ language: 'fr', texts: { success: { heading: 'Bienvenue à bord' } } });
    const page = await show(server, views['success']?.answer ?? (() => ''));
    await page.waitForSelector('html[data-auth-state="success"]');
    expect(await page.$eval('h1', ({ textContent }) => textContent)).toBe('Bienvenue à bord');
    expect(await page.$eval('html', ({ lang }) => lang)).toBe('fr');
  });
});

describe('AuthServerOptions.autoClose', () => {
  it('closes the page where the browser lets it', async () => {
    const server = await started({ autoClose: 0 });
    const opener = await browser.newPage();
    await opener.goto(server.baseUri.href);
    const { state } = new LoginRequest(server, 'client', ResponseType.Token);
    const target = new Promise<Page | null>((resolve) => {
      browser.once('targetcreated', (target) => void target.page().then(resolve));
    });
    await opener.evaluate((uri) => {
      window.open(uri, '_blank', 'popup');
    }, `${server.baseUri.href}#access_token=t&state=${state}`);
    const popup = await target;
    if (popup?.isClosed() === false) await new Promise((resolve) => popup.once('close', resolve));
    expect(popup?.isClosed()).toBe(true);
  });

  it('leaves it as it is where the browser does not, and what it says stays true', async () => {
    const server = await started({ autoClose: 0 });
    const page = await browser.newPage();
    // A tab with a history is not a script's to close.
    await page.goto(server.baseUri.href);
    await page.goto('about:blank');
    const { state } = new LoginRequest(server, 'client', ResponseType.Token);
    await page.goto(`${server.baseUri.href}#access_token=t&state=${state}`);
    await page.waitForSelector('html[data-auth-state="success"]');
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 50)));
    expect(page.isClosed()).toBe(false);
    expect(await page.$eval('[data-auth-message]', ({ textContent }) => textContent)).toContain(
      'You can close this window',
    );
  });
});

describe('the keyboard', () => {
  it('finds nothing that it would have to pass by', async () => {
    const server = await started();
    const page = await show(server, views['success']?.answer ?? (() => ''));
    await page.waitForSelector('html[data-auth-state="success"]');
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('BODY');
  });
});
