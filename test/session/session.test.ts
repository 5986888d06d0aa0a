import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import {
  AuthAbortedError,
  createMemoryTokenStore,
  createSession,
  type SessionOptions,
  type TokenStore,
  type Tokens,
} from '#src/session.js';
import { ImplicitGrantResponse } from '#src/oauth/grant-response.js';
import { Harness, rejection } from './harness.js';
import { sendJson } from './rotating-server.js';

let harness: Harness;

beforeEach(async () => {
  harness = await Harness.start();
});

afterEach(async () => {
  await harness[Symbol.asyncDispose]();
});

/** Lets the stored token expire. */
async function signedInWithExpired(key = 'test'): Promise<Tokens> {
  harness.server.expiresIn = 1;
  const tokens = await harness.session({ key }).tokens();
  harness.server.expiresIn = 3600;
  return tokens;
}

async function storedText(): Promise<string> {
  const [file] = (await readdir(harness.folder)).filter((name) => name.endsWith('.json'));
  return await readFile(join(harness.folder, file ?? ''), 'utf8');
}

const anyKind: unknown = undefined;

describe('createSession', () => {
  it('signs in once, keeps the tokens, and refreshes them when they are over', async () => {
    const { server } = harness;
    const session = harness.session();
    const first = await session.accessToken();
    expect(await session.accessToken()).toBe(first);
    expect(await harness.session().accessToken()).toBe(first);
    expect(server.requests.map(({ path }) => path)).toEqual(['sign-in']);
    const second = await session.accessToken({ minimumLifetime: 4000 });
    expect(second).not.toBe(first);
    expect(server.requests.map(({ path }) => path)).toEqual(['sign-in', 'token']);
    expect(await harness.session({ interactive: false }).accessToken()).toBe(second);
  });

  it.each([
    [{ name: 'My App', key: 'k', signIn: anyKind }, '`name`'],
    [{ name: '..', key: 'k' }, '`name`'],
    [{ name: 'a', key: 'k', signIn: 'x' }, '`signIn`'],
    [{ name: 'a', signIn: () => ({}) }, '`key`'],
    [{ name: 'a', key: 'k', signIn: () => ({}), issuer: 'https://a.example' }, '`issuer`'],
    [{ name: 'a', key: 'k', signIn: () => ({}), refreshTimeout: 0 }, '`refreshTimeout`'],
    [{ name: 'a', key: 'k', signIn: () => ({}), interactiv: true }, '`interactive`'],
    [
      { name: 'a', issuer: 'https://a.example', clientId: 'c', port: [5543] },
      'no option `port`. The options of the sign-in',
    ],
    [{ name: 'a', key: 'k', signIn: () => ({}), store: { read: () => undefined } }, '`write`'],
    [{ name: 'a' }, '`issuer`'],
    [{ name: 'a', issuer: 'https://a.example' }, '`clientId`'],
    [{ name: 'a', issuer: 'http://a.example', clientId: 'c' }, '`issuer` must be https'],
    [{ name: 'a', endpoints: { token: 'http://a.example/token' }, clientId: 'c' }, '`endpoints.token` must be https'],
    [{ name: 'a', issuer: 'https://a.example', clientId: 'c', refresh: () => ({}) }, '`refresh` requires `signIn`'],
    [{ name: 'a', issuer: 'https://a.example', clientId: 'c', grant: 'implicit' }, '`grant`'],
    [{ name: 'a', issuer: 'https://a.example', clientId: 'c', resource: 'api' }, '`resource` must be an absolute URI'],
    [{ name: 'a', issuer: 'https://a.example', clientId: 'c', resource: 'https://b.example/#c' }, 'no fragment'],
    [{ name: 'a', issuer: 'https://a.example', clientId: 'c', scope: 'openid email' }, '`scope`'],
  ])('rejects %j at once, naming the option', (options, message) => {
    // Options of a caller without types.
    expect(() => createSession(options as unknown as SessionOptions)).toThrow(message);
  });

  it.each([
    [{ minimumLifetime: -1 }],
    [{ minimumLifetime: '60' }],
    [{ interactive: 1 }],
    [{ signal: {} }],
    [{ force: true }],
  ])('rejects the call options %j', async (options) => {
    const session = harness.session();
    await expect(session.accessToken(options as never)).rejects.toThrow(
      /`(?:minimumLifetime|interactive|signal|force)`/,
    );
    expect(harness.server.requests).toHaveLength(0);
  });

  it('accepts a grant of this package from `signIn`', async () => {
    const params = new URLSearchParams({ access_token: 'implicit', expires_in: '100', scope: 'a b', state: 'secret' });
    const uri = new URL('http://127.0.0.1/callback');
    const session = harness.session({ signIn: () => new ImplicitGrantResponse({ params, uri }) });
    const tokens = await session.tokens();
    expect(tokens).toMatchObject({ accessToken: 'implicit', scope: 'a b' });
    expect(Number(tokens.expiresAt) - Date.now()).toBeGreaterThan(95_000);
    expect(await storedText()).not.toContain('secret');
  });

  it.each([
    [undefined],
    [null],
    ['token'],
    [{}],
    [{ access_token: '' }],
    [{ access_token: 'a\nb' }],
    [[{ access_token: 'a' }]],
    [{ kind: 'code', params: new URLSearchParams() }],
  ])('rejects with SIGN_IN_REQUIRED if `signIn` resolves to %p', async (value) => {
    const error = await rejection(harness.session({ signIn: () => value }).accessToken());
    expect(error).toMatchObject({ name: 'SessionError', code: 'SIGN_IN_REQUIRED' });
    expect(error.message).toContain('`signIn`');
  });

  it('passes on what `signIn` throws', async () => {
    const reason = new Error('closed');
    const session = harness.session({ signIn: () => Promise.reject(reason) });
    expect(await rejection(session.accessToken())).toBe(reason);
    const thrown = harness.session({
      signIn: () => {
        throw reason;
      },
    });
    expect(await rejection(thrown.accessToken())).toBe(reason);
  });

  it('rejects with SIGN_IN_REQUIRED without asking if `interactive` is false, of the session or of the call', async () => {
    const session = harness.session({ interactive: false });
    expect(await rejection(session.accessToken())).toMatchObject({ code: 'SIGN_IN_REQUIRED' });
    expect(harness.server.requests).toHaveLength(0);
    expect(await rejection(harness.session().accessToken({ interactive: false }))).toMatchObject({
      code: 'SIGN_IN_REQUIRED',
    });
    await session.accessToken({ interactive: true });
    expect(harness.server.requests).toHaveLength(1);
  });

  it('ends the waiting by the signal of the call, before and during the wait', async () => {
    const session = harness.session({
      signIn: ({ signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            reject(new Error('ended'));
          });
        }),
    });
    const early = await rejection(session.accessToken({ signal: AbortSignal.abort() }));
    expect(early).toBeInstanceOf(AuthAbortedError);
    const timedOut = await rejection(session.accessToken({ signal: AbortSignal.timeout(20) }));
    expect(timedOut).toMatchObject({ code: 'TIMED_OUT' });
  });

  it('aborts a shared sign-in only when all who wait have aborted', async () => {
    let aborted = 0;
    let signIns = 0;
    const session = harness.session({
      signIn: ({ signal }) => {
        signIns += 1;
        return new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            aborted += 1;
            reject(new Error('ended'));
          });
        });
      },
    });
    const [one, other] = [new AbortController(), new AbortController()];
    const waits = [one, other].map(({ signal }) => rejection(session.accessToken({ signal })));
    await new Promise((resolve) => setTimeout(resolve, 100));
    one.abort();
    await waits[0];
    expect(aborted).toBe(0);
    other.abort();
    await waits[1];
    expect([signIns, aborted]).toEqual([1, 1]);
  });

  it('reports each change once', async () => {
    const session = harness.session();
    const changes: (string | undefined)[] = [];
    const listener = (tokens: Tokens | undefined): void => {
      changes.push(tokens?.accessToken);
    };
    session.on('tokensChanged', listener);
    const first = await session.accessToken();
    await session.accessToken();
    const second = await session.accessToken({ forceRefresh: true });
    const third = await harness.session().accessToken({ forceRefresh: true });
    await session.peek();
    await session.peek();
    await session.signOut();
    expect(changes).toEqual([first, second, third, undefined]);
    session.off('tokensChanged', listener);
    await session.accessToken();
    expect(changes).toHaveLength(4);
  });

  it('survives a listener that fails', async () => {
    const session = harness.session();
    session.on('tokensChanged', () => {
      throw new Error('listener');
    });
    session.on('tokensChanged', () => Promise.reject(new Error('asynchronous listener')));
    await session.accessToken();
    await new Promise((resolve) => setImmediate(resolve));
    expect(harness.warnings.filter((text) => text.startsWith('EMBED_AUTH_LISTENER_FAILED'))).toHaveLength(2);
  });

  it('peeks without a request', async () => {
    const session = harness.session();
    expect(await session.peek()).toBeUndefined();
    const { accessToken } = await signedInWithExpired();
    harness.server.requests.length = 0;
    expect((await session.peek())?.accessToken).toBe(accessToken);
    expect(harness.server.requests).toHaveLength(0);
  });
});

