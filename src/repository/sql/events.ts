import type { Statement } from '../../db/database.js';
import { presentOr } from './present.js';

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
 * The next $8 events that the snapshot $3 did not see and the snapshot $4 (or this moment) does, after the place ($5, $6)
 * among them; for the principal's user $2, optionally of one conversation $7 or of types $9.
 *
 * A snapshot knows exactly which transactions had ended when it was taken, so a smaller number that commits late is still to
 * come for a reader that has passed it, and a long transaction keeps nothing back but its own events. There is always at
 * least one row, because the snapshot itself is an answer; `foreign` says that $3 is from another server's future.
 *
 * Plan: a range of `message_events_pk`, or of `message_events_conversation_id_idx` for one conversation, from the oldest
 * transaction that ran at the first snapshot, stopped by the limit.
 */
export const pollEvents: Statement = {
  name: 'poll_events',
  text: `
select s.upto::text as upto, pg_snapshot_xmax($3::pg_snapshot) > pg_snapshot_xmax(${presentOr('$10')}) as foreign, e.*
from (select coalesce($4::pg_snapshot, ${presentOr('$10')}) as upto) s
left join lateral (
  select e.xact_id::text as "xactId", e.event_seq::text as "eventSeq", e.conversation_id as "conversationId", e.message_id as "messageId",
         e.type, e.actor, e.before, e.after, e.occurred_at as "occurredAt"
  from message_events e
  where e.tenant_id = $1 and e.xact_id >= pg_snapshot_xmin($3::pg_snapshot)::text::bigint and (e.xact_id, e.event_seq) > ($5::bigint, $6::bigint)
    and pg_visible_in_snapshot(e.xact_id::text::xid8, s.upto) and not pg_visible_in_snapshot(e.xact_id::text::xid8, $3::pg_snapshot)
    and ($2::uuid is null or e.user_id = $2::uuid)
    and ($7::uuid is null or e.conversation_id = $7::uuid)
    and ($9::text[] is null or e.type = any($9::text[]))
  order by e.xact_id, e.event_seq
  limit $8::int
) e on true
order by e."xactId"::bigint, e."eventSeq"::bigint`,
};

/** The place of one event by its number alone, for a reader that kept no cursor. */
export const findEvent: Statement = {
  name: 'find_event',
  text: `
select ${presentOr('$3')}::text as upto, xact_id::text as "xactId", event_seq::text as "eventSeq"
from message_events where tenant_id = $1 and event_seq = $2::bigint`,
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
