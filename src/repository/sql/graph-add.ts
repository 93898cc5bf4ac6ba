import type { Statement } from '../../db/database.js';
import { nodeSearch } from './graph-lock.js';
import { noteChange, noteWords } from './graph-traces.js';

// The plain cases of an upsert in one statement: nothing is said with dates, and what is there stays as it is. Where something
// given meets an earlier belief that it may change, `plain` is false and nothing is written. Nobody else writes meanwhile.
// Running it again finds its own rows by their ids and answers the same.

export const language = `language as materialized (select text_search_config::regconfig as config from tenants where id = $1)`;

/** The node with a key, if there is one: one probe of `memory_graph_nodes_key_key`. */
export const nodeOf = (key: string): string => `lateral (
    select n.id, n.invalidated_at from memory_graph_nodes n
    where n.tenant_id = $1 and n.owner_id = $2::uuid and n.graph = $3 and n.key = ${key} limit 1) k on true`;

export const COLUMNS =
  'tenant_id, id, owner_id, graph, key, label, type, properties, recorded_at, invalidated_at, search, created_at, updated_at';

/**
 * Nodes $5 of the graph $3 of $2 and observations $6 of them, at the time $4. A node that is there gets the observations it lacks;
 * one that is `described` must not be there. When one is missing that is not to be created, nothing is written.
 */
export const addGraphNodes: Statement = {
  name: 'add_graph_nodes',
  text: `
with
given as materialized (
  select g.*, coalesce(k.id, g.id) as node_id, k.id is not null and k.id <> g.id as known, k.id is not null as stored, k.invalidated_at
  from jsonb_to_recordset($5::jsonb) as g(
    id uuid, key text, "create" boolean, described boolean, label text, type text, properties jsonb, texts text)
  left join ${nodeOf('g.key')}
),
said as materialized (
  select o.*, g.node_id, g.stored, f.id is not null and f.id <> o.id as known, f.id as found, f.open
  from jsonb_to_recordset($6::jsonb) as o(id uuid, key text, text text, text_hash text, source text, evidence uuid[])
  join given g on g.key = o.key
  left join lateral (
    select f.id, (f.valid_from is null or f.valid_from <= $4::timestamptz) and f.valid_to is null as open from memory_graph_observations f
    where g.stored and f.tenant_id = $1 and f.node_id = g.node_id and f.text_hash = o.text_hash and f.invalidated_at is null
    order by f.valid_to desc nulls first limit 1) f on true
),
verdict as materialized (
  select missing, plain, plain and missing = '{}' as goes from (
    select array(select g.key from given g where not g.stored and not g."create") as missing,
           not exists (select from given g where g.invalidated_at is not null or (g.known and g.described))
           and not exists (select from said s where s.known and (not s.open or s.source is not null or s.evidence <> '{}')) as plain) v
),
${language},
come as materialized (select g.node_id as id from given g, verdict v where v.goes and not g.stored),
new_observation as materialized (select s.* from said s, verdict v where v.goes and s.found is null),
touched as materialized (select distinct o.node_id as id from new_observation o where o.stored),
changed as materialized (select id from come union all select id from touched),
${noteWords({ changed: 'touched', come: 'come' })},
${noteChange('changed')},
believed as materialized (
  select b.id, ${nodeSearch('b.config', { key: 'b.key', label: 'b.label', type: 'b.type', properties: 'b.properties', texts: 'b.texts' })} as search
  from (
    select n.id, n.key, n.label, n.type, n.properties, l.config,
         (select string_agg(o.text, E'\\n' order by o.id) from (
            select o.id, o.text from memory_graph_observations o where o.tenant_id = $1 and o.node_id = t.id and o.invalidated_at is null
            union all
            select o.id, o.text from new_observation o where o.node_id = t.id) o) as texts
  from touched t
  cross join lateral (select n.* from memory_graph_nodes n where n.tenant_id = $1 and n.id = t.id limit 1) n
  cross join language l
  ) b
),
created as (
  insert into memory_graph_nodes (${COLUMNS})
  select $1, g.id, $2::uuid, $3, g.key, g.label, g.type, g.properties, $4::timestamptz, null,
         ${nodeSearch('l.config', { key: 'g.key', label: 'g.label', type: 'g.type', properties: 'g.properties', texts: 'g.texts' })},
         $4::timestamptz, $4::timestamptz
  from given g, verdict v, language l where v.goes and not g.stored
),
observed as (
  insert into memory_graph_observations (tenant_id, id, node_id, text, text_hash, source, evidence, recorded_at)
  select $1, o.id, o.node_id, o.text, o.text_hash, o.source, o.evidence, $4::timestamptz from new_observation o
),
found_anew as (
  update memory_graph_nodes n set
    search = b.search,
    updated_at = $4::timestamptz
  from believed b where n.tenant_id = $1 and n.id = b.id
)
select v.plain, v.missing,
       array(select g.key from given g where not g.known and v.goes) as "createdNodes",
       array(select s.id::text from said s where not s.known and v.goes) as "createdIds"
from verdict v`,
};

