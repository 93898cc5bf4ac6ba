import { createHash } from 'node:crypto';
import { AppError, invalidInput, notFound } from '../errors.js';
import { newId } from '../ids.js';
import type { Redacted } from '../redaction/redaction.js';
import { estimateTokens } from '../tokens.js';
import { contentText } from './content.js';
import { Repository } from './context.js';
import { takesAsset } from './limits.js';
import { assertMessageSize } from './quotas/message-size.js';
import type { Content, JsonObject, MessageRole } from './records.js';
import { redactTurn } from './redact.js';
import { saveTurn } from './sql/save-turn.js';

export type NewAsset = { name: string; mimeType: string; uri?: string | undefined; data?: Buffer | undefined };

export type NewMessage = {
  role: MessageRole;
  content: Content;
  author?: string | undefined;
  type?: string | undefined;
  clientMessageId?: string | undefined;
  toolCalls?: JsonObject[] | undefined;
  toolResults?: JsonObject[] | undefined;
  inputTokens?: number | undefined;
  outputTokens?: number | undefined;
  metadata?: JsonObject | undefined;
  createdAt?: Date | undefined;
  assets?: NewAsset[] | undefined;
  embedding?: { provider?: string | undefined; model: string; values: number[] } | undefined;
};

export type NewTurn = {
  conversationId?: string | undefined;
  conversationKey?: string | undefined;
  user?: string | undefined;
  device?: string | undefined;
  session?: string | undefined;
  platform?: string | undefined;
  chatId?: string | undefined;
  title?: string | undefined;
  topic?: string | undefined;
  metadata?: JsonObject | undefined;
  messages: NewMessage[];
};

export type TurnReceipt = {
  conversationId: string;
  created: boolean;
  messageCount: number;
  totalTokens: number;
  messages: { id: string; seq: number; createdAt: Date; deduplicated: boolean }[];
  /** What was taken out before it was stored. */
  redacted?: Redacted[] | undefined;
};

type Row = Omit<TurnReceipt, 'messages' | 'redacted'> & TurnReceipt['messages'][number];

const ATTEMPTS = 3;

/** The write path of transcripts: a turn is saved whole or not at all, in one statement. */
export class TurnRepository extends Repository {
  async save(given: NewTurn): Promise<TurnReceipt> {
    const { clean: turn, redacted } = redactTurn(given, this.context.redact);
    this.check(turn);
    const now = this.context.clock();
    const messages = turn.messages.map((message) => ({ id: newId(), message }));
    const values = [
      this.tenantId,
      this.userId,
      now,
      this.actor,
      newId(),
      turn.conversationId ?? null,
      turn.conversationId === undefined ? (turn.conversationKey ?? null) : null,
      JSON.stringify(header(turn)),
      JSON.stringify(messages.map(({ id, message }, at) => ({ ord: at + 1, id, ...messageRow(message, now) }))),
      JSON.stringify(messages.flatMap(({ id, message }) => (message.assets ?? []).map((asset) => assetRow(id, asset)))),
      JSON.stringify(messages.flatMap(({ id, message }) => (message.embedding ? [vectorRow(id, message.embedding)] : []))),
    ];
    const rows = await this.withinQuotas(turn, () => this.write(values, turn.conversationId === undefined));
    const first = rows[0];
    if (!first) throw await this.refusal(turn);
    return {
      conversationId: first.conversationId,
      created: first.created,
      messageCount: first.messageCount,
      totalTokens: first.totalTokens,
      messages: rows.map(({ id, seq, createdAt, deduplicated }) => ({ id, seq, createdAt, deduplicated })),
      redacted,
    };
  }

  /** By a key again when its conversation was ended at that very moment, as retention may do: the next look finds none and starts one. */
  private async write(values: readonly unknown[], byKey: boolean): Promise<Row[]> {
    let rows: Row[] = [];
    for (let attempt = 0; rows.length === 0 && attempt < (byKey ? ATTEMPTS : 1); attempt += 1)
      rows = await this.context.db.query<Row>(saveTurn, values, this.context.transaction);
    return rows;
  }

  /** Writes when there is room for it and counts what was written, where anything limits the tenant at all. */
  private async withinQuotas(turn: NewTurn, write: () => Promise<Row[]>): Promise<Row[]> {
    const { quotas } = this.context;
    if (!quotas) return write();
    const asked = { messages: turn.messages.length, bytes: 0 };
    const { max_bytes, token_budget_refuse } = await quotas.policy(this.context);
    if (max_bytes !== null) asked.bytes = turn.messages.reduce((sum, message) => sum + bytesOf(message), 0);
    if (token_budget_refuse !== null)
      await quotas.spend(
        this.context,
        turn,
        turn.messages.reduce((sum, message) => sum + tokensOf(message), 0),
      );
    const settle = await quotas.admit(this.context, asked);
    let saved = 0;
    try {
      const rows = await write();
      saved = rows.filter(({ deduplicated }) => !deduplicated).length;
      return rows;
    } finally {
      settle({ messages: saved, bytes: (asked.bytes * saved) / asked.messages });
    }
  }

