import type { Database, Statement } from '../db/database.js';
import { changedConversations } from './sql/changed-conversations.js';

const CHANNEL = 'recollect_events';
const announce: Statement = { name: 'announce_change', text: `select pg_notify('${CHANNEL}', $1)` };

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

  async changedSince(tenantId: string, mark: string | null, conversationIds: readonly string[]) {
    const rows = await this.#db.query<{ mark: string; changed: string[] }>(changedConversations, [tenantId, mark, conversationIds]);
    return rows[0]!;
  }
}
