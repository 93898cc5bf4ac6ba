import type { Store } from '../repository/store.js';

const BATCH = 500;

/** The graph as the lines of the reference memory server's file: entities, then relations, in the order in which they were made. */
export async function* exportServerMemory({ knowledgeGraph }: Store): AsyncGenerator<string> {
  for (let id: string | undefined, more = true; more; ) {
    const rows = await knowledgeGraph.entities({ id, limit: BATCH + 1 });
    for (const { entity } of rows.slice(0, BATCH)) yield JSON.stringify({ type: 'entity', ...entity });
    id = rows[BATCH]?.id;
    more = id !== undefined;
  }
  for (let id: string | undefined, more = true; more; ) {
    const rows = await knowledgeGraph.relations({ id, limit: BATCH + 1 });
    for (const { relation } of rows.slice(0, BATCH)) yield JSON.stringify({ type: 'relation', ...relation });
    id = rows[BATCH]?.id;
    more = id !== undefined;
  }
}
