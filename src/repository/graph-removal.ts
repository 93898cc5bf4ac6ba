import { CorpusChanges } from './corpus-changes.js';
import { GraphChange, textHash } from './graph-change.js';
import { edgeName } from './graph-facts.js';
import type { EdgeName } from './graph-records.js';
import { deleteGraphNodes } from './sql/graph-delete.js';

export type DeletedNodes = { keys: string[]; observations: number; edges: number };
export type ObservationName = { key: string; text: string };

/** One removal, inside its transaction. What is removed is not believed any more, of any time; `knownAt` still finds it. */
export class GraphRemoval extends GraphChange {
  async nodes(keys: readonly string[]): Promise<DeletedNodes> {
    const locked = await this.lockKeys(keys);
    const ids = [...locked.values()].map(({ id }) => id);
    const known = [...locked.values()].filter(({ invalidatedAt }) => invalidatedAt === null);
    if (ids.length === 0) return { keys: [], observations: 0, edges: 0 };
    await new CorpusChanges(this.context).forget(
      'node',
      known.map(({ id }) => id),
    );
    const values = [this.tenantId, this.now, ids];
    const [counts] = await this.context.db.query<{ observations: number; edges: number }>(
      deleteGraphNodes,
      values,
      this.context.transaction,
    );
    return { keys: known.map(({ key }) => key), ...counts! };
  }

  /** The edges of these names, in all periods; answers those that were there. */
  async edges(names: readonly EdgeName[]): Promise<EdgeName[]> {
    const locked = await this.lockKeys(names.flatMap(({ source, target }) => [source, target]));
    const wanted = names.flatMap(({ source, target, type }) => {
      const [from, to] = [locked.get(source), locked.get(target)];
      return from && to ? [{ source_id: from.id, target_id: to.id, type }] : [];
    });
    if (wanted.length === 0) return [];
    const { edges } = await this.readFacts([], [], wanted);
    this.rows.endedEdges.push(...new Set(edges.map(({ id }) => String(id))));
    await this.writeFacts();
    const keyOf = new Map([...locked.values()].map(({ id, key }) => [id, key]));
    const found = edges.map((row) => ({
      ...{ source: keyOf.get(String(row.source_id))!, target: keyOf.get(String(row.target_id))!, type: String(row.type) },
    }));
    return [...new Map(found.map((edge) => [edgeName(edge), edge])).values()];
  }

  /** Observations by node and exact text; answers those that were there. */
  async observations(names: readonly ObservationName[]): Promise<ObservationName[]> {
    const locked = await this.lockKeys(names.map(({ key }) => key));
    const wanted = names.flatMap(({ key, text }) => {
      const node = locked.get(key);
      return node ? [{ node_id: node.id, text_hash: textHash(text) }] : [];
    });
    if (wanted.length === 0) return [];
    const { observations } = await this.readFacts([], wanted, []);
    this.rows.endedObservations.push(...new Set(observations.map(({ id }) => String(id))));
    for (const { node_id } of observations) this.touched.set(String(node_id), { id: node_id, head: false });
    await this.writeFacts();
    const keyOf = new Map([...locked.values()].map(({ id, key }) => [id, key]));
    const found = observations.map(({ node_id, text }) => ({ key: keyOf.get(String(node_id))!, text: String(text) }));
    return [...new Map(found.map((each) => [JSON.stringify([each.key, each.text]), each])).values()];
  }
}
