import { describe, expect, it } from '@jest/globals';
import { UsedStates } from '#src/sign-in/used-states.js';

describe('UsedStates', () => {
  it('accepts a state once', () => {
    const used = new UsedStates();
    expect(used.has('one')).toBe(false);
    expect(used.add('one')).toBe(true);
    expect(used.has('one')).toBe(true);
    expect(used.add('one')).toBe(false);
    expect(used.has('two')).toBe(false);
  });

  it('accepts a state again after it was deleted, and leaves the others', () => {
    const used = new UsedStates();
    used.add('one');
    used.add('two');
    used.delete('one');
    expect([used.has('one'), used.has('two')]).toEqual([false, true]);
    expect(used.add('one')).toBe(true);
  });

  it('remembers 4096 states, and drops the oldest first', () => {
    const used = new UsedStates();
    for (let count = 0; count < 4096; count += 1) used.add(`state ${count}`);
    expect(used.has('state 0')).toBe(true);
    used.add('state 4096');
    expect(used.has('state 0')).toBe(false);
    expect(used.has('state 1')).toBe(true);
    expect(used.has('state 4096')).toBe(true);
  });

  it('drops no state for one that is a copy', () => {
    const used = new UsedStates();
    for (let count = 0; count < 4096; count += 1) used.add(`state ${count}`);
    expect(used.add('state 1')).toBe(false);
    expect(used.has('state 0')).toBe(true);
  });
});
