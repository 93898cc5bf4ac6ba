import type { Migration } from './migration.js';

const CITING = [
  { table: 'episodic_memories', column: 'message_ids' },
  { table: 'memory_graph_observations', column: 'evidence' },
  { table: 'memory_graph_edges', column: 'evidence' },
];

/** Of rows that cite something only: most do not, and cost nothing. */
const createIndex = (table: string, column: string): string => `
  do $$
  begin
    if exists (select from pg_extension where extname = 'btree_gin') then
      create index ${table}_${column}_idx on ${table} using gin (tenant_id, ${column}) where ${column} <> '{}';
    else
      create index ${table}_${column}_idx on ${table} using gin (${column}) where ${column} <> '{}';
    end if;
  end $$`;

export const citations: Migration = {
  name: '0011-citations',

  async up(sql) {
    // Who names a message or a memory as evidence: found when that one is erased.
    for (const { table, column } of CITING) await sql(createIndex(table, column));
  },

  async down(sql) {
    for (const { table, column } of CITING) await sql(`drop index ${table}_${column}_idx`);
  },
};
