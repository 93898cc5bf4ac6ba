import type { Transaction } from 'sequelize';
import { AppError, notFound } from '../errors.js';
import type { Message } from '../models/message.js';
import type { Redacted } from '../redaction/redaction.js';
import { contentText } from './content.js';
import { type Context, Repository } from './context.js';
import { CorpusChanges } from './corpus-changes.js';
import { EventRepository, type NewEvent } from './events.js';
import { mergeJson } from './json-merge.js';
import { assertMessageSize } from './quotas/message-size.js';
import { Admission, type Usage } from './quotas/quotas.js';
import type { Content, JsonObject, MessageRecord } from './records.js';
import { redactEdit } from './redact.js';
import { removeAttached } from './sql/attachments.js';
import { adjustCounters, editMessage, findMessage, measureMessage } from './sql/messages.js';

export type MessageEdit = {
  content: Content;
  metadata?: JsonObject | undefined;
  inputTokens?: number | undefined;
  outputTokens?: number | undefined;
};

/** Refuses what the tenant has no room for. */
type Admit = (more: Usage) => Promise<void>;
type Locked = { message: Message; ownerId: string | null; legalHold: boolean };

/** Single messages: reading, and changes that leave an event with before and after. */
export class MessageRepository extends Repository {
  async get(id: string): Promise<MessageRecord> {
    const [row] = await this.context.db.query<MessageRecord>(findMessage, [this.tenantId, this.userId, id], this.context.transaction);
    if (!row) throw missing(id);
    return row;
  }

  /** The token counts of the old text go with it, unless new ones are given. */
  async edit(id: string, given: MessageEdit): Promise<MessageRecord & { redacted?: Redacted[] | undefined }> {
    const { clean: edit, redacted } = redactEdit(given, this.context.redact);
    const message = await this.change(id, async ({ message, ownerId }, context, admit) => {
      if (message.status === 'deleted') {
        throw new AppError('conflict', `Message ${id} is deleted and cannot be edited.`, {
          hint: 'Restore it first: delete_message with mode "restore".',
        });
      }
      const metadata = edit.metadata === undefined ? message.metadata : mergeJson(message.metadata, edit.metadata);
      assertMessageSize(`Message ${id}`, [edit.content, message.toolCalls, message.toolResults, metadata], this.context.limits);
      const inputTokens = edit.inputTokens ?? null;
      const outputTokens = edit.outputTokens ?? null;
      const corpus = new CorpusChanges(context);
      await corpus.forget('message', [id]);
      const [edited] = await context.db.query<{ bytes: string }>(
        editMessage,
        [
          this.tenantId,
          id,
          JSON.stringify(edit.content),
          contentText(edit.content),
          inputTokens,
          outputTokens,
          JSON.stringify(metadata),
          context.clock(),
        ],
        context.transaction,
      );
      await admit({ messages: 0, bytes: Math.max(0, Number(edited!.bytes)) });
      await corpus.count('message', [id], ownerId);
      // They were of the old text; what has none is embedded anew.
      await context.models.MessageVector.destroy({ where: this.ofTenant({ messageId: id }), ...within(context.transaction) });
      await this.adjust(context, message.conversationId, {
        inputTokens: (inputTokens ?? 0) - (message.inputTokens ?? 0),
        outputTokens: (outputTokens ?? 0) - (message.outputTokens ?? 0),
        bytes: Number(edited!.bytes),
      });
      const before = { content: message.content, metadata: message.metadata, status: message.status };
      const after = { content: edit.content, metadata, status: 'edited' };
      return { ...eventOf(message, ownerId), type: 'edited', before, after };
    });
    return { ...message, redacted };
  }

  /** Hides a message from every reader but `restore`; retention removes it for good after the grace period. */
  async softDelete(id: string): Promise<MessageRecord> {
    return this.change(id, async ({ message, ownerId }, context) => {
      if (message.status === 'deleted') return null;
      const before = { status: message.status };
      await new CorpusChanges(context).forget('message', [id]);
      await message.update({ status: 'deleted', deletedAt: context.clock() }, within(context.transaction));
      await this.adjust(context, message.conversationId, { messages: -1 });
      return { ...eventOf(message, ownerId), type: 'deleted', before, after: { status: 'deleted' } };
    });
  }

