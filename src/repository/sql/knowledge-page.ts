import type { Statement } from '../../db/database.js';
import { allEdges, edgesAt, live, namedEnds, observationsOf, ofGraph } from './knowledge-graph.js';

/** Which entities are meant: all, those with the names $4 (JSON), or those whose name, type or observations contain $4. */
export type PartName = 'all' | 'named' | 'containing';

/** So much of each is read at most, with one more of each to see whether there is more. */
export const PAGE = { entities: 40, observations: 200, relations: 100, relationsOfSearch: 400 } as const;
/** How many there are is counted so far beyond a page. */
export const COUNTED = 1000;

// In a graph with many observations, so many entities are looked through in order first: of a common text they fill a page by
// themselves, and the index would bring everything. Below it, the index is faster always.
const WALKED = 150;
const LARGE_PAGES = 1_000;

const MORE_THAN_A_PAGE = PAGE.entities + 1;
const MOST = MORE_THAN_A_PAGE + COUNTED;

const wanted = `${ofGraph('n')} and ${live('n')} and n.id >= $5::uuid`;
const columns = 'n.id, n.key, n.type';
const list = (condition: string, limit: number): string =>
  `select ${columns} from memory_graph_nodes n where ${wanted} and ${condition} order by n.id limit ${limit}`;

// An aggregate, because the planner would answer `exists` by reading all observations first.
const contains = (row: string): string => `
  (${row}.key ilike $4 or ${row}.type ilike $4
   or (select bool_or(o.text ilike $4) from memory_graph_observations o where o.tenant_id = $1 and o.node_id = ${row}.id and ${live('o')}))`;

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
      page: `page as materialized (${list('$4::text is null', MORE_THAN_A_PAGE)})`,
      count: `select count(*) from (${list('$4::text is null', MOST)}) n`,
    };
  if (part === 'named')
    return {
      // From JSON, of which the planner thinks the same whatever is in it: for an array it would plan every call anew.
      page: `
node as materialized (
  select ${columns} from (select distinct key from jsonb_array_elements_text($4::jsonb) k(key)) k
  cross join lateral (select ${columns} from memory_graph_nodes n where ${ofGraph('n')} and ${live('n')} and n.key = k.key limit 1) n
),
page as materialized (select ${columns} from node n where n.id >= $5::uuid order by n.id limit ${MORE_THAN_A_PAGE})`,
      count: 'select count(*) from node n where n.id >= $5::uuid',
    };
  const filled = `(select count(*) from near) = ${MORE_THAN_A_PAGE}`;
  // One by one: for both in one condition the planner would read all nodes, and comparing is slow.
  const named = (column: string): string => `
  select n.id from memory_graph_nodes n
  where not ${filled} and n.tenant_id = $1 and n.invalidated_at is null and n.${column} ilike $4`;
  return {
    page: `
walked as materialized (
  ${list(`$4::text is not null and (select c.relpages > ${LARGE_PAGES} from pg_class c where c.oid = 'memory_graph_observations'::regclass)`, WALKED)}
),
near as materialized (select ${columns} from walked n where ${contains('n')} order by n.id limit ${MORE_THAN_A_PAGE}),
hit as materialized (
  ${named('key')}
  union
  ${named('type')}
  union
  select o.node_id from (
    select o.node_id, o.valid_to from memory_graph_observations o
    where not ${filled} and o.tenant_id = $1 and o.invalidated_at is null and o.text ilike $4 offset 0) o
  where o.valid_to is null
),
far as materialized (
  select ${columns} from (select h.id from hit h where h.id >= $5::uuid order by h.id) h
  cross join lateral (select ${columns} from memory_graph_nodes n where n.tenant_id = $1 and n.id = h.id and ${wanted} limit 1) n
  limit ${MOST}
),
page as materialized (
  select * from near where ${filled}
  union all
  (select * from far n order by n.id limit ${MORE_THAN_A_PAGE})
)`,
    count: `select case when ${filled} then (select count(*) from (${list(contains('n'), MOST)}) n) else (select count(*) from far) end`,
  };
};

const relationsOf = (part: PartName): { edges: string; limit: number; count: string } => {
  const from = part === 'containing' ? `'00000000-0000-0000-0000-000000000000'` : '$7::uuid';
  const limit = (part === 'containing' ? PAGE.relationsOfSearch : PAGE.relations) + 1;
  const nodes = `select id from ${part === 'containing' ? 'page' : 'node'}`;
  const edges = (most: number): string => (part === 'all' ? allEdges(from, `${most}`) : edgesAt(nodes, from, `${most}`));
  return { edges: edges(limit), limit, count: `select count(*) from (${edges(limit + COUNTED)}) e` };
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
edge as materialized (${namedEnds(relations.edges)})
select
  (select coalesce(json_agg(json_build_object('id', n.id, 'name', n.key, 'entityType', coalesce(n.type, ''), 'observations',
     ${observationsOf('n', 'case when n.id = $5::uuid then $6::bigint else 0 end', `${PAGE.observations + 1}`)}) order by n.id), '[]') from page n) as entities,
  (select coalesce(json_agg(to_json(e) order by e.id), '[]') from edge e) as relations,
  (select case when count(*) = ${MORE_THAN_A_PAGE} then (${entities.count}) else count(*) end from page)::int as "entityCount",
  (select case when count(*) = ${relations.limit} and ${part === 'containing' ? 'false' : 'true'} then (${relations.count}) else count(*) end from edge)::int as "relationCount"`,
  };
};
