import type { Statement } from '../../db/database.js';
import { type Context, Repository } from '../context.js';
import { WHOLE_TENANT } from '../sql/corpus-documents.js';
import { deleteGraphEdges, deleteGraphNodes, deleteGraphObservations } from '../sql/graph-delete.js';
import { lockGraphNodes } from '../sql/graph-lock.js';
import { textHash } from './graph-change.js';
import type { EdgeName } from './graph-records.js';

export type DeletedNodes = { keys: string[]; observations: number; edges: number };
export type ObservationName = { key: string; text: string };

/** What is removed is not believed any more, of any time; `knownAt` still finds it. */
export class GraphRemoval extends Repository {
  readonly #graph: string;

  constructor(context: Context, graph: string) {
    super(context);
    this.#graph = graph;
  }

  /** With their observations and edges; answers the keys of those that were there. */
  async nodes(keys: readonly string[]): Promise<DeletedNodes> {
    const [deleted] = await this.remove<DeletedNodes>(deleteGraphNodes, keys, JSON.stringify([...new Set(keys)]));
    return deleted!;
  }

  /** The edges of these names, in all periods; answers those that were there. */
  edges(names: readonly EdgeName[]): Promise<EdgeName[]> {
    const wanted = names.map(({ source, target, type }) => ({ source, target, type }));
    return this.remove<EdgeName>(
      deleteGraphEdges,
      names.flatMap(({ source, target }) => [source, target]),
      JSON.stringify(wanted),
    );
  }

  /** Observations by node and exact text; answers those that were there. */
  observations(names: readonly ObservationName[]): Promise<ObservationName[]> {
    const wanted = names.map(({ key, text }) => ({ key, text_hash: textHash(text) }));
    return this.remove<ObservationName>(
      deleteGraphObservations,
      names.map(({ key }) => key),
      JSON.stringify(wanted),
    );
  }

  /**
   * In a transaction, whose outcome is looked up when the connection is lost: a removal that was run again would answer that nothing
   * was there. Where transactions run side by side the nodes are locked first: the statement then sees what others did to them before.
   */
  private remove<Row extends object>(statement: Statement, keys: readonly string[], wanted: string): Promise<Row[]> {
    return this.atomically(async ({ db, transaction, clock }) => {
      const graph = [this.tenantId, this.userId ?? WHOLE_TENANT, this.#graph, clock().toISOString()];
      if (db.capabilities.concurrentTransactions) {
        const rows = [...new Set(keys)].map((key) => ({ key, create: false }));
        await db.query(lockGraphNodes, [...graph, JSON.stringify(rows)], transaction);
      }
      return db.query<Row>(statement, [...graph, wanted], transaction);
    });
  }
}
