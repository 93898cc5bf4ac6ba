import { isUuid } from '../../ids.js';
import { contentHash } from '../../models/content-hash.js';
import { parseTimestamp } from '../../timestamp.js';
import { Repository } from '../context.js';
import type { ConversationStatus } from '../records.js';
import { redactMemory } from '../redact.js';
import { findImported, findImportedMemory } from '../sql/imported.js';

/** A conversation that an earlier import made, and which of the messages asked for it has. */
export type Imported = { id: string; status: ConversationStatus; legalHold: boolean; known: string[] };

/** The newest in the place of a memory that an earlier import made. */
export type ImportedMemoryState = {
  id: string;
  /** Whose it is, by external id. */
  user: string | null;
  /** It came by an import too, and nobody replaced it by something else. */
  isImport: boolean;
  isDeleted: boolean;
  /** Whether it says what was asked for, and whether it or one before it does. */
  current: boolean;
  said: boolean;
  /** When what it says was so for the other program, as far as that is known. */
  at: Date | null;
};

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

  /** What became of the memory with this client id; null where there was none. */
  async memory(clientId: string, content: string): Promise<ImportedMemoryState | null> {
    const { clean } = redactMemory({ content }, this.context.redact);
    const values = [this.tenantId, this.userId, clientId, contentHash(clean.content)];
    const [row] = await this.context.db.query<Omit<ImportedMemoryState, 'at'> & { at: string | null }>(
      findImportedMemory,
      values,
      this.context.transaction,
    );
    return row ? { ...row, at: row.at === null ? null : parseTimestamp(row.at) } : null;
  }
}

/** A name that is the id of a row, maybe. */
const uuidOf = (name: string): string | null => (isUuid(name) ? name.toLowerCase() : null);
