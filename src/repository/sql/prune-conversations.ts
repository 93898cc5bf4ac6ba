import type { Statement } from '../../db/database.js';

/**
 * The next conversations that were archived before $2, after the place ($3, $4), at most $5, locked. Plan: a range of
 * `conversations_archived_at_idx`.
 */
export const pickArchivedConversations: Statement = {
  name: 'pick_archived_conversations',
  text: `
select c.id, c.archived_at::text as at from conversations c
where c.tenant_id = $1 and c.status = 'archived' and c.archived_at < $2::timestamptz and (c.archived_at, c.id) > ($3::timestamptz, $4::uuid)
  and not c.legal_hold
order by c.archived_at, c.id
limit $5::int
for no key update skip locked`,
};

/** Messages of conversations ($2), at most $3. Plan: `messages_seq_key`, conversation by conversation. */
export const pickTheirMessages: Statement = {
  name: 'pick_their_messages',
  text: `
select m.id
from unnest($2::uuid[]) with ordinality i(id, at)
cross join lateral (
  select m.id, m.seq from messages m where m.tenant_id = $1 and m.conversation_id = i.id order by m.seq limit $3::int
) m
order by i.at, m.seq
limit $3::int`,
};

/** Takes the content out of events of conversations ($2), at most $3. Plan: `message_events_content_idx`. */
export const scrubTheirEvents: Statement = {
  name: 'scrub_their_events',
  text: `
with
due as (
  select e.xact_id, e.event_seq from message_events e
  where e.tenant_id = $1 and e.type in ('edited', 'updated') and e.conversation_id = any($2::uuid[])
    and (e.before is not null or e.after is not null)
  limit $3::int
),
scrubbed as (
  update message_events e set before = null, after = null
  from due d where e.tenant_id = $1 and e.xact_id = d.xact_id and e.event_seq = d.event_seq
  returning 1
)
select count(*)::int as count from scrubbed`,
};

/** Conversations of $2 that nothing is left of. */
export const emptyConversations: Statement = {
  name: 'empty_conversations',
  text: `
select i.id from unnest($2::uuid[]) i(id)
where not exists (select from messages m where m.tenant_id = $1 and m.conversation_id = i.id)`,
};

/** Removes conversations ($2) that have no messages, and leaves an event without content for each ($3, $4). */
export const removeConversations: Statement = {
  name: 'remove_conversations',
  text: `
with
tasks as (update tasks t set conversation_id = null where t.tenant_id = $1 and t.conversation_id = any($2::uuid[])),
memories as (update episodic_memories e set conversation_id = null where e.tenant_id = $1 and e.conversation_id = any($2::uuid[])),
gone as (delete from conversations c where c.tenant_id = $1 and c.id = any($2::uuid[]) returning c.id, c.user_id, c.last_seq),
noted as (
  insert into message_events (tenant_id, conversation_id, user_id, type, actor, occurred_at)
  select $1, g.id, g.user_id, 'purged', $4, $3::timestamptz from gone g order by g.id
)
select count(*)::int as count from gone`,
};
