import type { Statement } from '../../db/database.js';
import { allEdges, live, ofGraph } from './knowledge-graph.js';

/**
 * Which entities are meant: all, in a tenant whose next edges are all of this graph, or `mixed` where they are not; those with the names
 * $4 (JSON); or those whose name, type or observations contain $4, found by an index, or `walked` to where there are very many.
 */
export type KnowledgeRead = 'all' | 'mixed' | 'named' | 'containing' | 'walked';

/**
 * So much of each is read at most, with one more of each to see whether there is more. Of all entities together so many
 * observations that an answer is full before they end.
 */
export const PAGE = { entities: 40, observations: 200, allObservations: 2_000, relations: 100, relationsOfSearch: 400 } as const;
/** How many there are is counted so far beyond a page; what a text finds, less far, because each has to be looked at. */
export const COUNTED = 1000;
const COUNTED_OF_TEXT = 200;

// Where there are many observations, of a text that is common among the first entities a page is filled by looking through them in
// order: the index would bring all that have it. Elsewhere, and of a rare one, the index is faster.
const SAMPLE = 60;
const COMMON = 5;
const WALKED = 1_200;
const LARGE_PAGES = 1_000;

const MORE_THAN_A_PAGE = PAGE.entities + 1;
const MOST = MORE_THAN_A_PAGE + COUNTED;
const MOST_OF_TEXT = MORE_THAN_A_PAGE + COUNTED_OF_TEXT;

// What is asked for stands in queries of its own, so that the planner knows as little of it in any call: knowing more it would find
// a plan for it that looks better than the prepared one, and plan each call anew. Rows are looked up all at once by an array of
// their ids: one scan of an index costs a fraction of what a scan for each of them does.
const TEXT = '(select $4::text)';
const PLACE = '(select $5::uuid)';
const RELATIONS_PLACE = '(select $6::uuid)';
const idsOf = (query: string): string => `any(array(${query}))`;

const wanted = `${ofGraph('n')} and ${live('n')} and n.id >= ${PLACE}`;
const columns = 'n.id, n.key, n.type';
const list = (condition: string, limit: number): string =>
  `select ${columns} from memory_graph_nodes n where ${wanted} and ${condition} order by n.id limit ${limit}`;

const saidOf = (node: string): string =>
  `select o.node_id from memory_graph_observations o where o.tenant_id = $1 and o.node_id = ${node} and ${live('o')} and o.text ilike ${TEXT}`;

// Comparing without case is dear, and the planner takes it to be cheap: it would read a table of a few hundred rows instead of its
// index. The second branch is never run; what it seems to cost is what reading costs.
const dear = (row: string, column: string): string =>
  `case when ${row}.tenant_id = $1 then true else (select count(*) > 0 from generate_series(1, length(${row}.${column}))) end`;

/**
 * The CTE `page` with the entities of a page and one more, and a query that counts those from the page's place on.
 *
 * Plan: `memory_graph_nodes_graph_idx` or, for names, `memory_graph_nodes_key_key`. For a text, bitmap scans of
 * `memory_graph_nodes_text_idx` and `memory_graph_observations_text_idx`; without pg_trgm, everything is read. What else is
 * wanted is looked at afterwards: without statistics, an index that answers it would seem to find one row and find all.
 */
