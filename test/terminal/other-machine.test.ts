import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createServer, connect, type AddressInfo, type Server } from 'node:net';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Page } from 'puppeteer-core';
import { approveInBrowser } from '../../examples/support/approve-in-browser.js';
import { startAuthorizationServer, type AuthorizationServer } from '../helpers/authorization-server.js';
import { findNamespaceObstacle, NetworkNamespace } from '../helpers/network-namespace.js';
import { PseudoTerminal } from '../helpers/pseudo-terminal.js';
import { findSshObstacle, startSshServer, type SshServer } from '../helpers/ssh-server.js';
import { useBrowser } from '../helpers/use-browser.js';

// A browser, and programs that are started through SSH.
jest.setTimeout(120_000);

const obstacle = findNamespaceObstacle();
const sshObstacle = obstacle ?? findSshObstacle();
if (obstacle !== undefined) console.warn(`The tests on another machine were skipped: ${obstacle}.`);
else if (sshObstacle !== undefined) console.warn(`The tests over SSH were skipped: ${sshObstacle}.`);

/** The port on this machine, where the browser is. It is free at first, and registered with the provider in real life. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

(obstacle === undefined ? describe : describe.skip)('login({ terminal: true }) on another machine', () => {
  let machine: NetworkNamespace;
  let ssh: SshServer | undefined;
  const { newPage } = useBrowser();
  let provider: AuthorizationServer;
  let page: Page;
  let port: number;
  const terminals: PseudoTerminal[] = [];

  beforeAll(async () => {
    machine = new NetworkNamespace();
    if (sshObstacle === undefined) ssh = await startSshServer(machine.address, (...words) => machine.command(...words));
    provider = await startAuthorizationServer();
    port = await freePort();
  });

  beforeEach(async () => {
    page = await newPage();
  });

  afterEach(async () => {
    for (const terminal of terminals.splice(0)) {
      terminal.kill();
      await terminal.ended;
    }
  });

  afterAll(async () => {
    await provider.close();
    await ssh?.[Symbol.asyncDispose]();
    machine[Symbol.dispose]();
  });

  function run([file, ...args]: readonly [string, ...string[]]): PseudoTerminal {
    const terminal = new PseudoTerminal(file, args);
    terminals.push(terminal);
    return terminal;
  }

  /** The shell command of an app. */
  function app(options: object): string {
    const fixture = fileURLToPath(new URL('../fixtures/terminal/sign-in.ts', import.meta.url));
    const login = { authorizationEndpoint: provider.authorizationEndpoint.href, ...options };
    return `SIGN_IN_OPTIONS='${JSON.stringify(login)}' '${process.execPath}' --import '${import.meta.resolve('tsx')}' '${fixture}'`;
  }

  function overSsh(options: readonly string[]): PseudoTerminal {
    if (ssh === undefined) throw new Error('There is no sshd');
    return run(ssh.client(options, app({ redirectUri: `http://127.0.0.1:${port}/callback` })));
  }

  /** A line of the screen that is a URI, as the user would copy it. */
  function uriOf(terminal: PseudoTerminal, origin: string): string {
    const uri = terminal.unwrapped.split('\n').find((line) => line.startsWith(`${origin}/`));
    if (uri === undefined) throw new Error(`There is no such URI on the screen:\n${terminal.text}`);
    return uri;
  }

  const overSshOnly = sshObstacle === undefined ? it : it.skip;

  overSshOnly('over SSH without forwarding: the user pastes the address that the browser cannot reach', async () => {
    const terminal = overSsh([]);
    await terminal.shows(/browser on your computer:[^]*paste it here\./);
    const failed = new Promise<string>((resolve) => {
      page.on('requestfailed', (request) => {
        if (request.url().startsWith(`http://127.0.0.1:${port}/`)) resolve(request.url());
      });
    });
    await page.goto(uriOf(terminal, new URL(provider.issuer).origin));
    await approveInBrowser(page).catch(() => undefined); // It ends at a page of the browser that says: connection refused.
    terminal.type(`${await failed}\r`);
    await terminal.shows(/Signed in\. grant with a code of \d+ characters/);
    await expect(terminal.ended).resolves.toMatchObject({ exitCode: 0 });
  });

  overSshOnly('over SSH with a forwarded port: the short address works in the browser outside', async () => {
    const terminal = overSsh(['-L', `${port}:127.0.0.1:${port}`]);
    await terminal.shows(`If you connected with ssh -L ${port}:127.0.0.1:${port}, this one is enough:`);
    await terminal.shows(/paste it here\./);
    await page.goto(uriOf(terminal, `http://127.0.0.1:${port}`));
    await approveInBrowser(page);
    await page.waitForSelector('[data-auth-state="success"]');
    await terminal.shows(/Signed in\. grant with a code of \d+ characters/);
    await expect(terminal.ended).resolves.toMatchObject({ exitCode: 0 });
  });

  it.each([
    ['the same port', undefined],
    ['another port, as `publicUri` says', 5543],
  ])('in a container that publishes %s: the short address works in the browser outside', async (_name, innerPort) => {
    const published = await publish(port, machine.address, innerPort ?? port);
    try {
      const options = { redirectUri: `http://127.0.0.1:${innerPort ?? port}/callback`, host: '0.0.0.0' };
      const publicUri = innerPort === undefined ? undefined : `http://127.0.0.1:${port}/callback`;
      const terminal = run(machine.command('/bin/sh', '-c', app({ ...options, publicUri })));
      await terminal.shows(/paste it here\./);
      await page.goto(uriOf(terminal, `http://127.0.0.1:${port}`));
      await approveInBrowser(page);
      await page.waitForSelector('[data-auth-state="success"]');
      await terminal.shows(/Signed in\. grant with a code of \d+ characters/);
      await expect(terminal.ended).resolves.toMatchObject({ exitCode: 0 });
    } finally {
      published.close();
    }
  });
});

/** Forwards connections as `docker run --publish 127.0.0.1:PORT:INNER` does. */
async function publish(port: number, address: string, innerPort: number): Promise<Server> {
  const server = createServer((outer) => {
    const inner = connect(innerPort, address);
    outer.pipe(inner).pipe(outer);
    for (const [one, other] of [
      [outer, inner],
      [inner, outer],
    ] as const) {
      one.on('error', () => other.destroy()).on('close', () => other.destroy());
    }
  });
  await once(server.listen(port, '127.0.0.1'), 'listening');
  return server;
}
