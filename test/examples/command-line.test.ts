import { describe, expect, it, jest } from '@jest/globals';
import { readFile, readdir, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { approveInBrowser } from '../../examples/support/approve-in-browser.js';
import { completeLogin } from '#src/testing.js';
import { outcomeOf, runExample, signInAt } from '../helpers/example.js';
import { useBrowser } from '../helpers/use-browser.js';

jest.setTimeout(120_000);

const shared = useBrowser();

const cases: readonly { readonly path: string; readonly prints: RegExp }[] = [
  { path: 'implicit-grant/index.ts', prints: /Signed in as .*ada/s },
  { path: 'authorization-code-pkce/index.ts', prints: /Signed in as .*ada.*A refresh token came, too/s },
  { path: 'custom-html/index.ts', prints: /A code of \d+ characters came/ },
  { path: 'providers/twitch.ts', prints: /Scope: profile email\s+Signed in as .*ada/s },
  { path: 'providers/discord.ts', prints: /Expires in 3600 seconds; expired already: false.*ada/s },
  { path: 'providers/anilist.ts', prints: /Signed in as .*ada/s },
];

describe.each(cases)('examples/$path', ({ path, prints }) => {
  it('signs in from start to finish, and ends', async () => {
    await using example = runExample(path);
    const page = await signInAt(shared.browser, await example.loginUri());
    const { state, text } = await outcomeOf(page);
    expect(state).toBe('success');
    expect(text).toContain('You are signed in');
    expect(await example.ended).toBe(0);
    expect(example.output).toMatch(prints);
  });
});

describe.each(['implicit-grant/index.ts', 'providers/twitch.ts', 'authorization-code-pkce/index.ts'])(
  'examples/%s',
  (path) => {
    it('ends with an error after a denial', async () => {
      await using example = runExample(path);
      const page = await completeLogin(await example.loginUri(), { decision: 'deny' });
      expect(page).toMatchObject({ state: 'error', reason: 'denied' });
      expect(await example.ended).toBe(1);
    });
  },
);

describe('examples/handler/index.ts', () => {
  it('begins and ends at its own pages', async () => {
    await using example = runExample('handler/index.ts');
    const [, start = ''] = await example.printed(/Open (http:\/\/127\.0\.0\.1:\d+\/) in your browser/);
    const page = await shared.newPage();
    await page.goto(start);
    expect(await page.evaluate(() => getComputedStyle(document.body).maxWidth)).toBe('480px');
    await page.click('#sign-in');
    await approveInBrowser(page);
    await page.waitForFunction(() => location.pathname === '/welcome', { polling: 100 });
    expect(await page.$eval('h1', ({ textContent }) => textContent)).toBe('Welcome aboard');
    expect(await example.ended).toBe(0);
    expect(example.output).toContain('Ada Lovelace');
  });
});

describe('examples/demo/index.ts', () => {
  it('completes both flows by itself, in lines of at most 80 columns', async () => {
    const screenshots = fileURLToPath(new URL('../../demo-screenshots/', import.meta.url));
    await rm(screenshots, { recursive: true, force: true });
    await using example = runExample('demo/index.ts');
    expect(await example.ended).toBe(0);
    expect(example.output).toContain('Both flows went through.');
    expect(example.output.match(/name: 'Ada Lovelace'/g)).toHaveLength(2);
    expect(example.output.split('\n').filter((line) => line.length > 80)).toEqual([]);
    const files = await readdir(screenshots);
    expect(files.sort()).toEqual([
      'code-1-consent.png',
      'code-2-success.png',
      'implicit-1-consent.png',
      'implicit-2-success.png',
    ]);
    const [first = ''] = files;
    expect((await readFile(screenshots + first)).subarray(1, 4).toString()).toBe('PNG');
  });
});

describe('examples/support/serve.ts', () => {
  it('serves several examples, and ends with its terminal', async () => {
    await using server = runExample('support/serve.ts');
    const [, issuer = ''] = await server.printed(/EXAMPLE_ISSUER=(\S+)/);
    await using example = runExample('providers/discord.ts', { env: { EXAMPLE_ISSUER: issuer } });
    const { callbackUri } = await completeLogin(await example.loginUri(), { account: 'grace' });
    expect(new URLSearchParams(callbackUri?.hash.slice(1)).get('iss')).toBe(issuer);
    expect(await example.ended).toBe(0);
    expect(example.output).toContain('Grace Hopper');
    server.kill('SIGINT');
    await server.ended;
  });
});