  async restore(id: string): Promise<MessageRecord> {
    return this.change(id, async ({ message, ownerId }, context, admit) => {
      if (message.status !== 'deleted') return null;
      await admit({ messages: 1, bytes: 0 });
      const status = message.editedAt === null ? 'sent' : 'edited';
      await message.update({ status, deletedAt: null }, within(context.transaction));
      await new CorpusChanges(context).count('message', [id], ownerId);
      await this.adjust(context, message.conversationId, { messages: 1 });
      return { ...eventOf(message, ownerId), type: 'restored', before: { status: 'deleted' }, after: { status } };
    });
  }

  /** Removes a message for good, its content in earlier events too; one event without content stays. */
  async purge(id: string): Promise<{ conversationId: string; seq: number; eventsScrubbed: number }> {
    return this.atomically(async (context) => {
      const { message, ownerId, legalHold } = await this.locked(id, context);
      if (legalHold) {
        throw new AppError('conflict', `Conversation ${message.conversationId} is under legal hold; nothing of it can be removed.`, {
          hint: 'Lift the hold first with update_conversation (legal_hold: false).',
        });
      }
      const events = new EventRepository(context);
      const eventsScrubbed = await events.scrub(message.conversationId, id);
      await new CorpusChanges(context).forget('message', [id]);
      const [taken] = await context.db.query<{ bytes: string }>(measureMessage, [this.tenantId, id], context.transaction);
      await message.destroy(within(context.transaction));
      await context.db.query(removeAttached, [this.tenantId, [id]], context.transaction);
      await this.adjust(context, message.conversationId, {
        messages: message.status === 'deleted' ? 0 : -1,
        inputTokens: -(message.inputTokens ?? 0),
        outputTokens: -(message.outputTokens ?? 0),
        bytes: -Number(taken!.bytes),
      });
      await events.record({ ...eventOf(message, ownerId), type: 'purged', after: { seq: message.seq } });
      return { conversationId: message.conversationId, seq: message.seq, eventsScrubbed };
    });
  }

  /** Makes one change and records the event it answers with; no event means that nothing had to change. */
  private async change(
    id: string,
    make: (locked: Locked, context: Context, admit: Admit) => Promise<NewEvent | null>,
  ): Promise<MessageRecord> {
    const { quotas } = this.context;
    const admission = quotas && new Admission(quotas);
    try {
      const changed = await this.atomically(async (context) => {
        admission?.undo();
        const event = await make(await this.locked(id, context), context, async (more) => admission?.ask(context, more));
        if (event) await new EventRepository(context).record(event);
        return new MessageRepository(context).get(id);
      });
      admission?.keep();
      return changed;
    } finally {
      admission?.undo();
    }
  }

  /** Locks the conversation first, as saving a turn does: two writers then never wait for each other in a circle. */
  private async locked(id: string, { transaction }: Context): Promise<Locked> {
    const { Conversation, Message } = this.context.models;
    const lock = transaction ? { transaction, lock: transaction.LOCK.UPDATE } : {};
    const found = await Message.findOne({ where: this.ofTenant({ id }), ...within(transaction) });
    if (!found) throw missing(id);
    const conversation = await Conversation.findOne({ where: this.ofUser({ id: found.conversationId }), ...lock });
    const message = conversation && (await Message.findOne({ where: this.ofTenant({ id }), ...lock }));
    if (!conversation || !message) throw missing(id);
    return { message, ownerId: conversation.userId, legalHold: conversation.legalHold };
  }

  private async adjust(
    context: Context,
    conversationId: string,
    by: { messages?: number; inputTokens?: number; outputTokens?: number; bytes?: number },
  ): Promise<void> {
    const { messages = 0, inputTokens = 0, outputTokens = 0, bytes = 0 } = by;
    const values = [this.tenantId, conversationId, messages, inputTokens, outputTokens, context.clock(), bytes];
    await context.db.query(adjustCounters, values, context.transaction);
  }
}

const missing = (id: string) => notFound('message', id, 'load_history and search_messages show the ids you can use.');
const within = (transaction: Transaction | undefined) => (transaction ? { transaction } : {});
const eventOf = (message: Message, ownerId: string | null) => ({ conversationId: message.conversationId, messageId: message.id, ownerId });
