import type { Transaction } from 'sequelize';
import type { Database } from '../db/database.js';
import {
  countCorpus,
  countedDocumentsOf,
  countedTenants,
  foldCorpus,
  forgetCorpus,
  lockChanges,
  lockCorpus,
  takeYourTime,
  verifyCorpus,
} from './sql/corpus.js';

/** Documents counted in one transaction: long enough to count a frequent word once, short enough not to be felt. */
const BATCH = 500;
/** Counted at once after much was brought in: the more together, the fewer words are written more than once. */
const MOST = 250_000;
/** So long one transaction of that may take: on a server it keeps nobody but other counting of the tenant waiting, elsewhere everybody. */
const TARGET_MS = { server: 30_000, embedded: 500 };

/** Above so many documents the statistics of one word in 64 are compared. */
const MANY = 200_000;
const [EVERY, SAMPLE] = [0, 63];

/** What waits to be counted, how many figures were compared, and how many of them are wrong. */
export type CorpusCheck = Readonly<{ waiting: number; terms: number; wrong: number }>;

/** Keeps the statistics of words of any tenant: who may read them is decided elsewhere. */
export class CorpusFolder {
  readonly #db: Database;
  readonly #clock: () => Date;

  constructor(db: Database, clock: () => Date) {
    this.#db = db;
    this.#clock = clock;
  }

  /** Counts the oldest changes of a tenant. True when there may be more. */
  async fold(tenantId: string, transaction?: Transaction): Promise<boolean> {
    const work = async (transaction: Transaction) => (await this.#count(tenantId, BATCH, transaction)) === BATCH;
    return transaction ? work(transaction) : this.#db.transaction(work);
  }

  /** Counts all that waits, in batches as large as time allows; whoever says stop leaves the rest to the next who counts. */
  async foldMuch(
    tenantId: string,
    { signal, progress }: { signal?: AbortSignal; progress?: (documents: number) => void } = {},
  ): Promise<void> {
    const target = this.#db.capabilities.concurrentTransactions ? TARGET_MS.server : TARGET_MS.embedded;
    let size = BATCH;
    for (let total = 0; !signal?.aborted; ) {
      const [started, limit] = [performance.now(), size];
      const counted = await this.#db.transaction(async (transaction) => {
        await this.#db.query(takeYourTime, [], transaction);
        return this.#count(tenantId, limit, transaction);
      });
      total += counted;
      progress?.(total);
      if (counted < limit) return;
      const room = target / (performance.now() - started);
      size = Math.max(BATCH, Math.min(MOST, Math.round(limit * Math.min(4, room))));
    }
  }

  async #count(tenantId: string, limit: number, transaction: Transaction): Promise<number> {
    await this.#db.query(lockCorpus, [tenantId], transaction);
    const [row] = await this.#db.query<{ folded: number }>(foldCorpus, [tenantId, limit, this.#clock()], transaction);
    return row?.folded ?? 0;
  }

  async foldAll(tenantId: string): Promise<void> {
    while (await this.fold(tenantId));
  }

  /** Every tenant, with how many of its documents are counted. */
  tenants(): Promise<{ id: string; documents: number }[]> {
    return this.#db.query(countedTenants, []);
  }

  /** How many documents of a tenant are counted. */
  async documents(tenantId: string): Promise<number> {
    return (await this.#db.query<{ documents: number }>(countedDocumentsOf, [tenantId]))[0]?.documents ?? 0;
  }

  /** Counts every document of a tenant anew. Nobody writes meanwhile. */
  async rebuild(tenantId: string): Promise<void> {
    await this.#db.transaction(async (transaction) => {
      await this.#db.query(takeYourTime, [], transaction);
      await this.#db.query(lockCorpus, [tenantId], transaction);
      await this.#db.query(lockChanges, [], transaction);
      await this.#db.query(forgetCorpus, [tenantId], transaction);
      await this.#db.query(countCorpus, [tenantId, this.#clock()], transaction);
    });
  }

  /** Compares the statistics of a tenant with a count of its documents: of every word, or of some where there are many. */
  async verify(tenantId: string, documents = 0): Promise<CorpusCheck> {
    return this.#db.transaction(async (transaction) => {
      await this.#db.query(takeYourTime, [], transaction);
      const [check] = await this.#db.query<CorpusCheck>(verifyCorpus, [tenantId, documents > MANY ? SAMPLE : EVERY], transaction);
      return check!;
    });
  }
}
