import type { Statement } from '../../db/database.js';

/**
 * Stops believing locked nodes ($3) at the time $2, with everything said of them. Nothing goes away: `known_at` before it finds all
 * of it. Plan: the nodes' indexes of versions, observations and edges.
 */
export const deleteGraphNodes: Statement = {
  name: 'delete_graph_nodes',
  text: `
with
versions as (
  update memory_graph_node_versions f set invalidated_at = greatest(f.recorded_at, $2::timestamptz), updated_at = $2::timestamptz
  where f.tenant_id = $1 and f.node_id = any($3::uuid[]) and f.invalidated_at is null
),
observations as (
  update memory_graph_observations f set invalidated_at = greatest(f.recorded_at, $2::timestamptz), updated_at = $2::timestamptz
  where f.tenant_id = $1 and f.node_id = any($3::uuid[]) and f.invalidated_at is null
  returning f.id
),
edges as (
  update memory_graph_edges f set invalidated_at = greatest(f.recorded_at, $2::timestamptz), updated_at = $2::timestamptz
  where f.tenant_id = $1 and (f.source_id = any($3::uuid[]) or f.target_id = any($3::uuid[])) and f.invalidated_at is null
  returning f.id
),
nodes as (
  update memory_graph_nodes n set invalidated_at = greatest(n.recorded_at, $2::timestamptz), updated_at = $2::timestamptz, search = ''
  where n.tenant_id = $1 and n.id = any($3::uuid[]) and n.invalidated_at is null
  returning n.id
)
select (select count(*)::int from observations) as observations, (select count(*)::int from edges) as edges`,
};
