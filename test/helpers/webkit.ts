import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import type { Readable } from 'node:stream';
import getPort from 'get-port';
import { findProgram } from './programs.js';

// Debian's WebKitGTK, driven by W3C WebDriver: https://www.w3.org/TR/webdriver2/
const driver = findProgram('WebKitWebDriver');
const miniBrowser = ['x86_64', 'aarch64']
  .map((machine) => `/usr/lib/${machine}-linux-gnu/webkit2gtk-4.1/MiniBrowser`)
  .find((file) => existsSync(file));
const virtualDisplay = findProgram('Xvfb');

/** Why WebKit cannot run here, or undefined if it can. */
export const webKitMissing =
  driver === undefined || miniBrowser === undefined
    ? 'WebKitWebDriver and MiniBrowser are not installed (Debian: webkit2gtk-driver)'
    : virtualDisplay === undefined
      ? 'Xvfb is not installed (Debian: xvfb)'
      : undefined;

/** What a session is started with. */
export interface WebKitOptions {
  /** `host:port` of a SOCKS 5 proxy for every host except 127.0.0.1. */
  readonly proxy?: string;
}

/** A running MiniBrowser with one session. */
export class WebKit implements AsyncDisposable {
  readonly #processes: readonly ChildProcess[];
  readonly #session: string;

  private constructor(processes: readonly ChildProcess[], session: string) {
    this.#processes = processes;
    this.#session = session;
  }

  static async open({ proxy }: WebKitOptions = {}): Promise<WebKit> {
    if (driver === undefined || miniBrowser === undefined || virtualDisplay === undefined) {
      throw new Error(webKitMissing);
    }
    const display = spawn(virtualDisplay, ['-displayfd', '3', '-screen', '0', '1280x1024x24', '-nolisten', 'tcp'], {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    });
    const processes: ChildProcess[] = [display];
    try {
      // The fourth entry of `stdio` is a pipe that the child writes to.
      const [number] = (await once(display.stdio[3] as Readable, 'data')) as [Buffer];
      // GLib reads these; the `proxy` capability of this driver has no SOCKS 5 that resolves names.
      const proxies =
        proxy === undefined
          ? {}
          : { http_proxy: `socks5://${proxy}`, https_proxy: `socks5://${proxy}`, no_proxy: '127.0.0.1' };
      const port = await getPort({ host: '127.0.0.1' });
      processes.push(
        spawn(driver, [`--port=${port}`], {
          env: {
            ...process.env,
            DISPLAY: `:${String(number).trim()}`,
            GDK_BACKEND: 'x11',
            NO_AT_BRIDGE: '1',
            ...proxies,
          },
          stdio: 'ignore',
        }),
      );
      const root = `http://127.0.0.1:${port}`;
      await untilReady(`${root}/status`, 10_000);
      const { sessionId } = (await command('POST', `${root}/session`, {
        capabilities: {
          alwaysMatch: {
            browserName: 'MiniBrowser',
            acceptInsecureCerts: true,
            timeouts: { script: 15_000, pageLoad: 30_000 },
            'webkitgtk:browserOptions': {
              binary: miniBrowser,
              args: ['--automation', '--javascript-can-open-windows-automatically=true'],
            },
          },
        },
      })) as { sessionId: string };
      return new WebKit(processes, `${root}/session/${sessionId}`);
    } catch (error) {
      for (const child of processes) child.kill();
      throw error;
    }
  }

  /** Opens an address in the current window. */
  async goto(uri: string | URL): Promise<void> {
    await this.#call('POST', '/url', { url: String(uri) });
  }

  async reload(): Promise<void> {
    await this.#call('POST', '/refresh', {});
  }

  async back(): Promise<void> {
    await this.#call('POST', '/back', {});
  }

  /** Evaluates a JavaScript expression in the page; a promise is awaited. */
  async evaluate(expression: string): Promise<unknown> {
    return await this.#call('POST', '/execute/sync', { script: `return (${expression})`, args: [] });
  }

  /** Resolves when an expression is true in the page, also if the page is replaced meanwhile. */
  async until(expression: string, timeout = 15_000): Promise<void> {
    const deadline = Date.now() + timeout;
    let last: unknown;
    while (Date.now() < deadline) {
      try {
        last = await this.evaluate(expression);
      } catch (error) {
        last = error; // The page was replaced while the expression was evaluated.
      }
      if (last === true) return;
    }
    throw new Error(`Not true within ${timeout} ms: ${expression} (last: ${String(last)})`);
  }

  /** The number of open windows. */
  async windowCount(): Promise<number> {
    return ((await this.#call('GET', '/window/handles')) as string[]).length;
  }

  /** Closes every window except the first, which becomes the current one. */
  async closeWindows(): Promise<void> {
    const [first, ...others] = (await this.#call('GET', '/window/handles')) as string[];
    for (const handle of others) {
      await this.#call('POST', '/window', { handle });
      await this.#call('DELETE', '/window');
    }
    await this.#call('POST', '/window', { handle: first });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.#call('DELETE', '');
    } finally {
      await Promise.all(
        this.#processes.map(async (child) => {
          if (child.exitCode !== null || child.signalCode !== null) return;
          const closed = once(child, 'close');
          child.kill();
          await closed;
        }),
      );
    }
  }

  async #call(method: string, target: string, body?: object): Promise<unknown> {
    return await command(method, this.#session + target, body);
  }
}

async function command(method: string, uri: string, body?: object): Promise<unknown> {
  const response = await fetch(uri, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }),
  });
  const { value } = (await response.json()) as { value: unknown };
  if (!response.ok) {
    const { error, message } = value as { error: string; message: string };
    throw new Error(`WebDriver: ${error}: ${message}`);
  }
  return value;
}

/** Resolves when a server that is being started responds. */
async function untilReady(uri: string, timeout: number): Promise<void> {
  const deadline = Date.now() + timeout;
  for (;;) {
    try {
      await (await fetch(uri)).arrayBuffer();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}
