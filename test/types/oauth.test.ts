import { describe, expect, it } from '@jest/globals';
import { expectTypeOf } from 'expect-type';
import {
  LoginRequest,
  parseCallbackUri,
  type ExpectedRequest,
  type GrantResponse,
  type LoginRequestOptions,
  type ParseCallbackUriOptions,
} from '#src/index.js';

const uri = 'http://127.0.0.1:5543/callback?code=abc&state=xyz';

describe('GrantResponse, as a type', () => {
  it('is narrowed by `kind`', () => {
    const grant: GrantResponse = parseCallbackUri(uri, { state: 'xyz' });
    if (grant.kind === 'code') {
      expectTypeOf(grant.code).toEqualTypeOf<string>();
      expectTypeOf(grant.codeVerifier).toEqualTypeOf<string | undefined>();
      expectTypeOf(grant.accessToken).toEqualTypeOf<string | undefined>();
    } else {
      expectTypeOf(grant.accessToken).toEqualTypeOf<string>();
      expectTypeOf(grant.isExpired).toEqualTypeOf<boolean>();
      expectTypeOf(grant).not.toHaveProperty('code');
    }
    expectTypeOf<GrantResponse['kind']>().toEqualTypeOf<'code' | 'token'>();
    expectTypeOf(grant.idToken).toEqualTypeOf<string | undefined>();
    expectTypeOf(grant.redirectUri).toEqualTypeOf<string>();
    expect(grant.kind).toBe('code');
  });
});

describe('parseCallbackUri, as a type', () => {
  it('requires a state, or `allowUnsolicited: true`', () => {
    const state = 'xyz' as string | undefined;
    const wrong = [
      // @ts-expect-error -- there must be options
      () => parseCallbackUri(uri),
      // @ts-expect-error -- with a state
      () => parseCallbackUri(uri, {}),
      // @ts-expect-error -- that is not undefined
      () => parseCallbackUri(uri, { state }),
      // @ts-expect-error -- false allows nothing
      () => parseCallbackUri(uri, { allowUnsolicited: false }),
      // @ts-expect-error -- not the wire's name
      () => parseCallbackUri(uri, { state: 'xyz', redirect_uri: uri }),
    ];
    expect(wrong).toHaveLength(5);
    expectTypeOf<{ allowUnsolicited: true }>().toExtend<Parameters<typeof parseCallbackUri>[1]>();
    expectTypeOf<{ state: string; redirectUri: URL }>().toExtend<ParseCallbackUriOptions>();
    expectTypeOf<ExpectedRequest>().toExtend<ParseCallbackUriOptions>();
  });
});

describe('LoginRequestOptions, as a type', () => {
  it('accepts lists as extra parameters, and whether PKCE is used', () => {
    expectTypeOf<{ extraParams: { resource: string[]; nonce: string } }>().toExtend<LoginRequestOptions>();
    expectTypeOf<{ extraParams: { max_age: number } }>().not.toExtend<LoginRequestOptions>();
    expectTypeOf<LoginRequestOptions['pkce']>().toEqualTypeOf<boolean | undefined>();
    expectTypeOf<LoginRequest['toExpected']>().returns.toEqualTypeOf<ExpectedRequest>();
    expectTypeOf<ExpectedRequest>().not.toHaveProperty('responseMode');
    expect(LoginRequest).toHaveLength(3);
  });
});
