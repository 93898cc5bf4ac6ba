import { Op, type Transaction } from 'sequelize';
import { z } from 'zod';
import { AppError, notFound } from '../errors.js';
import type { Conversation } from '../models/conversation.js';
import { Repository } from './context.js';
import { CorpusChanges } from './corpus-changes.js';
import { decodeCursor } from './cursor.js';
import { EventRepository, type NewEvent } from './events.js';
import { mergeJson } from './json-merge.js';
import { transition } from './lifecycle.js';
import { type Page, type PageQuery, pageOf } from './page.js';
import { containing } from './pattern.js';
import type { ConversationRecord, ConversationStatus, JsonObject } from './records.js';
import { countConversation, detachMessages, findConversation, listConversations } from './sql/conversations.js';

export type ConversationFilter = {
  user?: string | undefined;
  status?: ConversationStatus[] | undefined;
  platform?: string | undefined;
  device?: string | undefined;
  topic?: string | undefined;
  /** Words to look for in title, summary and topic. */
  query?: string | undefined;
  activeAfter?: Date | undefined;
  activeBefore?: Date | undefined;
};

export type ConversationChange = {
  title?: string | null | undefined;
  topic?: string | null | undefined;
  summary?: string | null | undefined;
  currentGoal?: JsonObject | null | undefined;
  /** Merged into what is there; null deletes a key. */
  metadata?: JsonObject | undefined;
  status?: ConversationStatus | undefined;
  legalHold?: boolean | undefined;
  addInputTokens?: number | undefined;
  addOutputTokens?: number | undefined;
};

export type Removal = { messages: number; assets: number; vectors: number; events: number; conversations: number };

const place = z.strictObject({ at: z.iso.datetime(), id: z.guid() });
const listHint = 'Call list_conversations for the ids you can read.';

export class ConversationRepository extends Repository {
  async get(id: string): Promise<ConversationRecord> {
    const [row] = await this.context.db.query<ConversationRecord>(
      findConversation,
      [this.tenantId, this.userId, id],
      this.context.transaction,
    );
    if (!row) throw notFound('conversation', id, listHint);
    return row;
  }

  /** Newest activity first. */
  async list(filter: ConversationFilter, page: PageQuery): Promise<Page<ConversationRecord>> {
    this.assertUser(filter.user);
    const from = page.cursor === undefined ? null : decodeCursor('conversations', filter, page.cursor, place);
    const rows = await this.context.db.query<ConversationRecord>(
      listConversations,
      [
        this.tenantId,
        this.userId,
        filter.user ?? null,
        filter.status ?? null,
        filter.platform ?? null,
        filter.device ?? null,
        filter.topic ?? null,
        containing(filter.query),
        filter.activeAfter ?? null,
        filter.activeBefore ?? null,
        from?.at ?? null,
        from?.id ?? null,
        page.limit + 1,
      ],
      this.context.transaction,
    );
    return pageOf(rows, page.limit, 'conversations', filter, (last) => ({ at: last.lastActivityAt.toISOString(), id: last.id }));
  }

  /** Applies a change whole, with its events; a status that cannot follow is refused and nothing is changed. */
  async update(id: string, change: ConversationChange): Promise<ConversationRecord> {
    return this.atomically(async (context) => {
      const row = await this.locked(id, context.transaction);
      // It is not for the person whose conversation it is to free it.
      if (row.legalHold && change.legalHold === false && this.userId !== null) {
        throw new AppError('forbidden', `Conversation ${id} is under legal hold, and this connection cannot lift it.`, {
          hint: 'Ask whoever administers the server.',
        });
      }
      const events: NewEvent[] = [];
      const event = { conversationId: id, ownerId: row.userId };
      const fields = changedFields(row, change);
      if (change.status !== undefined && change.status !== row.status) {
        const next = transition(row.status, change.status, context.clock());
        if (change.status === 'active') await this.assertKeyIsFree(row, context.transaction);
        events.push({ ...event, type: 'status_changed', before: { status: row.status }, after: { status: change.status } });
        row.set(next);
      }
      if (Object.keys(fields.after).length > 0) events.push({ ...event, type: 'updated', ...fields });
      row.set({
        ...fields.set,
        inputTokens: sum(row.inputTokens, change.addInputTokens),
        outputTokens: sum(row.outputTokens, change.addOutputTokens),
      });
      await row.save({ transaction: context.transaction ?? null });
      if (events.length > 0) await new EventRepository(context).record(...events);
      return new ConversationRepository(context).get(id);
    });
  }

