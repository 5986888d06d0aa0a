import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import getPort from 'get-port';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Browser, Page } from 'puppeteer-core';
import { createTestUserAgent, type TestAuthorizationServer } from '#src/testing.js';
import { approveInBrowser } from '../../examples/support/approve-in-browser.js';
import { launchChromium } from '../../examples/support/chromium.js';
import { startDemoServer } from '../../examples/support/demo-server.js';
import { describeWith, modules } from '../helpers/compat.js';
import { outcomeOf } from '../helpers/example.js';
import { compile, root, run } from '../helpers/package.js';

jest.setTimeout(30_000);

const examples = path.join(root, 'examples', 'servers');

/** An example that listens. */
interface Running {
  readonly origin: string;
  /** Resolves when its output has the text. */
  prints(text: string): Promise<void>;
  stop(): Promise<void>;
}

/** One server of examples/servers, and its paths. */
interface ServerExample {
  readonly name: string;
  /** The packages of test/compat that it needs. */
  readonly packages: readonly string[];
  readonly login: string;
  readonly callback: string;
  readonly start: (provider: TestAuthorizationServer) => Promise<Running>;
}

const plain = (name: string, packages: readonly string[]): ServerExample => ({
  name,
  packages,
  login: '/login',
  callback: '/auth/callback',
  start: async ({ issuer }) => {
    const port = await getPort();
    const args = ['--import', import.meta.resolve('tsx'), path.join(examples, `${name}.ts`)];
    const env = { PORT: String(port), EXAMPLE_ISSUER: issuer };
    return runServer(args, root, env, `http://127.0.0.1:${port}`, /Open http:\S+ in your browser/);
  },
});

const servers: readonly ServerExample[] = [
  plain('express4', ['express4', 'express-session']),
  plain('fastify', ['fastify', '@fastify/middie', 'express-session']),
  plain('koa', ['koa', 'express-session']),
  plain('hono', ['hono', '@hono/node-server', 'express-session']),
  {
    name: 'next',
    packages: ['next', 'react', 'react-dom', '@types/react', 'express-session', 'openid-client'],
    login: '/api/auth/login',
    callback: '/api/auth/callback',
    start: ({ issuer }) => startNext(issuer),
  },
];

