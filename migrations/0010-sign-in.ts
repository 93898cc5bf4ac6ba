import type { Migration } from './migration.js';
import { createTenantTable } from './tenant-table.js';

export const signIn: Migration = {
  name: '0010-sign-in',

  async up(sql) {
    // By the name that was typed, whether anybody bears it or not: who is locked out must not tell who exists.
    await createTenantTable(
      sql,
      'user_login_lockouts',
      `
        tenant_id text not null,
        identifier text not null,
        failed_attempts integer not null default 0,
        locked_until timestamptz,
        last_attempt_at timestamptz not null default now(),
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        constraint user_login_lockouts_pk primary key (tenant_id, identifier),
        constraint user_login_lockouts_failed_attempts_check check (failed_attempts >= 0)
      `,
      { user_login_lockouts_tenant_id_fk: '(tenant_id) references tenants (id) on delete cascade' },
    );
    await sql('create index user_login_lockouts_last_attempt_at_idx on user_login_lockouts (tenant_id, last_attempt_at)');

    await sql('drop index user_credentials_user_id_idx');
    await sql('create unique index user_credentials_user_id_key on user_credentials (tenant_id, user_id)');
  },

  async down(sql) {
    await sql('drop index user_credentials_user_id_key');
    await sql('create index user_credentials_user_id_idx on user_credentials (tenant_id, user_id)');
    await sql('drop table user_login_lockouts');
  },
};
