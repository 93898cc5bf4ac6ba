import { createGinIndex } from './gin-index.js';
import type { Migration } from './migration.js';

export const memory: Migration = {
  name: '0004-memory',

  async up(sql) {
    await sql(`
      create table episodic_memories (
        tenant_id text not null,
        id uuid not null,
        user_id uuid,
        conversation_id uuid,
        message_ids uuid[] not null default '{}',
        kind text not null default 'fact',
        title text,
        content text not null,
        content_hash text not null,
        tags text[] not null default '{}',
        importance real not null default 0.5,
        source text not null default 'agent',
        confidence real,
        metadata jsonb not null default '{}',
        client_id text,
        occurred_at timestamptz,
        valid_from timestamptz,
        valid_to timestamptz,
        supersedes_id uuid,
        superseded_by_id uuid,
        expires_at timestamptz,
        deleted_at timestamptz,
        access_count integer not null default 0,
        last_accessed_at timestamptz,
        search tsvector not null default '',
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        constraint episodic_memories_pk primary key (tenant_id, id),
        constraint episodic_memories_tenant_id_fk foreign key (tenant_id) references tenants (id) on delete cascade,
        constraint episodic_memories_user_id_fk foreign key (tenant_id, user_id) references users (tenant_id, id),
        constraint episodic_memories_conversation_id_fk foreign key (tenant_id, conversation_id) references conversations (tenant_id, id),
        constraint episodic_memories_supersedes_id_fk foreign key (tenant_id, supersedes_id) references episodic_memories (tenant_id, id),
        -- Checked at the end: one that makes way for another with the same content names it before it is there.
        constraint episodic_memories_superseded_by_id_fk foreign key (tenant_id, superseded_by_id)
          references episodic_memories (tenant_id, id) deferrable initially deferred,
        constraint episodic_memories_kind_check check (kind in ('fact', 'preference', 'event', 'summary', 'procedure', 'note')),
        constraint episodic_memories_source_check check (source in ('user', 'agent', 'import', 'system')),
        constraint episodic_memories_importance_check check (importance between 0 and 1),
        constraint episodic_memories_confidence_check check (confidence between 0 and 1),
        constraint episodic_memories_valid_to_check check (valid_from <= valid_to),
        constraint episodic_memories_supersedes_id_check check (supersedes_id <> id and superseded_by_id <> id),
        constraint episodic_memories_access_count_check check (access_count >= 0),
        constraint episodic_memories_metadata_check check (jsonb_typeof(metadata) = 'object')
      )`);
    // Both are per user: another user's words or ids must not be found out by trying to store them.
    await sql(`
      create unique index episodic_memories_client_id_key on episodic_memories
        (tenant_id, coalesce(user_id, '00000000-0000-0000-0000-000000000000'), client_id)
      where client_id is not null`);
    await sql(`
      create unique index episodic_memories_content_hash_key on episodic_memories
        (tenant_id, coalesce(user_id, '00000000-0000-0000-0000-000000000000'), content_hash)
      where deleted_at is null and superseded_by_id is null`);
    await sql(createGinIndex('episodic_memories', 'search'));
    await sql(createGinIndex('episodic_memories', 'tags'));
    await sql('create index episodic_memories_user_id_idx on episodic_memories (tenant_id, user_id, created_at desc, id desc)');
    await sql('create index episodic_memories_created_at_idx on episodic_memories (tenant_id, created_at desc, id desc)');
    await sql('create index episodic_memories_expires_at_idx on episodic_memories (tenant_id, expires_at) where expires_at is not null');
    await sql('create index episodic_memories_deleted_at_idx on episodic_memories (tenant_id, deleted_at) where deleted_at is not null');
    await sql(`
      create index episodic_memories_conversation_id_idx on episodic_memories (tenant_id, conversation_id)
      where conversation_id is not null`);
    await sql(`
      create index episodic_memories_supersedes_id_idx on episodic_memories (tenant_id, supersedes_id)
      where supersedes_id is not null`);
    await sql(`
      create index episodic_memories_superseded_by_id_idx on episodic_memories (tenant_id, superseded_by_id)
      where superseded_by_id is not null`);

    // A subject is a memory or a graph node, so no foreign key can name it: whoever deletes the subject deletes its vectors.
    await sql(`
      create table memory_vectors (
        tenant_id text not null,
        id uuid not null,
        subject_type text not null,
        subject_id uuid not null,
        provider text not null,
        model text not null,
        vector_key text not null default '',
        dimensions integer not null,
        embedding real[] not null,
        metadata jsonb not null default '{}',
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        constraint memory_vectors_pk primary key (tenant_id, id),
        constraint memory_vectors_tenant_id_fk foreign key (tenant_id) references tenants (id) on delete cascade,
        constraint memory_vectors_subject_id_key unique (tenant_id, subject_type, subject_id, provider, model, vector_key),
        constraint memory_vectors_subject_type_check check (subject_type in ('memory', 'node')),
        constraint memory_vectors_dimensions_check check (dimensions > 0 and cardinality(embedding) = dimensions),
        constraint memory_vectors_metadata_check check (jsonb_typeof(metadata) = 'object')
      )`);
    await sql('create index memory_vectors_model_idx on memory_vectors (tenant_id, provider, model)');
  },

  async down(sql) {
    await sql('drop table memory_vectors');
    await sql('drop table episodic_memories');
  },
};
