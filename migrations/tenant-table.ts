import type { Sql } from './migration.js';

/** Where tenants are spread over the servers of Citus, a new table of theirs goes where the others are. */
const place = (table: string): string => `
  do $$
  begin
    if to_regclass('pg_dist_partition') is null then return; end if;
    if exists (select from pg_dist_partition where logicalrelid = to_regclass('tenants')) then
      perform create_distributed_table('${table}', 'tenant_id', colocate_with => 'tenants');
    end if;
  end $$`;

/** Makes a table of tenants. Its foreign keys come last: Citus ties tables to each other only where they are together. */
export async function createTenantTable(
  sql: Sql,
  table: string,
  columns: string,
  foreignKeys: Readonly<Record<string, string>>,
): Promise<void> {
  await sql(`create table ${table} (${columns})`);
  await sql(place(table));
  for (const [name, key] of Object.entries(foreignKeys)) await sql(`alter table ${table} add constraint ${name} foreign key ${key}`);
}
