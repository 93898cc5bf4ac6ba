import { notFound } from '../errors.js';
import { Repository } from './context.js';
import { type HistoryRow, type PagedMessage, readHeader, readMessage } from './history-rows.js';
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

/** The read path of transcripts. */
export class HistoryRepository extends Repository {
  async page(query: HistoryQuery): Promise<HistoryPage> {
    const limit = Math.min(query.limit, MAX_PAGE);
    const around = query.aroundMessageId !== undefined;
    const forward = query.afterSeq !== undefined;
    // One row more than wanted on each side tells whether there is a further page.
    const before = forward ? 1 : around ? Math.floor(limit / 2) + 1 : limit + 1;
    const after = forward ? limit + 1 : around ? Math.ceil(limit / 2) + 1 : query.beforeSeq === undefined ? 0 : 1;
    const rows = await this.context.db.query<HistoryRow>(
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
    const found = rows.find(({ header }) => header !== null)?.header;
    if (!found) {
      throw query.conversationId === undefined
        ? notFound(
            'conversation with key',
            JSON.stringify(query.conversationKey),
            'save_turn with that conversation_key starts it; list_conversations shows what there is.',
          )
        : notFound('conversation', query.conversationId, 'Call list_conversations for the ids you can read.');
    }
    const { conversation, anchorSeq: anchor } = readHeader(found);
    if (around && anchor === null) {
      throw notFound('message', query.aroundMessageId ?? '', `It is not in conversation ${conversation.id}; search_messages finds ids.`);
    }
    const read = rows.flatMap(({ message }) => (message === null ? [] : [readMessage(message, conversation.id)])).sort(bySeq);
    const place = query.beforeSeq ?? (query.afterSeq === undefined ? anchor : query.afterSeq + 1) ?? Number.POSITIVE_INFINITY;
    const older = read.filter(({ record }) => record.seq < place);
    const newer = read.slice(older.length);
    const page = forward ? { older: [], newer: newer.slice(0, limit) } : pageAround({ older, newer }, before - 1, around ? after - 1 : 0);
    const kept = within(page, forward ? 'oldest' : around ? 'middle' : 'newest', query, anchor);
    const messages = kept.map(({ record }) => record);
    return {
      conversation,
      messages,
      hasMoreBefore: (read[0]?.record.seq ?? Number.POSITIVE_INFINITY) < (messages[0]?.seq ?? place),
      hasMoreAfter: (read.at(-1)?.record.seq ?? Number.NEGATIVE_INFINITY) > (messages.at(-1)?.seq ?? place - 1),
      totalTokens: kept.reduce((sum, { tokens }) => sum + tokens, 0),
      dropped: page.older.length + page.newer.length - messages.length,
    };
  }
}

type Sides = { older: PagedMessage[]; newer: PagedMessage[] };

const bySeq = (a: PagedMessage, b: PagedMessage): number => a.record.seq - b.record.seq;

const pageAround = ({ older, newer }: Sides, before: number, after: number): Sides => ({
  older: older.slice(Math.max(0, older.length - before)),
  newer: newer.slice(0, after),
});

/** The part of a page that fits the reader: taken from the side the reader stands on, without a hole. */
function within({ older, newer }: Sides, from: 'newest' | 'oldest' | 'middle', query: HistoryQuery, anchor: number | null): PagedMessage[] {
  const page = [...older, ...newer];
  const order =
    from === 'newest'
      ? page.toReversed()
      : from === 'oldest'
        ? page
        : page.toSorted((a, b) => Math.abs(a.record.seq - anchor!) - Math.abs(b.record.seq - anchor!));
  const firstTurn = order[0]?.record.turn ?? 0;
  const reach = Math.floor((query.maxTurns ?? 0) / 2);
  // Turns are counted where they are shown: those that were deleted leave a gap in their numbers.
  const turns = new Set<number>();
  let kept = 0;
  let allTokens = 0;
  let allBytes = 0;
  for (const { record, tokens, bytes } of order) {
    turns.add(record.turn);
    if (query.maxTurns !== undefined && (from === 'middle' ? Math.abs(record.turn - firstTurn) > reach : turns.size > query.maxTurns))
      break;
    allTokens += tokens;
    allBytes += bytes;
    if (query.maxTokens !== undefined && allTokens > query.maxTokens) break;
    if (allBytes > (query.maxBytes ?? STANDARD_BYTES) && kept > 0) break;
    kept += 1;
  }
  return kept === page.length ? page : order.slice(0, kept).sort(bySeq);
}
