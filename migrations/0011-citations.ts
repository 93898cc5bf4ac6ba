import { createGinIndex } from './gin-index.js';
import type { Migration } from './migration.js';

const CITING = [
  { table: 'episodic_memories', column: 'message_ids' },
  { table: 'memory_graph_observations', column: 'evidence' },
  { table: 'memory_graph_edges', column: 'evidence' },
];

export const citations: Migration = {
  name: '0011-citations',

  async up(sql) {
    // Who names a message or a memory as evidence: found when that one is erased. Most rows cite nothing, and cost nothing here.
    for (const { table, column } of CITING) await sql(createGinIndex(table, column, `where ${column} <> '{}'`));
  },

  async down(sql) {
    for (const { table, column } of CITING) await sql(`drop index ${table}_${column}_idx`);
  },
};
