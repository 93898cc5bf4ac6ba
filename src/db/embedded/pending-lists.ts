import { type Engine, runSql } from './engine.js';
import { logPosition } from './log-position.js';

/** So much has to be written before it is worth a look. */
const LEAST_BYTES = 64 * 1024;
/** A list is merged when this part of its index was written since: the larger an index is, the more of its pages a few entries touch. */
const PART_OF_INDEX = 1 / 4;
/** Others wait meanwhile. */
const MERGE_FOR_MS = 20;

const GIN_INDEXES = `
select c.oid, pg_relation_size(c.oid) from pg_class c join pg_am a on a.oid = c.relam where a.amname = 'gin' and c.relkind = 'i'`;

/**
 * What is written goes to the end of a list beside a GIN index, and every search reads this list to its end. Elsewhere autovacuum merges it
 * into the index; here it would stay until it has its full length.
 */
export class PendingLists {
  readonly #mergedAt = new Map<string, number>();
  #lookedAt = Number.NEGATIVE_INFINITY;

  /** Merges lists that are worth it; true when there are more. What merging writes itself does not count. */
  merge(engine: Engine): boolean {
    const position = logPosition(engine);
    if (position - this.#lookedAt < LEAST_BYTES) return false;
    const until = performance.now() + MERGE_FOR_MS;
    for (const [index = '', size] of runSql(engine, GIN_INDEXES) as string[][]) {
      const written = position - (this.#mergedAt.get(index) ?? Number.NEGATIVE_INFINITY);
      if (written < LEAST_BYTES || written < Number(size) * PART_OF_INDEX) continue;
      if (performance.now() >= until) return true;
      runSql(engine, `select gin_clean_pending_list(${Number(index)}::regclass)`);
      this.#mergedAt.set(index, logPosition(engine));
    }
    this.#lookedAt = logPosition(engine);
    return false;
  }
}
