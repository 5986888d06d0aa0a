import { expect, jest } from '@jest/globals';

// A browser, or a process that is started, now and then loses a race of its own on a loaded machine (a protocol call that is
// never answered while a page is replaced). Such a test is tried once more, and what went wrong is printed all the same.
if (/[\\/](?:e2e|examples|package)[\\/]/.test(expect.getState().testPath ?? '')) {
  jest.retryTimes(1, { logErrorsBeforeRetry: true });
}
