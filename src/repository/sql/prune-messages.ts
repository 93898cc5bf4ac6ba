import type { Statement } from '../../db/database.js';
import { messageWords } from './corpus-documents.js';
import { attachmentBytes, messageBytes } from './message-bytes.js';

/** Conversations that nothing is taken from. Plan: `conversations_legal_hold_idx`, hashed once. */
export const heldConversations = 'select h.id from conversations h where h.tenant_id = $1 and h.legal_hold';

/**
 * The next due messages after the place ($3, $4), with their conversations locked. A conversation that somebody writes to at this
 * moment is passed over (`locked` is false) and not waited for. What is done to the messages comes in a second statement, which
 * sees what others did before the lock was had.
 *
 * Plan: a range of an index of the messages by tenant and time, stopped by the limit.
 */
const pick = (name: string, time: string, due: string): Statement => ({
  name,
  text: `
with
due as (
  select m.${time} as at, m.id, m.conversation_id
  from messages m
  where m.tenant_id = $1 and m.${time} < $2::timestamptz and (m.${time}, m.id) > ($3::timestamptz, $4::uuid)${due}
    and m.conversation_id not in (${heldConversations})
  order by m.${time}, m.id
  limit $5::int
),
locked as (
  select c.id from conversations c
  where c.tenant_id = $1 and c.id in (select d.conversation_id from due d) and not c.legal_hold
  order by c.id
  for no key update skip locked
)
select d.id, d.at::text as at, l.id is not null as locked
from due d left join locked l on l.id = d.conversation_id
order by d.at, d.id`,
});

export const pickExpiredMessages = pick('pick_expired_messages', 'created_at', '');
export const pickDeletedMessages = pick('pick_deleted_messages', 'deleted_at', ' and m.deleted_at is not null');
export const pickMessagesToHide = pick('pick_messages_to_hide', 'created_at', ' and m.deleted_at is null');

/**
 * Takes the words of messages (`gone`) out of the statistics; see `forgetSubjects`, which does it before the change. The queue is
 * looked up message by message (offset 0): whoever plans this knows it as empty, and would read all of it for each of them.
 */
const forgetting = `
uncounted as (
  delete from corpus_changes x
  where x.tenant_id = $1 and x.change_id = any(array(
    select w.change_id from gone g cross join lateral (
      select c.change_id from corpus_changes c
      where c.tenant_id = $1 and c.source = 'message' and c.subject_id = g.id and c.removed is null offset 0
    ) w))
  returning x.subject_id
),
forgotten as (
  insert into corpus_changes (tenant_id, source, subject_id, user_id, removed)
  select $1, 'message', g.id, g.owner_id, array_to_tsvector(g.words)
  from gone g
  where g.counted and g.id not in (select u.subject_id from uncounted u)
)`;

/** What words and events tell of a message, as columns: Citus lets nothing be made of them that is not immutable while they are returned. */
const told = 'm.id, m.conversation_id, m.seq, m.role, m.author, m.search, m.input_tokens, m.output_tokens, m.created_at';

/**
 * Removes messages ($2) for good, whose conversations the transaction has locked, if they are older than $5, were deleted before $6,
 * or all of them are wanted ($7), because their conversations go too. Everything that tells of them follows: counters, statistics of
 * words, the content of events, and one event without content each; where the rest of a conversation goes with them, its own event
 * tells of them. What hangs on them comes in a statement after this one: `removeAttached`. Answers their ids where it were not all.
 *
 * Plan: probes of primary keys, a batch of them.
 */
