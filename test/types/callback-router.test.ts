import { describe, expect, it } from '@jest/globals';
import { expectTypeOf } from 'expect-type';
import express from 'express';
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  createCallbackRouter,
  type CallbackExchange,
  type CallbackRouter,
  type CallbackRouterOptions,
  type ExpectedRequest,
  type GrantResponse,
  type RouterCallbackPage,
} from '#src/index.js';

const sessions = new WeakMap<IncomingMessage, ExpectedRequest>();

const needed = {
  redirectUri: 'http://localhost:3000/auth/callback',
  expectedRequests: (req: IncomingMessage) => sessions.get(req),
  takeRequest: (req: IncomingMessage) => sessions.delete(req),
  onGrant: () => undefined,
};

describe('createCallbackRouter, as a type', () => {
  it('is mounted in an Express app, with Express’s own types in the handlers', () => {
    const app = express();
    const router = createCallbackRouter<express.Request, express.Response>({
      ...needed,
      onGrant: (grant, exchange) => {
        expectTypeOf(grant).toEqualTypeOf<GrantResponse>();
        expectTypeOf(exchange).toEqualTypeOf<CallbackExchange<express.Request, express.Response>>();
        expectTypeOf(exchange.page).toEqualTypeOf<RouterCallbackPage>();
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

  it('knows the request by the annotation of a parameter, too', () => {
    const app = express();
    const router = createCallbackRouter({ ...needed, expectedRequests: (req: express.Request) => sessions.get(req) });
    expectTypeOf(router).toEqualTypeOf<CallbackRouter<express.Request, ServerResponse>>();
    expect(app.use('/auth', router)).toBe(app);
  });

  it('needs no framework’s types', () => {
    const router = createCallbackRouter(needed);
    expectTypeOf(router).toEqualTypeOf<CallbackRouter<IncomingMessage, ServerResponse>>();
    expect(express().use(router)).toBeInstanceOf(Function);
  });

  it('takes the requests of a session in any of the shapes that a session has', () => {
    type Expected = ReturnType<CallbackRouterOptions['expectedRequests']>;
    expectTypeOf<null>().toExtend<Expected>();
    expectTypeOf<undefined>().toExtend<Expected>();
    expectTypeOf<ExpectedRequest>().toExtend<Expected>();
    expectTypeOf<readonly ExpectedRequest[]>().toExtend<Expected>();
    expectTypeOf<Promise<ExpectedRequest | undefined>>().toExtend<Expected>();
    expectTypeOf<string>().not.toExtend<Expected>();
    expect(createCallbackRouter({ ...needed, expectedRequests: () => [] })).toBeInstanceOf(Function);
  });

  it('refuses what is missing, and a parameter that is no request', () => {
    const { redirectUri, ...rest } = needed;
    // @ts-expect-error -- the redirect URI is needed
    expect(() => createCallbackRouter(rest)).toThrow(TypeError);
    // @ts-expect-error -- so is the answer to what is expected: nothing is accepted unseen
    expect(() => createCallbackRouter({ redirectUri, onGrant: () => undefined })).toThrow(TypeError);
    // @ts-expect-error -- a string is no request
    const make = () => createCallbackRouter({ ...needed, expectedRequests: (req: string) => ({ state: req }) });
    expect(make).toBeInstanceOf(Function);
  });
});
