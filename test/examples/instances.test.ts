import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import getPort from 'get-port';
import type { Browser, Page } from 'puppeteer-core';
import { approveInBrowser } from '../../examples/support/approve-in-browser.js';
import { launchChromium } from '../../examples/support/chromium.js';
import { startAuthorizationServer, type AuthorizationServer } from '../helpers/authorization-server.js';
import { outcomeOf } from '../helpers/example.js';
import {
  findInstancesObstacle,
  Instance,
  Redis,
  startCluster,
  Visitor,
  type Cluster,
  type VisitorResponse,
} from '../helpers/instances.js';
import { compile, root } from '../helpers/package.js';

jest.setTimeout(60_000);

const obstacle = findInstancesObstacle();
const describeInstances = obstacle === undefined ? describe : describe.skip;
const skipped = obstacle === undefined ? '' : ` (skipped: ${obstacle})`;

/** The authorization server behind a proxy that can hold a request back, so that a test can act during the exchange. */
class Provider {
  readonly server: AuthorizationServer;
  readonly #proxy: Server;
  #held: { path: string; arrived: () => void; released: Promise<void> } | undefined;

  private constructor(server: AuthorizationServer) {
    this.server = server;
    this.#proxy = createServer((incoming, outgoing) => {
      void this.#forward(incoming, outgoing).catch(() => outgoing.destroy());
    });
  }

  static async start(): Promise<Provider> {
    const provider = new Provider(await startAuthorizationServer());
    provider.#proxy.listen(0, '127.0.0.1');
    await once(provider.#proxy, 'listening');
    return provider;
  }

  get issuer(): string {
    return `http://127.0.0.1:${(this.#proxy.address() as AddressInfo).port}`;
  }

  /** Holds the next request to a path back until it is released. */
  hold(path: string): { arrived: Promise<void>; release: () => void } {
    let release = (): void => undefined;
    let arrived = (): void => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    const hasArrived = new Promise<void>((resolve) => (arrived = resolve));
    this.#held = { path, arrived, released };
    return { arrived: hasArrived, release };
  }

  get exchanges(): number {
    return this.server.requestsTo('token').length;
  }

  async #forward(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const held = this.#held;
    if (held !== undefined && incoming.url === held.path) {
      this.#held = undefined;
      held.arrived();
      await held.released;
    }
    const target = new URL(incoming.url ?? '', this.server.issuer);
    const headers = { ...incoming.headers, host: target.host };
    const forwarded = request(target, { method: incoming.method ?? 'GET', headers });
    incoming.pipe(forwarded);
    const [response] = (await once(forwarded, 'response')) as [IncomingMessage];
    outgoing.writeHead(response.statusCode ?? 502, response.rawHeaders);
    outgoing.end(await text(response));
  }

  async close(): Promise<void> {
    this.#proxy.close();
    this.#proxy.closeAllConnections();
    await this.server.close();
  }
}

let provider: Provider;
let cluster: Cluster;
let browser: Browser;
const visitors: Visitor[] = [];

function visit(options?: { cookie?: string | undefined }): Visitor {
  const visitor = new Visitor(cluster, options);
  visitors.push(visitor);
  return visitor;
}

function instanceAt(index: 0 | 1): Instance {
  const instance = cluster.instances[index];
  if (instance === undefined) throw new Error('There is no such instance');
  return instance;
}

function otherThan(address: string | undefined): Instance {
  return instanceAt(address === instanceAt(0).address ? 1 : 0);
}

/** Uses turns up until the next one is that of `instance`. */
async function giveTurnTo({ address }: Instance): Promise<void> {
  const before = otherThan(address).address;
  const visitor = visit();
  for (let turn = 0; turn < 3; turn += 1) {
    if ((await visitor.send('/style.css')).servedBy.at(-1) === before) return;
  }
  throw new Error('The instances do not take turns');
}

const isGranted = ({ status, headers }: VisitorResponse): boolean => status === 303 && headers.location === '/profile';
const reasonOf = ({ body }: VisitorResponse): string | undefined => /data-auth-reason="(\w+)"/.exec(body)?.[1];
const isSignedIn = async (visitor: Visitor, to?: Instance): Promise<boolean> =>
  (await visitor.send('/profile', to === undefined ? {} : { to })).status === 200;

