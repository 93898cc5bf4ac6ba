import type { TestEngine } from '../support/engines.js';
import { storeFor } from '../support/store.js';

/** Something of everything that a tenant can have, some of it awkward. */
export async function fillTenant(engine: TestEngine, tenantId: string): Promise<void> {
  const store = await storeFor(engine.db, { tenantId });
  const save = (conversationKey: string, user: string, contents: string[], more: object = {}) =>
    store.turns.save({
      ...{
        conversationKey,
        user,
        platform: 'slack',
        device: `device of ${user}`,
        session: `session of ${user}`,
        title: `About ${conversationKey}`,
      },
      messages: contents.map((content, at) => ({
        role: at % 2 === 0 ? ('user' as const) : ('assistant' as const),
        content,
        clientMessageId: `${conversationKey}-${at}`,
        createdAt: new Date(Date.UTC(2026, 2, 1, 10, at, 0, at)),
        ...more,
      })),
    });
  const first = await save('cake', 'anna', ['Line\u2028 separators, "quotes", \\ and 💾\u0001', 'Second\n{"type":"end"}', 'Third'], {
    metadata: { huge: 12345678901234567890n.toString(), nested: { superseded_by_id: null, e: 1e300 } },
  });
  await save('boat', 'ben', ['A boat needs water.', 'And wind.'], {
    assets: [
      { name: 'boat.png', mimeType: 'image/png', data: Buffer.from([0, 1, 2, 253, 254, 255]) },
      { name: 'link', mimeType: 'text/plain', uri: 'https://example.org/boat' },
    ],
    embedding: { model: 'm', values: [0.1, -2.5, 1e-7] },
  });
  const gone = await save('gone', 'anna', ['This will be removed.']);
  await store.messages.edit(first.messages[2]!.id, { content: 'Third, edited' });
  await store.messages.softDelete(first.messages[1]!.id);
  await store.conversations.update(first.conversationId, { status: 'inactive_user_terminated', summary: 'Of cake.', legalHold: true });
  await store.conversations.remove(gone.conversationId, { keepRecord: false, dryRun: false });
  const old = await store.memories.remember({ content: 'Anna lives in Bonn.', user: 'anna', messageIds: [first.messages[0]!.id] });
  await store.memories.remember({ content: 'Anna lives in Kiel.', user: 'anna', supersedes: old.memory.id, tags: ['home', 'city'] });
  await store.memories.remember({ content: 'Everybody likes tea.', importance: 0.1 });
  await store.graph.upsert({
    nodes: [
      { key: 'Anna', type: 'person', properties: { age: 33 }, observations: [{ text: 'bakes' }, { text: 'sails' }] },
      { key: 'Kiel', type: 'city' },
    ],
    edges: [{ source: 'Anna', target: 'Kiel', type: 'lives in', weight: 0.3 }],
  });
  await store.graph.upsert({ nodes: [{ key: 'Anna', label: 'Anna B.', properties: { age: 34 } }] });
  await store.graph.deleteNodes(['Kiel']);
  await store.tasks.create({ title: 'Buy flour', user: 'anna', conversationId: first.conversationId });
}
