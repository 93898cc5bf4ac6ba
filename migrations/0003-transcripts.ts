import { createBtreeGin, createGinIndex } from './gin-index.js';
import type { Migration } from './migration.js';

export const transcripts: Migration = {
  name: '0003-transcripts',

  async up(sql) {
    await sql(createBtreeGin);

    // Indexes are made from the least to the most selective, the primary key last. While a table is small every index costs
    // the same, the planner takes the newest, and a prepared statement keeps that plan until the table is next analyzed.
    //
    // key_owner_id is the user whose private key space conversation_key lives in; zero is the tenant's.
    // Counters and last_* are kept by the statement that appends, so that appending reads no message.
    await sql(`
      create table conversations (
        tenant_id text not null,
        id uuid not null,
        user_id uuid,
        session_id uuid,
        device_id uuid,
        platform text,
        chat_id text,
        conversation_key text,
        key_owner_id uuid not null default '00000000-0000-0000-0000-000000000000',
        title text,
        topic text,
        current_goal jsonb,
        summary text,
        status text not null default 'active',
        last_seq integer not null default 0,
        last_turn integer not null default 0,
        last_stretch integer not null default 0,
        last_role text,
        message_count integer not null default 0,
        input_tokens bigint not null default 0,
        output_tokens bigint not null default 0,
        stored_bytes bigint not null default 0,
        metadata jsonb not null default '{}',
        legal_hold boolean not null default false,
        started_at timestamptz not null default now(),
        last_message_at timestamptz,
        last_activity_at timestamptz not null default now(),
        ended_at timestamptz,
        archived_at timestamptz,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        constraint conversations_tenant_id_fk foreign key (tenant_id) references tenants (id) on delete cascade,
        constraint conversations_user_id_fk foreign key (tenant_id, user_id) references users (tenant_id, id),
        constraint conversations_session_id_fk foreign key (tenant_id, session_id) references sessions (tenant_id, id),
        constraint conversations_device_id_fk foreign key (tenant_id, device_id) references devices (tenant_id, id),
        constraint conversations_conversation_key_check check (conversation_key <> ''),
        constraint conversations_status_check check (
          status in ('active', 'inactive_timeout', 'inactive_user_terminated', 'inactive_system_terminated', 'archived')
        ),
        constraint conversations_last_role_check check (last_role in ('user', 'assistant', 'system', 'tool')),
        constraint conversations_counters_check check (
          last_seq >= 0 and last_turn >= 0 and last_stretch >= 0
          and message_count >= 0 and input_tokens >= 0 and output_tokens >= 0 and stored_bytes >= 0
        ),
        constraint conversations_current_goal_check check (jsonb_typeof(current_goal) = 'object'),
        constraint conversations_metadata_check check (jsonb_typeof(metadata) = 'object')
      )`);
    await sql(`
      create index conversations_conversation_key_idx on conversations (tenant_id, conversation_key, last_activity_at desc)
      where conversation_key is not null`);
    await sql('create index conversations_user_id_idx on conversations (tenant_id, user_id, last_activity_at desc, id desc)');
    await sql('create index conversations_last_activity_at_idx on conversations (tenant_id, last_activity_at desc, id desc)');
    await sql('create index conversations_status_idx on conversations (tenant_id, status, last_activity_at)');
    await sql("create index conversations_archived_at_idx on conversations (tenant_id, archived_at, id) where status = 'archived'");
    await sql('create index conversations_legal_hold_idx on conversations (tenant_id, id) where legal_hold');
    await sql('create index conversations_session_id_idx on conversations (tenant_id, session_id) where session_id is not null');
    await sql('create index conversations_device_id_idx on conversations (tenant_id, device_id) where device_id is not null');
    await sql(`
      create unique index conversations_key_key on conversations (tenant_id, conversation_key, key_owner_id)
      where status = 'active'`);
    await sql('alter table conversations add constraint conversations_pk primary key (tenant_id, id)');

    // search is written by the insert and is no generated column: its configuration is the tenant's.
    await sql(`
      create table messages (
        tenant_id text not null,
        id uuid not null,
        conversation_id uuid not null,
        seq integer not null,
        turn integer not null,
        stretch integer not null default 1,
        user_id uuid,
        author text,
        role text not null,
        type text not null default 'text',
        status text not null default 'sent',
        content jsonb not null,
        text text not null,
        tool_calls jsonb,
        tool_results jsonb,
        input_tokens integer,
        output_tokens integer,
        client_message_id text,
        asset_count integer not null default 0,
        metadata jsonb not null default '{}',
        search tsvector not null default '',
        edited_at timestamptz,
        deleted_at timestamptz,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        constraint messages_tenant_id_fk foreign key (tenant_id) references tenants (id) on delete cascade,
        constraint messages_conversation_id_fk foreign key (tenant_id, conversation_id)
          references conversations (tenant_id, id) on delete cascade,
        constraint messages_user_id_fk foreign key (tenant_id, user_id) references users (tenant_id, id),
        constraint messages_seq_check check (seq > 0 and turn >= 0 and stretch > 0),
        constraint messages_role_check check (role in ('user', 'assistant', 'system', 'tool')),
        constraint messages_type_check check (type <> ''),
        constraint messages_status_check check (status in ('sent', 'edited', 'deleted')),
        constraint messages_deleted_at_check check ((status = 'deleted') = (deleted_at is not null)),
        constraint messages_content_check check (jsonb_typeof(content) in ('string', 'array')),
        constraint messages_tool_calls_check check (jsonb_typeof(tool_calls) = 'array'),
        constraint messages_tool_results_check check (jsonb_typeof(tool_results) = 'array'),
        constraint messages_counts_check check (input_tokens >= 0 and output_tokens >= 0 and asset_count >= 0),
        constraint messages_metadata_check check (jsonb_typeof(metadata) = 'object')
      )`);
    await sql(createGinIndex('messages', 'search'));
    await sql('create index messages_created_at_idx on messages (tenant_id, created_at, id)');
    await sql('create index messages_deleted_at_idx on messages (tenant_id, deleted_at, id) where deleted_at is not null');
    await sql('create index messages_user_id_idx on messages (tenant_id, user_id, created_at) where user_id is not null');
    await sql('alter table messages add constraint messages_seq_key unique (tenant_id, conversation_id, seq)');
    await sql(`
      create unique index messages_client_message_id_key on messages (tenant_id, conversation_id, client_message_id)
      where client_message_id is not null`);
    await sql('alter table messages add constraint messages_pk primary key (tenant_id, id)');

    // What hangs on a message references its conversation only: checked for each message and each table, removing messages took
    // twice as long. See src/repository/sql/attachments.ts for who keeps it whole, and recollect doctor looks.
    await sql(`
      create table message_assets (
        tenant_id text not null,
        id uuid not null,
        message_id uuid not null,
        conversation_id uuid not null,
        name text not null,
        mime_type text not null,
        size bigint,
        sha256 text,
        uri text,
        bytes bytea,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        constraint message_assets_pk primary key (tenant_id, id),
        constraint message_assets_tenant_id_fk foreign key (tenant_id) references tenants (id) on delete cascade,
        constraint message_assets_conversation_id_fk foreign key (tenant_id, conversation_id)
          references conversations (tenant_id, id) on delete cascade,
        constraint message_assets_uri_bytes_check check (num_nonnulls(uri, bytes) = 1),
        constraint message_assets_size_check check (size >= 0)
      )`);
    await sql('create index message_assets_message_id_idx on message_assets (tenant_id, message_id)');
    await sql('create index message_assets_conversation_id_idx on message_assets (tenant_id, conversation_id)');

    await sql(`
      create table message_vectors (
        tenant_id text not null,
        id uuid not null,
        message_id uuid not null,
        conversation_id uuid not null,
        provider text not null,
        model text not null,
        vector_key text not null default '',
        dimensions integer not null,
        embedding real[] not null,
        metadata jsonb not null default '{}',
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        constraint message_vectors_pk primary key (tenant_id, id),
        constraint message_vectors_tenant_id_fk foreign key (tenant_id) references tenants (id) on delete cascade,
        constraint message_vectors_conversation_id_fk foreign key (tenant_id, conversation_id)
          references conversations (tenant_id, id) on delete cascade,
        constraint message_vectors_message_id_key unique (tenant_id, message_id, provider, model, vector_key),
        constraint message_vectors_dimensions_check check (dimensions > 0 and cardinality(embedding) = dimensions),
        constraint message_vectors_metadata_check check (jsonb_typeof(metadata) = 'object')
      )`);
    await sql('create index message_vectors_conversation_id_idx on message_vectors (tenant_id, conversation_id)');
    await sql('create index message_vectors_model_idx on message_vectors (tenant_id, provider, model)');

    // Events outlive what they tell of, so they reference nothing but the tenant. Readers page by (xact_id, event_seq) among
    // what their snapshot has not seen: the order of event_seq is not the order of commits. Every saved
    // message writes one, so there are only the two indexes that readers need, and a small one.
    await sql(`
      create table message_events (
        tenant_id text not null,
        event_seq bigint generated always as identity,
        xact_id bigint not null default (pg_current_xact_id()::text::bigint),
        conversation_id uuid not null,
        message_id uuid,
        user_id uuid,
        type text not null,
        actor text,
        before jsonb,
        after jsonb,
        occurred_at timestamptz not null default now(),
        constraint message_events_pk primary key (tenant_id, xact_id, event_seq),
        constraint message_events_tenant_id_fk foreign key (tenant_id) references tenants (id) on delete cascade,
        constraint message_events_type_check check (
          type in ('created', 'updated', 'edited', 'deleted', 'restored', 'cleared', 'purged', 'status_changed')
        )
      )`);
    await sql('create index message_events_conversation_id_idx on message_events (tenant_id, conversation_id, xact_id, event_seq)');
    // The few that may hold content, which goes with what they tell of.
    await sql(`
      create index message_events_content_idx on message_events (tenant_id, conversation_id, message_id)
      where type in ('edited', 'updated')`);
  },

  // btree_gin stays: it may have been there before us, and others may use it.
  async down(sql) {
    await sql('drop table message_events');
    await sql('drop table message_vectors');
    await sql('drop table message_assets');
    await sql('drop table messages');
    await sql('drop table conversations');
  },
};
