import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { runSql } from '../../src/db/embedded/engine.js';
import { Maintenance } from '../../src/db/embedded/maintenance.js';
import { Multiplexer } from '../../src/db/embedded/multiplexer.js';
import { openPglite } from '../../src/db/embedded/pglite-engine.js';
import { socketTo } from '../../src/db/embedded/socket-path.js';
import { freshFolder } from './support/folder.js';

/** An engine that is looked after, as a client and from inside. */
async function openCared() {
  const pgData = join(await freshFolder(), 'pgdata');
  const socket = join(pgData, '..', 'socket');
  const engine = await openPglite(pgData, 'fast');
  const multiplexer = new Multiplexer();
  multiplexer.open(engine);
  await multiplexer.listen(socket);
  const maintenance = new Maintenance(multiplexer);
  const client = new pg.Client({ user: 'postgres', database: 'postgres', stream: () => socketTo(() => socket) });
  await client.connect();
  onTestFinished(async () => {
    maintenance.stop();
    await client.end();
    multiplexer.stop();
    await engine.close();
  });
  return { pgData, engine, maintenance, client };
}

test('dead rows and growing WAL are looked after', async () => {
  const { engine, maintenance } = await openCared();
  maintenance.stop();
  const pages = (): number => Number(runSql(engine, `select pg_relation_size('churned') / 8192`)[0]![0]);
  const walBytes = (): number =>
    Number(runSql(engine, 'select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), redo_lsn) from pg_control_checkpoint()')[0]![0]);
  runSql(engine, `create table churned as select n, repeat('x', 500) as text from generate_series(1, 5000) n`);
  for (let round = 0; round < 6; round += 1) {
    runSql(engine, 'update churned set n = n + 1');
    for (let look = 0; look < 40; look += 1) maintenance.look(0);
  }
  const kept = pages();
  for (let round = 0; round < 6; round += 1) runSql(engine, 'update churned set n = n + 1');
  const grown = pages();
  expect(kept * 2).toBeLessThan(grown);
  expect(walBytes()).toBeGreaterThan(32 * 1024 * 1024);
  // Never idle for so long: a checkpoint must come all the same.
  maintenance.look(Number.POSITIVE_INFINITY);
  expect(walBytes()).toBeLessThan(1024 * 1024);
});

test('what waits beside an index is merged soon after the writing ended', async () => {
  const { pgData, engine, maintenance, client } = await openCared();
  const insert = `insert into said select array[n % 200, n % 7] from generate_series(1, 2000) n`;
  const create = 'create table said (words int[]); create index said_idx on said using gin (words)';
  const waits = (): boolean => {
    runSql(engine, 'checkpoint');
    const file = runSql(engine, `select pg_relation_filepath('said_idx')`)[0]![0]!;
    // The first field of the meta page of a GIN index: the first page of its list, or none.
    return readFileSync(join(pgData, file)).readUInt32LE(24) !== 0xffff_ffff;
  };
  await client.query(create);
  await client.query(insert);
  expect(waits()).toBe(true);
  // Each look writes to the log itself, so it must not come too often.
  await expect.poll(waits, { interval: 400, timeout: 10_000 }).toBe(false);
  maintenance.stop();
  await client.query(insert);
  expect(waits()).toBe(true);
});

test('a table that was filled is analyzed soon after', async () => {
  const { client } = await openCared();
  await client.query('create table filled as select n from generate_series(1, 20000) n');
  const pages = async (): Promise<number> =>
    (await client.query<{ relpages: number }>(`select relpages from pg_class where relname = 'filled'`)).rows[0]!.relpages;
  await expect.poll(pages).toBeGreaterThan(50);
});
