import type { Transaction } from 'sequelize';
import type { Database } from './database.js';

/**
 * Runs `work` in one transaction that no other process can share with a change of the schema.
 *
 * On a server the advisory lock makes the others wait. On a shared folder it is granted to everybody, because all processes
 * are one session there; but then a transaction has the engine to itself until it ends, and that is the lock.
 */
export function withSchemaLock<T>(db: Database, work: (transaction: Transaction) => Promise<T>): Promise<T> {
  return db.transaction(async (transaction) => {
    // Waiting for another process's migrations, and our own, may take longer than any answer to a client should.
    await db.sequelize.query('set local statement_timeout = 0', { transaction });
    await db.sequelize.query(`select pg_advisory_xact_lock(hashtextextended('recollect:schema', 0))`, { transaction });
    return work(transaction);
  });
}
