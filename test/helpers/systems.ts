import { describe, it } from '@jest/globals';
import { release } from 'node:os';

/** Whether the system has file modes, signals, symbolic links without further rights, and /bin/sh. */
export const isPosix = process.platform !== 'win32';

/** Linux, and not WSL, whose opener is Windows' own and would open the browser of the user who runs the tests. */
const isPlainLinux = process.platform === 'linux' && !release().toLowerCase().includes('microsoft');

type Suite = (title: string, body: () => unknown, timeout?: number) => void;

/** `it` or `describe`; on other systems a skipped one whose title says so. */
function only<T extends typeof it | typeof describe>(test: T, isHere: boolean, systems: string): T {
  if (isHere) return test;
  const titled = (title: unknown): string => `${String(title)} (skipped: it needs ${systems})`;
  const skip = test.skip as unknown as Suite & { each: (...table: unknown[]) => Suite };
  const skipped: Suite = (title, ...rest) => {
    skip(titled(title), ...rest);
  };
  const each =
    (...table: unknown[]): Suite =>
    (title, ...rest) => {
      skip.each(...table)(titled(title), ...rest);
    };
  // The tests use no other member.
  return Object.assign(skipped, { each }) as unknown as T;
}

export const onPosix = only(it, isPosix, 'a POSIX system');
export const describeOnPosix = only(describe, isPosix, 'a POSIX system');
/** Elsewhere the opener does not use BROWSER, and of 127.0.0.0/8 only one address exists. */
export const onLinux = only(it, process.platform === 'linux', 'Linux');
export const describeOnPlainLinux = only(describe, isPlainLinux, 'Linux, and not WSL');
