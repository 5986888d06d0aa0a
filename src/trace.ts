import type { DebugLogger } from 'node:util';

let log: DebugLogger | undefined;
const logger = (): DebugLogger => (log ??= process.getBuiltinModule('node:util').debuglog('embed-auth-server'));

/** @internal Whether `NODE_DEBUG` contains `embed-auth-server`. */
export function isTracing(): boolean {
  // Bun's logger does not say; it writes nothing if it is off.
  const { enabled = true } = logger() as Partial<DebugLogger>;
  return enabled;
}

/**
 * @internal Writes one step of a sign-in to stderr if `NODE_DEBUG` contains `embed-auth-server`. Callers pass words, counts and names of
 * known parameters: never a value of a request (R33). A function is called only if the trace is on.
 */
export function trace(message: string, ...values: readonly (string | number | (() => string))[]): void {
  if (!isTracing()) return;
  logger()(message, ...values.map((value) => (typeof value === 'function' ? value() : value)));
}
