import type { Statement } from '../../db/database.js';
import type { PortableKind } from '../portable/portable-kinds.js';
import { WHOLE_TENANT } from './corpus-documents.js';
import { nodeSearch } from './graph-lock.js';
import { INDEXED_CHARACTERS } from './save-turn.js';

/** How the words of a row are found that its file does not hold: as whoever writes such a row makes them. */
const SEARCH: Readonly<Record<string, string>> = {
  message: `to_tsvector(l.config, normalize(left(r.text, ${INDEXED_CHARACTERS})))`,
  memory: `to_tsvector(l.config, normalize(left(concat_ws(' ', r.title, r.content, array_to_string(r.tags, ' ')), ${INDEXED_CHARACTERS})))`,
};

/** Conversations, memories and nodes that other rows of the same file are about. */
const COUNTED: Readonly<Record<string, string>> = {
  message: `
counted as (
  insert into corpus_changes (tenant_id, source, subject_id, user_id)
  -- Never all conversations for each message, as a plan made while there were none would.
  select $1, 'message', s.id, (select c.user_id from conversations c where c.tenant_id = $1 and c.id = s.conversation_id) from stored s
  where s.deleted_at is null
)`,
  memory: `
counted as (
  insert into corpus_changes (tenant_id, source, subject_id, user_id)
  select $1, 'memory', s.id, s.user_id from stored s where s.deleted_at is null
)`,
};

/** Events have no id of their own. */
const samePastEvent = `select from message_events e where e.tenant_id = $1 and e.conversation_id = r.conversation_id
    and e.occurred_at = r.occurred_at and e.type = r.type and e.message_id is not distinct from r.message_id`;

/**
 * Stores rows ($2, an array of JSON) that are not here yet. $3 is the new id of each row that has another one here; $4, where a
 * kind stands under a parent, the parents that were stored in this transaction: what belongs to any other is left alone.
 */
export const writePortable = (kind: PortableKind, columns: readonly string[]): Statement => {
  const { type, table, ids = [], optional = {}, parent, bytes } = kind;
  const known = new Set(ids);
  const value = (column: string): string => {
    if (column === bytes) return `decode(x.row ->> '${bytes}', 'base64')`;
    const plain = known.has(column) ? `coalesce(($3::jsonb ->> r.${column}::text)::uuid, r.${column})` : `r."${column}"`;
    const target = optional[column];
    // The offset makes it a column: under a policy what is looked up in an index must not be the outcome of a function.
    const there = (table: string): string => `(select ${plain} as id offset 0) w join ${table} o on o.tenant_id = $1 and o.id = w.id`;
    if (target) return `(select o.id from ${there(target)} for key share of o)`;
    if (type === 'memory' && (column === 'supersedes_id' || column === 'superseded_by_id'))
      return `case when ${plain} in (select given.id from given) or exists (select from ${there('episodic_memories')})
      then ${plain} end`;
    return plain;
  };
  const search = SEARCH[type];
  const counted = COUNTED[type];
  const row = `jsonb_populate_record(null::${table}, x.row${bytes ? ` - '${bytes}'` : ''})`;
  return {
    name: `write_portable_${type}`,
    text: `
with
${search ? 'language as (select t.text_search_config::regconfig as config from tenants t where t.id = $1),\n' : ''}given as materialized (
  select x.at, r.* from jsonb_array_elements($2::jsonb) with ordinality x(row, at) cross join lateral ${row} r
  where $3::jsonb is not null ${type === 'memory' ? 'and ($3::jsonb ->> r.id::text) is null' : ''} ${type === 'past_event' ? `and not exists (${samePastEvent})` : ''} ${parent ? `and r.${parent} = any($4::uuid[])` : 'and $4::uuid[] is null'}
),
stored as (
  insert into ${table} (tenant_id, ${columns.map((column) => `"${column}"`).join(', ')}${search ? ', search' : ''})
  select $1, ${columns.map(value).join(', ')}${search ? `, ${search}` : ''}
  from given r${search ? ' cross join language l' : ''}${bytes ? ` join jsonb_array_elements($2::jsonb) with ordinality x(row, at) on x.at = r.at` : ''}
  order by r.at
  on conflict do nothing
  returning *
)${counted ? `,${counted}` : ''}
select ${idOf(kind)} as id from stored s`,
  };
};

/** What is told of a stored row: of an observation, whose it is. */
const idOf = ({ type, table, order }: PortableKind): string =>
  type === 'observation' ? 's.node_id::text' : table === 'message_events' ? 's.conversation_id::text' : `s.${order.at(-1)!.column}::text`;

/** Which of the rows $2 are here under another id. */
export const mapPortable = ({ type, table, natural = [], ids = [] }: PortableKind): Statement => ({
  name: `map_portable_${type}`,
  text: `
select r.id::text as given, t.id::text as here
from jsonb_populate_recordset(null::${table}, $2::jsonb) r
join ${table} t on t.tenant_id = $1 and ${natural
    .map(
      (column) =>
        `t.${column} = ${ids.includes(column) ? `coalesce(($3::jsonb ->> r.${column}::text)::uuid, r.${column})` : `r.${column}`}`,
    )
    .join(' and ')}
where t.id <> r.id and $3::jsonb is not null`,
});

