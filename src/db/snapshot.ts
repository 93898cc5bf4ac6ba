import { constants, existsSync, readdirSync } from 'node:fs';
import { cp, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Transaction } from 'sequelize';
import { AppError } from '../errors.js';
import { createLog } from '../log.js';
import type { Database, Statement } from './database.js';
import { pgDataOf } from './embedded/data-dir.js';

/** Where a state of the database is read: statements go through both, and only read. */
export type Snapshot = Readonly<{ db: Database; transaction?: Transaction }>;

/**
 * Runs `work` on one state of the database that does not change meanwhile, while others go on writing.
 *
 * A server gives a transaction with one snapshot for that. In the embedded engine a transaction would make everybody wait until
 * all is read; there the folder is copied, which takes about a second for each gigabyte and is all that others wait for, and the
 * copy is opened beside it, read, and removed.
 */
export async function withSnapshot<T>(db: Database, work: (snapshot: Snapshot) => Promise<T>): Promise<T> {
  return db.capabilities.concurrentTransactions ? inTransaction(db, work) : onCopy(db, work);
}

async function inTransaction<T>(db: Database, work: (snapshot: Snapshot) => Promise<T>): Promise<T> {
  let begun = false;
  return db.transaction(async (transaction) => {
    // What was read is written somewhere already: a second run would be of another state.
    if (begun) throw new AppError('unavailable', 'The connection to the database was lost while reading.', { hint: 'Run it again.' });
    begun = true;
    return work({ db, transaction });
  }, 'snapshot');
}

const CHECKPOINT: Statement = { name: 'checkpoint', text: 'checkpoint' };
const STILL_HERE: Statement = { name: 'still_here', text: 'select 1 as here' };

/** The engine takes a transaction away that is idle for ten seconds. */
const SIGN_OF_LIFE_MS = 2_000;
const SUFFIX = '.snapshot';

async function onCopy<T>(db: Database, work: (snapshot: Snapshot) => Promise<T>): Promise<T> {
  const { location } = await db.describe();
  await removeLeftovers(location);
  const folder = join(location, `${process.pid}-${Date.now()}${SUFFIX}`);
  try {
    await mkdir(folder, { mode: 0o700 });
    await db.transaction((transaction) => copyFolder(db, transaction, location, folder));
    const { openDatabase } = await import('./open.js');
    const copy = await openDatabase({ url: null, dataDir: folder, durability: 'fast', logSql: false, poolMax: 1 }, createLog('error'));
    try {
      return await work({ db: copy });
    } finally {
      await copy.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Inside a transaction nobody else writes; the checkpoint puts into the files whatever only the engine's memory holds. */
async function copyFolder(db: Database, transaction: Transaction, location: string, folder: string): Promise<void> {
  await rm(pgDataOf(folder), { recursive: true, force: true });
  await db.query(CHECKPOINT, [], transaction);
  let done = false;
  const copied = cp(pgDataOf(location), pgDataOf(folder), {
    recursive: true,
    mode: constants.COPYFILE_FICLONE,
    filter: (source) => !source.endsWith('postmaster.pid'),
  }).finally(() => {
    done = true;
  });
  copied.catch(() => undefined);
  while (!done) {
    await Promise.race([copied, wait()]);
    if (!done) await db.query(STILL_HERE, [], transaction);
  }
  await copied;
}

const wait = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, SIGN_OF_LIFE_MS).unref());

/** Copies of processes that were killed. */
async function removeLeftovers(location: string): Promise<void> {
  if (!existsSync(location)) return;
  for (const name of readdirSync(location)) {
    const pid = name.endsWith(SUFFIX) ? Number.parseInt(name, 10) : Number.NaN;
    if (Number.isInteger(pid) && !isAlive(pid)) await rm(join(location, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
