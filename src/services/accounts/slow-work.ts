import { AppError } from '../../errors.js';

/** Runs so many pieces of work at a time; a few more may wait, and whoever comes then is told to come back. */
export class SlowWork {
  readonly #atOnce: number;
  readonly #mayWait: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(atOnce: number, mayWait: number) {
    this.#atOnce = atOnce;
    this.#mayWait = mayWait;
  }

  /** Throws `unavailable` where `run` would. */
  assertRoom(): void {
    if (this.#running >= this.#atOnce && this.#waiting.length >= this.#mayWait)
      throw new AppError('unavailable', 'Too many people are signing in at this moment.', { hint: 'Try again in a few seconds.' });
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    this.assertRoom();
    if (this.#running < this.#atOnce) this.#running += 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      // The place goes straight to whoever waits, so that nobody slips in between.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running -= 1;
    }
  }
}
