type Trace = (message: string, ...values: readonly (string | number)[]) => void;

let log: Trace | undefined;

/**
 * @internal Writes one step of a sign-in to stderr if `NODE_DEBUG` contains `embed-auth-server`. Callers pass words, counts and
 * the parameter names of {@link describeParameters} only: never a value of a request (R33).
 */
export const trace: Trace = (message, ...values) => {
  log ??= process.getBuiltinModule('node:util').debuglog('embed-auth-server');
  log(message, ...values);
};

const knownParameter =
  /^(?:(?:access_|id_|refresh_)?token|token_type|code|error(?:_code|_description|_message|_uri)?|expires(?:_in)?|iss|scope|(?:session_)?state)$/;

/** @internal The names of well-known parameters, and the number of the others. */
export function describeParameters(params: URLSearchParams): string {
  const names = [...new Set(params.keys())];
  const known = names.filter((name) => knownParameter.test(name));
  const others = names.length - known.length;
  return [...known, ...(others > 0 ? [`${others} other`] : [])].join(', ') || 'no parameters';
}
