/** @internal What one of the app's hooks threw. */
export interface Failure {
  readonly error: unknown;
}

/** @internal Runs a hook of the app, and keeps what it throws until the response is sent. */
export function attempt(action: () => void): Failure | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    return { error };
  }
}

/** @internal Runs a hook that nothing depends on. Neither its error nor its rejection ends the process (R42). */
export function notify(name: string, hook: () => unknown): void {
  try {
    warnOfRejection(name, hook());
  } catch (error) {
    warn(name, error);
  }
}

/** @internal A warning instead of an unhandled rejection, if a hook returned a promise. */
export function warnOfRejection(name: string, result: unknown): void {
  Promise.resolve(result).catch((error: unknown) => {
    warn(name, error);
  });
}

function warn(name: string, error: unknown): void {
  const text = error instanceof Error ? error.message : typeof error;
  process.emitWarning(`\`${name}\` failed: ${text}`, { code: 'EMBED_AUTH_HOOK_FAILED' });
}

/** @internal An error of the app's handler surfaces as an uncaught exception, as it does with any other emitter. */
export function rethrow(failure: Failure | undefined): void {
  if (failure === undefined) return;
  process.nextTick(() => {
    throw failure.error;
  });
}
