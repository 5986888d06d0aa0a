import { describe, expect, it, jest } from '@jest/globals';
import { inspect } from 'node:util';
import { PendingPage } from '#src/callback/callback-page.js';
import { AuthorizationError } from '#src/errors.js';
import { AuthorizationCodeResponse } from '#src/oauth/grant-response.js';
import type { ExpectedRequest } from '#src/oauth/authorization-response.js';
import { SignIns } from '#src/sign-in/sign-ins.js';
import type { Outcome } from '#src/sign-in/wait.js';
import { withFakeClock } from '../helpers/fake-clock.js';

/** Milliseconds. */
const lifetime = 3_600_000;
const params = new URLSearchParams({ code: 'c' });
const uri = new URL('http://127.0.0.1:5543/callback?code=c');
const granted: Outcome = { kind: 'grant', grant: new AuthorizationCodeResponse({ params, uri }) };
const denied: Outcome = { kind: 'error', error: new AuthorizationError('ACCESS_DENIED', 'denied') };

function makeSignIns(): SignIns<PendingPage> {
  return new SignIns({
    allowUnsolicited: false,
    requestLifetime: lifetime,
    redirectUri: () => 'http://127.0.0.1:5543/callback',
    arrived: () => Promise.resolve(),
    makePage: () => new PendingPage(),
    listens: () => true,
    emit: () => undefined,
  });
}

/** Delivers a response to a request; false if it is used up, or was never expected. */
function use(signIns: SignIns<PendingPage>, request: ExpectedRequest): boolean {
  return signIns.deliver(granted, request, 'request') !== undefined;
}

