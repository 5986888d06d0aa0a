import { describe, expect, it } from '@jest/globals';
import { expectTypeOf } from 'expect-type';
import {
  AuthServer,
  login,
  LoginRequest,
  ResponseType,
  type AuthServerOptions,
  type AuthorizationCodeResponse,
  type CallbackPage,
  type ExpectedRequest,
  type GrantFor,
  type GrantResponse,
  type ImplicitGrantResponse,
  type LoginOptions,
  type LoginRequestOptions,
} from '#src/index.js';

// These functions are for the compiler; jest shows only that they are there. None of them is called.

describe('login, as a type', () => {
  it('comes to a code by default, and where a code is asked for', () => {
    const byDefault = () => login({ clientId: 'id' });
    expectTypeOf(byDefault).returns.resolves.toEqualTypeOf<AuthorizationCodeResponse>();
    const byName = () => login({ clientId: 'id', responseType: 'code' });
    expectTypeOf(byName).returns.resolves.toEqualTypeOf<AuthorizationCodeResponse>();
    const byConstant = () => login({ clientId: 'id', responseType: ResponseType.Code });
    expectTypeOf(byConstant).returns.resolves.toEqualTypeOf<AuthorizationCodeResponse>();
    expect([byDefault, byName, byConstant]).toHaveLength(3);
  });

  it('comes to an implicit grant where a token is asked for', () => {
    const byName = () => login({ clientId: 'id', responseType: 'token' });
    expectTypeOf(byName).returns.resolves.toEqualTypeOf<ImplicitGrantResponse>();
    const byConstant = () => login({ clientId: 'id', responseType: ResponseType.Token });
    expectTypeOf(byConstant).returns.resolves.toEqualTypeOf<ImplicitGrantResponse>();
    expect([byName, byConstant]).toHaveLength(2);
  });

  it('comes to either where the type is known at run time only, or another registered one', () => {
    const bySetting = (responseType: string) => login({ clientId: 'id', responseType });
    expectTypeOf(bySetting).returns.resolves.toEqualTypeOf<GrantResponse>();
    const byEither = (responseType: 'code' | 'token') => login({ clientId: 'id', responseType });
    expectTypeOf(byEither).returns.resolves.toEqualTypeOf<GrantResponse>();
    const byAnother = () => login({ clientId: 'id', responseType: 'id_token token' });
    expectTypeOf(byAnother).returns.resolves.toEqualTypeOf<GrantResponse>();
    expectTypeOf<GrantFor<ResponseType>>().toEqualTypeOf<GrantResponse>();
    expect([bySetting, byEither, byAnother]).toHaveLength(3);
  });

  it('hands `onGrant` the same grant', () => {
    const code = () =>
      login({
        clientId: 'id',
        onGrant: (grant, page) => {
          expectTypeOf(grant).toEqualTypeOf<AuthorizationCodeResponse>();
          expectTypeOf(page).toEqualTypeOf<CallbackPage>();
        },
      });
    const token = () =>
      login({
        clientId: 'id',
        responseType: 'token',
        onGrant: async (grant) => {
          expectTypeOf(grant).toEqualTypeOf<ImplicitGrantResponse>();
          await Promise.resolve();
        },
      });
    expect([code, token]).toHaveLength(2);
  });

  it('takes every option of the server and of the request', () => {
    expectTypeOf<LoginOptions>().toExtend<AuthServerOptions & LoginRequestOptions>();
    expectTypeOf<LoginOptions['clientId']>().toEqualTypeOf<string>();
    expectTypeOf<LoginOptions['signal']>().toEqualTypeOf<AbortSignal | undefined>();
    expectTypeOf<Parameters<NonNullable<LoginOptions['onLoginUri']>>>().toEqualTypeOf<[uri: URL]>();
    expect(login).toHaveLength(1);
  });

  it('refuses what it cannot do', () => {
    const wrong = [
      // @ts-expect-error -- `clientId` is needed
      () => login({}),
      // @ts-expect-error -- so are the options
      () => login(),
      // @ts-expect-error -- only false leaves the browser closed
      () => login({ clientId: 'id', openBrowser: true }),
      // @ts-expect-error -- a time is not a signal
      () => login({ clientId: 'id', signal: 300_000 }),
      // @ts-expect-error -- not the wire's name
      () => login({ clientId: 'id', response_type: 'token' }),
    ];
    expect(wrong).toHaveLength(5);
    // Only a hybrid response has a token beside its code, and an implicit grant has nothing to verify.
    expectTypeOf<GrantFor<'code'>['accessToken']>().toEqualTypeOf<string | undefined>();
    expectTypeOf<GrantFor<'token'>>().not.toHaveProperty('codeVerifier');
  });
});

