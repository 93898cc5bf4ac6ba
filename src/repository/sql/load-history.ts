import type { Statement } from '../../db/database.js';
import { conversationColumnsWith } from './columns.js';

/** Messages of one page at most. */
export const MAX_PAGE = 1000;

const readable = `m.tenant_id = $1 and m.conversation_id = c.id
      and ($10::text[] is null or m.role = any($10::text[])) and ($11::boolean or m.deleted_at is null)`;

/**
 * The first `count` rows of `rows`. The limit is said three times for the planner's sake: it takes a limit it does not know for
 * a tenth of what there is, which makes the prepared plan look so dear in a long conversation that every call is planned anew,
 * three times the cost of running it.
 */
const firstRows = (rows: string, count: string): string =>
  `select * from (select * from (${rows} limit ${MAX_PAGE + 1}) m limit ${count}::int) m limit ${count}::int`;

/** Names are looked up only where there is one to look up. */
const nameOf = (table: string, id: string): string => `(select n.external_id from ${table} n where n.tenant_id = $1 and n.id = ${id})`;
const headerColumns = conversationColumnsWith(
  nameOf('users', 'c.user_id'),
  nameOf('devices', 'c.device_id'),
  nameOf('sessions', 'c.session_id'),
);

/** A message as a list, in the order of `MessageFields`; `text` is left out where it is the content. */
const message = `json_build_array(m.id, m.seq, m.turn, m.role, m.type, m.status, m.author,
    case when m.user_id = c."userId" then c."user" else ${nameOf('users', 'm.user_id')} end,
    m.content, case when jsonb_typeof(m.content) <> 'string' then m.text end, m.tool_calls, m.tool_results, m.input_tokens, m.output_tokens,
    m.client_message_id, m.metadata, m.created_at, m.edited_at, m.deleted_at,
    case when m.asset_count > 0 then (
      select jsonb_agg(jsonb_build_object('id', a.id, 'name', a.name, 'mimeType', a.mime_type, 'size', a.size, 'uri', a.uri) order by a.id)
      from message_assets a where a.tenant_id = $1 and a.message_id = m.id) end)::text`;

/**
 * One page of a conversation: a row with its header, and up to $8 messages before a place and up to $9 after it, in no order.
 *
 * The place is $5 (before this seq), $6 (after this seq), or the message $7. The conversation is $3, or the active one with
 * the key $4, else the latest with it. Each row is one JSON text: taking one value apart costs the reader a third of taking
 * twenty columns.
 *
 * Plan: two walks along `messages_seq_key` from the place outwards, each stopped by its limit; the same cost in a
 * conversation of a hundred messages and of a million.
 */
export const loadHistory: Statement = {
  name: 'load_history',
  text: `
with
c as materialized (
  select ${headerColumns.trim()}, c.user_id as "userId",
         case when $7::uuid is not null then (
           select m.seq from messages m where m.tenant_id = $1 and m.conversation_id = c.id and m.id = $7::uuid) end as "anchorSeq"
  from conversations c
  where c.tenant_id = $1 and ($2::uuid is null or c.user_id = $2::uuid)
    and c.id = case when $3::uuid is not null then $3::uuid else (
      select k.id from conversations k where k.tenant_id = $1 and k.conversation_key = $4::text and ($2::uuid is null or k.user_id = $2::uuid)
      order by k.status = 'active' desc, k.last_activity_at desc limit 1) end
),
place as materialized (
  select coalesce($5::int, $6::int + 1, c."anchorSeq", case when $7::uuid is null then 2147483647 end) as seq from c
)
select row_to_json(c)::text as header, null as message from c
union all
select null, ${message}
from c, place p, lateral (
  (${firstRows(`select m.* from messages m where ${readable} and m.seq < p.seq order by m.seq desc`, '$8')})
  union all
  (${firstRows(`select m.* from messages m where ${readable} and m.seq >= p.seq order by m.seq`, '$9')})
) m`,
};