describe('a refresh', () => {
  it('S1: is one for all calls of a process', async () => {
    await signedInWithExpired();
    const session = harness.session();
    const other = harness.session();
    const tokens = await Promise.all([1, 2, 3, 4].map((number) => (number % 2 ? session : other).accessToken()));
    expect(new Set(tokens).size).toBe(1);
    expect(harness.server.requestsOf('token')).toHaveLength(1);
  });

  it('is done at most once for a call: a token that was brought after the call began satisfies it, whatever its lifetime', async () => {
    const { server } = harness;
    await signedInWithExpired();
    server.expiresIn = 10;
    const session = harness.session();
    await session.accessToken({ minimumLifetime: 1000 });
    expect(server.requestsOf('token')).toHaveLength(1);
    const both = await Promise.all([
      session.accessToken({ forceRefresh: true }),
      session.accessToken({ forceRefresh: true }),
    ]);
    expect(both[0]).toBe(both[1]);
    expect(server.requestsOf('token')).toHaveLength(2);
  });

  it('S2: uses what is stored now if another token was stored meanwhile', async () => {
    const { server } = harness;
    await signedInWithExpired();
    server.next['token'] = [
      async (_request, response) => {
        // Another program stores what it has refreshed, without a lock.
        const text = JSON.parse(await storedText()) as { response: object };
        const [file = ''] = (await readdir(harness.folder)).filter((name) => name.endsWith('.json'));
        await writeFile(
          join(harness.folder, file),
          JSON.stringify({
            ...text,
            response: { ...text.response, access_token: 'of another', refresh_token: 'another' },
          }),
        );
        sendJson(response, 400, { error: 'invalid_grant' });
      },
    ];
    expect(await harness.session().accessToken()).toBe('of another');
    expect(server.requestsOf('token')).toHaveLength(1);
    expect(server.requestsOf('sign-in')).toHaveLength(1);
  });

  it('S2: ends the sign-in at invalid_grant, and signs in if it may', async () => {
    const { server } = harness;
    await signedInWithExpired();
    server.next['token'] = [
      (_request, response) => {
        sendJson(response, 400, { error: 'invalid_grant' });
      },
    ];
    expect(await rejection(harness.session({ interactive: false }).accessToken())).toMatchObject({
      code: 'SIGN_IN_REQUIRED',
    });
    expect(await harness.session().peek()).toBeUndefined();
    await signedInWithExpired();
    server.next['token'] = [
      (_request, response) => {
        sendJson(response, 400, { error: 'invalid_grant' });
      },
    ];
    await harness.session().accessToken();
    expect(server.requestsOf('sign-in')).toHaveLength(3);
  });

  it('S2: `refresh` that resolves to undefined, or rejects with a cause that says invalid_grant, ends the sign-in', async () => {
    await signedInWithExpired();
    const cause = { error: 'invalid_grant' };
    const refuse = (): never => {
      throw new Error('failed', { cause });
    };
    expect(await rejection(harness.session({ interactive: false, refresh: refuse }).accessToken())).toMatchObject({
      code: 'SIGN_IN_REQUIRED',
    });
    await signedInWithExpired();
    const session = harness.session({ interactive: false, refresh: () => undefined });
    expect(await rejection(session.accessToken())).toMatchObject({ code: 'SIGN_IN_REQUIRED' });
    expect(await session.peek()).toBeUndefined();
  });

  it.each([
    ['invalid_client', 400, { error: 'invalid_client' }, 'invalid_client'],
    ['invalid_grant with 503', 503, { error: 'invalid_grant' }, 'invalid_grant'],
    ['invalid_grant with 429', 429, { error: 'invalid_grant' }, 'invalid_grant'],
    ['an unknown error', 400, { error: 'server_down' }, 'server_down'],
    ['HTML', 200, '<html>', undefined],
    ['a redirect', 302, {}, undefined],
    ['a response without an access token', 200, { token_type: 'Bearer' }, undefined],
    ['an access token that is no text', 200, { access_token: 5 }, undefined],
  ])(
    'S3: %s keeps the tokens and rejects with REFRESH_FAILED; a token that is still valid is used',
    async (_, status, body, oauthError) => {
      const { server } = harness;
      const before = await signedInWithExpired();
      server.always['token'] = (_request, response) => {
        if (typeof body === 'string') response.writeHead(status).end(body);
        else sendJson(response, status, body, { 'retry-after': '7' });
      };
      await new Promise((resolve) => setTimeout(resolve, 1000));
      const error = await rejection(harness.session().accessToken());
      expect(error).toMatchObject({ name: 'SessionError', code: 'REFRESH_FAILED', oauthError });
      if (oauthError !== undefined) expect(error.retryAfter).toBe(7);
      expect(inspect(error, { depth: 9 })).not.toMatch(/(?:access|refresh)-token-/);
      expect(server.requestsOf('token')).toHaveLength(1);
      expect((await harness.session().peek())?.refreshToken).toBe(before.refreshToken);
      server.always = {};
      expect(server.isValid(await harness.session().accessToken())).toBe(true);
      expect(server.requestsOf('sign-in')).toHaveLength(1);
    },
  );

  it('S3: uses a token with a second left meanwhile, unless `forceRefresh` asked', async () => {
    const { server } = harness;
    server.expiresIn = 30;
    const session = harness.session();
    const first = await session.accessToken();
    server.always['token'] = (_request, response) => {
      response.destroy();
    };
    expect(await session.accessToken()).toBe(first);
    expect(server.requestsOf('token')).toHaveLength(1);
    expect(await rejection(session.accessToken({ forceRefresh: true }))).toMatchObject({ code: 'REFRESH_FAILED' });
  });

  it.each([
    ['absent', undefined],
    ['0', 0],
    ['-1', -1],
    ['no number', '1h'],
    ['null', null],
    ['a list', [3600]],
  ])('S7: a lifetime that is %s counts as not stated: the token is valid until it is refused', async (_, expiresIn) => {
    harness.server.expiresIn = expiresIn;
    const session = harness.session();
    const tokens = await session.tokens();
    expect(tokens.expiresAt).toBeUndefined();
    expect((await session.tokens({ minimumLifetime: 1e9 })).accessToken).toBe(tokens.accessToken);
  });

  it.each([
    ['a numeric string', '3600', 3_600_000],
    ['huge', 1e12, 1e15],
  ])('S12: a lifetime that is %s counts', async (_, expiresIn, milliseconds) => {
    harness.server.expiresIn = expiresIn;
    const { expiresAt } = await harness.session().tokens();
    expect(Math.abs(Number(expiresAt) - Date.now() - milliseconds)).toBeLessThan(5000);
  });

  it('S12: a response without refresh_token, scope or id_token keeps the old ones', async () => {
    const claims = Buffer.from(JSON.stringify({ sub: 'ada' })).toString('base64url');
    const session = harness.session({
      signIn: () => ({ access_token: 'a', refresh_token: 'r', scope: 'x y', id_token: `h.${claims}.s`, expires_in: 1 }),
      refresh: () => ({ access_token: 'b', expires_in: 3600 }),
    });
    await session.accessToken();
    const tokens = await session.tokens();
    expect(tokens).toMatchObject({
      accessToken: 'b',
      refreshToken: 'r',
      scope: 'x y',
      idToken: `h.${claims}.s`,
      claims: { sub: 'ada' },
    });
    const again = await harness
      .session({ refresh: () => ({ access_token: 'c', scope: 'x' }) })
      .tokens({ forceRefresh: true });
    expect(again).toMatchObject({ accessToken: 'c', refreshToken: 'r', scope: 'x' });
  });

  it('S7: a receipt time in the future causes a refresh, and without a refresh token nothing', async () => {
    const { server } = harness;
    const now = Date.now();
    jest.spyOn(Date, 'now').mockImplementation(() => now + 86_400_000);
    const first = await harness.session().accessToken();
    jest.spyOn(Date, 'now').mockImplementation(() => now);
    expect(await harness.session().accessToken()).not.toBe(first);
    expect(server.requestsOf('token')).toHaveLength(1);
    jest.spyOn(Date, 'now').mockImplementation(() => now + 86_400_000);
    const without = { key: 'other', signIn: () => ({ access_token: 'lonely', expires_in: 100 }) };
    await harness.session(without).accessToken();
    jest.spyOn(Date, 'now').mockImplementation(() => now);
    expect(await harness.session({ ...without, interactive: false }).accessToken()).toBe('lonely');
  });

  it('ends the waiting after `refreshTimeout`, and still writes the response that comes later', async () => {
    const { server } = harness;
    await signedInWithExpired();
    await new Promise((resolve) => setTimeout(resolve, 1000));
    let respond: () => void = () => undefined;
    server.next['token'] = [
      (_request, _response, usual) => {
        respond = usual;
      },
    ];
    const session = harness.session({ refreshTimeout: 100 });
    expect(await rejection(session.accessToken())).toMatchObject({ code: 'REFRESH_FAILED' });
    const changed = new Promise((resolve) => session.on('tokensChanged', resolve));
    // A later call waits for the same response, and sends nothing again.
    expect(await rejection(session.accessToken())).toMatchObject({ code: 'REFRESH_FAILED' });
    respond();
    await changed;
    expect(server.requestsOf('token')).toHaveLength(1);
    expect(server.isValid(await session.accessToken())).toBe(true);
    expect(server.isValid(await harness.session().accessToken())).toBe(true);
    expect(server.requestsOf('token')).toHaveLength(1);
  });

  it('goes on if its caller has aborted', async () => {
    const { server } = harness;
    await signedInWithExpired();
    const session = harness.session();
    const controller = new AbortController();
    server.next['token'] = [
      (_request, _response, usual) => {
        controller.abort();
        setImmediate(usual);
      },
    ];
    const changed = new Promise((resolve) => session.on('tokensChanged', resolve));
    expect(await rejection(session.accessToken({ signal: controller.signal }))).toBeInstanceOf(AuthAbortedError);
    await changed;
    expect(server.isValid(await harness.session({ interactive: false }).accessToken())).toBe(true);
    expect(server.requestsOf('token')).toHaveLength(1);
  });
});

