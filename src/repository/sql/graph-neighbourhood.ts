import type { Statement } from '../../db/database.js';
import { beliefOf, holds } from './graph-moment.js';

export const MAX_DEPTH = 4;
/** So many edges of one node and direction are followed, the strongest; and so many nodes of one distance, the most relevant. */
const FAN_OUT = 100;
const FRONTIER = 150;
/** So many nodes are found in all. */
export const MAX_REACHED = 500;

const moment = { asOf: '$2', knownAt: '$3' };
const side = (near: string, far: string, closed: string): string => `(
      select e.${far} as id, e.weight from memory_graph_edges e
      where e.tenant_id = $1 and e.${near} = f.id and $5::text <> '${closed}' and ($6::text[] is null or e.type = any($6::text[]))
        and ${holds('e', moment)}
      order by e.weight desc limit ${FAN_OUT}
    )`;

const level = (k: number, last: boolean): string => `
step_${k} as materialized (
  select f.id as origin, f.score, e.id, e.weight, e.side
  from level_${k - 1} f cross join lateral (
    select 1 as side, * from ${side('source_id', 'target_id', 'in')} o
    union all
    select 2 as side, * from ${side('target_id', 'source_id', 'out')} i
  ) e
),
found_${k} as materialized (
  select s.id, sum(s.score * s.weight) as score from step_${k} s
  where ${Array.from({ length: k }, (_, j) => `s.id not in (select l.id from level_${j} l)`).join(' and ')}
  group by s.id
),
level_${k} as materialized (
  select r.id, r.score, c.type from (select r.* from found_${k} r order by r.score desc, r.id limit ${last ? MAX_REACHED : FRONTIER}) r
  join memory_graph_nodes n on n.tenant_id = $1 and n.id = r.id
  cross join ${beliefOf('n', moment)}
)`;

const neighbourhood = (depth: number): Statement => {
  const levels = Array.from({ length: depth }, (_, k) => k + 1);
  const all = [0, ...levels].map((k) => `select ${k} as distance, l.* from level_${k} l`).join('\n    union all ');
  const cuts = levels.flatMap((k) => [
    `exists (select from step_${k} s group by s.origin, s.side having count(*) >= ${FAN_OUT})`,
    `(select count(*) > ${k === depth ? MAX_REACHED : FRONTIER} from found_${k})`,
  ]);
  return {
    name: `graph_neighbourhood_${depth}`,
    text: `
with
level_0 as materialized (
  select w.id, (1.0 / w.at)::float8 as score, c.type from unnest($4::uuid[]) with ordinality w(id, at)
  join memory_graph_nodes n on n.tenant_id = $1 and n.id = w.id
  cross join ${beliefOf('n', moment)}
)${levels.map((k) => `,${level(k, k === depth)}`).join('')}
select w.id, w.distance, ${cuts.join('\n    or ') || 'false'} as cut
from (
    ${all}
) w
where $5::text is not null and ($6::text[] is null or true) and (w.distance = 0 or $7::text[] is null or w.type = any($7::text[]))
order by w.distance, w.score desc, w.id
limit ${MAX_REACHED}`,
  };
};

/**
 * The nodes around others ($4) up to a distance, over edges of the types $6 in the direction $5 (`out`, `in`, `both`), of the types
 * $7; the nearest first, of those the ones that strong edges lead to. No node is visited twice, and no node, however many edges
 * it has, and no distance, however many nodes are in it, is followed beyond a bound: `cut` says that there was more.
 *
 * Plan: `memory_graph_edges_source_id_idx` and `…_target_id_idx` from the strongest edge on, stopped by the limit.
 */
export const neighbourhoods: readonly Statement[] = Array.from({ length: MAX_DEPTH + 1 }, (_, depth) => neighbourhood(depth));
