import { AppError } from '../../errors.js';

/** Runs so many pieces of work at a time; lets a few more in that wait for it, and tells whoever comes then to come back. */
export class SlowWork {
  readonly #atOnce: number;
  readonly #mayBeIn: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  #in = 0;

  constructor(atOnce: number, mayWait: number) {
    this.#atOnce = atOnce;
    this.#mayBeIn = atOnce + mayWait;
  }

  /** Lets `errand` in, with what it has to do before and after its turn. Throws `unavailable` when too many are in. */
  async admit<T>(errand: () => Promise<T>): Promise<T> {
    if (this.#in >= this.#mayBeIn)
      throw new AppError('unavailable', 'Too many people are signing in at this moment.', { hint: 'Try again in a few seconds.' });
    this.#in += 1;
    try {
      return await errand();
    } finally {
      this.#in -= 1;
    }
  }

  /** Waits for its turn; to be called by somebody who was let in. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running < this.#atOnce) this.#running += 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      // The turn goes straight to whoever waits, so that nobody slips in between.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running -= 1;
    }
  }
}
