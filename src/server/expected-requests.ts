import type { ExpectedRequest } from '../oauth/authorization-response.js';
import { sha256, timingSafeEqual } from '../oauth/random-and-digest.js';

/** How many answered states are remembered, so that a reload or a replay is told so. */
const usedLimit = 4096;

/** The requests whose answers a server awaits. Each works once. Looking one up costs the same for one and for a thousand. */
export class ExpectedRequests {
  readonly #waiting = new Map<string, { digest: Buffer; request: ExpectedRequest }>();
  readonly #used = new Set<string>();
  /** What was computed when a request was added is not computed again when it is answered. */
  readonly #keys = new WeakMap<ExpectedRequest, string>();
  #everExpected = false;

  /** Whether any request was ever expected here; where none was, the app has forgotten to say so. */
  get everExpected(): boolean {
    return this.#everExpected;
  }

  add(request: ExpectedRequest): void {
    const digest = sha256(request.state);
    this.#everExpected = true;
    const key = digest.toString('base64');
    this.#used.delete(key);
    this.#waiting.set(key, { digest, request });
    this.#keys.set(request, key);
  }

  delete(request: ExpectedRequest): void {
    this.#waiting.delete(sha256(request.state).toString('base64'));
  }

  clear(): void {
    this.#waiting.clear();
  }

  find(state: string | undefined): ExpectedRequest | 'used' | undefined {
    if (state === undefined) return undefined;
    const digest = sha256(state);
    const key = digest.toString('base64');
    const entry = this.#waiting.get(key);
    // The map has found it by its digest, of which nobody can choose the bytes; the whole of it is compared all the same.
    if (entry !== undefined && timingSafeEqual(entry.digest, digest)) return entry.request;
    return this.#used.has(key) ? 'used' : undefined;
  }

  /** Uses a request up. False where somebody else has been quicker. */
  take(request: ExpectedRequest): boolean {
    const key = this.#keys.get(request) ?? sha256(request.state).toString('base64');
    if (!this.#waiting.delete(key)) return false;
    this.#used.add(key);
    if (this.#used.size > usedLimit) {
      for (const oldest of this.#used) {
        this.#used.delete(oldest);
        break;
      }
    }
    return true;
  }
}