describe('SignIns, what is expected', () => {
  it('finds a request by its state, and no other', () => {
    const signIns = makeSignIns();
    const one = { state: 'one' };
    const two = { state: 'two', issuer: 'https://accounts.example.com' };
    signIns.expect(one);
    signIns.expect(two);
    expect(signIns.find('one')).toEqual(one);
    expect(signIns.find('two')).toEqual(two);
    for (const state of [undefined, '', 'on', 'onee', 'ONE', 'one ', ' one', 'three', '__proto__', 'constructor']) {
      expect(signIns.find(state)).toBeUndefined();
    }
  });

  it('uses a request up once', () => {
    const signIns = makeSignIns();
    const request = { state: 'one' };
    signIns.expect(request);
    expect([use(signIns, request), use(signIns, request)]).toEqual([true, false]);
    expect(signIns.find('one')).toBe('used');
  });

  it('knows which sign-ins have failed (R49)', () => {
    const signIns = makeSignIns();
    signIns.expect({ state: 'one' });
    signIns.deliver(denied, { state: 'one' }, 'request');
    expect(signIns.find('one')).toBe('failed');
  });

  it('uses nothing up that was never expected', () => {
    const signIns = makeSignIns();
    expect(use(signIns, { state: 'one' })).toBe(false);
    expect(signIns.find('one')).toBeUndefined();
  });

  it('leaves the other requests expected', () => {
    const signIns = makeSignIns();
    signIns.expect({ state: 'one' });
    signIns.expect({ state: 'two' });
    use(signIns, { state: 'one' });
    expect(signIns.find('two')).toEqual({ state: 'two' });
  });

  it('keeps the last request of those with the same state', () => {
    const signIns = makeSignIns();
    const second = { state: 'one', redirectUri: 'http://127.0.0.1:5543/second' };
    signIns.expect({ state: 'one', redirectUri: 'http://127.0.0.1:5543/first' });
    signIns.expect(second);
    expect(signIns.find('one')).toEqual(second);
    expect(use(signIns, second)).toBe(true);
    expect(signIns.find('one')).toBe('used');
  });

  it('expects a used state again if the app expects it again', () => {
    const signIns = makeSignIns();
    const request = { state: 'one' };
    signIns.expect(request);
    use(signIns, request);
    signIns.expect(request);
    expect(signIns.find('one')).toEqual(request);
  });

  it('no longer finds a request that was forgotten', () => {
    const signIns = makeSignIns();
    signIns.expect({ state: 'one' });
    signIns.forget({ state: 'one' });
    expect(signIns.find('one')).toBeUndefined();
    expect(use(signIns, { state: 'one' })).toBe(false);
  });

  it('remembers used states after a stop', () => {
    const signIns = makeSignIns();
    signIns.expect({ state: 'one' });
    signIns.expect({ state: 'two' });
    use(signIns, { state: 'one' });
    signIns.stop();
    expect(signIns.find('one')).toBe('used');
    expect(signIns.find('two')).toBeUndefined();
  });

  it('remembers the last 4096 used states, and forgets the oldest first', () => {
    const signIns = makeSignIns();
    for (let count = 0; count <= 4096; count += 1) {
      const request = { state: `state ${count}` };
      signIns.expect(request);
      use(signIns, request);
    }
    expect(signIns.find('state 0')).toBeUndefined();
    expect(signIns.find('state 1')).toBe('used');
    expect(signIns.find('state 4096')).toBe('used');
  });

  it('distinguishes states of 10 KB, of Unicode and padded ones', () => {
    const signIns = makeSignIns();
    const [long, base64] = ['s'.repeat(10_240), ['c3RhdGU=', 'c3RhdGU']];
    const states = [long, `${'s'.repeat(10_239)}t`, 'ключ', 'ключ ', '\u00e9', 'e\u0301', ...base64];
    const expected = states.map((state) => ({ state }));
    for (const request of expected) signIns.expect(request);
    expect(states.map((state) => signIns.find(state))).toEqual(expected);
  });

  it('shows no state if it is printed', () => {
    const signIns = makeSignIns();
    signIns.expect({ state: 'canary', codeVerifier: 'canary' });
    expect(inspect(signIns, { depth: null, showHidden: true })).not.toContain('canary');
  });

  it('drops the oldest of more than 10,000 requests, unless a wait is in progress for it (R27)', () => {
    const signIns = makeSignIns();
    void signIns.wait({ request: { state: 'awaited' } });
    for (let count = 0; count < 100_000; count += 1) signIns.expect({ state: `state ${count}` });
    expect(signIns.find('awaited')).toEqual({ state: 'awaited' });
    expect(signIns.find('state 89999')).toBeUndefined();
    expect(signIns.find('state 90001')).toBeDefined();
    expect(signIns.find('state 99999')).toBeDefined();
  });

  it('forgets a request after its lifetime, unless a wait is in progress for it (R27)', async () => {
    await withFakeClock(async () => {
      const signIns = makeSignIns();
      const ended = new AbortController();
      const wait = signIns.wait({ request: { state: 'awaited' }, signal: ended.signal });
      signIns.expect({ state: 'other' });
      jest.advanceTimersByTime(lifetime - 1);
      expect(signIns.find('other')).toEqual({ state: 'other' });
      jest.advanceTimersByTime(1);
      expect(signIns.find('other')).toBeUndefined();
      expect(signIns.find('awaited')).toEqual({ state: 'awaited' });
      ended.abort();
      await expect(wait).rejects.toMatchObject({ code: 'ABORTED' });
      expect(signIns.find('awaited')).toBeUndefined();
    });
  });

  it('counts the waits for a request that is expected again after its use apart from those before', async () => {
    await withFakeClock(async () => {
      const signIns = makeSignIns();
      const request = { state: 'awaited' };
      const first = signIns.wait({ request });
      use(signIns, request);
      signIns.expect(request);
      await expect(first).resolves.toMatchObject({ code: 'c' });
      void signIns.wait({ request });
      jest.advanceTimersByTime(lifetime);
      expect(signIns.find('awaited')).toEqual(request);
    });
  });

  it('does not depend on the wall clock (R43)', () => {
    const clock = jest.spyOn(Date, 'now');
    try {
      const signIns = makeSignIns();
      for (const step of [2 * lifetime, -2 * lifetime]) {
        clock.mockReturnValue(0);
        signIns.expect({ state: `state ${step}` });
        clock.mockReturnValue(step);
        expect(signIns.find(`state ${step}`)).toEqual({ state: `state ${step}` });
      }
    } finally {
      clock.mockRestore();
    }
  });
});
