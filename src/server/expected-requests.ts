import { digestKey, keyOf, UsedStates } from '../callback/used-states.js';
import type { ExpectedRequest } from '../oauth/authorization-response.js';
import { sha256, timingSafeEqual } from '../oauth/random-and-digest.js';

/** How many requests may be expected that no wait is in progress for (R27). */
const limit = 10_000;

interface Entry {
  readonly request: ExpectedRequest;
  /** Of its state. */
  readonly digest: Buffer;
  /** Milliseconds since the epoch. */
  readonly addedAt: number;
  /** The waits in progress for it, also if it is expected again meanwhile. */
  readonly waits: Set<object>;
}

/** @internal The requests whose responses a server expects. Each works once. A look-up costs the same for one and for thousands. */
export class ExpectedRequests {
  readonly #entries = new Map<string, Entry>();
  readonly #used = new UsedStates();
  readonly #lifetime: number;
  #everExpected = false;

  /** @param lifetime - milliseconds for which a request stays expected without a wait */
  constructor(lifetime: number) {
    this.#lifetime = lifetime;
  }

  /** Whether any request was ever expected; if none was, the app has forgotten to say so. */
  get everExpected(): boolean {
    return this.#everExpected;
  }

  add(request: ExpectedRequest): void {
    this.#everExpected = true;
    const digest = sha256(request.state);
    const key = keyOf(digest);
    const waits = this.#entries.get(key)?.waits ?? new Set();
    this.#entries.delete(key);
    this.#entries.set(key, { request, digest, addedAt: Date.now(), waits });
    this.#used.delete(key);
    this.#dropOld();
  }

  delete({ state }: ExpectedRequest): void {
    this.#entries.delete(digestKey(state));
  }

  clear(): void {
    this.#entries.clear();
  }

  find(state: string | undefined): ExpectedRequest | 'used' | undefined {
    if (state === undefined) return undefined;
    const digest = sha256(state);
    const key = keyOf(digest);
    const entry = this.#entries.get(key);
    if (entry !== undefined && timingSafeEqual(digest, entry.digest) && !this.#isExpired(entry)) return entry.request;
    return this.#used.has(key) ? 'used' : undefined;
  }

  /** Uses a request up. False if another response was faster. */
  consume({ state }: ExpectedRequest): boolean {
    const key = digestKey(state);
    return this.#entries.delete(key) && this.#used.add(key);
  }

  /** A wait for this request begins: until the returned function is called, the request neither ages nor counts. */
  wait({ state }: ExpectedRequest): () => void {
    const waits = this.#entries.get(digestKey(state))?.waits;
    const wait = {};
    waits?.add(wait);
    return () => waits?.delete(wait);
  }

  #isExpired({ waits, addedAt }: Entry): boolean {
    return waits.size === 0 && addedAt <= Date.now() - this.#lifetime;
  }

  #dropOld(): void {
    let surplus = this.#entries.size - limit;
    for (const [key, entry] of this.#entries) {
      if (surplus <= 0 && !this.#isExpired(entry) && entry.waits.size === 0) break;
      if (entry.waits.size > 0) continue;
      this.#entries.delete(key);
      surplus -= 1;
    }
  }
}
