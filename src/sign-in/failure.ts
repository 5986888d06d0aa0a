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

/** @internal An error of the app's handler surfaces as an uncaught exception, as it does with any other emitter. */
export function rethrow(failure: Failure | undefined): void {
  if (failure === undefined) return;
  process.nextTick(() => {
    throw failure.error;
  });
}
