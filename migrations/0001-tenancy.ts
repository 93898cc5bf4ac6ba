import type { Migration } from './migration.js';

export const tenancy: Migration = {
  name: '0001-tenancy',

  async up(sql) {
    await sql(`
      create table tenants (
        id text not null,
        name text not null,
        text_search_config text not null default 'english',
        settings jsonb not null default '{}',
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        constraint tenants_pk primary key (id),
        constraint tenants_id_check check (id ~ '^[a-z0-9][a-z0-9_-]{0,62}$'),
        constraint tenants_settings_check check (jsonb_typeof(settings) = 'object')
      )`);

    await sql(`
      create table users (
        tenant_id text not null,
        id uuid not null,
        external_id text not null,
        display_name text,
        profile jsonb not null default '{}',
        documents jsonb not null default '{}',
        metadata jsonb not null default '{}',
        last_seen_at timestamptz,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        constraint users_pk primary key (tenant_id, id),
        constraint users_tenant_id_fk foreign key (tenant_id) references tenants (id) on delete cascade,
        constraint users_external_id_key unique (tenant_id, external_id),
        constraint users_external_id_check check (external_id <> ''),
        constraint users_profile_check check (jsonb_typeof(profile) = 'object'),
        constraint users_documents_check check (jsonb_typeof(documents) = 'object'),
        constraint users_metadata_check check (jsonb_typeof(metadata) = 'object')
      )`);

    await sql(`
      create table devices (
        tenant_id text not null,
        id uuid not null,
        external_id text not null,
        platform text,
        name text,
        metadata jsonb not null default '{}',
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        constraint devices_pk primary key (tenant_id, id),
        constraint devices_tenant_id_fk foreign key (tenant_id) references tenants (id) on delete cascade,
        constraint devices_external_id_key unique (tenant_id, external_id),
        constraint devices_external_id_check check (external_id <> ''),
        constraint devices_metadata_check check (jsonb_typeof(metadata) = 'object')
      )`);

    await sql(`
      create table sessions (
        tenant_id text not null,
        id uuid not null,
        user_id uuid,
        external_id text not null,
        started_at timestamptz not null default now(),
        last_seen_at timestamptz not null default now(),
        ended_at timestamptz,
        metadata jsonb not null default '{}',
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        constraint sessions_pk primary key (tenant_id, id),
        constraint sessions_tenant_id_fk foreign key (tenant_id) references tenants (id) on delete cascade,
        constraint sessions_user_id_fk foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade,
        constraint sessions_external_id_key unique (tenant_id, external_id),
        constraint sessions_external_id_check check (external_id <> ''),
        constraint sessions_metadata_check check (jsonb_typeof(metadata) = 'object')
      )`);
    await sql('create index sessions_user_id_idx on sessions (tenant_id, user_id) where user_id is not null');
  },

  async down(sql) {
    await sql('drop table sessions');
    await sql('drop table devices');
    await sql('drop table users');
    await sql('drop table tenants');
  },
};
