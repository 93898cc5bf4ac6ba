import type { Statement } from '../../db/database.js';

/** Tables of the schema this program works in, and their columns in order. */
export const describeSchema: Statement = {
  name: 'describe_schema',
  text: `
select t.relname as name,
       json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod), 'nullable', not a.attnotnull)
                order by a.attnum) as columns
from pg_class t
join pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
where t.relkind in ('r', 'p') and t.relnamespace = current_schema()::regnamespace
group by t.relname
order by t.relname`,
};
