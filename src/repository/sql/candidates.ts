import type { Statement } from '../../db/database.js';
import { QUESTION_MARKS } from '../../recall/text-features.js';
import { WHOLE_TENANT } from './corpus-documents.js';
import { memoryIsVisible } from './memory-visibility.js';
import { messageIsOwned } from './message-visibility.js';

/** Messages that the words of a query find, before those around them come in. */
const MAX_CANDIDATES = 200;
const MAX_MEMORIES = 300;
/** No word, however common, makes a search look at more documents than this. */
const MAX_MATCHES = 20_000;
/** What a text is asked is in its beginning. */
const FEATURE_CHARACTERS = 1000;
/** Longer texts are reduced to the words of the query in the database, shorter ones in the process. */
const LONG_VECTOR = 1000;

const asksSomething = [...QUESTION_MARKS].map((mark) => `strpos(m.text, '${mark}') > 0`).join(' or ');

const words = (alias: string, lexemes: string): string => `length(${alias}.search) as length,
       case when length(${alias}.search) <= ${LONG_VECTOR} then ${alias}.search
            else ts_delete(${alias}.search, array(select w.lexeme from unnest(${alias}.search) w where w.lexeme <> all(${lexemes}::text[]))) end::text as search`;

/** A message that the filters let through: a phrase condition ($7), roles ($9), time ($10, $11). */
const wanted = `($7::text is null or m.search @@ $7::tsquery) and ($9::text[] is null or m.role = any($9::text[]))
    and ($10::timestamptz is null or m.created_at >= $10) and ($11::timestamptz is null or m.created_at <= $11)`;
const there = 'm.deleted_at is null and ($12::uuid is null or m.id <= $12::uuid)';

/**
 * `matches` joins messages m with the queries q that find them. They are put in order by BM25 (k1 .9, b .4) with every word
 * counted once and $17 as the average length: ts_rank, which knows no length, has to keep half as many again for as good a ranking.
 */
const turns = (name: string, matches: string): Statement => ({
  name,
  text: `
with matched as (
  select m.id, m.conversation_id, m.stretch, m.seq,
         sum(q.weight) / (1.54 + 0.36::float8 * min(length(m.search)) / greatest($17::float8, 1))
           + case when $6::float8 > 0 then max($6::float8 * ts_rank(m.search, $5::tsquery)) else 0 end as rank
  from unnest($3::text[]::tsquery[], $4::float8[]) q(query, weight) ${matches}
  group by m.id, m.conversation_id, m.stretch, m.seq
  order by rank desc, m.id desc
  limit ${MAX_CANDIDATES}
),
best as (
  select b.conversation_id, b.stretch, b.seq from matched b
  union
  select m.conversation_id, m.stretch, m.seq from unnest($14::uuid[]) n(id) cross join lateral (
    select m.conversation_id, m.stretch, m.seq from messages m
    where m.tenant_id = $1 and m.id = n.id and ($8::uuid is null or m.conversation_id = $8::uuid) and ${messageIsOwned} and ${wanted} and ${there}
    limit 1) m
),
run as (
  select b.*, count(*) filter (where b.step is null) over in_order as stretch_number,
         count(*) filter (where (b.step <= $15::int + $16::int + 1) is not true) over in_order as number
  from (select b.*, b.seq - lag(b.seq) over (partition by b.conversation_id, b.stretch order by b.seq) as step from best b) b
  window in_order as (order by b.conversation_id, b.stretch, b.seq)
),
place as (
  select r.conversation_id, r.stretch, r.stretch_number, min(r.seq) - $15::int as first, max(r.seq) + $16::int as last
  from run r group by r.conversation_id, r.stretch, r.stretch_number, r.number
)
select m.id, p.stretch_number::int as stretch, m.seq, coalesce(m.author, case when m.role = 'user' then (
         select u.display_name from users u where u.tenant_id = $1 and u.id = m.user_id) end) as author,
       floor(date_part('epoch', m.created_at) * 1000 + 0.0005) as "createdAt", case when $13::boolean or ${asksSomething} then m.text end as text,
       case when length(m.search) <= ${LONG_VECTOR} then m.search::text end as search,
       case when length(m.search) > ${LONG_VECTOR} then length(m.search) end as "longLength", ${wanted} as wanted
from place p
cross join lateral (
  select m.id, m.seq, m.author, m.role, m.user_id, m.created_at, left(m.text, ${FEATURE_CHARACTERS}) as text, m.search from messages m
  where m.tenant_id = $1 and m.conversation_id = p.conversation_id and m.seq between p.first and p.last and m.stretch = p.stretch and ${there}
  offset 0
) m`,
});

