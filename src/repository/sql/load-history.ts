import type { Statement } from '../../db/database.js';
import { conversationColumns, conversationSource, messageColumns } from './columns.js';

const readable = `m.tenant_id = $1 and m.conversation_id = c.id
      and ($10::text[] is null or m.role = any($10::text[])) and ($11::boolean or m.deleted_at is null)`;

/** Messages of one page at most. */
export const MAX_PAGE = 1000;

/**
 * The first `count` rows of `rows`. The limit is said three times for the planner's sake: it takes a limit it does not know for
 * a tenth of what there is, which makes the prepared plan look so dear in a long conversation that every call is planned anew,
 * three times the cost of running it.
 */
const firstRows = (rows: string, count: string): string =>
  `select * from (select * from (${rows} limit ${MAX_PAGE + 1}) m limit ${count}::int) m limit ${count}::int`;

/**
 * One page of a conversation with its header: up to $8 messages before a place and up to $9 after it, oldest first.
 *
 * The place is $5 (before this seq), $6 (after this seq), or the message $7. The conversation is $3, or the active one with
 * the key $4, else the latest with it. Without messages on the page there is still one row, with the header alone.
 *
 * Plan: two walks along `messages_seq_key` from the place outwards, each stopped by its limit; the same cost in a
 * conversation of a hundred messages and of a million.
 */
export const loadHistory: Statement = {
  name: 'load_history',
  text: `
with
found as (
  (select c.tenant_id, c.id from conversations c where $3::uuid is not null and c.tenant_id = $1 and c.id = $3::uuid
     and ($2::uuid is null or c.user_id = $2::uuid))
  union all
  (select c.tenant_id, c.id from conversations c where $3::uuid is null and c.tenant_id = $1 and c.conversation_key = $4::text
     and ($2::uuid is null or c.user_id = $2::uuid)
   order by c.status = 'active' desc, c.last_activity_at desc limit 1)
),
conversation as (
  select c.tenant_id, ${conversationColumns.trim()}
  from ${conversationSource} join found f on f.tenant_id = c.tenant_id and f.id = c.id
),
anchor as (
  select m.seq from messages m join conversation c on m.tenant_id = $1 and m.conversation_id = c.id where m.id = $7::uuid
),
place as (
  select coalesce($5::int, $6::int + 1, (select seq from anchor), case when $7::uuid is null then 2147483647 end) as seq,
         (select seq from anchor) as anchor_seq
),
page as (
  (select m.* from place p, conversation c, lateral (
     ${firstRows(`select m.* from messages m where ${readable} and m.seq < p.seq order by m.seq desc`, '$8')}) m)
  union all
  (select m.* from place p, conversation c, lateral (
     ${firstRows(`select m.* from messages m where ${readable} and m.seq >= p.seq order by m.seq`, '$9')}) m)
)
select case when row_number() over (order by m.seq) = 1 then (select to_jsonb(c) - 'tenant_id' from conversation c) end as conversation,
       (select anchor_seq from place) as "anchorSeq", ${messageColumns.trim()}
from conversation c left join page m on true
left join users u on u.tenant_id = m.tenant_id and u.id = m.user_id
order by m.seq`,
};
