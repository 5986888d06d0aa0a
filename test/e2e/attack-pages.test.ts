import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { launch, type Browser, type Page } from 'puppeteer-core';
import { launchChromium } from '../../examples/support/chromium.js';
import { AuthServer } from '#src/server/auth-server.js';
import { LoginRequest } from '#src/oauth/login-request.js';
import { attacks, type Attack, type Target } from '../helpers/attacks.js';
import { openHostileSite, type HostileSite } from '../helpers/hostile-site.js';
import { useBrowser } from '../helpers/use-browser.js';

// For one page, on a machine that runs something else, too. A limit for all of them would end a run that is only slow, and leave it
// running behind the tests that follow.
jest.setTimeout(60_000);

const firefox = process.env.FIREFOX_PATH;
const browsers: readonly (readonly [string, () => Promise<Browser>])[] = [
  [
    'Chromium',
    () =>
      launchChromium({
        acceptInsecureCerts: true,
        args: [
          '--host-resolver-rules=MAP evil.test 127.0.0.1',
          '--ignore-certificate-errors',
          '--disable-popup-blocking',
        ],
      }),
  ],
  ...(firefox === undefined || firefox === ''
    ? []
    : [
        [
          'Firefox',
          () =>
            launch({
              browser: 'firefox',
              executablePath: firefox,
              acceptInsecureCerts: true,
              extraPrefsFirefox: {
                'network.dns.localDomains': 'evil.test',
                'dom.disable_open_during_load': false,
                'browser.send_pings': true,
                // A dialog, for a form that goes from https to http.
                'security.warn_submit_secure_to_insecure': false,
              },
            }),
        ] as const,
      ]),
];

/** Opens one page of the hostile site, and lets it do what it can. */
async function visit(browser: Browser, uri: string, attack: Attack): Promise<void> {
  const page = await browser.newPage();
  try {
    await page.goto(uri);
    if (attack.leaves === true) {
      // A download or a rejection is no navigation: then the attempt has failed.
      await Promise.all([settled(page), page.evaluate('setTimeout(attack)')]);
    } else {
      await page.evaluate("typeof attacked === 'undefined' ? undefined : attacked");
    }
    // Other requests that were started, such as a beacon, or the page script's POST in a window that was opened. Chromium
    // never reports the end of a ping.
    const idle = (open: Page): Promise<void> => open.waitForNetworkIdle({ idleTime: 50, timeout: 2000 });
    await Promise.allSettled((await browser.pages()).map(idle));
  } finally {
    const [blank, ...others] = await browser.pages();
    await Promise.all(others.map((open) => open.close()));
    await blank?.goto('about:blank');
  }
}

/** Resolves when the page has navigated, and the callback page, if it is that, has its response. */
async function settled(page: Page): Promise<void> {
  await page.waitForNavigation({ waitUntil: 'load', timeout: 10_000 });
  await page.waitForFunction("document.documentElement.dataset.authState !== 'pending'", { timeout: 10_000 });
}