describe('ResponseType, as a type', () => {
  it('names the two values literally, and takes any other string', () => {
    expectTypeOf(ResponseType.Code).toEqualTypeOf<'code'>();
    expectTypeOf(ResponseType.Token).toEqualTypeOf<'token'>();
    expectTypeOf<'id_token token'>().toExtend<ResponseType>();
    expectTypeOf<number>().not.toExtend<ResponseType>();
    // @ts-expect-error -- the constants are read only
    const rename = (): void => void (ResponseType.Code = 'token');
    expect(rename).toBeInstanceOf(Function);
  });
});

describe('LoginRequest, as a type', () => {
  it('is made for a URI or a server, and is what a server expects', () => {
    const request = new LoginRequest('http://127.0.0.1:5543/callback', 'id', ResponseType.Token, {
      scope: new Set(['a', 'b']),
      authorizationEndpoint: new URL('https://accounts.example.com/authorize'),
    });
    expectTypeOf(request).toExtend<ExpectedRequest>();
    expectTypeOf(request.state).toEqualTypeOf<string>();
    expectTypeOf(request.codeVerifier).toEqualTypeOf<string | undefined>();
    expectTypeOf<LoginRequest['toUri']>().returns.toEqualTypeOf<URL>();
    expectTypeOf<AuthServer>().toExtend<ConstructorParameters<typeof LoginRequest>[0]>();
    expectTypeOf<AuthServer['expect']>().parameter(0).toEqualTypeOf<ExpectedRequest>();
    expect(request.toUri().searchParams.get('scope')).toBe('a b');
  });

  it('refuses what is wrong by its type', () => {
    const uri = 'http://127.0.0.1:5543/callback';
    const wrong = [
      // @ts-expect-error -- the response type is needed: which flow it is must be seen
      () => new LoginRequest(uri, 'id'),
      // @ts-expect-error -- there is no such method
      () => new LoginRequest(uri, 'id', 'code', { codeChallenge: 'abc', codeChallengeMethod: 'S512' }),
      // @ts-expect-error -- nor such a mode
      () => new LoginRequest(uri, 'id', 'code', { responseMode: 'web_message' }),
      // @ts-expect-error -- values are strings
      () => new LoginRequest(uri, 'id', 'code', { extraParams: { max_age: 0 } }),
    ];
    for (const make of wrong) expect(make).toThrow(/^`\w+` must/);
  });
});

describe('AuthServerOptions, as a type', () => {
  it('takes one port, none in particular, or candidates', () => {
    expectTypeOf<AuthServerOptions['port']>().toEqualTypeOf<number | Iterable<number> | undefined>();
    expectTypeOf<{ port: number[] }>().toExtend<AuthServerOptions>();
    expectTypeOf<{ port: Set<number> }>().toExtend<AuthServerOptions>();
    expectTypeOf<{ port: string }>().not.toExtend<AuthServerOptions>();
    expect(new AuthServer('http://127.0.0.1:0/callback', { port: new Set([5543]) }).port).toBe(5543);
  });

  it('takes a page as text, as a function and as a path', () => {
    expectTypeOf<{ template: string }>().toExtend<AuthServerOptions>();
    expectTypeOf<{ template: () => Promise<string> }>().toExtend<AuthServerOptions>();
    expectTypeOf<{ templatePath: URL }>().toExtend<AuthServerOptions>();
    expectTypeOf<{ template: number }>().not.toExtend<AuthServerOptions>();
    // An option that is undefined is one that is not given, also under exactOptionalPropertyTypes.
    const options: AuthServerOptions = { port: undefined, host: undefined, template: undefined, tls: undefined };
    expect(new AuthServer(undefined, options).port).toBe(5543);
  });

  it('refuses a name that it does not know', () => {
    // @ts-expect-error -- it is `port`
    const make = (): AuthServer => new AuthServer(undefined, { ports: [5543] });
    expect(make).toBeInstanceOf(Function);
  });
});
