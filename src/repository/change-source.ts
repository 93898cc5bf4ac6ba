import type { Database, Statement } from '../db/database.js';
import { presentOf } from './present.js';
import { changedTopics } from './sql/changed-topics.js';

const CHANNEL = 'recollect_events';
const announce: Statement = { name: 'announce_change', text: `select pg_notify('${CHANNEL}', $1)` };

const GRAPH = /^graph ([0-9a-f-]{36}) (.*)$/s;

/** What to subscribe to for a graph of a user, or of the tenant; for a conversation it is its id. */
export const graphTopic = (ownerId: string, graph: string): string => `graph ${ownerId} ${graph}`;

/** The database's side of the change feed. It works for every tenant: who may subscribe to what is decided before. */
export class ChangeSource {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  listen(onHint: (tenantId: string) => void): Promise<() => Promise<void>> {
    return this.#db.listen(CHANNEL, onHint);
  }

  async announce(tenantId: string): Promise<void> {
    await this.#db.query(announce, [tenantId]);
  }

  async changedSince(tenantId: string, mark: string | null, topics: readonly string[]) {
    const graphs = topics.flatMap((topic) => {
      const [, ownerId, graph] = GRAPH.exec(topic) ?? [];
      return ownerId === undefined ? [] : [{ topic, owner_id: ownerId, graph }];
    });
    const conversationIds = topics.filter((topic) => !GRAPH.test(topic));
    const values = [tenantId, mark, conversationIds, JSON.stringify(graphs), await presentOf(this.#db)];
    const rows = await this.#db.query<{ mark: string; changed: string[] }>(changedTopics, values);
    return rows[0]!;
  }
}
