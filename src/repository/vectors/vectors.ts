import { createHash } from 'node:crypto';
import pg from 'pg';
import { Repository } from '../context.js';
import type { JsonObject, MessageRole } from '../records.js';
import { findNearest, findNearestByIndex, findVectorIndex, readCosines, type VectorIndex, type VectorSource } from '../sql/vectors.js';

export type { VectorSource };

/** Vectors can be compared within one space only: the same model, run by the same kind of provider, of the same width. */
export type VectorSpace = Readonly<{ provider: string; model: string; dimensions: number }>;

export type QueryVector = Readonly<{ values: readonly number[]; space: VectorSpace }>;

export type NearestFilter = {
  conversationId?: string | undefined;
  /** External id of the user whose conversations or memories are compared. */
  user?: string | undefined;
  roles?: MessageRole[] | undefined;
  after?: Date | undefined;
  before?: Date | undefined;
  /** Must be contained in the metadata of the vector. */
  metadata?: JsonObject | undefined;
};

export type Neighbour = { id: string; cosine: number; metadata: JsonObject };

type Row = Neighbour & { taken: number };
type Engine = { at: number; pgvector: boolean; indexes: Map<string, boolean> };

const MAX_ROUNDS = 4;
/** With a filter that lets little through, comparing what it lets through one by one is faster than scanning on. */
const MAX_SCANNED = 4_000;
/** Whether pgvector and an index are there is looked up again after this. */
const ENGINE_AGE_MS = 60_000;
/** Iterative scans, which go on until the filter let enough through, came with this version. */
const ITERATIVE_SINCE = [0, 8];

/** Comparing vectors: what is stored against a query, within what the principal can see. */
export class VectorRepository extends Repository {
  readonly #engine: Engine = { at: Number.NEGATIVE_INFINITY, pgvector: false, indexes: new Map() };

  /** Cosines of a query with these subjects; those without a vector in its space are not in the answer. The ids are the caller's to have checked. */
  async cosines(source: VectorSource, ids: readonly string[], { values, space }: QueryVector): Promise<Map<string, number>> {
    if (ids.length === 0) return new Map();
    const { pgvector } = await this.engine(source, space);
    const rows = await this.context.db.query<{ id: string; cosine: number }>(
      readCosines(source, pgvector ? 'pgvector' : 'plain'),
      [this.tenantId, space.provider, space.model, space.dimensions, values, ids],
      this.context.transaction,
    );
    return new Map(rows.filter(({ cosine }) => Number.isFinite(cosine)).map(({ id, cosine }) => [id, cosine]));
  }

  /** The subjects nearest to a query, best first, without those that are deleted. Memories may be superseded or expired: the caller decides about that. */
  async nearest(source: VectorSource, query: QueryVector, limit: number, filter: NearestFilter = {}): Promise<Neighbour[]> {
    this.assertUser(filter.user);
    const { pgvector, indexes } = await this.engine(source, query.space);
    const index = vectorIndex(source, query.space);
    // One conversation is compared faster than an index over all of them is asked.
    if (index && indexes.get(index.name) && filter.conversationId === undefined) {
      const found = await this.byIndex(source, index, query, limit, filter);
      // An index gives up after a while: whatever the filter lets through may still be among the vectors it did not reach.
      if (found.length >= limit) return found;
    }
    const statement = findNearest(source, pgvector ? 'pgvector' : 'plain');
    return this.enough(limit, (count) =>
      this.context.db.query<Row>(statement, this.values(query, count, filter), this.context.transaction),
    );
  }

  private async byIndex(source: VectorSource, index: VectorIndex, query: QueryVector, limit: number, filter: NearestFilter) {
    return this.enough(limit, (count) =>
      this.atomically(async ({ db, transaction }) => {
        await db.query(SCAN_ON, [String(Math.max(2 * count, 40))], transaction);
        return db.query<Row>(findNearestByIndex(source, index), this.values(query, count, filter), transaction);
      }),
    );
  }

  private values({ values, space }: QueryVector, count: number, filter: NearestFilter): unknown[] {
    const { conversationId = null, user = null, roles = null, after = null, before = null, metadata } = filter;
    const wanted = metadata === undefined ? null : JSON.stringify(metadata);
    const { provider, model, dimensions } = space;
    return [this.tenantId, provider, model, dimensions, values, count, this.userId, conversationId, user, roles, after, before, wanted];
  }

  /** Asks for more until enough are left that are not deleted, or there are no more. */
  private async enough(limit: number, find: (count: number) => Promise<Row[]>): Promise<Neighbour[]> {
    for (let round = 1, count = limit; ; round += 1) {
      const rows = await find(count);
      const best = new Map<string, Neighbour>();
      for (const { id, cosine, metadata } of rows) if (!best.has(id)) best.set(id, { id, cosine, metadata });
      const taken = rows[0]?.taken ?? 0;
      const exhausted = rows.length === 0 ? round > 1 : taken < count;
      if (best.size >= limit || exhausted || round === MAX_ROUNDS) return [...best.values()].slice(0, limit);
      count *= rows.length === 0 ? 20 : 4;
    }
  }

  private async engine(source: VectorSource, space: VectorSpace): Promise<Engine> {
    const now = this.context.clock().getTime();
    if (Math.abs(now - this.#engine.at) > ENGINE_AGE_MS) Object.assign(this.#engine, { at: now, indexes: new Map() });
    const index = vectorIndex(source, space);
    const name = index?.name ?? '';
    if (!this.#engine.indexes.has(name)) {
      const [row] = await this.context.db.query<{ version: string | null; valid: boolean | null }>(
        findVectorIndex,
        [name],
        this.context.transaction,
      );
      this.#engine.pgvector = row?.version != null;
      this.#engine.indexes.set(name, row?.valid === true && isIterative(row.version ?? '0'));
    }
    return this.#engine;
  }
}

const SCAN_ON = {
  name: 'scan_vector_index_on',
  text: `
select set_config('hnsw.iterative_scan', 'strict_order', true), set_config('hnsw.ef_search', least($1::int, 1000)::text, true),
       set_config('hnsw.max_scan_tuples', '${MAX_SCANNED}', true)`,
};

const isIterative = (version: string): boolean => {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > ITERATIVE_SINCE[0]! || (major === ITERATIVE_SINCE[0] && minor >= ITERATIVE_SINCE[1]!);
};

/** The index of one space, whether it was made or not; null for widths that pgvector cannot index. */
export function vectorIndex(source: VectorSource, { provider, model, dimensions }: VectorSpace): VectorIndex | null {
  const type = dimensions <= 2000 ? `vector(${dimensions})` : dimensions <= 4000 ? `halfvec(${dimensions})` : null;
  if (type === null) return null;
  const table = source === 'message' ? 'message_vectors' : 'memory_vectors';
  const name = `${table}_hnsw_${createHash('sha256')
    .update(JSON.stringify([provider, model]))
    .digest('hex')
    .slice(0, 12)}_${dimensions}_idx`;
  const literals = [`provider = ${pg.escapeLiteral(provider)}`, `model = ${pg.escapeLiteral(model)}`, `dimensions = ${dimensions}`];
  const operators = type.startsWith('half') ? 'halfvec_cosine_ops' : 'vector_cosine_ops';
  return {
    name,
    type,
    expression: `(v.embedding::${type})`,
    predicate: literals.map((literal) => `v.${literal}`).join(' and '),
    definition: `on ${table} using hnsw ((embedding::${type}) ${operators}) where ${literals.join(' and ')}`,
  };
}
