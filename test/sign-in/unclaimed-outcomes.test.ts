import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { AuthServer, LoginRequest, ResponseType } from '#src/index.js';
import { signInsOf } from '#src/server/auth-server.js';
import { deliverQuery } from '../helpers/callback.js';
import { withFakeClock } from '../helpers/fake-clock.js';
import { countKept } from '../helpers/garbage.js';
import { useServers } from '../helpers/use-servers.js';

const startServer = useServers();
const issuer = 'https://accounts.example.com';
const expectCode = (server: AuthServer): LoginRequest =>
  new LoginRequest(server, 'client', ResponseType.Code, { authorizationEndpoint: `${issuer}/authorize`, issuer });

const receive = (server: AuthServer, { state }: LoginRequest, code: string): Promise<unknown> => {
  const query = new URLSearchParams({ code, state, iss: issuer });
  return server.receive(`${server.redirectUri}?${query.toString()}`);
};

const returnToApp = '&#34;reason&#34;:&#34;return_to_app&#34;';

/** Delivers a code, the page of which is held; resolves when nothing has claimed it. `page` is the page's text. */
async function deliverUnclaimed(server: AuthServer, { state }: LoginRequest): Promise<{ page: Promise<string> }> {
  const page = deliverQuery(server, { code: 'c', state, iss: issuer }).then(({ text }) => text);
  // The response has used the request up: only then it is kept.
  while (signInsOf(server).find(state) !== 'used') await new Promise((resolve) => setImmediate(resolve));
  return { page };
}

afterEach(() => {
  jest.restoreAllMocks();
});

describe('an outcome that nothing has claimed', () => {
  it('is there for 60 seconds', async () => {
    await withFakeClock(async () => {
      const server = new AuthServer();
      const [early, late] = [expectCode(server), expectCode(server)];
      await receive(server, early, 'one');
      jest.advanceTimersByTime(1);
      await receive(server, late, 'two');
      jest.advanceTimersByTime(59_999);
      await expect(server.waitForGrant({ request: early })).rejects.toMatchObject({ code: 'STATE_USED' });
      await expect(server.waitForGrant({ request: late })).resolves.toMatchObject({ code: 'two' });
    });
  });

  it('causes no warning if it is claimed in time, or is an error', async () => {
    const warning = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    await withFakeClock(async () => {
      const server = await startServer();
      const [granted, denied] = [expectCode(server), expectCode(server)];
      const { page } = await deliverUnclaimed(server, granted);
      jest.advanceTimersByTime(4999);
      await expect(server.waitForGrant({ request: granted })).resolves.toMatchObject({ code: 'c' });
      expect(await page).toContain('data-auth-outcome="{&#34;state&#34;:&#34;success&#34;');
      await deliverQuery(server, { error: 'access_denied', state: denied.state, iss: issuer }).expect(200);
      jest.advanceTimersByTime(5000);
      expect(warning).not.toHaveBeenCalled();
    });
  });

  it('leaves no timer behind when it is claimed', async () => {
    await withFakeClock(async () => {
      const server = await startServer();
      const request = expectCode(server);
      const timers = jest.getTimerCount();
      const { page } = await deliverUnclaimed(server, request);
      expect(jest.getTimerCount()).toBe(timers + 1);
      await server.waitForGrant({ request });
      await page;
      expect(jest.getTimerCount()).toBe(timers);
    });
  });

  it('ends its page with "return to the app" as soon as its request is forgotten', async () => {
    const server = await startServer();
    const [forgotten, kept] = [expectCode(server), expectCode(server)];
    const first = await deliverUnclaimed(server, forgotten);
    const second = await deliverUnclaimed(server, kept);
    server.forget(forgotten);
    expect(await first.page).toContain(returnToApp);
    await expect(server.waitForGrant({ request: kept })).resolves.toMatchObject({ code: 'c' });
    expect(await second.page).not.toContain(returnToApp);
  });

  it('shows on its page how `exchange` of the wait that claims it ends', async () => {
    const server = await startServer();
    const request = expectCode(server);
    const { page } = await deliverUnclaimed(server, request);
    const failure = new Error('exchange failed');
    const waiting = server.waitForGrant({ request, exchange: () => Promise.reject(failure) });
    await expect(waiting).rejects.toBe(failure);
    expect(await page).toContain('&#34;reason&#34;:&#34;failed&#34;');
  });

  it('is for a wait without a request, too, if the browser brought it', async () => {
    const server = await startServer();
    const [one, two] = [expectCode(server), expectCode(server)];
    await receive(server, one, 'returned to the caller of receive()');
    const { page } = await deliverUnclaimed(server, two);
    await expect(server.waitForGrant()).resolves.toMatchObject({ state: two.state });
    expect(await page).toContain('&#34;state&#34;:&#34;success&#34;');
  });

  it('may be claimed when its page is complete; `exchange` uses the page as ever', async () => {
    await withFakeClock(async () => {
      const server = await startServer();
      const [released, received] = [expectCode(server), expectCode(server)];
      const { page } = await deliverUnclaimed(server, released);
      jest.advanceTimersByTime(5000);
      expect(await page).toContain(returnToApp);
      await receive(server, received, 'c');
      for (const request of [released, received]) {
        const exchanged = server.waitForGrant({
          request,
          exchange: (grant, context) => {
            context.page.redirect('https://app.example/welcome');
            return Promise.resolve(grant.kind);
          },
        });
        await expect(exchanged).resolves.toBe('code');
      }
    });
  });
});

describe('WaitForGrantOptions.exchange', () => {
  it.each([
    ['a string', 'token'],
    ['null', null],
    ['an object', { token: 't' }],
    ['a function', () => 't'],
  ])('may return %s at once: the page is complete, and the wait resolves to it', async (_, result) => {
    const server = await startServer();
    const request = expectCode(server);
    const waiting = server.waitForGrant({ request, exchange: () => result });
    const { text } = await deliverQuery(server, { code: 'c', state: request.state, iss: issuer }).expect(200);
    expect(text).toContain('data-auth-state="success"');
    expect(text).not.toContain('data-auth-outcome=');
    await expect(waiting).resolves.toBe(result);
  });

  it('gets a signal that never aborts if the wait has none', async () => {
    const server = new AuthServer();
    const request = expectCode(server);
    const waiting = server.waitForGrant({ request, exchange: (_, { signal }) => signal });
    await receive(server, request, 'c');
    const signal = await waiting;
    expect(signal).toBeInstanceOf(AbortSignal);
    await server.stop();
    expect(signal.aborted).toBe(false);
  });
});

describe('WaitForGrantOptions.signal', () => {
  it('keeps nothing of a wait that has ended, although its signal and another wait go on', async () => {
    const { signal } = new AbortController();
    const server = new AuthServer();
    const signIn = async (fails: boolean): Promise<WeakRef<object>> => {
      const request = expectCode(server);
      const exchange = (): Promise<void> => (fails ? Promise.reject(new Error('no')) : Promise.resolve());
      const waiting = server.waitForGrant({ request, signal, exchange });
      await receive(server, request, 'c');
      await Promise.allSettled([waiting]);
      return new WeakRef(exchange);
    };
    const kept = [await signIn(false), await signIn(true)];
    const other = server.waitForGrant({ request: expectCode(server), signal });
    kept.push(await signIn(false));
    expect(await countKept(kept)).toBe(0);
    await server.stop();
    await expect(other).rejects.toMatchObject({ code: 'SERVER_STOPPED' });
  });
});
