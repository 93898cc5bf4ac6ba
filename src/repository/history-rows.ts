import { tokensOf } from '../tokens.js';
import type { ConversationRecord, MessageRecord } from './records.js';
import { FIELD_END } from './sql/load-history.js';

/** What a page of history is read from: one row with a header, the others with a message each. */
export type HistoryRow = { header: string | null; anchor: number | null; line: string | null };

/** A message of a page, with what it takes of its reader. */
export type PagedMessage = { record: MessageRecord; tokens: number; line: string };

/** In the order in which the statement gives them. */
type HeaderFields = [
  id: string,
  conversationKey: string | null,
  user: string | null,
  device: string | null,
  session: string | null,
  platform: string | null,
  chatId: string | null,
  title: string | null,
  topic: string | null,
  summary: string | null,
  currentGoal: ConversationRecord['currentGoal'],
  status: ConversationRecord['status'],
  messageCount: number,
  lastSeq: number,
  inputTokens: number,
  outputTokens: number,
  metadata: ConversationRecord['metadata'],
  legalHold: boolean,
  startedAt: string,
  lastActivityAt: string,
  endedAt: string | null,
  archivedAt: string | null,
];

/** What few messages have, in the order in which the statement gives it. */
type RareFields = [
  type: string,
  status: MessageRecord['status'],
  author: string | null,
  user: string | null,
  /** Null where the text is all of it. */
  content: MessageRecord['content'] | null,
  toolCalls: MessageRecord['toolCalls'],
  toolResults: MessageRecord['toolResults'],
  clientMessageId: string | null,
  metadata: MessageRecord['metadata'],
  editedAt: string | null,
  deletedAt: string | null,
  assets: MessageRecord['assets'],
];

/** What the names of the fields take in an answer, about: they are not in what is read. */
const FRAME_BYTES = 400;
/** A character takes at most so many bytes in JSON. */
const MOST_BYTES = 6;
/** Fields before the text. */
const FIELDS = 8;

/** Times inside JSON arrive as text. */
const time = (text: string | null): Date | null => (text === null ? null : new Date(text));

/** Seconds with microseconds, cut to what a Date can hold. */
const moment = (seconds: string): Date => new Date(Math.floor(Math.round(Number(seconds) * 1_000_000) / 1_000));

const count = (text: string): number | null => (text === '' ? null : Number(text));

/** What a message is of which the statement says nothing rare; `user` is the conversation's. */
const plain = (user: string | null): RareFields => ['text', 'sent', null, user, null, null, null, null, {}, null, null, null];

export function readHeader(text: string): ConversationRecord {
  const fields = JSON.parse(text) as HeaderFields;
  const [id, conversationKey, user, device, session, platform, chatId, title, topic, summary, currentGoal, status, messageCount] = fields;
  return {
    id,
    conversationKey,
    user,
    device,
    session,
    platform,
    chatId,
    title,
    topic,
    summary,
    currentGoal,
    status,
    messageCount,
    lastSeq: fields[13],
    inputTokens: fields[14],
    outputTokens: fields[15],
    metadata: fields[16],
    legalHold: fields[17],
    startedAt: new Date(fields[18]),
    lastActivityAt: new Date(fields[19]),
    endedAt: time(fields[20]),
    archivedAt: time(fields[21]),
  };
}

export function readMessage(line: string, { id: conversationId, user }: ConversationRecord): PagedMessage {
  const fields: string[] = [];
  let from = 0;
  while (fields.length < FIELDS) {
    const to = line.indexOf(FIELD_END, from);
    fields.push(line.slice(from, to));
    from = to + 1;
  }
  const text = line.slice(from);
  const [id, seq, turn, role, createdAt, inputTokens, outputTokens, more] = fields as [
    string,
    string,
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  const rare = more === '' ? plain(user) : (JSON.parse(more) as RareFields);
  const record: MessageRecord = {
    id,
    conversationId,
    seq: Number(seq),
    turn: Number(turn),
    role: role as MessageRecord['role'],
    type: rare[0],
    status: rare[1],
    author: rare[2],
    user: rare[3],
    content: rare[4] ?? text,
    text,
    toolCalls: rare[5],
    toolResults: rare[6],
    inputTokens: count(inputTokens),
    outputTokens: count(outputTokens),
    clientMessageId: rare[7],
    metadata: rare[8],
    createdAt: moment(createdAt),
    editedAt: time(rare[9]),
    deletedAt: time(rare[10]),
    assets: rare[11],
  };
  return { record, tokens: tokensOf(record), line };
}

/** Bytes of a message in an answer, about, and never less than what its text takes there. */
export const bytesOf = ({ line, record }: PagedMessage): number =>
  FRAME_BYTES + Buffer.byteLength(line) - Buffer.byteLength(record.text) + Buffer.byteLength(JSON.stringify(record.text));

/** Whether messages take no more than `bytes`, told by their lengths alone: false says nothing. */
export const surelyFit = (messages: readonly PagedMessage[], bytes: number): boolean => {
  let most = 0;
  for (const { line } of messages) most += FRAME_BYTES + MOST_BYTES * line.length;
  return most <= bytes;
};