describe('the tokens of a session', () => {
  it('S8: are never those of another key', async () => {
    const one = await harness.session({ key: 'https://a.example app' }).accessToken();
    const other = await harness.session({ key: 'https://b.example app' }).accessToken();
    expect(one).not.toBe(other);
    expect(await harness.session({ key: 'https://a.example app' }).accessToken()).toBe(one);
    expect(harness.server.requestsOf('sign-in')).toHaveLength(2);
  });

  it('S8: are those of one issuer, client, resource and account, or of one SDK key', async () => {
    const keys: string[] = [];
    const store = { read: (key: string) => void keys.push(key), write: () => undefined, delete: () => undefined };
    const common = { name: 'my-app', clientId: 'c', store };
    await Promise.all(
      [
        { ...common, issuer: 'https://a.example' },
        { ...common, issuer: 'https://a.example/' },
        { ...common, issuer: 'https://b.example' },
        { ...common, issuer: 'https://a.example', clientId: 'd' },
        { ...common, issuer: 'https://a.example', resource: 'https://api.example/' },
        { ...common, issuer: 'https://a.example', key: 'second' },
        { ...common, endpoints: { authorization: 'https://a.example/a', token: 'https://a.example/t' } },
      ].map((options) => createSession(options).peek()),
    );
    expect(new Set(keys).size).toBe(6);
  });

  it('S9: show no secret, in JSON, inspect and copies', async () => {
    const session = harness.session();
    const tokens = await session.tokens();
    const copy = Object.assign({}, tokens);
    for (const text of [
      inspect(tokens, { depth: 9, showHidden: true }),
      JSON.stringify(tokens),
      JSON.stringify(copy),
      inspect(session, { depth: 9, showHidden: true }),
    ]) {
      expect(text).not.toMatch(/(?:access|refresh)-token-/);
    }
    expect(tokens.response).toMatchObject({ token_type: 'Bearer' });
  });
});

