import fc from 'fast-check';
import { expect, it } from 'vitest';
import { CorpusFolder } from '../../src/repository/corpus-folder.js';
import type { Store } from '../../src/repository/store.js';
import { describeEngines } from '../support/engines.js';
import { storeFor } from '../support/store.js';

const KEYS = ['Garden', 'Harbour', 'Museum'];
const TEXTS = ['sells old bicycles', 'has a ticket office', 'opens on Sundays'];

type Step = { key: string; other: string; text: string; again: boolean } & {
  do: 'create' | 'merge' | 'add' | 'relate' | 'link' | 'describe' | 'close' | 'unsay' | 'unlink' | 'delete' | 'fold';
};

const step: fc.Arbitrary<Step> = fc.record({
  do: fc.constantFrom('create', 'merge', 'add', 'relate', 'link', 'describe', 'close', 'unsay', 'unlink', 'delete', 'fold'),
  key: fc.constantFrom(...KEYS),
  other: fc.constantFrom(...KEYS),
  text: fc.constantFrom(...TEXTS),
  again: fc.boolean(),
});

function take(store: Store, folder: CorpusFolder, { do: what, key, other, text, again }: Step): Promise<unknown> {
  const { knowledgeGraph, graph } = store;
  const entity = { name: key, entityType: text.split(' ')[0]!, observations: again ? TEXTS : [text] };
  switch (what) {
    case 'create':
      return knowledgeGraph.createEntities([entity, { ...entity, name: other }]);
    case 'merge':
      return knowledgeGraph.mergeEntities([entity]);
    case 'add':
      // Refused where the entity is not there; then nothing may have changed.
      return knowledgeGraph.addObservations([{ entityName: key, contents: [text, 'walks'] }]).catch(() => undefined);
    case 'relate':
      return knowledgeGraph.createRelations([{ from: key, to: other, relationType: 'near' }]);
    case 'link':
      return graph.upsert({ edges: [{ source: key, target: `${other} of ${text}`, type: 'near' }] });
    case 'describe':
      return graph.upsert({ nodes: [{ key, label: text, properties: again ? { text } : { text: null } }], edges: [] });
    case 'close':
      return graph.upsert({ nodes: [{ key, observations: [{ text, validTo: new Date('2020-01-01') }] }] });
    case 'unsay':
      return knowledgeGraph.deleteObservations([{ entityName: key, observations: again ? TEXTS : [text] }]);
    case 'unlink':
      return knowledgeGraph.deleteRelations([{ from: key, to: other, relationType: 'near' }]);
    case 'delete':
      return knowledgeGraph.deleteEntities(again ? KEYS : [key]);
    case 'fold':
      return folder.fold(store.principal.tenantId);
  }
}

describeEngines('statistics of the words of the graph', (engine) => {
  it('are right after any history', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 20 }), fc.boolean(), async (steps, bound) => {
        const tenantId = await engine.freshTenant();
        const store = await storeFor(engine.db, { tenantId, ...(bound && { user: 'ann' }) });
        const folder = new CorpusFolder(engine.db, () => new Date());
        for (const each of steps) await take(store, folder, each);
        // Right as it stands, with what waits taken into account, and when all of it is counted.
        expect((await folder.verify(tenantId)).wrong).toBe(0);
        await folder.foldAll(tenantId);
        expect(await folder.verify(tenantId)).toMatchObject({ waiting: 0, wrong: 0 });
      }),
      { numRuns: 40 },
    );
  }, 120_000);
});
