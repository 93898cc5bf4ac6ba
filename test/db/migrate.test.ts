import { readdirSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { migrations } from '../../migrations/index.js';
import type { Migration } from '../../migrations/migration.js';
import { assertSchema, migrateDown, migrateUp, migrationStatus, prepareSchema } from '../../src/db/migrate.js';
import { openDatabase } from '../../src/db/open.js';
import { createLog } from '../../src/log.js';
import { VERSION } from '../../src/version.js';
import { readCatalog } from '../support/catalog.js';
import { describeEngines } from '../support/engines.js';
import { MigratingProcess } from '../support/migrating-process.js';

const ALL = migrations.map(({ name }) => name);
const FIRST = ALL[0]!;
const LAST = ALL.at(-1)!;

const future: Migration = {
  name: '9999-future',
  up: (sql) => sql('create table futures (id integer not null, constraint futures_pk primary key (id))'),
  down: (sql) => sql('drop table futures'),
};
const broken: Migration = {
  name: '9999-broken',
  async up(sql) {
    await sql('create table halves (id integer not null)');
    await sql('select no_such_function()');
  },
  async down() {},
};

describe('the list of migrations', () => {
  it('names every file, in order', () => {
    const files = readdirSync(new URL('../../migrations', import.meta.url)).filter((name) => /^\d{4}-/.test(name));
    expect(ALL).toEqual(files.map((name) => name.replace(/\.ts$/, '')).sort());
  });
});

describeEngines('migrating', (engine) => {
  beforeEach(async () => {
    await migrateUp(engine.db);
  });

  it('goes up to a migration and down to one, by full name or number', async () => {
    const { db } = engine;
    expect(await migrateDown(db, { to: '0003' })).toEqual(ALL.slice(2).reverse());
    expect(await migrationStatus(db)).toEqual({ applied: ALL.slice(0, 2), pending: ALL.slice(2), unknown: [] });
    expect(await migrateUp(db, { to: ALL[3]! })).toEqual(ALL.slice(2, 4));
    expect(await migrateUp(db, { to: ALL[2]! })).toEqual([]);
    expect(await migrateUp(db)).toEqual(ALL.slice(4));
    expect(await migrateUp(db)).toEqual([]);
    expect(await migrateDown(db, { steps: 2 })).toEqual(ALL.slice(-2).reverse());
    expect(await migrateUp(db)).toEqual(ALL.slice(-2));
    expect(() => migrateUp(db, { to: '0' })).toThrow(/There is no migration "0"/);
  });

  it('is asked for where it may not happen by itself, and happens by itself where it may', async () => {
    const { db } = engine;
    await migrateDown(db);
    for (const refuse of [prepareSchema(db, { autoMigrate: false }), assertSchema(db)]) {
      await expect(refuse).rejects.toMatchObject({
        code: 'unavailable',
        message: expect.stringContaining(LAST),
        hint: expect.stringContaining('migrate up'),
      });
    }
    expect((await migrationStatus(db)).pending).toEqual([LAST]);
    await prepareSchema(db, { autoMigrate: true });
    await assertSchema(db);
  });

  it('starts from nothing, the ledger too', async () => {
    const { db } = engine;
    await migrateDown(db, { to: FIRST });
    await db.sequelize.query('drop table schema_migrations');
    expect(await migrationStatus(db)).toEqual({ applied: [], pending: ALL, unknown: [] });
    await prepareSchema(db, { autoMigrate: true });
    expect(await migrationStatus(db)).toEqual({ applied: ALL, pending: [], unknown: [] });
  });

  it('refuses a newer schema, says both versions and touches nothing', async () => {
    const { db } = engine;
    await migrateUp(db, {}, [...migrations, future]);
    const before = await readCatalog(db);
    const attempts = [() => prepareSchema(db, { autoMigrate: true }), () => assertSchema(db), () => migrateUp(db), () => migrateDown(db)];
    for (const attempt of attempts) {
      await expect(attempt()).rejects.toMatchObject({
        code: 'unavailable',
        message: expect.stringMatching(new RegExp(`9999-future.*${VERSION}.*${VERSION}.*${LAST}`)),
        hint: expect.stringContaining('Update'),
      });
    }
    expect(await readCatalog(db)).toEqual(before);
    expect((await migrationStatus(db)).unknown).toEqual(['9999-future']);
    expect(await migrateDown(db, {}, [...migrations, future])).toEqual(['9999-future']);
    await assertSchema(db);
  });

  it('that fails half-way leaves everything as it was', async () => {
    const { db } = engine;
    await migrateDown(db, { steps: 2 });
    const before = await readCatalog(db);
    await expect(migrateUp(db, {}, [...migrations, broken])).rejects.toMatchObject({
      code: 'internal',
      message: 'Migration 9999-broken (up) failed; the schema is as it was before.',
    });
    expect(await readCatalog(db)).toEqual(before);
    expect((await migrationStatus(db)).applied).toEqual(ALL.slice(0, -2));
    await migrateUp(db);
  });

  it('in two processes at once applies each migration once', async () => {
    await migrateDown(engine.db, { to: FIRST });
    const processes = await Promise.all([MigratingProcess.start(engine.config), MigratingProcess.start(engine.config)]);
    const applied = await Promise.all(processes.map((each) => each.migrate()));
    expect(applied.flat()).toEqual(ALL);
    expect(applied.map((names) => names.length).sort()).toEqual([0, ALL.length]);
    await assertSchema(engine.db);
  });

  it('reads one table when there is nothing to do', async () => {
    const statements: string[] = [];
    engine.db.sequelize.addHook('afterQuery', 'count', (_, query) => void statements.push((query as unknown as { sql: string }).sql));
    await prepareSchema(engine.db, { autoMigrate: true });
    engine.db.sequelize.removeHook('afterQuery', 'count');
    expect(statements).toEqual([expect.stringContaining('from schema_migrations')]);
  });

  it.skipIf(engine.name === 'embedded')('works for a role that may not make extensions, with plain indexes', async () => {
    const { db, config } = engine;
    await migrateDown(db, { to: FIRST });
    const role = `modest_${process.pid}`;
    for (const statement of [
      'drop extension btree_gin',
      'drop table schema_migrations',
      `create role ${role} login password 'modest'`,
      `grant usage, create on schema public to ${role}`,
    ]) {
      await db.sequelize.query(statement);
    }
    const url = Object.assign(new URL(config.url!), { username: role, password: 'modest' }).href;
    const modest = await openDatabase({ ...config, url }, createLog('error'));
    try {
      expect(await migrateUp(modest)).toEqual(ALL);
      const { indexes } = await readCatalog(modest);
      expect(indexes.find(({ name }) => name === 'messages_search_idx')?.definition).toContain('USING gin (search)');
    } finally {
      await migrateDown(modest, { to: FIRST });
      await modest.close();
      for (const statement of [`drop owned by ${role}`, `drop role ${role}`]) await db.sequelize.query(statement);
    }
    await migrateUp(db);
    expect((await readCatalog(db)).indexes.find(({ name }) => name === 'messages_search_idx')?.definition).toContain('(tenant_id, search)');
  });
});
