import type { Statement } from '../../db/database.js';
import { COLUMNS, language, nodeOf } from './graph-add.js';
import { nodeSearch } from './graph-lock.js';
import { noteChange, noteWords } from './graph-traces.js';

/**
 * Those of the nodes $5 of the graph $3 of $2 that are not there, with their observations of $6, at the time $4; the others stay as they
 * are. Where one is not believed any more, or a mere name, `plain` is false and nothing is written. Nobody else writes meanwhile. Running
 * it again finds its own rows by their ids and answers the same.
 *
 * What `addGraphNodes` needs for nodes that are there, three statements inside of it, is not in its plan: starting that takes longer
 * than writing a few rows.
 */
export const createGraphNodes: Statement = {
  name: 'create_graph_nodes',
  text: `
with
given as materialized (
  select g.*, k.id is not null as stored, k.id is not null and k.id <> g.id as known, k.invalidated_at
  from jsonb_to_recordset($5::jsonb) as g(id uuid, key text, label text, type text, properties jsonb, texts text)
  left join ${nodeOf('g.key')}
),
said as materialized (
  select o.*, g.id as node_id, g.stored
  from jsonb_to_recordset($6::jsonb) as o(id uuid, key text, text text, text_hash text, source text, evidence uuid[])
  join given g on g.key = o.key and not g.known
),
verdict as materialized (select not exists (select from given g where g.invalidated_at is not null) as plain),
${language},
come as materialized (select g.* from given g, verdict v where v.plain and not g.stored),
${noteWords({ come: 'come' })},
${noteChange('come')},
created as (
  insert into memory_graph_nodes (${COLUMNS})
  select $1, g.id, $2::uuid, $3, g.key, g.label, g.type, g.properties, $4::timestamptz, null,
         ${nodeSearch('l.config', { key: 'g.key', label: 'g.label', type: 'g.type', properties: 'g.properties', texts: 'g.texts' })},
         $4::timestamptz, $4::timestamptz
  from come g, language l
),
observed as (
  insert into memory_graph_observations (tenant_id, id, node_id, text, text_hash, source, evidence, recorded_at)
  select $1, o.id, o.node_id, o.text, o.text_hash, o.source, o.evidence, $4::timestamptz from said o, verdict v where v.plain and not o.stored
)
select v.plain, '{}'::text[] as missing,
       array(select g.key from given g where not g.known and v.plain) as "createdNodes",
       array(select s.id::text from said s where v.plain) as "createdIds"
from verdict v`,
};
