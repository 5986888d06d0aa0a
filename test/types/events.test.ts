import { describe, expect, it } from '@jest/globals';
import { expectTypeOf } from 'expect-type';
import {
  AuthServer,
  type AuthorizationCodeResponse,
  type AuthorizationError,
  type AuthServerEvents,
  type AuthServerOptions,
  type CallbackPage,
  type GrantResponse,
  type ImplicitGrantResponse,
  type RejectionReason,
  type WaitForGrantOptions,
} from '#src/index.js';

// What is asserted here is checked by `tsc -p test`; jest shows that the code around it runs as well.

describe('the events of an AuthServer, as types', () => {
  const server = new AuthServer();

  it('are exactly these four', () => {
    expectTypeOf<keyof AuthServerEvents>().toEqualTypeOf<
      'implicitGrantReceived' | 'authorizationCodeReceived' | 'errorReceived' | 'callbackRejected'
    >();
    expect(server.eventNames()).toEqual([]);
  });

  it('have a response and a page', () => {
    server.on('implicitGrantReceived', (response, { page }) => {
      expectTypeOf(response).toEqualTypeOf<ImplicitGrantResponse>();
      expectTypeOf(page).toEqualTypeOf<CallbackPage>();
    });
    server.once('authorizationCodeReceived', (response, { page }) => {
      expectTypeOf(response).toEqualTypeOf<AuthorizationCodeResponse>();
      expectTypeOf(page).toEqualTypeOf<CallbackPage>();
    });
    server.addListener('errorReceived', (error, { page }) => {
      expectTypeOf(error).toEqualTypeOf<AuthorizationError>();
      expectTypeOf(page).toEqualTypeOf<CallbackPage>();
    });
    server.on('callbackRejected', (...rest) => {
      expectTypeOf(rest).toEqualTypeOf<[rejection: { reason: RejectionReason }]>();
    });
    expect(server.eventNames()).toHaveLength(4);
  });

  it('hold the page with any promise', () => {
    expectTypeOf<CallbackPage['waitUntil']>().parameters.toEqualTypeOf<[outcome: Promise<unknown>]>();
    expectTypeOf<CallbackPage['waitUntil']>().returns.toBeVoid();
    expect(server.listening).toBe(false);
  });

  it('accept an async handler, and one with fewer parameters', () => {
    server.on('implicitGrantReceived', async () => {
      await server.stop();
    });
    server.on('errorReceived', () => undefined);
    expect(server.listenerCount('errorReceived')).toBe(2);
  });

  it('reject another name and another parameter', () => {
    // @ts-expect-error -- the original's name had a misspelling
    server.on('implictGrantReceived', () => undefined);
    // @ts-expect-error -- there is no `sender`
    server.on('implicitGrantReceived', (sender: object, response: ImplicitGrantResponse) => [sender, response]);
    // @ts-expect-error -- an implicit grant has no code
    server.on('implicitGrantReceived', (response: AuthorizationCodeResponse) => response);
    // @ts-expect-error -- a diagnostic has no page: nothing has ended
    server.on('callbackRejected', (_rejection, page: CallbackPage) => page);
    // @ts-expect-error -- an event is not emitted without what it is about
    const emit = (): boolean => server.emit('errorReceived');
    expect(emit).toBeInstanceOf(Function);
  });
});

describe('an AuthServer, as a type', () => {
  const server = new AuthServer(new URL('http://127.0.0.1:0/callback'));

  it('has the members of the contract', () => {
    expectTypeOf(AuthServer).constructorParameters.toEqualTypeOf<
      [baseUri?: string | URL | undefined, options?: AuthServerOptions | undefined]
    >();
    expectTypeOf(server.baseUri).toEqualTypeOf<URL>();
    expectTypeOf(server.port).toEqualTypeOf<number>();
    expectTypeOf(server.listening).toEqualTypeOf<boolean>();
    expectTypeOf<AuthServer['start']>().returns.toEqualTypeOf<Promise<void>>();
    expectTypeOf<AuthServer['stop']>().returns.toEqualTypeOf<Promise<void>>();
    expectTypeOf<AuthServer['receive']>().parameter(0).toEqualTypeOf<string | URL>();
    expectTypeOf<AuthServer['receive']>().returns.resolves.toEqualTypeOf<GrantResponse>();
    expectTypeOf(server.redirectUri).toEqualTypeOf<string>();
    const wait = (options?: WaitForGrantOptions) => server.waitForGrant(options);
    expectTypeOf(wait).returns.resolves.toEqualTypeOf<GrantResponse>();
    const exchange = () => server.waitForGrant({ exchange: async ({ createdAt }) => Promise.resolve(createdAt) });
    expectTypeOf(exchange).returns.resolves.toEqualTypeOf<Date>();
    expectTypeOf<AuthServer>().toExtend<AsyncDisposable>();
    expect(server.listening).toBe(false);
  });

  it('is read-only', () => {
    // @ts-expect-error -- the redirect URI is the constructor's
    const move = (): void => void (server.baseUri = new URL('http://127.0.0.1:1/callback'));
    // @ts-expect-error -- so is the port
    const renumber = (): void => void (server.port = 1);
    expect(move).toThrow(TypeError);
    expect(renumber).toThrow(TypeError);
  });
});
