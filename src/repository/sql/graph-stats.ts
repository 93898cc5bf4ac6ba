import type { Statement } from '../../db/database.js';

const MOST = 20;
const live = (row: string): string => `${row}.invalidated_at is null and ${row}.valid_to is null`;
const types = (cte: string): string =>
  `(select coalesce(jsonb_agg(x), '[]') from (
     select t.type, sum(t.live)::int as count from ${cte} t group by t.type having sum(t.live) > 0 order by 2 desc, 1 limit ${MOST}) x)`;

/**
 * Counts of what an owner ($2) has in a graph ($3; null is all). It reads all of it: for people who look after a graph, not for every
 * turn of a dialogue.
 */
export const graphStats: Statement = {
  name: 'graph_stats',
  text: `
with
node as materialized (
  select n.id, n.graph, n.key, n.type, (n.invalidated_at is null)::int as live from memory_graph_nodes n
  where n.tenant_id = $1 and n.owner_id = $2::uuid and ($3::text is null or n.graph = $3) and n.recorded_at is distinct from n.invalidated_at
),
edge as materialized (
  select e.source_id, e.target_id, e.type, (${live('e')})::int as live
  from memory_graph_edges e join node n on n.id = e.source_id where e.tenant_id = $1
),
observation as (
  select (${live('o')})::int as live from memory_graph_observations o join node n on n.id = o.node_id where o.tenant_id = $1
),
version as (select count(*)::int as closed from memory_graph_node_versions v join node n on n.id = v.node_id where v.tenant_id = $1)
select
  (select coalesce(jsonb_agg(x), '[]') from (
     select n.graph, sum(n.live)::int as nodes from node n group by n.graph having sum(n.live) > 0 order by 2 desc, 1 limit ${MOST}) x) as graphs,
  (select coalesce(sum(n.live), 0)::int from node n) as nodes,
  (select coalesce(sum(e.live), 0)::int from edge e) as edges,
  (select coalesce(sum(o.live), 0)::int from observation o) as observations,
  jsonb_build_object(
    'nodes', (select coalesce(sum(1 - n.live), 0)::int from node n) + (select v.closed from version v),
    'edges', (select coalesce(sum(1 - e.live), 0)::int from edge e),
    'observations', (select coalesce(sum(1 - o.live), 0)::int from observation o)) as closed,
  ${types('node')} as "nodeTypes",
  ${types('edge')} as "edgeTypes",
  (select coalesce(jsonb_agg(x), '[]') from (
     select n.graph, n.key, d.edges from (
       select h.id, count(*)::int as edges from (
         select e.source_id as id from edge e where e.live = 1 union all select e.target_id from edge e where e.live = 1) h
       group by h.id order by 2 desc limit 10) d
     join node n on n.id = d.id order by d.edges desc, n.key) x) as hubs`,
};
