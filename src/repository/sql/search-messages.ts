import type { Statement } from '../../db/database.js';
import { messageColumns } from './columns.js';

/** Words of one query that are looked for; what comes after them is ignored. */
export const MAX_TERMS = 32;
/** A word is counted no further than this. */
export const MAX_COUNTED = 5000;
/** Candidates of one search, and so the hits that paging can reach. */
export const MAX_CANDIDATES = 250;

/** No word, however common, makes a search look at more documents than this. */
const MAX_MATCHES = 20_000;
/** Long messages are reduced to the words of the query in the database, short ones in the process. */
const LONG_VECTOR = 1000;
/** A message stored in more bytes than this comes without its parts, as clipped text. */
const HEAVY_MESSAGE = 16_000;
const CONTEXT_MESSAGES = 20;
const CONTEXT_CHARACTERS = 1000;

const owned =
  '($2::uuid is null or m.conversation_id in (select c.id from conversations c where c.tenant_id = $1 and c.user_id = $2::uuid))';

/** How many messages the tenant, or its user $2, has: from the counters of conversations. Plan: a range of `conversations_user_id_idx`. */
export const countMessages: Statement = {
  name: 'count_messages',
  text: `
select coalesce(sum(c.message_count), 0)::float8 as documents
from conversations c where c.tenant_id = $1 and ($2::uuid is null or c.user_id = $2::uuid)`,
};

/**
 * The words that stand in more than $3 of all messages, from a sample of 2,000: 100 places evenly spread over all messages
 * in the order of their conversations, 20 messages at each.
 *
 * Plan: one scan of the tenant's conversations, 100 short walks along `messages_seq_key`.
 */
export const sampleMessages: Statement = {
  name: 'sample_messages',
  text: `
with
header as (
  select c.id, c.message_count as count, c.last_seq, sum(c.message_count) over (order by c.id)::float8 as upto
  from conversations c where c.tenant_id = $1 and ($2::uuid is null or c.user_id = $2::uuid) and c.message_count > 0
),
total as (select max(upto) as count from header),
place as (
  select h.id, floor(((p + 0.5) * t.count / 100 - (h.upto - h.count)) / h.count * h.last_seq) as seq
  from header h cross join total t
  cross join lateral generate_series(ceil((h.upto - h.count) * 100 / t.count - 0.5)::int, ceil(h.upto * 100 / t.count - 0.5)::int - 1) p
),
sampled as (
  select m.search from place p cross join lateral (
    select m.search from messages m
    where m.tenant_id = $1 and m.conversation_id = p.id and m.seq > p.seq order by m.seq limit 20) m
),
size as (select count(*)::float8 as count from sampled)
select w.lexeme, count(*) / max(s.count) as share
from sampled m cross join size s cross join lateral unnest(m.search) w
group by w.lexeme
having count(*) > $3::float8 * max(s.count)`,
};

/**
 * What a query looks for: its lexemes ($3), each with the number of messages it stands in unless it is one of the common
 * ones ($6) or counting is not wanted ($7); and a tsquery of the phrases that must ($4) and must not ($5) occur.
 *
 * Plan: a lookup in `messages_search_idx` a word, stopped at ${MAX_COUNTED} messages.
 */
export const readQuery: Statement = {
  name: 'read_query',
  text: `
with
config as (select t.text_search_config::regconfig as name from tenants t where t.id = $1),
term as (
  select t.lexeme, t.positions[1] as at
  from config c cross join lateral unnest(to_tsvector(c.name, $3::text)) t
  order by 2 limit ${MAX_TERMS}
),
condition as (
  select phraseto_tsquery(c.name, p) as query from config c, unnest($4::text[]) p
  union all
  select !! phraseto_tsquery(c.name, p) from config c, unnest($5::text[]) p
)
select
  array(select t.lexeme from term t order by t.at, t.lexeme) as lexemes,
  array(
    select case when not $7::boolean and t.lexeme <> all($6::text[]) then (
      select count(*)::int from (
        select from messages m
        where m.tenant_id = $1 and m.search @@ ('''' || replace(replace(t.lexeme, '\\', '\\\\'), '''', '''''') || '''')::tsquery and ${owned}
        limit ${MAX_COUNTED}) m) end
    from term t order by t.at, t.lexeme) as counts,
  (select string_agg('(' || c.query::text || ')', ' & ') from condition c where numnode(c.query) > 0) as condition,
  $8::uuid is null or exists (
    select from conversations c where c.tenant_id = $1 and c.id = $8::uuid and ($2::uuid is null or c.user_id = $2::uuid)) as found`,
};

