/** Makes btree_gin if this database has it and lets us; everything works without, with larger scans. */
export const createBtreeGin = `
  do $$
  begin
    if exists (select from pg_available_extensions where name = 'btree_gin') then
      create extension if not exists btree_gin;
    end if;
  exception when insufficient_privilege then
    raise notice 'btree_gin may not be created by this role';
  end $$`;

/** A GIN index on `column`, led by the tenant where btree_gin allows it, so that one tenant's search never reads another's postings. */
export const createGinIndex = (table: string, column: string): string => `
  do $$
  begin
    if exists (select from pg_extension where extname = 'btree_gin') then
      create index ${table}_${column}_idx on ${table} using gin (tenant_id, ${column});
    else
      create index ${table}_${column}_idx on ${table} using gin (${column});
    end if;
  end $$`;
