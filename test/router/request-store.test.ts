import { describe, expect, it, jest } from '@jest/globals';
import express, { type Request } from 'express';
import session from 'express-session';
import type { IncomingMessage } from 'node:http';
import request from 'supertest';
import { LoginRequest, ResponseType, type GrantResponse } from '#src/index.js';
import {
  createCallbackRouter,
  createMemoryRequestStore,
  createSessionRequestStore,
  type RequestStore,
} from '#src/router.js';

/** What the stores read of a request. */
type Req = IncomingMessage & { id: string; session: Record<string, unknown> };
const requestOf = (id: string, data: Record<string, unknown> = {}): Req => ({ id, session: data }) as unknown as Req;

const stores: readonly (readonly [string, () => RequestStore<Req>])[] = [
  ['createMemoryRequestStore', () => createMemoryRequestStore({ sessionId: ({ id }: Req) => id })],
  ['createSessionRequestStore', () => createSessionRequestStore()],
];

describe.each(stores)('%s', (_, make) => {
  it('finds and takes a request only in the session that added it, once (R32)', async () => {
    const store = make();
    const [ann, bob] = [requestOf('ann'), requestOf('bob')];
    await store.add(ann, { state: 'one', codeVerifier: 'verifier' });
    expect(await store.find(bob, 'one')).toBeUndefined();
    expect(await store.take(bob, 'one')).toBe(false);
    expect(await store.find(ann, 'one')).toMatchObject({ state: 'one', codeVerifier: 'verifier' });
    expect(await store.find(ann, 'on')).toBeUndefined();
    expect(await store.take(ann, 'one')).toBe(true);
    expect(await store.take(ann, 'one')).toBe(false);
    expect(await store.find(ann, 'one')).toBeUndefined();
  });

  it('keeps the members of a LoginRequest, and rejects a request without a state', async () => {
    const store = make();
    const ann = requestOf('ann');
    const login = new LoginRequest('https://app.example/callback', 'client', ResponseType.Code, {
      authorizationEndpoint: 'https://provider.example/authorize',
    });
    // The types reject it, since other stores would lose its state and its verifier.
    await store.add(ann, login as never);
    expect(await store.find(ann, login.state)).toMatchObject(login.toExpected());
    for (const state of ['', undefined, null, 5]) {
      expect(() => store.add(ann, { state: state as never })).toThrow(new TypeError('`request` must have a `state`'));
    }
  });

  it('takes one request, and leaves the others', async () => {
    const store = make();
    const ann = requestOf('ann');
    for (const state of ['one', 'two', 'three']) await store.add(ann, { state });
    expect(await store.take(ann, 'two')).toBe(true);
    expect(await store.find(ann, 'two')).toBeUndefined();
    expect(await store.find(ann, 'one')).toMatchObject({ state: 'one' });
    expect(await store.find(ann, 'three')).toMatchObject({ state: 'three' });
  });

  it('returns the members of a request, and nothing of its own', async () => {
    const store = make();
    const ann = requestOf('ann');
    const expected = {
      state: 's',
      redirectUri: 'https://a.example/',
      responseType: 'code',
      issuer: 'i',
      codeVerifier: 'v',
    };
    await store.add(ann, { ...expected, other: 'x' } as typeof expected);
    expect(await store.find(ann, 's')).toEqual(expected);
  });
});

