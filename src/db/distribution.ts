import pg from 'pg';
import { QueryTypes, type Transaction } from 'sequelize';
import { AppError } from '../errors.js';
import type { Database } from './database.js';
import { countWorkers, findForeignKeys, inspectCitus, inspectTables } from './distribution-sql.js';
import { dropPolicies } from './row-security-sql.js';
import { withSchemaLock } from './schema-lock.js';

/** A table and where it belongs: `key` is what its rows are spread by; without one every server has all of it. */
export type PlacedTable = Readonly<{ table: string; key: string | null; placed: boolean }>;

/** Where the rows of tenants are, on a server with Citus. */
export type Distribution = Readonly<{ citus: string; workers: number; tables: readonly PlacedTable[] }>;

type ForeignKey = Readonly<{ table: string; name: string; definition: string; kept: boolean }>;

/** What `distribute` did, or would do. */
export type DistributionReport = Readonly<{
  distribution: Distribution;
  /** In the order in which they are placed. */
  placed: readonly PlacedTable[];
  /** Foreign keys from what stays on this server into what does not: they are given up. */
  dropped: readonly string[];
}>;

/** How tables are spread, or null where there is no Citus in this database. */
export async function inspectDistribution(db: Database, transaction?: Transaction): Promise<Distribution | null> {
  const [facts] = await select<{ citus: string | null }>(db, inspectCitus, [], transaction);
  if (facts?.citus == null) return null;
  const [nodes] = await select<{ workers: number }>(db, countWorkers, [], transaction);
  return { citus: facts.citus, workers: nodes!.workers, tables: await select<PlacedTable>(db, inspectTables, [], transaction) };
}

/**
 * Spreads the tables of tenants over the servers of Citus, all rows of a tenant on one of them: all of it or, when anything fails, nothing.
 * Run again, it places what a later migration has made.
 */
export function distribute(db: Database, { shards, dryRun = false }: { shards: number; dryRun?: boolean }): Promise<DistributionReport> {
  return withSchemaLock(db, async (transaction) => {
    const distribution = await inspectDistribution(db, transaction);
    if (!distribution) throw await noCitus(db, transaction);
    if (distribution.workers === 0)
      throw new AppError('unavailable', 'No server of Citus is there to hold shards.', {
        hint: "Add one: select citus_add_node('host', 5432); or let this one hold them: select citus_set_node_property('host', 5432, 'shouldhaveshards', true);",
      });
    const placed = distribution.tables.filter((table) => !table.placed);
    const keys = await foreignKeys(db, distribution, placed, transaction);
    const report = { distribution, placed, dropped: keys.filter(({ kept }) => !kept).map(({ name }) => name) };
    if (dryRun || placed.length === 0) return report;

    const run = (sql: string): Promise<unknown> => db.sequelize.query(sql, { transaction });
    // Of one transaction the shards of several tables are made one after the other, or they would wait for each other.
    await run(`set local citus.multi_shard_modify_mode to 'sequential'`);
    await run(`set local citus.shard_count to ${shards}`);
    for (const { table, name } of keys) await run(`alter table ${table} drop constraint ${pg.escapeIdentifier(name)}`);
    for (const { table, key } of placed) {
      await run(dropPolicies(table));
      await run(placing(table, key));
    }
    for (const { table, name, definition, kept } of keys)
      if (kept) await run(`alter table ${table} add constraint ${pg.escapeIdentifier(name)} ${definition}`);
    return report;
  });
}

/** Removes what was copied to the shards from where it was: until then the disk holds it twice. */
export async function truncateCopies(db: Database, tables: readonly PlacedTable[]): Promise<void> {
  for (const { table } of tables)
    await db.sequelize.query('select truncate_local_data_after_distributing_table($1::regclass)', {
      bind: [table],
      type: QueryTypes.SELECT,
    });
}

const placing = (table: string, key: string | null): string => {
  const name = `${pg.escapeLiteral(pg.escapeIdentifier(table))}::regclass`;
  if (key === null) return `select create_reference_table(${name})`;
  return `select create_distributed_table(${name}, '${key}', colocate_with => '${table === 'tenants' ? 'none' : 'tenants'}')`;
};

function foreignKeys(
  db: Database,
  { tables }: Distribution,
  placed: readonly PlacedTable[],
  transaction: Transaction,
): Promise<ForeignKey[]> {
  const names = (list: readonly PlacedTable[]): string[] => list.map(({ table }) => table);
  return select<ForeignKey>(db, findForeignKeys, [names(placed), names(tables)], transaction);
}

async function noCitus(db: Database, transaction: Transaction): Promise<AppError> {
  const [facts] = await select<{ available: boolean }>(db, inspectCitus, [], transaction);
  if (facts?.available) {
    const hint = 'As a superuser, in a database of this name on every server of Citus: create extension citus;';
    return new AppError('unavailable', 'Citus is not in this database.', { hint });
  }
  return new AppError('unavailable', 'This database is not on a server with Citus.', { hint: 'See docs/citus.md for what that needs.' });
}

const select = <Row extends object>(db: Database, sql: string, bind: unknown[], transaction?: Transaction): Promise<Row[]> =>
  db.sequelize.query<Row>(sql, { type: QueryTypes.SELECT, ...(bind.length > 0 && { bind }), ...(transaction && { transaction }) });
