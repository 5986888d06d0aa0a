import { describe, expect, it } from '@jest/globals';
import {
  isResponse,
  isSameState,
  judge,
  readResponse,
  rejectionError,
  type Verdict,
} from '#src/oauth/authorization-response.js';
import type { AuthErrorCode } from '#src/errors.js';
import { printed } from './helpers/responses.js';

const callback = 'http://127.0.0.1:5543/callback';

/** The verdict on a response with this text that answers a request with the state `xyz`. */
function verdictOn(
  text: string,
  ...[expected, unsolicited]: [expected?: Parameters<typeof judge>[1], unsolicited?: boolean]
): Verdict {
  return judge(readResponse(new URLSearchParams(text), new URL(callback)), expected, unsolicited);
}

describe('isResponse', () => {
  it.each(['code=a', 'error=a', 'access_token=a', 'token=a', 'id_token=a', 'a=b&code=c'])('sees one in %j', (text) => {
    expect(isResponse(new URLSearchParams(text))).toBe(true);
  });

  it.each(['', 'state=a', 'a=b', 'Code=a', 'code[]=a', 'scope=code', '__proto__=a', 'toString=a'])(
    'sees none in %j',
    (text) => {
      expect(isResponse(new URLSearchParams(text))).toBe(false);
    },
  );
});

describe('isSameState', () => {
  it('compares whole texts', () => {
    expect(isSameState('xyz', 'xyz')).toBe(true);
    for (const other of [undefined, '', 'xy', 'xyzz', 'XYZ', 'xyz ']) expect(isSameState(other, 'xyz')).toBe(false);
  });
});

describe('judge', () => {
  it('rejects what nobody expects, and what was answered before', () => {
    for (const text of [
      'code=abc&state=xyz',
      'access_token=abc&state=xyz',
      'error=access_denied&state=xyz',
      'code=abc',
    ]) {
      expect(verdictOn(text)).toMatchObject({ kind: 'rejected', reason: 'state_foreign' });
      expect(verdictOn(text, 'used')).toMatchObject({ kind: 'rejected', reason: 'state_used' });
    }
  });

  it('takes what nobody expects where the app says so, but no replay and nothing malformed', () => {
    expect(verdictOn('code=abc', undefined, true).kind).toBe('grant');
    expect(verdictOn('access_token=abc&state=any', undefined, true).kind).toBe('grant');
    expect(verdictOn('error=access_denied', undefined, true).kind).toBe('error');
    expect(verdictOn('code=abc&state=xyz', 'used', true)).toMatchObject({ reason: 'state_used' });
    expect(verdictOn('code=abc&code=abc', undefined, true)).toMatchObject({ reason: 'malformed' });
  });

  it.each([
    ['code', 'access_token=abc', false],
    ['token', 'code=abc', false],
    ['token', 'code=abc&access_token=def', false],
    ['id_token token', 'code=abc', false],
    ['code id_token', 'access_token=abc', false],
    ['code', 'code=abc', true],
    ['token', 'access_token=abc', true],
    ['token', 'token=abc', true],
    ['id_token token', 'access_token=abc&id_token=def', true],
    ['code token', 'code=abc&access_token=def', true],
    ['code id_token', 'code=abc&id_token=def', true],
    ['some_extension', 'code=abc', true],
  ])('of a request for %j takes %j: %j', (responseType, text, taken) => {
    const verdict = verdictOn(`${text}&state=xyz`, { state: 'xyz', responseType });
    expect(verdict.kind).toBe(taken ? 'grant' : 'rejected');
  });

  it.each([
    'invalid_request',
    'unauthorized_client',
    'access_denied',
    'unsupported_response_type',
    'invalid_scope',
    'server_error',
    'temporarily_unavailable',
    'login_required',
    '<script>alert(1)</script>',
  ])('hands on the error %j', (error) => {
    const params = new URLSearchParams({
      error,
      error_description: '<script>alert(1)</script>',
      error_uri: 'javascript:alert(1)',
      state: 'xyz',
    });
    const verdict = verdictOn(params.toString(), { state: 'xyz' });
    const wanted: AuthErrorCode = error === 'access_denied' ? 'ACCESS_DENIED' : 'AUTHORIZATION_FAILED';
    expect(verdict).toMatchObject({
      kind: 'error',
      error: {
        code: wanted,
        error,
        errorDescription: '<script>alert(1)</script>',
        errorUri: 'javascript:alert(1)',
        state: 'xyz',
      },
    });
    expect(verdict.kind === 'error' && verdict.error.message).not.toContain('<script');
    expect(verdict.kind === 'error' && verdict.error.params.toString()).toBe(params.toString());
  });

  it('says form before state, and state before issuer', () => {
    expect(verdictOn('code=abc&code=abc&state=no', undefined)).toMatchObject({ reason: 'malformed' });
    expect(verdictOn('code=abc&iss=no', undefined)).toMatchObject({ reason: 'state_foreign' });
    expect(verdictOn('error=x&iss=no', { state: 'xyz', issuer: 'yes' })).toMatchObject({ reason: 'wrong_issuer' });
  });
});

describe('rejectionError', () => {
  it('says what happened and what to do, and repeats no value', () => {
    const received = readResponse(new URLSearchParams('code=canary&state=canary'), new URL(callback));
    for (const reason of ['state_foreign', 'state_used', 'malformed', 'wrong_issuer', 'wrong_redirect_uri'] as const) {
      const error = rejectionError(reason, 'because', received);
      expect(error.message).toContain('because. ');
      expect(error.params.get('code')).toBe('canary');
      expect(printed(error).replaceAll(error.stack ?? '', '')).not.toContain('canary');
    }
  });
});
