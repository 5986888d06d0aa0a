import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Browser } from 'puppeteer-core';
import { launchChromium } from '../../examples/support/chromium.js';
import { outcomeOf, runExample, signInAt } from '../helpers/example.js';

jest.setTimeout(120_000);

let browser: Browser;

beforeAll(async () => {
  browser = await launchChromium();
});

afterAll(async () => {
  await browser.close();
});

interface Case {
  readonly path: string;
  /** What the person reads at the terminal in the end. */
  readonly tells: RegExp;
  /** What the page says, where it is not the package's own. */
  readonly says?: string;
}

const cases: readonly Case[] = [
  { path: 'implicit-grant/index.ts', tells: /Signed in as .*ada/s },
  { path: 'authorization-code-pkce/index.ts', tells: /Signed in as .*ada.*A refresh token came too/s },
  { path: 'custom-html/index.ts', tells: /A code of \d+ characters came/, says: 'You are signed in' },
  { path: 'providers/twitch.ts', tells: /Scope: profile email\s+Signed in as .*ada/s },
  { path: 'providers/discord.ts', tells: /Expires in 3600 seconds; expired already: false.*ada/s },
  { path: 'providers/anilist.ts', tells: /Signed in as .*ada/s },
];

describe.each(cases)('examples/$path', ({ path, tells, says = 'You are signed in' }) => {
  it('signs in from start to finish, and ends', async () => {
    await using example = runExample(path);
    const page = await signInAt(browser, await example.loginUri());
    const { state, text } = await outcomeOf(page);
    expect(state).toBe('success');
    expect(text).toContain(says);
    expect(await example.ended).toBe(0);
    expect(example.output).toMatch(tells);
  });
});

describe.each(['implicit-grant/index.ts', 'providers/twitch.ts', 'authorization-code-pkce/index.ts'])(
  'examples/%s',
  (path) => {
    it('ends with a denial', async () => {
      await using example = runExample(path);
      const page = await signInAt(browser, await example.loginUri(), { decision: 'deny' });
      expect((await outcomeOf(page)).state).toBe('error');
      expect(await example.ended).toBe(1);
    });
  },
);

describe('examples/authorization-code-pkce/index.ts', () => {
  it('takes the address of the last page where it is pasted, and says what is wrong with another', async () => {
    await using example = runExample('authorization-code-pkce/index.ts');
    const login = await example.loginUri();
    await example.printed(/Address: /);
    example.type('nonsense');
    await example.printed(/The callback was not taken: it is not an absolute URI/);
    // A browser of another machine cannot reach the callback; its address bar has it all the same.
    const page = await (await browser.createBrowserContext()).newPage();
    await page.setRequestInterception(true);
    const callback = new Promise<string>((resolve) => {
      page.on('request', (request) => {
        if (!request.url().includes('/callback?')) void request.continue();
        else {
          resolve(request.url());
          void request.abort('connectionrefused');
        }
      });
    });
    await page.goto(login.href);
    const { approveInBrowser } = await import('../../examples/support/person.js');
    await approveInBrowser(page, { username: 'ada', password: 'lovelace', decision: 'allow' });
    example.type(`"${await callback}"`);
    expect(await example.ended).toBe(0);
    expect(example.output).toMatch(/Signed in as .*ada/s);
  });
});

describe('examples/demo/index.ts', () => {
  it('goes through both flows by itself', async () => {
    await using example = runExample('demo/index.ts');
    expect(await example.ended).toBe(0);
    expect(example.output).toContain('Both flows went through.');
  });
});

describe('examples/authorization-server/serve.ts', () => {
  it('lets an example use it, and ends with its terminal', async () => {
    await using server = runExample('authorization-server/serve.ts');
    const [, issuer] = await server.printed(/EXAMPLE_ISSUER=(\S+)/);
    await using example = runExample('providers/discord.ts', { env: { EXAMPLE_ISSUER: issuer } });
    const login = await example.loginUri();
    expect(login.origin).toBe(issuer);
    await outcomeOf(await signInAt(browser, login, { person: 'grace' }));
    expect(await example.ended).toBe(0);
    expect(example.output).toContain('Grace Hopper');
    server.kill('SIGINT');
    await server.ended;
  });
});
