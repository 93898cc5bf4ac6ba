import type { Log } from '../../log.js';

/** Does one round of work; answers how long to wait before the next. */
type Round = (hinted: boolean) => Promise<number>;

/** Under a stream of writes a round begins this long after the first of them. */
const HINT_MS = 50;
const AFTER_FAILURE_MS = 10_000;

/** Runs rounds one after the other, each after the time the one before asked for, or soon after a hint. It keeps no process alive. */
export class BackgroundLoop {
  readonly #round: Round;
  readonly #log: Log;
  #timer: NodeJS.Timeout | undefined;
  #due = Number.POSITIVE_INFINITY;
  #running: Promise<void> | undefined;
  #hinted = true;
  #closed = false;

  constructor(round: Round, log: Log) {
    this.#round = round;
    this.#log = log;
    this.#schedule(HINT_MS);
  }

  /** There may be something to do. */
  hint(): void {
    this.#hinted = true;
    if (!this.#running) this.#schedule(HINT_MS);
  }

  /** Resolves when what is running has ended; nothing begins any more. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  #schedule(ms: number): void {
    const due = performance.now() + ms;
    if (this.#closed || due >= this.#due) return;
    clearTimeout(this.#timer);
    this.#due = due;
    this.#timer = setTimeout(() => {
      this.#running = this.#run();
    }, ms).unref();
  }

  async #run(): Promise<void> {
    const hinted = this.#hinted;
    this.#hinted = false;
    let wait = AFTER_FAILURE_MS;
    try {
      wait = await this.#round(hinted);
    } catch (error) {
      this.#log.warn({ err: error }, 'embedding in the background failed; trying again');
    }
    this.#running = undefined;
    this.#due = Number.POSITIVE_INFINITY;
    this.#schedule(this.#hinted ? Math.min(wait, HINT_MS) : wait);
  }
}
