import type { Database } from './database.js';
import { withJobLock } from './job-lock.js';
import { connectionsOf } from './sequelize-internals.js';

/** Room for the graph of 120,000 vectors of 384 numbers; one that has no room is made ten times as slowly. */
const MEMORY_BYTES = 256 * 1024 ** 2;

/**
 * Makes an index while others write. On a server that takes a connection of its own without a time limit, because it cannot
 * run in a transaction; who is second leaves it to the first, and what an attempt before left unfinished is removed. The
 * embedded engine has one session, which does it at once.
 */
export async function createVectorIndex(db: Database, name: string, definition: string): Promise<void> {
  if (!db.capabilities.concurrentTransactions) {
    await db.query({ name: `create_${name}`, text: `create index if not exists ${name} ${definition}` }, []);
    return;
  }
  await withJobLock(db, `index:${name}`, new AbortController().signal, () => createConcurrently(db, name, definition));
}

async function createConcurrently(db: Database, name: string, definition: string): Promise<void> {
  const connections = connectionsOf(db.sequelize);
  const client = await connections.getConnection();
  try {
    const found = await client.query<{ valid: boolean }>('select indisvalid as valid from pg_index where indexrelid = to_regclass($1)', [
      name,
    ]);
    if (found.rows[0]?.valid) return;
    // Settings of a connection that a pooler lent would be left to whoever has it next.
    if (db.capabilities.sessions) {
      await client.query('set statement_timeout = 0');
      await client.query(
        `select set_config('maintenance_work_mem', greatest(pg_size_bytes(current_setting('maintenance_work_mem')), ${MEMORY_BYTES}) / 1024 || 'kB', false)`,
      );
    }
    await client.query(`drop index concurrently if exists ${name}`);
    await client.query(`create index concurrently ${name} ${definition}`);
  } finally {
    // Its settings are not for the others, and end with it.
    await connections.destroyConnection(client).catch(() => undefined);
  }
}
