import type { Transaction } from 'sequelize';
import type { Database } from '../db/database.js';
import { readPresent } from './sql/present.js';

/**
 * Which transactions have ended by now, for a statement that compares rows with it; null where the statement sees that for itself.
 *
 * Where rows are on other servers, their transactions are numbered by the server that is asked, and what a statement sees there are
 * the numbers of others. There it is read first: whatever had ended by then the statement finds, and what ends later comes next time.
 */
export const presentOf = async (db: Database, transaction?: Transaction): Promise<string | null> =>
  db.capabilities.sharded ? snapshotOf(db, transaction) : null;

/** The same, wherever rows are. */
export async function snapshotOf(db: Database, transaction?: Transaction): Promise<string> {
  const [row] = await db.query<{ present: string }>(readPresent, [], transaction);
  return row!.present;
}
