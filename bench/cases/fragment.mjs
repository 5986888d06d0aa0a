// The sign-in whose token comes in the fragment, in a real Chromium.
import { createServer } from 'node:http';
import { milliseconds, pause, worker } from '../processes.mjs';

const providerHost = 'provider.example';
// As long as a person looks at a page at the least: what Chromium gets ready meanwhile, it gets ready for both.
const look = 200;

/** A provider on a site of its own: its button leads to the callback, by a redirect, as an authorization server has it. */
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
    /** Redirects to that URI; the promise is of the time. */
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
    // Not the package's own arguments: among them is --disable-web-security, and what is measured is a browser as people
    // have it. They have each site in a process of its own, too, which the headless shell leaves off.
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
  // puppeteer takes SIGTERM for itself: the browser would end and the run go on.
  process.once('SIGTERM', () => process.exit(143));
  return launched;
}

/** A case in Chromium; `go` leads the page to the callback and says when that began. */
function inChromium(go) {
  return async () => {
    const launched = await browser();
    const site = await provider();
    const workers = new Map();
    const signIn = async (subject) => {
      // A profile of its own: who signs in has not signed in at this address a second ago, as the sample before has.
      const profile = await launched.createBrowserContext();
      const page = await profile.newPage();
      const { signIn } = await subject.begin();
      const callback = `http://127.0.0.1:${signIn.port}${signIn.fragment}`;
      const [told, began] = await Promise.all([subject.result(), go(page, site, callback)]);
      await subject.end();
      await profile.close();
      return milliseconds(began, told);
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
  'Chromium is headless, @sparticuz/chromium by puppeteer-core, both of the root install. The baseline is a hand-written page of three lines that posts its fragment. `baseline-isolated` is that page with the header Cross-Origin-Opener-Policy of ours. A new server and a new profile of the browser each time.';

export const fragmentFromProvider = {
  ...common,
  name: 'fragment',
  title: 'fragment sign-in in Chromium, redirect to event',
  method: `A button on a provider’s page, on another site, is clicked; the provider redirects to the callback with a token in its fragment: from the redirect until the app has its event. ${machinery}`,
  targets: [{ column: 'ours', against: 'baseline', ratio: 1.15 }],
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
  title: 'fragment sign-in typed into an empty tab, to event',
  method: `An empty tab is told to go to the callback with a token in its fragment, which nobody does who signs in: until the app has its event. ${machinery}`,
  // What it shows is the price of the header: the tab's own process will not do, and a second one is started.
  targets: [],
  open: inChromium(async (page, _site, callback) => {
    await page.goto('about:blank');
    await pause(look);
    const start = process.hrtime.bigint();
    await page.goto(callback);
    return start;
  }),
};
