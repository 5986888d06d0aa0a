/** The exit statuses of the command; `--help` documents them. */
export const ExitStatus = {
  Ok: 0,
  Failed: 1,
  Usage: 2,
  Denied: 3,
  SignInRequired: 4,
  TimedOut: 124,
  /** 128 and the number of the signal, as in shells. */
  Hangup: 129,
  Interrupted: 130,
  Terminated: 143,
} as const;

/** One of {@link ExitStatus}. */
export type ExitStatus = (typeof ExitStatus)[keyof typeof ExitStatus];

/** Ends the command. The message is fit for a terminal and contains no secret. */
export class CommandError extends Error {
  readonly status: ExitStatus;

  constructor(message: string, status: ExitStatus = ExitStatus.Failed) {
    super(message);
    this.status = status;
  }
}

/** The command line is wrong; the message says how. */
export class UsageError extends CommandError {
  constructor(message: string) {
    super(message, ExitStatus.Usage);
  }
}
