import type { Statement } from '../../db/database.js';
import { attachmentBytes, messageBytes } from './message-bytes.js';

/** The next of a person's own conversations ($2), locked before their messages are, as everybody does. $3: holds do not count. */
export const lockOwnConversations: Statement = {
  name: 'erase_lock_conversations',
  text: `
select c.id from conversations c
where c.tenant_id = $1 and c.user_id = $2::uuid and ($3::boolean or not c.legal_hold)
order by c.id limit $4::int
for update`,
};

export const pickMessagesOf: Statement = {
  name: 'erase_pick_messages',
  text: `select m.id from messages m where m.tenant_id = $1 and m.conversation_id = any($2::uuid[]) limit $3::int`,
};

/** What a person said in the conversations of others. Plan: `messages_user_id_idx`. */
export const pickMessagesElsewhere: Statement = {
  name: 'erase_pick_messages_elsewhere',
  text: `
select m.id, m.conversation_id as "conversationId", m.seq, c.user_id as "ownerId"
from messages m join conversations c on c.tenant_id = m.tenant_id and c.id = m.conversation_id
where m.tenant_id = $1 and m.user_id = $2::uuid and c.user_id is distinct from m.user_id and ($3::boolean or not c.legal_hold)
order by m.conversation_id, m.id limit $4::int`,
};

export const lockConversations: Statement = {
  name: 'erase_lock_conversations_of_others',
  text: `select c.id from conversations c where c.tenant_id = $1 and c.id = any($2::uuid[]) order by c.id for update`,
};

/** An array of ids without those of $2, in its order. */
const without = (column: string): string =>
  `array(select i.id from unnest(${column}) with ordinality i(id, at) where i.id <> all($2::uuid[]) order by i.at)`;

/** Takes messages or memories ($2) out of what names them as evidence. */
export const removeEvidence = `
cited_edges as (
  update memory_graph_edges e set evidence = ${without('e.evidence')}
  where e.tenant_id = $1 and e.evidence && $2::uuid[] and e.evidence <> '{}'
  returning 1
),
cited_observations as (
  update memory_graph_observations o set evidence = ${without('o.evidence')}
  where o.tenant_id = $1 and o.evidence && $2::uuid[] and o.evidence <> '{}'
  returning 1
)`;

/**
 * Removes messages ($2) of locked conversations, whose statistics of words have been told, with all that hangs on them. Counters
 * are right when it is done.
 *
 * Plan: primary keys; the GIN indexes on evidence and message_ids for those who cite them.
 */
export const eraseMessages: Statement = {
  name: 'erase_messages',
  asOwner: true,
  text: `
with
gone as materialized (
  select m.id, m.conversation_id, m.deleted_at, coalesce(m.input_tokens, 0) as input_tokens, coalesce(m.output_tokens, 0) as output_tokens,
         ${messageBytes('m', attachmentBytes('m', '$1'))} as bytes
  from messages m where m.tenant_id = $1 and m.id = any($2::uuid[])
),
${removeEvidence.trim()},
cited_memories as (
  update episodic_memories e set message_ids = ${without('e.message_ids')}
  where e.tenant_id = $1 and e.message_ids && $2::uuid[] and e.message_ids <> '{}'
  returning 1
),
detached as (update tasks t set message_id = null where t.tenant_id = $1 and t.message_id = any($2::uuid[])),
assets as (delete from message_assets a where a.tenant_id = $1 and a.message_id = any($2::uuid[]) returning 1),
vectors as (delete from message_vectors v where v.tenant_id = $1 and v.message_id = any($2::uuid[]) returning 1),
counted as (
  update conversations c set
    message_count = c.message_count - g.live, input_tokens = c.input_tokens - g.input_tokens, output_tokens = c.output_tokens - g.output_tokens,
    stored_bytes = c.stored_bytes - g.bytes, updated_at = $3::timestamptz
  from (
    select conversation_id, (count(*) filter (where deleted_at is null))::int as live, sum(input_tokens)::bigint as input_tokens,
           sum(output_tokens)::bigint as output_tokens, sum(bytes)::bigint as bytes
    from gone group by conversation_id
  ) g
  where c.tenant_id = $1 and c.id = g.conversation_id
),
removed as (delete from messages m where m.tenant_id = $1 and m.id = any($2::uuid[]) returning 1)
select (select count(*)::int from removed) as messages, (select count(*)::int from assets) as message_assets,
       (select count(*)::int from vectors) as message_vectors,
       (select count(*)::int from cited_edges) + (select count(*)::int from cited_observations) + (select count(*)::int from cited_memories) as citations`,
};

/** Events of single messages ($3) in conversations ($2). */
export const eraseEventsOfMessages: Statement = {
  name: 'erase_events_of_messages',
  text: `
with removed as (
  delete from message_events e where e.tenant_id = $1 and e.conversation_id = any($2::uuid[]) and e.message_id = any($3::uuid[])
  returning 1
)
select count(*)::int as message_events from removed`,
};

/** At most $3 events of conversations ($2). */
export const eraseEventsOfConversations: Statement = {
  name: 'erase_events_of_conversations',
  text: `
with doomed as (
  select e.xact_id, e.event_seq from message_events e where e.tenant_id = $1 and e.conversation_id = any($2::uuid[]) limit $3::int
),
removed as (
  delete from message_events e using doomed d where e.tenant_id = $1 and e.xact_id = d.xact_id and e.event_seq = d.event_seq
  returning 1
)
select count(*)::int as message_events from removed`,
};

/** Removes locked conversations ($2) of a person ($3) that have no messages any more. What others keep beside them is theirs and stays. */
export const eraseConversations: Statement = {
  name: 'erase_conversations',
  text: `
with
empty as materialized (
  select c.id from conversations c
  where c.tenant_id = $1 and c.id = any($2::uuid[])
    and not exists (select from messages m where m.tenant_id = $1 and m.conversation_id = c.id)
),
own_tasks as (
  delete from tasks t where t.tenant_id = $1 and t.conversation_id in (select id from empty) and coalesce(t.user_id, $3::uuid) = $3::uuid
  returning 1
),
other_tasks as (
  update tasks t set conversation_id = null where t.tenant_id = $1 and t.conversation_id in (select id from empty) and t.user_id <> $3::uuid
),
memories as (update episodic_memories e set conversation_id = null where e.tenant_id = $1 and e.conversation_id in (select id from empty)),
events as (delete from message_events e where e.tenant_id = $1 and e.conversation_id in (select id from empty) returning 1),
removed as (delete from conversations c where c.tenant_id = $1 and c.id in (select id from empty) returning c.id)
select (select count(*)::int from removed) as conversations, (select count(*)::int from own_tasks) as tasks,
       (select count(*)::int from events) as message_events, (select coalesce(array_agg(id), '{}') from removed) as ids`,
};
