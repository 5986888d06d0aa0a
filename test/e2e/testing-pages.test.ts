import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { Page } from 'puppeteer-core';
import { approveInBrowser } from '../../examples/support/approve-in-browser.js';
import { useBrowser } from '../helpers/use-browser.js';
import { startTestAuthorizationServer, type TestAuthorizationServer } from '#src/testing.js';

jest.setTimeout(60_000);

const accounts = [
  { sub: 'ada', name: 'Ada Lovelace', email: 'ada@example.com' },
  { sub: 'grace', name: 'Grace Hopper', email: 'grace@example.com' },
];

let server: TestAuthorizationServer;
/** An app that shows the request that reached its callback. */
let app: Server;
let callback: string;
let axe: string;

const { newPage } = useBrowser();

beforeAll(async () => {
  [server, axe] = await Promise.all([
    startTestAuthorizationServer({ accounts, clientName: 'Demo App' }),
    readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'),
  ]);
  app = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const { method, headers } = request;
      response.setHeader('content-type', 'text/html');
      response.end(`<title>App</title><p id="seen">${JSON.stringify({ method, body, origin: headers.origin })}</p>`);
    });
  });
  await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve));
  callback = `http://127.0.0.1:${(app.address() as { port: number }).port}/callback`;
});

afterAll(async () => {
  await server.close();
  app.closeAllConnections();
  app.close();
});

function authorizationUri(params: Readonly<Record<string, string>> = {}): string {
  const uri = server.authorizationEndpoint;
  const request = {
    client_id: 'app',
    redirect_uri: callback,
    response_type: 'token',
    scope: 'profile other',
    state: 's',
  };
  uri.search = new URLSearchParams({ ...request, ...params }).toString();
  return uri.href;
}

async function seenBy(page: Page): Promise<Record<string, string>> {
  await page.waitForSelector('#seen');
  return JSON.parse(await page.$eval('#seen', ({ textContent }) => textContent)) as Record<string, string>;
}

async function deviceUris(): Promise<{ verification_uri: string; verification_uri_complete: string }> {
  const response = await fetch(server.deviceAuthorizationEndpoint, {
    method: 'POST',
    body: new URLSearchParams({ client_id: 'app' }),
  });
  return (await response.json()) as { verification_uri: string; verification_uri_complete: string };
}

describe('the pages of the test authorization server', () => {
  const pages: [string, () => Promise<string> | string][] = [
    ['the consent page', () => authorizationUri({ client_id: 'a-client-id-without-any-break-'.repeat(4) })],
    ['the error page', () => authorizationUri({ redirect_uri: 'nothing' })],
    ['the page for a device’s code', async () => (await deviceUris()).verification_uri],
    ['the page for an unknown code', async () => `${(await deviceUris()).verification_uri}?user_code=XXXX`],
    ['the consent page for a device', async () => (await deviceUris()).verification_uri_complete],
  ];
  it.each(pages.flatMap(([name, uri]) => ['light', 'dark'].map((scheme) => [name, scheme, uri] as const)))(
    '%s is accessible in %s colours and fits 360 pixels',
    async (_name, scheme, uri) => {
      const page = await newPage();
      await page.setViewport({ width: 360, height: 640 });
      await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
      await page.goto(await uri());
      await page.evaluate(axe);
      expect(await page.evaluate('axe.run().then(({ violations }) => violations.map(({ id }) => id))')).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
      const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      expect(background).toBe(scheme === 'dark' ? 'rgb(13, 22, 21)' : 'rgb(238, 242, 241)');
    },
  );

  it('let the user choose an account with the keyboard', async () => {
    const page = await newPage();
    await page.goto(authorizationUri());
    for (const key of ['Tab', 'ArrowDown', 'Tab', 'Enter'] as const) await page.keyboard.press(key);
    await seenBy(page);
    const token = new URLSearchParams(new URL(page.url()).hash.slice(1)).get('access_token') ?? '';
    const profile = await fetch(server.profileEndpoint, { headers: { Authorization: `Bearer ${token}` } });
    expect(await profile.json()).toMatchObject({ sub: 'grace' });
  });

  it('lead a denial to the app', async () => {
    const page = await newPage();
    await page.goto(authorizationUri({ response_type: 'token' }));
    await approveInBrowser(page, { decision: 'deny' });
    await seenBy(page);
    expect(new URL(page.url()).hash).toContain('error=access_denied');
  });

  it.each([true, false])('post the response if it is requested (JavaScript: %j)', async (hasScript) => {
    const page = await newPage();
    await page.setJavaScriptEnabled(hasScript);
    await page.goto(authorizationUri({ response_mode: 'form_post' }));
    await approveInBrowser(page);
    if (!hasScript) {
      await page.waitForSelector('#continue');
      await page.click('#continue');
    }
    const seen = await seenBy(page);
    expect(page.url()).toBe(callback);
    expect(seen).toMatchObject({ method: 'POST', origin: server.issuer });
    expect(new URLSearchParams(seen['body']).get('state')).toBe('s');
  });

  it('connect a device whose code the user enters', async () => {
    const { verification_uri: uri, verification_uri_complete: complete } = await deviceUris();
    const page = await newPage();
    await page.goto(uri);
    await page.type('#user_code', new URL(complete).searchParams.get('user_code')?.toLowerCase() ?? '');
    await page.click('#continue');
    await page.waitForSelector('#allow');
    await page.click('#allow');
    await page.waitForSelector('[data-device-decided=allow]');
  });
});

describe('approveInBrowser', () => {
  it('acts in a tab that is in the background', async () => {
    const first = await newPage();
    await first.goto(authorizationUri());
    const second = await first.browserContext().newPage();
    await second.goto(authorizationUri());
    await approveInBrowser(first);
    expect(await seenBy(first)).toMatchObject({ method: 'GET' });
  });
});