  private check(turn: NewTurn): void {
    this.assertUser(turn.user);
    const { limits } = this.context;
    const { maxAssetBytes } = limits;
    const seen = new Set<string>();
    turn.messages.forEach((message, at) => {
      assertMessageSize(
        `messages[${at}]`,
        [message.content, message.toolCalls, message.toolResults, message.metadata],
        this.context.limits,
      );
      for (const asset of message.assets ?? []) {
        if (!takesAsset(limits, asset.mimeType)) {
          throw invalidInput(
            `Attachment ${JSON.stringify(asset.name)} of messages[${at}] is ${JSON.stringify(asset.mimeType.slice(0, 100))}, which is not taken. Nothing was saved.`,
            `Taken are: ${limits.assetTypes?.join(', ')}. The operator can change RECOLLECT_ASSET_TYPES.`,
          );
        }
        if ((asset.data?.length ?? 0) > maxAssetBytes) {
          throw invalidInput(
            `Attachment ${JSON.stringify(asset.name)} of messages[${at}] has ${asset.data?.length} bytes; the limit is ${maxAssetBytes}. Nothing was saved.`,
            'Give a `uri` to it instead of `data`. The operator can raise RECOLLECT_MAX_ASSET_BYTES.',
          );
        }
      }
      if (message.clientMessageId === undefined) return;
      if (seen.has(message.clientMessageId)) {
        throw invalidInput(
          `messages[${at}].client_message_id ${JSON.stringify(message.clientMessageId)} appears twice in this call. Nothing was saved.`,
        );
      }
      seen.add(message.clientMessageId);
    });
  }

  /** Why the statement found no conversation to write to. */
  private async refusal(turn: NewTurn): Promise<AppError> {
    const { Conversation } = this.context.models;
    const id = turn.conversationId;
    if (id === undefined)
      return new AppError('conflict', 'The conversation was closed at this very moment. Nothing was saved.', {
        hint: 'Call save_turn again.',
      });
    const found = await Conversation.findOne({ where: this.ofUser({ id }), ...this.tx });
    if (!found)
      return notFound(
        'conversation',
        id,
        'Nothing was saved. Call list_conversations for the ids you can write to, or leave conversation_id out to start one.',
      );
    if (found.status === 'archived') {
      return new AppError('conflict', `Conversation ${id} is archived. Nothing was saved.`, {
        hint: 'Reopen it first with update_conversation (status: "active"), or start a new one by leaving conversation_id out.',
      });
    }
    return new AppError(
      'conflict',
      `Conversation ${id} has ended, and another one with its conversation_key is active. Nothing was saved.`,
      {
        hint: 'Save by conversation_key to go on with the active one, or end that one first.',
      },
    );
  }
}

const header = (turn: NewTurn) => ({
  user: turn.user,
  user_id: newId(),
  device: turn.device,
  device_id: newId(),
  session: turn.session,
  session_id: newId(),
  platform: turn.platform,
  chat_id: turn.chatId,
  title: turn.title,
  topic: turn.topic,
  metadata: turn.metadata,
});

const messageRow = (message: NewMessage, now: Date) => ({
  role: message.role,
  type: message.type ?? typeOf(message),
  author: message.author,
  content: message.content,
  text: contentText(message.content),
  tool_calls: message.toolCalls,
  tool_results: message.toolResults,
  input_tokens: message.inputTokens,
  output_tokens: message.outputTokens,
  client_message_id: message.clientMessageId,
  metadata: message.metadata ?? {},
  created_at: message.createdAt ?? now,
  asset_count: message.assets?.length ?? 0,
  asset_bytes: (message.assets ?? []).reduce((sum, { data }) => sum + (data?.length ?? 0), 0),
});

/** Nearly what the database makes of it: how it writes JSON differs in blanks. */
const bytesOf = ({ content, toolCalls, toolResults, metadata = {}, assets = [] }: NewMessage): number =>
  [content, toolCalls, toolResults, metadata].reduce<number>(
    (sum, part) => sum + (part === undefined ? 0 : Buffer.byteLength(JSON.stringify(part))),
    assets.reduce((sum, { data }) => sum + (data?.length ?? 0), 0),
  );

/** As the budget counts it: what was given, else the usual estimate. */
const tokensOf = ({ content, inputTokens, outputTokens }: NewMessage): number =>
  inputTokens === undefined && outputTokens === undefined
    ? 4 + estimateTokens(contentText(content))
    : (inputTokens ?? 0) + (outputTokens ?? 0);

const typeOf = ({ toolCalls, toolResults }: NewMessage): string =>
  toolResults?.length ? 'tool_result' : toolCalls?.length ? 'tool_call' : 'text';

const assetRow = (messageId: string, { name, mimeType, uri, data }: NewAsset) => ({
  id: newId(),
  message_id: messageId,
  name,
  mime_type: mimeType,
  uri,
  size: data?.length,
  sha256: data && createHash('sha256').update(data).digest('hex'),
  data: data?.toString('base64'),
});

const vectorRow = (messageId: string, { provider = 'client', model, values }: NonNullable<NewMessage['embedding']>) => ({
  id: newId(),
  message_id: messageId,
  provider,
  model,
  values,
});
