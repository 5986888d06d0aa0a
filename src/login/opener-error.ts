import { BrowserOpenError } from '../errors.js';
import { missingPermission } from '../missing-permission.js';

/** What an error is about, unless it is the program in BROWSER. */
export const systemOpener = "the system's opener";

/** What the developer can do if no browser was opened. */
export const openHint =
  'Show the login URI instead (with `login`: `terminal: true`, or `onLoginUri`), so that the user can open it.';

/** What the runtime's permissions forbid, as an error that names the flag; any other error as it is. */
export function permittedOnly(error: unknown): unknown {
  const flag = error instanceof BrowserOpenError ? undefined : missingPermission(error);
  return flag === undefined ? error : notOpened(`this program has no permission for it. Run it with ${flag}.`);
}

/** A fresh error, because the one of `spawn` carries the URI, and with it the state, in its `spawnargs`. */
export function notStarted(error: unknown, subject: string): BrowserOpenError {
  const flag = missingPermission(error);
  if (flag !== undefined) {
    return notOpened(`${subject} could not be started: this program has no permission for it. Run it with ${flag}.`);
  }
  // Anything may have been thrown; its members are looked at one by one.
  const { code, syscall, path } = Object(error) as Partial<Record<'code' | 'syscall' | 'path', unknown>>;
  const reason = typeof code === 'string' ? code : 'unknown error';
  const cause = new Error(`T${subject.slice(1)} could not be started: ${reason}`);
  for (const [name, value] of Object.entries({ code, syscall, path })) {
    if (typeof value === 'string') Object.assign(cause, { [name]: value });
  }
  const missing =
    subject === systemOpener
      ? 'there is no opener on this system; on Linux, the package xdg-utils has it'
      : 'there is no such program; BROWSER takes a command line';
  return notOpened(`${subject} could not be started (${code === 'ENOENT' ? missing : reason}).`, { cause });
}

export function notOpened(reason: string, options?: ErrorOptions): BrowserOpenError {
  return new BrowserOpenError('BROWSER_NOT_OPENED', `No browser was opened: ${reason} ${openHint}`, options);
}
