import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { AuthServer } from '#src/server/auth-server.js';
import type { AuthServerOptions } from '#src/server/options.js';
import { LoginRequest } from '#src/oauth/login-request.js';
import { attacks, type Attack } from '../helpers/attacks.js';
import { startSocksProxy, type SocksProxy } from '../helpers/socks-proxy.js';
import { openHostileSite, type HostileSite } from '../helpers/hostile-site.js';
import { WebKit, webKitMissing } from '../helpers/webkit.js';

jest.setTimeout(60_000);

const events = ['implicitGrantReceived', 'authorizationCodeReceived', 'errorReceived'] as const;

/** True when the callback page shows a result, or says that there is none. */
const settled = `(({ authState, authReason }) => authState !== 'pending' ||
  ['return_to_app', 'state_used', 'nothing'].includes(authReason))(document.documentElement.dataset)`;

let browser: WebKit;
let proxy: SocksProxy;
const servers: AuthServer[] = [];

async function startServer(options?: AuthServerOptions): Promise<{ server: AuthServer; received: string[] }> {
  const server = new AuthServer('http://127.0.0.1:0/callback', options);
  servers.push(server);
  const received: string[] = [];
  for (const name of events) server.on(name, () => received.push(name));
  await server.start();
  return { server, received };
}

const describeInWebKit = webKitMissing === undefined ? describe : describe.skip;

