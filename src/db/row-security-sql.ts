import pg from 'pg';

export type RowSecurityFacts = Readonly<{
  loginRole: string;
  login: string;
  citus: boolean;
  exists: boolean;
  settable: boolean;
  mighty: boolean;
  owns: boolean;
  forced: boolean;
  exempt: boolean;
  unsecured: string[];
  opened: string[];
  unreachable: string[];
}>;

const tenantTables = `
  select c.oid, c.relname::text as name, c.relowner as owner, c.relrowsecurity and c.relforcerowsecurity as forced,
         case when c.relname = 'tenants' then 'id' else 'tenant_id' end as key
  from pg_class c
  where c.relnamespace = to_regnamespace(quote_ident(current_schema())) and c.relkind in ('r', 'p')
    and (c.relname = 'tenants' or exists (
      select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and a.attnum > 0 and not a.attisdropped))`;

/** Everything about policies that can be seen, for the role $1: of every table that is a tenant's, whatever migration made it. */
export const inspectRowSecurity = (serverMajor: number): string => `
with
app as (select r.oid, r.rolsuper or r.rolbypassrls as mighty from pg_roles r where r.rolname = $1),
tenant_table as (${tenantTables}),
place as (
  select to_regnamespace(quote_ident(current_schema()))::oid as oid
  union select e.extnamespace from pg_extension e where e.extname in ('vector', 'pg_trgm', 'btree_gin')
)
select
  current_setting('role') as "loginRole", session_user::text as login,
  exists (select from pg_extension e where e.extname = 'citus') as citus,
  exists (select from app) as exists,
  coalesce((select pg_has_role(session_user, a.oid, '${serverMajor >= 16 ? 'SET' : 'MEMBER'}') from app a), false) as settable,
  exists (select from app a where a.mighty) or exists (
    select from app a, tenant_table t where pg_has_role(a.oid, t.owner, 'MEMBER')) as mighty,
  not exists (select from tenant_table t where not pg_has_role(current_user, t.owner, 'USAGE')) as owns,
  exists (select from tenant_table t where t.forced) as forced,
  (select r.rolsuper or r.rolbypassrls from pg_roles r where r.rolname = current_user) as exempt,
  array(
    select t.name from tenant_table t
    where not (
      t.forced
      and exists (select from pg_policy p, app a where p.polrelid = t.oid and p.polname = 'tenant_rows' and p.polroles = array[a.oid])
      and exists (select from pg_policy p where p.polrelid = t.oid and p.polname = 'owner_rows' and p.polroles = array[t.owner])
      and coalesce((select has_table_privilege(a.oid, t.oid, 'insert') from app a), false))
    order by t.name) as unsecured,
  array(
    select distinct t.name from tenant_table t join pg_policy p on p.polrelid = t.oid
    where p.polname not in ('tenant_rows', 'owner_rows') and p.polpermissive
    order by t.name) as opened,
  array(
    select n.nspname::text from place p join pg_namespace n on n.oid = p.oid, app a
    where not has_schema_privilege(a.oid, n.oid, 'usage') order by 1) as unreachable`;

/** Makes the role and lets this login take it on, as far as it may: what it may not, somebody else must do. */
export const createTenantRole = (role: string, serverMajor: number): string => `
do $secure$
declare
  app constant text := ${pg.escapeLiteral(role)};
begin
  if not exists (select from pg_roles where rolname = app) then
    begin
      execute format('create role %I nologin noinherit', app);
    exception when duplicate_object or unique_violation then
      null;
    end;
  end if;
  if not pg_has_role(session_user, app, '${serverMajor >= 16 ? 'SET' : 'MEMBER'}') then
    execute format('grant %I to %I${serverMajor >= 16 ? ' with inherit false, set true' : ''}', app, session_user);
  end if;
exception when insufficient_privilege then
  raise notice 'the role may not be made or given by this login';
end $secure$`;

/**
 * Puts the tables named under policies: the role sees and writes what is of the tenant in app.tenant, the owner everything.
 * Forced, so that a table without the owner's policy shows its owner nothing, which is noticed at once.
 */
export const secureTables = (role: string, tables: readonly string[]): string => `
do $secure$
declare
  app constant text := ${pg.escapeLiteral(role)};
  here record;
begin
  for here in select n.nspname as name from pg_namespace n
    where (n.nspname = current_schema() or n.oid in (select e.extnamespace from pg_extension e where e.extname in ('vector', 'pg_trgm', 'btree_gin')))
      and not has_schema_privilege(app, n.oid, 'usage')
  loop
    begin
      execute format('grant usage on schema %I to %I', here.name, app);
    exception when insufficient_privilege then
      null;
    end;
  end loop;
  for here in select t.oid::regclass as name, t.key, pg_get_userbyid(t.owner) as owner from (${tenantTables}) t
    where t.name = any(array[${tables.map((table) => pg.escapeLiteral(table)).join(', ')}]::text[])
  loop
    execute format('alter table %s enable row level security', here.name);
    execute format('alter table %s force row level security', here.name);
    execute format('drop policy if exists tenant_rows on %s', here.name);
    execute format('drop policy if exists owner_rows on %s', here.name);
    execute format($policy$create policy tenant_rows on %s to %I
      using (%I = nullif(current_setting('app.tenant', true), '')) with check (%I = nullif(current_setting('app.tenant', true), ''))$policy$,
      here.name, app, here.key, here.key);
    execute format('create policy owner_rows on %s to %I using (true) with check (true)', here.name, here.owner);
    -- A tenant is removed by whoever owns the place, never by itself.
    execute format('grant select, insert, update%s on %s to %I', case when here.key = 'id' then '' else ', delete' end, here.name, app);
  end loop;
end $secure$`;

/** Takes a table out from under its policies. */
export const dropPolicies = (table: string): string => `
do $secure$
declare
  this constant regclass := ${pg.escapeLiteral(pg.escapeIdentifier(table))};
begin
  if (select c.relrowsecurity or c.relforcerowsecurity from pg_class c where c.oid = this) then
    execute format('drop policy if exists tenant_rows on %s', this);
    execute format('drop policy if exists owner_rows on %s', this);
    execute format('alter table %s no force row level security', this);
    execute format('alter table %s disable row level security', this);
  end if;
end $secure$`;
