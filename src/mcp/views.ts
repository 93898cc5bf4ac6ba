import type { z } from 'zod';
import type { AccountRecord } from '../repository/accounts/account-records.js';
import type { MemoryRecord } from '../repository/memories/memory-records.js';
import type { RecallHit } from '../repository/recall/recall-records.js';
import type { AssetRecord, ConversationRecord, MessageRecord } from '../repository/records.js';
import type { TaskRecord } from '../repository/tasks.js';
import type { UserRecord } from '../repository/users.js';
import { accountView as shownAccount } from '../services/accounts/account-view.js';
import type { accountView, assetView, conversationView, memoryView, messageView, taskView, userView } from './schemas.js';

const time = (moment: Date | null): string | undefined => moment?.toISOString();
const filled = (object: Record<string, unknown>): Record<string, unknown> | undefined =>
  Object.keys(object).length > 0 ? object : undefined;

/** Leaves out what is not there: an answer costs the reader tokens, and an absent field says the same as a null one. */
function present<T extends object>(view: T): { [K in keyof T]: Exclude<T[K], null | undefined> } {
  const shown: Record<string, unknown> = {};
  // Half the time that its entries would take.
  for (const key in view) {
    const value = view[key];
    if (value !== null && value !== undefined) shown[key] = value;
  }
  return shown as never;
}

const viewAsset = (asset: AssetRecord): z.output<typeof assetView> =>
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

export const viewUser = (user: UserRecord): z.output<typeof userView> =>
  present({
    external_id: user.externalId,
    display_name: user.displayName,
    username: user.username,
    email: user.email,
    profile: user.profile,
    documents: user.documents,
    metadata: filled(user.metadata),
    last_seen_at: time(user.lastSeenAt),
    created_at: user.createdAt.toISOString(),
    updated_at: user.updatedAt.toISOString(),
  }) as z.output<typeof userView>;

export const viewTask = (task: TaskRecord): z.output<typeof taskView> =>
  present({
    id: task.id,
    title: task.title,
    details: task.details,
    status: task.status,
    due_at: time(task.dueAt),
    user: task.user,
    conversation_id: task.conversationId,
    message_id: task.messageId,
    metadata: filled(task.metadata),
    created_at: task.createdAt.toISOString(),
    updated_at: task.updatedAt.toISOString(),
  }) as z.output<typeof taskView>;

export const viewMemory = (memory: MemoryRecord): z.output<typeof memoryView> =>
  present({
    id: memory.id,
    kind: memory.kind,
    title: memory.title,
    content: memory.content,
    tags: memory.tags.length > 0 ? memory.tags : undefined,
    // Stored as a 4-byte real: 0.8 comes back with digits that nobody wrote.
    importance: rounded(memory.importance),
    source: memory.source,
    confidence: memory.confidence === null ? null : rounded(memory.confidence),
    user: memory.user,
    conversation_id: memory.conversationId,
    message_ids: memory.messageIds.length > 0 ? memory.messageIds : undefined,
    occurred_at: time(memory.occurredAt),
    valid_from: time(memory.validFrom),
    valid_to: time(memory.validTo),
    expires_at: time(memory.expiresAt),
    supersedes: memory.supersedesId,
    superseded_by: memory.supersededById,
    client_id: memory.clientId,
    metadata: filled(memory.metadata),
    created_at: memory.createdAt.toISOString(),
    updated_at: memory.updatedAt.toISOString(),
    deleted_at: time(memory.deletedAt),
  }) as z.output<typeof memoryView>;

const rounded = (value: number): number => Number(value.toPrecision(6));

export const viewAccount = (account: AccountRecord): z.output<typeof accountView> =>
  present(shownAccount(account)) as z.output<typeof accountView>;

/** What a score is made of, under the names that answers give it. */
const WHY: Readonly<Record<string, string>> = { words: 'text_rank', dense: 'vector_rank' };

export const viewRecalled = (hit: RecallHit, explain: boolean) =>
  present({
    source: hit.source,
    id: hit.id,
    text: hit.text,
    truncated: hit.truncated || null,
    score: rounded(hit.score),
    occurred_at: hit.occurredAt.toISOString(),
    conversation_id: hit.conversationId,
    message_ids: hit.messageIds?.length ? hit.messageIds : null,
    seq: hit.seq,
    role: hit.role,
    author: hit.author,
    user: hit.user,
    kind: hit.kind,
    title: hit.title,
    tags: hit.tags?.length ? hit.tags : null,
    importance: hit.importance,
    valid_from: time(hit.validFrom),
    valid_to: time(hit.validTo),
    superseded_by: hit.supersededById,
    why: explain ? Object.fromEntries(Object.entries(hit.parts).map(([part, value]) => [WHY[part] ?? part, rounded(value)])) : null,
  });
