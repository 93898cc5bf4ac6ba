import { readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ENGINE } from '../../src/db/embedded/data-dir.js';
import { runSql } from '../../src/db/embedded/engine.js';
import { folderError } from '../../src/db/embedded/folder-error.js';
import { openEmbedded } from '../../src/db/embedded/open-embedded.js';
import { openPglite } from '../../src/db/embedded/pglite-engine.js';
import { packTemplate } from '../../src/db/embedded/template-archive.js';
import { copyTemplate } from '../support/copy-template.js';
import { configOf, emptyFolder, freshFolder, openFolder, quiet, run } from './support/folder.js';

test('several databases of one folder see each other, and say who leads', async () => {
  const folder = await freshFolder();
  const leader = await openFolder(folder);
  const follower = await openFolder(folder);
  await run(leader, 'create table shared (n int)');
  await run(follower, 'insert into shared values (1)');
  expect(await run(leader, 'select n from shared')).toEqual([{ n: 1 }]);
  expect((await leader.describe()).role).toBe('leader');
  const facts = await follower.describe();
  expect(facts.role).toBe('follower');
  expect(facts.processes).toHaveLength(2);
});

test('when the leader closes, a follower leads, and its listeners hear again', async () => {
  const folder = await freshFolder();
  const leader = await openFolder(folder);
  const follower = await openFolder(folder);
  const heard: string[] = [];
  await follower.listen('news', (payload) => heard.push(payload));
  await leader.close();
  expect(await run(follower, 'select 1 as n')).toEqual([{ n: 1 }]);
  expect((await follower.describe()).role).toBe('leader');
  await expect
    .poll(async () => {
      await run(follower, `select pg_notify('news', 'hello')`);
      return heard[0];
    })
    .toBe('hello');
});

test('reads by Sequelize go on after the leader is gone', async () => {
  const folder = await freshFolder();
  const leader = await openFolder(folder);
  const follower = await openFolder(folder);
  await follower.sequelize.query('select 1', { type: 'SELECT' });
  await leader.close();
  expect(await follower.sequelize.query('select 2 as n', { type: 'SELECT' })).toEqual([{ n: 2 }]);
});

test('a crash of the engine ends neither the process nor the data', { timeout: 60_000 }, async () => {
  const folder = await freshFolder();
  const database = await openFolder(folder);
  await run(database, 'create table kept (n int)');
  await run(database, 'insert into kept values (1)');
  const wal = join(folder, 'pgdata', 'pg_wal');
  // The next segment cannot be opened: PostgreSQL panics, which aborts the engine.
  renameSync(wal, `${wal}.away`);
  const panic = run(database, 'select pg_switch_wal(), pg_logical_emit_message(true, $1, $2, true)', ['x', 'y']).catch(
    (error: unknown) => error,
  );
  await expect.poll(() => readdirSync(folder).filter((name) => name.startsWith('.s.'))).toHaveLength(1);
  setTimeout(() => renameSync(`${wal}.away`, wal), 300);
  await panic;
  expect(await run(database, 'select n from kept')).toEqual([{ n: 1 }]);
});

test('nothing is acknowledged in a folder that was removed, and the answer says why', async () => {
  const folder = await freshFolder();
  const database = await openFolder(folder, { durability: 'full' });
  await run(database, 'create table vanished (n int)');
  await run(database, 'insert into vanished values (1)');
  rmSync(folder, { recursive: true });
  const gone = { code: 'unavailable', message: expect.stringContaining('moved or removed'), hint: expect.stringContaining('Put it back') };
  await expect(run(database, 'insert into vanished values (2)')).rejects.toMatchObject(gone);
  await expect(run(database, 'select n from vanished')).rejects.toMatchObject(gone);
});

test('a folder that was moved away and put back is opened again', async () => {
  const folder = await freshFolder();
  const database = await openFolder(folder, { durability: 'full' });
  await run(database, 'create table moved (n int)');
  await database.close();
  const again = await openFolder(folder, { durability: 'full' });
  const follower = await openFolder(folder);
  renameSync(folder, `${folder}.away`);
  await again.close();
  await expect(run(follower, 'insert into moved values (1)')).rejects.toMatchObject({
    message: expect.stringContaining('moved or removed'),
  });
  renameSync(`${folder}.away`, folder);
  await run(follower, 'insert into moved values (2)');
  expect(await run(follower, 'select n from moved')).toEqual([{ n: 2 }]);
});