const candidates = (name: string, inConversation: string): Statement => ({
  name,
  text: `
with best as (
  select m.id, sum(q.weight * ts_rank(m.search, q.query)) + max($6::float8 * ts_rank(m.search, $5::tsquery)) as rank
  from unnest($3::text[]::tsquery[], $4::float8[]) q(query, weight)
  cross join lateral (
    select m.id, m.search from messages m
    where m.tenant_id = $1 and m.search @@ q.query and m.deleted_at is null and ${inConversation} and ${owned}
      and ($7::text is null or m.search @@ $7::tsquery)
      and ($9::text is null or m.conversation_id in (
        select c.id from conversations c join users u on u.tenant_id = c.tenant_id and u.id = c.user_id
        where c.tenant_id = $1 and u.external_id = $9))
      and ($10::text[] is null or m.role = any($10::text[]))
      and ($11::timestamptz is null or m.created_at >= $11) and ($12::timestamptz is null or m.created_at <= $12)
      and ($13::uuid is null or m.id <= $13::uuid)
    limit ${MAX_MATCHES}
  ) m
  group by m.id
  order by rank desc, m.id desc
  limit ${MAX_CANDIDATES}
)
select m.id, m.created_at as "createdAt", length(m.search) as length,
       case when length(m.search) <= ${LONG_VECTOR} then m.search
            else ts_delete(m.search, array(select w.lexeme from unnest(m.search) w where w.lexeme <> all($14::text[]))) end::text as search
from best b join messages m on m.tenant_id = $1 and m.id = b.id`,
});

/**
 * The most promising messages for the tsqueries $3, to be scored by the caller. The order in here weighs each word by its
 * rarity, as ts_rank of the whole query does not: with many matches the cut would otherwise lose those with the rare word.
 *
 * Plan: a bitmap scan of `messages_search_idx` for each query; the caller bounds how many match.
 */
export const searchMessages = candidates('search_messages', '$8::uuid is null');

/** The same in one conversation. Plan: `messages_search_idx`, or `messages_seq_key` where that is the smaller part. */
export const searchConversation = candidates('search_conversation', 'm.conversation_id = $8::uuid');

const light = `coalesce(pg_column_size(m.content), 0) + coalesce(pg_column_size(m.tool_calls), 0) + coalesce(pg_column_size(m.tool_results), 0)
    + coalesce(pg_column_size(m.metadata), 0) <= ${HEAVY_MESSAGE}`;

const contextSide = (comparison: string, order: string, turns: string) => `coalesce((
    select jsonb_agg(jsonb_build_object('id', n.id, 'seq', n.seq, 'turn', n.turn, 'role', n.role, 'author', n.author, 'text', n.text,
                     'truncated', n.truncated, 'createdAt', n.created_at) order by n.seq)
    from (
      select n.id, n.seq, n.turn, n.role, n.author, left(n.text, ${CONTEXT_CHARACTERS}) as text,
             length(n.text) > ${CONTEXT_CHARACTERS} as truncated, n.created_at, n.deleted_at
      from messages n where $4::int > 0 and n.tenant_id = $1 and n.conversation_id = m.conversation_id and n.seq ${comparison} m.seq
      order by n.seq ${order} limit ${CONTEXT_MESSAGES}
    ) n
    where n.deleted_at is null and ${turns}), '[]')`;

/**
 * The messages $3 in the order given, each with the title of its conversation and the messages of up to $4 turns before and
 * after it, at most ${CONTEXT_MESSAGES} a side.
 *
 * Plan: `messages_pk` a hit, and two walks along `messages_seq_key` from it, each stopped by its limit.
 */
export const loadHits: Statement = {
  name: 'load_hits',
  text: `
select ${messageColumns.trim()},
       m.light, c.title as "conversationTitle",
       ${contextSide('<', 'desc', 'n.turn >= m.turn - $4::int')} as before,
       ${contextSide('>', 'asc', 'n.turn <= m.turn + $4::int')} as after
from unnest($3::uuid[]) with ordinality h(id, at)
cross join lateral (
  select m.tenant_id, m.id, m.conversation_id, m.seq, m.turn, m.user_id, m.role, m.type, m.status, m.author,
         case when ${light} then m.content end as content, left(m.text, 100000) as text,
         case when ${light} then m.tool_calls end as tool_calls, case when ${light} then m.tool_results end as tool_results,
         m.input_tokens, m.output_tokens, m.client_message_id, case when ${light} then m.metadata else '{}' end as metadata,
         m.asset_count, m.created_at, m.edited_at, m.deleted_at, ${light} as light
  from messages m where m.tenant_id = $1 and m.id = h.id and ${owned}
) m
join conversations c on c.tenant_id = $1 and c.id = m.conversation_id
left join users u on u.tenant_id = $1 and u.id = m.user_id
order by h.at`,
};

/** Which of the words $2 become one of the lexemes $3 in the tenant's language. */
export const stemWords: Statement = {
  name: 'stem_words',
  text: `
select w.word, t.lexeme
from tenants n cross join unnest($2::text[]) w(word)
cross join lateral unnest(to_tsvector(n.text_search_config::regconfig, w.word)) t
where n.id = $1 and t.lexeme = any($3::text[])`,
};
