import type { ConversationStatus } from '../models/conversation.js';
import type { JsonObject } from '../models/json.js';
import type { MessageRole } from '../models/message.js';

export type { ConversationStatus, JsonObject, MessageRole };

export const MESSAGE_ROLES = ['user', 'assistant', 'system', 'tool'] as const satisfies readonly MessageRole[];

export const CONVERSATION_STATUSES = [
  'active',
  'inactive_timeout',
  'inactive_user_terminated',
  'inactive_system_terminated',
  'archived',
] as const satisfies readonly ConversationStatus[];

export type ContentPart = JsonObject & { type: string };
export type Content = string | ContentPart[];

// Records are rows as the repositories hand them out: the columns of a model, with the external names of what the row points to.

export type ConversationRecord = {
  id: string;
  conversationKey: string | null;
  user: string | null;
  device: string | null;
  session: string | null;
  platform: string | null;
  chatId: string | null;
  title: string | null;
  topic: string | null;
  summary: string | null;
  currentGoal: JsonObject | null;
  status: ConversationStatus;
  messageCount: number;
  lastSeq: number;
  inputTokens: number;
  outputTokens: number;
  metadata: JsonObject;
  legalHold: boolean;
  startedAt: Date;
  lastActivityAt: Date;
  endedAt: Date | null;
  archivedAt: Date | null;
};

export type AssetRecord = { id: string; name: string; mimeType: string; size: number | null; uri: string | null };

export type MessageRecord = {
  id: string;
  conversationId: string;
  seq: number;
  turn: number;
  role: MessageRole;
  type: string;
  status: 'sent' | 'edited' | 'deleted';
  author: string | null;
  user: string | null;
  content: Content;
  text: string;
  toolCalls: JsonObject[] | null;
  toolResults: JsonObject[] | null;
  inputTokens: number | null;
  outputTokens: number | null;
  clientMessageId: string | null;
  metadata: JsonObject;
  createdAt: Date;
  editedAt: Date | null;
  deletedAt: Date | null;
  assets: AssetRecord[] | null;
};
