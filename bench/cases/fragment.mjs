// A sign-in whose token is in the fragment, in a real Chromium.
import { createServer } from 'node:http';
import { milliseconds, pause, worker } from '../processes.mjs';

const providerHost = 'provider.example';
// The least time for which a user looks at a page. Chromium prepares processes meanwhile, for both alike.
const look = 200;

/** A provider on another site. Its button leads to the callback by a redirect. */
async function provider() {
  let target = '';
  let onRedirect;
  const server = createServer((request, response) => {
    if (request.url?.startsWith('/authorize')) {
      response.setHeader('Content-Type', 'text/html; charset=utf-8');
      response.end('<!doctype html><title>Sign in</title><form action="/consent"><button>Allow</button></form>');
    } else if (request.url?.startsWith('/consent')) {
      onRedirect(process.hrtime.bigint());
      response.writeHead(302, { Location: target }).end();
    } else {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    uri: `http://${providerHost}:${server.address().port}/authorize`,
    /** Redirects to that URI, and resolves to the time at which it did. */
    redirectTo(uri) {
      target = uri;
      return new Promise((resolve) => (onRedirect = resolve));
    },
    close: () => server.close(),
  };
}

async function browser() {
  const [{ default: chromium }, { default: puppeteer }] = await Promise.all([
    import('@sparticuz/chromium'),
    import('puppeteer-core'),
  ]);
  const launched = await puppeteer.launch({
    // Not the arguments of @sparticuz/chromium, which include --disable-web-security. Desktop browsers have each site in a
    // separate process, which the headless shell does not do by default.
    args: [
      '--site-per-process',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      `--host-resolver-rules=MAP ${providerHost} 127.0.0.1`,
    ],
    executablePath: await chromium.executablePath(),
    headless: 'shell',
  });
  // puppeteer handles SIGTERM: it would end the browser, and the run would continue.
  process.once('SIGTERM', () => process.exit(143));
  return launched;
}

/** A case in Chromium; `go` leads the page to the callback and resolves to the time at which that began. */
function inChromium(go) {
  return async () => {
    const launched = await browser();
    const site = await provider();
    const workers = new Map();
    const signIn = async (subject) => {
      // A new profile: the sample before signed in at the same address a second ago.
      const profile = await launched.createBrowserContext();
      const page = await profile.newPage();
      const { signIn } = await subject.begin();
      const callback = `http://127.0.0.1:${signIn.port}${signIn.fragment}`;
      const [received, began] = await Promise.all([subject.result(), go(page, site, callback)]);
      await subject.end();
      await profile.close();
      return milliseconds(began, received);
    };
    return {
      async sample(column) {
        if (!workers.has(column)) {
          workers.set(column, await worker(column === 'ours' ? 'ours-token' : column));
          for (let index = 0; index < 10; index += 1) await signIn(workers.get(column));
        }
        return signIn(workers.get(column));
      },
      async close() {
        await launched.close();
        site.close();
        await Promise.all([...workers.values()].map((process) => process.close()));
      },
    };
  };
}

const common = { unit: 'ms', columns: ['baseline', 'baseline-isolated', 'ours'], baseline: 'baseline', runs: 60 };
const machinery =
  'Chromium is headless, @sparticuz/chromium by puppeteer-core, both of the root install. The baseline is a hand-written page of three lines that posts its fragment. `baseline-isolated` is that page with the package’s header Cross-Origin-Opener-Policy. A new server and a new profile of the browser each time.';

export const fragmentFromProvider = {
  ...common,
  name: 'fragment',
  title: 'fragment sign-in in Chromium, redirect to event',
  isPublished: true,
  method: `A button on a provider’s page, on another site, is clicked; the provider redirects to the callback with a token in its fragment: from the redirect until the app has its event. ${machinery}`,
  targets: [{ column: 'ours', against: 'baseline', ratio: 1.1 }],
  open: inChromium(async (page, site, callback) => {
    await page.goto(site.uri);
    await pause(look);
    const redirected = site.redirectTo(callback);
    await Promise.all([page.waitForNavigation(), page.click('button')]);
    return redirected;
  }),
};

export const fragmentFromBlank = {
  ...common,
  name: 'fragment-blank',
  title: 'fragment sign-in in an empty tab, navigation to event',
  method: `An empty tab navigates to the callback with a token in its fragment, which no real sign-in does: until the app has its event. ${machinery}`,
  // It shows the cost of the header: Chromium cannot reuse the tab's process, and starts a second one.
  targets: [],
  open: inChromium(async (page, _site, callback) => {
    await page.goto('about:blank');
    await pause(look);
    const start = process.hrtime.bigint();
    await page.goto(callback);
    return start;
  }),
};