describe('Session.signOut', () => {
  it('revokes the tokens, and deletes them', async () => {
    const session = harness.session();
    const token = await session.accessToken();
    expect(await session.signOut()).toEqual({ revoked: true });
    expect(harness.server.isValid(token)).toBe(false);
    expect(await readdir(harness.folder)).toEqual([]);
    expect(await session.signOut()).toEqual({ revoked: false });
  });

  it('deletes also if the provider is out of reach, hangs, or cannot revoke', async () => {
    for (const revoke of [undefined, () => Promise.reject(new Error('down')), () => new Promise(() => undefined)]) {
      const session = harness.session({ revoke, refreshTimeout: 50 });
      await session.accessToken();
      expect(await session.signOut()).toEqual({ revoked: false });
      expect(await session.peek()).toBeUndefined();
    }
  });

  it('S10: during a refresh, deletes at once; the new token is revoked and not stored', async () => {
    const { server } = harness;
    await signedInWithExpired();
    const session = harness.session();
    let respond: () => void = () => undefined;
    const asked = new Promise<void>((resolve) => {
      server.next['token'] = [
        (_request, _response, usual) => {
          respond = usual;
          resolve();
        },
      ];
    });
    // The provider cannot revoke the old token, so that only the new one can be.
    server.next['revoke'] = [
      (_request, response) => {
        sendJson(response, 503, {});
      },
    ];
    const waiting = rejection(session.accessToken());
    await asked;
    await session.signOut();
    expect(await session.peek()).toBeUndefined();
    respond();
    expect(await waiting).toMatchObject({ code: 'SIGN_IN_REQUIRED' });
    expect(await session.peek()).toBeUndefined();
    expect(server.requestsOf('revoke').map(({ params }) => params.get('token'))).toEqual([
      'refresh-token-1',
      'refresh-token-2',
    ]);
    expect(server.requestsOf('sign-in')).toHaveLength(1);
  });
});

