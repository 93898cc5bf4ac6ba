import type { Transaction } from 'sequelize';
import type { Database } from '../db/database.js';
import { countCorpus, foldCorpus, forgetCorpus, lockChanges, lockCorpus, tenantsWithChanges, verifyCorpus } from './sql/corpus.js';

/** Documents counted in one transaction: long enough to count a frequent word once, short enough not to be felt. */
const BATCH = 500;

export type CorpusCheck = Readonly<{ scopes: number; terms: number; wrong: number }>;

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
    const work = async (transaction: Transaction) => {
      await this.#db.query(lockCorpus, [tenantId], transaction);
      const [row] = await this.#db.query<{ folded: number }>(foldCorpus, [tenantId, BATCH, this.#clock()], transaction);
      return (row?.folded ?? 0) === BATCH;
    };
    return transaction ? work(transaction) : this.#db.transaction(work);
  }

  async foldAll(tenantId: string): Promise<void> {
    while (await this.fold(tenantId));
  }

  async tenantsWithChanges(): Promise<string[]> {
    const rows = await this.#db.query<{ id: string }>(tenantsWithChanges, []);
    return rows.map(({ id }) => id);
  }

  /** Counts every document of a tenant anew. Nobody writes meanwhile. */
  async rebuild(tenantId: string): Promise<void> {
    await this.#db.transaction(async (transaction) => {
      await this.#db.query(lockCorpus, [tenantId], transaction);
      await this.#db.query(lockChanges, [], transaction);
      await this.#db.query(forgetCorpus, [tenantId], transaction);
      await this.#db.query(countCorpus, [tenantId, this.#clock()], transaction);
    });
  }

  /** Compares the statistics of a tenant with a count of all its documents, once nothing waits to be counted. Nobody writes meanwhile. */
  async verify(tenantId: string): Promise<CorpusCheck> {
    await this.foldAll(tenantId);
    return this.#db.transaction(async (transaction) => {
      await this.#db.query(lockCorpus, [tenantId], transaction);
      await this.#db.query(lockChanges, [], transaction);
      while (await this.fold(tenantId, transaction));
      const [check] = await this.#db.query<CorpusCheck>(verifyCorpus, [tenantId], transaction);
      return check!;
    });
  }
}
