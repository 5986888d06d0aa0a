import { sha256 } from '../oauth/random-and-digest.js';

/** How many used states are remembered, so that a reload or a replay is recognized. */
const limit = 4096;

/** @internal The key of a secret in a map: the time of a look-up by its digest says nothing about the secret itself. */
export function digestKey(secret: string): string {
  return keyOf(sha256(secret));
}

/** @internal The key of a digest that is known already. */
export function keyOf(digest: Buffer): string {
  return digest.toString('base64');
}

/** @internal The states that were used, by {@link digestKey}, the oldest dropped first. */
export class UsedStates {
  readonly #keys = new Set<string>();

  has(key: string): boolean {
    return this.#keys.has(key);
  }

  /** False if the state was there already. */
  add(key: string): boolean {
    if (this.#keys.has(key)) return false;
    this.#keys.add(key);
    const [oldest = ''] = this.#keys;
    if (this.#keys.size > limit) this.#keys.delete(oldest);
    return true;
  }

  delete(key: string): void {
    this.#keys.delete(key);
  }
}