export const pruneMessages: Statement = {
  name: 'prune_messages',
  text: `
with
removed as (
  delete from messages m using conversations c
  where m.tenant_id = $1 and m.id = any($2::uuid[]) and c.tenant_id = $1 and c.id = m.conversation_id
    and ($7::boolean or m.created_at < $5::timestamptz or m.deleted_at < $6::timestamptz)
  returning c.user_id as owner_id, ${messageBytes('m', attachmentBytes('m', '$1'))} as bytes, ${told}, m.deleted_at
),
gone as materialized (
  select m.id, m.conversation_id, m.owner_id, m.seq, m.input_tokens, m.output_tokens, m.deleted_at is null as counted,
         coalesce(m.created_at < $5::timestamptz, false) as expired, ${messageWords} as words, m.bytes
  from removed m
),
counters as (
  update conversations c set
    message_count = c.message_count - g.messages, input_tokens = c.input_tokens - g.input_tokens,
    output_tokens = c.output_tokens - g.output_tokens, stored_bytes = greatest(0, c.stored_bytes - g.bytes), updated_at = $3::timestamptz
  from (
    select g.conversation_id, (count(*) filter (where g.counted))::int as messages, sum(g.bytes)::bigint as bytes,
           coalesce(sum(g.input_tokens), 0)::bigint as input_tokens, coalesce(sum(g.output_tokens), 0)::bigint as output_tokens
    from gone g group by g.conversation_id
  ) g
  where c.tenant_id = $1 and c.id = g.conversation_id
),
scrubbed as (
  update message_events e set before = null, after = null
  from gone g cross join lateral (
    select d.xact_id, d.event_seq from message_events d
    where d.tenant_id = $1 and d.type in ('edited', 'updated') and d.conversation_id = g.conversation_id and d.message_id = g.id
      and (d.before is not null or d.after is not null) offset 0
  ) d
  where e.tenant_id = $1 and e.xact_id = d.xact_id and e.event_seq = d.event_seq
),
${forgetting.trim()},
unfinished as materialized (
  select l.conversation_id from (select g.conversation_id, max(g.seq) as seq from gone g where $7::boolean group by g.conversation_id) l
  where l.seq < (select max(r.seq) from messages r where r.tenant_id = $1 and r.conversation_id = l.conversation_id)
),
noted as (
  insert into message_events (tenant_id, conversation_id, message_id, user_id, type, actor, after, occurred_at)
  select $1, g.conversation_id, g.id, g.owner_id, 'purged', $4, jsonb_build_object('seq', g.seq), $3::timestamptz
  from gone g
  where not $7::boolean or g.conversation_id in (select u.conversation_id from unfinished u)
  order by g.conversation_id, g.seq
)
select count(*)::int as messages, (count(*) filter (where g.expired))::int as expired,
       case when count(*) < cardinality($2::uuid[]) then coalesce(array_agg(g.id), '{}') end as ids
from gone g`,
};

/** Soft-deletes messages ($2) older than $5, whose conversations the transaction has locked. Plan: as above. */
export const hideMessages: Statement = {
  name: 'hide_messages',
  text: `
with
hidden as (
  update messages m set status = 'deleted', deleted_at = $3::timestamptz, updated_at = $3::timestamptz
  from conversations c
  where m.tenant_id = $1 and m.id = any($2::uuid[]) and c.tenant_id = $1 and c.id = m.conversation_id and m.deleted_at is null and m.created_at < $5::timestamptz
  returning c.user_id as owner_id, ${told}, m.edited_at
),
gone as materialized (
  select m.id, m.conversation_id, m.owner_id, m.seq, case when m.edited_at is null then 'sent' else 'edited' end as status, true as counted,
         ${messageWords} as words
  from hidden m
),
counters as (
  update conversations c set message_count = c.message_count - g.messages, updated_at = $3::timestamptz
  from (select g.conversation_id, count(*)::int as messages from gone g group by g.conversation_id) g
  where c.tenant_id = $1 and c.id = g.conversation_id
),
${forgetting.trim()},
noted as (
  insert into message_events (tenant_id, conversation_id, message_id, user_id, type, actor, before, after, occurred_at)
  select $1, g.conversation_id, g.id, g.owner_id, 'deleted', $4, jsonb_build_object('status', g.status), '{"status": "deleted"}', $3::timestamptz
  from gone g
  order by g.conversation_id, g.seq
)
select count(*)::int as messages from gone g`,
};
