import { expect, it } from 'vitest';
import { ChangeSource } from '../../src/repository/change-source.js';
import type { Store } from '../../src/repository/store.js';
import { agentFor } from '../support/agent.js';
import { describeEngines } from '../support/engines.js';
import { storeFor } from '../support/store.js';

const URI = 'memory://knowledge-graph';
const entity = (name: string) => ({ name, entityType: 'note', observations: [`about ${name}`] });
const link = { from: 'A', to: 'B', relationType: 'knows' };

function signal() {
  let give: () => void = () => {};
  const given = new Promise<void>((resolve) => {
    give = resolve;
  });
  return { given, give: () => give() };
}

describeEngines('changes of the knowledge graph', (engine) => {
  /** Tells after each write whether the graph of `who` was marked as changed by it. */
  async function watch(who: Store) {
    const source = new ChangeSource(engine.db);
    const { topic } = who.knowledgeGraph;
    const { tenantId } = who.principal;
    let { mark } = await source.changedSince(tenantId, null, [topic]);
    return async (write: () => Promise<unknown>): Promise<boolean> => {
      await write();
      const after = await source.changedSince(tenantId, mark, [topic]);
      mark = after.mark;
      return after.changed.length === 1;
    };
  }

  it('are marked by every write that changes it, and by no other', async () => {
    const tenantId = await engine.freshTenant();
    const [store, ann, stranger] = await Promise.all([
      storeFor(engine.db, { tenantId }),
      storeFor(engine.db, { tenantId, user: 'ann' }),
      storeFor(engine.db, { tenantId: await engine.freshTenant() }),
    ]);
    const changes = await watch(store);
    const { knowledgeGraph: kg, graph } = store;
    expect(await changes(() => kg.createEntities([entity('A'), entity('B')]))).toBe(true);
    expect(await changes(() => kg.createEntities([entity('A')]))).toBe(false);
    expect(await changes(() => kg.addObservations([{ entityName: 'A', contents: ['more'] }]))).toBe(true);
    expect(await changes(() => kg.addObservations([{ entityName: 'A', contents: ['more'] }]))).toBe(false);
    expect(await changes(() => kg.createRelations([link]))).toBe(true);
    expect(await changes(() => kg.createRelations([link]))).toBe(false);
    expect(await changes(() => graph.upsert({ nodes: [{ key: 'A', properties: { colour: 'red' } }] }))).toBe(true);
    expect(await changes(() => graph.upsert({ edges: [{ source: 'A', target: 'C', type: 'to', weight: 2 }] }))).toBe(true);
    expect(await changes(() => kg.deleteRelations([link]))).toBe(true);
    expect(await changes(() => kg.deleteRelations([link]))).toBe(false);
    expect(await changes(() => kg.deleteObservations([{ entityName: 'A', observations: ['more'] }]))).toBe(true);
    expect(await changes(() => kg.deleteObservations([{ entityName: 'A', observations: ['never'] }]))).toBe(false);
    expect(await changes(() => kg.deleteEntities(['B']))).toBe(true);
    expect(await changes(() => kg.deleteEntities(['nobody']))).toBe(false);
    expect(await changes(() => kg.createEntities([entity('B')]))).toBe(true);
    expect(await changes(() => graph.upsert({ graph: 'other', nodes: [{ key: 'A' }] }))).toBe(false);
    expect(await changes(() => ann.knowledgeGraph.createEntities([entity('A')]))).toBe(false);
    expect(await changes(() => stranger.knowledgeGraph.createEntities([entity('A')]))).toBe(false);
    const rows = await engine.models.MemoryGraphChange.count({ where: { tenantId, graph: 'main' } });
    expect(rows).toBe(2);
  });

  it('are not missed when a transaction that began earlier ends later', async ({ skip }) => {
    skip(!engine.db.capabilities.concurrentTransactions, 'one transaction at a time');
    const store = await storeFor(engine.db, { tenantId: await engine.freshTenant() });
    const changes = await watch(store);
    const [entered, released] = [signal(), signal()];
    const slow = store.transaction(async (inside) => {
      await inside.knowledgeGraph.createEntities([entity('slow')]);
      entered.give();
      await released.given;
    });
    await entered.given;
    expect(await changes(() => store.knowledgeGraph.createEntities([entity('quick')]))).toBe(true);
    expect(
      await changes(() => {
        released.give();
        return slow;
      }),
    ).toBe(true);
  });

  it('reach a subscriber, whoever writes, until it leaves', async () => {
    const tenantId = await engine.freshTenant();
    await using reader = await agentFor(engine, { tenantId });
    await using writer = await agentFor(engine, { tenantId });
    const updates: string[] = [];
    let told: () => void = () => {};
    reader.client.fallbackNotificationHandler = async ({ method, params }) => {
      if (method !== 'notifications/resources/updated') return;
      updates.push(String(params?.uri));
      told();
    };
    await reader.client.subscribeResource({ uri: URI });
    for (const name of ['first', 'second']) {
      const next = new Promise<void>((resolve) => {
        told = resolve;
      });
      await writer.call('create_entities', { entities: [entity(name)] });
      await next;
    }
    await reader.client.unsubscribeResource({ uri: URI });
    const count = updates.length;
    expect(new Set(updates)).toEqual(new Set([URI]));

    // Another subscriber is told of the next write; by then the first one would have been told too.
    const second = new Promise<void>((resolve) => {
      writer.client.fallbackNotificationHandler = async () => resolve();
    });
    await writer.client.subscribeResource({ uri: URI });
    await writer.call('create_entities', { entities: [entity('third')] });
    await second;
    expect(updates).toHaveLength(count);
  });
});
