import { describe, expect, it } from '@jest/globals';
import { UsedStates } from '#src/sign-in/used-states.js';

/** `count` sign-ins that have succeeded. */
function endMany(used: UsedStates, count: number): void {
  for (let index = 0; index < count; index += 1) {
    used.begin(`state ${index}`);
    used.end(`state ${index}`, false);
  }
}

describe('UsedStates', () => {
  it('accepts a state once', () => {
    const used = new UsedStates();
    expect(used.find('one')).toBeUndefined();
    expect(used.begin('one')).toBe(true);
    expect([used.find('one'), used.begin('one')]).toEqual(['used', false]);
    used.end('one', false);
    expect([used.find('one'), used.begin('one')]).toEqual(['used', false]);
    expect(used.find('two')).toBeUndefined();
  });

  it('knows which sign-ins have failed (R49)', () => {
    const used = new UsedStates();
    used.begin('one');
    used.end('one', true);
    used.end('one', false);
    expect(used.find('one')).toBe('failed');
  });

  it('accepts a state again after it was deleted, and leaves the others', () => {
    const used = new UsedStates();
    for (const state of ['one', 'two', 'three']) used.begin(state);
    used.end('three', false);
    used.delete('one');
    used.delete('three');
    expect(['one', 'two', 'three'].map((state) => used.find(state))).toEqual([undefined, 'used', undefined]);
    expect([used.begin('one'), used.begin('three')]).toEqual([true, true]);
  });

  it('remembers 4096 states, and drops the oldest first', () => {
    const used = new UsedStates();
    endMany(used, 4097);
    expect(used.find('state 0')).toBeUndefined();
    expect(used.find('state 1')).toBe('used');
    expect(used.find('state 4096')).toBe('used');
  });

  it('drops none that is in flight, and does not count it (R41)', () => {
    const used = new UsedStates();
    for (let index = 0; index < 5000; index += 1) used.begin(`in flight ${index}`);
    endMany(used, 4096);
    expect(['in flight 0', 'in flight 4999', 'state 0'].map((state) => used.find(state))).toEqual([
      'used',
      'used',
      'used',
    ]);
  });

  it('forgets nothing by an end that did not begin', () => {
    const used = new UsedStates();
    used.end('one', false);
    expect(used.find('one')).toBeUndefined();
  });
});
