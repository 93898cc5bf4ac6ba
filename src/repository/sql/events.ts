import type { Statement } from '../../db/database.js';

/** Appends events in the order given. */
export const recordEvents: Statement = {
  name: 'record_events',
  text: `
insert into message_events (tenant_id, conversation_id, message_id, user_id, type, actor, before, after, occurred_at)
select $1, e.conversation_id, e.message_id, e.user_id, e.type, $2, e.before, e.after, $3::timestamptz
from jsonb_to_recordset($4::jsonb) as e(ord int, conversation_id uuid, message_id uuid, user_id uuid, type text, before jsonb, after jsonb)
order by e.ord`,
};

/**
 * The next $7 events after the place ($3, $4), for the principal's user $2, optionally of one conversation $5 or of types $6.
 *
 * Events are read in the order of their transactions, and only those of transactions older than every one still running:
 * a smaller number that commits later can then not appear behind the reader's back. There is always at least one row,
 * because the horizon itself is an answer: everything before it has been read.
 *
 * Plan: a range of `message_events_pk`, or of `message_events_conversation_id_idx` for one conversation, stopped by the limit.
 */
export const pollEvents: Statement = {
  name: 'poll_events',
  text: `
select h.horizon::text as horizon, e.*
from (select pg_snapshot_xmin(pg_current_snapshot())::text::bigint as horizon) h
left join lateral (
  select e.xact_id::text as "xactId", e.event_seq::text as "eventSeq", e.conversation_id as "conversationId", e.message_id as "messageId",
         e.type, e.actor, e.before, e.after, e.occurred_at as "occurredAt"
  from message_events e
  where e.tenant_id = $1 and (e.xact_id, e.event_seq) > ($3::bigint, $4::bigint) and e.xact_id < h.horizon
    and ($2::uuid is null or e.user_id = $2::uuid)
    and ($5::uuid is null or e.conversation_id = $5::uuid)
    and ($6::text[] is null or e.type = any($6::text[]))
  order by e.xact_id, e.event_seq
  limit $7::int
) e on true
order by e."xactId"::bigint, e."eventSeq"::bigint`,
};

/** The place of one event by its number alone, for a reader that kept no cursor. */
export const findEvent: Statement = {
  name: 'find_event',
  text: `select xact_id::text as "xactId", event_seq::text as "eventSeq" from message_events where tenant_id = $1 and event_seq = $2::bigint`,
};

/** Takes the content out of the events of a conversation ($2), or of one message in it ($3). */
export const scrubEvents: Statement = {
  name: 'scrub_events',
  text: `
with scrubbed as (
  update message_events set before = null, after = null
  where tenant_id = $1 and conversation_id = $2::uuid and ($3::uuid is null or message_id = $3::uuid) and (before is not null or after is not null)
  returning 1
)
select count(*)::int as count from scrubbed`,
};
