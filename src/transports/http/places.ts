import { AppError } from '../../errors.js';
import type { HttpResponse } from './answers.js';

/** A session or a stream that is open. */
export type Place = { readonly owner: string; busy: number; idleSince: number; readonly end: () => void };

/** Who has how many sessions and streams open. Whoever wants more than allowed loses the one that was idle longest. */
export class Places {
  readonly #max: number;
  readonly #idleMs: number;
  readonly #now: () => number;
  readonly #byOwner = new Map<string, Set<Place>>();

  constructor({ max, idleMs, now }: { max: number; idleMs: number; now: () => number }) {
    this.#max = max;
    this.#idleMs = idleMs;
    this.#now = now;
  }

  get count(): number {
    let count = 0;
    for (const places of this.#byOwner.values()) count += places.size;
    return count;
  }

  /** `end` is called when the place is needed for another or was idle too long; it must lead to `leave`. */
  take(owner: string, end: () => void): Place {
    const places = this.#byOwner.get(owner) ?? new Set<Place>();
    if (places.size >= this.#max) {
      const [idle] = [...places].filter(({ busy }) => busy === 0).sort((a, b) => a.idleSince - b.idleSince);
      if (!idle) throw new AppError('quota_exceeded', `You have ${places.size} sessions and streams open, and all are in use.`);
      idle.end();
    }
    const place: Place = { owner, busy: 0, idleSince: this.#now(), end };
    this.#byOwner.set(owner, places.add(place));
    return place;
  }

  leave(place: Place): void {
    const places = this.#byOwner.get(place.owner);
    places?.delete(place);
    if (places?.size === 0) this.#byOwner.delete(place.owner);
  }

  /** The place is in use until the answer is through. */
  use(place: Place, res: HttpResponse): void {
    place.busy += 1;
    res.once('close', () => {
      place.busy -= 1;
      place.idleSince = this.#now();
    });
  }

  isStale({ busy, idleSince }: Place): boolean {
    return busy === 0 && this.#now() - idleSince >= this.#idleMs;
  }

  endStale(): void {
    for (const places of this.#byOwner.values()) for (const place of [...places]) if (this.isStale(place)) place.end();
  }
}
