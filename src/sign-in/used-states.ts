/** How many used states are remembered, so that a reload or a replay is recognized. */
const limit = 4096;

/** @internal The digests of the states that were used, the oldest dropped first. */
export class UsedStates {
  readonly #digests = new Set<string>();

  has(digest: string): boolean {
    return this.#digests.has(digest);
  }

  /** False if the state was there already. */
  add(digest: string): boolean {
    if (this.#digests.has(digest)) return false;
    this.#digests.add(digest);
    const [oldest = ''] = this.#digests;
    if (this.#digests.size > limit) this.#digests.delete(oldest);
    return true;
  }

  delete(digest: string): void {
    this.#digests.delete(digest);
  }
}
