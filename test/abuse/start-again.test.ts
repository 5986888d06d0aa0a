import { describe, expect, it } from '@jest/globals';
import express from 'express';
import request from 'supertest';
import { LoginRequest, ResponseType, type AuthServer } from '#src/index.js';
import { createCallbackRouter, createMemoryRequestStore } from '#src/router.js';
import { deliverFragment, deliverQuery } from '../helpers/callback.js';
import { useServers } from '../helpers/use-servers.js';

const startServer = useServers();
const redirectUri = 'http://app.example/auth/callback';
const startAgain = /start again from/;
const nothingMore = /nothing more to do/;
const newRequest = (server: AuthServer, type: ResponseType = ResponseType.Code): LoginRequest =>
  new LoginRequest(server, 'client', type, { issuer: 'https://accounts.example.com' });
const iss = 'https://accounts.example.com';

describe('a response whose sign-in has ended already (R49)', () => {
  it.each([
    ['the user pressed Cancel', { error: 'access_denied', iss }, 200],
    ['the provider failed', { error: 'server_error', iss }, 200],
    ['another issuer responded', { code: 'c', iss: 'https://evil.example' }, 400],
    ['the response was empty', { code: '', error: '', iss, access_token: '', id_token: 'x' }, 400],
  ])('says to start again if %s: Cancel, Back, Allow', async (_, first, status) => {
    const server = await startServer();
    const { state } = newRequest(server);
    await deliverQuery(server, { ...first, state }).expect(status);
    for (let time = 0; time < 2; time += 1) {
      const { text } = await deliverQuery(server, { code: 'c', state, iss }).expect(409);
      expect([startAgain.test(text), nothingMore.test(text)]).toEqual([true, false]);
    }
  });

  it('says to start again if `exchange` failed, and not while it runs', async () => {
    const server = await startServer();
    const login = newRequest(server);
    let fail: () => void = () => undefined;
    const wait = server.waitForGrant({
      request: login,
      exchange: () =>
        new Promise((_, reject) => {
          fail = () => {
            reject(new Error('no token'));
          };
        }),
    });
    const { state } = login;
    const held = deliverQuery(server, { code: 'c', state, iss }).then(({ text }) => text);
    let reload = await deliverQuery(server, { code: 'c', state, iss });
    // The first of both responses is held; the other one is rejected.
    expect(reload.text).toMatch(nothingMore);
    fail();
    await expect(wait).rejects.toThrow('no token');
    await held;
    reload = await deliverQuery(server, { code: 'c', state, iss }).expect(409);
    expect(reload.text).toMatch(startAgain);
  });

  it('says to start again to the script of the page', async () => {
    const server = await startServer();
    const { state } = newRequest(server, ResponseType.Token);
    await deliverFragment(server, { error: 'access_denied', state, iss }).expect(200);
    const forwarded = await deliverFragment(server, { access_token: 'a', token_type: 'bearer', state, iss }).expect(
      409,
    );
    expect(forwarded.text).toMatch(startAgain);
  });

  it('says that there is nothing more to do if the sign-in succeeded', async () => {
    const server = await startServer();
    const { state } = newRequest(server);
    server.on('authorizationCodeReceived', () => undefined);
    await deliverQuery(server, { code: 'c', state, iss }).expect(200);
    for (const late of [{ code: 'c' }, { error: 'access_denied' }] as Record<string, string>[]) {
      expect((await deliverQuery(server, { ...late, state, iss }).expect(409)).text).toMatch(nothingMore);
    }
  });

  it.each([
    ['the user pressed Cancel', { error: 'access_denied' }, 200, startAgain],
    ['`onGrant` failed', { code: 'fails' }, 500, startAgain],
    ['the sign-in succeeded', { code: 'c' }, 200, nothingMore],
  ])('is told by the router, too: %s', async (_, first, status, text) => {
    const requests = createMemoryRequestStore({ sessionId: () => 'session' });
    const login = new LoginRequest(redirectUri, 'client', ResponseType.Code);
    const app = express();
    app.use(
      '/auth',
      createCallbackRouter({
        redirectUri,
        requests,
        onGrant: (grant) => {
          if (grant.kind === 'code' && grant.code === 'fails') throw new Error('no token');
        },
      }),
    );
    app.use((_error: unknown, _req: unknown, _res: unknown, next: () => void) => {
      next();
    });
    await requests.add(undefined, login.toExpected());
    const respond = (params: object): request.Test =>
      request(app)
        .get(`/auth/callback?${new URLSearchParams({ ...params, state: login.state }).toString()}`)
        .set({ Host: 'app.example', Accept: 'text/html' });
    await respond(first).expect(status);
    expect((await respond({ code: 'again' }).expect(409)).text).toMatch(text);
  });
});
