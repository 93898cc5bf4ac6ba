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
export const createGinIndex = (table: string, column: string, where = ''): string => `
  do $$
  begin
    if exists (select from pg_extension where extname = 'btree_gin') then
      create index ${table}_${column}_idx on ${table} using gin (tenant_id, ${column}) ${where};
    else
      create index ${table}_${column}_idx on ${table} using gin (${column}) ${where};
    end if;
  end $$`;

/** Finds names of nodes that are spelled nearly as asked, where this database has pg_trgm and lets us make it. */
export const createNameIndex = `
  do $$
  begin
    if not exists (select from pg_extension where extname = 'btree_gin')
       or not exists (select from pg_available_extensions where name = 'pg_trgm') then
      return;
    end if;
    create extension if not exists pg_trgm;
    create index memory_graph_nodes_name_idx on memory_graph_nodes
      using gin (tenant_id, lower(key || ' ' || coalesce(label, '')) gin_trgm_ops);
  exception when insufficient_privilege then
    raise notice 'pg_trgm may not be created by this role';
  end $$`;

/**
 * New entries wait in a list that every search reads from end to end until a vacuum sorts them in, which the embedded engine only does
 * when it is quiet. Of the default of 4 MB a search takes longer to read the list than to use the index.
 */
const SHORT_PENDING_LIST = 'gin_pending_list_limit = 64';

/** Finds texts by any part of them, where this database has pg_trgm and `createNameIndex` could make it; without, they are all read. */
export const createTextIndex = (table: string, columns: string, where: string): string => `
  do $$
  begin
    if exists (select from pg_extension where extname = 'btree_gin') and exists (select from pg_extension where extname = 'pg_trgm') then
      create index ${table}_text_idx on ${table} using gin (tenant_id, ${columns}) with (${SHORT_PENDING_LIST}) where ${where};
    end if;
  end $$`;
