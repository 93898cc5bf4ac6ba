import type { Migration } from './migration.js';

export const accounts: Migration = {
  name: '0002-accounts',

  async up(sql) {
    await sql(`
      create table user_credentials (
        tenant_id text not null,
        id uuid not null,
        user_id uuid not null,
        username text not null,
        email text,
        password_hash text not null,
        roles text[] not null default '{user}',
        failed_attempts integer not null default 0,
        locked_until timestamptz,
        password_changed_at timestamptz not null default now(),
        last_login_at timestamptz,
        disabled_at timestamptz,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        constraint user_credentials_pk primary key (tenant_id, id),
        constraint user_credentials_tenant_id_fk foreign key (tenant_id) references tenants (id) on delete cascade,
        constraint user_credentials_user_id_fk foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade,
        constraint user_credentials_username_check check (username <> ''),
        constraint user_credentials_email_check check (email <> ''),
        constraint user_credentials_roles_check check (roles <@ '{user,service,admin}'),
        constraint user_credentials_failed_attempts_check check (failed_attempts >= 0)
      )`);
    await sql('create unique index user_credentials_username_key on user_credentials (tenant_id, lower(username))');
    await sql('create unique index user_credentials_email_key on user_credentials (tenant_id, lower(email))');
    await sql('create index user_credentials_user_id_idx on user_credentials (tenant_id, user_id)');

    await sql(`
      create table user_login_attempts (
        tenant_id text not null,
        id uuid not null,
        credential_id uuid,
        identifier text not null,
        succeeded boolean not null,
        reason text,
        client jsonb not null default '{}',
        attempted_at timestamptz not null default now(),
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        constraint user_login_attempts_pk primary key (tenant_id, id),
        constraint user_login_attempts_tenant_id_fk foreign key (tenant_id) references tenants (id) on delete cascade,
        constraint user_login_attempts_credential_id_fk foreign key (tenant_id, credential_id) references user_credentials (tenant_id, id),
        constraint user_login_attempts_client_check check (jsonb_typeof(client) = 'object')
      )`);
    await sql('create index user_login_attempts_attempted_at_idx on user_login_attempts (tenant_id, attempted_at)');
    await sql('create index user_login_attempts_identifier_idx on user_login_attempts (tenant_id, lower(identifier), attempted_at)');
    await sql(`
      create index user_login_attempts_credential_id_idx on user_login_attempts (tenant_id, credential_id, attempted_at)
      where credential_id is not null`);

    await sql(`
      create table password_reset_tokens (
        tenant_id text not null,
        id uuid not null,
        credential_id uuid not null,
        token_hash text not null,
        expires_at timestamptz not null,
        used_at timestamptz,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        constraint password_reset_tokens_pk primary key (tenant_id, id),
        constraint password_reset_tokens_tenant_id_fk foreign key (tenant_id) references tenants (id) on delete cascade,
        constraint password_reset_tokens_credential_id_fk foreign key (tenant_id, credential_id)
          references user_credentials (tenant_id, id) on delete cascade,
        constraint password_reset_tokens_token_hash_key unique (tenant_id, token_hash)
      )`);
    await sql('create index password_reset_tokens_credential_id_idx on password_reset_tokens (tenant_id, credential_id)');
    await sql('create index password_reset_tokens_expires_at_idx on password_reset_tokens (tenant_id, expires_at)');

    // A key bound to a user goes with the user: cleared to null it would become a key for everybody's data.
    await sql(`
      create table api_tokens (
        tenant_id text not null,
        id uuid not null,
        user_id uuid,
        name text not null,
        role text not null default 'service',
        scopes text[] not null default '{}',
        prefix text not null,
        token_hash text not null,
        expires_at timestamptz,
        last_used_at timestamptz,
        revoked_at timestamptz,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        constraint api_tokens_pk primary key (tenant_id, id),
        constraint api_tokens_tenant_id_fk foreign key (tenant_id) references tenants (id) on delete cascade,
        constraint api_tokens_user_id_fk foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade,
        constraint api_tokens_token_hash_key unique (tenant_id, token_hash),
        constraint api_tokens_role_check check (role in ('user', 'service', 'admin')),
        constraint api_tokens_user_id_check check (role <> 'user' or user_id is not null)
      )`);
    await sql('create index api_tokens_user_id_idx on api_tokens (tenant_id, user_id) where user_id is not null');
    // A bearer key arrives before its tenant is known.
    await sql('create index api_tokens_prefix_idx on api_tokens (prefix)');

    // A client registers before anybody knows whose data it will ask for: no tenant owns it (a reference table on Citus).
    await sql(`
      create table oauth_clients (
        id uuid not null,
        external_id text not null,
        name text,
        secret_hash text,
        redirect_uris text[] not null default '{}',
        grant_types text[] not null default '{authorization_code,refresh_token}',
        token_endpoint_auth_method text not null default 'none',
        scopes text[] not null default '{}',
        metadata jsonb not null default '{}',
        last_used_at timestamptz,
        disabled_at timestamptz,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        constraint oauth_clients_pk primary key (id),
        constraint oauth_clients_external_id_key unique (external_id),
        constraint oauth_clients_token_endpoint_auth_method_check
          check (token_endpoint_auth_method in ('none', 'client_secret_basic', 'client_secret_post')),
        constraint oauth_clients_secret_hash_check check ((token_endpoint_auth_method = 'none') = (secret_hash is null)),
        constraint oauth_clients_metadata_check check (jsonb_typeof(metadata) = 'object')
      )`);
    await sql('create index oauth_clients_created_at_idx on oauth_clients (created_at) where last_used_at is null');

    // What one sign-in led to is a family: the consent asked for, the code, and every token after it.
    await sql(`
      create table oauth_grants (
        tenant_id text not null,
        id uuid not null,
        client_id uuid not null,
        user_id uuid not null,
        credential_id uuid not null,
        family_id uuid not null,
        kind text not null,
        token_hash text not null,
        role text not null default 'user',
        scopes text[] not null default '{}',
        redirect_uri text,
        code_challenge text,
        resource text not null,
        signed_in_at timestamptz not null,
        expires_at timestamptz not null,
        used_at timestamptz,
        revoked_at timestamptz,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        constraint oauth_grants_pk primary key (tenant_id, id),
        constraint oauth_grants_tenant_id_fk foreign key (tenant_id) references tenants (id) on delete cascade,
        constraint oauth_grants_client_id_fk foreign key (client_id) references oauth_clients (id) on delete cascade,
        constraint oauth_grants_user_id_fk foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade,
        constraint oauth_grants_credential_id_fk foreign key (tenant_id, credential_id)
          references user_credentials (tenant_id, id) on delete cascade,
        constraint oauth_grants_token_hash_key unique (tenant_id, token_hash),
        constraint oauth_grants_kind_check check (kind in ('consent', 'authorization_code', 'access_token', 'refresh_token')),
        constraint oauth_grants_role_check check (role in ('user', 'service', 'admin')),
        constraint oauth_grants_code_challenge_check
          check (kind not in ('consent', 'authorization_code') or (code_challenge is not null and redirect_uri is not null))
      )`);
    // A token arrives before its tenant is known.
    await sql('create index oauth_grants_token_hash_idx on oauth_grants (token_hash)');
    await sql('create index oauth_grants_family_id_idx on oauth_grants (tenant_id, family_id)');
    await sql('create index oauth_grants_client_id_idx on oauth_grants (client_id)');
    await sql('create index oauth_grants_user_id_idx on oauth_grants (tenant_id, user_id)');
    await sql('create index oauth_grants_credential_id_idx on oauth_grants (tenant_id, credential_id)');
    await sql('create index oauth_grants_expires_at_idx on oauth_grants (tenant_id, expires_at)');
  },

  async down(sql) {
    await sql('drop table oauth_grants');
    await sql('drop table oauth_clients');
    await sql('drop table api_tokens');
    await sql('drop table password_reset_tokens');
    await sql('drop table user_login_attempts');
    await sql('drop table user_credentials');
  },
};
