import type { Migration } from './migration.js';

/** Makes pgvector if this database has it and lets us; everything works without, with plain arithmetic. */
const createVector = `
  do $$
  begin
    if exists (select from pg_available_extensions where name = 'vector') then
      create extension if not exists vector;
    end if;
  exception when insufficient_privilege then
    raise notice 'vector may not be created by this role';
  end $$`;

/** Indexes for nearest neighbours are made while the program runs, one for each model and width, and are in no migration. */
const dropVectorIndexes = `
  do $$
  declare name text;
  begin
    for name in select indexname from pg_indexes where schemaname = current_schema() and indexname ~ '^(message|memory)_vectors_hnsw_'
    loop execute format('drop index %I', name); end loop;
  end $$`;

const TABLES = [
  { table: 'message_vectors', key: 'message_vectors_message_id_key', subject: 'message_id' },
  { table: 'memory_vectors', key: 'memory_vectors_subject_id_key', subject: 'subject_type, subject_id' },
];

export const embeddings: Migration = {
  name: '0008-embeddings',

  async up(sql) {
    await sql(createVector);
    // A model of several widths is several models to whoever compares vectors: each may stand beside the others.
    for (const { table, key, subject } of TABLES) {
      await sql(`alter table ${table} drop constraint ${key}`);
      await sql(`alter table ${table} add constraint ${key} unique (tenant_id, ${subject}, provider, model, dimensions, vector_key)`);
    }

    // How far a model of ours has come in embedding a tenant: it has looked at every event that the snapshot in seen knows, and a walk
    // over the older messages, newest first, has come to walk_after. Nothing is queued by those who write: what is due is what has no
    // vector. Whoever works on a row holds it for a while, only to spare others the same work.
    await sql(`
      create table embedding_spaces (
        tenant_id text not null,
        id uuid not null,
        provider text not null,
        model text not null,
        dimensions integer not null,
        query_prefix text not null default '',
        document_prefix text not null default '',
        seen text not null default pg_current_snapshot()::text,
        walk_due_at timestamptz not null default now(),
        walk_after uuid,
        covered_at timestamptz,
        worker_id uuid,
        worker_until timestamptz,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        constraint embedding_spaces_pk primary key (tenant_id, id),
        constraint embedding_spaces_tenant_id_fk foreign key (tenant_id) references tenants (id) on delete cascade,
        constraint embedding_spaces_model_key unique (tenant_id, provider, model, dimensions),
        constraint embedding_spaces_dimensions_check check (dimensions > 0)
      )`);
  },

  // The extension stays: it may have been there before us, and others may use it.
  async down(sql) {
    await sql('drop table embedding_spaces');
    await sql(dropVectorIndexes);
    for (const { table, key, subject } of TABLES) {
      // Of several widths only the newest can stay.
      await sql(`
        delete from ${table} where (tenant_id, id) in (
          select tenant_id, id from (
            select tenant_id, id, row_number() over (partition by tenant_id, ${subject}, provider, model, vector_key order by id desc) as age
            from ${table}
          ) v where v.age > 1)`);
      await sql(`alter table ${table} drop constraint ${key}`);
      await sql(`alter table ${table} add constraint ${key} unique (tenant_id, ${subject}, provider, model, vector_key)`);
    }
  },
};
