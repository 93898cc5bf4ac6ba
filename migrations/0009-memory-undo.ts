import type { Migration } from './migration.js';

export const memoryUndo: Migration = {
  name: '0009-memory-undo',

  async up(sql) {
    // Superseding a memory ends its valid time; this is the end it had before, so that undoing gives back exactly what was.
    await sql('alter table episodic_memories add column valid_to_before timestamptz');
  },

  async down(sql) {
    await sql('alter table episodic_memories drop column valid_to_before');
  },
};
