import type { Statement } from '../../db/database.js';
import type { CorpusSource } from '../../models/corpus-term.js';
import { SAID, saidBy, saidOn, saidTokens, WHOLE_TENANT } from './corpus-documents.js';
import { messageIsOwned } from './message-visibility.js';

const owned = '($2::uuid is null or c.user_id = $2::uuid)';

/**
 * Conversations by status, by platform (the 50 with the most messages) and by user (the $3 with the most), with the counters they
 * keep; `by` says which. Plan: one scan of the tenant's (or user's) conversations, hashed three ways.
 */
export const countConversations: Statement = {
  name: 'count_conversations',
  text: `
with
counted as materialized (
  select case grouping(c.status, c.platform, c.user_id) when 3 then 'status' when 5 then 'platform' else 'user' end as by,
         c.status, c.platform, c.user_id, count(*)::int as conversations, sum(c.message_count)::float8 as messages,
         sum(c.last_turn)::float8 as turns, sum(c.input_tokens)::float8 as "inputTokens", sum(c.output_tokens)::float8 as "outputTokens"
  from conversations c where c.tenant_id = $1 and ${owned}
  group by grouping sets ((c.status), (c.platform), (c.user_id))
)
select n.by, n.status, n.platform, null as "user", n.conversations, n.messages, n.turns, n."inputTokens", n."outputTokens"
from counted n where n.by = 'status'
union all
(select n.by, null, n.platform, null, n.conversations, n.messages, n.turns, n."inputTokens", n."outputTokens"
 from counted n where n.by = 'platform' order by n.messages desc, n.platform limit 50)
union all
(select n.by, null, null, u.external_id, n.conversations, n.messages, n.turns, n."inputTokens", n."outputTokens"
 from counted n join users u on u.tenant_id = $1 and u.id = n.user_id
 where n.by = 'user' and n.messages > 0 order by n.messages desc, n.user_id limit $3::int)`,
};

/** What waits to be counted is counted here up to so many changes; beyond that these figures are behind for a moment. */
const WAITING = 10_000;

const waiting = (source: CorpusSource): string => `
  select x.subject_id, x.removed from corpus_changes x
  where x.tenant_id = $1 and x.source = '${source}' and ($2::uuid is null or x.user_id = $2::uuid)
  order by x.change_id limit ${WAITING}`;
const scope = `coalesce($2::uuid, '${WHOLE_TENANT}')`;

/**
 * The conversation with the most messages, and how much else there is. Memories are counted with the statistics of words. Plan: one
 * scan of the tenant's (or user's) conversations for the longest; indexes for the rest.
 */
export const findRecords: Statement = {
  name: 'find_records',
  text: `
select
  (select jsonb_build_object('id', c.id, 'title', c.title, 'user', u.external_id, 'messages', c.message_count)
   from (
     select c.id, c.title, c.user_id, c.message_count from conversations c
     where c.tenant_id = $1 and ${owned} and c.message_count > 0 order by c.message_count desc, c.id desc limit 1
   ) c left join users u on u.tenant_id = $1 and u.id = c.user_id) as "longestConversation",
  (select count(*)::int from users u where u.tenant_id = $1 and ($2::uuid is null or u.id = $2::uuid)) as users,
  coalesce((select t.documents from corpus_totals t where t.tenant_id = $1 and t.source = 'memory' and t.scope_id = ${scope}), 0)
    + (select coalesce(sum(case when w.removed is null then 1 else -1 end), 0)::int from (${waiting('memory')}) w) as memories,
  (select coalesce(jsonb_object_agg(t.status, t.count), '{}') from (
     select t.status, count(*)::int as count from tasks t where t.tenant_id = $1 and ($2::uuid is null or t.user_id = $2::uuid) group by t.status
   ) t) as tasks`,
};

/**
 * Messages by role and by the stretch of time they fall in: 0 before the first of the moments $3, n between the n-th and the
 * next. Days ($4) that such a moment cuts in two are counted message by message.
 *
 * Plan: a range of `message_days_pk`, a few rows a day; what waits to be counted, by primary key; of the days that are cut, a
 * range of `messages_created_at_idx`, whose ends are worked out first: under a policy no index is asked for what a function
 * makes of a row.
 */
