import { UsedStates } from '../router/used-states.js';
import type { ExpectedRequest } from '../oauth/authorization-response.js';
import { isSameDigest, sha256 } from '../oauth/random-and-digest.js';

/** How many requests may be expected that no wait is in progress for (R27). */
const limit = 10_000;

interface Entry {
  readonly request: ExpectedRequest;
  /** Of its state. */
  readonly digest: string;
  /** Milliseconds since the epoch. */
  readonly addedAt: number;
  /** The waits in progress for it, also if it is expected again meanwhile. */
  readonly waits: Set<object>;
}

/** @internal The requests whose responses a server expects. Each works once. A look-up costs the same for one and for thousands. */
export class ExpectedRequests {
  /** By digest. */
  readonly #entries = new Map<string, Entry>();
  readonly #used = new UsedStates();
  /** Of the requests in `#entries`: a response costs one digest. */
  readonly #digests = new WeakMap<ExpectedRequest, string>();
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
    const waits = this.#entries.get(digest)?.waits ?? new Set();
    this.#entries.delete(digest);
    this.#entries.set(digest, { request, digest, addedAt: Date.now(), waits });
    this.#digests.set(request, digest);
    this.#used.delete(digest);
    this.#dropOld();
  }

  delete({ state }: ExpectedRequest): void {
    this.#entries.delete(sha256(state));
  }

  clear(): void {
    this.#entries.clear();
  }

  find(state: string | undefined): ExpectedRequest | 'used' | undefined {
    if (state === undefined) return undefined;
    const digest = sha256(state);
    const entry = this.#entries.get(digest);
    if (entry !== undefined && isSameDigest(digest, entry.digest) && !this.#isExpired(entry)) return entry.request;
    return this.#used.has(digest) ? 'used' : undefined;
  }

  /** Uses a request up. False if another response was faster. */
  consume(request: ExpectedRequest): boolean {
    const digest = this.#digests.get(request) ?? sha256(request.state);
    return this.#entries.delete(digest) && this.#used.add(digest);
  }

  /** A wait for this request begins: until the returned function is called, the request neither ages nor counts. */
  wait({ state }: ExpectedRequest): () => void {
    const waits = this.#entries.get(sha256(state))?.waits;
    const wait = {};
    waits?.add(wait);
    return () => waits?.delete(wait);
  }

  #isExpired({ waits, addedAt }: Entry): boolean {
    return waits.size === 0 && addedAt <= Date.now() - this.#lifetime;
  }

  #dropOld(): void {
    let surplus = this.#entries.size - limit;
    for (const [digest, entry] of this.#entries) {
      if (surplus <= 0 && !this.#isExpired(entry) && entry.waits.size === 0) break;
      if (entry.waits.size > 0) continue;
      this.#entries.delete(digest);
      surplus -= 1;
    }
  }
}
