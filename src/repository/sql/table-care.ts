import type { Statement } from '../../db/database.js';

/**
 * Our tables that autovacuum has not come to, long after it should have: what was loaded at once is planned for like an empty
 * table until then. The counters are zero after a crash, so growth since the last look counts too. Plan: the catalog.
 */
export const findNeedyTables: Statement = {
  name: 'find_needy_tables',
  text: `
select format('%I.%I', n.nspname, c.relname) as "table",
       current_setting('autovacuum') = 'off' and s.n_dead_tup > 1000 + 0.2 * greatest(c.reltuples, 0) as vacuum
from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_stat_user_tables s on s.relid = c.oid
where c.relkind = 'r' and n.nspname = current_schema()
  and (s.n_mod_since_analyze > 1000 + 0.2 * greatest(c.reltuples, 0)
    or pg_relation_size(c.oid) > 1048576 + 1.5 * 8192 * c.relpages
    or current_setting('autovacuum') = 'off' and s.n_dead_tup > 1000 + 0.2 * greatest(c.reltuples, 0))
order by c.relpages`,
};
