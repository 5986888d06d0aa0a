import type { Page } from 'puppeteer-core';

/** A page of the authorization server on which the person has something to do. */
export type PersonPage = 'login' | 'consent';

/** Who the person is, and what they do. */
export interface PersonOptions {
  readonly username: string;
  readonly password: string;
  readonly decision: 'allow' | 'deny';
  /** Called while that page stands there, before anything is done on it. */
  readonly onPage?: (name: PersonPage, page: Page) => Promise<void> | void;
}

/**
 * Plays the person on the pages of the authorization server of these examples.
 *
 * @returns when the server has answered the decision. The app's callback page may not stand there yet: it may be waiting for
 * the app, which may be waiting for the caller
 */
export async function approveInBrowser(page: Page, options: PersonOptions): Promise<void> {
  const { username, password, decision, onPage } = options;
  await page.waitForSelector('#sign-in, #allow');
  if (await page.$('#sign-in')) {
    await onPage?.('login', page);
    await fillIn(page, '#username', username);
    await fillIn(page, '#password', password);
    await Promise.all([page.waitForNavigation({ waitUntil: 'domcontentloaded' }), page.click('#sign-in')]);
    if (await page.$('#sign-in')) throw new Error('The authorization server did not accept the username and password');
    await page.waitForSelector('#allow');
  }
  await onPage?.('consent', page);
  const isDecision = (url: string): boolean => new URL(url).pathname === '/decision';
  await Promise.all([
    page.waitForResponse((response) => isDecision(response.url())),
    page.click(decision === 'allow' ? '#allow' : '#deny'),
  ]);
}

async function fillIn(page: Page, selector: string, text: string): Promise<void> {
  // Three clicks mark what stands in the field, so that it is replaced.
  await page.click(selector, { count: 3 });
  await page.type(selector, text);
}
