import { invalidInput } from '../errors.js';
import { Repository } from './context.js';
import { BEGINNING, type EventPlace, readEventCursor, writeEventCursor } from './event-cursor.js';
import { presentOf } from './present.js';
import type { JsonObject } from './records.js';
import { findEvent, pollEvents, recordEvents, scrubEvents } from './sql/events.js';

export const EVENT_TYPES = ['created', 'updated', 'edited', 'deleted', 'restored', 'cleared', 'purged', 'status_changed'] as const;
export type EventType = (typeof EVENT_TYPES)[number];

export type NewEvent = {
  conversationId: string;
  messageId?: string;
  /** Row id of the conversation's owner: a principal bound to that user may read the event. */
  ownerId: string | null;
  type: EventType;
  before?: JsonObject;
  after?: JsonObject;
};

export type EventRecord = {
  cursor: string;
  eventSeq: number;
  conversationId: string;
  messageId: string | null;
  type: EventType;
  actor: string | null;
  before: JsonObject | null;
  after: JsonObject | null;
  occurredAt: Date;
};

export type EventQuery = { after: string; conversationId?: string | undefined; types?: EventType[] | undefined; limit: number };
export type EventPage = { events: EventRecord[]; nextCursor: string; hasMore: boolean };

type Row = { upto: string; foreign: boolean; xactId: string | null; eventSeq: string } & Omit<EventRecord, 'cursor' | 'eventSeq'>;

/** The append-only log of what happened to conversations and messages. */
export class EventRepository extends Repository {
  /** Adds events to the transaction that changes the data, so neither is there without the other. */
  async record(...events: NewEvent[]): Promise<void> {
    const rows = events.map((event, ord) => ({
      ord,
      conversation_id: event.conversationId,
      message_id: event.messageId,
      user_id: event.ownerId,
      type: event.type,
      before: event.before,
      after: event.after,
    }));
    const values = [this.tenantId, this.actor, this.context.clock(), JSON.stringify(rows)];
    await this.context.db.query(recordEvents, values, this.context.transaction);
  }

  /** Events after a cursor: none is missed and none comes twice, however many write at the same time. */
  async poll({ after, conversationId, types, limit }: EventQuery): Promise<EventPage> {
    const place = await this.place(after);
    const rows = await this.context.db.query<Row>(
      pollEvents,
      [
        this.tenantId,
        this.userId,
        place.seen,
        place.upto,
        place.xactId,
        place.eventSeq,
        conversationId ?? null,
        limit + 1,
        types ?? null,
        await presentOf(this.context.db, this.context.transaction),
      ],
      this.context.transaction,
    );
    const { upto, foreign } = rows[0]!;
    if (foreign) throw invalidInput('This event cursor is from another database.', 'Start again with "0".');
    const found = rows.filter((row) => row.xactId !== null);
    const events = found.slice(0, limit).map(({ upto: _, foreign: __, xactId, eventSeq, ...event }) => ({
      ...event,
      eventSeq: Number(eventSeq),
      cursor: writeEventCursor({ seen: place.seen, upto, xactId: xactId!, eventSeq }),
    }));
    const hasMore = found.length > limit;
    return { events, hasMore, nextCursor: hasMore ? events.at(-1)!.cursor : writeEventCursor({ ...BEGINNING, seen: upto }) };
  }

  /** Removes the content from the events of a conversation or of one message; answers how many had some. */
  async scrub(conversationId: string, messageId: string | null): Promise<number> {
    const rows = await this.context.db.query<{ count: number }>(
      scrubEvents,
      [this.tenantId, conversationId, messageId],
      this.context.transaction,
    );
    return rows[0]?.count ?? 0;
  }

  private async place(cursor: string): Promise<EventPlace> {
    const place = readEventCursor(cursor);
    if (place) return place;
    if (/^\d{1,18}$/.test(cursor)) {
      const { db, transaction } = this.context;
      const [found] = await db.query<FoundEvent>(findEvent, [this.tenantId, cursor, await presentOf(db, transaction)], transaction);
      if (found) return { seen: BEGINNING.seen, ...found };
    }
    throw invalidInput('This is not an event cursor.', 'Start with "0" and go on with the next_cursor of each answer.');
  }
}

type FoundEvent = Omit<EventPlace, 'seen'>;
