import type { Statement } from '../../db/database.js';
import { messageColumns } from './columns.js';
import { messageIsOwned } from './message-visibility.js';

/** A message stored in more bytes than this comes without its parts, as clipped text. */
const HEAVY_MESSAGE = 16_000;
const CONTEXT_MESSAGES = 20;
const CONTEXT_CHARACTERS = 1000;

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
  from messages m where m.tenant_id = $1 and m.id = h.id and ${messageIsOwned}
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
