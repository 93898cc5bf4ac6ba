import type { Statement } from '../../db/database.js';
import { beliefOf, holds } from './graph-moment.js';

/** So many edges are followed at each of the four steps, the strongest, shared among the nodes that they come from. */
const STEP = 10_000;
const FRONTIER = 300;
const MAX_MEETINGS = 200;

const moment = { asOf: '$2', knownAt: '$3' };

const side = (near: string, far: string, closed: string, from: string): string => `(
      select e.${far} as id, e.id as edge, e.weight from memory_graph_edges e
      where e.tenant_id = $1 and e.${near} = f.id and ${closed} and ($7::text[] is null or e.type = any($7::text[])) and ${holds('e', moment)}
      order by e.weight desc
      limit (select ${STEP} / greatest(count(*), 1) from ${from})
    )`;

/** One more step from a frontier; the way that came by the strongest edges stays of several to one node. */
const step = (name: string, from: string, { back, seen, unless }: { back: boolean; seen: string[]; unless: string[] }): string => `
${name}_from as materialized (
  select f.* from ${from} f join memory_graph_nodes n on n.tenant_id = $1 and n.id = f.id cross join ${beliefOf('n', moment)}
  where ${unless.map((met) => `not exists (select from ${met})`).join(' and ') || 'true'}
  order by f.score desc limit ${FRONTIER}
),
${name}_steps as materialized (
  select e.id, f.nodes || e.id as nodes, f.edges || e.edge as edges, f.score * e.weight as score
  from ${name}_from f cross join lateral (
    select * from ${side('source_id', 'target_id', `$6::text <> '${back ? 'out' : 'in'}'`, `${name}_from`)} o
    union all
    select * from ${side('target_id', 'source_id', `$6::text <> '${back ? 'in' : 'out'}'`, `${name}_from`)} i
  ) e
),
${name} as materialized (
  select distinct on (s.id) s.* from ${name}_steps s
  where ${seen.map((known) => `s.id not in (select k.id from ${known} k)`).join(' and ')}
  order by s.id, s.score desc
)`;

/** The nodes that both have come to. Grouped instead of joined: the planner takes both for a few rows, and would compare each with each. */
const meeting = (name: string, forth: string, back: string): string => `
${name} as materialized (
  select min(u.nodes) filter (where u.forth) as forth, min(u.edges) filter (where u.forth) as edges_forth,
         min(u.nodes) filter (where not u.forth) as back, min(u.edges) filter (where not u.forth) as edges_back,
         max(u.score) filter (where u.forth) * max(u.score) filter (where not u.forth) as score
  from (select true as forth, f.* from ${forth} f union all select false, b.* from ${back} b) u
  group by u.id having count(*) = 2
  order by 5 desc limit ${MAX_MEETINGS}
)`;

/** Whether a step may not have followed all edges there are. */
const isCut = (name: string, from: string): string => `(
    (select count(*) from ${name}_steps) >= (select ${STEP} / greatest(count(*), 1) from ${name}_from)
    or (select count(*) from ${from}) > ${FRONTIER})`;

const start = (name: string, parameter: string): string =>
  `${name} as materialized (select ${parameter}::uuid as id, array[${parameter}::uuid] as nodes, '{}'::uuid[] as edges, 1::float8 as score)`;

/**
 * The shortest ways from the node $4 to the node $5, at most four edges of the types $7 in the direction $6, at most $8 of them, the
 * strongest first. Searched from both ends in turn, no further than until they meet.
 *
 * Plan: `memory_graph_edges_source_id_idx` and `…_target_id_idx` from the strongest edge on; steps after a meeting are not executed.
 */
export const shortestPaths: Statement = {
  name: 'graph_shortest_paths',
  text: `
with
${start('forth_0', '$4')},
${start('back_0', '$5')},
${[
  step('forth_1', 'forth_0', { back: false, seen: ['forth_0'], unless: [] }),
  meeting('met_1', 'forth_1', 'back_0'),
  step('back_1', 'back_0', { back: true, seen: ['back_0'], unless: ['met_1'] }),
  meeting('met_2', 'forth_1', 'back_1'),
  step('forth_2', 'forth_1', { back: false, seen: ['forth_0', 'forth_1'], unless: ['met_1', 'met_2'] }),
  meeting('met_3', 'forth_2', 'back_1'),
  step('back_2', 'back_1', { back: true, seen: ['back_0', 'back_1'], unless: ['met_1', 'met_2', 'met_3'] }),
  meeting('met_4', 'forth_2', 'back_2'),
].join(',')},
met as (
  select 1 as length, m.* from met_1 m union all select 2, m.* from met_2 m
  union all select 3, m.* from met_3 m union all select 4, m.* from met_4 m
),
way as (
  select m.length, m.score, m.edges_forth || (select coalesce(array_agg(x.id order by x.at desc), '{}') from unnest(m.edges_back) with ordinality x(id, at)) as edges,
         m.forth || (select coalesce(array_agg(x.id order by x.at desc), '{}')
                     from unnest(m.back) with ordinality x(id, at) where x.at < cardinality(m.back)) as nodes
  from met m
)
select w.nodes, w.edges, ${['forth_1', 'forth_2', 'back_1', 'back_2']
    .map((name) =>
      isCut(
        name,
        name.replace(/\d/, (k) => String(Number(k) - 1)),
      ),
    )
    .join(' or ')} as cut
from (select) one left join lateral (
  select w.* from way w
  where w.length <= $9::int and not exists (
    select from unnest(w.nodes) x(id) join memory_graph_nodes n on n.tenant_id = $1 and n.id = x.id
    where not exists (select from ${beliefOf('n', moment)}))
  order by w.length, w.score desc limit $8::int
) w on true`,
};
