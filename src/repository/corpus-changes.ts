import type { CorpusSource } from '../models/corpus-term.js';
import { Repository } from './context.js';
import { countSubjects, forgetConversation, forgetSubjects } from './sql/corpus-changes.js';

/**
 * Tells the statistics of words what changed, inside the transaction that changes it. Whoever edits or removes something that
 * can be found calls `forget` before, and `count` after when it can still be found.
 */
export class CorpusChanges extends Repository {
  async count(source: CorpusSource, ids: readonly string[], userId: string | null): Promise<void> {
    await this.context.db.query(countSubjects(source), [this.tenantId, ids, userId], this.context.transaction);
  }

  async forget(source: CorpusSource, ids: readonly string[]): Promise<void> {
    await this.context.db.query(forgetSubjects(source), [this.tenantId, ids], this.context.transaction);
  }

  /** Everything of one conversation that this source has. */
  async forgetConversation(source: CorpusSource, conversationId: string): Promise<void> {
    await this.context.db.query(forgetConversation(source), [this.tenantId, conversationId], this.context.transaction);
  }
}
