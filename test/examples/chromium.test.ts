import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'puppeteer-core';
import { startAuthorizationServer, type AuthorizationServer } from '../../examples/authorization-server/index.js';
import { describeChromium, launchChromium } from '../../examples/support/chromium.js';
import { approveInBrowser } from '../../examples/support/person.js';
import { codeRequest, encoded, tokenRequest, type Params } from './scripted-person.js';

const ada = { username: 'ada', password: 'lovelace' } as const;
// The first start unpacks the browser, and the others have to share the machine.
jest.setTimeout(60_000);

let server: AuthorizationServer;
let app: Server;
let callback: string;
let browser: Browser;
beforeAll(async () => {
  server = await startAuthorizationServer();
  app = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      response.setHeader('content-type', 'text/html');
      const { method = '', headers } = request;
      response.end(`<title>App</title><p id="seen">${JSON.stringify({ method, body, origin: headers.origin })}</p>`);
    });
  }).listen(0, '127.0.0.1');
  await once(app, 'listening');
  callback = `http://127.0.0.1:${(app.address() as AddressInfo).port}/callback`;
  browser = await launchChromium();
});
afterAll(async () => {
  await browser.close();
  await server.close();
  app.closeAllConnections();
  app.close();
});

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  return body;
}

function authorizationUri(params: Params): string {
  const uri = new URL(server.authorizationEndpoint);
  uri.search = encoded(params).toString();
  return uri.href;
}

/** A page in a browser context of its own, so that nobody is signed in. */
async function newPage(use: (page: Page) => Promise<void>): Promise<void> {
  const context = await browser.createBrowserContext();
  try {
    await use(await context.newPage());
  } finally {
    await context.close();
  }
}

async function appAnswer(page: Page): Promise<{ uri: URL; seen: Record<string, string> }> {
  const seen = await page.waitForSelector('#seen');
  const text = await seen?.evaluate((element) => element.textContent);
  return { uri: new URL(page.url()), seen: JSON.parse(text ?? '') as Record<string, string> };
}

describe('launchChromium', () => {
  it('starts a browser with pages, contexts, colour schemes, narrow windows and fonts', async () => {
    await Promise.all(
      ['light', 'dark'].map((scheme) =>
        newPage(async (page) => {
          await page.setViewport({ width: 360, height: 640 });
          await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
          await page.goto(authorizationUri({ ...tokenRequest, redirect_uri: callback }));
          // Strings, because a function would be checked with the types of Node.
          expect(await page.evaluate(`matchMedia('(prefers-color-scheme: ${scheme})').matches`)).toBe(true);
          expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
          expect(await page.evaluate('document.activeElement.id')).toBe('username');
          // Without any font, nothing has a width.
          expect(await page.evaluate(textWidth)).toBeGreaterThan(50);
          expect((await page.screenshot()).subarray(1, 4).toString()).toBe(Buffer.from('PNG').toString());
        }),
      ),
    );
  });

  it('has a profile of its own, which goes with the browser', async () => {
    const other = await launchChromium();
    const profile = other
      .process()
      ?.spawnargs.find((arg) => arg.startsWith('--user-data-dir='))
      ?.slice('--user-data-dir='.length);
    expect(existsSync(profile ?? '')).toBe(true);
    await other.close();
    expect(existsSync(profile ?? '')).toBe(false);
  });

  it('takes the browser that BROWSER_PATH names, and no other', async () => {
    const before = process.env['BROWSER_PATH'];
    process.env['BROWSER_PATH'] = '/nowhere/chrome';
    try {
      await expect(launchChromium()).rejects.toThrow('BROWSER_PATH');
      await expect(describeChromium()).rejects.toThrow('BROWSER_PATH');
      const path = browser.process()?.spawnfile ?? '';
      process.env['BROWSER_PATH'] = path;
      expect(await describeChromium()).toContain(path);
    } finally {
      if (before === undefined) delete process.env['BROWSER_PATH'];
      else process.env['BROWSER_PATH'] = before;
    }
  });

  it('can say which browser it takes', async () => {
    expect(await describeChromium()).toMatch(/chrom|edge/i);
  });
});

const textWidth = `(() => {
  const text = document.createElement('span');
  text.textContent = 'A text of some width';
  document.body.append(text);
  return text.getBoundingClientRect().width;
})()`;

describe('approveInBrowser', () => {
  it('signs in, allows, and ends at the app with a token in the fragment', async () => {
    await newPage(async (page) => {
      const pages: string[] = [];
      await page.goto(authorizationUri({ ...tokenRequest, redirect_uri: callback }));
      await approveInBrowser(page, {
        ...ada,
        decision: 'allow',
        onPage: async (name, there) => {
          pages.push(`${name}: ${await there.title()}`);
        },
      });
      const { uri } = await appAnswer(page);
      expect(new URLSearchParams(uri.hash.slice(1)).get('state')).toBe(tokenRequest.state);
      expect(uri.hash).toContain('access_token=');
      expect(uri.search).toBe('');
      expect(pages).toEqual([
        'login: Sign in · Demo authorization server',
        'consent: Allow Demo App · Demo authorization server',
      ]);
    });
  });

  it('denies, without a login page where somebody is signed in', async () => {
    await newPage(async (page) => {
      await page.goto(authorizationUri({ ...codeRequest, redirect_uri: callback }));
      await approveInBrowser(page, { ...ada, decision: 'allow' });
      expect((await appAnswer(page)).uri.searchParams.has('code')).toBe(true);
      const pages: string[] = [];
      await page.goto(authorizationUri({ ...codeRequest, redirect_uri: callback }));
      await approveInBrowser(page, { ...ada, decision: 'deny', onPage: (name) => void pages.push(name) });
      const { uri } = await appAnswer(page);
      expect(uri.searchParams.get('error')).toBe('access_denied');
      expect(pages).toEqual(['consent']);
    });
  });

  it('posts the answer where it is asked for', async () => {
    await newPage(async (page) => {
      await page.goto(authorizationUri({ ...codeRequest, redirect_uri: callback, response_mode: 'form_post' }));
      await approveInBrowser(page, { ...ada, decision: 'allow' });
      const { uri, seen } = await appAnswer(page);
      expect(uri.href).toBe(callback);
      expect(seen).toMatchObject({ method: 'POST', origin: server.issuer.origin });
      expect(new URLSearchParams(seen['body']).get('state')).toBe(codeRequest.state);
    });
  });

  it('posts it without JavaScript, by a button', async () => {
    await newPage(async (page) => {
      await page.setJavaScriptEnabled(false);
      await page.goto(authorizationUri({ ...codeRequest, redirect_uri: callback, response_mode: 'form_post' }));
      await approveInBrowser(page, { ...ada, decision: 'allow' });
      await page.waitForSelector('#continue');
      await Promise.all([page.waitForNavigation(), page.click('#continue')]);
      expect((await appAnswer(page)).seen).toMatchObject({ method: 'POST' });
    });
  });

  it('says so where the password is wrong', async () => {
    await newPage(async (page) => {
      await page.goto(authorizationUri({ ...tokenRequest, redirect_uri: callback }));
      await expect(approveInBrowser(page, { ...ada, password: 'wrong', decision: 'allow' })).rejects.toThrow(
        'password',
      );
    });
  });
});
