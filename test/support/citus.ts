import pg from 'pg';
import { distribute } from '../../src/db/distribution.js';
import { openDatabase } from '../../src/db/open.js';
import { createLog } from '../../src/log.js';

/** The servers with shards of a Citus cluster, whose coordinator RECOLLECT_TEST_DATABASE_URL names: then the tests run on it. */
export const citusWorkers = (): string[] => (process.env.RECOLLECT_TEST_CITUS_WORKERS ?? '').split(',').filter((url) => url !== '');

/** Makes a cluster of databases of one name, which are there and empty. */
export async function joinCluster(coordinator: string, workers: readonly string[]): Promise<void> {
  for (const url of [coordinator, ...workers]) await ask(url, ['create extension citus']);
  const { hostname, port } = new URL(coordinator);
  await ask(coordinator, [
    `select citus_set_coordinator_host('${hostname}', ${port})`,
    ...workers.map((worker) => `select citus_add_node('${new URL(worker).hostname}', ${new URL(worker).port})`),
  ]);
}

/** Spreads the tables of a migrated database over the cluster. */
export async function spread(url: string): Promise<void> {
  const db = await openDatabase({ url, dataDir: '.', durability: 'fast', logSql: false, poolMax: 2 }, createLog('error'));
  try {
    await distribute(db, { shards: 4 });
  } finally {
    await db.close();
  }
}

/** Nobody but who copies it may have a template open, and Citus would. */
export async function close(servers: readonly string[], name: string): Promise<void> {
  for (const url of servers)
    await ask(url, [
      `alter database ${name} allow_connections false`,
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`,
    ]);
}

async function ask(url: string, statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}
