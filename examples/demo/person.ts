import type { Browser, Page } from 'puppeteer-core';
import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describeChromium, launchChromium } from '../support/chromium.js';
import { approveInBrowser } from '../support/person.js';
import { step } from './print.js';

/** Who signs in: somebody at this machine's browser, or a headless Chromium in their place. */
export interface Person {
  readonly description: string;
  /** The folder of the screenshots, where there are any. */
  readonly screenshots: string | undefined;
  /** Sends them to the login page. */
  signIn(uri: URL, flow: string): Promise<void>;
  /** Resolves when the page has said how it ended. */
  finished(): Promise<void>;
  /** Who signs in at a real provider, where nobody can play the person. */
  real(): Person;
  close(): Promise<void>;
}

interface PersonOptions {
  readonly wait: boolean;
  readonly open: (uri: URL) => Promise<void>;
  readonly signal: AbortSignal;
}

const account = { username: 'ada', password: 'lovelace' };

/** With a display, or told to wait: whoever sits there. Else a headless Chromium. */
export async function choosePerson(options: PersonOptions): Promise<Person> {
  const hasDisplay =
    process.platform !== 'linux' ||
    Boolean(process.env['DISPLAY'] ?? process.env['WAYLAND_DISPLAY'] ?? process.env['WSL_DISTRO_NAME']);
  if (options.wait)
    return new RealPerson('Waiting for a person (--wait): sign in as ada, password lovelace.', undefined);
  if (hasDisplay) return new RealPerson('Your browser opens: sign in as ada, password lovelace.', options.open);
  return HeadlessPerson.launch(options);
}

class RealPerson implements Person {
  readonly screenshots = undefined;
  readonly description: string;
  readonly #open: ((uri: URL) => Promise<void>) | undefined;

  constructor(description: string, open: ((uri: URL) => Promise<void>) | undefined) {
    this.description = description;
    this.#open = open;
  }

  async signIn(uri: URL): Promise<void> {
    step(`sign in at ${uri.href}`);
    await this.#open?.(uri).catch((error: unknown) => {
      step(error instanceof Error ? error.message : 'No browser was opened.');
    });
  }

  finished(): Promise<void> {
    return Promise.resolve();
  }

  real(): Person {
    return this;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

class HeadlessPerson implements Person {
  readonly description: string;
  readonly screenshots: string;
  readonly #browser: Browser;
  readonly #options: PersonOptions;
  #page: Page | undefined;
  #flow = '';
  #signingIn: Promise<void> = Promise.resolve();
  #count = 0;

  private constructor(browser: Browser, options: PersonOptions, description: string, screenshots: string) {
    this.#browser = browser;
    this.#options = options;
    this.description = description;
    this.screenshots = screenshots;
  }

  static async launch(options: PersonOptions): Promise<HeadlessPerson> {
    const screenshots = resolve('demo-screenshots');
    await rm(screenshots, { recursive: true, force: true });
    await mkdir(screenshots, { recursive: true });
    const name = await describeChromium();
    // Ctrl-C is ours to answer: the browser is closed with the rest.
    const browser = await launchChromium({ handleSIGINT: false });
    const description = `This machine has no display, so the demo plays the person itself, in ${name} (--wait waits for you instead).`;
    return new HeadlessPerson(browser, options, description, screenshots);
  }

  async signIn(uri: URL, flow: string): Promise<void> {
    this.#flow = flow;
    this.#count = 0;
    const context = await this.#browser.createBrowserContext();
    const page = await context.newPage();
    this.#page = page;
    await page.setViewport({ width: 900, height: 720 });
    // A picture of an animation's first moment shows nobody anything.
    await page.emulateMediaFeatures([{ name: 'prefers-reduced-motion', value: 'reduce' }]);
    await page.goto(uri.href);
    // It goes on in the background, as a person does; what goes wrong there is told when it is asked how it ended.
    this.#signingIn = approveInBrowser(page, {
      ...account,
      decision: 'allow',
      onPage: (name) => this.#shoot(name),
    });
    this.#signingIn.catch(() => undefined);
  }

  async finished(): Promise<void> {
    await this.#signingIn;
    const page = this.#page;
    if (page === undefined) return;
    await page.waitForSelector('html[data-auth-state="success"], html[data-auth-state="error"]', { timeout: 10_000 });
    const [state, message, address] = await page.evaluate(() => [
      document.documentElement.dataset['authState'],
      document.querySelector('[data-auth-message]')?.textContent,
      location.href,
    ]);
    step(`the page says ${String(state)}: “${String(message)}” (address bar: ${String(address)})`);
    await this.#shoot(String(state));
    await page.browserContext().close();
    this.#page = undefined;
  }

  real(): Person {
    return new RealPerson('Nobody can play the person at a real provider.', (uri) => this.#options.open(uri));
  }

  async close(): Promise<void> {
    await this.#browser.close();
  }

  async #shoot(name: string): Promise<void> {
    this.#count += 1;
    const path = join(this.screenshots, `${this.#flow}-${this.#count}-${name}.png`);
    await this.#page?.screenshot({ path: path });
    step(`screenshot: ${path}`);
  }
}
