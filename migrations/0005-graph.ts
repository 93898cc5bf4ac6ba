import { createGinIndex, createNameIndex, createTextIndex } from './gin-index.js';
import type { Migration } from './migration.js';

/**
 * Facts have two clocks: valid time (valid_from, valid_to: when it was true) and recorded time (recorded_at, invalidated_at:
 * when we believed it). A row of versions, observations or edges is written once and later only invalidated: what was
 * believed at time K about time A are the rows with recorded_at <= K < invalidated_at and valid_from <= A < valid_to, null
 * being without end. To close a fact, invalidate its row and write it again with a valid_to.
 */
export const graph: Migration = {
  name: '0005-graph',

  async up(sql) {
    // A node's row is its identity, which never goes away by itself, and what is believed of it now; earlier beliefs are versions.
    // owner_id is the user whose private graphs it is in; zero is the tenant's. recorded_at = invalidated_at: named, never described.
    await sql(`
      create table memory_graph_nodes (
        tenant_id text not null,
        id uuid not null,
        owner_id uuid not null default '00000000-0000-0000-0000-000000000000',
        graph text not null default 'main',
        key text not null,
        label text,
        type text,
        properties jsonb not null default '{}',
        valid_from timestamptz,
        valid_to timestamptz,
        recorded_at timestamptz not null default now(),
        invalidated_at timestamptz,
        search tsvector not null default '',
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        constraint memory_graph_nodes_pk primary key (tenant_id, id),
        constraint memory_graph_nodes_tenant_id_fk foreign key (tenant_id) references tenants (id) on delete cascade,
        constraint memory_graph_nodes_key_key unique (tenant_id, owner_id, graph, key),
        constraint memory_graph_nodes_key_check check (graph <> '' and key <> ''),
        constraint memory_graph_nodes_valid_to_check check (valid_from <= valid_to),
        constraint memory_graph_nodes_invalidated_at_check check (recorded_at <= invalidated_at),
        constraint memory_graph_nodes_properties_check check (jsonb_typeof(properties) = 'object')
      )`);
    await sql(createGinIndex('memory_graph_nodes', 'search'));
    await sql(createNameIndex);
    await sql(createTextIndex('memory_graph_nodes', 'key gin_trgm_ops, type gin_trgm_ops', 'invalidated_at is null'));
    await sql('create index memory_graph_nodes_graph_idx on memory_graph_nodes (tenant_id, owner_id, graph, id)');
    await sql('create index memory_graph_nodes_updated_at_idx on memory_graph_nodes (tenant_id, updated_at desc, id desc)');

    await sql(`
      create table memory_graph_node_versions (
        tenant_id text not null,
        id uuid not null,
        node_id uuid not null,
        label text,
        type text,
        properties jsonb not null default '{}',
        valid_from timestamptz,
        valid_to timestamptz,
        recorded_at timestamptz not null,
        invalidated_at timestamptz,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        constraint memory_graph_node_versions_pk primary key (tenant_id, id),
        constraint memory_graph_node_versions_tenant_id_fk foreign key (tenant_id) references tenants (id) on delete cascade,
        constraint memory_graph_node_versions_node_id_fk foreign key (tenant_id, node_id)
          references memory_graph_nodes (tenant_id, id) on delete cascade,
        constraint memory_graph_node_versions_valid_to_check check (valid_from <= valid_to),
        constraint memory_graph_node_versions_invalidated_at_check check (recorded_at <= invalidated_at),
        constraint memory_graph_node_versions_properties_check check (jsonb_typeof(properties) = 'object')
      )`);
    await sql('create index memory_graph_node_versions_node_id_idx on memory_graph_node_versions (tenant_id, node_id, recorded_at)');

    // text_hash stands in the unique index for the text, which may be longer than an index entry can be.
    await sql(`
      create table memory_graph_observations (
        tenant_id text not null,
        id uuid not null,
        node_id uuid not null,
        text text not null,
        text_hash text not null,
        source text,
        evidence uuid[] not null default '{}',
        valid_from timestamptz,
        valid_to timestamptz,
        recorded_at timestamptz not null default now(),
        invalidated_at timestamptz,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        constraint memory_graph_observations_pk primary key (tenant_id, id),
        constraint memory_graph_observations_tenant_id_fk foreign key (tenant_id) references tenants (id) on delete cascade,
        constraint memory_graph_observations_node_id_fk foreign key (tenant_id, node_id)
          references memory_graph_nodes (tenant_id, id) on delete cascade,
        constraint memory_graph_observations_valid_to_check check (valid_from <= valid_to),
        constraint memory_graph_observations_invalidated_at_check check (recorded_at <= invalidated_at)
      )`);
    await sql(`
      create unique index memory_graph_observations_text_hash_key on memory_graph_observations (tenant_id, node_id, text_hash)
      where invalidated_at is null and valid_to is null`);
    await sql(createTextIndex('memory_graph_observations', 'text gin_trgm_ops', 'invalidated_at is null'));
    await sql('create index memory_graph_observations_node_id_idx on memory_graph_observations (tenant_id, node_id, id)');

    await sql(`
      create table memory_graph_edges (
        tenant_id text not null,
        id uuid not null,
        source_id uuid not null,
        target_id uuid not null,
        type text not null,
        properties jsonb not null default '{}',
        weight real not null default 1,
        evidence uuid[] not null default '{}',
        valid_from timestamptz,
        valid_to timestamptz,
        recorded_at timestamptz not null default now(),
        invalidated_at timestamptz,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        constraint memory_graph_edges_pk primary key (tenant_id, id),
        constraint memory_graph_edges_tenant_id_fk foreign key (tenant_id) references tenants (id) on delete cascade,
        constraint memory_graph_edges_source_id_fk foreign key (tenant_id, source_id)
          references memory_graph_nodes (tenant_id, id) on delete cascade,
        constraint memory_graph_edges_target_id_fk foreign key (tenant_id, target_id)
          references memory_graph_nodes (tenant_id, id) on delete cascade,
        constraint memory_graph_edges_type_check check (type <> ''),
        constraint memory_graph_edges_valid_to_check check (valid_from <= valid_to),
        constraint memory_graph_edges_invalidated_at_check check (recorded_at <= invalidated_at),
        constraint memory_graph_edges_properties_check check (jsonb_typeof(properties) = 'object')
      )`);
    await sql(`
      create unique index memory_graph_edges_source_target_type_key on memory_graph_edges (tenant_id, source_id, target_id, type)
      where invalidated_at is null and valid_to is null`);
    // By weight, so that the strongest edges of a node with very many are found without reading the others.
    await sql('create index memory_graph_edges_source_id_idx on memory_graph_edges (tenant_id, source_id, weight desc, type)');
    await sql('create index memory_graph_edges_target_id_idx on memory_graph_edges (tenant_id, target_id, weight desc, type)');
    await sql('create index memory_graph_edges_ends_idx on memory_graph_edges (tenant_id, source_id, target_id, type)');

    // That a graph changed, for those who subscribe to it. A transaction appends its row and takes away those it sees, but waits
    // for nobody's: as a rule there is one row for a graph, and always one that is as new as its last change.
    await sql(`
      create table memory_graph_changes (
        tenant_id text not null,
        owner_id uuid not null,
        graph text not null,
        xact_id bigint not null default (pg_current_xact_id()::text::bigint),
        constraint memory_graph_changes_pk primary key (tenant_id, owner_id, graph, xact_id),
        constraint memory_graph_changes_tenant_id_fk foreign key (tenant_id) references tenants (id) on delete cascade
      )`);
  },

  async down(sql) {
    await sql('drop table memory_graph_changes');
    await sql('drop table memory_graph_edges');
    await sql('drop table memory_graph_observations');
    await sql('drop table memory_graph_node_versions');
    await sql('drop table memory_graph_nodes');
  },
};