export const countMessagesByTime: Statement = {
  name: 'count_messages_by_time',
  text: `
with
waiting as materialized (${waiting('message')}),
change as (
  select 1 as sign, (m.created_at at time zone 'UTC')::date as day, m.role, m.tokens
  from waiting w cross join lateral (
    select m.created_at, m.role, coalesce(m.input_tokens, 0)::bigint + coalesce(m.output_tokens, 0) as tokens
    from messages m where m.tenant_id = $1 and m.id = w.subject_id and m.deleted_at is null limit 1
  ) m
  where w.removed is null
  union all
  select -1, ${saidOn('l.word')}, ${saidBy('l.word')}, ${saidTokens('l.word')}
  from waiting w cross join lateral (select l.word from unnest(tsvector_to_array(w.removed)) l(word) where l.word like '${SAID}%' limit 1) l
  where w.removed is not null
),
counted as (
  select n.role, width_bucket(n.day::timestamp at time zone 'UTC', $3::timestamptz[]) as bucket, n.messages, n.tokens
  from (
    select d.role, d.day, d.messages, d.tokens from message_days d where d.tenant_id = $1 and d.scope_id = ${scope}
    union all
    select c.role, c.day, c.sign, c.sign * c.tokens from change c
  ) n
  where n.day <> all($4::date[])
  union all
  select m.role, width_bucket(m.created_at, $3::timestamptz[]), 1, coalesce(m.input_tokens, 0)::bigint + coalesce(m.output_tokens, 0)
  from (
    select d.day::timestamp at time zone 'UTC' as since, (d.day + 1)::timestamp at time zone 'UTC' as until from unnest($4::date[]) d(day) offset 0
  ) x
  -- Never all messages with a look at each whether it is of such a day.
  cross join lateral (
    select m.* from messages m
    where m.tenant_id = $1 and m.created_at >= x.since and m.created_at < x.until and m.deleted_at is null offset 0
  ) m
  where ${messageIsOwned}
)
select c.role, c.bucket, sum(c.messages)::float8 as messages, sum(c.tokens)::float8 as tokens from counted c
group by 1, 2 having sum(c.messages) <> 0`,
};

const withoutVector = (table: string, subject: string): string => `not exists (
     select from ${table} v where v.tenant_id = $1 and ${subject} and v.provider = e.provider and v.model = e.model
       and (e.dimensions is null or v.dimensions = e.dimensions))`;

/**
 * Messages of the tenant, or of the user $2, that can have vectors. One half of it is never run. Conversation by conversation
 * (offset 0), because no plan may look at all messages of the tenant for those of one user.
 */
const embeddable = (further = 'true'): string => `(
       select m.id from messages m where $2::uuid is null and m.tenant_id = $1 and m.deleted_at is null and m.text <> '' and ${further}
       union all
       select m.id from conversations c cross join lateral (
         select m.id from messages m where m.tenant_id = $1 and m.conversation_id = c.id and m.deleted_at is null and m.text <> '' and ${further} offset 0
       ) m where $2::uuid is not null and c.tenant_id = $1 and c.user_id = $2::uuid
     )`;

/** Messages and memories without a vector of the models ($3, $4, $5). Plan: anti-joins with the unique indexes of the vectors. */
export const countPendingEmbeddings: Statement = {
  name: 'count_pending_embeddings',
  text: `
select coalesce(sum(
  (select count(*) from ${embeddable()} m where ${withoutVector('message_vectors', 'v.message_id = m.id')})
  + (select count(*) from episodic_memories m
     where m.tenant_id = $1 and m.deleted_at is null and ($2::uuid is null or m.user_id = $2::uuid)
       and ${withoutVector('memory_vectors', "v.subject_type = 'memory' and v.subject_id = m.id")})), 0)::int as pending
from unnest($3::text[], $4::text[], $5::int[]) e(provider, model, dimensions)`,
};

/** Where a count is not worth the time it takes: so many stand for more. */
const MOST_PENDING = 10_000;

/**
 * The same where there are many messages, from how far each model has come: one that once had everything lacks what events tell
 * of; any other what its walk, newest first, has not passed. Plan: a range of `messages_pk` or `message_events_pk` that ends when
 * enough was found, and the unique index of the vectors.
 */
export const estimatePendingEmbeddings: Statement = {
  name: 'estimate_pending_embeddings',
  text: `
select coalesce(sum(least(p.changed + p.older, ${MOST_PENDING})), 0)::int as pending
from unnest($3::text[], $4::text[], $5::int[]) e(provider, model, dimensions)
left join lateral (
  select s.dimensions, s.seen, s.walk_after, s.covered_at is not null as covered from embedding_spaces s
  where s.tenant_id = $1 and s.provider = e.provider and s.model = e.model and (e.dimensions is null or s.dimensions = e.dimensions)
  order by s.created_at desc limit 1
) s on true
cross join lateral (
  select
    case when s.covered or s.walk_after is not null then (
      select count(*) from (
        select m.id from (
          select distinct v.message_id as id from message_events v
          where v.tenant_id = $1 and v.message_id is not null and v.xact_id >= pg_snapshot_xmin(s.seen::pg_snapshot)::text::bigint
            and not pg_visible_in_snapshot(v.xact_id::text::xid8, s.seen::pg_snapshot)
          limit ${MOST_PENDING}
        ) c join messages m on m.tenant_id = $1 and m.id = c.id and m.deleted_at is null and m.text <> ''
        where ($2::uuid is null or exists (select from conversations c where c.tenant_id = $1 and c.id = m.conversation_id and c.user_id = $2::uuid))
          and ${withoutVector('message_vectors', 'v.message_id = m.id')}
      ) m) else 0 end as changed,
    case when s.covered then 0 else (
      select count(*) from (
        select from ${embeddable('(s.walk_after is null or m.id < s.walk_after)')} m
        where ${withoutVector('message_vectors', 'v.message_id = m.id')}
        limit ${MOST_PENDING}
      ) m) end as older
) p`,
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
