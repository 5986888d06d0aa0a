// Makes the pictures of the README from the real page in a real browser: npm run screenshots
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { AuthServer, LoginRequest, ResponseType } from '../dist/index.js';
import { launchChromium } from '../examples/support/chromium.js';

const folder = fileURLToPath(new URL('../docs/images/', import.meta.url));
await mkdir(folder, { recursive: true });

const browser = await launchChromium();
const server = new AuthServer('http://127.0.0.1:0/callback', { appName: 'Tidewater' });
server.on('implicitGrantReceived', () => {});
await server.start();

/** The states of the page in the pictures, and the response that leads to each. */
const views = {
  success: ({ state }) => `#access_token=t&state=${state}`,
  denied: ({ state }) => `#error=access_denied&error_description=The+user+said+no&state=${state}`,
};

for (const [name, response] of Object.entries(views)) {
  for (const scheme of ['light', 'dark']) {
    const page = await browser.newPage();
    await page.setViewport({ width: 640, height: 470, deviceScaleFactor: 2 });
    await page.emulateMediaFeatures([
      { name: 'prefers-color-scheme', value: scheme },
      { name: 'prefers-reduced-motion', value: 'reduce' },
    ]);
    const request = new LoginRequest(server, 'client', ResponseType.Token);
    await page.goto(server.baseUri.href + response(request));
    await page.waitForSelector('html:not([data-auth-state="pending"])');
    await page.screenshot({ path: `${folder}${name}-${scheme}.png`, optimizeForSpeed: false });
    console.log(`docs/images/${name}-${scheme}.png`);
    await page.close();
  }
}
await browser.close();
await server.stop();
