import { Repository } from './context.js';
import type { ConversationStatus } from './records.js';
import { findImported, hasMemories } from './sql/imported.js';

/** A conversation that an earlier import made, and which of the messages asked for it has. */
export type Imported = { id: string; status: ConversationStatus; legalHold: boolean; known: string[] };

/** What is here already of what is being imported. */
export class ImportedRepository extends Repository {
  /** The conversation with this key, the active one first; null where there is none. */
  async conversation(key: string, clientMessageIds: readonly string[]): Promise<Imported | null> {
    const values = [this.tenantId, this.userId, key, clientMessageIds];
    const [row] = await this.context.db.query<Imported>(findImported, values, this.context.transaction);
    return row ?? null;
  }

  /** Which of these client ids some memory has, whatever became of it. */
  async memories(clientIds: readonly string[]): Promise<Set<string>> {
    const values = [this.tenantId, this.userId, clientIds];
    const rows = await this.context.db.query<{ id: string }>(hasMemories, values, this.context.transaction);
    return new Set(rows.map(({ id }) => id));
  }
}
