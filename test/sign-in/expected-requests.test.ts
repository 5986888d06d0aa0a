import { describe, expect, it, jest } from '@jest/globals';
import { inspect } from 'node:util';
import { ExpectedRequests } from '#src/sign-in/expected-requests.js';

/** Milliseconds. */
const lifetime = 3_600_000;

describe('ExpectedRequests', () => {
  it('finds a request by its state, and no other', () => {
    const requests = new ExpectedRequests(lifetime);
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

  it('uses a request up once', () => {
    const requests = new ExpectedRequests(lifetime);
    const request = { state: 'one' };
    requests.add(request);
    expect(requests.consume(request)).toBe(true);
    expect(requests.consume(request)).toBe(false);
    expect(requests.find('one')).toBe('used');
  });

  it('uses nothing up that was never expected', () => {
    const requests = new ExpectedRequests(lifetime);
    expect(requests.consume({ state: 'one' })).toBe(false);
    expect(requests.find('one')).toBeUndefined();
  });

  it('leaves the other requests expected', () => {
    const requests = new ExpectedRequests(lifetime);
    const two = { state: 'two' };
    requests.add({ state: 'one' });
    requests.add(two);
    requests.consume({ state: 'one' });
    expect(requests.find('two')).toBe(two);
  });

  it('keeps the last request of those with the same state', () => {
    const requests = new ExpectedRequests(lifetime);
    const second = { state: 'one', redirectUri: 'http://127.0.0.1:5543/second' };
    requests.add({ state: 'one', redirectUri: 'http://127.0.0.1:5543/first' });
    requests.add(second);
    expect(requests.find('one')).toBe(second);
    expect(requests.consume(second)).toBe(true);
    expect(requests.find('one')).toBe('used');
  });

  it('expects a used state again if the app adds it again', () => {
    const requests = new ExpectedRequests(lifetime);
    const request = { state: 'one' };
    requests.add(request);
    requests.consume(request);
    requests.add(request);
    expect(requests.find('one')).toBe(request);
  });

  it('no longer finds a request that was deleted', () => {
    const requests = new ExpectedRequests(lifetime);
    requests.add({ state: 'one' });
    requests.delete({ state: 'one' });
    expect(requests.find('one')).toBeUndefined();
    expect(requests.consume({ state: 'one' })).toBe(false);
  });

  it('remembers used states when it is cleared', () => {
    const requests = new ExpectedRequests(lifetime);
    requests.add({ state: 'one' });
    requests.add({ state: 'two' });
    requests.consume({ state: 'one' });
    requests.clear();
    expect(requests.find('one')).toBe('used');
    expect(requests.find('two')).toBeUndefined();
  });

  it('knows whether any request was ever expected', () => {
    const requests = new ExpectedRequests(lifetime);
    expect(requests.everExpected).toBe(false);
    requests.find('one');
    expect(requests.everExpected).toBe(false);
    requests.add({ state: 'one' });
    expect(requests.everExpected).toBe(true);
    requests.clear();
    expect(requests.everExpected).toBe(true);
  });

  it('remembers the last 4096 used states, and forgets the oldest first', () => {
    const requests = new ExpectedRequests(lifetime);
    for (let count = 0; count <= 4096; count += 1) {
      const request = { state: `state ${count}` };
      requests.add(request);
      requests.consume(request);
    }
    expect(requests.find('state 0')).toBeUndefined();
    expect(requests.find('state 1')).toBe('used');
    expect(requests.find('state 4096')).toBe('used');
  });

  it('distinguishes states of 10 KB, of Unicode and padded ones', () => {
    const requests = new ExpectedRequests(lifetime);
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

  it('shows no state if it is printed', () => {
    const requests = new ExpectedRequests(lifetime);
    requests.add({ state: 'canary', codeVerifier: 'canary' });
    expect(inspect(requests, { depth: null, showHidden: true })).not.toContain('canary');
  });

  it('drops the oldest of more than 10,000 requests, unless a wait is in progress for it (R27)', () => {
    const requests = new ExpectedRequests(lifetime);
    const awaited = { state: 'awaited' };
    requests.add(awaited);
    requests.wait(awaited);
    for (let count = 0; count < 100_000; count += 1) requests.add({ state: `state ${count}` });
    expect(requests.find('awaited')).toBe(awaited);
    expect(requests.find('state 89999')).toBeUndefined();
    expect(requests.find('state 90001')).toBeDefined();
    expect(requests.find('state 99999')).toBeDefined();
  });

  it('forgets a request after its lifetime, unless a wait is in progress for it (R27)', () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
    try {
      const requests = new ExpectedRequests(lifetime);
      const [awaited, other] = [{ state: 'awaited' }, { state: 'other' }];
      requests.add(awaited);
      requests.add(other);
      const endWait = requests.wait(awaited);
      jest.advanceTimersByTime(lifetime - 1);
      expect(requests.find('other')).toBe(other);
      jest.advanceTimersByTime(1);
      expect(requests.find('other')).toBeUndefined();
      expect(requests.find('awaited')).toBe(awaited);
      endWait();
      expect(requests.find('awaited')).toBeUndefined();
    } finally {
      jest.useRealTimers();
    }
  });

  it('counts the waits for a request that is expected again after its use apart from those before', () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
    try {
      const requests = new ExpectedRequests(lifetime);
      const awaited = { state: 'awaited' };
      requests.add(awaited);
      const endFirstWait = requests.wait(awaited);
      requests.consume(awaited);
      requests.add(awaited);
      endFirstWait();
      requests.wait(awaited);
      jest.advanceTimersByTime(lifetime);
      expect(requests.find('awaited')).toBe(awaited);
    } finally {
      jest.useRealTimers();
    }
  });
});
