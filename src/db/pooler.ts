import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import { AppError } from '../errors.js';

/**
 * What stands between us and the server and hands one of its connections to several clients by turns. Nothing that is said outside
 * of a transaction lasts there: settings, LISTEN, locks of a session.
 */
export type Pooler = Readonly<{
  /** It keeps track of statements prepared by name (PgBouncer since 1.21, with `max_prepared_statements`). */
  prepares: boolean;
}>;

const FIND = 'select name from pg_prepared_statements where name = $1';

/**
 * Looks whether the connection is the server's own: who passes connections on gives each client another key than the server did.
 * Such a pooler either gives prepared statements names of its own, or passes ours to whichever connection is free.
 */
export async function lookForPooler(client: pg.Client): Promise<Pooler | null> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  if (rows[0]?.pid === (client as unknown as { processID: number | null }).processID) return null;
  await client.query('begin').catch((error: unknown) => {
    throw new AppError('unavailable', 'The pooler in front of the PostgreSQL server allows no transactions.', {
      hint: 'Set its pool_mode to transaction or session.',
      cause: error,
    });
  });
  // In one transaction, so that it is asked of the connection that prepared it.
  const name = `recollect_${randomBytes(8).toString('hex')}`;
  const found = await client.query({ name, text: FIND, values: [name] });
  if (found.rows.length > 0) await client.query(`deallocate ${name}`);
  await client.query('commit');
  return { prepares: found.rows.length === 0 };
}
