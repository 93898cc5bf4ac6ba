import type pg from 'pg';
import { AppError } from '../errors.js';
import type { Database } from './database.js';

/** Something that one process at a time may do. Given back when its holder ends, however it ends. */
export interface JobLock {
  /** Aborted when the lock is lost while it is held, because the connection that carries it broke. */
  readonly lost: AbortSignal;
  release(): Promise<void>;
}

const NAME = /^[a-z0-9][a-z0-9_:-]{0,99}$/;

/**
 * Runs `work` while no other process, and nobody else in this one, runs any under the same name; answers null at once when
 * somebody does. `work` must stop when its signal aborts: the caller's own, or the loss of the lock.
 *
 * It spares double work and keeps figures whole. It is no substitute for transactions: between the loss of a lock and the end of
 * what ran under it another process may begin, so whatever runs here must be right when two do it at once.
 */
export async function withJobLock<T>(
  db: Database,
  name: string,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<{ result: T } | null> {
  if (!NAME.test(name)) throw new AppError('internal', `${JSON.stringify(name)} is no name for a lock.`);
  const lock = await db.tryLock(name);
  if (!lock) return null;
  try {
    return { result: await work(AbortSignal.any([signal, lock.lost])) };
  } finally {
    await lock.release();
  }
}

/**
 * An advisory lock of a server on a connection of its own, which the server gives back when that connection ends. It belongs to
 * a transaction that stays open, not to the session: behind a proxy that pools transactions a session's lock would stay
 * on a connection that by then serves others. The transaction has neither a snapshot nor an id, so it keeps no vacuum back.
 */
export async function tryAdvisoryLock(client: pg.Client, name: string): Promise<JobLock | null> {
  const lost = new AbortController();
  const lose = () => lost.abort(new AppError('unavailable', `The connection that held the lock of ${name} was lost.`));
  client.on('error', lose);
  client.on('end', lose);
  // Heard from the beginning: the server may end a connection with the same bytes that greet.
  await client.connect();
  const leave = async (): Promise<void> => {
    client.off('end', lose);
    // Said and answered, so that the next one finds the lock free: a connection that merely ends gives it back a moment later.
    await client.query('rollback').catch(() => undefined);
    await client.end().catch(() => undefined);
  };
  try {
    await client.query('begin');
    const { rows } = await client.query<{ taken: boolean }>('select pg_try_advisory_xact_lock(hashtextextended($1, 0)) as taken', [
      `recollect:job:${name}`,
    ]);
    // Comes second: what was asked with a parameter keeps its snapshot in an open transaction until something else is sent.
    await client.query('set local idle_in_transaction_session_timeout = 0');
    if (rows[0]?.taken === true) return { lost: lost.signal, release: leave };
    await leave();
    return null;
  } catch (error) {
    await leave();
    throw error;
  }
}