describeInWebKit(`WebKit${webKitMissing === undefined ? '' : ` (skipped: ${webKitMissing})`}`, () => {
  beforeAll(async () => {
    proxy = await startSocksProxy();
    browser = await WebKit.open({ proxy: proxy.authority });
  });
  afterAll(async () => {
    await browser[Symbol.asyncDispose]();
    await proxy[Symbol.asyncDispose]();
  });
  afterEach(async () => {
    await browser.closeWindows();
    await browser.goto('about:blank');
    await Promise.all(servers.splice(0).map((server) => server.stop()));
  });

  describe('the built-in page', () => {
    it.each([
      ['a token in the fragment', 'token', (state: string) => `#access_token=t&token_type=bearer&state=${state}`],
      ['a code in the query', 'code', (state: string) => `?code=c&state=${state}`],
    ])('shows success for %s, clears the address and keeps to one event after a reload', async (_, type, response) => {
      const { server, received } = await startServer({ appName: 'Tidewater', autoClose: false });
      const { state } = new LoginRequest(server, 'client', type);
      await browser.goto(server.baseUri.href + response(state));
      await browser.until("document.documentElement.dataset.authState === 'success'");
      expect(
        await browser.evaluate('[location.href, document.title, document.querySelector("h1").textContent]'),
      ).toEqual([server.baseUri.href, 'You are signed in | Tidewater', 'You are signed in']);
      await browser.reload();
      await browser.until(settled);
      await browser.goto('about:blank');
      await browser.back();
      await browser.until(settled);
      expect(received).toHaveLength(1);
    });

    it('shows a denial, in the language of the browser', async () => {
      const { server, received } = await startServer({ language: 'de' });
      const { state } = new LoginRequest(server, 'client', 'code');
      await browser.goto(`${server.baseUri.href}?error=access_denied&error_description=Not+today&state=${state}`);
      await browser.until("document.documentElement.dataset.authReason === 'denied'");
      expect(await browser.evaluate('document.documentElement.lang')).toBe('de');
      expect(await browser.evaluate('document.querySelector("[data-auth-detail]").textContent')).toContain('Not today');
      expect(received).toEqual(['errorReceived']);
    });

    it('says that nothing arrived if there is no response', async () => {
      const { server, received } = await startServer();
      await browser.goto(server.baseUri.href);
      await browser.until("document.documentElement.dataset.authReason === 'nothing'");
      expect(received).toEqual([]);
    });
  });

  describe('a custom page', () => {
    it('is served from a folder with its assets, and filled by the script', async () => {
      const { server, received } = await startServer({
        templatePath: new URL('../../examples/custom-html/site/', import.meta.url),
      });
      const { state } = new LoginRequest(server, 'client', 'token');
      await browser.goto(`${server.baseUri.href}#access_token=t&state=${state}`);
      await browser.until("document.documentElement.dataset.authState === 'success'");
      expect(await browser.evaluate('document.querySelector("h1").textContent')).not.toBe('');
      await browser.until('document.images[0].naturalWidth > 0 && document.styleSheets[0].cssRules.length > 0');
      expect(received).toEqual(['implicitGrantReceived']);
    });

    it('is a string with an inline script that listens for the result', async () => {
      const { server, received } = await startServer({
        template: `<!doctype html><title>x</title><h1 data-auth-heading></h1>
          <script>document.addEventListener('authresult', ({ detail }) => { window.result = detail.state })</script>`,
      });
      const { state } = new LoginRequest(server, 'client', 'token');
      await browser.goto(`${server.baseUri.href}#access_token=t&state=${state}`);
      await browser.until("window.result === 'success'");
      expect(received).toEqual(['implicitGrantReceived']);
    });
  });

  describe('attack pages', () => {
    let site: HostileSite;
    afterEach(async () => {
      await site[Symbol.asyncDispose]();
    });

    /** Opens one page of the hostile site and lets it do what it can. */
    async function visit(uri: string, attack: Attack, origin: string): Promise<void> {
      await browser.goto(uri);
      if (attack.leaves === true) {
        // If the page were left before the driver has its result, WebKit would never send that, and the session would hang.
        await browser.evaluate(`void fetch('/wait').then(attack)`);
        await site.release();
        await browser.until(`location.href !== '${uri}' && document.readyState === 'complete' && ${settled}`);
      } else {
        // WebKit reports no end for an element that it blocks as mixed content.
        await browser.evaluate(
          "typeof attacked === 'undefined' || Promise.race([attacked, new Promise((resolve) => setTimeout(resolve, 1000))])",
        );
        // A beacon reports no end. A request of the same page that is sent after it does.
        await browser.evaluate(`fetch('${origin}/callback', { mode: 'no-cors' }).then(() => true, () => false)`);
      }
      if ((await browser.windowCount()) > 1) await browser.closeWindows();
    }

    it.each(['http://evil.test', 'https://evil.test', 'http://127.0.0.1'])(
      'cause no event from %s, and the real sign-in afterwards causes one (R1, R4, R5, R6)',
      async (hostile) => {
        const { server, received } = await startServer({ autoClose: false });
        const rejections: string[] = [];
        server.on('callbackRejected', ({ reason }) => rejections.push(reason));
        const { state } = new LoginRequest(server, 'client', 'token');
        const { port } = server;
        const origin = `http://127.0.0.1:${port}`;
        site = await openHostileSite({
          origin,
          rebound: `http://evil.test:${port}`,
          webSocket: `ws://127.0.0.1:${port}`,
        });
        const sitePort = hostile.startsWith('https') ? site.tlsPort : site.port;
        for (const [index, attack] of attacks.entries()) {
          try {
            await visit(`${hostile}:${sitePort}/attack/${index}`, attack, origin);
          } catch (cause) {
            throw new Error(`${attack.name}: ${String(cause)}`, { cause });
          }
          expect([attack.name, received]).toEqual([attack.name, []]);
        }
        const reached = ['content_type', 'foreign_host', 'state_foreign', 'not_a_navigation'];
        expect([...new Set(rejections)]).toEqual(expect.arrayContaining(reached));

        const callback = `${server.baseUri.href}#access_token=honest&token_type=bearer&state=${state}`;
        await browser.goto(
          `http://127.0.0.1:${site.port}/redirect?${new URLSearchParams({ to: callback }).toString()}`,
        );
        await browser.until("document.documentElement.dataset.authState === 'success'");
        await browser.reload();
        await browser.until(settled);
        await browser.goto('about:blank');
        await browser.goto(callback);
        await browser.until("document.documentElement.dataset.authReason === 'state_used'");
        expect(received).toEqual(['implicitGrantReceived']);
      },
      // For each page as much as for another test.
      attacks.length * 60_000,
    );
  });
});