describe.each(browsers)('Attack pages in %s', (_name, open) => {
  const shared = useBrowser(open);
  let server: AuthServer;
  let site: HostileSite;
  let request: LoginRequest;
  const told: string[] = [];
  const rejections: string[] = [];

  beforeAll(async () => {
    server = new AuthServer('http://127.0.0.1:0/callback');
    for (const name of ['implicitGrantReceived', 'authorizationCodeReceived', 'errorReceived'] as const) {
      server.on(name, () => told.push(name));
    }
    server.on('callbackRejected', ({ reason }) => rejections.push(reason));
    await server.start();
    request = new LoginRequest(server, 'client', 'token');
    const { port } = server;
    const target: Target = {
      origin: `http://127.0.0.1:${port}`,
      rebound: `http://evil.test:${port}`,
      webSocket: `ws://127.0.0.1:${port}`,
    };
    site = await openHostileSite(target);
  });
  afterAll(async () => {
    await site[Symbol.asyncDispose]();
    await server.stop();
  });

  describe.each(['http://evil.test', 'https://evil.test', 'http://127.0.0.1'])('on %s', (origin) => {
    const pages = attacks.map((attack, index) => [attack.name, index, attack] as const);
    it.each(pages)('fire no event (R1, R4, R5, R6): %s', async (_attack, index, attack) => {
      const port = origin.startsWith('https') ? site.tlsPort : site.port;
      await visit(shared.browser, `${origin}:${port}/attack/${index}`, attack);
      expect(told).toEqual([]);
    });
  });

  it('did reach the server: every check has rejected something', () => {
    expect([...new Set(rejections)].sort()).toEqual(
      expect.arrayContaining([
        'foreign_host',
        'foreign_origin',
        'method',
        'not_a_navigation',
        'state_foreign',
        'content_type',
      ]),
    );
    expect(rejections.length).toBeGreaterThan(attacks.length);
  });

  it('R16: has the page’s script read and clear the address before it fetches, with every safeguard', async () => {
    const page = await shared.browser.newPage();
    await page.evaluateOnNewDocument(`
      window.calls = [];
      const { replaceState } = history;
      history.replaceState = function (...values) {
        calls.push(['replaceState', values[2], location.hash.length > 1]);
        return replaceState.apply(this, values);
      };
      {
        const { fetch } = window;
        window.fetch = function (uri, options) {
          // Of a page without referrer, Firefox sends no Origin but null in any mode other than cors.
          calls.push(['fetch', uri, location.hash, { mode: 'cors', ...options }]);
          return fetch.call(this, uri, options);
        };
      }
    `);
    const fragment = 'access_token=theirs&state=theirs';
    await page.goto(`${server.baseUri.href}#${fragment}`);
    await page.waitForSelector('[data-auth-reason=state_foreign]');
    expect(await page.evaluate('calls')).toEqual([
      ['replaceState', '/callback', true],
      [
        'fetch',
        new URL('token', server.baseUri).href,
        '',
        expect.objectContaining({
          method: 'POST',
          body: JSON.stringify({ fragment }),
          mode: 'cors',
          credentials: 'omit',
          redirect: 'error',
          keepalive: true,
        }),
      ],
    ]);
    expect(await page.evaluate('location.href')).toBe(server.baseUri.href);
    await page.close();
  });

  it('R16: has the page’s script show success on a 2xx only', async () => {
    const page = await shared.browser.newPage();
    await page.evaluateOnNewDocument(`
      window.fetch = () => Promise.resolve(new Response('{"state":"success","heading":"x","message":"x"}', { status: 400 }));
    `);
    await page.goto(`${server.baseUri.href}#access_token=theirs&state=theirs`);
    await page.waitForSelector('[data-auth-state=error]');
    await page.close();
  });

  it('cause one event for the real sign-in afterwards, also after a reload and Back (R2, R16)', async () => {
    const page = await shared.browser.newPage();
    const answer = new URLSearchParams({ access_token: 'honest', token_type: 'bearer', state: request.state });
    const callback = `${server.baseUri.href}#${answer.toString()}`;
    // By way of the provider, which redirects.
    await page.goto(`http://127.0.0.1:${site.port}/redirect?${new URLSearchParams({ to: callback }).toString()}`);
    await page.waitForSelector('[data-auth-state=success]');
    expect(page.url()).toBe(server.baseUri.href);
    expect(told).toEqual(['implicitGrantReceived']);
    await page.reload();
    await page.waitForSelector('[data-auth-reason=nothing]');
    await page.goto('about:blank');
    await page.goBack();
    await page.waitForSelector('[data-auth-reason=nothing]');
    await page.goto('about:blank');
    await page.goto(callback);
    await page.waitForSelector('[data-auth-reason=state_used]');
    expect(told).toEqual(['implicitGrantReceived']);
  });
});
