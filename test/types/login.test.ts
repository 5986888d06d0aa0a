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
} from '#src/index.js';

// These functions are for the compiler; Jest shows only that they exist. None of them is called.
const parts = { clientId: 'id', authorizationEndpoint: 'https://accounts.example.com/authorize' };

describe('login, as a type', () => {
  it('resolves to a code by default, and for `code`', () => {
    const byDefault = () => login(parts);
    expectTypeOf(byDefault).returns.resolves.toEqualTypeOf<AuthorizationCodeResponse>();
    const byName = () => login({ ...parts, responseType: 'code' });
    expectTypeOf(byName).returns.resolves.toEqualTypeOf<AuthorizationCodeResponse>();
    const byConstant = () => login({ ...parts, responseType: ResponseType.Code });
    expectTypeOf(byConstant).returns.resolves.toEqualTypeOf<AuthorizationCodeResponse>();
    expect([byDefault, byName, byConstant]).toHaveLength(3);
  });

  it('resolves to an implicit grant for `token`', () => {
    const byName = () => login({ ...parts, responseType: 'token' });
    expectTypeOf(byName).returns.resolves.toEqualTypeOf<ImplicitGrantResponse>();
    const byConstant = () => login({ ...parts, responseType: ResponseType.Token });
    expectTypeOf(byConstant).returns.resolves.toEqualTypeOf<ImplicitGrantResponse>();
    expect([byName, byConstant]).toHaveLength(2);
  });

  it('resolves to either for a type known at run time only, or another registered one', () => {
    const bySetting = (responseType: string) => login({ ...parts, responseType });
    expectTypeOf(bySetting).returns.resolves.toEqualTypeOf<GrantResponse>();
    const byEither = (responseType: 'code' | 'token') => login({ ...parts, responseType });
    expectTypeOf(byEither).returns.resolves.toEqualTypeOf<GrantResponse>();
    const byAnother = () => login({ ...parts, responseType: 'id_token token' });
    expectTypeOf(byAnother).returns.resolves.toEqualTypeOf<GrantResponse>();
    expectTypeOf<GrantFor<ResponseType>>().toEqualTypeOf<GrantResponse>();
    expect([bySetting, byEither, byAnother]).toHaveLength(3);
  });

  it('passes the same grant to `exchange`, and resolves to its result', () => {
    const code = () =>
      login({
        ...parts,
        exchange: (grant, { page, signal }) => {
          expectTypeOf(grant).toEqualTypeOf<AuthorizationCodeResponse>();
          expectTypeOf(page).toEqualTypeOf<CallbackPage>();
          expectTypeOf(signal).toEqualTypeOf<AbortSignal>();
          return grant.code.length;
        },
      });
    const token = () =>
      login({
        ...parts,
        responseType: 'token',
        exchange: async (grant) => {
          expectTypeOf(grant).toEqualTypeOf<ImplicitGrantResponse>();
          return Promise.resolve({ token: grant.accessToken });
        },
      });
    expectTypeOf(code).returns.resolves.toEqualTypeOf<number>();
    expectTypeOf(token).returns.resolves.toEqualTypeOf<{ token: string }>();
    expect([code, token]).toHaveLength(2);
  });

  it('accepts an authorization URI instead of its parts', () => {
    const uri = () => login({ authorizationUri: 'https://accounts.example.com/authorize?state=s' });
    expectTypeOf(uri).returns.resolves.toEqualTypeOf<AuthorizationCodeResponse>();
    const made = () =>
      login({
        authorizationUri: ({ redirectUri, state, codeChallenge }) => {
          expectTypeOf([redirectUri, state, codeChallenge]).toEqualTypeOf<string[]>();
          return Promise.resolve(new URL(redirectUri));
        },
        exchange: ({ uri: callback }) => callback.href,
      });
    expectTypeOf(made).returns.resolves.toEqualTypeOf<string>();
    expect([uri, made]).toHaveLength(2);
  });

  it('accepts the options of the server', () => {
    expectTypeOf<LoginOptions>().toExtend<AuthServerOptions>();
    expectTypeOf<LoginOptions['signal']>().toEqualTypeOf<AbortSignal | undefined>();
    expectTypeOf<Parameters<NonNullable<LoginOptions['onLoginUri']>>>().toEqualTypeOf<
      [uri: URL, addresses: { startUri: URL }]
    >();
    expect(login).toHaveLength(1);
  });

  it('rejects other options', () => {
    const wrong = [
      // @ts-expect-error -- `clientId` is required
      () => login({}),
      // @ts-expect-error -- there is no default provider
      () => login({ clientId: 'id' }),
      // @ts-expect-error -- the URI has its own client id
      () => login({ authorizationUri: 'https://a.example/', clientId: 'id' }),
      // @ts-expect-error -- and its own scope
      () => login({ authorizationUri: 'https://a.example/', scope: 'a' }),
      // @ts-expect-error -- the options are required
      () => login(),
      // @ts-expect-error -- only false leaves the browser closed
      () => login({ ...parts, openBrowser: true }),
      // @ts-expect-error -- a time is not a signal
      () => login({ ...parts, signal: 300_000 }),
      // @ts-expect-error -- not the wire's name
      () => login({ ...parts, response_type: 'token' }),
    ];
    expect(wrong).toHaveLength(8);
    // The access token of a hybrid response is optional; an implicit grant has no verifier.
    expectTypeOf<GrantFor<'code'>['accessToken']>().toEqualTypeOf<string | undefined>();
    expectTypeOf<GrantFor<'token'>>().not.toHaveProperty('codeVerifier');
  });
});

