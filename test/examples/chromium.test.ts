import { describe, expect, it, jest } from '@jest/globals';
import { existsSync } from 'node:fs';
import { describeChromium, launchChromium } from '../../examples/support/chromium.js';
import { useBrowser } from '../helpers/use-browser.js';

// The first start unpacks the browser.
jest.setTimeout(60_000);

const shared = useBrowser();

describe('launchChromium', () => {
  it('starts a browser with contexts, colour schemes and fonts', async () => {
    const page = await shared.newPage();
    await page.setContent('<span>A text of some width</span>');
    for (const scheme of ['light', 'dark']) {
      await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
      // A string, because a function would be checked with the types of Node.
      expect(await page.evaluate(`matchMedia('(prefers-color-scheme: ${scheme})').matches`)).toBe(true);
    }
    // Without any font, a text has no width.
    expect(await page.$eval('span', (span) => span.getBoundingClientRect().width)).toBeGreaterThan(50);
  });

  it('uses a new profile, and removes it with the browser', async () => {
    const other = await launchChromium();
    const profile = other
      .process()
      ?.spawnargs.find((arg) => arg.startsWith('--user-data-dir='))
      ?.slice('--user-data-dir='.length);
    expect(existsSync(profile ?? '')).toBe(true);
    await other.close();
    expect(existsSync(profile ?? '')).toBe(false);
  });

  it('uses the browser that BROWSER_PATH names, and no other', async () => {
    const before = process.env['BROWSER_PATH'];
    process.env['BROWSER_PATH'] = '/nowhere/chrome';
    try {
      await expect(launchChromium()).rejects.toThrow('BROWSER_PATH');
      await expect(describeChromium()).rejects.toThrow('BROWSER_PATH');
      const path = shared.browser.process()?.spawnfile ?? '';
      process.env['BROWSER_PATH'] = path;
      expect(await describeChromium()).toContain(path);
    } finally {
      if (before === undefined) delete process.env['BROWSER_PATH'];
      else process.env['BROWSER_PATH'] = before;
    }
  });

  it('can name its browser', async () => {
    expect(await describeChromium()).toMatch(/chrom|edge/i);
  });
});
