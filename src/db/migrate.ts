import { QueryTypes, type Transaction } from 'sequelize';
import type { MigrationMeta, UmzugStorage } from 'umzug';
import { migrations } from '../../migrations/index.js';
import type { Migration } from '../../migrations/migration.js';
import { AppError, invalidInput } from '../errors.js';
import { VERSION } from '../version.js';
import type { Database } from './database.js';
import { codeOf, isConnectionLost, isContention } from './pg-errors.js';
import { withSchemaLock } from './schema-lock.js';

export type MigrationStatus = {
  applied: string[];
  pending: string[];
  /** In the database but not in this program: a newer version of it was here. */
  unknown: string[];
};

type Applied = { name: string; appliedBy: string };

/** Applies what is pending, up to and including `to`: all of it or, when one fails, nothing. Answers the names. */
export function migrateUp(db: Database, { to }: { to?: string } = {}, known = migrations): Promise<string[]> {
  const target = to === undefined ? undefined : nameOf(to, known);
  return underLock(db, known, async (umzug) => {
    const pending = names(await umzug.pending());
    if (target !== undefined && !pending.includes(target)) return [];
    return names(await umzug.up(target === undefined ? {} : { to: target }));
  }).finally(() => db.rowSecurity());
}

/** Takes back the newest migration, the newest `steps`, or all down to and including `to`, with the data in their tables. */
export function migrateDown(db: Database, { to, steps = 1 }: { to?: string; steps?: number } = {}, known = migrations): Promise<string[]> {
  const target = to === undefined ? undefined : nameOf(to, known);
  return underLock(db, known, async (umzug) => {
    const applied = names(await umzug.executed());
    if (target !== undefined && !applied.includes(target)) return [];
    return names(await umzug.down(target === undefined ? { step: steps } : { to: target }));
  });
}

export async function migrationStatus(db: Database, known = migrations): Promise<MigrationStatus> {
  return compare(await readApplied(db), known);
}

/**
 * Makes the schema the one this program was written for: a newer program migrates an older database, an older program
 * refuses a newer one. One query when there is nothing to do.
 */
export async function prepareSchema(db: Database, { autoMigrate }: { autoMigrate: boolean }, known = migrations): Promise<void> {
  const applied = await readApplied(db);
  refuseNewer(applied, known);
  const { pending } = compare(applied, known);
  if (pending.length > 0) {
    if (!autoMigrate)
      throw new AppError('unavailable', `Recollect ${VERSION} needs migrations that this database does not have: ${pending.join(', ')}.`, {
        hint: 'Run `recollect migrate up`, or turn RECOLLECT_AUTO_MIGRATE on.',
      });
    await migrateUp(db, {}, known);
  }
  if (!db.capabilities.rowSecurity) await prepareRowSecurity(db, autoMigrate);
}

/** Policies may have to wait for a role that only an administrator can make: they are looked for at every start. */
async function prepareRowSecurity(db: Database, mayChange: boolean): Promise<void> {
  let state = await db.rowSecurity();
  if (state?.wanted && mayChange) {
    await withSchemaLock(db, (transaction) => db.establishRowSecurity(transaction));
    state = await db.rowSecurity();
  }
  if (!state || state.on) return;
  const { problem, hint, required } = state;
  if (required) throw new AppError('unavailable', `Row-level security is not in force. ${problem}`, hint === null ? {} : { hint });
}

/** Refuses a database whose schema is not exactly the one this program was written for. */
export const assertSchema = (db: Database): Promise<void> => prepareSchema(db, { autoMigrate: false });

type Migrator = Awaited<ReturnType<typeof migrator>>;

async function underLock(db: Database, known: readonly Migration[], work: (umzug: Migrator) => Promise<string[]>): Promise<string[]> {
  return withSchemaLock(db, async (transaction) => {
    await db.sequelize.query(
      `create table if not exists schema_migrations (
        name text not null,
        applied_at timestamptz not null default now(),
        applied_by text not null,
        constraint schema_migrations_pk primary key (name)
      )`,
      { transaction },
    );
    refuseNewer(await listApplied(db, transaction), known);
    try {
      const done = await work(await migrator(db, transaction, known));
      await db.establishRowSecurity(transaction);
      return done;
    } catch (error) {
      throw await explained(error);
    }
  });
}

// Umzug is loaded when there is something to migrate: it is slow to load, and most starts have nothing to do.
async function migrator(db: Database, transaction: Transaction, known: readonly Migration[]) {
  const { Umzug } = await import('umzug');
  const sql = async (statement: string): Promise<void> => {
    await db.sequelize.query(statement, { transaction });
  };
  return new Umzug({
    migrations: known.map(({ name, up, down }) => ({ name, up: () => up(sql), down: () => down(sql) })),
    storage: ledger(db, transaction),
    logger: undefined,
  });
}

const ledger = (db: Database, transaction: Transaction): UmzugStorage => ({
  async executed() {
    return names(await listApplied(db, transaction));
  },
  async logMigration({ name }) {
    await db.sequelize.query('insert into schema_migrations (name, applied_by) values ($1, $2)', { bind: [name, VERSION], transaction });
  },
  async unlogMigration({ name }) {
    await db.sequelize.query('delete from schema_migrations where name = $1', { bind: [name], transaction });
  },
});

const listApplied = (db: Database, transaction?: Transaction): Promise<Applied[]> =>
  db.sequelize.query<Applied>('select name, applied_by as "appliedBy" from schema_migrations order by name', {
    type: QueryTypes.SELECT,
    ...(transaction ? { transaction } : {}),
  });

async function readApplied(db: Database): Promise<Applied[]> {
  try {
    return await listApplied(db);
  } catch (error) {
    if (codeOf(error) === UNDEFINED_TABLE) return [];
    throw error;
  }
}

const UNDEFINED_TABLE = '42P01';

function compare(applied: readonly Applied[], known: readonly Migration[]): MigrationStatus {
  const there = new Set(names(applied));
  const ours = new Set(names(known));
  return {
    applied: names(known).filter((name) => there.has(name)),
    pending: names(known).filter((name) => !there.has(name)),
    unknown: names(applied).filter((name) => !ours.has(name)),
  };
}

function refuseNewer(applied: readonly Applied[], known: readonly Migration[]): void {
  const ours = new Set(names(known));
  const newest = applied.filter(({ name }) => !ours.has(name)).at(-1);
  if (!newest) return;
  throw new AppError(
    'unavailable',
    `The database has schema ${newest.name}, made by Recollect ${newest.appliedBy}; this is Recollect ${VERSION}, which knows schemas up to ${known.at(-1)?.name}. Nothing was read or changed.`,
    { hint: `Update this program to ${newest.appliedBy} or later, and restart it. An older program must not write to a newer schema.` },
  );
}

function nameOf(wanted: string, known: readonly Migration[]): string {
  const found = names(known).find((name) => name === wanted || name.startsWith(`${wanted}-`));
  if (found) return found;
  throw invalidInput(`There is no migration ${JSON.stringify(wanted)}.`, `Use one of: ${names(known).join(', ')}.`);
}

/** The error as whoever retries must see it, or one that says which migration failed. */
async function explained(error: unknown): Promise<unknown> {
  const { MigrationError } = await import('umzug');
  if (!(error instanceof MigrationError)) return error;
  const { cause, migration } = error;
  if (isConnectionLost(cause) || isContention(cause)) return cause;
  return new AppError('internal', `Migration ${migration.name} (${migration.direction}) failed; the schema is as it was before.`, {
    cause,
  });
}

const names = (list: readonly (MigrationMeta | Applied | Migration)[]): string[] => list.map(({ name }) => name);
