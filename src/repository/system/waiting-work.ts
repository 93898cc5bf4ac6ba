import type { Database, Statement } from '../../db/database.js';
import type { EmbeddingModel } from '../stats.js';
import { EmbeddingQueue } from '../vectors/embedding-queue.js';

/** Counting goes no further: whoever reads the figure knows by then that something is wrong. */
const MOST_COUNTED = 100_000;

const countWaitingWords: Statement = {
  name: 'count_waiting_words',
  text: 'select count(*)::int as waiting from (select from corpus_changes limit $1) c',
};
const firstTenantIds: Statement = { name: 'first_tenant_ids', text: 'select id from tenants order by id limit 10000' };

/** How much the server has still to do in the background, of all tenants together: a figure for whoever runs it, which names nobody. */
export class WaitingWork {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Changes whose words are not counted yet. Looks across tenants because one process counts for all of them. */
  async words(): Promise<number> {
    return (await this.#db.query<{ waiting: number }>(countWaitingWords, [MOST_COUNTED]))[0]?.waiting ?? 0;
  }

  /** Messages and memories without a vector of a model, tenant by tenant. Looks across them for the sum alone. */
  async embeddings(models: readonly EmbeddingModel[]): Promise<number> {
    let waiting = 0;
    for (const { id } of await this.#db.query<{ id: string }>(firstTenantIds, [])) {
      const queue = new EmbeddingQueue(this.#db, id);
      for (const { provider, model, dimensions } of models)
        waiting += await queue.pending({ provider, model, dimensions: dimensions ?? null });
    }
    return waiting;
  }
}