describe('a store of the app', () => {
  function mapStore(part: Partial<TokenStore> = {}): TokenStore & { texts: Map<string, string> } {
    const texts = new Map<string, string>();
    return {
      texts,
      read: (key) => Promise.resolve(texts.get(key) ?? null),
      write: (key, text) => {
        texts.set(key, text);
      },
      delete: (key) => {
        texts.delete(key);
        return Promise.resolve();
      },
      ...part,
    };
  }

  it('keeps the tokens, under a file lock if it has none', async () => {
    const store = mapStore();
    harness.server.expiresIn = 1;
    const first = await harness.session({ store }).accessToken();
    const [one, other] = await Promise.all([
      harness.session({ store }).accessToken(),
      harness.session({ store }).accessToken(),
    ]);
    expect(one).toBe(other);
    expect(one).not.toBe(first);
    expect(harness.server.requestsOf('token')).toHaveLength(1);
    expect(await harness.session({ store }).signOut()).toEqual({ revoked: true });
    expect(store.texts.size).toBe(0);
  });

  it('locks by its own lock, with the key and the key of the sign-in', async () => {
    const keys: string[] = [];
    const store = mapStore({
      lock: async (key, action) => {
        keys.push(key);
        return await action();
      },
    });
    const session = harness.session({ store });
    await session.accessToken();
    await session.accessToken({ forceRefresh: true });
    expect(keys).toEqual(['test sign-in', 'test']);
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('refresh-token-1 is down');
      },
    ],
    ['rejects', () => Promise.reject(new Error('refresh-token-1 is down'))],
    ['hangs', () => new Promise<undefined>(() => undefined)],
  ])('S9: `read` that %s is STORE_UNAVAILABLE', async (_, read) => {
    const session = harness.session({ store: mapStore({ read }), refreshTimeout: 50 });
    const error = await rejection(session.accessToken());
    expect(error).toMatchObject({ name: 'SessionError', code: 'STORE_UNAVAILABLE' });
    expect(harness.server.requests).toHaveLength(0);
  });

  it.each([
    ['half a JSON', '{"version":1,"key":"te'],
    ['another text', 'hello'],
    ['nothing', ''],
    ['10 MB', 'x'.repeat(1e7)],
    ['a list', '[]'],
    ['no tokens', '{"version":1,"key":"test","receivedAt":5,"response":{}}'],
    ['the tokens of another key', '{"version":1,"key":"other","receivedAt":5,"response":{"access_token":"a"}}'],
    ['another version', '{"version":2}'],
    ['the JSON null', 'null'],
    ['lists in lists', '['.repeat(100_000)],
    ['a token that is no text', '{"version":1,"key":"test","receivedAt":5,"response":{"access_token":["a"]}}'],
    ['no text', 5],
    ['an empty list instead of a text', []],
    ['an object instead of a text', { version: 1 }],
  ])('with %s is STORE_UNREADABLE, and the text stays', async (_, text) => {
    const deleted = jest.fn();
    const store = mapStore({
      read: () => text as unknown as string,
      delete: deleted as never,
      write: deleted as never,
    });
    const error = await rejection(harness.session({ store }).accessToken());
    expect(error).toMatchObject({ code: 'STORE_UNREADABLE' });
    expect(deleted).not.toHaveBeenCalled();
  });

  it.each([[undefined], [null]])('with %p has no tokens, also as a promise', async (text) => {
    for (const read of [() => text, () => Promise.resolve(text)]) {
      expect(await harness.session({ store: mapStore({ read }) }).peek()).toBeUndefined();
    }
  });

  it('S4: whose `write` fails after a refresh loses no token: it is used, and written by a later call', async () => {
    const store = mapStore();
    const { server } = harness;
    server.expiresIn = 1;
    await harness.session({ store }).accessToken();
    server.expiresIn = 3600;
    const failing = {
      ...store,
      write: jest.fn<TokenStore['write']>((_, text) => Promise.reject(new Error(`cannot write ${text}`))),
    };
    const session = harness.session({ store: failing });
    const token = await session.accessToken();
    expect(server.isValid(token)).toBe(true);
    expect(await session.accessToken()).toBe(token);
    expect(failing.write.mock.calls.length).toBeGreaterThan(1);
    failing.write.mockImplementation((key, text) => {
      store.texts.set(key, text);
    });
    expect(await session.accessToken()).toBe(token);
    expect(await harness.session({ store }).accessToken()).toBe(token);
    expect(server.requestsOf('token')).toHaveLength(1);
    const warnings = harness.warnings.filter((text) => text.startsWith('EMBED_AUTH_TOKENS_UNSAVED'));
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/: cannot write [^.]*\. They are used/);
    expect(warnings[0]).not.toMatch(/(?:access|refresh)-token-/);
  });

  it.each([
    ['rejects', () => Promise.reject(new Error('no lock')), 'STORE_UNAVAILABLE'],
    ['never calls the action', () => Promise.resolve(undefined), 'STORE_UNAVAILABLE'],
  ])('whose `lock` %s is reported', async (_, lock, code) => {
    const session = harness.session({ store: mapStore({ lock: lock as never }) });
    expect(await rejection(session.accessToken())).toMatchObject({ code });
    expect(harness.server.requests).toHaveLength(0);
  });
});

describe('createMemoryTokenStore', () => {
  it('keeps the tokens of this process, and locks', async () => {
    const store = createMemoryTokenStore();
    harness.server.expiresIn = 1;
    await harness.session({ store }).accessToken();
    const sessions = [harness.session({ store }), harness.session({ store })];
    const tokens = await Promise.all(sessions.map((session) => session.accessToken()));
    expect(new Set(tokens).size).toBe(1);
    expect(harness.server.requestsOf('token')).toHaveLength(1);
    expect(await readdir(harness.home)).toEqual([]);
  });
});
