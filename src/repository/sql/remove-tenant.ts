import type { Statement } from '../../db/database.js';

/** A table with rows of tenants: its primary key, and the tables that its rows point into. */
export type TenantTable = { table: string; key: string[]; parents: string[] };

/** Every table that has a tenant in it, whoever made it. */
export const findTenantTables: Statement = {
  name: 'find_tenant_tables',
  text: `
select c.relname as "table",
       (select array_agg(a.attname::text order by k.at)
        from unnest(i.indkey::int2[]) with ordinality k(number, at)
        join pg_attribute a on a.attrelid = c.oid and a.attnum = k.number) as key,
       array(select distinct p.relname::text from pg_constraint f join pg_class p on p.oid = f.confrelid
             where f.contype = 'f' and f.conrelid = c.oid and f.confrelid <> c.oid) as parents
from pg_class c
join pg_index i on i.indrelid = c.oid and i.indisprimary
join pg_attribute t on t.attrelid = c.oid and t.attname = 'tenant_id' and not t.attisdropped
where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p')
order by c.relname`,
};

const name = (identifier: string): string => `"${identifier.replaceAll('"', '""')}"`;

export const countRowsOf = ({ table }: TenantTable): Statement => ({
  name: `count_tenant_${table}`,
  text: `select count(*)::int as count from ${name(table)} where tenant_id = $1`,
});

/** Nothing goes while a conversation is under legal hold, unless $2 says that holds do not count. */
const free = `($2::boolean or not exists (select 1 from conversations c where c.tenant_id = $1 and c.legal_hold))`;

/** Removes at most $3 rows of the tenant $1. Plan: a range of the primary key. */
export const removeRowsOf = ({ table, key }: TenantTable): Statement => ({
  name: `remove_tenant_${table}`,
  text: `
with doomed as (select ${key.map(name).join(', ')} from ${name(table)} where tenant_id = $1 and ${free} limit $3::int),
removed as (
  delete from ${name(table)} t using doomed d where t.tenant_id = $1 and ${key.map((column) => `t.${name(column)} = d.${name(column)}`).join(' and ')}
  returning 1
)
select count(*)::int as count from removed`,
});

/** Takes the links between memories ($3 of them) away: none of those that are left may point to one that goes. */
export const unlinkMemories: Statement = {
  name: 'unlink_tenant_memories',
  text: `
with linked as (
  select id from episodic_memories
  where tenant_id = $1 and ${free} and (supersedes_id is not null or superseded_by_id is not null)
  limit $3::int
),
unlinked as (
  update episodic_memories m set supersedes_id = null, superseded_by_id = null, deleted_at = least(m.deleted_at, now())
  from linked l where m.tenant_id = $1 and m.id = l.id
  returning 1
)
select count(*)::int as count from unlinked`,
};

/** The tenant itself, with whatever was written meanwhile. */
export const removeTenant: Statement = {
  name: 'remove_tenant',
  text: `
with removed as (delete from tenants t where t.id = $1 and ${free} returning 1)
select count(*)::int as count from removed`,
};

export const heldConversations: Statement = {
  name: 'held_conversations_of_tenant',
  text: `select id from conversations where tenant_id = $1 and legal_hold order by id limit $2::int`,
};
