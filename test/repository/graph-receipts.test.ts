import { expect, test } from 'vitest';
import type { Store } from '../../src/repository/store.js';
import { behindProxy } from '../db/support/cut-connection.js';
import { describeEngines } from '../support/engines.js';
import { storeFor } from '../support/store.js';

const SAID = { key: 'Ann', text: 'likes tea' };
const LINK = { source: 'Ann', target: 'Bob', type: 'knows' };

const removals = [
  ['delete_graph_nodes', (store: Store) => store.graph.deleteNodes(['Ann', 'Nobody']), { keys: ['Ann'], observations: 1, edges: 1 }],
  ['delete_graph_observations', (store: Store) => store.graph.deleteObservations([SAID]), [SAID]],
  ['delete_graph_edges', (store: Store) => store.graph.deleteEdges([LINK]), [LINK]],
] as const;
const cuts = ['the answer of the statement', 'before commit arrives', 'after commit was answered'] as const;

describeEngines('the receipt of a removal', (engine) => {
  test.for(removals.flatMap((removal) => cuts.map((cut) => [...removal, cut] as const)))(
    '$0 says what it removed when the connection is lost: $3',
    async ([name, remove, removed, cut]) => {
      const tenantId = await engine.freshTenant();
      const store = await storeFor(engine.db, { tenantId });
      await store.graph.upsert({
        nodes: [{ key: 'Ann', observations: [{ text: SAID.text }] }, { key: 'Bob' }],
        edges: [LINK],
      });
      const { proxied, proxy } = await behindProxy(engine.db, engine.config);
      const cutOff = await storeFor(proxied, { tenantId });
      if (cut === 'the answer of the statement') proxy.cutAnswerTo = name;
      else proxy.cuts.push(cut);
      expect(await remove(cutOff)).toEqual(removed);
      expect({ answer: proxy.cutAnswerTo, cuts: proxy.cuts }).toEqual({ answer: undefined, cuts: [] });

      const nothing = Array.isArray(removed) ? [] : { keys: [], observations: 0, edges: 0 };
      expect(await remove(store)).toEqual(nothing);
    },
  );
});

const entities = [
  { name: 'Ann', entityType: 'person', observations: ['likes tea', 'likes rain'] },
  { name: 'Cid', entityType: 'person', observations: [] },
];
const additions = [
  ['create_graph_nodes', (store: Store) => store.knowledgeGraph.createEntities([{ ...entities[0]!, name: 'Bob' }, ...entities]), entities],
  [
    'add_graph_nodes',
    (store: Store) => store.knowledgeGraph.addObservations([{ entityName: 'Bob', contents: ['is here', 'is tall'] }]),
    [{ entityName: 'Bob', addedObservations: ['is tall'] }],
  ],
  [
    'add_graph_edges',
    (store: Store) => store.knowledgeGraph.createRelations([{ from: 'Bob', to: 'Eve', relationType: 'knows' }]),
    [{ from: 'Bob', to: 'Eve', relationType: 'knows' }],
  ],
] as const;

describeEngines('the receipt of an addition', (engine) => {
  test.for(additions)('%s says what it added when the connection is lost', async ([name, add, added]) => {
    const tenantId = await engine.freshTenant();
    const store = await storeFor(engine.db, { tenantId });
    await store.knowledgeGraph.createEntities([{ name: 'Bob', entityType: 'person', observations: ['is here'] }]);
    const { proxied, proxy } = await behindProxy(engine.db, engine.config);
    const cutOff = await storeFor(proxied, { tenantId });
    // On a server an addition is a transaction of several statements.
    if (engine.name === 'embedded') proxy.cutAnswerTo = name;
    else proxy.cuts.push('after commit was answered');
    expect(await add(cutOff)).toEqual(added);
    expect({ answer: proxy.cutAnswerTo, cuts: proxy.cuts }).toEqual({ answer: undefined, cuts: [] });

    const again = await add(store);
    expect(again).toEqual(name === 'add_graph_nodes' ? [{ entityName: 'Bob', addedObservations: [] }] : []);
    const { entities: kept } = await store.knowledgeGraph.page({ part: 'all' }, {});
    expect(kept.flatMap(({ entity }) => entity.observations).length).toBe(
      name === 'create_graph_nodes' ? 3 : name === 'add_graph_nodes' ? 2 : 1,
    );
  });
});
