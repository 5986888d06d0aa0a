import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Page } from 'puppeteer-core';
import { approveInBrowser } from '../../examples/support/approve-in-browser.js';
import { outcomeOf, runExample, type Example } from '../helpers/example.js';
import { useBrowser } from '../helpers/use-browser.js';

jest.setTimeout(120_000);

const shared = useBrowser();
let example: Example;
let origin: string;

beforeEach(async () => {
  example = runExample('existing-server/index.ts');
  origin = (await example.printed(/Open (http:\/\/127\.0\.0\.1:\d+)\//))[1] ?? '';
});

afterEach(async () => {
  await example[Symbol.asyncDispose]();
});

/** Presses "Sign in" on the front page, which leads to the provider. */
async function begin(page: Page, flow: 'code' | 'token' = 'code'): Promise<void> {
  // A tab in the background is never painted, and a click waits until its button is.
  await page.bringToFront();
  await page.goto(origin);
  await Promise.all([page.waitForNavigation(), page.click(`button[value=${flow}]`)]);
}

async function text(page: Page): Promise<string> {
  return page.$eval('main', (main) => main.innerText);
}

async function sessionOf(page: Page): Promise<string | undefined> {
  const cookies = await page.browserContext().cookies();
  return cookies.find(({ name }) => name === 'tidewater')?.value;
}

describe('examples/existing-server', () => {
  it.each(['code', 'token'] as const)('keeps two users in two browsers apart (%s)', async (flow) => {
    const [ada, grace] = await Promise.all([shared.newPage(), shared.newPage()]);
    // Both are at the provider at the same time, and come back in the other order.
    await begin(ada, flow);
    await begin(grace, flow);
    await approveInBrowser(grace, { account: 'grace' });
    await approveInBrowser(ada, { account: 'ada' });
    await Promise.all([ada, grace].map((page) => page.waitForSelector('dl')));
    expect([ada.url(), grace.url()]).toEqual([`${origin}/profile`, `${origin}/profile`]);
    await Promise.all([ada.reload(), grace.reload()]);
    expect(await text(ada)).toContain('Hello, Ada Lovelace');
    expect(await text(grace)).toContain('grace@example.com');

    // One signs out, the other stays signed in.
    await ada.bringToFront();
    await Promise.all([ada.waitForNavigation(), ada.click('form[action="/logout"] button')]);
    expect(await text(ada)).toContain('Sign in');
    await ada.goto(`${origin}/profile`);
    expect(ada.url()).toBe(`${origin}/`);
    await grace.reload();
    expect(await text(grace)).toContain('Hello, Grace Hopper');
  });

  it('keeps two tabs of one browser apart', async () => {
    const first = await shared.newPage();
    const second = await first.browserContext().newPage();
    await begin(first);
    await begin(second, 'token');
    await approveInBrowser(first, { account: 'ada' });
    await first.waitForSelector('dl');
    expect(await text(first)).toContain('Hello, Ada Lovelace');
    await approveInBrowser(second, { account: 'grace' });
    await second.waitForSelector('dl');
    expect(await text(second)).toContain('Hello, Grace Hopper');
  });

  it('changes the session id at the sign-in', async () => {
    const page = await shared.newPage();
    await begin(page);
    const before = await sessionOf(page);
    await approveInBrowser(page);
    await page.waitForSelector('dl');
    const after = await sessionOf(page);
    expect(before).toBeDefined();
    expect(after).toBeDefined();
    expect(after).not.toBe(before);
    // The old id is not signed in.
    const { status } = await fetch(`${origin}/profile`, {
      headers: { Cookie: `tidewater=${before ?? ''}` },
      redirect: 'manual',
    });
    expect(status).toBe(303);
  });

  it('rejects a response in another browser, and accepts it in the right one', async () => {
    const ada = await shared.newPage();
    await begin(ada);
    // Another browser gets hold of the response before it arrives.
    await ada.setRequestInterception(true);
    const intercepted = new Promise<string>((resolve) => {
      ada.on('request', (request) => {
        if (!request.url().includes('/auth/callback?')) return void request.continue();
        resolve(request.url());
        return void request.abort();
      });
    });
    await approveInBrowser(ada);
    const uri = await intercepted;
    const stranger = await shared.newPage();
    expect((await stranger.goto(uri))?.status()).toBe(400);
    const { state, text: shown } = await outcomeOf(stranger);
    expect(state).toBe('error');
    expect(shown).toContain('Tidewater');
    await example.printed(/A callback was rejected: state_foreign/);
    await stranger.goto(`${origin}/profile`);
    expect(stranger.url()).toBe(`${origin}/`);
    const right = await ada.browserContext().newPage();
    await right.goto(uri);
    await right.waitForSelector('dl');
    expect(await text(right)).toContain('Hello, Ada Lovelace');
  });

  it('shows a denial, and lets the user try again', async () => {
    const page = await shared.newPage();
    await begin(page);
    await approveInBrowser(page, { decision: 'deny' });
    expect((await outcomeOf(page)).text).toContain('Sign-in cancelled');
    await begin(page);
    await approveInBrowser(page);
    await page.waitForSelector('dl');
    expect(page.url()).toBe(`${origin}/profile`);
  });

  it('ends with its terminal', async () => {
    example.kill('SIGINT');
    await example.ended;
    expect(example.output).not.toMatch(/error/i);
  });
});
