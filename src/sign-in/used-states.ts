/** How many used states are remembered, so that a reload or a replay is recognized. */
const limit = 4096;

/** @internal The digests of the states that were used, and how their sign-ins ended. */
export class UsedStates {
  /** Of sign-ins that the app has not finished: they are never dropped, and do not count for the limit (R41). */
  readonly #inFlight = new Set<string>();
  /** Whether the sign-in failed; the oldest is dropped first. */
  readonly #ended = new Map<string, boolean>();

  /** `'failed'` if the sign-in ended with an error, so that the user has to start again (R49). */
  find(digest: string): 'used' | 'failed' | undefined {
    if (this.#inFlight.has(digest)) return 'used';
    const hasFailed = this.#ended.get(digest);
    return hasFailed === undefined ? undefined : hasFailed ? 'failed' : 'used';
  }

  /** A state is used. False if it was used before. */
  begin(digest: string): boolean {
    if (this.#inFlight.has(digest) || this.#ended.has(digest)) return false;
    this.#inFlight.add(digest);
    return true;
  }

  /** Its sign-in has ended. */
  end(digest: string, hasFailed: boolean): void {
    if (!this.#inFlight.delete(digest)) return;
    this.#ended.set(digest, hasFailed);
    const [oldest = ''] = this.#ended.keys();
    if (this.#ended.size > limit) this.#ended.delete(oldest);
  }

  delete(digest: string): void {
    this.#inFlight.delete(digest);
    this.#ended.delete(digest);
  }
}
