import type { Statement } from '../../db/database.js';
import { nodeSearch } from './graph-lock.js';
import { noteChange, noteWords } from './graph-traces.js';

// Each of these stops believing something of the graph $3 of $2 at the time $4, in one statement. Nothing goes away: `known_at`
// before it finds all of it. Nobody else may change the nodes it is about meanwhile.

const ended = (table: string, where: string): string => `
  update ${table} f set invalidated_at = greatest(f.recorded_at, $4::timestamptz), updated_at = $4::timestamptz
  where f.tenant_id = $1 and ${where} and f.invalidated_at is null`;

/** The limit keeps every plan to one probe of `memory_graph_nodes_key_key`. */
const nodeOf = (key: string): string => `lateral (
    select n.id, n.key, n.invalidated_at from memory_graph_nodes n
    where n.tenant_id = $1 and n.owner_id = $2::uuid and n.graph = $3 and n.key = ${key} limit 1)`;

/** Nodes by their keys $5, with everything said of them. Plan: the nodes' indexes of versions, observations and edges. */
export const deleteGraphNodes: Statement = {
  name: 'delete_graph_nodes',
  text: `
with
node as materialized (select n.* from jsonb_array_elements_text($5::jsonb) k(key) cross join ${nodeOf('k.key')} n),
known as materialized (select id, key from node where invalidated_at is null),
${noteWords({ gone: 'known' })},
${noteChange('node')},
versions as (${ended('memory_graph_node_versions', 'f.node_id in (select id from node)')}),
observations as (${ended('memory_graph_observations', 'f.node_id in (select id from node)')} returning f.id),
edges as (${ended('memory_graph_edges', '(f.source_id = any(array(select id from node)) or f.target_id = any(array(select id from node)))')} returning f.id),
nodes as (
  update memory_graph_nodes n set invalidated_at = greatest(n.recorded_at, $4::timestamptz), updated_at = $4::timestamptz, search = ''
  where n.tenant_id = $1 and n.id in (select id from known)
)
select array(select key from known) as keys, (select count(*)::int from observations) as observations, (select count(*)::int from edges) as edges`,
};

/** Edges by their names $5, in all periods; answers the names of those that were there. Plan: `memory_graph_edges_ends_idx`. */
export const deleteGraphEdges: Statement = {
  name: 'delete_graph_edges',
  text: `
with
wanted as materialized (
  select distinct s.id as source_id, t.id as target_id, s.key as source, t.key as target, g.type
  from jsonb_to_recordset($5::jsonb) as g(source text, target text, type text)
  cross join ${nodeOf('g.source')} s cross join ${nodeOf('g.target')} t
),
found as materialized (
  select e.id, w.source, w.target, w.type from wanted w
  cross join lateral (
    select e.id from memory_graph_edges e
    where e.tenant_id = $1 and e.source_id = w.source_id and e.target_id = w.target_id and e.type = w.type and e.invalidated_at is null) e
),
${noteChange('found')},
edges as (${ended('memory_graph_edges', 'f.id in (select id from found)')})
select distinct source, target, type from found`,
};

/** Observations by node and hash ($5), in all periods; answers those that were there. Plan: `memory_graph_observations_node_id_idx`. */
export const deleteGraphObservations: Statement = {
  name: 'delete_graph_observations',
  text: `
with
found as materialized (
  select o.id, o.text, n.id as node_id, n.key, n.invalidated_at
  from (select distinct g.key, g.text_hash from jsonb_to_recordset($5::jsonb) as g(key text, text_hash text)) g
  cross join ${nodeOf('g.key')} n
  cross join lateral (
    select o.id, o.text from memory_graph_observations o
    where o.tenant_id = $1 and o.node_id = n.id and o.text_hash = g.text_hash and o.invalidated_at is null) o
),
touched as materialized (select distinct node_id as id from found where invalidated_at is null),
${noteWords({ changed: 'touched' })},
${noteChange('found')},
observations as (${ended('memory_graph_observations', 'f.id in (select id from found)')}),
believed as (
  select b.id, ${nodeSearch('b.config', { key: 'b.key', label: 'b.label', type: 'b.type', properties: 'b.properties', texts: 'b.texts' })} as search
  from (
    select n.id, n.key, n.label, n.type, n.properties, l.config,
         (select string_agg(o.text, E'\\n' order by o.id) from memory_graph_observations o
          where o.tenant_id = $1 and o.node_id = t.id and o.invalidated_at is null and o.id not in (select id from found)) as texts
  from touched t join memory_graph_nodes n on n.tenant_id = $1 and n.id = t.id
  cross join (select text_search_config::regconfig as config from tenants where id = $1) l
  ) b
),
nodes as (
  update memory_graph_nodes n set
    search = b.search,
    updated_at = $4::timestamptz
  from believed b where n.tenant_id = $1 and n.id = b.id
)
select distinct key, text from found`,
};
