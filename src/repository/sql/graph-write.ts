import type { Statement } from '../../db/database.js';
import { nodeSearch } from './graph-lock.js';
import { noteChange, noteWords } from './graph-traces.js';

/**
 * What is believed of locked nodes: their other periods ($2), their observations with certain hashes ($3), and the edges between
 * certain of them ($4), whatever the period.
 */
export const readGraphFacts: Statement = {
  name: 'read_graph_facts',
  text: `
select
  (select coalesce(jsonb_agg(to_jsonb(v)), '[]') from memory_graph_node_versions v
   where v.tenant_id = $1 and v.node_id = any($2::uuid[]) and v.invalidated_at is null) as versions,
  (select coalesce(jsonb_agg(to_jsonb(o)), '[]')
   from jsonb_to_recordset($3::jsonb) as g(node_id uuid, text_hash text)
   cross join lateral (
     select o.* from memory_graph_observations o
     where o.tenant_id = $1 and o.node_id = g.node_id and o.text_hash = g.text_hash and o.invalidated_at is null) o) as observations,
  (select coalesce(jsonb_agg(to_jsonb(e)), '[]')
   from jsonb_to_recordset($4::jsonb) as g(source_id uuid, target_id uuid, type text)
   cross join lateral (
     select e.* from memory_graph_edges e
     where e.tenant_id = $1 and e.source_id = g.source_id and e.target_id = g.target_id and e.type = g.type and e.invalidated_at is null
   ) e) as edges`,
};

const end = (table: string, ids: string): string => `
  update ${table} f set invalidated_at = greatest(f.recorded_at, $4::timestamptz), updated_at = $4::timestamptz
  where f.tenant_id = $1 and f.id = any(${ids}::uuid[])
  returning f.id`;

/** Waits for what an insert takes the place of: two live rows of one fact must not meet in its unique index. */
const after = (cte: string): string => `(select count(*) from ${cte}) >= 0`;

/**
 * Writes what changed of the graph $3 of $2: of nodes ($5, with the period to go into the node's row where `head` is set), versions
 * ($6 ended, $7 new), observations ($8, $9) and edges ($10, $11), all at the time $4. The nodes $12 were created before it.
 */
export const writeGraphFacts: Statement = {
  name: 'write_graph_facts',
  text: `
with
touched as materialized (
  select * from jsonb_to_recordset($5::jsonb) as t(
    id uuid, version_id uuid, head boolean, ended boolean, label text, type text, properties jsonb, valid_from timestamptz, valid_to timestamptz)
),
new_observation as materialized (
  select * from jsonb_to_recordset($9::jsonb) as o(
    id uuid, node_id uuid, text text, text_hash text, source text, evidence uuid[], valid_from timestamptz, valid_to timestamptz)
),
created as materialized (select id from unnest($12::uuid[]) c(id)),
changed as (select 1),
${noteWords({ changed: 'touched', come: 'created' })},
${noteChange('changed')},
believed as materialized (
  select b.*, ${nodeSearch('b.config', { key: 'b.key', label: 'b.new_label', type: 'b.new_type', properties: 'b.new_properties', texts: 'b.texts' })} as search
  from (
  select t.*, n.key, l.config,
         case when t.head then t.label else n.label end as new_label, case when t.head then t.type else n.type end as new_type,
         case when t.head then t.properties else n.properties end as new_properties,
         (select string_agg(o.text, E'\\n' order by o.id) from (
            select o.id, o.text from memory_graph_observations o
            where o.tenant_id = $1 and o.node_id = t.id and o.invalidated_at is null and o.id <> all($8::uuid[])
            union all
            select o.id, o.text from new_observation o where o.node_id = t.id) o) as texts
  from touched t join memory_graph_nodes n on n.tenant_id = $1 and n.id = t.id
  cross join (select text_search_config::regconfig as config from tenants where id = $1) l
  ) b
),
ended_versions as (${end('memory_graph_node_versions', '$6')}),
ended_observations as (${end('memory_graph_observations', '$8')}),
ended_edges as (${end('memory_graph_edges', '$10')}),
archived as (
  insert into memory_graph_node_versions (tenant_id, id, node_id, label, type, properties, valid_from, valid_to, recorded_at, invalidated_at)
  select $1, t.version_id, n.id, n.label, n.type, n.properties, n.valid_from, n.valid_to, n.recorded_at,
         coalesce(n.invalidated_at, case when t.ended then greatest(n.recorded_at, $4::timestamptz) end)
  from touched t join memory_graph_nodes n on n.tenant_id = $1 and n.id = t.id
  where t.head and n.recorded_at is distinct from n.invalidated_at
),
new_versions as (
  insert into memory_graph_node_versions (tenant_id, id, node_id, label, type, properties, valid_from, valid_to, recorded_at)
  select $1, v.id, v.node_id, v.label, v.type, v.properties, v.valid_from, v.valid_to, $4::timestamptz
  from jsonb_to_recordset($7::jsonb) as v(
    id uuid, node_id uuid, label text, type text, properties jsonb, valid_from timestamptz, valid_to timestamptz)
),
new_observations as (
  insert into memory_graph_observations (tenant_id, id, node_id, text, text_hash, source, evidence, valid_from, valid_to, recorded_at)
  select $1, o.id, o.node_id, o.text, o.text_hash, o.source, o.evidence, o.valid_from, o.valid_to, $4::timestamptz
  from new_observation o where ${after('ended_observations')}
),
new_edges as (
  insert into memory_graph_edges (tenant_id, id, source_id, target_id, type, properties, weight, evidence, valid_from, valid_to, recorded_at)
  select $1, e.id, e.source_id, e.target_id, e.type, e.properties, e.weight, e.evidence, e.valid_from, e.valid_to, $4::timestamptz
  from jsonb_to_recordset($11::jsonb) as e(
    id uuid, source_id uuid, target_id uuid, type text, properties jsonb, weight real, evidence uuid[], valid_from timestamptz,
    valid_to timestamptz)
  where ${after('ended_edges')}
)
update memory_graph_nodes n set
  label = b.new_label, type = b.new_type, properties = b.new_properties,
  valid_from = case when b.head then b.valid_from else n.valid_from end,
  valid_to = case when b.head then b.valid_to else n.valid_to end,
  recorded_at = case when b.head then greatest(n.recorded_at, $4::timestamptz) else n.recorded_at end,
  invalidated_at = case when b.head then null else n.invalidated_at end,
  search = b.search,
  updated_at = $4::timestamptz
from believed b where n.tenant_id = $1 and n.id = b.id`,
};
