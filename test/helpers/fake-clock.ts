import { jest } from '@jest/globals';

/** Runs with a clock that stands still until the test advances it: what waits for a timer waits forever. The event loop is real. */
export async function withFakeClock(action: () => Promise<void>): Promise<void> {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
  try {
    await action();
  } finally {
    jest.useRealTimers();
  }
}
