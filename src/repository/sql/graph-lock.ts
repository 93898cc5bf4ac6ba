import type { Statement } from '../../db/database.js';
import { INDEXED_CHARACTERS } from './save-turn.js';

/** Words of a key count one by one, however they are joined: PriceList, price_list and price-list. */
const apart = (column: string): string => `regexp_replace(${column}, '([[:lower:][:digit:]])([[:upper:]])', '\\1 \\2', 'g')`;

/** What a node is found by: its names first, then its type and what is said of it. */
export const nodeSearch = (
  config: string,
  row: { key: string; label: string; type: string; properties: string; texts: string },
): string => `
         setweight(to_tsvector(${config}, normalize(left(concat_ws(' ', ${row.key}, ${apart(row.key)}, ${row.label}), 2000))), 'A')
         || setweight(to_tsvector(${config}, left(coalesce(${apart(row.type)}, ''), 1000)), 'B')
         || setweight(to_tsvector(${config}, normalize(left(coalesce(${row.texts}, ''), ${INDEXED_CHARACTERS}))), 'C')
         || setweight(jsonb_to_tsvector(${config}, ${row.properties}, '["string", "numeric"]'), 'D')`;

const columns = `id, key, label, type, properties, valid_from as "validFrom", valid_to as "validTo", recorded_at as "recordedAt",
       invalidated_at as "invalidatedAt"`;

/**
 * Locks the nodes of $5 that are there, in the order of their keys, and creates those that are not, if they are to be. A key that
 * another transaction created at the same time is in neither part: the statement has to be run again.
 *
 * Plan: a probe of `memory_graph_nodes_key_key` for each key.
 */
export const lockGraphNodes: Statement = {
  name: 'lock_graph_nodes',
  text: `
with given as materialized (
  select * from jsonb_to_recordset($5::jsonb) as g(
    id uuid, key text, "create" boolean, named boolean, label text, type text, properties jsonb, texts text,
    valid_from timestamptz, valid_to timestamptz)
),
existing as materialized (
  -- By an array and not joined: what locks rows beside a function Citus cannot read back.
  select n.* from memory_graph_nodes n
  where n.tenant_id = $1 and n.owner_id = $2::uuid and n.graph = $3 and n.key = any(array(select g.key from given g))
  order by n.key
  for no key update of n
),
language as (select text_search_config::regconfig as config from tenants where id = $1),
created as (
  insert into memory_graph_nodes (tenant_id, id, owner_id, graph, key, label, type, properties, valid_from, valid_to, recorded_at,
                                  invalidated_at, search, created_at, updated_at)
  select $1, g.id, $2::uuid, $3, g.key, g.label, g.type, g.properties, g.valid_from, g.valid_to, $4::timestamptz,
         case when g.named then $4::timestamptz end,
         case when g.named then '' else ${nodeSearch('l.config', { key: 'g.key', label: 'g.label', type: 'g.type', properties: 'g.properties', texts: 'g.texts' })} end,
         $4::timestamptz, $4::timestamptz
  from given g, language l
  where g."create" and g.key not in (select e.key from existing e)
  order by g.key
  on conflict (tenant_id, owner_id, graph, key) do nothing
  returning *
)
select false as created, ${columns} from existing
union all
select true, ${columns} from created`,
};
