import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import type { Store } from '../../src/repository/store.js';
import { EmbeddingQueue } from '../../src/repository/vectors/embedding-queue.js';
import type { VectorSpace } from '../../src/repository/vectors/vectors.js';
import { describeEngines } from '../support/engines.js';
import { storeFor } from '../support/store.js';

const space: VectorSpace = { provider: 'client', model: "o'model", dimensions: 2 };
const at = (degrees: number): number[] => [3 * Math.cos((degrees * Math.PI) / 180), 3 * Math.sin((degrees * Math.PI) / 180)];
const query = { values: [1, 0], space };
/** Degrees that a hundred of many vectors take up. */
const STEP = 3;

describeEngines('vectors', (engine) => {
  const save = async (store: Store, angles: number[], more: object = {}) => {
    const messages = angles.map((degrees) => ({
      role: 'user' as const,
      content: `at ${degrees}`,
      embedding: { model: space.model, values: at(degrees) },
    }));
    return (await store.turns.save({ messages, ...more })).messages.map(({ id }) => id);
  };

  it('are compared with a query whatever their length', async () => {
    const store = await storeFor(engine.db, { tenantId: await engine.freshTenant() });
    const [near, far, opposite] = await save(store, [10, 60, 180]);
    const cosines = await store.vectors.cosines('message', [near!, opposite!, randomUUID()], query);
    expect([...cosines.keys()].sort()).toEqual([near, opposite].sort());
    expect(cosines.get(near!)).toBeCloseTo(Math.cos(Math.PI / 18), 5);
    expect(cosines.get(opposite!)).toBeCloseTo(-1, 5);
    const nearest = await store.vectors.nearest('message', query, 2);
    expect(nearest.map(({ id }) => id)).toEqual([near, far]);
    expect(nearest[1]!.cosine).toBeCloseTo(0.5, 5);
    for (const other of [{ model: 'other' }, { provider: 'api' }, { dimensions: 3 }]) {
      const elsewhere = { values: other.dimensions ? [1, 0, 0] : [1, 0], space: { ...space, ...other } };
      expect(await store.vectors.nearest('message', elsewhere, 5)).toEqual([]);
      expect((await store.vectors.cosines('message', [near!], elsewhere)).size).toBe(0);
    }
  });

  it('are found past any number that are deleted, and never those', async () => {
    const store = await storeFor(engine.db, { tenantId: await engine.freshTenant() });
    const ids = await save(store, [1, 2, 3, 4, 5, 6, 50, 51]);
    for (const id of ids.slice(0, 6)) await store.messages.softDelete(id);
    expect((await store.vectors.nearest('message', query, 2)).map(({ id }) => id)).toEqual(ids.slice(6));
    expect((await store.vectors.nearest('message', query, 10)).map(({ id }) => id)).toEqual(ids.slice(6));
    for (const id of ids.slice(6)) await store.messages.softDelete(id);
    expect(await store.vectors.nearest('message', query, 2)).toEqual([]);
  });

  it('are found by conversation, user, role and time, and by their metadata', async () => {
    const tenantId = await engine.freshTenant();
    const store = await storeFor(engine.db, { tenantId });
    const [mine] = await save(store, [1], { user: 'ann' });
    const [others] = await save(store, [2], { user: 'bob' });
    const { conversationId } = await store.messages.get(mine!);
    const found = async (filter: object, by = store) => (await by.vectors.nearest('message', query, 5, filter)).map(({ id }) => id);
    expect(await found({})).toEqual([mine, others]);
    expect(await found({ conversationId })).toEqual([mine]);
    expect(await found({ user: 'bob' })).toEqual([others]);
    expect(await found({ roles: ['assistant'] })).toEqual([]);
    expect(await found({ roles: ['user'], before: new Date(0) })).toEqual([]);
    expect(await found({ after: new Date(0) })).toEqual([mine, others]);
    expect(await found({ metadata: { a: 1 } })).toEqual([]);
    const ann = await storeFor(engine.db, { tenantId, user: 'ann' });
    expect(await found({}, ann)).toEqual([mine]);
    expect(await found({ conversationId }, await storeFor(engine.db, { tenantId, user: 'bob' }))).toEqual([]);
    await expect(found({ user: 'bob' }, ann)).rejects.toThrow(/one user only/);
    expect(await found({}, await storeFor(engine.db, { tenantId: await engine.freshTenant() }))).toEqual([]);
  });

  it('of memories and nodes are compared too', async () => {
    const tenantId = await engine.freshTenant();
    const store = await storeFor(engine.db, { tenantId });
    const { EpisodicMemory, MemoryGraphNode, MemoryVector } = engine.models;
    const { id: memory } = await EpisodicMemory.create({ tenantId, content: 'x', contentHash: 'x' });
    const { id: deleted } = await EpisodicMemory.create({ tenantId, content: 'y', contentHash: 'y', deletedAt: new Date() });
    const { id: node } = await MemoryGraphNode.create({ tenantId, key: 'k' });
    for (const [subjectType, subjectId] of [
      ['memory', memory],
      ['memory', deleted],
      ['node', node],
    ] as const)
      await MemoryVector.create({ tenantId, subjectType, subjectId, ...space, embedding: at(60) });
    expect(await store.vectors.nearest('memory', query, 5)).toMatchObject([{ id: memory, cosine: expect.closeTo(0.5, 4) }]);
    expect(await store.vectors.nearest('node', query, 5)).toMatchObject([{ id: node }]);
    expect(await store.vectors.nearest('memory', query, 5, { user: 'nobody' })).toEqual([]);
    expect((await store.vectors.cosines('node', [memory, node], query)).size).toBe(1);
    expect(await (await storeFor(engine.db, { tenantId, user: 'ann' })).vectors.nearest('memory', query, 5)).toEqual([]);
  });

  it('are found by an index once there are many, where pgvector is there, with the same answers', async () => {
    const tenantId = await engine.freshTenant();
    const store = await storeFor(engine.db, { tenantId });
    const other = await storeFor(engine.db, { tenantId: await engine.freshTenant() });
    const own = { provider: 'client', model: 'many', dimensions: 2 };
    const saveMany = async (by: Store, from: number, count: number, more: object = {}) => {
      const angles = Array.from({ length: count }, (_, index) => from + (index * STEP) / 100);
      const messages = angles.map((degrees) => ({
        role: 'user' as const,
        content: `${degrees}`,
        embedding: { model: own.model, values: at(degrees) },
      }));
      return (await by.turns.save({ messages, ...more })).messages.map(({ id }) => id);
    };
    const ids: string[] = [];
    // Fewer are compared one by one, index or not, once the database knows how few they are.
    // A server makes an index of five thousand, the embedded engine earlier.
    const parts = engine.db.capabilities.vector && engine.db.capabilities.concurrentTransactions ? 51 : 19;
    for (let part = 0; part < parts; part += 1) ids.push(...(await saveMany(store, 20 + part * STEP, 100)));
    // Nearer than anything else, and somebody else's.
    await saveMany(other, 0, 60);
    const [rare] = await saveMany(store, 179, 1, { user: 'rare' });

    const nearest = async (filter: object = {}, by?: Store) =>
      (await (by ?? (await storeFor(engine.db, { tenantId }))).vectors.nearest('message', { values: [1, 0], space: own }, 10, filter)).map(
        ({ id }) => id,
      );
    const before = await nearest();
    expect(before).toEqual(ids.slice(0, 10));
    await new EmbeddingQueue(engine.db, tenantId).ensureIndexes(own);
    const scans = async () => {
      const [rows] = await engine.db.sequelize.query(
        `select pg_stat_force_next_flush(), c.relname, pg_stat_get_numscans(c.oid)::int as scans from pg_class c where c.relname like 'message_vectors_hnsw_%'`,
      );
      return rows as { scans: number }[];
    };
    expect(await scans()).toHaveLength(engine.db.capabilities.vector ? 1 : 0);
    expect(await nearest()).toEqual(before);
    expect(await nearest({ user: 'rare' })).toEqual([rare]);
    for (const id of ids.slice(0, 5)) await store.messages.softDelete(id);
    expect(await nearest()).toEqual(ids.slice(5, 15));
    if (engine.db.capabilities.vector) await expect.poll(async () => (await scans())[0]!.scans).toBeGreaterThan(0);
  });
});
