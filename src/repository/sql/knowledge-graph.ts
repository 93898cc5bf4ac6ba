import type { Statement } from '../../db/database.js';

/** Written and neither taken back nor over. */
export const live = (row: string): string => `${row}.invalidated_at is null and ${row}.valid_to is null`;
export const ofGraph = (row: string): string => `${row}.tenant_id = $1 and ${row}.owner_id = $2::uuid and ${row}.graph = $3`;

/** What is said of the entity `row`, from a place on. */
export const observationsOf = (row: string, offset: string, limit: string): string => `
  array(select o.text from memory_graph_observations o
        where o.tenant_id = $1 and o.node_id = ${row}.id and ${live('o')}
        order by o.id offset ${offset} limit ${limit})`;

/** The names at both ends of the edges `edges`; the limits keep every plan to one probe each. */
export const namedEnds = (edges: string): string => `
select e.id, e.source_id as "fromId", e.target_id as "toId", s.key as "from", t.key as "to", e.type as "relationType"
from (${edges}) e
cross join lateral (select n.key from memory_graph_nodes n where n.tenant_id = $1 and n.id = e.source_id limit 1) s
cross join lateral (select n.key from memory_graph_nodes n where n.tenant_id = $1 and n.id = e.target_id limit 1) t
order by e.id`;

const edgesFrom = (columns: string, joins: string, from: string, limit: string): string => `
  select ${columns} from memory_graph_edges e
  cross join lateral (
    select n.key from memory_graph_nodes n where n.tenant_id = $1 and n.id = e.source_id and n.owner_id = $2::uuid and n.graph = $3 limit 1) s
  ${joins}
  where e.tenant_id = $1 and ${live('e')} and e.id >= ${from} order by e.id limit ${limit}`;

/** All edges of the graph from a place on; each is asked for its graph. Plan: the primary key of the edges. */
export const allEdges = (from: string, limit: string): string => edgesFrom('e.id, e.source_id, e.target_id, e.type', '', from, limit);

/** The same with the names at both ends: each node is looked up once. */
export const allNamedEdges = (from: string, limit: string): string =>
  edgesFrom(
    'e.id, e.source_id as "fromId", e.target_id as "toId", s.key as "from", t.key as "to", e.type as "relationType"',
    'cross join lateral (select n.key from memory_graph_nodes n where n.tenant_id = $1 and n.id = e.target_id limit 1) t',
    from,
    limit,
  );

/** The edges at either end of the nodes that `nodes` selects. Plan: `memory_graph_edges_source_id_idx` and `…_target_id_idx` for each. */
export const edgesAt = (nodes: string, from: string, limit: string): string => {
  const end = (column: string): string => `
    select e.* from (${nodes}) n cross join lateral (
      select e.id, e.source_id, e.target_id, e.type from memory_graph_edges e
      where e.tenant_id = $1 and ${live('e')} and e.id >= ${from} and e.${column} = n.id order by e.id limit ${limit}) e`;
  return `select * from (${end('source_id')} union ${end('target_id')}) e order by e.id limit ${limit}`;
};

/** All entities from the place $4 on, at most $5, in the order in which they were made. Plan: `memory_graph_nodes_graph_idx`. */
export const listEntities: Statement = {
  name: 'list_entities',
  text: `
select n.id, n.key as name, coalesce(n.type, '') as "entityType", ${observationsOf('n', '0', 'null')} as observations
from memory_graph_nodes n where ${ofGraph('n')} and ${live('n')} and n.id >= $4::uuid
order by n.id limit $5::int`,
};

/** All relations from the place $4 on, at most $5, in the order in which they were made. */
export const listRelations: Statement = { name: 'list_relations', text: allNamedEdges('$4::uuid', '$5::int') };

const given = `select n.id from memory_graph_nodes n where ${ofGraph('n')} and n.id = any($4::uuid[])`;

/** The first $5 relations at the entities $4. */
export const listRelationsOf: Statement = {
  name: 'list_relations_of',
  text: namedEnds(edgesAt(given, `'00000000-0000-0000-0000-000000000000'`, '$5::int')),
};

/** How many relations there are at the entities $4 from the place $5 on, counted up to $6. */
export const countRelationsOf: Statement = {
  name: 'count_relations_of',
  text: `select count(*)::int as count from (${edgesAt(given, '$5::uuid', '$6::int')}) e`,
};
