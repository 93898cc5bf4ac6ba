import type { Statement } from '../../db/database.js';
import { allEdges, allNamedEdges, edgesAt, live, namedEnds, observationsOf, ofGraph } from './knowledge-graph.js';

/** Which entities are meant: all, those with the names $4 (JSON), or those whose name, type or observations contain $4. */
export type PartName = 'all' | 'named' | 'containing';

/** So much of each is read at most, with one more of each to see whether there is more. */
export const PAGE = { entities: 40, observations: 200, relations: 100, relationsOfSearch: 400 } as const;
/** How many there are is counted so far beyond a page; what a text finds, less far, because each has to be looked at. */
export const COUNTED = 1000;
const COUNTED_OF_TEXT = 200;

// In a graph with many observations, of a text that is common among the first entities a page is filled by looking through them in
// order: the index would bring all that have it. Below it, and of a rare one, the index is faster.
const SAMPLE = 150;
const COMMON = 10;
const WALKED = 1_200;
const LARGE_PAGES = 1_000;

const MORE_THAN_A_PAGE = PAGE.entities + 1;
const MOST = MORE_THAN_A_PAGE + COUNTED;
const MOST_OF_TEXT = MORE_THAN_A_PAGE + COUNTED_OF_TEXT;

// What is asked for stands in queries of its own, so that the planner knows as little of it in any call: knowing more it would find
// a plan for it that looks better than the prepared one, and plan each call anew.
const TEXT = '(select $4::text)';
const PLACE = '(select $5::uuid)';

const wanted = `${ofGraph('n')} and ${live('n')} and n.id >= ${PLACE}`;
const columns = 'n.id, n.key, n.type';
const list = (condition: string, limit: number): string =>
  `select ${columns} from memory_graph_nodes n where ${wanted} and ${condition} order by n.id limit ${limit}`;

// An aggregate, because the planner would answer `exists` by reading all observations first.
const contains = (row: string): string => `
  (${row}.key ilike ${TEXT} or ${row}.type ilike ${TEXT}
   or (select bool_or(o.text ilike ${TEXT}) from memory_graph_observations o where o.tenant_id = $1 and o.node_id = ${row}.id and ${live('o')}))`;

/**
 * The CTE `page` with the entities of a page and one more, and a query that counts those from the page's place on.
 *
 * Plan: `memory_graph_nodes_graph_idx` or, for names, `memory_graph_nodes_key_key`. For a text, bitmap scans of
 * `memory_graph_nodes_text_idx` and `memory_graph_observations_text_idx`; without pg_trgm, everything is read. What else is
 * wanted is looked at afterwards: without statistics, an index that answers it would seem to find one row and find all.
 */
const pageOf = (part: PartName): { page: string; count: string } => {
  if (part === 'all')
    return {
      page: `page as materialized (${list(`${TEXT} is null`, MORE_THAN_A_PAGE)})`,
      count: `select count(*) from (${list(`${TEXT} is null`, MOST)}) n`,
    };
  if (part === 'named')
    return {
      // From JSON, of which the planner thinks the same whatever is in it: for an array it would plan every call anew.
      page: `
node as materialized (
  select ${columns} from (select distinct key from jsonb_array_elements_text($4::jsonb) k(key)) k
  cross join lateral (select ${columns} from memory_graph_nodes n where ${ofGraph('n')} and ${live('n')} and n.key = k.key limit 1) n
),
page as materialized (select ${columns} from node n where n.id >= ${PLACE} order by n.id limit ${MORE_THAN_A_PAGE})`,
      count: `select count(*) from node n where n.id >= ${PLACE}`,
    };
  const filled = `(select count(*) from near) >= ${MORE_THAN_A_PAGE}`;
  // One by one: for both in one condition the planner would read all nodes, and comparing is slow.
  const named = (column: string): string => `
  select n.id from memory_graph_nodes n
  where not ${filled} and n.tenant_id = $1 and n.invalidated_at is null and n.${column} ilike ${TEXT}`;
  return {
    page: `
sample as materialized (
  ${list(`(select c.relpages > ${LARGE_PAGES} from pg_class c where c.oid = 'memory_graph_observations'::regclass)`, SAMPLE)}
),
found as materialized (select ${columns} from sample n where ${contains('n')}),
near as materialized (
  select * from found
  union all
  (select ${columns} from (
     select ${columns} from memory_graph_nodes n
     where (select count(*) from found) >= ${COMMON} and ${ofGraph('n')} and ${live('n')} and n.id > (select id from sample order by id desc limit 1)
     order by n.id limit ${WALKED}) n
   where ${contains('n')} order by n.id limit greatest(0, ${MORE_THAN_A_PAGE} - (select count(*) from found)))
),
hit as materialized (
  ${named('key')}
  union
  ${named('type')}
  union
  select o.node_id from (
    select o.node_id, o.valid_to from memory_graph_observations o
    where not ${filled} and o.tenant_id = $1 and o.invalidated_at is null and o.text ilike ${TEXT} offset 0) o
  where o.valid_to is null
),
far as materialized (
  select ${columns} from (select h.id from hit h where h.id >= ${PLACE} order by h.id) h
  cross join lateral (select ${columns} from memory_graph_nodes n where n.tenant_id = $1 and n.id = h.id and ${wanted} limit 1) n
  limit ${MOST_OF_TEXT}
),
page as materialized (
  select * from (select * from near where ${filled} union all select * from far where not ${filled}) n order by n.id limit ${MORE_THAN_A_PAGE}
)`,
    count: `select case when ${filled} then (select count(*) from near) else (select count(*) from far) end`,
  };
};

const relationsOf = (part: PartName): { named: string; limit: number; count: string } => {
  const from = part === 'containing' ? `'00000000-0000-0000-0000-000000000000'` : '(select $7::uuid)';
  const limit = (part === 'containing' ? PAGE.relationsOfSearch : PAGE.relations) + 1;
  const nodes = `select id from ${part === 'containing' ? 'page' : 'node'}`;
  const edges = (most: number): string => (part === 'all' ? allEdges(from, `${most}`) : edgesAt(nodes, from, `${most}`));
  const named = part === 'all' ? allNamedEdges(from, `${limit}`) : namedEnds(edges(limit));
  return { named, limit, count: `select count(*) from (${edges(limit + COUNTED)}) e` };
};

/**
 * A page of entities from the place $5 on, of the first of them the observations after $6, and of relations from the place $7 on: at
 * these entities for a text, else at all of the part; in the order in which they were made. A null place is a list that has been
 * read. How many there are is counted only where there are more. One statement, because it is what reading costs most.
 */
export const readKnowledge = (part: PartName): Statement => {
  const entities = pageOf(part);
  const relations = relationsOf(part);
  return {
    name: `read_knowledge_${part}`,
    ...(part === 'containing' ? { asOwner: true } : {}),
    text: `
with
${entities.page},
edge as materialized (${relations.named})
select
  (select coalesce(json_agg(json_build_object('id', n.id, 'name', n.key, 'entityType', coalesce(n.type, ''), 'observations',
     ${observationsOf('n', 'case when n.id = $5::uuid then $6::bigint else 0 end', `${PAGE.observations + 1}`)}) order by n.id), '[]') from page n) as entities,
  (select coalesce(json_agg(to_json(e) order by e.id), '[]') from edge e) as relations,
  (select case when count(*) = ${MORE_THAN_A_PAGE} then (${entities.count}) else count(*) end from page)::int as "entityCount",
  (select case when count(*) = ${relations.limit} and ${part === 'containing' ? 'false' : 'true'} then (${relations.count}) else count(*) end from edge)::int as "relationCount"`,
  };
};
