import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../log.js';

/** The database's side: counts a batch of what waits, and says whether there may be more. */
export type Folder = Readonly<{ fold(tenantId: string): Promise<boolean> }>;
type Due = { since: number; timer: NodeJS.Timeout };

/** Words are counted when nobody has written for so long, */
const QUIET_MS = 1_000;
/** and under a stream of writes this often: counted together, a frequent word costs one write instead of many. */
const LATEST_MS = 10_000;
/** Between two batches others get their turn. */
const PAUSE_MS = 20;

/**
 * Counts the words of what was written, a while after it was written. Nothing runs on an idle server, nothing here keeps the
 * process alive, and nothing is lost with it: what waits is in the database, and whoever searches takes it into account.
 */
export class CorpusKeeper {
  readonly #open: () => Promise<Folder>;
  readonly #log: Log;
  readonly #due = new Map<string, Due>();
  readonly #closing = new AbortController();
  #working: Promise<void> = Promise.resolve();

  constructor(open: () => Promise<Folder>, log: Log) {
    this.#open = open;
    this.#log = log;
  }

  /** To be called after a commit, and by whoever finds that much waits to be counted. */
  wrote(tenantId: string): void {
    if (this.#closing.signal.aborted) return;
    const known = this.#due.get(tenantId);
    const now = performance.now();
    const since = known?.since ?? now;
    clearTimeout(known?.timer);
    const delay = Math.max(0, Math.min(QUIET_MS, since + LATEST_MS - now));
    this.#due.set(tenantId, { since, timer: setTimeout(() => this.#start(tenantId), delay).unref() });
  }

  /** Waits for the batch that is being counted. To be called before the database is closed. */
  async close(): Promise<void> {
    this.#closing.abort();
    for (const { timer } of this.#due.values()) clearTimeout(timer);
    this.#due.clear();
    await this.#working;
  }

  /** One tenant after the other. */
  #start(tenantId: string): void {
    this.#due.delete(tenantId);
    this.#working = this.#working.then(() => this.#fold(tenantId));
  }

  async #fold(tenantId: string): Promise<void> {
    const { signal } = this.#closing;
    try {
      const folder = await this.#open();
      while (!signal.aborted && (await folder.fold(tenantId))) await sleep(PAUSE_MS, undefined, { ref: false, signal });
    } catch (error) {
      if (!signal.aborted) this.#log.debug({ err: error }, 'words were not counted; the next write or search tries again');
    }
  }
}
