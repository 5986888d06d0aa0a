import { afterEach, describe, expect, it, jest } from '@jest/globals';
import express from 'express';
import request from 'supertest';
import { AuthAbortedError, LoginRequest, ResponseType, type ExpectedRequest } from '#src/index.js';
import { createCallbackRouter } from '#src/router.js';

const redirectUri = 'http://app.example/auth/callback';
const foreign = 'foreign';
const another = new LoginRequest(redirectUri, 'client', ResponseType.Code);

afterEach(() => {
  jest.restoreAllMocks();
});

/** A router whose store finds that for every state, and what reached the app. */
function routerThatFinds(found: unknown): { app: express.Express; calls: unknown[] } {
  const calls: unknown[] = [];
  const router = createCallbackRouter({
    redirectUri,
    requests: {
      add: () => undefined,
      find: () => found as ExpectedRequest,
      take: () => {
        calls.push('take');
        return true;
      },
    },
    onGrant: ({ kind }) => void calls.push(kind),
    onError: ({ code }) => void calls.push(code),
    onRejected: ({ reason }) => void calls.push(reason),
  });
  return { app: express().use('/auth', router), calls };
}

describe('createCallbackRouter, what a custom store finds (R34)', () => {
  it.each([
    ['false', false],
    ['an empty text', ''],
    ['0', 0],
    ['NaN', NaN],
    ['true', true],
    ['1', 1],
    ['a JSON text of the request', JSON.stringify({ state: foreign })],
    ['the state itself', foreign],
    ['an empty object', {}],
    ['a list', [{ state: foreign }]],
    ['a function', () => ({ state: foreign })],
    ['an error', new AuthAbortedError(undefined)],
    ['a request with another state', another],
    ['the toExpected() of it', another.toExpected()],
    ['an object whose state is no text', { state: [foreign] }],
    ['an object whose state begins like it', { state: `${foreign} ` }],
    ['a promise of true', Promise.resolve(true)],
  ])('%s is no request: the response is foreign, and one warning names the mistake', async (_, found) => {
    const warning = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const { app, calls } = routerThatFinds(found);
    const page = await request(app).get(`/auth/callback?code=c&state=${foreign}`).set('Host', 'app.example');
    expect([page.status, page.text]).toEqual([400, expect.stringContaining('data-auth-reason="state_foreign"')]);
    const token = await request(app)
      .post('/auth/token')
      .set({ Host: 'app.example', Origin: 'http://app.example' })
      .send({ fragment: `access_token=a&token_type=bearer&state=${foreign}` });
    expect([token.status, token.body]).toEqual([400, expect.objectContaining({ reason: 'state_foreign' })]);
    expect(calls).toEqual(['state_foreign', 'state_foreign']);
    expect(warning.mock.calls).toEqual([
      [expect.stringMatching(/^`find` of the request store/), { code: 'EMBED_AUTH_STORE_RESULT' }],
    ]);
  });

  it.each([undefined, null])('%s is the honest word for a foreign state, and no warning follows', async (found) => {
    const warning = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const { app, calls } = routerThatFinds(found);
    await request(app).get(`/auth/callback?code=c&state=${foreign}`).set('Host', 'app.example').expect(400);
    expect(calls).toEqual(['state_foreign']);
    expect(warning).not.toHaveBeenCalled();
  });

  it.each([
    ['a copy', { ...another.toExpected() }],
    ['the LoginRequest', another],
    ['an object without a prototype', Object.assign(Object.create(null), { state: another.state }) as object],
    ['a promise of it', Promise.resolve(another.toExpected())],
  ])('%s is the request', async (_, found) => {
    const { app, calls } = routerThatFinds(found);
    await request(app).get(`/auth/callback?code=c&state=${another.state}`).set('Host', 'app.example').expect(200);
    expect(calls).toEqual(['take', 'code']);
  });
});
