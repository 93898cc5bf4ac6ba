import type { Database } from './database.js';
import { connectionsOf } from './sequelize-internals.js';

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
  const connections = connectionsOf(db.sequelize);
  const client = await connections.getConnection();
  try {
    const { rows } = await client.query<{ mine: boolean }>('select pg_try_advisory_lock(hashtextextended($1, 0)) as mine', [name]);
    if (!rows[0]?.mine) return;
    const found = await client.query<{ valid: boolean }>('select indisvalid as valid from pg_index where indexrelid = to_regclass($1)', [
      name,
    ]);
    if (found.rows[0]?.valid) return;
    await client.query('set statement_timeout = 0');
    await client.query(`drop index concurrently if exists ${name}`);
    await client.query(`create index concurrently ${name} ${definition}`);
  } finally {
    // Its settings and its lock are not for the others, and end with it.
    await connections.destroyConnection(client).catch(() => undefined);
  }
}
