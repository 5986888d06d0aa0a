/** What the command's exit status says; `--help` documents it. */
export const ExitStatus = {
  Ok: 0,
  Failed: 1,
  Usage: 2,
  Denied: 3,
  TimedOut: 124,
  /** 128 and the number of the signal, as shells have it. */
  Hangup: 129,
  Interrupted: 130,
  Terminated: 143,
} as const;

/** One of {@link ExitStatus}. */
export type ExitStatus = (typeof ExitStatus)[keyof typeof ExitStatus];

/** The command line was wrong; the message says how. */
export class UsageError extends Error {}
