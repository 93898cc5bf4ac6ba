import { notFound } from '../errors.js';
import { tokensOf } from '../tokens.js';
import { Repository } from './context.js';
import type { ConversationRecord, MessageRecord, MessageRole } from './records.js';
import { loadHistory, MAX_PAGE } from './sql/load-history.js';

/** A page whose length nobody chose must not flood a context. */
const STANDARD_BYTES = 64 * 1024;

export type HistoryQuery = {
  conversationId?: string | undefined;
  conversationKey?: string | undefined;
  /** At most one of the next three; none means the newest messages. */
  beforeSeq?: number | undefined;
  afterSeq?: number | undefined;
  aroundMessageId?: string | undefined;
  limit: number;
  maxTurns?: number | undefined;
  maxTokens?: number | undefined;
  /** Above this many bytes of messages the page ends early, so that no answer floods its reader; one message always fits. */
  maxBytes?: number | undefined;
  roles?: MessageRole[] | undefined;
  includeDeleted?: boolean | undefined;
};

export type HistoryPage = {
  conversation: ConversationRecord;
  messages: MessageRecord[];
  hasMoreBefore: boolean;
  hasMoreAfter: boolean;
  totalTokens: number;
  /** Messages of the page left out because of `maxTokens` or the size of an answer. */
  dropped: number;
};

type Row = MessageRecord & { conversation: ConversationRecord | null; anchorSeq: number | null };

/** The read path of transcripts. */
export class HistoryRepository extends Repository {
  async page(query: HistoryQuery): Promise<HistoryPage> {
    const limit = Math.min(query.limit, MAX_PAGE);
    const around = query.aroundMessageId !== undefined;
    const forward = query.afterSeq !== undefined;
    // One row more than wanted on each side tells whether there is a further page.
    const before = forward ? 1 : around ? Math.floor(limit / 2) + 1 : limit + 1;
    const after = forward ? limit + 1 : around ? Math.ceil(limit / 2) + 1 : query.beforeSeq === undefined ? 0 : 1;
    const rows = await this.context.db.query<Row>(
      loadHistory,
      [
        this.tenantId,
        this.userId,
        query.conversationId ?? null,
        query.conversationKey ?? null,
        query.beforeSeq ?? null,
        query.afterSeq ?? null,
        query.aroundMessageId ?? null,
        before,
        after,
        query.roles ?? null,
        query.includeDeleted ?? false,
      ],
      this.context.transaction,
    );
    const header = rows[0]?.conversation;
    if (!header) {
      throw query.conversationId === undefined
        ? notFound(
            'conversation with key',
            JSON.stringify(query.conversationKey),
            'save_turn with that conversation_key starts it; list_conversations shows what there is.',
          )
        : notFound('conversation', query.conversationId, 'Call list_conversations for the ids you can read.');
    }
    const anchor = rows[0]?.anchorSeq ?? null;
    if (around && anchor === null) {
      throw notFound('message', query.aroundMessageId ?? '', `It is not in conversation ${header.id}; search_messages finds ids.`);
    }
    const conversation = reviveConversation(header);
    const place = query.beforeSeq ?? (query.afterSeq === undefined ? anchor : query.afterSeq + 1) ?? Number.POSITIVE_INFINITY;
    const older = rows.filter((row) => row.id !== null && row.seq < place);
    const newer = rows.filter((row) => row.id !== null && row.seq >= place);
    const page = forward ? { older: [], newer: newer.slice(0, limit) } : pageAround({ older, newer }, before - 1, around ? after - 1 : 0);
    const kept = within(page, forward ? 'oldest' : around ? 'middle' : 'newest', query, anchor);
    const messages = kept.map(({ conversation: _, anchorSeq: __, ...message }) => message);
    return {
      conversation,
      messages,
      hasMoreBefore: lowest(rows) < (messages[0]?.seq ?? place),
      hasMoreAfter: highest(rows) > (messages.at(-1)?.seq ?? place - 1),
      totalTokens: messages.reduce((sum, message) => sum + tokensOf(message), 0),
      dropped: page.older.length + page.newer.length - messages.length,
    };
  }
}

type Sides = { older: Row[]; newer: Row[] };

const pageAround = ({ older, newer }: Sides, before: number, after: number): Sides => ({
  older: older.slice(Math.max(0, older.length - before)),
  newer: newer.slice(0, after),
});

const lowest = (rows: Row[]): number => rows.find((row) => row.id !== null)?.seq ?? Number.POSITIVE_INFINITY;
const highest = (rows: Row[]): number => rows.findLast((row) => row.id !== null)?.seq ?? Number.NEGATIVE_INFINITY;

/** The part of a page that fits the reader: taken from the side the reader stands on, without a hole. */
function within({ older, newer }: Sides, from: 'newest' | 'oldest' | 'middle', query: HistoryQuery, anchor: number | null): Row[] {
  const page = [...older, ...newer];
  const order =
    from === 'newest'
      ? page.toReversed()
      : from === 'oldest'
        ? page
        : page.toSorted((a, b) => Math.abs(a.seq - anchor!) - Math.abs(b.seq - anchor!));
  const firstTurn = order[0]?.turn ?? 0;
  const reach = from === 'middle' ? Math.floor((query.maxTurns ?? 0) / 2) : (query.maxTurns ?? 0) - 1;
  const kept = new Set<Row>();
  let tokens = 0;
  let bytes = 0;
  for (const row of order) {
    if (query.maxTurns !== undefined && Math.abs(row.turn - firstTurn) > reach) break;
    tokens += tokensOf(row);
    bytes += Buffer.byteLength(JSON.stringify(row));
    if (query.maxTokens !== undefined && tokens > query.maxTokens) break;
    if (bytes > (query.maxBytes ?? STANDARD_BYTES) && kept.size > 0) break;
    kept.add(row);
  }
  return page.filter((row) => kept.has(row));
}

/** Times inside a jsonb header arrive as text. */
const reviveConversation = (row: ConversationRecord): ConversationRecord => ({
  ...row,
  startedAt: new Date(row.startedAt),
  lastActivityAt: new Date(row.lastActivityAt),
  endedAt: row.endedAt && new Date(row.endedAt),
  archivedAt: row.archivedAt && new Date(row.archivedAt),
});
