import { afterAll, afterEach, beforeAll } from '@jest/globals';
import type { Browser, Page } from 'puppeteer-core';
import { launchChromium } from '../../examples/support/chromium.js';

/** A browser that every test of a file or of a `describe` uses. */
export interface SharedBrowser {
  /** Available in hooks that are registered later, and in tests. */
  readonly browser: Browser;
  /** A page in a new context, as another user has it. */
  readonly newPage: () => Promise<Page>;
}

/**
 * Starts a browser before the tests, closes every context that a test created, and in the end the browser.
 *
 * @param start - default: the tests' Chromium
 */
export function useBrowser(start: () => Promise<Browser> = launchChromium): SharedBrowser {
  let running: Browser | undefined;
  const browser = (): Browser => {
    if (running === undefined) throw new Error('The browser starts in `beforeAll`.');
    return running;
  };
  beforeAll(async () => {
    running = await start();
  });
  afterEach(async () => {
    const contexts = new Set(running?.browserContexts());
    if (running !== undefined) contexts.delete(running.defaultBrowserContext());
    await Promise.all([...contexts].map((context) => context.close()));
  });
  afterAll(async () => {
    await running?.close();
  });
  return {
    get browser() {
      return browser();
    },
    newPage: async () => (await browser().createBrowserContext()).newPage(),
  };
}
