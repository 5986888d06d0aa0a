import { describe, expect, it } from '@jest/globals';
import { inspect } from 'node:util';
import { ExpectedRequests } from '#src/server/expected-requests.js';

describe('ExpectedRequests', () => {
  it('finds a request by its state, and no other', () => {
    const requests = new ExpectedRequests();
    const one = { state: 'one' };
    const two = { state: 'two' };
    requests.add(one);
    requests.add(two);
    expect(requests.find('one')).toBe(one);
    expect(requests.find('two')).toBe(two);
    for (const state of [undefined, '', 'on', 'onee', 'ONE', 'one ', ' one', 'three', '__proto__', 'constructor']) {
      expect(requests.find(state)).toBeUndefined();
    }
  });

  it('takes a request once', () => {
    const requests = new ExpectedRequests();
    const request = { state: 'one' };
    requests.add(request);
    expect(requests.take(request)).toBe(true);
    expect(requests.take(request)).toBe(false);
    expect(requests.find('one')).toBe('used');
  });

  it('knows whether every answer comes in the query', () => {
    const requests = new ExpectedRequests();
    expect(requests.areAnsweredInQuery).toBe(false);
    const code = { state: 'one', responseType: 'code' };
    requests.add(code);
    expect(requests.areAnsweredInQuery).toBe(true);
    for (const other of [
      { state: 'two' },
      { state: 'two', responseType: 'token' },
      { state: 'two', responseType: 'code id_token' },
      { state: 'two', responseType: 'code', responseMode: 'fragment' },
      { state: 'two', responseType: 'code', responseMode: 'form_post' },
    ]) {
      requests.add(other);
      expect([other, requests.areAnsweredInQuery]).toEqual([other, false]);
      requests.delete(other);
    }
    requests.add({ state: 'two', responseType: 'token', responseMode: 'query' });
    expect(requests.areAnsweredInQuery).toBe(true);
  });

  it('does not take what was never expected', () => {
    const requests = new ExpectedRequests();
    expect(requests.take({ state: 'one' })).toBe(false);
    expect(requests.find('one')).toBeUndefined();
  });

  it('leaves the other requests waiting', () => {
    const requests = new ExpectedRequests();
    const two = { state: 'two' };
    requests.add({ state: 'one' });
    requests.add(two);
    requests.take({ state: 'one' });
    expect(requests.find('two')).toBe(two);
  });

  it('has the last request of those with the same state', () => {
    const requests = new ExpectedRequests();
    const second = { state: 'one', redirectUri: 'http://127.0.0.1:5543/second' };
    requests.add({ state: 'one', redirectUri: 'http://127.0.0.1:5543/first' });
    requests.add(second);
    expect(requests.find('one')).toBe(second);
    expect(requests.take(second)).toBe(true);
    expect(requests.find('one')).toBe('used');
  });

  it('expects a used state again where the app says so', () => {
    const requests = new ExpectedRequests();
    const request = { state: 'one' };
    requests.add(request);
    requests.take(request);
    requests.add(request);
    expect(requests.find('one')).toBe(request);
  });

  it('forgets a request, whose late answer then is a foreign one', () => {
    const requests = new ExpectedRequests();
    requests.add({ state: 'one' });
    requests.delete({ state: 'one' });
    expect(requests.find('one')).toBeUndefined();
    expect(requests.take({ state: 'one' })).toBe(false);
  });

  it('remembers what was used when it forgets what is waiting', () => {
    const requests = new ExpectedRequests();
    requests.add({ state: 'one' });
    requests.add({ state: 'two' });
    requests.take({ state: 'one' });
    requests.clear();
    expect(requests.find('one')).toBe('used');
    expect(requests.find('two')).toBeUndefined();
  });

  it('knows whether anything was ever expected', () => {
    const requests = new ExpectedRequests();
    expect(requests.everExpected).toBe(false);
    requests.find('one');
    expect(requests.everExpected).toBe(false);
    requests.add({ state: 'one' });
    expect(requests.everExpected).toBe(true);
    requests.clear();
    expect(requests.everExpected).toBe(true);
  });

  it('remembers the last 4096 used states, and forgets the oldest first', () => {
    const requests = new ExpectedRequests();
    for (let count = 0; count <= 4096; count += 1) {
      const request = { state: `state ${count}` };
      requests.add(request);
      requests.take(request);
    }
    expect(requests.find('state 0')).toBeUndefined();
    expect(requests.find('state 1')).toBe('used');
    expect(requests.find('state 4096')).toBe('used');
  });

  it('tells states of 10 KB, of Unicode and padded apart', () => {
    const requests = new ExpectedRequests();
    const states = [
      's'.repeat(10_240),
      `${'s'.repeat(10_239)}t`,
      'ключ',
      'ключ ',
      '\u00e9',
      'e\u0301',
      'c3RhdGU=',
      'c3RhdGU',
    ];
    const expected = states.map((state) => ({ state }));
    for (const request of expected) requests.add(request);
    expect(states.map((state) => requests.find(state))).toEqual(expected);
  });

  it('shows no state when it is printed', () => {
    const requests = new ExpectedRequests();
    requests.add({ state: 'canary', codeVerifier: 'canary' });
    expect(inspect(requests, { depth: null, showHidden: true })).not.toContain('canary');
  });
});
