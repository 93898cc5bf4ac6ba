import { Repository } from './context.js';
import type { ConversationStatus } from './records.js';
import { findImported, hasMemories } from './sql/imported.js';

/** A conversation that an earlier import made, and which of the messages asked for it has. */
export type Imported = { id: string; status: ConversationStatus; legalHold: boolean; known: string[] };

/** What is here already of what is being imported. */
export class ImportedRepository extends Repository {
  /**
   * The conversation with this key, the active one first, or else the one that is called so here, because it was exported from here;
   * null where there is none. Its messages are known by their client ids, or by their ids.
   */
  async conversation(key: string, name: string, messageIds: readonly string[]): Promise<Imported | null> {
    const values = [this.tenantId, this.userId, key, messageIds, uuidOf(name), messageIds.flatMap((id) => uuidOf(id) ?? [])];
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

/** A name that is the id of a row, maybe. */
const uuidOf = (name: string): string | null => (/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(name) ? name.toLowerCase() : null);
