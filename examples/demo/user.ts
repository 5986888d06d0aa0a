import type { Browser, Page } from 'puppeteer-core';
import { mkdir, rm } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { approveInBrowser } from '../support/approve-in-browser.js';
import { describeChromium, launchChromium } from '../support/chromium.js';
import { note, step } from './print.js';

/** The user of the demo: a real one at this machine's browser, or a headless Chromium that acts as one. */
export interface User {
  /** Opens the login page. */
  signIn(uri: URL, flow: string): Promise<void>;
  /** Resolves when the callback page shows the result. */
  finished(): Promise<void>;
  /** The user at a real provider, where a headless browser cannot sign in. */
  atRealProvider(): User;
  close(): Promise<void>;
}

interface UserOptions {
  /** Only prints the address. */
  readonly wait: boolean;
  readonly open: (uri: URL) => Promise<void>;
}

/** With a display or `wait`, the user of this machine; otherwise a headless Chromium. */
export async function chooseUser(options: UserOptions): Promise<User> {
  const { DISPLAY, WAYLAND_DISPLAY, WSL_DISTRO_NAME } = process.env;
  const hasDisplay = process.platform !== 'linux' || Boolean(DISPLAY ?? WAYLAND_DISPLAY ?? WSL_DISTRO_NAME);
  if (options.wait) {
    note('Waiting for you (--wait): open each address that is printed.');
    return new RealUser(undefined);
  }
  if (hasDisplay) {
    note('Your browser opens twice: choose an account, and press Allow or Deny.');
    return new RealUser(options.open);
  }
  return HeadlessUser.launch(options);
}

class RealUser implements User {
  readonly #open: ((uri: URL) => Promise<void>) | undefined;

  constructor(open: ((uri: URL) => Promise<void>) | undefined) {
    this.#open = open;
  }

  async signIn(uri: URL): Promise<void> {
    step('sign in at this address:');
    console.log(uri.href);
    await this.#open?.(uri).catch((error: unknown) => {
      step(error instanceof Error ? error.message : 'No browser was opened.');
    });
  }

  finished(): Promise<void> {
    return Promise.resolve();
  }

  atRealProvider(): User {
    return this;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

class HeadlessUser implements User {
  readonly #screenshots = resolve('demo-screenshots');
  readonly #browser: Browser;
  readonly #options: UserOptions;
  #page: Page | undefined;
  #flow = '';
  #count = 0;
  #approving: Promise<void> = Promise.resolve();

  private constructor(browser: Browser, options: UserOptions) {
    this.#browser = browser;
    this.#options = options;
  }

  static async launch(options: UserOptions): Promise<HeadlessUser> {
    note('There is no display, so that the demo acts as the user. (--wait waits for you.)');
    note(`Browser: ${await describeChromium()}`);
    // The demo handles Ctrl-C itself, and then closes the browser.
    const user = new HeadlessUser(await launchChromium({ handleSIGINT: false }), options);
    await rm(user.#screenshots, { recursive: true, force: true });
    await mkdir(user.#screenshots, { recursive: true });
    return user;
  }

  async signIn(uri: URL, flow: string): Promise<void> {
    this.#flow = flow;
    this.#count = 0;
    const context = await this.#browser.createBrowserContext();
    const page = await context.newPage();
    this.#page = page;
    await page.setViewport({ width: 900, height: 720 });
    // A screenshot of the first moment of an animation would be empty.
    await page.emulateMediaFeatures([{ name: 'prefers-reduced-motion', value: 'reduce' }]);
    await page.goto(uri.href);
    // It goes on in the background; finished() reports a failure.
    this.#approving = approveInBrowser(page, {
      onConsent: async () => {
        step('consent page: choosing “Ada Lovelace”, pressing Allow');
        await this.#shoot('consent');
      },
    });
    this.#approving.catch(() => undefined);
  }

  async finished(): Promise<void> {
    await this.#approving;
    const page = this.#page;
    if (page === undefined) return;
    await page.waitForSelector('html[data-auth-state="success"], html[data-auth-state="error"]');
    const [state, message, address] = await page.evaluate(() => [
      document.documentElement.dataset['authState'],
      document.querySelector('[data-auth-message]')?.textContent,
      location.href,
    ]);
    step(`the page shows ${String(state)}: “${String(message)}”`);
    step(`its address bar: ${String(address)}`);
    await this.#shoot(String(state));
    await page.browserContext().close();
    this.#page = undefined;
  }

  atRealProvider(): User {
    return new RealUser(this.#options.open);
  }

  async close(): Promise<void> {
    await this.#browser.close();
  }

  async #shoot(name: string): Promise<void> {
    this.#count += 1;
    const path = join(this.#screenshots, `${this.#flow}-${this.#count}-${name}.png`);
    await this.#page?.screenshot({ path });
    step(`screenshot: ${relative('', path)}`);
  }
}
