/** So many pieces of work at once, of which none begins after one has failed. */
export class Crew {
  readonly #width: number;
  readonly #done: () => void;
  readonly #running = new Set<Promise<void>>();
  #failure: { error: unknown } | undefined;

  /** `done` is told of each piece that was done. */
  constructor(width: number, done: () => void) {
    this.#width = width;
    this.#done = done;
  }

  /** Waits for room and begins; what goes wrong is thrown by a later call. */
  async start(work: () => Promise<void>): Promise<void> {
    while (this.#running.size >= this.#width) await Promise.race(this.#running);
    this.#check();
    const run: Promise<void> = work()
      .then(this.#done)
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => this.#running.delete(run));
    this.#running.add(run);
  }

  /** Waits until nothing runs. */
  async idle(): Promise<void> {
    await this.ended();
    this.#check();
  }

  /** The same, without saying what went wrong. */
  async ended(): Promise<void> {
    await Promise.all(this.#running);
  }

  #check(): void {
    if (this.#failure) throw this.#failure.error;
  }
}
