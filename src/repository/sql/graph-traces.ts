import { documentOf, WHOLE_TENANT } from './corpus-documents.js';

/** What nodes are found by changes: those of the CTE `changed` are counted anew, those of `gone` not any more, those of `come` for the first time. */
type Nodes = { changed?: string; gone?: string; come?: string };

const ids = (ctes: readonly (string | undefined)[]): string =>
  ctes
    .filter((cte) => cte !== undefined)
    .map((cte) => `select id from ${cte}`)
    .join(' union all ') || 'select null::uuid as id where false';

/**
 * The part of a statement that tells the statistics of words what it changes: see `CorpusChanges`, which does it in statements of their
 * own. It sees the nodes as they were before the statement. $1 is the tenant. Rows that wait are looked up by an array of ids: joined, all
 * that wait would be read, and after many writes these are thousands.
 */
export const noteWords = ({ changed, gone, come }: Nodes): string =>
  changed === undefined && gone === undefined
    ? `
words_noted as (${noteThem(`select c.id, nullif($2::uuid, '${WHOLE_TENANT}') as user_id, null::tsvector as removed from ${come} c`)})`
    : `
words_before as materialized (
  select d.id, d.user_id, d.words from (${ids([changed, gone])}) c cross join lateral (${documentOf('node', 'c.id')}) d
),
words_uncounted as (
  delete from corpus_changes x
  where x.tenant_id = $1 and x.source = 'node' and x.subject_id = any(array(select id from words_before)) and x.removed is null
  returning x.subject_id
),
words_noted as (${noteThem(`
  select w.* from (
    select 1 as step, b.id, b.user_id, array_to_tsvector(b.words) as removed from words_before b
    where b.id not in (select subject_id from words_uncounted)
    union all
    select 2, c.id, nullif($2::uuid, '${WHOLE_TENANT}'), null from (${ids([changed, come])}) c
  ) w order by w.step`)})`;

const noteThem = (rows: string): string => `
  insert into corpus_changes (tenant_id, source, subject_id, user_id, removed)
  select $1, 'node', w.id, w.user_id, w.removed from (${rows}) w`;

/**
 * The part of a statement that marks the graph $3 of $2 as changed, when the CTE `changed` has a row. It waits for nobody: a row that
 * another transaction is taking away is left to it, and there is a newer one then.
 */
export const noteChange = (changed: string): string => `
change_seen as materialized (
  select c.xact_id from memory_graph_changes c
  where c.tenant_id = $1 and c.owner_id = $2::uuid and c.graph = $3 and c.xact_id <> pg_current_xact_id()::text::bigint
    and exists (select from ${changed})
  for update skip locked
),
change_outdated as (
  delete from memory_graph_changes c
  where c.tenant_id = $1 and c.owner_id = $2::uuid and c.graph = $3 and c.xact_id in (select xact_id from change_seen)
),
change_noted as (
  insert into memory_graph_changes (tenant_id, owner_id, graph)
  select $1, $2::uuid, $3 where exists (select from ${changed})
  on conflict do nothing
)`;
