import type { Page } from 'puppeteer-core';

/** What the user does on the consent page. */
export interface ApproveOptions {
  /** The account to choose, by its `sub`. @default 'ada' */
  readonly account?: string;
  /** @default 'allow' */
  readonly decision?: 'allow' | 'deny';
  /** Called when the account is chosen and nothing is pressed yet. */
  readonly onConsent?: (page: Page) => Promise<void> | void;
}

/**
 * Acts as the user on the consent page of the test authorization server.
 *
 * @returns when that server has responded. The callback page may not be shown yet: it may be waiting for the app
 */
export async function approveInBrowser(page: Page, options: ApproveOptions = {}): Promise<void> {
  const { account = 'ada', decision = 'allow', onConsent } = options;
  // A tab in the background is never painted, and puppeteer's click() waits until the button is.
  await page.bringToFront();
  await page.waitForSelector('#allow');
  await page.click(`input[value="${account}"]`);
  await onConsent?.(page);
  await Promise.all([
    page.waitForResponse(
      (response) => response.request().method() === 'POST' && response.url().includes('/authorize?'),
    ),
    page.click(`#${decision}`),
  ]);
}
