import type { Statement } from '../../db/database.js';
import type { Context } from '../context.js';
import { archiveIdleConversations, archiveSurplusConversations, timeOutConversations } from '../sql/archive-conversations.js';
import {
  emptyConversations,
  pickArchivedConversations,
  pickTheirMessages,
  removeConversations,
  scrubTheirEvents,
} from '../sql/prune-conversations.js';
import { pruneIn } from './retention-messages.js';
import type { RetentionPolicy } from './retention-policy.js';
import { type Batch, type Place, type RetentionRun, RetentionStep, START } from './retention-step.js';

/** The part of a batch that may be conversations: small ones are removed together. */
const TOGETHER = 0.1;

/** What becomes of conversations that nobody goes on with. */
export class ConversationRetention extends RetentionStep {
  async timeOut(policy: RetentionPolicy, run: RetentionRun): Promise<void> {
    const { inactivity_timeout_minutes: minutes } = policy;
    if (minutes === null) return;
    const before = new Date(run.now.getTime() - minutes * 60_000);
    const limit = run.pace.size;
    await this.repeat(run, 'conversationsTimedOut', limit, (context) => this.change(context, timeOutConversations, run, before, limit));
  }

  /** Those without activity for too long, and then the oldest of those that are too many. */
  async archive(policy: RetentionPolicy, run: RetentionRun): Promise<void> {
    const idle = this.before(run, policy.conversation_archive_days);
    const { max_conversations: most } = policy;
    // Each may leave two events.
    const limit = Math.floor(run.pace.size / 2);
    if (idle)
      await this.repeat(run, 'conversationsArchived', limit, (context) => this.change(context, archiveIdleConversations, run, idle, limit));
    if (most !== null)
      await this.repeat(run, 'conversationsOverLimit', limit, (context) =>
        this.change(context, archiveSurplusConversations, run, most, limit),
      );
  }

  /** Removes archived conversations for good, their messages first. */
  async prune(policy: RetentionPolicy, run: RetentionRun): Promise<void> {
    const archived = this.before(run, policy.archived_conversation_retention_days);
    if (archived) await this.walk(run, START, (context, from) => this.removeSome(context, run, archived, from));
  }

  private async removeSome(context: Context, run: RetentionRun, before: Date, from: Place): Promise<Batch<Place>> {
    const { db, transaction } = context;
    const ask = <Row extends object>(statement: Parameters<typeof db.query>[0], ...values: unknown[]) =>
      db.query<Row>(statement, [this.tenantId, ...values], transaction);

    const { size } = run.pace;
    const together = Math.ceil(size * TOGETHER);
    const picked = await ask<Place>(pickArchivedConversations, before, from.at, from.id, together);
    const last = picked.at(-1);
    if (!last) return { counts: {}, next: null };
    const conversations = picked.map(({ id }) => id);
    const room = size - together;
    const messages = (await ask<{ id: string }>(pickTheirMessages, conversations, room)).map(({ id }) => id);
    const due = { now: run.now, actor: this.actor, expired: null, deleted: null, all: true };
    const gone = messages.length > 0 ? await pruneIn(context, messages, due) : { messages: 0, assets: 0, vectors: 0 };
    const counts = { messagesOfRemovedConversations: gone.messages, assetsRemoved: gone.assets, vectorsRemoved: gone.vectors };

    const empty = (await ask<{ id: string }>(emptyConversations, conversations)).map(({ id }) => id);
    const [scrubbed] = await ask<{ count: number }>(scrubTheirEvents, empty, room);
    if (scrubbed!.count === room) return { counts, next: from };
    const [removed] = await ask<{ count: number }>(removeConversations, empty, run.now, this.actor);
    const isDone = empty.length === conversations.length;
    const next = !isDone ? from : picked.length === together ? last : null;
    return { counts: { ...counts, conversationsRemoved: removed!.count }, next };
  }

  private async change(context: Context, statement: Statement, run: RetentionRun, due: Date | number, limit: number): Promise<number> {
    const values = [this.tenantId, run.now, this.actor, due, limit];
    const [row] = await context.db.query<{ count: number }>(statement, values, context.transaction);
    return row!.count;
  }
}