/**
 * Edges $6 between the nodes with the keys $5 of the graph $3 of $2, at the time $4. Ends that are not there are created: as mere names
 * when $7 says so. One that is a mere name must not be needed as a node.
 */
export const addGraphEdges: Statement = {
  name: 'add_graph_edges',
  text: `
with
given as materialized (
  select g.*, coalesce(k.id, g.id) as node_id, k.id is not null and k.id <> g.id as known, k.id is not null as stored, k.invalidated_at
  from jsonb_to_recordset($5::jsonb) as g(id uuid, key text)
  left join ${nodeOf('g.key')}
),
said as materialized (
  select e.*, s.node_id as source_id, t.node_id as target_id, f.id is not null and f.id <> e.id as known, f.id as found, f.open
  from jsonb_to_recordset($6::jsonb) as e(
    id uuid, source text, target text, type text, bare boolean, properties jsonb, weight real, evidence uuid[])
  join given s on s.key = e.source join given t on t.key = e.target
  left join lateral (
    select f.id, (f.valid_from is null or f.valid_from <= $4::timestamptz) and f.valid_to is null as open from memory_graph_edges f
    where s.stored and t.stored
      and f.tenant_id = $1 and f.source_id = s.node_id and f.target_id = t.node_id and f.type = e.type and f.invalidated_at is null
    order by f.valid_to desc nulls first limit 1) f on true
),
verdict as materialized (
  select ($7::boolean or not exists (select from given g where g.known and g.invalidated_at is not null))
         and not exists (select from said s where s.known and not (s.open and s.bare)) as plain
),
${language},
new_edge as materialized (select s.* from said s, verdict v where v.plain and s.found is null),
new_node as materialized (select g.* from given g, verdict v where v.plain and not g.stored),
come as materialized (select node_id as id from new_node where not $7::boolean),
changed as materialized (select id from new_edge),
${noteWords({ come: 'come' })},
${noteChange('changed')},
created as (
  insert into memory_graph_nodes (${COLUMNS})
  select $1, g.id, $2::uuid, $3, g.key, null, null, '{}', $4::timestamptz, case when $7::boolean then $4::timestamptz end,
         case when $7::boolean then '' else ${nodeSearch('l.config', { key: 'g.key', label: 'null::text', type: 'null::text', properties: `'{}'::jsonb`, texts: 'null::text' })} end,
         $4::timestamptz, $4::timestamptz
  from new_node g, language l
),
linked as (
  insert into memory_graph_edges (tenant_id, id, source_id, target_id, type, properties, weight, evidence, recorded_at)
  select $1, e.id, e.source_id, e.target_id, e.type, e.properties, e.weight, e.evidence, $4::timestamptz from new_edge e
)
select v.plain, '{}'::text[] as missing,
       array(select g.key from given g where not g.known and not $7::boolean and v.plain) as "createdNodes",
       array(select s.id::text from said s where not s.known and v.plain) as "createdIds"
from verdict v`,
};
