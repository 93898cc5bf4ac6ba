import type { Statement } from '../../db/database.js';

const owned = '($2::uuid is null or c.user_id = $2::uuid)';

/** Conversations by status and platform, with the counters they keep. Plan: one scan of the tenant's (or user's) conversations. */
export const countConversations: Statement = {
  name: 'count_conversations',
  text: `
select c.status, c.platform, count(*)::int as conversations, sum(c.message_count)::float8 as messages, sum(c.last_turn)::float8 as turns,
       sum(c.input_tokens)::float8 as "inputTokens", sum(c.output_tokens)::float8 as "outputTokens"
from conversations c where c.tenant_id = $1 and ${owned}
group by c.status, c.platform`,
};

/** The conversation with the most messages, and the user whose conversations have the most. Plan: as above, sorted by the counters. */
export const findRecords: Statement = {
  name: 'find_records',
  text: `
select
  (select jsonb_build_object('id', c.id, 'title', c.title, 'messages', c.message_count) from conversations c
   where c.tenant_id = $1 and ${owned} and c.message_count > 0 order by c.message_count desc, c.id desc limit 1) as "longestConversation",
  (select jsonb_build_object('user', u.external_id, 'conversations', a.conversations, 'messages', a.messages)
   from (
     select c.user_id, count(*)::int as conversations, sum(c.message_count)::int as messages
     from conversations c where c.tenant_id = $1 and ${owned} and c.user_id is not null and c.message_count > 0
     group by c.user_id order by 3 desc, 1 limit 1
   ) a join users u on u.tenant_id = $1 and u.id = a.user_id) as "mostActiveUser",
  (select count(*)::int from users u where u.tenant_id = $1 and ($2::uuid is null or u.id = $2::uuid)) as users,
  (select count(*)::int from episodic_memories e
   where e.tenant_id = $1 and ($2::uuid is null or e.user_id = $2::uuid) and e.deleted_at is null) as memories,
  (select coalesce(jsonb_object_agg(t.status, t.count), '{}') from (
     select t.status, count(*)::int as count from tasks t where t.tenant_id = $1 and ($2::uuid is null or t.user_id = $2::uuid) group by t.status
   ) t) as tasks`,
};

/**
 * Messages by role and by the stretch of time they fall in: 0 before the first of the moments $3, n between the n-th and the
 * next.
 *
 * Plan: one scan of the tenant's messages, the only part of the statistics that grows with them: .1 s at 100,000.
 */
export const countMessagesByTime: Statement = {
  name: 'count_messages_by_time',
  text: `
select m.role, width_bucket(m.created_at, $3::timestamptz[]) as bucket, count(*)::int as messages,
       sum(coalesce(m.input_tokens, 0) + coalesce(m.output_tokens, 0))::float8 as tokens
from messages m
where m.tenant_id = $1 and m.deleted_at is null
  and ($2::uuid is null or m.conversation_id in (select c.id from conversations c where c.tenant_id = $1 and c.user_id = $2::uuid))
group by 1, 2`,
};

const withoutVector = (table: string, subject: string): string => `not exists (
     select from ${table} v where v.tenant_id = $1 and ${subject} and v.provider = e.provider and v.model = e.model
       and (e.dimensions is null or v.dimensions = e.dimensions))`;

/** Messages and memories without a vector of the models ($3, $4, $5). Plan: anti-joins with the unique indexes of the vectors. */
export const countPendingEmbeddings: Statement = {
  name: 'count_pending_embeddings',
  text: `
select coalesce(sum(
  (select count(*) from messages m
   where m.tenant_id = $1 and m.deleted_at is null and m.text <> ''
     and ($2::uuid is null or m.conversation_id in (select c.id from conversations c where c.tenant_id = $1 and c.user_id = $2::uuid))
     and ${withoutVector('message_vectors', 'v.message_id = m.id')})
  + (select count(*) from episodic_memories m
     where m.tenant_id = $1 and m.deleted_at is null and ($2::uuid is null or m.user_id = $2::uuid)
       and ${withoutVector('memory_vectors', "v.subject_type = 'memory' and v.subject_id = m.id")})), 0)::int as pending
from unnest($3::text[], $4::text[], $5::int[]) e(provider, model, dimensions)`,
};

/**
 * What a conversation costs in a context, by the rule of `tokensOf`; json is counted as the database writes it, which is a
 * few bytes longer. Plan: a walk along `messages_seq_key`.
 */
export const countTokens: Statement = {
  name: 'count_tokens',
  text: `
select coalesce(sum(coalesce(n.stored, n.estimate)), 0)::float8 as tokens, coalesce(bool_or(n.stored is null) filter (where n.estimate is not null), false) as estimated
from conversations c
left join lateral (
  select case when m.role = 'assistant' then m.output_tokens else coalesce(m.input_tokens, m.output_tokens) end as stored,
         4 + ceil((octet_length(m.text) + coalesce(1 + octet_length(m.tool_calls::text), 0) + coalesce(1 + octet_length(m.tool_results::text), 0)) / 4.0) as estimate
  from messages m where m.tenant_id = $1 and m.conversation_id = c.id and m.deleted_at is null
) n on true
where c.tenant_id = $1 and ${owned} and c.id = $3::uuid
group by c.id`,
};
