import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { once } from 'node:events';
import { createMemoryTokenStore, createSession, type TokenStore } from '#src/session.js';
import { startTestAuthorizationServer } from '#src/testing.js';
import { Harness, rejection } from './harness.js';
import { sendJson } from './rotating-server.js';

jest.setTimeout(30_000);

let harness: Harness;

beforeEach(async () => {
  harness = await Harness.start();
});

afterEach(async () => {
  await harness[Symbol.asyncDispose]();
});

/** A store of the app, whose server can be out of reach. */
class RemoteStore implements TokenStore {
  readonly texts = new Map<string, string>();
  isDown = false;

  async read(key: string): Promise<string | undefined> {
    await this.#connect();
    return this.texts.get(key);
  }

  async write(key: string, text: string): Promise<void> {
    await this.#connect();
    this.texts.set(key, text);
  }

  async delete(key: string): Promise<void> {
    await this.#connect();
    this.texts.delete(key);
  }

  #connect(): Promise<void> {
    return this.isDown ? Promise.reject(new Error('The server is down')) : Promise.resolve();
  }
}

describe('a store that is out of reach for a while', () => {
  it('S4: loses no token that a refresh brought meanwhile', async () => {
    const { server } = harness;
    const store = new RemoteStore();
    const session = harness.session({ store });
    await session.accessToken();
    server.next['token'] = [
      (_, __, usual) => {
        store.isDown = true;
        usual();
      },
    ];
    const refreshed = await session.accessToken({ forceRefresh: true });
    store.isDown = false;
    expect(await session.accessToken()).toBe(refreshed);
    expect(await harness.session({ store }).accessToken()).toBe(refreshed);
    await session.accessToken({ forceRefresh: true });
    expect([server.reuses, server.requestsOf('sign-in').length]).toEqual([0, 1]);
  });

  it('loses no token that a sign-in brought meanwhile', async () => {
    const store = new RemoteStore();
    harness.server.next['sign-in'] = [
      (_, __, usual) => {
        store.isDown = true;
        usual();
      },
    ];
    const session = harness.session({ store });
    const token = await session.accessToken();
    store.isDown = false;
    expect(await session.accessToken()).toBe(token);
    expect(await harness.session({ store }).accessToken()).toBe(token);
  });

  it('S10: does not bring back what the user has signed out of, if it cannot be read just then', async () => {
    const { server } = harness;
    const memory = createMemoryTokenStore();
    let reads = Infinity;
    const store: TokenStore = {
      read: (key) => {
        if ((reads -= 1) < 0) throw new Error('The server is down');
        return memory.read(key);
      },
      write: (key, text) => memory.write(key, text),
      delete: (key) => memory.delete(key),
    };
    const session = harness.session({ store });
    await session.accessToken();
    server.next['token'] = [
      async (_, __, usual) => {
        await memory.delete('test');
        reads = 1;
        usual();
      },
    ];
    await rejection(session.accessToken({ forceRefresh: true }));
    reads = Infinity;
    expect(await session.peek()).toBeUndefined();
  });
});

describe('a store whose `lock` does not end', () => {
  it('does not keep the tokens from the app', async () => {
    const store: TokenStore = {
      ...createPlainStore(),
      lock: async (_, action) => {
        await action();
        return await new Promise(() => undefined);
      },
    };
    const session = harness.session({ store, refreshTimeout: 50 });
    const token = await session.accessToken();
    expect(await session.accessToken({ forceRefresh: true })).not.toBe(token);
  });
});

function createPlainStore(): TokenStore {
  const texts = new Map<string, string>();
  return {
    read: (key) => texts.get(key),
    write: (key, text) => {
      texts.set(key, text);
    },
    delete: (key) => {
      texts.delete(key);
    },
  };
}

describe('a sign-in during a refresh', () => {
  it('S4: takes nothing from the refresh, whose tokens are on disk before any caller sees them', async () => {
    const { server } = harness;
    server.expiresIn = 1;
    const session = harness.session();
    await session.accessToken();
    server.next['token'] = [
      async (_, __, usual) => {
        const signIn = (): never => {
          throw new Error('The user has cancelled');
        };
        await rejection(harness.session({ refresh: undefined, signIn }).accessToken({ forceRefresh: true }));
        usual();
      },
    ];
    const token = await session.accessToken();
    expect((await harness.session().peek())?.accessToken).toBe(token);
    expect(harness.warnings).toEqual([]);
  });
});

