import type { z } from 'zod';
import type { AssetRecord, ConversationRecord, MessageRecord } from '../repository/records.js';
import type { assetView, conversationView, messageView } from './schemas.js';

const time = (moment: Date | null): string | undefined => moment?.toISOString();
const filled = (object: Record<string, unknown>): Record<string, unknown> | undefined =>
  Object.keys(object).length > 0 ? object : undefined;

/** Leaves out what is not there: an answer costs the reader tokens, and an absent field says the same as a null one. */
function present<T extends object>(view: T): { [K in keyof T]: Exclude<T[K], null | undefined> } {
  return Object.fromEntries(Object.entries(view).filter(([, value]) => value !== null && value !== undefined)) as never;
}

export const viewAsset = (asset: AssetRecord): z.output<typeof assetView> =>
  present({
    id: asset.id,
    name: asset.name,
    mime_type: asset.mimeType,
    size: asset.size,
    uri: asset.uri ?? `memory://assets/${asset.id}`,
  }) as z.output<typeof assetView>;

/** Picks fields by name: a new column stays private until someone adds it here. */
export const viewMessage = (message: MessageRecord): z.output<typeof messageView> =>
  present({
    id: message.id,
    conversation_id: message.conversationId,
    seq: message.seq,
    turn: message.turn,
    role: message.role,
    type: message.type,
    status: message.status,
    author: message.author,
    user: message.user,
    content: message.content,
    tool_calls: message.toolCalls,
    tool_results: message.toolResults,
    input_tokens: message.inputTokens,
    output_tokens: message.outputTokens,
    client_message_id: message.clientMessageId,
    metadata: filled(message.metadata),
    attachments: message.assets?.map(viewAsset),
    created_at: message.createdAt.toISOString(),
    edited_at: time(message.editedAt),
    deleted_at: time(message.deletedAt),
  }) as z.output<typeof messageView>;

export const viewConversation = (conversation: ConversationRecord): z.output<typeof conversationView> =>
  present({
    id: conversation.id,
    conversation_key: conversation.conversationKey,
    user: conversation.user,
    device: conversation.device,
    session: conversation.session,
    platform: conversation.platform,
    chat_id: conversation.chatId,
    title: conversation.title,
    topic: conversation.topic,
    summary: conversation.summary,
    current_goal: conversation.currentGoal,
    status: conversation.status,
    message_count: conversation.messageCount,
    input_tokens: conversation.inputTokens,
    output_tokens: conversation.outputTokens,
    metadata: filled(conversation.metadata),
    legal_hold: conversation.legalHold,
    started_at: conversation.startedAt.toISOString(),
    last_activity_at: conversation.lastActivityAt.toISOString(),
    ended_at: time(conversation.endedAt),
    archived_at: time(conversation.archivedAt),
  }) as z.output<typeof conversationView>;