const pageOf = (read: KnowledgeRead): { page: string; count: string } => {
  if (read === 'all' || read === 'mixed')
    return {
      page: `page as materialized (${list(`${TEXT} is null`, MORE_THAN_A_PAGE)})`,
      count: `select count(*) from (${list(`${TEXT} is null`, MOST)}) n`,
    };
  if (read === 'named')
    return {
      // From JSON, of which the planner thinks the same whatever is in it: for an array it would plan every call anew.
      page: `
node as materialized (
  select ${columns} from memory_graph_nodes n
  where ${ofGraph('n')} and ${live('n')} and n.key = ${idsOf('select jsonb_array_elements_text((select $4::jsonb))')}
),
page as materialized (select ${columns} from node n where n.id >= ${PLACE} order by n.id limit ${MORE_THAN_A_PAGE})`,
      count: `select count(*) from node n where n.id >= ${PLACE}`,
    };
  const hits = (condition: string): string => `
hit as materialized (
  select n.id from memory_graph_nodes n
  where ${condition} n.tenant_id = $1 and n.invalidated_at is null and (n.key ilike ${TEXT} or n.type ilike ${TEXT}) and ${dear('n', 'key')}
  union all
  select o.node_id from (
    select o.node_id, o.valid_to from memory_graph_observations o
    where ${condition} o.tenant_id = $1 and o.invalidated_at is null and o.text ilike ${TEXT} and ${dear('o', 'text')} offset 0) o
  where o.valid_to is null
),
far as materialized (${list(`n.id = ${idsOf('select id from hit')}`, MOST_OF_TEXT)})`;
  if (read === 'containing')
    return {
      page: `${hits('')}, page as materialized (select * from far n order by n.id limit ${MORE_THAN_A_PAGE})`,
      count: 'select count(*) from far',
    };
  const filled = `(select count(*) from near) >= ${MORE_THAN_A_PAGE}`;
  return {
    page: `
sample as materialized (${list('true', SAMPLE)}),
found as materialized (
  select ${columns} from sample n
  where n.key ilike ${TEXT} or n.type ilike ${TEXT} or n.id = ${idsOf(saidOf(idsOf('select id from sample')))}
),
near as materialized (
  select * from found
  union all
  (select ${columns} from (
     select ${columns} from memory_graph_nodes n
     where (select count(*) from found) >= ${COMMON} and ${ofGraph('n')} and ${live('n')} and n.id > (select id from sample order by id desc limit 1)
     order by n.id limit ${WALKED}) n
   where n.key ilike ${TEXT} or n.type ilike ${TEXT} or (select count(*) from (${saidOf('n.id')}) o) > 0
   order by n.id limit greatest(0, ${MORE_THAN_A_PAGE} - (select count(*) from found)))
),
${hits(`not ${filled} and`)},
page as materialized (
  select * from (select * from near where ${filled} union all select * from far where not ${filled}) n order by n.id limit ${MORE_THAN_A_PAGE}
)`,
    count: `select case when ${filled} then (select count(*) from near) else (select count(*) from far) end`,
  };
};

const edgeColumns = 'e.id, e.source_id, e.target_id, e.type';
const edgesFrom = (place: string, limit: number): string =>
  `select ${edgeColumns} from memory_graph_edges e where e.tenant_id = $1 and ${live('e')} and e.id >= ${place} order by e.id limit ${limit}`;

/** Edges at either end of nodes, which are looked up before they are put in order: in order, all of the tenant would be looked through. */
const edgesAt = (nodes: string, place: string, limit: number): string => {
  const end = (column: string): string => `
    select ${edgeColumns} from memory_graph_edges e where e.tenant_id = $1 and ${live('e')} and e.${column} = ${idsOf(nodes)}`;
  return `select * from (${end('source_id')} union ${end('target_id')}) e where e.id >= ${place} order by e.id limit ${limit}`;
};

/** The CTE `edge`, with the relations of a page and one more, and a query that counts them. */
const relationsOf = (read: KnowledgeRead): { edge: string; limit: number; count: string } => {
  if (read === 'containing' || read === 'walked') {
    const limit = PAGE.relationsOfSearch + 1;
    return {
      edge: `edge as materialized (${edgesAt('select id from page', `'00000000-0000-0000-0000-000000000000'`, limit)})`,
      limit,
      count: 'null',
    };
  }
  const limit = PAGE.relations + 1;
  if (read === 'named') {
    const edges = (most: number): string => edgesAt('select id from node', RELATIONS_PLACE, most);
    return { edge: `edge as materialized (${edges(limit)})`, limit, count: `select count(*) from (${edges(limit + COUNTED)}) e` };
  }
  if (read === 'mixed') {
    const edges = (most: number): string => allEdges(RELATIONS_PLACE, `${most}`);
    return { edge: `edge as materialized (${edges(limit)})`, limit, count: `select count(*) from (${edges(limit + COUNTED)}) e` };
  }
  return {
    edge: `edge as materialized (${edgesFrom(RELATIONS_PLACE, limit)})`,
    limit,
    count: `
with most as materialized (${edgesFrom(RELATIONS_PLACE, limit + COUNTED)}),
own as materialized (
  select n.id from memory_graph_nodes n
  where n.tenant_id = $1 and n.id = ${idsOf('select source_id from most')} and n.owner_id = $2::uuid and n.graph = $3)
select count(*) from most join own on own.id = most.source_id`,
  };
};

