import type { Statement } from '../../db/database.js';

/** Written and neither taken back nor over. */
const live = (row: string): string => `${row}.invalidated_at is null and ${row}.valid_to is null`;
const ofGraph = (row: string): string => `${row}.tenant_id = $1 and ${row}.owner_id = $2::uuid and ${row}.graph = $3`;

/** Which entities are meant: all, those with the names $4, or those whose name, type or observations contain $4. */
export type Part = 'all' | 'named' | 'containing';
/** Of the relations: all of the graph, those of the entities named $4, or those of the entities with the ids $4. */
export type RelationPart = 'all' | 'named' | 'of';

// An aggregate, because the planner would answer `exists` by reading all observations first.
const contains = (row: string): string => `
  (${row}.key ilike $4 or ${row}.type ilike $4
   or (select bool_or(o.text ilike $4) from memory_graph_observations o where o.tenant_id = $1 and o.node_id = ${row}.id and ${live('o')}))`;

/** So many entities are looked through in order first: a common text fills an answer from them. */
const WALKED = 150;

/**
 * Ids of the entities of a part from the place `from` on, in the order in which they were made.
 *
 * Plan: `memory_graph_nodes_graph_idx` or, for names, `memory_graph_nodes_key_key`. For a text, bitmap scans of
 * `memory_graph_nodes_text_idx` and `memory_graph_observations_text_idx`; without pg_trgm, everything is read. What
 * else is wanted is looked at afterwards: without statistics, an index that answers it would seem to find one row and find all.
 */
const idsOf = (part: Part, from: string, limit: string): string => {
  const wanted = `${ofGraph('n')} and ${live('n')} and n.id >= ${from}`;
  const list = (condition: string): string =>
    `select n.id from memory_graph_nodes n where ${wanted} and ${condition} order by n.id limit ${limit}`;
  if (part === 'all') return list('$4::text is null');
  if (part === 'named') return list('n.key = any($4::text[])');
  return `
  with
  walked as materialized (${list('$4::text is not null').replace(`limit ${limit}`, `limit ${WALKED}`)}),
  near as materialized (
    select n.id from walked w
    cross join lateral (select n.id, n.key, n.type from memory_graph_nodes n where n.tenant_id = $1 and n.id = w.id limit 1) n
    where ${contains('n')} order by n.id limit ${limit}
  ),
  hit as materialized (
    select n.id from memory_graph_nodes n where n.tenant_id = $1 and n.invalidated_at is null and (n.key ilike $4 or n.type ilike $4)
    union
    select o.node_id from memory_graph_observations o where o.tenant_id = $1 and o.invalidated_at is null and o.text ilike $4
  ),
  far as (
    select n.id from hit h
    cross join lateral (select n.id, n.key, n.type from memory_graph_nodes n where n.tenant_id = $1 and n.id = h.id and ${wanted} limit 1) n
    where (select count(*) from near) < ${limit} and (select count(*) from walked) = ${WALKED} and h.id >= ${from} and ${contains('n')}
  )
  select id from (select id from near union select id from far) found order by id limit ${limit}`;
};

/** Entities from the place $5 on, at most $6; of the first one, the observations after $7, and of each at most $8, one more to see whether there are more. */
export const listEntities = (part: Part): Statement => ({
  name: `list_entities_${part}`,
  ...(part === 'containing' ? { asOwner: true } : {}),
  text: `
select n.id, n.key as name, coalesce(n.type, '') as "entityType",
       array(select o.text from memory_graph_observations o
             where o.tenant_id = $1 and o.node_id = n.id and ${live('o')}
             order by o.id offset case when n.id = $5::uuid then $7::bigint else 0 end limit $8::bigint) as observations
from (${idsOf(part, '$5::uuid', '$6::int')}) i
cross join lateral (select n.id, n.key, n.type from memory_graph_nodes n where n.tenant_id = $1 and n.id = i.id limit 1) n
order by n.id`,
});

/** How many entities there are from the place $5 on, counted up to $6. */
export const countEntities = (part: Part): Statement => ({
  name: `count_entities_${part}`,
  ...(part === 'containing' ? { asOwner: true } : {}),
  text: `select count(*)::int as count from (${idsOf(part, '$5::uuid', '$6::int')}) i`,
});

const edgesOf = (part: RelationPart): string => {
  const wanted = `e.tenant_id = $1 and ${live('e')} and e.id >= $5::uuid`;
  if (part === 'all')
    return `
  select e.id, e.source_id, e.target_id, e.type from memory_graph_edges e
  where ${wanted} and $4::text is null
    and (select s.owner_id = $2::uuid and s.graph = $3 from memory_graph_nodes s where s.tenant_id = $1 and s.id = e.source_id)
  order by e.id limit $6::int`;
  const nodes =
    part === 'named'
      ? idsOf('named', `'00000000-0000-0000-0000-000000000000'`, 'null')
      : `select n.id from memory_graph_nodes n where ${ofGraph('n')} and n.id = any($4::uuid[])`;
  const end = (column: string): string => `
    select e.* from node n cross join lateral (
      select e.id, e.source_id, e.target_id, e.type from memory_graph_edges e
      where ${wanted} and e.${column} = n.id order by e.id limit $6::int) e`;
  return `
  with node as materialized (${nodes})
  select * from (${end('source_id')} union ${end('target_id')}) e order by e.id limit $6::int`;
};

/**
 * Relations from the place $5 on, at most $6, in the order in which they were made.
 *
 * Plan: the primary key of the edges for the whole graph; else `memory_graph_edges_source_id_idx` and
 * `memory_graph_edges_target_id_idx` for each node.
 */
export const listRelations = (part: RelationPart): Statement => ({
  name: `list_relations_${part}`,
  text: `
select e.id, e.source_id as "fromId", e.target_id as "toId", s.key as "from", t.key as "to", e.type as "relationType"
from (${edgesOf(part)}) e
cross join lateral (select n.key from memory_graph_nodes n where n.tenant_id = $1 and n.id = e.source_id limit 1) s
cross join lateral (select n.key from memory_graph_nodes n where n.tenant_id = $1 and n.id = e.target_id limit 1) t
order by e.id`,
});

/** How many relations there are from the place $5 on, counted up to $6. */
export const countRelations = (part: RelationPart): Statement => ({
  name: `count_relations_${part}`,
  text: `select count(*)::int as count from (${edgesOf(part)}) e`,
});