  /** Removes the messages of a conversation for good, and the conversation too unless `keepRecord`. One event without content stays. */
  async remove(id: string, { keepRecord, dryRun }: { keepRecord: boolean; dryRun: boolean }): Promise<Removal> {
    return this.atomically(async (context) => {
      const { transaction } = context;
      const { Conversation, Message, Task, EpisodicMemory } = this.context.models;
      const row = await this.locked(id, transaction);
      if (row.legalHold) {
        throw new AppError('conflict', `Conversation ${id} is under legal hold; nothing of it can be removed.`, {
          hint: 'Lift the hold first with update_conversation (legal_hold: false).',
        });
      }
      const [counted] = await context.db.query<Omit<Removal, 'conversations'>>(countConversation, [this.tenantId, id], transaction);
      const removal: Removal = { ...counted!, conversations: keepRecord ? 0 : 1 };
      if (dryRun) return removal;
      const tx = transaction ? { transaction } : {};
      const ofConversation = this.ofTenant({ conversationId: id });
      await context.db.query(detachMessages, [this.tenantId, id], transaction);
      await new CorpusChanges(context).forgetConversation('message', id);
      await Message.destroy({ where: ofConversation, ...tx });
      const events = new EventRepository(context);
      await events.scrub(id, null);
      if (keepRecord) {
        await row.update(
          { messageCount: 0, inputTokens: '0', outputTokens: '0', storedBytes: '0', lastRole: null, lastMessageAt: null, summary: null },
          tx,
        );
      } else {
        await Task.update({ conversationId: null }, { where: ofConversation, ...tx });
        await EpisodicMemory.update({ conversationId: null }, { where: ofConversation, ...tx });
        await Conversation.destroy({ where: this.ofTenant({ id }), ...tx });
      }
      await events.record({
        conversationId: id,
        ownerId: row.userId,
        type: keepRecord ? 'cleared' : 'purged',
        after: { messages: removal.messages },
      });
      return removal;
    });
  }

  private async locked(id: string, transaction: Transaction | undefined): Promise<Conversation> {
    const { Conversation } = this.context.models;
    const row = await Conversation.findOne({
      where: this.ofUser({ id }),
      ...(transaction ? { transaction, lock: transaction.LOCK.UPDATE } : {}),
    });
    if (!row) throw notFound('conversation', id, listHint);
    return row;
  }

  private async assertKeyIsFree(row: Conversation, transaction: Transaction | undefined): Promise<void> {
    if (row.conversationKey === null) return;
    const { Conversation } = this.context.models;
    const { id, conversationKey, keyOwnerId } = row;
    const where = this.ofTenant({ id: { [Op.ne]: id }, conversationKey, keyOwnerId, status: 'active' });
    const other = await Conversation.findOne({ where, ...(transaction ? { transaction } : {}) });
    if (!other) return;
    throw new AppError('conflict', `Conversation ${other.id} is active with the same conversation_key; only one can be.`, {
      hint: `End ${other.id} first, or go on with it.`,
    });
  }
}

/** What a change sets, and the same for its event: only what really differs. */
function changedFields(row: Conversation, change: ConversationChange) {
  const { title, topic, summary, currentGoal, metadata, legalHold } = change;
  const wanted = {
    title,
    topic,
    summary,
    currentGoal,
    legalHold,
    metadata: metadata === undefined ? undefined : mergeJson(row.metadata, metadata),
  };
  const changed = (Object.keys(wanted) as (keyof typeof wanted)[]).filter(
    (key) => wanted[key] !== undefined && JSON.stringify(wanted[key]) !== JSON.stringify(row[key]),
  );
  const pick = (from: { [K in keyof typeof wanted]?: unknown }, name = (key: string) => key): JsonObject =>
    Object.fromEntries(changed.map((key) => [name(key), from[key]]));
  return { set: pick(wanted) as Partial<Conversation>, before: pick(row, snakeCase), after: pick(wanted, snakeCase) };
}

/** bigint columns arrive as text. */
const sum = (count: string, more = 0): string => String(BigInt(count) + BigInt(more));

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
