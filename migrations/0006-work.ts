import type { Migration } from './migration.js';

export const work: Migration = {
  name: '0006-work',

  async up(sql) {
    // message_id is no foreign key, as in what hangs on a message: see message_assets.
    await sql(`
      create table tasks (
        tenant_id text not null,
        id uuid not null,
        user_id uuid,
        conversation_id uuid,
        message_id uuid,
        title text not null,
        details text,
        status text not null default 'open',
        due_at timestamptz,
        metadata jsonb not null default '{}',
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        constraint tasks_pk primary key (tenant_id, id),
        constraint tasks_tenant_id_fk foreign key (tenant_id) references tenants (id) on delete cascade,
        constraint tasks_user_id_fk foreign key (tenant_id, user_id) references users (tenant_id, id),
        constraint tasks_conversation_id_fk foreign key (tenant_id, conversation_id) references conversations (tenant_id, id),
        constraint tasks_title_check check (title <> ''),
        constraint tasks_status_check check (status in ('open', 'done', 'cancelled')),
        constraint tasks_metadata_check check (jsonb_typeof(metadata) = 'object')
      )`);
    await sql('create index tasks_status_idx on tasks (tenant_id, status, due_at, id)');
    await sql('create index tasks_user_id_idx on tasks (tenant_id, user_id, status, due_at, id)');
    await sql('create index tasks_conversation_id_idx on tasks (tenant_id, conversation_id) where conversation_id is not null');
    await sql('create index tasks_message_id_idx on tasks (tenant_id, message_id) where message_id is not null');

    // slot is the last due time that some process took; whoever moves it runs the job, so each due time is run by one process.
    // holder is the run under way, until held_until at most unless it says that it lives.
    await sql(`
      create table jobs (
        name text not null,
        schedule text not null,
        enabled boolean not null default true,
        slot timestamptz not null default now(),
        holder uuid,
        held_until timestamptz,
        failures integer not null default 0,
        retry_at timestamptz,
        last_started_at timestamptz,
        last_finished_at timestamptz,
        last_status text,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        constraint jobs_pk primary key (name),
        constraint jobs_holder_check check ((holder is null) = (held_until is null)),
        constraint jobs_failures_check check (failures >= 0),
        constraint jobs_last_status_check check (last_status in ('running', 'succeeded', 'failed', 'stopped'))
      )`);

    await sql(`
      create table job_runs (
        id uuid not null,
        job text not null,
        tenant_id text,
        slot timestamptz,
        started_at timestamptz not null default now(),
        finished_at timestamptz,
        status text not null default 'running',
        stats jsonb not null default '{}',
        error text,
        constraint job_runs_pk primary key (id),
        constraint job_runs_job_fk foreign key (job) references jobs (name) on delete cascade,
        constraint job_runs_tenant_id_fk foreign key (tenant_id) references tenants (id) on delete cascade,
        constraint job_runs_status_check check (status in ('running', 'succeeded', 'failed', 'stopped')),
        constraint job_runs_stats_check check (jsonb_typeof(stats) = 'object')
      )`);
    await sql('create index job_runs_job_idx on job_runs (job, started_at desc)');
    await sql('create index job_runs_started_at_idx on job_runs (started_at)');
    await sql('create index job_runs_tenant_id_idx on job_runs (tenant_id) where tenant_id is not null');
  },

  async down(sql) {
    await sql('drop table job_runs');
    await sql('drop table jobs');
    await sql('drop table tasks');
  },
};