test('the list of who has the folder open may be impossible to write', async () => {
  const folder = await freshFolder();
  rmSync(join(folder, 'members'), { recursive: true, force: true });
  writeFileSync(join(folder, 'members'), 'no folder');
  const database = await openFolder(folder);
  expect(await database.describe()).toMatchObject({ role: 'leader', processes: [] });
  await database.close();
});

test.each([
  ['ENOSPC', 'the disk is full'],
  ['EROFS', 'it is read-only'],
  ['EMFILE', 'too many files open'],
])('%s while opening is said in words', (code, words) => {
  const error = Object.assign(new Error(`${code}: no`), { code });
  expect(folderError('/memory', error)).toMatchObject({ code: 'unavailable', message: expect.stringContaining(words), cause: error });
});

test('an idle leader closes well within a second and leaves no socket', async () => {
  const folder = await freshFolder();
  const database = await openFolder(folder, { durability: 'full' });
  await run(database, 'select 1');
  const started = Date.now();
  await database.close();
  expect(Date.now() - started).toBeLessThan(1_000);
  expect(readdirSync(folder).filter((name) => name.startsWith('.s.'))).toEqual([]);
  expect(readdirSync(join(folder, 'members'))).toEqual([]);
});

test('a long path to the folder is no obstacle', async () => {
  const outer = await emptyFolder();
  const folder = join(outer, 'a'.repeat(90), 'b'.repeat(90));
  copyTemplate(folder);
  const leader = await openFolder(folder);
  const follower = await openFolder(folder);
  expect(await run(follower, 'select 1 as n')).toEqual([{ n: 1 }]);
  const { details } = await leader.describe();
  expect(Buffer.byteLength(String(details.socket))).toBeLessThan(104);
  expect(statSync(join(String(details.socket), '..')).mode & 0o077).toBe(0);
});

test('with full durability every commit forces the log to the disk, and with fast none does', async () => {
  for (const durability of ['full', 'fast'] as const) {
    const engine = await openPglite(join(await freshFolder(), 'pgdata'), durability);
    runSql(engine, 'create table synced (n int)');
    const before = engine.syncs();
    for (let n = 0; n < 25; n += 1) runSql(engine, `insert into synced values (${n})`);
    const syncs = engine.syncs() - before;
    await engine.close();
    if (durability === 'full') expect(syncs).toBeGreaterThanOrEqual(25);
    else expect(syncs).toBe(0);
  }
});

test('files of another PostgreSQL major are refused by name', async () => {
  const folder = await freshFolder();
  writeFileSync(join(folder, 'pgdata', 'PG_VERSION'), '17\n');
  await expect(openFolder(folder)).rejects.toMatchObject({ code: 'unavailable', message: expect.stringContaining('PostgreSQL 17') });
});

test('a first start takes the template when it fits, and initdb when it does not', { timeout: 60_000 }, async () => {
  const source = await freshFolder();
  const template = join(source, 'template.tar.gz');
  const open = async (): Promise<{ tables: number; version: unknown }> => {
    const folder = await emptyFolder();
    const database = await openEmbedded(configOf(folder, { durability: 'full' }), quiet, template);
    const [row] = await run<{ tables: number }>(database, `select count(*)::int as tables from pg_tables where schemaname = 'public'`);
    await database.close();
    expect(readdirSync(folder).filter((name) => name.endsWith('.draft'))).toEqual([]);
    return { tables: row!.tables, version: JSON.parse(readFileSync(join(folder, 'VERSION.json'), 'utf8')) };
  };
  await packTemplate(join(source, 'pgdata'), template, { engine: ENGINE, migrations: [] });
  const filled = await open();
  expect(filled.tables).toBeGreaterThan(10);
  expect(filled.version).toMatchObject({ postgres: 18 });
  await packTemplate(join(source, 'pgdata'), template, { engine: ENGINE, migrations: ['9999-from-the-future'] });
  expect((await open()).tables).toBe(0);
});
