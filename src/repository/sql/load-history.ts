import type { Statement } from '../../db/database.js';
import { messageAssets } from './columns.js';

/** Messages of one page at most. */
export const MAX_PAGE = 1000;

/** Between the fields of a message, of which none but the last can hold it: PostgreSQL writes it escaped into JSON. */
export const FIELD_END = '\u001f';

/** Names are looked up only where there is one to look up. */
const nameOf = (table: string, id: string): string => `(select n.external_id from ${table} n where n.tenant_id = $1 and n.id = ${id})`;

/** A conversation as a list, in the order of `HeaderFields`. */
const header = `json_build_array(c.id, c.conversation_key, ${nameOf('users', 'c.user_id')}, ${nameOf('devices', 'c.device_id')},
    ${nameOf('sessions', 'c.session_id')}, c.platform, c.chat_id, c.title, c.topic, c.summary, c.current_goal, c.status, c.message_count,
    c.last_seq, c.input_tokens, c.output_tokens, c.metadata, c.legal_hold, c.started_at, c.last_activity_at, c.ended_at, c.archived_at)::text`;

/** What few messages have, as a list in the order of `RareFields`; null where a message has none of it. */
const rare = `case when m.type <> 'text' or m.status <> 'sent' or m.author is not null or m.user_id is distinct from c.user_id
      or jsonb_typeof(m.content) <> 'string' or m.tool_calls is not null or m.tool_results is not null or m.client_message_id is not null
      or m.metadata <> '{}' or m.asset_count > 0 or m.edited_at is not null
    then json_build_array(m.type, m.status, m.author, ${nameOf('users', 'm.user_id')}, case when jsonb_typeof(m.content) <> 'string' then m.content end,
      m.tool_calls, m.tool_results, m.client_message_id, m.metadata, m.edited_at, m.deleted_at,
      ${messageAssets}) end`;

/** A message as a line, in the order in which `readMessage` takes it apart. */
const message = `concat(${[
  'm.id',
  'm.seq',
  'm.turn',
  'm.role',
  `date_part('epoch', m.created_at)`,
  'm.input_tokens',
  'm.output_tokens',
  rare,
  // What was said is the content; the text beside it is what is searched.
  `case when jsonb_typeof(m.content) = 'string' then m.content #>> '{}' else m.text end`,
].join(`, E'\\x1f', `)})`;

/**
 * The first `count` messages on one side of a place. The limit is said three times for the planner's sake: it takes a limit it does
 * not know for a tenth of what there is, which makes the prepared plan look so dear in a long conversation that every call is
 * planned anew, three times the cost of running it. A line is made inside of the limits, so that every step above hands on one column.
 */
const lines = (place: string, order: string, count: string): string => `
  select * from (select * from (
    select ${message} as line from messages m
    where m.tenant_id = $1 and m.conversation_id = c.id
      and ($4::text[] is null or m.role = any($4::text[])) and ($5::boolean or m.deleted_at is null)${place}
    order by m.seq ${order} limit ${MAX_PAGE + 1}) m limit ${count}::int) m limit ${count}::int`;

const byId = '$3::uuid';

/** The active conversation with a key, else the latest with it. */
const byKey = (key: string): string => `(
    select k.id from conversations k where k.tenant_id = $1 and k.conversation_key = ${key} and ($2::uuid is null or k.user_id = $2::uuid)
    order by k.status = 'active' desc, k.last_activity_at desc limit 1)`;

const conversation = (id: string, anchor = ''): string => `c as materialized (
  select ${header} as header, c.id, c.user_id${anchor}
  from conversations c
  where c.tenant_id = $1 and ($2::uuid is null or c.user_id = $2::uuid) and c.id = ${id}
)`;

const newest = (name: string, id: string): Statement => ({
  name,
  brief: true,
  text: `
with ${conversation(id)}
select c.header, null::int as anchor, null as line from c
union all
select null, null, m.line from c, lateral (${lines('', 'desc', '$6')}) m`,
});

/**
 * The end of a conversation: a row with its header, and its $6 newest messages, in no order that is promised. The conversation is $3.
 *
 * Each message is one text: taking one value apart costs the reader a third of taking twenty columns, and what most messages lack is
 * made JSON only where it is there. Starting a plan costs as much as running it, so the commonest page has a statement with nothing in
 * it that it does not need.
 *
 * Plan: a walk along `messages_seq_key` from the end, stopped by its limit; the same cost in a conversation of a hundred messages and
 * of a million.
 */
export const loadNewest: Statement = newest('load_history', byId);

/** The same of the conversation with the key $3. */
export const loadNewestByKey: Statement = newest('load_history_by_key', byKey('$3::text'));

/**
 * Up to $6 messages before a place and up to $7 after it. The place is $8 (before this seq), $9 (after this seq), or the message
 * $10; the conversation is $3, or the one with the key $11.
 *
 * Plan: two such walks from the place outwards.
 */
export const loadAround: Statement = {
  name: 'load_history_around',
  text: `
with ${conversation(
    `case when $3::uuid is not null then $3::uuid else ${byKey('$11::text')} end`,
    `,
         case when $10::uuid is not null then (
           select m.seq from messages m where m.tenant_id = $1 and m.conversation_id = c.id and m.id = $10::uuid) end as anchor`,
  )},
place as materialized (select coalesce($8::int, $9::int + 1, c.anchor) as seq from c)
select c.header, c.anchor, null as line from c
union all
select null, null, m.line
from c, place p, lateral (
  (${lines(' and m.seq < p.seq', 'desc', '$6')})
  union all
  (${lines(' and m.seq >= p.seq', '', '$7')})
) m`,
};
