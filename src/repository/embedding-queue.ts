import type { Database } from '../db/database.js';
import { listSpaces } from './sql/embedding-queue.js';
import type { VectorSpace } from './vectors.js';

/** One of our models in one tenant. */
export type SpaceRecord = VectorSpace &
  Readonly<{
    id: string;
    queryPrefix: string;
    documentPrefix: string;
    /** When it first had everything; null while it has not. */
    coveredAt: Date | null;
  }>;

/** What our models have still to embed, of one tenant. It works for the tenant as a whole: who may see what is decided when vectors are read. */
export class EmbeddingQueue {
  readonly #db: Database;
  readonly #tenantId: string;

  constructor(db: Database, tenantId: string) {
    this.#db = db;
    this.#tenantId = tenantId;
  }

  spaces(): Promise<SpaceRecord[]> {
    return this.#db.query<SpaceRecord>(listSpaces, [this.#tenantId]);
  }
}
