// Makes the pictures of the README from the real page in a real browser: npm run screenshots
// With a folder, it makes one of each state in each setting instead: npm run screenshots -- /tmp/pictures
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { launchChromium } from '../examples/support/chromium.js';
import { startPageServer } from '../test/helpers/page-server.js';

const [, , folder] = process.argv;
const brand = { appName: 'Tidewater', autoClose: false };
const links = { ...brand, returnUri: 'com.example.tidewater:/', helpUri: 'https://example.com/help' };
const denial = 'error=access_denied&error_description=The+user+said+no&state=s';
const failure = 'error=server_error&error_description=Try+again+in+an+hour&state=s';

/** Each state: the response, what the server says, and the options of the page. */
const states = {
  pending: { response: '?state=s', token: () => undefined },
  success: { token: { state: 'success' } },
  account: { token: { state: 'success', note: 'as ada@example.com' }, page: links },
  held: { view: { state: 'pending', reason: 'finishing', answered: true }, hold: () => undefined, page: links },
  denied: { response: `?${denial}`, view: error('denied') },
  refused: { response: `?${failure}`, view: error('refused'), page: links },
  failed: { view: { ...error('failed'), code: 'EXCHANGE_FAILED' }, page: links },
  old: { view: error('state_foreign') },
  used: { view: { state: 'pending', reason: 'state_used', answered: true } },
  ended: { view: { state: 'pending', reason: 'sign_in_ended', answered: true }, page: links },
  nothing: { response: '' },
  copy: { token: error('not_forwarded'), view: { state: 'pending', answered: false, pasteOffered: true } },
  noscript: { javascript: false },
};

function error(reason) {
  return { state: 'error', reason, answered: true };
}

const desktop = { width: 1060, height: 700 };
const settings = {
  light: {},
  dark: { 'prefers-color-scheme': 'dark' },
  phone: { viewport: { width: 360, height: 640 } },
  hebrew: { language: 'he' },
  arabic: { language: 'ar', viewport: { width: 360, height: 640 }, 'prefers-color-scheme': 'dark' },
  german: { language: 'de', accentColor: '#ffb300' },
  forced: { 'forced-colors': 'active' },
};

const browser = await launchChromium();

async function take(file, state, { viewport = desktop, language, accentColor, scale = 1, ...media }) {
  const { response = '#access_token=t&state=s', javascript = true, page: options = brand, ...rest } = state;
  const server = await startPageServer({ ...rest, page: { ...options, language, accentColor } });
  const page = await browser.newPage();
  await page.setViewport({ ...viewport, deviceScaleFactor: scale });
  await page.setJavaScriptEnabled(javascript);
  const { 'forced-colors': forced, ...features } = media;
  await page.emulateMediaFeatures(
    Object.entries({ 'prefers-reduced-motion': 'reduce', ...features }).map(([name, value]) => ({ name, value })),
  );
  if (forced !== undefined) {
    const client = await page.createCDPSession();
    await client.send('Emulation.setEmulatedMedia', { features: [{ name: 'forced-colors', value: forced }] });
  }
  void page.goto(server.uri + response).catch(() => undefined);
  await page.waitForSelector(
    state.view?.answered === true ? 'h1' : 'html[data-auth-reason], html[data-auth-state="success"], noscript h1',
  );
  await page.screenshot({ path: file });
  console.log(file);
  await page.close();
  await server.close();
}

if (folder === undefined) {
  const images = fileURLToPath(new URL('../docs/images/', import.meta.url));
  await mkdir(images, { recursive: true });
  for (const name of ['success', 'denied']) {
    for (const scheme of ['light', 'dark']) {
      const options = { viewport: { width: 640, height: 470 }, scale: 2, 'prefers-color-scheme': scheme };
      await take(
        path.join(images, `${name}-${scheme}.png`),
        name === 'success' ? { ...states.account, page: brand } : states[name],
        options,
      );
    }
  }
} else {
  await mkdir(folder, { recursive: true });
  for (const [setting, options] of Object.entries(settings)) {
    for (const [name, state] of Object.entries(states))
      await take(path.join(folder, `${setting}-${name}.png`), state, options);
  }
}
await browser.close();
