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
 * @internal Writes one step of a sign-in to stderr if `NODE_DEBUG` contains `embed-auth-server`. Callers pass words, counts and
 * parameters, of which the well-known names are written: never a value of a request (R33).
 */
export function trace(message: string, ...values: readonly (string | number | URLSearchParams)[]): void {
  if (!isTracing()) return;
  logger()(message, ...values.map((value) => (value instanceof URLSearchParams ? describeParameters(value) : value)));
}

const knownParameter =
  /^(?:(?:access_|id_|refresh_)?token|token_type|code|error(?:_code|_description|_message|_uri)?|expires(?:_in)?|iss|scope|(?:session_)?state)$/;

/** The names of well-known parameters, and the number of the others. */
function describeParameters(params: URLSearchParams): string {
  const names = [...new Set(params.keys())];
  const known = names.filter((name) => knownParameter.test(name));
  const others = names.length - known.length;
  return [...known, ...(others > 0 ? [`${others} other`] : [])].join(', ') || 'no parameters';
}