/** Which memories ($2) of the same person are here under another id: by their client id, or because they say the same and hold. */
export const mapMemories: Statement = {
  name: 'map_portable_memories',
  text: `
select r.id::text as given, o.id::text as here
from jsonb_populate_recordset(null::episodic_memories, $2::jsonb) r
cross join lateral (
  select o.id from episodic_memories o
  where o.tenant_id = $1 and o.id <> r.id
    and coalesce(o.user_id, '${WHOLE_TENANT}')
      = coalesce(($3::jsonb ->> r.user_id::text)::uuid, r.user_id, '${WHOLE_TENANT}')
    and (o.client_id = r.client_id or (o.content_hash = r.content_hash and o.deleted_at is null and o.superseded_by_id is null
                                       and r.deleted_at is null and r.superseded_by_id is null))
  limit 1
) o`,
};

/** How many of the rows $2 are here. */
export const countPortable = ({ type, table, order }: PortableKind): Statement => {
  const id = order.at(-1)!.column;
  return {
    name: `count_portable_${type}`,
    text: `
select count(*)::int as known from jsonb_populate_recordset(null::${table}, $2::jsonb) r
where exists (select from ${table} t where t.tenant_id = $1 and t.${id} = r.${id})`,
  };
};

/** Which of the conversations ($2) and memories ($3) are here. */
export const findHere: Statement = {
  name: 'find_portable_here',
  text: `
select i.id::text as id from unnest($2::uuid[]) i(id) where exists (select from conversations c where c.tenant_id = $1 and c.id = i.id)
union all
select i.id::text from unnest($3::uuid[]) i(id) where exists (select from episodic_memories m where m.tenant_id = $1 and m.id = i.id)`,
};

/** Which of the conversations ($2) are not here because another one here is active with their key. */
export const findTakenKeys: Statement = {
  name: 'find_taken_keys',
  text: `
select r.id::text as id, c.id::text as here
from jsonb_populate_recordset(null::conversations, $2::jsonb) r
join conversations c on c.tenant_id = $1 and c.conversation_key = r.conversation_key and c.status = 'active' and c.id <> r.id
  and c.key_owner_id = coalesce(($3::jsonb ->> r.key_owner_id::text)::uuid, r.key_owner_id)
where r.status = 'active' and r.conversation_key is not null
  and not exists (select from conversations h where h.tenant_id = $1 and h.id = r.id)`,
};

/** Where a conversation ($2) does not have as many messages as it says, it says so from now on. Plan: a range of `messages_seq_key` for each. */
export const correctCounts: Statement = {
  name: 'correct_counts',
  text: `
with counted as (
  select i.id, n.messages, n.last from unnest($2::uuid[]) i(id)
  cross join lateral (
    select (count(*) filter (where m.deleted_at is null))::int as messages, coalesce(max(m.seq), 0) as last
    from (
      select m.seq, m.deleted_at from messages m where m.tenant_id = $1 and m.conversation_id = i.id
      order by m.conversation_id, m.seq offset 0
    ) m
  ) n
)
update conversations c set message_count = n.messages, last_seq = greatest(c.last_seq, n.last)
from counted n
where c.tenant_id = $1 and c.id = n.id and (c.message_count <> n.messages or c.last_seq < n.last)
returning c.id`,
};

/** Makes the words of nodes ($2) anew, of all that is said of them, and tells who follows their graphs. */
export const settleNodes: Statement = {
  name: 'settle_nodes',
  text: `
with
believed as materialized (
  select b.id, ${nodeSearch('b.config', { key: 'b.key', label: 'b.label', type: 'b.type', properties: 'b.properties', texts: 'b.texts' })} as search
  from (
    select k.*, l.config, (select string_agg(o.text, E'\\n' order by o.id) from memory_graph_observations o
                           where o.tenant_id = $1 and o.node_id = k.id and o.invalidated_at is null) as texts
    from memory_graph_nodes k cross join (select t.text_search_config::regconfig as config from tenants t where t.id = $1) l
    where k.tenant_id = $1 and k.id = any($2::uuid[])
  ) b
),
described as (
  update memory_graph_nodes n set search = case when n.invalidated_at is not null then '' else b.search end
  from believed b
  where n.tenant_id = $1 and n.id = b.id
  returning n.id, n.owner_id, n.graph, n.invalidated_at
),
counted as (
  insert into corpus_changes (tenant_id, source, subject_id, user_id)
  select $1, 'node', d.id, nullif(d.owner_id, '${WHOLE_TENANT}') from described d where d.invalidated_at is null
),
noted as (
  insert into memory_graph_changes (tenant_id, owner_id, graph)
  select distinct $1, d.owner_id, d.graph from described d
  on conflict do nothing
)
select 1`,
};

/** Whether a tenant is as it was made. */
export const isUntouched: Statement = {
  name: 'is_untouched',
  text: `
select not exists (select from users where tenant_id = $1) and not exists (select from conversations where tenant_id = $1)
   and not exists (select from episodic_memories where tenant_id = $1) and not exists (select from memory_graph_nodes where tenant_id = $1)
   and not exists (select from user_credentials where tenant_id = $1) and not exists (select from tasks where tenant_id = $1) as untouched`,
};

/** Gives a tenant what the row $2 says of it; a text search configuration that this database does not have is left out. */
export const writeTenantRow: Statement = {
  name: 'write_portable_tenant',
  text: `
with given as materialized (
  select r.*, exists (select from pg_ts_config f where f.cfgname = r.text_search_config) as spoken
  from jsonb_populate_record(null::tenants, $2::jsonb) r
)
update tenants t set
  name = r.name, settings = r.settings, created_at = r.created_at, updated_at = r.updated_at,
  text_search_config = case when r.spoken then r.text_search_config else t.text_search_config end
from given r
where t.id = $1`,
};