/** The keys of a browser's session in Redis. */
function keysOf({ cookie = '' }: Visitor): { session: string; requests: string } {
  const id = /^tidewater=s:(.+)\.[^.]+$/.exec(decodeURIComponent(cookie))?.[1];
  if (id === undefined) throw new Error('The browser has no session');
  return { session: `tidewater:session:${id}`, requests: `tidewater:requests:${id}` };
}

/** Resolves when so many connections wait for Redis, which holds writes back. */
async function waitForBlocked(count: number): Promise<void> {
  while ([...(await cluster.redis.command('CLIENT', 'LIST')).matchAll(/ flags=\w*b/g)].length < count);
}

async function redisIsBack(start: () => Promise<void>): Promise<void> {
  const positions = cluster.instances.map(({ program }) => program.output.length);
  await start();
  await Promise.all(
    cluster.instances.map(({ program }, index) => program.printed(/Redis is available again/, positions[index])),
  );
}

describeInstances(`examples/existing-server on two instances, with Redis and nginx${skipped}`, () => {
  beforeAll(async () => {
    provider = await Provider.start();
    cluster = await startCluster({ issuer: provider.issuer, redis: { isPersistent: true } });
    browser = await launchChromium({ args: ['--ignore-certificate-errors'] });
  });

  afterAll(async () => {
    await cluster[Symbol.asyncDispose]();
    await provider.close();
    await browser.close();
  });

  beforeEach(() => {
    provider.server.configure({ consent: 'allow', responseParams: { iss: provider.issuer } });
  });

  afterEach(async () => {
    for (const visitor of visitors.splice(0)) visitor[Symbol.dispose]();
    await Promise.all(
      cluster.instances.filter(({ program }) => !program.isRunning).map((instance) => instance.start()),
    );
  });

  it('compiles with the packages that it needs', async () => {
    await compile(path.join(root, 'examples', 'existing-server', 'redis'));
  });

  describe('in Chromium', () => {
    beforeEach(() => {
      provider.server.configure({ consent: 'ask' });
    });

    async function newUser(): Promise<{ page: Page; servedBy: Map<string, string | undefined> }> {
      const page = await (await browser.createBrowserContext()).newPage();
      const servedBy = new Map<string, string | undefined>();
      page.on('response', (response) => {
        const { origin, pathname } = new URL(response.url());
        if (origin === cluster.origin) servedBy.set(pathname, response.headers()['x-served-by']);
      });
      return { page, servedBy };
    }

    async function begin(page: Page, flow: 'code' | 'token' = 'code'): Promise<void> {
      await page.bringToFront();
      await page.goto(cluster.origin);
      await Promise.all([page.waitForNavigation(), page.click(`button[value=${flow}]`)]);
    }

    it.each(['code', 'token'] as const)(
      'begins a sign-in at one instance and ends it at the other (%s)',
      async (flow) => {
        const { page, servedBy } = await newUser();
        await begin(page, flow);
        const first = servedBy.get('/login');
        // A token arrives with the second request of the callback page.
        await giveTurnTo(flow === 'code' ? otherThan(first) : otherThan(otherThan(first).address));
        await approveInBrowser(page, { account: 'grace' });
        await page.waitForSelector('dl');
        expect(servedBy.get(flow === 'code' ? '/auth/callback' : '/auth/token')).toBe(otherThan(first).address);
        // Both instances know the user.
        for (let turn = 0; turn < 2; turn += 1) {
          expect(await page.$eval('main', (main) => main.innerText)).toContain('Hello, Grace Hopper');
          await page.reload();
        }
        const cookie = (await page.browserContext().cookies()).find(({ name }) => name === 'tidewater');
        expect(cookie).toMatchObject({ secure: true, httpOnly: true, sameSite: 'Lax' });
      },
    );

    it("rejects another browser's response at both instances, and accepts it in the right browser", async () => {
      const [ada, grace] = await Promise.all([newUser(), newUser()]);
      await begin(grace.page);
      await begin(ada.page);
      await ada.page.setRequestInterception(true);
      const intercepted = new Promise<string>((resolve) => {
        ada.page.on('request', (sent) => {
          if (!sent.url().includes('/auth/callback?')) return void sent.continue();
          resolve(sent.url());
          return void sent.abort();
        });
      });
      await approveInBrowser(ada.page);
      const uri = await intercepted;
      for (const instance of cluster.instances) {
        await giveTurnTo(instance);
        expect((await grace.page.goto(uri))?.status()).toBe(400);
        expect(grace.servedBy.get('/auth/callback')).toBe(instance.address);
        expect((await outcomeOf(grace.page)).state).toBe('error');
        expect(await grace.page.$eval('html', ({ dataset }) => dataset.authReason)).toBe('state_foreign');
      }
      const right = await ada.page.browserContext().newPage();
      await right.goto(uri);
      await right.waitForSelector('dl');
      expect(await right.$eval('main', (main) => main.innerText)).toContain('Hello, Ada Lovelace');
    });
  });

  it('gives one grant for fifty copies of one response that reach both instances at once', async () => {
    const visitor = visit();
    const { uri } = await visitor.begin();
    const { exchanges } = provider;
    const { cookie } = visitor;
    // Redis holds writes back until both instances have found the request and want to take it.
    const { redis } = cluster;
    await redis.command('CLIENT', 'PAUSE', '20000', 'WRITE');
    const responded = Promise.all(Array.from({ length: 50 }, () => visit({ cookie }).send(uri)));
    await waitForBlocked(2);
    await redis.command('CLIENT', 'UNPAUSE');
    const responses = await responded;
    expect(responses.filter(isGranted)).toHaveLength(1);
    expect(responses.filter(({ status }) => status === 400 || status === 409)).toHaveLength(49);
    expect(provider.exchanges - exchanges).toBe(1);
    const counts = cluster.instances.map(({ address }) => responses.filter(({ servedBy }) => servedBy[0] === address));
    for (const { length } of counts) expect(length).toBeGreaterThanOrEqual(20);
  });

  it("rejects another browser's response at each instance", async () => {
    const [ada, grace] = [visit(), visit()];
    const { uri } = await ada.begin('code', instanceAt(0));
    await grace.begin('code', instanceAt(1));
    for (const to of cluster.instances) {
      const response = await grace.send(uri, { to });
      expect([response.status, reasonOf(response)]).toEqual([400, 'state_foreign']);
      expect((await visit().send(uri, { to })).status).toBe(400);
    }
    expect(isGranted(await ada.send(uri, { to: instanceAt(1) }))).toBe(true);
  });

  it('changes the session id at the sign-in, at both instances, and lets other tabs continue', async () => {
    const attacker = visit();
    await attacker.begin();
    // The attacker has planted the session in the user's browser.
    const user = visit({ cookie: attacker.cookie });
    const [first, second] = [await user.begin(), await user.begin()];
    const before = keysOf(user);
    expect(isGranted(await user.send(first.uri))).toBe(true);
    expect(user.cookie).not.toBe(attacker.cookie);
    expect(await cluster.redis.command('EXISTS', before.session, before.requests)).toBe('0');
    for (const to of cluster.instances) {
      expect(await isSignedIn(user, to)).toBe(true);
      expect(await isSignedIn(attacker, to)).toBe(false);
      expect(reasonOf(await attacker.send(second.uri, { to }))).toBe('state_foreign');
    }
    expect(isGranted(await user.send(second.uri))).toBe(true);
  });

  it('keeps the expected requests for an hour, and the sessions for a day', async () => {
    const visitor = visit();
    const { uri } = await visitor.begin();
    const { session, requests } = keysOf(visitor);
    const [ofSession, ofRequests] = await Promise.all(
      [session, requests].map(async (key) => Number(await cluster.redis.command('TTL', key))),
    );
    expect(ofSession).toBeGreaterThan(86_000);
    expect(ofSession).toBeLessThanOrEqual(86_400);
    expect(ofRequests).toBeGreaterThan(3500);
    expect(ofRequests).toBeLessThanOrEqual(3600);
    // A later sign-in of the same session does not prolong the first one.
    const state = new URL(uri).searchParams.get('state') ?? '';
    const stored = JSON.parse(await cluster.redis.command('HGET', requests, state)) as { addedAt: number };
    stored.addedAt -= 3_600_000;
    await cluster.redis.command('HSET', requests, state, JSON.stringify(stored));
    expect(reasonOf(await visitor.send(uri))).toBe('state_foreign');
  });

  it('rejects a response whose session has expired, and signs in again', async () => {
    const visitor = visit();
    const { uri } = await visitor.begin();
    expect(await cluster.redis.command('PEXPIRE', keysOf(visitor).session, '0')).toBe('1');
    const response = await visitor.send(uri);
    expect([response.status, reasonOf(response)]).toEqual([400, 'state_foreign']);
    await visitor.signIn('Ada Lovelace');
    await cluster.redis.command('PEXPIRE', keysOf(visitor).session, '0');
    expect(await isSignedIn(visitor)).toBe(false);
  });

  describe('when an instance is killed', () => {
    it('completes a sign-in that it has begun', async () => {
      const visitor = visit();
      const first = instanceAt(0);
      await giveTurnTo(first);
      const { uri, servedBy } = await visitor.begin();
      expect(servedBy).toBe(first.address);
      await first.program.kill();
      expect(isGranted(await visitor.send(uri))).toBe(true);
      // The next turn is that of the killed instance.
      const profile = await visitor.send('/profile');
      expect([profile.status, profile.servedBy]).toEqual([200, [first.address, instanceAt(1).address]]);
    });

    it('loses the sign-in that it was exchanging, and nothing else', async () => {
      const visitor = visit();
      const first = instanceAt(0);
      const { uri } = await visitor.begin();
      const { exchanges } = provider;
      const { arrived, release } = provider.hold('/token');
      await giveTurnTo(first);
      const responded = visitor.send(uri);
      await arrived;
      await first.program.kill();
      const response = await responded;
      // nginx repeats the GET at the other instance, for which the response is no longer expected.
      expect(response.servedBy).toEqual([first.address, instanceAt(1).address]);
      expect([response.status, reasonOf(response)]).toEqual([400, 'state_foreign']);
      release();
      expect(provider.exchanges - exchanges).toBeLessThanOrEqual(1);
      expect(await isSignedIn(visitor)).toBe(false);
      await visitor.signIn('Ada Lovelace');
    });

    it('does not repeat a POST that it had received', async () => {
      const visitor = visit();
      const first = instanceAt(0);
      const { uri } = await visitor.begin('token');
      const { arrived, release } = provider.hold('/profile');
      await giveTurnTo(first);
      const responded = visitor.send('/auth/token', {
        body: JSON.stringify({ fragment: new URL(uri).hash.slice(1) }),
        headers: { 'Content-Type': 'application/json' },
      });
      await arrived;
      await first.program.kill();
      const response = await responded;
      release();
      expect([response.status, response.servedBy]).toEqual([503, [first.address]]);
      expect(response.body).toContain('href="/"');
      await visitor.signIn('Ada Lovelace');
    });
  });

  describe('when Redis fails', () => {
    it('responds with 503 while it is down, and continues the sign-ins when it is back', async () => {
      const [visitor, signedIn] = [visit(), visit()];
      const { uri } = await visitor.begin();
      await signedIn.signIn('Ada Lovelace');
      await cluster.redis.stop();
      const responses = await Promise.all([
        visitor.send(uri),
        signedIn.send('/profile'),
        visit().send('/login', { body: 'flow=code' }),
      ]);
      for (const { status, headers, body } of responses) {
        expect([status, headers['retry-after']]).toEqual([503, '5']);
        expect(body).toContain('Reload this page in a moment.');
      }
      // What needs no session is served.
      expect((await visit().send('/')).status).toBe(200);
      await redisIsBack(() => cluster.redis.start());
      expect(isGranted(await visitor.send(uri))).toBe(true);
      expect(await isSignedIn(signedIn)).toBe(true);
    });

    it('loses nothing if Redis is killed during a sign-in and comes back, and gives one grant', async () => {
      const visitor = visit();
      const { uri } = await visitor.begin();
      const { exchanges } = provider;
      await cluster.redis.stop('SIGKILL');
      const during = await Promise.all(cluster.instances.map((to) => visitor.send(uri, { to })));
      expect(during.map(({ status }) => status)).toEqual(cluster.instances.map(() => 503));
      await redisIsBack(() => cluster.redis.start());
      const everywhere = [...cluster.instances, ...cluster.instances];
      const after = await Promise.all(everywhere.map((to) => visitor.send(uri, { to })));
      expect([after.filter(isGranted).length, provider.exchanges]).toEqual([1, exchanges + 1]);
      for (const to of cluster.instances) expect(isGranted(await visitor.send(uri, { to }))).toBe(false);
      expect(provider.exchanges).toBe(exchanges + 1);
    });

    it('does not notice a short restart', async () => {
      const visitor = visit();
      const { uri } = await visitor.begin();
      await cluster.redis.stop();
      const responded = visitor.send(uri);
      await cluster.redis.start();
      expect(isGranted(await responded)).toBe(true);
    });

    it('responds with 503 if it hangs', async () => {
      const visitor = visit();
      const { uri } = await visitor.begin();
      cluster.redis.program.signal('SIGSTOP');
      expect((await visitor.send(uri)).status).toBe(503);
      cluster.redis.program.signal('SIGCONT');
      expect(isGranted(await visitor.send(uri))).toBe(true);
    });

    it('accepts a reload if the connection was lost before Redis took the request out', async () => {
      const visitor = visit();
      const { uri } = await visitor.begin();
      await cluster.redis.command('CLIENT', 'PAUSE', '20000', 'WRITE');
      const responded = visitor.send(uri);
      await waitForBlocked(1);
      await cluster.redis.command('CLIENT', 'KILL', 'TYPE', 'normal');
      const response = await responded;
      await cluster.redis.command('CLIENT', 'UNPAUSE');
      expect([response.status, reasonOf(response)]).toEqual([500, 'failed']);
      expect(isGranted(await visitor.send(uri))).toBe(true);
    });

    it('accepts no reload if Redis took the request out, but did not reply in time', async () => {
      const visitor = visit();
      const { uri } = await visitor.begin();
      const { exchanges } = provider;
      await cluster.redis.command('CLIENT', 'PAUSE', '20000', 'WRITE');
      const response = await visitor.send(uri);
      await cluster.redis.command('CLIENT', 'UNPAUSE');
      expect([response.status, reasonOf(response)]).toEqual([500, 'failed']);
      for (const to of cluster.instances) expect(reasonOf(await visitor.send(uri, { to }))).toBe('state_foreign');
      expect(provider.exchanges).toBe(exchanges);
      await visitor.signIn('Ada Lovelace');
    });

    it('keeps everything over a restart with persistence', async () => {
      const [visitor, signedIn] = [visit(), visit()];
      const { uri } = await visitor.begin();
      await signedIn.signIn('Ada Lovelace');
      await cluster.redis.stop('SIGKILL');
      await redisIsBack(() => cluster.redis.start());
      expect(isGranted(await visitor.send(uri))).toBe(true);
      expect(await isSignedIn(signedIn)).toBe(true);
    });

    it('loses sessions and sign-ins over a restart without persistence, and signs in again', async () => {
      const [visitor, signedIn] = [visit(), visit()];
      const { uri } = await visitor.begin();
      await signedIn.signIn('Ada Lovelace');
      await cluster.redis.stop();
      await redisIsBack(() => cluster.redis.start({ isPersistent: false }));
      const response = await visitor.send(uri);
      expect([response.status, reasonOf(response)]).toEqual([400, 'state_foreign']);
      expect(await isSignedIn(signedIn)).toBe(false);
      await Promise.all([visitor.signIn('Ada Lovelace'), signedIn.signIn('Ada Lovelace')]);
    });
  });

  describe('REDIS_URL', () => {
    it('may have a password and TLS, and Redis may start after the server', async () => {
      const port = await getPort({ host: '127.0.0.1' });
      await using redis = new Redis(cluster.folder, port, { password: 'p@ss word', tls: cluster.files });
      const env = { ...cluster.env, NODE_EXTRA_CA_CERTS: cluster.files.cert };
      await using late = new Instance(await getPort({ host: '127.0.0.1' }), { ...env, REDIS_URL: redis.url });
      await late.start();
      const visitor = visit();
      expect((await visitor.send('/login', { body: 'flow=code', to: late })).status).toBe(503);
      expect(late.program.output).toContain('Redis is unavailable: connect ECONNREFUSED');
      await redis.start();
      await late.program.printed(/Redis is available again/);
      const { uri } = await visitor.begin('code', late);
      expect(isGranted(await visitor.send(uri, { to: late }))).toBe(true);

      await using wrong = new Instance(await getPort({ host: '127.0.0.1' }), {
        ...env,
        REDIS_URL: redis.url.replace('p%40ss', 'not-it'),
      });
      await wrong.start();
      await wrong.program.printed(/Redis is unavailable: WRONGPASS/);
      expect((await visit().send('/login', { body: 'flow=code', to: wrong })).status).toBe(503);
      expect(wrong.program.output).not.toContain('not-it');
      expect(wrong.program.isRunning).toBe(true);
    });

    it('that is none ends the server with an error that does not contain the password', async () => {
      await using wrong = new Instance(await getPort({ host: '127.0.0.1' }), {
        ...cluster.env,
        REDIS_URL: 'redis://user:the-password@host:port',
      });
      await expect(wrong.start()).rejects.toThrow(/REDIS_URL must be a Redis URL/);
      expect(wrong.program.output).not.toContain('the-password');
      expect(wrong.program.exitCode).toBe(1);
    });
  });
});
