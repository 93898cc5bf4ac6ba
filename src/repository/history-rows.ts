import { tokensOf } from '../tokens.js';
import type { ConversationRecord, MessageRecord } from './records.js';

/** What a page of history is read from: one row with a header, the others with a message each. */
export type HistoryRow = { header: string | null; message: string | null };

export type Header = { conversation: ConversationRecord; anchorSeq: number | null };

/** A message of a page, with what it takes of its reader. */
export type PagedMessage = { record: MessageRecord; tokens: number; bytes: number };

/** In the order in which the statement gives them. */
type MessageFields = [
  id: string,
  seq: number,
  turn: number,
  role: MessageRecord['role'],
  type: string,
  status: MessageRecord['status'],
  author: string | null,
  user: string | null,
  content: MessageRecord['content'],
  text: string | null,
  toolCalls: MessageRecord['toolCalls'],
  toolResults: MessageRecord['toolResults'],
  inputTokens: number | null,
  outputTokens: number | null,
  clientMessageId: string | null,
  metadata: MessageRecord['metadata'],
  createdAt: string,
  editedAt: string | null,
  deletedAt: string | null,
  assets: MessageRecord['assets'],
];

/** What the names of the fields take in an answer, about: they are not in what is read. */
const FRAME_BYTES = 300;

/** Times inside JSON arrive as text. */
const time = (text: string | null): Date | null => (text === null ? null : new Date(text));

export function readHeader(text: string): Header {
  const { userId: _, anchorSeq, ...row } = JSON.parse(text) as ConversationRecord & { userId: string | null; anchorSeq: number | null };
  const conversation = {
    ...row,
    startedAt: new Date(row.startedAt),
    lastActivityAt: new Date(row.lastActivityAt),
    endedAt: row.endedAt && new Date(row.endedAt),
    archivedAt: row.archivedAt && new Date(row.archivedAt),
  };
  return { conversation, anchorSeq };
}

export function readMessage(json: string, conversationId: string): PagedMessage {
  const fields = JSON.parse(json) as MessageFields;
  const [id, seq, turn, role, type, status, author, user, content, text, toolCalls, toolResults, inputTokens, outputTokens] = fields;
  const record: MessageRecord = {
    id,
    conversationId,
    seq,
    turn,
    role,
    type,
    status,
    author,
    user,
    content,
    text: text ?? (content as string),
    toolCalls,
    toolResults,
    inputTokens,
    outputTokens,
    clientMessageId: fields[14],
    metadata: fields[15],
    createdAt: new Date(fields[16]),
    editedAt: time(fields[17]),
    deletedAt: time(fields[18]),
    assets: fields[19],
  };
  return { record, tokens: tokensOf(record), bytes: FRAME_BYTES + Buffer.byteLength(json) };
}
