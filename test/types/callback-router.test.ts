import { describe, expect, it } from '@jest/globals';
import { expectTypeOf } from 'expect-type';
import express from 'express';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CallbackPage, ExpectedRequest, GrantResponse } from '#src/index.js';
import {
  createCallbackRouter,
  createMemoryRequestStore,
  createSessionRequestStore,
  type CallbackRouter,
  type CallbackRouterContext,
  type RequestStore,
} from '#src/router.js';

const required = {
  redirectUri: 'http://localhost:3000/auth/callback',
  requests: createSessionRequestStore(),
  onGrant: () => undefined,
};

describe('createCallbackRouter, as a type', () => {
  it('is mounted in an Express app, with Express’s types in the handlers', () => {
    const app = express();
    const router = createCallbackRouter<express.Request, express.Response>({
      ...required,
      onGrant: (grant, exchange) => {
        expectTypeOf(grant).toEqualTypeOf<GrantResponse>();
        expectTypeOf(exchange).toEqualTypeOf<CallbackRouterContext<express.Request, express.Response>>();
        expectTypeOf(exchange.page).toEqualTypeOf<CallbackPage>();
        exchange.res.cookie('signed-in', '1');
        exchange.page.redirect('/profile');
      },
    });
    expectTypeOf(router).toEqualTypeOf<CallbackRouter<express.Request, express.Response>>();
    expectTypeOf(router).toExtend<express.RequestHandler>();
    expect(app.use(router)).toBe(app);
    expect(app.use('/auth', router)).toBe(app);
    expect(app.get('/elsewhere', router)).toBe(app);
  });

  it('infers the request from the store', () => {
    const requests = createMemoryRequestStore({ sessionId: (req: express.Request) => req.headers.cookie });
    const router = createCallbackRouter({ ...required, requests });
    expectTypeOf(router).toEqualTypeOf<CallbackRouter<express.Request, ServerResponse>>();
    expect(express().use('/auth', router)).toBeInstanceOf(Function);
  });

  it('needs no framework’s types', () => {
    const router = createCallbackRouter(required);
    expectTypeOf(router).toEqualTypeOf<CallbackRouter<IncomingMessage, ServerResponse>>();
    expect(express().use(router)).toBeInstanceOf(Function);
  });

  it('accepts a store whose methods return promises', () => {
    type Store = RequestStore<IncomingMessage>;
    expectTypeOf<Store['find']>().returns.toEqualTypeOf<
      ExpectedRequest | undefined | Promise<ExpectedRequest | undefined>
    >();
    expectTypeOf<Store['take']>().returns.toEqualTypeOf<boolean | Promise<boolean>>();
    expectTypeOf<{ add(): Promise<void>; find(): Promise<undefined>; take(): Promise<boolean> }>().toExtend<Store>();
    expectTypeOf<{ find(): undefined }>().not.toExtend<Store>();
    expect(createCallbackRouter(required)).toBeInstanceOf(Function);
  });

  it('rejects missing options', () => {
    const { redirectUri, ...rest } = required;
    // @ts-expect-error -- the redirect URI is required
    expect(() => createCallbackRouter(rest)).toThrow(TypeError);
    // @ts-expect-error -- and so is the store: nothing is accepted unseen
    expect(() => createCallbackRouter({ redirectUri, onGrant: () => undefined })).toThrow(TypeError);
  });
});
