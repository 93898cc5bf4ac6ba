/** Whether Citus is here, in this database or only on the server. `pg_dist_node` is there with the extension only: see `countWorkers`. */
export const inspectCitus = `
select (select e.extversion from pg_extension e where e.extname = 'citus') as citus,
       exists (select from pg_available_extensions a where a.name = 'citus') as available`;

/** Servers that hold shards. */
export const countWorkers = `select count(*)::int as workers from pg_dist_node n where n.isactive and n.shouldhaveshards`;

/**
 * The tables of tenants, and those that these point into: how each is to be placed, and how it is. A table is a tenant's when every row
 * of it names one and points to it.
 */
export const inspectTables = `
with
tenants as (select to_regclass('tenants')::oid as oid),
own as (
  select c.oid, c.relname::text as "table", 'id' as key from pg_class c, tenants t where c.oid = t.oid
  union all
  select c.oid, c.relname::text, 'tenant_id' from pg_class c, tenants t
  where c.relkind = 'r' and exists (
    select from pg_constraint f join pg_attribute a on a.attrelid = f.conrelid and a.attnum = f.conkey[1]
    where f.conrelid = c.oid and f.contype = 'f' and f.confrelid = t.oid and a.attname = 'tenant_id' and a.attnotnull)
),
shared as (
  select distinct c.oid, c.relname::text as "table", null as key
  from pg_constraint f join own o on o.oid = f.conrelid join pg_class c on c.oid = f.confrelid
  where f.contype = 'f' and f.confrelid not in (select oid from own)
)
select p."table", p.key, d.logicalrelid is not null as placed
from (select * from own union all select * from shared) p
left join pg_dist_partition d on d.logicalrelid = p.oid and d.partmethod = case when p.key is null then 'n' else 'h' end
order by p.key is not null, p.key <> 'id', p."table"`;

/** Foreign keys from or to the tables $1, as they are written; `kept` where both ends are among all the tables $2 of tenants. */
export const findForeignKeys = `
select f.conrelid::regclass::text as "table", f.conname::text as name, pg_get_constraintdef(f.oid) as definition,
       c.relname = any($2::text[]) as kept
from pg_constraint f
join pg_class c on c.oid = f.conrelid join pg_class r on r.oid = f.confrelid
where f.contype = 'f' and (c.relname = any($1::text[]) or r.relname = any($1::text[])) and c.relnamespace = to_regnamespace(quote_ident(current_schema()))
order by 1, 2`;
