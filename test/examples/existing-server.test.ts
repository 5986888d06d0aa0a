import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Browser, Page } from 'puppeteer-core';
import { launchChromium } from '../../examples/support/chromium.js';
import { approveInBrowser } from '../../examples/support/person.js';
import { outcomeOf, people, runExample, type Example } from '../helpers/example.js';

jest.setTimeout(120_000);

let browser: Browser;
let example: Example;
let origin: string;

beforeAll(async () => {
  browser = await launchChromium();
});

afterAll(async () => {
  await browser.close();
});

beforeEach(async () => {
  example = runExample('existing-server/index.ts');
  origin = (await example.printed(/Open (http:\/\/127\.0\.0\.1:\d+)\//))[1] ?? '';
});

afterEach(async () => {
  await example[Symbol.asyncDispose]();
});

async function newVisitor(): Promise<Page> {
  return (await browser.createBrowserContext()).newPage();
}

/** Presses "Sign in" on the front page, and stands at the provider's. */
async function begin(page: Page, flow: 'code' | 'token' = 'code'): Promise<void> {
  await page.goto(origin);
  await Promise.all([page.waitForNavigation(), page.click(`button[value=${flow}]`)]);
}

async function text(page: Page): Promise<string> {
  return page.$eval('main', (main) => main.innerText);
}

describe('examples/existing-server', () => {
  it.each(['code', 'token'] as const)('has two people signed in at once in two browsers (%s)', async (flow) => {
    const [ada, grace] = await Promise.all([newVisitor(), newVisitor()]);
    // Both stand at the provider's at the same time, and come back in the other order.
    await begin(ada, flow);
    await begin(grace, flow);
    await approveInBrowser(grace, { ...people.grace, decision: 'allow' });
    await approveInBrowser(ada, { ...people.ada, decision: 'allow' });
    await Promise.all([ada, grace].map((page) => page.waitForSelector('dl')));
    expect([ada.url(), grace.url()]).toEqual([`${origin}/profile`, `${origin}/profile`]);
    await Promise.all([ada.reload(), grace.reload()]);
    expect(await text(ada)).toContain('Hello, Ada Lovelace');
    expect(await text(grace)).toContain('grace@example.com');

    // One signs out, the other stays.
    await Promise.all([ada.waitForNavigation(), ada.click('form[action="/logout"] button')]);
    expect(await text(ada)).toContain('Sign in');
    await ada.goto(`${origin}/profile`);
    expect(ada.url()).toBe(`${origin}/`);
    await grace.reload();
    expect(await text(grace)).toContain('Hello, Grace Hopper');
  });

  it('tells two tabs of one browser apart', async () => {
    const first = await newVisitor();
    const second = await first.browserContext().newPage();
    await begin(first);
    await begin(second, 'token');
    await approveInBrowser(first, { ...people.ada, decision: 'allow' });
    await first.waitForSelector('dl');
    await second.reload();
    await approveInBrowser(second, { ...people.ada, decision: 'allow' });
    await second.waitForSelector('dl');
    expect(await text(second)).toContain('Hello, Ada Lovelace');
  });

  it('refuses an answer that another browser brings, or one without a session, and says what to do', async () => {
    const ada = await newVisitor();
    await begin(ada);
    const answer = new Promise<string>((resolve) => {
      ada.on('response', (response) => {
        const { location } = response.headers();
        if (location?.includes('/auth/callback') === true) resolve(location);
      });
    });
    await approveInBrowser(ada, { ...people.ada, decision: 'allow' });
    await ada.waitForSelector('dl');
    const stranger = await newVisitor();
    const response = await stranger.goto(await answer);
    expect(response?.status()).toBe(400);
    const { state, text: said } = await outcomeOf(stranger);
    expect(state).toBe('error');
    expect(said).toContain('start again from Tidewater');
    await example.printed(/A callback was refused: state_foreign/);
    await stranger.goto(`${origin}/profile`);
    expect(stranger.url()).toBe(`${origin}/`);
  });

  it('shows a denial, and lets the person try again', async () => {
    const page = await newVisitor();
    await begin(page);
    await approveInBrowser(page, { ...people.ada, decision: 'deny' });
    expect((await outcomeOf(page)).text).toContain('Sign-in cancelled');
    await begin(page);
    await approveInBrowser(page, { ...people.ada, decision: 'allow' });
    await page.waitForSelector('dl');
    expect(page.url()).toBe(`${origin}/profile`);
  });

  it('ends with its terminal', async () => {
    example.kill('SIGINT');
    await example.ended;
    expect(example.output).not.toMatch(/error/i);
  });
});
