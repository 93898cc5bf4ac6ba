/** Rows of a batch while nobody else writes, and while somebody does: about what saving a turn takes. */
const [ALONE, BESIDE] = [100, 20];
/** Whoever waited longer for a transaction to begin has waited for somebody. */
const WAITED_MS = 1.2;
/** So long others have the engine between two batches, and so long after they were last noticed. */
const PAUSE_MS = 40;
const BESIDE_MS = 1_000;

/** How many rows a batch has, and what it leaves to others. */
export interface Pace {
  readonly size: number;
  /** How long to wait before the next batch; `waitedMs` is how long this one waited for others. */
  pauseAfter(waitedMs: number): number;
}

/** Always the same, and no pauses: for an engine in which others write meanwhile. */
export const steady = (size: number): Pace => ({ size, pauseAfter: () => 0 });

/**
 * For an engine that does one transaction at a time, so that whoever saves a turn waits for the batch: fast while nobody does, and
 * with short batches and pauses as soon as somebody is noticed, so that few turns wait, and not for long.
 */
export class YieldingPace implements Pace {
  #noticed = Number.NEGATIVE_INFINITY;

  get size(): number {
    return this.#isBeside() ? BESIDE : ALONE;
  }

  pauseAfter(waitedMs: number): number {
    if (waitedMs > WAITED_MS) this.#noticed = performance.now();
    return this.#isBeside() ? PAUSE_MS : 0;
  }

  #isBeside(): boolean {
    return performance.now() - this.#noticed < BESIDE_MS;
  }
}
