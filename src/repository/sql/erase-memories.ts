import type { Statement } from '../../db/database.js';
import { removeEvidence } from './erase-messages.js';

/** The next memories of a person ($2), with those that are linked to them, locked in the order of their ids. */
export const lockOwnMemories: Statement = {
  name: 'erase_lock_memories',
  text: `
with picked as (
  select m.id from episodic_memories m where m.tenant_id = $1 and m.user_id = $2::uuid order by m.id limit $3::int
)
select m.id, m.id in (select id from picked) as picked
from episodic_memories m
where m.tenant_id = $1
  and (m.id in (select id from picked) or m.supersedes_id in (select id from picked) or m.superseded_by_id in (select id from picked))
order by m.id
for update`,
};

/** Takes the links of memories ($2) away. They count as deleted from here on: several may say the same, and are not told apart by their links any more. */
export const unlinkOwnMemories: Statement = {
  name: 'erase_unlink_memories',
  text: `
update episodic_memories m set supersedes_id = null, superseded_by_id = null, deleted_at = coalesce(m.deleted_at, $3::timestamptz)
where m.tenant_id = $1 and m.id = any($2::uuid[])`,
};

/** Removes unlinked memories ($2), whose statistics of words have been told. */
export const eraseMemories: Statement = {
  name: 'erase_memories',
  asOwner: true,
  text: `
with
${removeEvidence.trim()},
vectors as (
  delete from memory_vectors v where v.tenant_id = $1 and v.subject_type = 'memory' and v.subject_id = any($2::uuid[])
  returning 1
),
removed as (delete from episodic_memories m where m.tenant_id = $1 and m.id = any($2::uuid[]) returning 1)
select (select count(*)::int from removed) as episodic_memories, (select count(*)::int from vectors) as memory_vectors,
       (select count(*)::int from cited_edges) + (select count(*)::int from cited_observations) as citations`,
};

export const lockOwnNodes: Statement = {
  name: 'erase_lock_nodes',
  text: `select n.id from memory_graph_nodes n where n.tenant_id = $1 and n.owner_id = $2::uuid order by n.id limit $3::int for update`,
};

/** Removes nodes ($2) of a person's own graphs, whose statistics of words have been told, with all that was ever believed of them. */
export const eraseNodes: Statement = {
  name: 'erase_nodes',
  text: `
with
vectors as (
  delete from memory_vectors v where v.tenant_id = $1 and v.subject_type = 'node' and v.subject_id = any($2::uuid[])
  returning 1
),
versions as (delete from memory_graph_node_versions v where v.tenant_id = $1 and v.node_id = any($2::uuid[]) returning 1),
observations as (delete from memory_graph_observations o where o.tenant_id = $1 and o.node_id = any($2::uuid[]) returning 1),
edges as (
  delete from memory_graph_edges e where e.tenant_id = $1 and (e.source_id = any($2::uuid[]) or e.target_id = any($2::uuid[]))
  returning 1
),
removed as (delete from memory_graph_nodes n where n.tenant_id = $1 and n.id = any($2::uuid[]) returning 1)
select (select count(*)::int from removed) as memory_graph_nodes, (select count(*)::int from versions) as memory_graph_node_versions,
       (select count(*)::int from observations) as memory_graph_observations, (select count(*)::int from edges) as memory_graph_edges,
       (select count(*)::int from vectors) as memory_vectors`,
};
