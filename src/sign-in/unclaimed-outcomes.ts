import type { Outcome, OutcomePage } from './wait.js';

/** @internal An outcome that arrived before anything waited for it. */
export interface UnclaimedOutcome<Page> {
  readonly outcome: Outcome;
  /** Of the state of its request; undefined if it belongs to none. */
  readonly digest: string | undefined;
  /** Undefined for one that `receive()` has returned: only a wait for its request may still claim it. */
  readonly page: Page | undefined;
  /** Ends the hold of the page. */
  claimed(): void;
}

const lifetime = 60_000;
const limit = 16;
/** How long the page of an outcome is held for a claim. Milliseconds. */
const claimGrace = 5000;

/** @internal The outcomes that nothing has claimed yet: 16 of the last minute. */
export class UnclaimedOutcomes<Page extends OutcomePage> {
  #outcomes: (UnclaimedOutcome<Page> & { readonly arrivedAt: number })[] = [];

  /**
   * Keeps an outcome.
   * @param page - held until the claim, for a while
   * @param onReleased - called if the page is released without a claim
   */
  keep(outcome: Outcome, digest: string | undefined, page: Page | undefined, onReleased: () => void): void {
    let claimed = (): void => undefined;
    if (page !== undefined && outcome.kind === 'grant') {
      const claim = new Promise<void>((resolve) => {
        claimed = resolve;
      });
      page.waitUntil(claim);
      const timer = setTimeout(() => {
        page.settle('released');
        onReleased();
      }, claimGrace);
      void Promise.race([claim, page.outcome]).then(() => {
        clearTimeout(timer);
      });
    }
    const kept = { outcome, digest, page, arrivedAt: performance.now(), claimed };
    this.#outcomes = [...this.#fresh(), kept].slice(-limit);
  }

  /** Removes and returns the outcome of one request, or the oldest of any request. */
  take(digest: string | undefined): UnclaimedOutcome<Page> | undefined {
    const outcomes = this.#fresh();
    const found = outcomes.find((kept) => (digest === undefined ? kept.page !== undefined : kept.digest === digest));
    this.#outcomes = outcomes.filter((kept) => kept !== found);
    return found;
  }

  /** Drops the outcome of one request, or of all. */
  forget(digest?: string): void {
    const isDropped = (kept: UnclaimedOutcome<Page>): boolean => digest === undefined || kept.digest === digest;
    for (const { page } of this.#outcomes.filter(isDropped)) page?.settle('released');
    this.#outcomes = this.#outcomes.filter((kept) => !isDropped(kept));
  }

  #fresh(): (UnclaimedOutcome<Page> & { readonly arrivedAt: number })[] {
    return this.#outcomes.filter(({ arrivedAt }) => arrivedAt > performance.now() - lifetime);
  }
}
