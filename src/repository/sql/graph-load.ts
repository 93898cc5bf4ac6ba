import type { Statement } from '../../db/database.js';
import { beliefOf, holds } from './graph-moment.js';

const moment = { asOf: '$2', knownAt: '$3' };

const nodes = (name: string, wanted: string, tail: string): Statement => ({
  name,
  text: `
select n.id, n.key, c.type, c.label, c.properties, c.valid_from as "validFrom", c.valid_to as "validTo", c.recorded_at as "recordedAt",
       n.updated_at as "updatedAt", o.items as observations, o.count as "observationCount"
from ${wanted}
cross join ${beliefOf('n', moment)}
cross join lateral (
  select coalesce(jsonb_agg(jsonb_build_object('text', o.text, 'source', o.source, 'evidence', o.evidence, 'validFrom', o.valid_from,
           'validTo', o.valid_to, 'recordedAt', o.recorded_at) order by o.id) filter (where o.rank <= $5::int), '[]') as items,
         count(*)::int as count
  from (
    select o.*, row_number() over (order by o.id desc) as rank from memory_graph_observations o
    where o.tenant_id = $1 and o.node_id = n.id and ${holds('o', moment)}
  ) o
) o
${tail}`,
});

/** Nodes by id ($4), in that order, with their latest $5 observations each. */
export const loadGraphNodes = nodes(
  'load_graph_nodes',
  'unnest($4::uuid[]) with ordinality w(id, at) join memory_graph_nodes n on n.tenant_id = $1 and n.id = w.id',
  'order by w.at',
);

/** Nodes by key ($4) in a graph ($7) of an owner ($6), in that order. Plan: a probe of `memory_graph_nodes_key_key` each. */
export const openGraphNodes = nodes(
  'open_graph_nodes',
  `unnest($4::text[]) with ordinality w(key, at)
join memory_graph_nodes n on n.tenant_id = $1 and n.owner_id = $6::uuid and n.graph = $7 and n.key = w.key`,
  'order by w.at',
);

/** Nodes of a graph ($7) of an owner ($6) in the order they were made, after the id $4, at most $8. Plan: `memory_graph_nodes_graph_idx`. */
export const listGraphNodes = nodes(
  'list_graph_nodes',
  `(select n.* from memory_graph_nodes n
   where n.tenant_id = $1 and n.owner_id = $6::uuid and n.graph = $7 and ($4::uuid is null or n.id > $4::uuid)
     and (n.invalidated_at is null or $3::timestamptz is not null)
   order by n.id limit $8::int) n`,
  'order by n.id',
);

const columns = `s.key as source, t.key as target, e.type, e.id, e.properties, e.weight, e.evidence, e.valid_from as "validFrom",
       e.valid_to as "validTo", e.recorded_at as "recordedAt"`;
const ends = `join memory_graph_nodes s on s.tenant_id = $1 and s.id = e.source_id
join memory_graph_nodes t on t.tenant_id = $1 and t.id = e.target_id`;

/**
 * Edges between the nodes $4 and the nodes $5, of the types $6, the strongest $7. Plan: a probe of `memory_graph_edges_ends_idx` for
 * each pair, so that a node with very many edges costs no more than another.
 */
export const edgesBetween: Statement = {
  name: 'graph_edges_between',
  text: `
select ${columns}
from (
  select e.* from unnest($4::uuid[]) a(id) cross join lateral (
    select e.* from memory_graph_edges e
    where e.tenant_id = $1 and e.source_id = a.id and e.target_id = any($5::uuid[]) and ${holds('e', moment)}) e
  union
  select e.* from unnest($5::uuid[]) b(id) cross join lateral (
    select e.* from memory_graph_edges e
    where e.tenant_id = $1 and e.source_id = b.id and e.target_id = any($4::uuid[]) and ${holds('e', moment)}) e
  where b.id <> all($4::uuid[])
) e
${ends}
where $6::text[] is null or e.type = any($6::text[])
order by e.weight desc, e.id
limit $7::int`,
};

/**
 * Edges that begin or end at the nodes $4, the strongest of each, at most $5 a node and direction, in the order they were made. Ends
 * that are names without a node are shown too.
 */
export const edgesOf: Statement = {
  name: 'graph_edges_of',
  text: `
select ${columns}
from (
  select e.* from unnest($4::uuid[]) a(id) cross join lateral (
    select e.* from memory_graph_edges e where e.tenant_id = $1 and e.source_id = a.id and ${holds('e', moment)}
    order by e.weight desc limit $5::int) e
  union
  select e.* from unnest($4::uuid[]) a(id) cross join lateral (
    select e.* from memory_graph_edges e where e.tenant_id = $1 and e.target_id = a.id and ${holds('e', moment)}
    order by e.weight desc limit $5::int) e
) e
${ends}
order by e.id`,
};

/** Edges by id ($2), of any moment. */
export const loadGraphEdges: Statement = {
  name: 'load_graph_edges',
  text: `
select ${columns}
from unnest($2::uuid[]) w(id) join memory_graph_edges e on e.tenant_id = $1 and e.id = w.id
${ends}
order by e.id`,
};

/** Ids of nodes by key ($4) in a graph ($3) of an owner ($2), as far as they are there. */
export const graphNodeIds: Statement = {
  name: 'graph_node_ids',
  text: `
select n.id, n.key from unnest($4::text[]) with ordinality w(key, at)
join memory_graph_nodes n on n.tenant_id = $1 and n.owner_id = $2::uuid and n.graph = $3 and n.key = w.key
order by w.at`,
};