describe('Session.on', () => {
  it('reports nothing at a sign-out if no user was signed in', async () => {
    const session = harness.session();
    const reported: unknown[] = [];
    session.on('tokensChanged', (tokens) => reported.push(tokens));
    await session.signOut();
    expect(reported).toHaveLength(0);
  });

  it('reports a change once, and nothing older after it, with a store that is slow to read', async () => {
    const plain = createPlainStore();
    const slow: (() => void)[] = [];
    let isSlow = false;
    const store: TokenStore = {
      ...plain,
      read: async (key) => {
        const text = await plain.read(key);
        if (isSlow) {
          isSlow = false;
          await new Promise<void>((resolve) => slow.push(resolve));
        }
        return text;
      },
    };
    const session = harness.session({ store });
    const first = await session.accessToken();
    const reported: unknown[] = [];
    session.on('tokensChanged', (tokens) => reported.push(tokens?.accessToken));
    isSlow = true;
    const peeked = session.peek();
    const second = await session.accessToken({ forceRefresh: true });
    for (const end of slow) end();
    expect((await peeked)?.accessToken).toBe(first);
    await session.accessToken();
    expect(reported).toEqual([second]);
  });
});

describe('the lifetime of a token', () => {
  it.each([
    ['a text of 307 digits', '1' + '0'.repeat(306), undefined],
    ['1e306', 1e306, undefined],
    ['1e300 as `expires_at`', undefined, 1e300],
  ])('of %s loses no tokens', async (_, lifetime, time) => {
    const signIn = (): unknown => ({ access_token: 'token', expires_in: lifetime, expires_at: time });
    const { expiresAt } = await harness.session({ signIn, refresh: undefined }).tokens();
    expect(new Date(expiresAt ?? NaN).getTime()).toBe(8.64e15);
    expect((await harness.session({ signIn, refresh: undefined, interactive: false }).tokens()).accessToken).toBe(
      'token',
    );
    expect(harness.warnings).toEqual([]);
  });
});

describe('many sessions of one process', () => {
  it('refresh at the same time without a warning of too many listeners', async () => {
    const sessions = Array.from({ length: 12 }, (_, index) => harness.session({ key: `account ${String(index)}` }));
    await Promise.all(sessions.map((session) => session.accessToken()));
    const { always } = harness.server;
    const waiting: (() => unknown)[] = [];
    always['token'] = (_, __, usual) => waiting.push(usual);
    const refreshed = sessions.map((session) => session.accessToken({ forceRefresh: true }));
    await harness.server.requested('token', 12);
    expect(process.listenerCount('exit')).toBeLessThan(10);
    for (const respond of waiting) respond();
    await Promise.all(refreshed);
    expect(harness.warnings).toEqual([]);
  });
});

describe('createSession with an issuer', () => {
  it('signs in again if the app has scopes now and had none when the user signed in', async () => {
    await using server = await startAuthorizationServer();
    const common = { name: 'my-app', issuer: server.provider.issuer, clientId: 'my-client-id' };
    await createSession({ ...common, login: server.login }).accessToken();
    const session = createSession({ ...common, login: server.login, scope: ['notes'], interactive: false });
    expect(await rejection(session.accessToken())).toMatchObject({ code: 'SIGN_IN_REQUIRED' });
  });
});

describe('createSession with endpoints', () => {
  it('does not count the exchange in `login.timeout`', async () => {
    const { server } = harness;
    const timeout = 2000;
    server.next['token'] = [
      async (_, response) => {
        await once(AbortSignal.timeout(timeout + 300), 'abort');
        sendJson(response, 200, server.issue());
      },
    ];
    const session = createSession({
      name: 'my-app',
      clientId: 'my-client-id',
      endpoints: { authorization: `${server.origin}/authorize`, token: `${server.origin}/token` },
      login: {
        redirectUri: 'http://127.0.0.1:0/callback',
        terminal: false,
        timeout,
        openBrowser: async (uri) => {
          const callback = new URL(uri.searchParams.get('redirect_uri') ?? '');
          callback.search = new URLSearchParams({
            code: 'code',
            state: uri.searchParams.get('state') ?? '',
          }).toString();
          await fetch(callback);
        },
      },
    });
    expect(server.isValid(await session.accessToken())).toBe(true);
  });
});

async function startAuthorizationServer(): Promise<
  AsyncDisposable & { provider: Awaited<ReturnType<typeof startTestAuthorizationServer>>; login: object }
> {
  const { createTestUserAgent } = await import('#src/testing.js');
  const provider = await startTestAuthorizationServer();
  const login = {
    redirectUri: 'http://127.0.0.1:0/callback',
    terminal: false,
    openBrowser: createTestUserAgent().open,
  };
  return {
    provider,
    login,
    async [Symbol.asyncDispose]() {
      await provider.close();
    },
  };
}
