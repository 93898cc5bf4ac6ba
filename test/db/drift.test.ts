import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AbstractDataType, Model, ModelStatic } from 'sequelize';
import { beforeAll, expect, it } from 'vitest';
import { migrations } from '../../migrations/index.js';
import { migrateDown, migrateUp } from '../../src/db/migrate.js';
import { PACKAGE_FOLDER } from '../../src/version.js';
import { type Catalog, type Constraint, readCatalog, tablesOf } from '../support/catalog.js';
import { describeEngines } from '../support/engines.js';

const NOT_OF_A_TENANT = ['tenants', 'jobs', 'job_runs', 'oauth_clients'];

describeEngines('the migrated schema', (engine) => {
  let catalog: Catalog;
  beforeAll(async () => {
    catalog = await readCatalog(engine.db);
  });
  const ofTenants = <T extends { table: string }>(list: readonly T[]): T[] => list.filter(({ table }) => !NOT_OF_A_TENANT.includes(table));
  const tenantTables = () => tablesOf(catalog).filter((table) => !NOT_OF_A_TENANT.includes(table));
  const keyOf = (table: string): Constraint => catalog.constraints.find((each) => each.table === table && each.kind === 'p')!;

  it('has a model for each table, with the same columns, types, null-ness and key', () => {
    const models = Object.values<ModelStatic<Model>>(engine.models);
    expect(models.map((model) => model.getTableName()).sort()).toEqual(tablesOf(catalog).sort());

    for (const model of models) {
      const table = model.getTableName() as string;
      const attributes = Object.values(model.rawAttributes);
      const described = attributes.map(({ field, type, allowNull, primaryKey }) => ({
        name: field!,
        type: (type as AbstractDataType).toSql().toLowerCase(),
        nullable: allowNull !== false && !primaryKey,
      }));
      const real = catalog.columns.filter((column) => column.table === table).map(({ name, type, nullable }) => ({ name, type, nullable }));
      const byName = (a: { name: string }, b: { name: string }) => a.name.localeCompare(b.name);
      expect(described.sort(byName), table).toEqual(real.sort(byName));
      const key = attributes.filter(({ primaryKey }) => primaryKey).map(({ field }) => field);
      expect(key, table).toEqual(keyOf(table).columns);
    }
  });

  it('reads back what the models declare', async () => {
    const tenantId = await engine.freshTenant();
    const { Conversation, Message, MessageEvent, MessageVector, MessageAsset } = engine.models;
    const { id: conversationId } = await Conversation.create({ tenantId, outputTokens: '9007199254740993' });
    const values = { tenantId, conversationId, seq: 1, turn: 1, role: 'user', text: 'héllo "w\\orld', content: 'héllo "w\\orld' } as const;
    const { id: messageId } = await Message.create({ ...values, toolCalls: [{ name: 'x' }] });
    await MessageEvent.create({ tenantId, conversationId, messageId, type: 'created' });
    const embedding = [0.5, -0.25, 1e-3];
    await MessageVector.create({ tenantId, conversationId, messageId, provider: 'p', model: 'm', dimensions: 3, embedding });
    await MessageAsset.create({ tenantId, conversationId, messageId, name: 'a', mimeType: 'x/y', bytes: Buffer.from([0, 255]) });

    const where = { tenantId };
    const conversation = await Conversation.findOne({ where, rejectOnEmpty: true });
    expect(conversation).toMatchObject({ inputTokens: '0', outputTokens: '9007199254740993', lastSeq: 0, currentGoal: null, metadata: {} });
    expect(conversation.startedAt).toBeInstanceOf(Date);
    const message = await Message.findOne({ where, rejectOnEmpty: true });
    expect(message).toMatchObject({ ...values, toolCalls: [{ name: 'x' }], toolResults: null, inputTokens: null });
    expect(message.toJSON()).not.toHaveProperty('search');
    const event = await MessageEvent.findOne({ where, rejectOnEmpty: true });
    expect([event.eventSeq, event.xactId]).toEqual([expect.stringMatching(/^\d+$/), expect.stringMatching(/^\d+$/)]);
    const vector = await MessageVector.findOne({ where, rejectOnEmpty: true });
    expect(vector.embedding).toEqual([0.5, -0.25, expect.closeTo(1e-3)]);
    expect((await MessageAsset.findOne({ where, rejectOnEmpty: true })).bytes).toEqual(Buffer.from([0, 255]));
  });

  it('puts the tenant first in every key of a tenant-owned table', () => {
    const firstOf = (table: string) => catalog.columns.find((column) => column.table === table)?.name;
    expect(tenantTables().filter((table) => firstOf(table) !== 'tenant_id' || keyOf(table).columns[0] !== 'tenant_id')).toEqual([]);
    expect(ofTenants(catalog.indexes).filter(({ unique, first }) => unique && first !== 'tenant_id')).toEqual([]);
  });

  it('lets no row point into another tenant', () => {
    const references = ofTenants(catalog.constraints).filter(({ kind }) => kind === 'f');
    for (const { name, columns, references: target, referenced } of references) {
      if (target === 'tenants') expect([name, columns, referenced]).toEqual([name, ['tenant_id'], ['id']]);
      // Reference tables hold nobody's data, and Citus keeps a copy of them beside every tenant.
      else if (NOT_OF_A_TENANT.includes(target!)) expect([name, referenced]).toEqual([name, ['id']]);
      else expect([name, columns[0], referenced]).toEqual([name, 'tenant_id', ['tenant_id', 'id']]);
    }
    const tied = references.filter(({ references: target }) => target === 'tenants').map(({ table }) => table);
    expect(tied.sort()).toEqual(tenantTables().sort());
  });

  it('deletes by cascade or not at all, and everything with its tenant', () => {
    const references = catalog.constraints.filter(({ kind }) => kind === 'f');
    expect(references.filter(({ onDelete }) => onDelete !== 'c' && onDelete !== 'a')).toEqual([]);
    expect(references.filter(({ references: target, onDelete }) => target === 'tenants' && onDelete !== 'c')).toEqual([]);
  });

  it('has an index that finds the rows behind every foreign key, so that a delete never reads a whole table', () => {
    const finds = ({ table, columns }: Constraint) =>
      catalog.indexes.some(({ table: on, definition }) => on === table && definition.includes(`USING btree (${columns.join(', ')}`));
    expect(catalog.constraints.filter((each) => each.kind === 'f' && !finds(each)).map(({ name }) => name)).toEqual([]);
  });

  it('has the indexes that statements say they are answered by', () => {
    const folder = join(PACKAGE_FOLDER, 'src/repository/sql');
    const there = new Set(catalog.indexes.map(({ name }) => name));
    const named = readdirSync(folder).flatMap((file) =>
      [...readFileSync(join(folder, file), 'utf8').matchAll(/`([a-z_]+_(?:idx|key|pk))`/g)].map(([, index]) => ({ file, index: index! })),
    );
    expect(named.length).toBeGreaterThan(50);
    expect(named.filter(({ index }) => !there.has(index))).toEqual([]);
  });

  it('names constraints and indexes after their table, columns and kind', () => {
    const kinds = { p: 'pk', u: 'key', f: 'fk', c: 'check' };
    const named = (table: string, name: string, kind: string) =>
      name.startsWith(`${table}_`) && name.endsWith(`_${kind}`) && name.length < 64;
    expect(catalog.constraints.filter(({ table, name, kind }) => !named(table, name, kinds[kind]))).toEqual([]);
    const isNamed = ({ table, name, unique }: Catalog['indexes'][number]) =>
      unique ? named(table, name, 'key') || named(table, name, 'pk') : named(table, name, 'idx');
    expect(catalog.indexes.filter((index) => !isNamed(index))).toEqual([]);
    for (const { table, name, columns } of catalog.constraints.filter(({ kind }) => kind === 'f')) {
      expect(name).toBe(`${table}_${columns.filter((column) => column !== 'tenant_id').join('_') || 'tenant_id'}_fk`);
    }
  });

  it('gives every row its times, also one written by hand', () => {
    // Logs have the time of what they tell of, statistics none that a row written by hand could want.
    const untimed = [
      'message_events',
      'memory_graph_changes',
      'job_runs',
      'corpus_changes',
      'corpus_terms',
      'corpus_totals',
      'message_days',
    ];
    const timed = tablesOf(catalog).filter((table) => !untimed.includes(table));
    const missing = timed.filter((table) => {
      const times = catalog.columns.filter((column) => column.table === table && /^(created|updated)_at$/.test(column.name));
      return times.length !== 2 || times.some(({ nullable, default: value }) => nullable || value !== 'now()');
    });
    expect(missing).toEqual([]);
  });

  it('searches within the tenant where btree_gin is there', () => {
    const search = catalog.indexes.filter(({ definition }) => definition.includes('USING gin'));
    expect(search.map(({ name }) => name)).toContain('messages_search_idx');
    expect(search.filter(({ definition }) => !/tenant_id/.test(definition))).toEqual([]);
  });

  // Last: it takes the tables away and brings them back.
  it('is the same after each migration was taken back and applied again', async () => {
    const levels = [catalog];
    for (const { name } of migrations.toReversed()) {
      expect(await migrateDown(engine.db)).toEqual([name]);
      levels.unshift(await readCatalog(engine.db));
    }
    expect(tablesOf(levels[0]!)).toEqual([]);
    for (const [index, { name }] of migrations.entries()) {
      expect(await migrateUp(engine.db, { to: name })).toEqual([name]);
      expect(await readCatalog(engine.db), name).toEqual(levels[index + 1]);
    }
  });
});
