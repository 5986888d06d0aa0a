import { sha256 } from '../oauth/random-and-digest.js';

/** How many used states are remembered, so that a reload or a replay is recognized. */
const limit = 4096;

/** @internal The digests of states that were used, the oldest dropped first. */
export class UsedStates {
  readonly #digests = new Set<string>();

  has(state: string): boolean {
    return this.#digests.has(digestOf(state));
  }

  /** False if the state was there already. */
  add(state: string): boolean {
    const digest = digestOf(state);
    if (this.#digests.has(digest)) return false;
    this.#digests.add(digest);
    if (this.#digests.size > limit) {
      for (const oldest of this.#digests) {
        this.#digests.delete(oldest);
        break;
      }
    }
    return true;
  }

  delete(state: string): void {
    this.#digests.delete(digestOf(state));
  }
}

function digestOf(state: string): string {
  return sha256(state).toString('base64');
}
