import { describe, expect, it, jest } from '@jest/globals';
import express, { type Request } from 'express';
import session from 'express-session';
import type { IncomingMessage } from 'node:http';
import request from 'supertest';
import {
  createCallbackRouter,
  createMemoryRequestStore,
  createSessionRequestStore,
  LoginRequest,
  ResponseType,
  type GrantResponse,
  type RequestStore,
} from '#src/index.js';

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
    await store.add(ann, login);
    expect(await store.find(ann, login.state)).toMatchObject(login.toExpected());
    expect(() => store.add(ann, { state: '' })).toThrow(/`state`/);
  });

  it('forgets a request after an hour', async () => {
    const store = make();
    const ann = requestOf('ann');
    await store.add(ann, { state: 'one' });
    const now = Date.now();
    const clock = jest.spyOn(Date, 'now').mockReturnValue(now + 3_600_001);
    expect(await store.find(ann, 'one')).toBeUndefined();
    clock.mockRestore();
  });
});

describe('createSessionRequestStore', () => {
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
    expect(() => store.find({} as never, 'one')).toThrow(/`req.session` does not exist/);
    expect(() => createSessionRequestStore({ key: '' })).toThrow(/`key`/);
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
  it('keeps 10,000 requests, and drops the oldest first', async () => {
    const store = createMemoryRequestStore({ sessionId: ({ id }: Req) => id });
    const ann = requestOf('ann');
    for (let count = 0; count <= 10_000; count += 1) await store.add(ann, { state: `state ${count}` });
    expect(await store.find(ann, 'state 0')).toBeUndefined();
    expect(await store.find(ann, 'state 1')).toBeDefined();
  });

  it('adds nothing without a session, and finds nothing', async () => {
    const store = createMemoryRequestStore({ sessionId: () => undefined });
    expect(() => store.add({}, { state: 'one' })).toThrow(/`sessionId`/);
    expect(await store.find({}, 'one')).toBeUndefined();
    expect(await store.take({}, 'one')).toBe(false);
  });

  it('names a wrong `sessionId`', () => {
    const store = createMemoryRequestStore({ sessionId: () => 5 as never });
    expect(() => store.find({}, 'one')).toThrow(/`sessionId`/);
    expect(() => createMemoryRequestStore({} as never)).toThrow(/`sessionId`/);
  });
});