async function runServer(
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
  origin: string,
  ready: RegExp,
): Promise<Running> {
  const child = spawn(process.execPath, args, {
    cwd,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'close');
  let output = '';
  const printed = (pattern: RegExp): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (pattern.test(output)) resolve();
      };
      for (const stream of [child.stdout, child.stderr]) stream.on('data', look);
      look();
      void ended.then(() => {
        reject(new Error(`The example ended without printing ${String(pattern)}:\n${output}`));
      });
    });
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  await printed(ready);
  return {
    origin,
    prints: (text) => printed(new RegExp(text.replaceAll('.', '\\.'))),
    stop: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** Builds the app in a copy that has installed its packages, with Next.js's check of its types, and starts it. */
async function startNext(issuer: string): Promise<Running> {
  await mkdir(path.join(root, '.cache'), { recursive: true });
  const app = await mkdtemp(path.join(root, '.cache', 'next-'));
  await cp(path.join(examples, 'next'), app, { recursive: true });
  await writeFile(path.join(app, 'package.json'), JSON.stringify({ name: 'app', private: true }));
  const development = path.join(root, 'node_modules');
  for (const [name, target] of [
    ...['next', 'react', 'react-dom', '@types/react', 'express-session', 'openid-client'].map((name) => [
      name,
      modules,
    ]),
    ...['typescript', '@types/node', '@types/express-session'].map((name) => [name, development]),
  ] as [string, string][]) {
    const link = path.join(app, 'node_modules', name);
    await mkdir(path.dirname(link), { recursive: true });
    await symlink(path.join(target, name), link, 'junction');
  }
  await symlink(root, path.join(app, 'node_modules', 'embed-auth-server'), 'junction');
  const port = await getPort();
  const origin = `http://127.0.0.1:${port}`;
  const redirectUri = `${origin}/api/auth/callback`;
  const env = {
    ISSUER: issuer,
    REDIRECT_URI: redirectUri,
    NEXT_TELEMETRY_DISABLED: '1',
    NODE_ENV: 'production',
  } as const;
  const program = path.join(app, 'node_modules', 'next', 'dist', 'bin', 'next');
  await run(process.execPath, [program, 'build'], { cwd: app, env });
  const args = [program, 'start', '--hostname', '127.0.0.1', '--port', String(port)];
  const running = await runServer(args, app, env, origin, /Ready in/);
  return {
    ...running,
    stop: async () => {
      await running.stop();
      await rm(app, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

for (const { name, packages, login, callback, start } of servers) {
  describeWith(packages, `examples/servers/${name}`, () => {
    let provider: TestAuthorizationServer;
    let browser: Browser;
    let server: Running;

    beforeAll(async () => {
      [provider, browser] = await Promise.all([startDemoServer(), launchChromium()]);
      server = await start(provider);
    }, 240_000);
    afterAll(async () => {
      await server.stop();
      await Promise.all([provider.close(), browser.close()]);
    });

    /** Presses a link of the front page in a new browser, which leads to the provider. */
    async function begin(link: string): Promise<Page> {
      const page = await (await browser.createBrowserContext()).newPage();
      await page.goto(server.origin);
      await Promise.all([page.waitForNavigation(), page.click(`a[href="${link}"]`)]);
      return page;
    }

    /** Begins a sign-in without a browser, and lets the provider respond: the session's cookie, and the parameters. */
    async function respondTo(path: string): Promise<{ cookie: string; response: URL }> {
      const begun = await fetch(server.origin + path, { redirect: 'manual' });
      const body = new URLSearchParams({ decision: 'allow', account: 'ada' });
      const consent = await fetch(begun.headers.get('location') ?? '', { method: 'POST', body, redirect: 'manual' });
      return { cookie: cookieOf(begun), response: new URL(consent.headers.get('location') ?? '') };
    }

    async function frontPage(cookie: string): Promise<string> {
      const response = await fetch(server.origin, { headers: { Cookie: cookie } });
      return (await response.text()).replace(/<!-- -->/g, ''); // React puts comments between texts.
    }

    it.each([
      ['a code in the query', login],
      ['a token in the fragment, which the page’s script forwards', `${login}?implicit`],
    ])('signs in with Chromium: %s', async (_, link) => {
      const page = await begin(link);
      await approveInBrowser(page, { account: 'grace' });
      await page.waitForSelector('b', { timeout: 20_000 });
      expect(page.url()).toBe(`${server.origin}/`);
      expect(await page.$eval('main', (main) => main.innerText)).toBe('Signed in as Grace Hopper.');
    });

    it('shows a denial, and lets the user try again', async () => {
      const page = await begin(login);
      await approveInBrowser(page, { decision: 'deny' });
      expect((await outcomeOf(page)).text).toContain('Sign-in cancelled');
      const userAgent = createTestUserAgent({ decision: 'deny' });
      expect(await userAgent.open(`${server.origin}${login}?implicit`)).toMatchObject({
        state: 'error',
        reason: 'denied',
      });
      await page.goto(server.origin + login);
      await approveInBrowser(page);
      await page.waitForSelector('b', { timeout: 20_000 });
    });

    it('gives a foreign session no grant, and the right one a new id', async () => {
      const { cookie, response } = await respondTo(login);
      const stranger = await respondTo(login);
      for (const headers of [{}, { Cookie: stranger.cookie }]) {
        const rejected = await fetch(response, { headers });
        expect([rejected.status, await rejected.text()]).toEqual([
          400,
          expect.stringContaining('data-auth-reason="state_foreign"'),
        ]);
      }
      await server.prints('A callback was rejected: state_foreign.');
      expect(await frontPage(stranger.cookie)).toContain('Sign in');
      const accepted = await fetch(response, { headers: { Cookie: cookie }, redirect: 'manual' });
      expect([accepted.status, accepted.headers.get('location')]).toEqual([303, '/']);
      expect(await frontPage(cookieOf(accepted))).toContain('Signed in as <b>Ada Lovelace</b>');
      // The id from before the sign-in, which an attacker may have planted, is not signed in.
      expect(await frontPage(cookie)).toContain('Sign in');
      expect((await fetch(response, { headers: { Cookie: cookieOf(accepted) } })).status).toBe(409);
    });

    it('accepts a form_post with the session’s cookie, and says what to do without one', async () => {
      const { cookie, response } = await respondTo(login);
      const post = (headers: Record<string, string>): Promise<Response> =>
        fetch(server.origin + callback, {
          method: 'POST',
          headers: { Origin: 'null', 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Dest': 'document', ...headers },
          body: new URLSearchParams(response.searchParams),
          redirect: 'manual',
        });
      const rejected = await post({});
      expect([rejected.status, await rejected.text()]).toEqual([
        400,
        expect.stringContaining('data-auth-reason="state_foreign"'),
      ]);
      await server.prints('EMBED_AUTH_COOKIE_MISSING');
      const accepted = await post({ Cookie: cookie });
      expect([accepted.status, accepted.headers.get('location')]).toEqual([303, '/']);
      expect(await frontPage(cookieOf(accepted))).toContain('Signed in as <b>Ada Lovelace</b>');
    });

    it('shows that the exchange failed, logs why, and continues', async () => {
      provider.configure({ tokenError: 'invalid_grant' });
      const userAgent = createTestUserAgent();
      const uri = `${server.origin}${login}`;
      expect(await userAgent.open(uri)).toMatchObject({ status: 500, state: 'error', reason: 'failed' });
      await server.prints('ResponseBodyError');
      provider.configure({ tokenError: undefined });
      const page = await userAgent.open(uri);
      expect([page.uri.href, page.message]).toEqual([`${server.origin}/`, expect.stringContaining('Ada Lovelace')]);
    });

    it('leaves paths other than the one of the callback to the server', async () => {
      for (const path of [`${callback}x`, `${login}x`, '/other']) {
        const response = await fetch(server.origin + path);
        expect([path, response.status, await response.text()]).toEqual([
          path,
          404,
          expect.not.stringContaining('data-auth-state'),
        ]);
      }
    });
  });
}

// Next.js checks the types of its app when it builds it.
describeWith(
  ['express4', '@types/express4', 'fastify', '@fastify/middie', 'koa', '@types/koa', 'hono', '@hono/node-server'],
  'examples/servers',
  () => {
    it('compiles', async () => {
      await compile(examples);
    }, 120_000);
  },
);

describe('docs/servers', () => {
  it('has a page for every server, which links the example and is linked', async () => {
    const documents = path.join(root, 'docs');
    const [overview, index] = await Promise.all(
      ['servers.md', 'README.md'].map((name) => readFile(path.join(documents, name), 'utf8')),
    );
    for (const { name } of servers) {
      const page = await readFile(path.join(documents, 'servers', `${name}.md`), 'utf8');
      expect(page).toMatch(new RegExp(`\\(\\.\\./\\.\\./examples/servers/${name}(?:\\.ts)?\\)`));
      for (const text of [overview, index]) expect(text).toContain(`(servers/${name}.md)`);
    }
  });
});

/** The name and value of the cookie that a response sets. */
function cookieOf(response: Response): string {
  return response.headers.getSetCookie()[0]?.split(';', 1)[0] ?? '';
}