describe('createSessionRequestStore', () => {
  it('keeps a request as long as the session lives, whatever the clock says (R43)', async () => {
    const store = createSessionRequestStore();
    const ann = requestOf('ann');
    const clock = jest.spyOn(Date, 'now').mockReturnValue(1_000_000);
    try {
      await store.add(ann, { state: 'one' });
      for (const time of [1_000_000 + 7_200_000, 0]) {
        clock.mockReturnValue(time);
        expect(await store.find(ann, 'one')).toEqual({ state: 'one' });
      }
    } finally {
      clock.mockRestore();
    }
  });

  it('keeps the last 16 requests of a session', async () => {
    const store = createSessionRequestStore({ key: 'logins' });
    const ann = requestOf('ann');
    for (let count = 0; count < 17; count += 1) await store.add(ann, { state: `state ${count}` });
    expect(await store.find(ann, 'state 0')).toBeUndefined();
    expect(await store.find(ann, 'state 1')).toBeDefined();
    expect(ann.session.logins).toHaveLength(16);
  });

  it('says that there is no session', () => {
    const store = createSessionRequestStore();
    for (const session of [undefined, null, 'ann', 5]) {
      const req = { session } as never;
      expect(() => store.find(req, 'one')).toThrow(/`req.session` does not exist/);
      expect(() => store.take(req, 'one')).toThrow(/`req.session` does not exist/);
      expect(() => store.add(req, { state: 'one' })).toThrow(/`req.session` does not exist/);
    }
  });

  it('rejects a `key` that is no name', () => {
    for (const key of ['', 5, null]) {
      expect(() => createSessionRequestStore({ key: key as never })).toThrow(
        new TypeError('`key` must be the name of a member of the session'),
      );
    }
  });

  it('uses `expectedRequests` by default, and a session in which something else is there', async () => {
    const store = createSessionRequestStore();
    const ann = requestOf('ann', { expectedRequests: 'of another version', cart: ['a'] });
    expect(await store.find(ann, 'one')).toBeUndefined();
    await store.add(ann, { state: 'one' });
    expect(await store.find(ann, 'one')).toBeDefined();
    expect(ann.session).toMatchObject({ expectedRequests: [{ state: 'one' }], cart: ['a'] });
  });

  it('lets one of fifty simultaneous responses through with express-session, and shows replays as used (R2)', async () => {
    const redirectUri = 'http://app.example/auth/callback';
    const requests = createSessionRequestStore();
    const grants: GrantResponse[] = [];
    const app = express().use(session({ secret: 'test', resave: false, saveUninitialized: false }));
    app.get('/login', async (req: Request, res) => {
      const login = new LoginRequest(redirectUri, 'client', ResponseType.Code, {
        authorizationEndpoint: 'https://provider.example/authorize',
      });
      await requests.add(req, login.toExpected());
      res.json({ state: login.state });
    });
    app.use(
      '/auth',
      createCallbackRouter({
        redirectUri,
        requests,
        onGrant: async (grant) => {
          grants.push(grant);
          await new Promise((resolve) => setImmediate(resolve));
        },
      }),
    );
    const begun = await request(app).get('/login');
    const { state } = begun.body as { state: string };
    const cookie = begun.headers['set-cookie']?.[0]?.split(';', 1)[0] ?? '';
    const respond = (): Promise<{ status: number; text: string }> =>
      request(app).get(`/auth/callback?code=c&state=${state}`).set({ Host: 'app.example', Cookie: cookie });
    const responses = await Promise.all(Array.from({ length: 50 }, respond));
    expect(grants).toHaveLength(1);
    expect(responses.filter(({ status }) => status === 200)).toHaveLength(1);
    expect((await respond()).text).toContain('data-auth-reason="state_used"');
    expect(grants).toHaveLength(1);
  });
});

describe('createMemoryRequestStore', () => {
  it('forgets a request after an hour, whatever the wall clock says, and keeps the later ones (R43)', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
    try {
      const store = createMemoryRequestStore({ sessionId: ({ id }: Req) => id });
      const ann = requestOf('ann');
      await store.add(ann, { state: 'one' });
      jest.setSystemTime(Date.now() + 7_200_000);
      jest.advanceTimersByTime(1);
      await store.add(ann, { state: 'two' });
      jest.advanceTimersByTime(3_599_998);
      expect(await store.find(ann, 'one')).toBeDefined();
      jest.advanceTimersByTime(1);
      expect(await store.find(ann, 'one')).toBeUndefined();
      expect(await store.find(ann, 'two')).toBeDefined();
    } finally {
      jest.useRealTimers();
    }
  });

  it('keeps 10,000 requests, and drops the oldest first', async () => {
    const store = createMemoryRequestStore({ sessionId: ({ id }: Req) => id });
    const ann = requestOf('ann');
    for (let count = 0; count <= 10_000; count += 1) await store.add(ann, { state: `state ${count}` });
    expect(await store.find(ann, 'state 0')).toBeUndefined();
    expect(await store.find(ann, 'state 1')).toBeDefined();
  });

  it.each([undefined, ''])('adds nothing without a session, and finds nothing: %j', async (id) => {
    const store = createMemoryRequestStore({ sessionId: () => id });
    expect(() => store.add({}, { state: 'one' })).toThrow(
      /^`sessionId` must return the id of the session: there is none/,
    );
    expect(await store.find({}, 'one')).toBeUndefined();
    expect(await store.take({}, 'one')).toBe(false);
  });

  it('does not confuse a session and a state with others whose letters are the same', async () => {
    const store = createMemoryRequestStore({ sessionId: ({ id }: Req) => id });
    await store.add(requestOf('ab'), { state: 'c' });
    expect(await store.find(requestOf('a'), 'bc')).toBeUndefined();
    expect(await store.find(requestOf('a","b'), 'c')).toBeUndefined();
  });

  it('names a wrong `sessionId`', () => {
    const store = createMemoryRequestStore({ sessionId: () => 5 as never });
    expect(() => store.find({}, 'one')).toThrow(
      new TypeError('`sessionId` must return the id of the session, a string'),
    );
    for (const options of [{}, undefined, null, { sessionId: 'x' }]) {
      expect(() => createMemoryRequestStore(options as never)).toThrow(
        new TypeError('`sessionId` must be a function that returns the id of the session'),
      );
    }
  });
});
