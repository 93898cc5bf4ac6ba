import type { Log } from '../log.js';
import type { Store } from '../repository/store.js';

/** How often a memory was asked for may be known this much later. */
const DELAY_MS = 5_000;

/** Notes which memories were recalled, a while later and many at once: a read waits for no write. What a crash loses is not missed. */
export class AccessLog {
  readonly #log: Log;
  readonly #noted = new Map<Store, Map<string, number>>();
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(log: Log) {
    this.#log = log;
  }

  noted(store: Store, memoryIds: readonly string[]): void {
    if (this.#closed || memoryIds.length === 0) return;
    const counts = this.#noted.get(store) ?? new Map<string, number>();
    this.#noted.set(store, counts);
    for (const id of memoryIds) counts.set(id, (counts.get(id) ?? 0) + 1);
    this.#timer ??= setTimeout(() => void this.flush(), DELAY_MS).unref();
  }

  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const noted = [...this.#noted];
    this.#noted.clear();
    try {
      for (const [store, counts] of noted) await store.recall.noteAccess(counts);
    } catch (error) {
      this.#log.debug({ err: error }, 'it was not noted which memories were recalled');
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.flush();
  }
}