const statements = new Map<string, Statement>();

/**
 * A page of entities from the place $5 on, and of relations, at these entities for a text, else at all of the part from the place $6 on;
 * in the order in which they were made. Of the first entity the observations after so many as the last parameter says, where `skip` is
 * set. A null place is a list that has been read. How many there are is counted only where there are more. One statement, because it is
 * what reading costs most; its lists come apart, and the reader puts them together.
 */
export function readKnowledge(read: KnowledgeRead, skip = false): Statement {
  const name = `read_knowledge_${read}${skip ? '_rest' : ''}`;
  const known = statements.get(name) ?? statementOf(name, read, skip);
  statements.set(name, known);
  return known;
}

/** Each column is a list of its own, ids one after the other in one text: arrays of JSON for every row took as long as finding the rows. */
function statementOf(name: string, read: KnowledgeRead, skip: boolean): Statement {
  const entities = pageOf(read);
  const { edge, limit, count } = relationsOf(read);
  const ofText = read === 'containing' || read === 'walked';
  const skipped = `(select case when exists (select from page n where n.id = ${PLACE}) then $${ofText ? 6 : 7}::bigint else 0 end)`;
  return {
    name,
    ...(ofText ? { asOwner: true } : {}),
    text: `
with
${entities.page},
said as materialized (
  select o.node_id, o.text from memory_graph_observations o
  where o.tenant_id = $1 and o.node_id = ${idsOf('select id from page')} and ${live('o')}
  order by o.node_id, o.id ${skip ? `offset ${skipped}` : ''} limit ${PAGE.allObservations}
),
${edge},
name as materialized (
  select n.id, n.key, n.owner_id = $2::uuid and n.graph = $3 as own from memory_graph_nodes n
  where n.tenant_id = $1 and n.id = ${idsOf('select source_id from edge union all select target_id from edge')}
)
select
  p.ids as "entityIds", p.keys as "entityKeys", p.types as "entityTypes", o.ids as "observationIds", o.texts as "observationTexts",
  e.ids as "relationIds", e.types as "relationTypes", n.ids as "nameIds", n.keys as "nameKeys",
  (case when p.count = ${MORE_THAN_A_PAGE} then (${entities.count}) else p.count end)::int as "entityCount",
  ${ofText ? 'e.count' : `(case when e.count = ${limit} then (${count}) else e.count end)`}::int as "relationCount"${
    read === 'all'
      ? `,
  n.mixed`
      : ''
  }
from
  (select count(*), coalesce(string_agg(id::text, ''), '') as ids, coalesce(json_agg(key), '[]') as keys, coalesce(json_agg(type), '[]') as types
   from page) p,
  (select coalesce(string_agg(node_id::text, ''), '') as ids, coalesce(json_agg(text), '[]') as texts from said) o,
  (select count(*), coalesce(string_agg(id::text || source_id::text || target_id::text, ''), '') as ids,
          coalesce(json_agg(type), '[]') as types from edge) e,
  (select coalesce(string_agg(id::text, ''), '') as ids, coalesce(json_agg(key), '[]') as keys, coalesce(bool_or(not own), false) as mixed
   from name) n`,
  };
}

/** Whether there are so many observations that common texts are looked for by walking through them. */
export const hasManyObservations: Statement = {
  name: 'has_many_observations',
  text: `select relpages > ${LARGE_PAGES} as many from pg_class where oid = 'memory_graph_observations'::regclass`,
};
