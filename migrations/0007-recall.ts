import type { Migration } from './migration.js';

export const recall: Migration = {
  name: '0007-recall',

  async up(sql) {
    // How often words stand in what a scope can read: scope zero is the whole tenant, any other is a user's row id.
    await sql(`
      create table corpus_terms (
        tenant_id text not null,
        source text not null,
        scope_id uuid not null,
        lexeme text collate "C" not null,
        documents integer not null,
        constraint corpus_terms_pk primary key (tenant_id, source, scope_id, lexeme),
        constraint corpus_terms_tenant_id_fk foreign key (tenant_id) references tenants (id) on delete cascade,
        constraint corpus_terms_source_check check (source in ('message', 'memory', 'node'))
      )`);
    await sql(`
      create table corpus_totals (
        tenant_id text not null,
        source text not null,
        scope_id uuid not null,
        documents integer not null default 0,
        length bigint not null default 0,
        updated_at timestamptz not null default now(),
        constraint corpus_totals_pk primary key (tenant_id, source, scope_id),
        constraint corpus_totals_tenant_id_fk foreign key (tenant_id) references tenants (id) on delete cascade,
        constraint corpus_totals_source_check check (source in ('message', 'memory', 'node'))
      )`);

    // How many messages were said on a day (UTC) by which role, for the statistics of what is stored. Kept with those of words.
    await sql(`
      create table message_days (
        tenant_id text not null,
        scope_id uuid not null,
        day date not null,
        role text not null,
        messages integer not null,
        tokens bigint not null,
        constraint message_days_pk primary key (tenant_id, scope_id, day, role),
        constraint message_days_tenant_id_fk foreign key (tenant_id) references tenants (id) on delete cascade,
        constraint message_days_role_check check (role in ('user', 'assistant', 'system', 'tool'))
      )`);

    // What has not been counted yet. Writers only append here, so no two of them wait for each other; the words are counted
    // in batches later. Without removed a row says: count the subject as it is then; with it: these words are gone.
    await sql(`
      create table corpus_changes (
        tenant_id text not null,
        change_id bigint generated always as identity,
        source text not null,
        subject_id uuid not null,
        user_id uuid,
        removed tsvector,
        constraint corpus_changes_pk primary key (tenant_id, change_id),
        constraint corpus_changes_tenant_id_fk foreign key (tenant_id) references tenants (id) on delete cascade,
        constraint corpus_changes_source_check check (source in ('message', 'memory', 'node'))
      )`);
    await sql('create index corpus_changes_subject_id_idx on corpus_changes (tenant_id, source, subject_id) where removed is null');

    // What was stored before is counted like anything new.
    await sql(`
      insert into corpus_changes (tenant_id, source, subject_id, user_id)
      select m.tenant_id, 'message', m.id, c.user_id
      from messages m join conversations c on c.tenant_id = m.tenant_id and c.id = m.conversation_id
      where m.deleted_at is null
      union all
      select tenant_id, 'memory', id, user_id from episodic_memories where deleted_at is null
      union all
      select tenant_id, 'node', id, nullif(owner_id, '00000000-0000-0000-0000-000000000000')
      from memory_graph_nodes where invalidated_at is null`);
  },

  async down(sql) {
    await sql('drop table corpus_changes');
    await sql('drop table message_days');
    await sql('drop table corpus_totals');
    await sql('drop table corpus_terms');
  },
};