describe('ResponseType, as a type', () => {
  it('names the two values literally, and accepts any other string', () => {
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
  it('is made for a URI or a server, and is accepted by `expect`', () => {
    const request = new LoginRequest('http://127.0.0.1:5543/callback', 'id', ResponseType.Token, {
      scope: new Set(['a', 'b']),
      authorizationEndpoint: new URL('https://accounts.example.com/authorize'),
    });
    expectTypeOf(request).toExtend<ExpectedRequest>();
    expectTypeOf(request.state).toEqualTypeOf<string>();
    expectTypeOf(request.codeVerifier).toEqualTypeOf<string | undefined>();
    expectTypeOf<LoginRequest['toUri']>().returns.toEqualTypeOf<URL>();
    expectTypeOf<AuthServer>().toExtend<ConstructorParameters<typeof LoginRequest>[0]>();
    expectTypeOf<AuthServer['expect']>().parameter(0).toEqualTypeOf<ExpectedRequest | string | URL>();
    expect(request.toUri().searchParams.get('scope')).toBe('a b');
  });

  it('rejects wrong values', () => {
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
  it('accepts one port, any port, or candidates', () => {
    expectTypeOf<AuthServerOptions['port']>().toEqualTypeOf<number | Iterable<number> | undefined>();
    expectTypeOf<{ port: number[] }>().toExtend<AuthServerOptions>();
    expectTypeOf<{ port: Set<number> }>().toExtend<AuthServerOptions>();
    expectTypeOf<{ port: string }>().not.toExtend<AuthServerOptions>();
    expect(new AuthServer('http://127.0.0.1:0/callback', { port: new Set([5543]) }).port).toBe(5543);
  });

  it('accepts a page as text, as a function and as a path', () => {
    expectTypeOf<{ template: string }>().toExtend<AuthServerOptions>();
    expectTypeOf<{ template: () => Promise<string> }>().toExtend<AuthServerOptions>();
    expectTypeOf<{ templatePath: URL }>().toExtend<AuthServerOptions>();
    expectTypeOf<{ template: number }>().not.toExtend<AuthServerOptions>();
    // An option that is undefined is one that is not given, also under exactOptionalPropertyTypes.
    const options: AuthServerOptions = { port: undefined, host: undefined, template: undefined, tls: undefined };
    expect(new AuthServer(undefined, options).port).toBe(5543);
  });

  it('rejects an unknown name', () => {
    // @ts-expect-error -- it is `port`
    const make = (): AuthServer => new AuthServer(undefined, { ports: [5543] });
    expect(make).toBeInstanceOf(Function);
  });
});