const lookup = (where: string): string => `cross join lateral (
    select m.id, m.conversation_id, m.stretch, m.seq, m.search from messages m
    where m.tenant_id = $1 and m.search @@ q.query and ${where} and ${messageIsOwned} and ${wanted} and ${there}
    limit ${MAX_MATCHES}
  ) m`;

/**
 * The messages most likely to be what the tsqueries $3 look for, those near in meaning ($14), and so many before ($15) and
 * after ($16) each of them in the same stretch, to be scored by the caller. Each query weighs as the caller says. A text is
 * there if it may ask something, or any is ($13); the words of a long one are read by `longTurns`.
 *
 * Plan: a bitmap scan of `messages_search_idx` for each query; the caller bounds how many match. Then a probe of
 * `messages_seq_key` for each run of neighbours.
 */
export const turnCandidates: Statement = { ...turns('turn_candidates', lookup('$8::uuid is null')), asOwner: true };

/** The same in the conversation $8. Plan: `messages_search_idx`, or `messages_seq_key` where that is the smaller part. */
export const conversationCandidates: Statement = {
  ...turns('conversation_candidates', lookup('m.conversation_id = $8::uuid')),
  asOwner: true,
};

/**
 * The same for a user who has little: whoever looks up a word in the index looks at everybody's messages. Plan: one walk
 * along `messages_seq_key` through each of the user's conversations.
 */
export const ownTurnCandidates = turns(
  'own_turn_candidates',
  `join (
    select m.* from conversations c
    cross join lateral (select m.* from messages m where m.tenant_id = $1 and m.conversation_id = c.id offset 0) m
    where c.tenant_id = $1 and c.user_id = $2::uuid and ${wanted} and ${there}
  ) m on m.search @@ q.query`,
);

/** How often the lexemes $3 stand in the messages $2, for those whose words `turnCandidates` left out. Plan: a probe of `messages_pk` each. */
export const longTurns: Statement = {
  name: 'long_turns',
  text: `
select m.id, jsonb_object_agg(w.lexeme, coalesce(cardinality(w.positions), 1)) as frequencies
from unnest($2::uuid[]) l(id) join messages m on m.tenant_id = $1 and m.id = l.id cross join lateral unnest(m.search) w
where w.lexeme = any($3::text[]) group by m.id`,
};

/** Memories that the tsquery $3 finds, of those a reader may see and wants. Plan: a bitmap scan of `episodic_memories_search_idx`. */
export const memoryCandidates: Statement = {
  name: 'memory_candidates',
  asOwner: true,
  text: `
select m.id, coalesce(m.occurred_at, m.valid_from, m.created_at) as "occurredAt", m.importance, ${words('m', '$4')}
from episodic_memories m
where m.tenant_id = $1 and ($2::uuid is null or m.user_id = $2::uuid) and (m.search @@ $3::tsquery or m.id = any($16::uuid[]))
  and ${memoryIsVisible({ now: '$5', asOf: '$6', includeSuperseded: '$7', includeExpired: '$8' })}
  and ($9::text[] is null or m.kind = any($9::text[]))
  and ($10::text[] is null or m.tags && $10::text[])
  and ($11::text[] is null or m.tags @> $11::text[])
  and ($12::uuid is null or m.conversation_id = $12::uuid)
  and ($13::timestamptz is null or coalesce(m.occurred_at, m.valid_from, m.created_at) >= $13)
  and ($14::timestamptz is null or coalesce(m.occurred_at, m.valid_from, m.created_at) <= $14)
  and ($15::uuid is null or m.id <= $15::uuid)
order by ts_rank(m.search, $3::tsquery) desc, m.id desc
limit ${MAX_MEMORIES}`,
};

/**
 * Nodes of the graphs of a user ($9; null is the tenant's) that the tsquery $2 finds, as they are believed now, of those valid at $4.
 * Plan: a bitmap scan of `memory_graph_nodes_search_idx`.
 */
export const nodeCandidates: Statement = {
  name: 'node_candidates',
  asOwner: true,
  text: `
select n.id, n.updated_at as "occurredAt", 0.5::float8 as importance, ${words('n', '$3')}
from memory_graph_nodes n
where n.tenant_id = $1 and n.owner_id = coalesce($9::uuid, '${WHOLE_TENANT}') and (n.search @@ $2::tsquery or n.id = any($8::uuid[])) and n.invalidated_at is null
  and (n.valid_from is null or n.valid_from <= $4::timestamptz) and (n.valid_to is null or n.valid_to > $4::timestamptz)
  and ($5::timestamptz is null or n.updated_at >= $5) and ($6::timestamptz is null or n.updated_at <= $6)
  and ($7::uuid is null or n.id <= $7::uuid)
order by ts_rank(n.search, $2::tsquery) desc, n.id desc
limit ${MAX_MEMORIES}`,
};
