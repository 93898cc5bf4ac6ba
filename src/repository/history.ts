import { notFound } from '../errors.js';
import { Repository } from './context.js';
import { bytesOf, type HistoryRow, type PagedMessage, readHeader, readMessage, surelyFit } from './history-rows.js';
import type { ConversationRecord, MessageRecord, MessageRole } from './records.js';
import { loadAround, loadNewest, loadNewestByKey, MAX_PAGE } from './sql/load-history.js';

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
    const rows = await this.#rows(query, before, after);
    const found = rows.find(({ header }) => header !== null);
    if (!found?.header) {
      throw query.conversationId === undefined
        ? notFound(
            'conversation with key',
            JSON.stringify(query.conversationKey),
            'save_turn with that conversation_key starts it; list_conversations shows what there is.',
          )
        : notFound('conversation', query.conversationId, 'Call list_conversations for the ids you can read.');
    }
    const conversation = readHeader(found.header);
    const { anchor } = found;
    if (around && anchor === null) {
      throw notFound('message', query.aroundMessageId ?? '', `It is not in conversation ${conversation.id}; search_messages finds ids.`);
    }
    const read = rows.flatMap(({ line }) => (line === null ? [] : [readMessage(line, conversation)])).sort(bySeq);
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

  #rows(query: HistoryQuery, before: number, after: number): Promise<HistoryRow[]> {
    const { db, transaction } = this.context;
    const { conversationId = null, conversationKey = null, beforeSeq = null, afterSeq = null, aroundMessageId = null } = query;
    const readable = [query.roles ?? null, query.includeDeleted ?? false, before];
    if (beforeSeq === null && afterSeq === null && aroundMessageId === null) {
      const [statement, name] = conversationId === null ? [loadNewestByKey, conversationKey] : [loadNewest, conversationId];
      return db.query(statement, [this.tenantId, this.userId, name, ...readable], transaction);
    }
    const place = [after, beforeSeq, afterSeq, aroundMessageId, conversationKey];
    return db.query(loadAround, [this.tenantId, this.userId, conversationId, ...readable, ...place], transaction);
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
  const maxBytes = query.maxBytes ?? STANDARD_BYTES;
  const isCounted = !surelyFit(order, maxBytes);
  for (const message of order) {
    const { record, tokens } = message;
    if (query.maxTurns !== undefined) {
      turns.add(record.turn);
      if (from === 'middle' ? Math.abs(record.turn - firstTurn) > reach : turns.size > query.maxTurns) break;
    }
    allTokens += tokens;
    if (isCounted) allBytes += bytesOf(message);
    if (query.maxTokens !== undefined && allTokens > query.maxTokens) break;
    if (allBytes > maxBytes && kept > 0) break;
    kept += 1;
  }
  return kept === page.length ? page : order.slice(0, kept).sort(bySeq);
}
