import fc from 'fast-check';
import { expect, it } from 'vitest';
import { exportTenant } from '../../src/services/transfer/export-tenant.js';
import { importTenant } from '../../src/services/transfer/import-tenant.js';
import { describeEngines } from '../support/engines.js';
import { storeFor } from '../support/store.js';

/** What the database can hold: any text without NUL and halves of characters. */
const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }).map((value) => value.replaceAll('\0', '').toWellFormed() || 'x');
const json = fc
  .dictionary(
    text,
    fc.oneof(
      text,
      fc.integer(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.boolean(),
      fc.constant(null),
      fc.array(text, { maxLength: 2 }),
    ),
    {
      maxKeys: 3,
    },
  )
  .map((value) => JSON.parse(JSON.stringify(value)) as Record<string, unknown>);
const moment = fc.date({ min: new Date('1990-01-01'), max: new Date('2090-01-01'), noInvalidDate: true });
const message = fc.record({
  role: fc.constantFrom('user' as const, 'assistant' as const, 'system' as const, 'tool' as const),
  content: fc.oneof(
    text,
    fc.array(
      text.map((value) => ({ type: 'text', text: value })),
      { minLength: 1, maxLength: 2 },
    ),
  ),
  metadata: json,
  createdAt: moment,
  assets: fc.array(
    fc.record({ name: text, mimeType: fc.constant('a/b'), data: fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)) }),
    { maxLength: 2 },
  ),
});
const tenant = fc.record({
  conversations: fc.array(
    fc.record({
      user: fc.constantFrom('anna', 'ben', undefined),
      messages: fc.array(message, { minLength: 1, maxLength: 6 }),
      fate: fc.constantFrom('kept', 'ended', 'first deleted', 'cleared', 'removed'),
    }),
    { maxLength: 4 },
  ),
  memories: fc.array(fc.record({ content: text, tags: fc.uniqueArray(text, { maxLength: 2 }), replaces: fc.boolean() }), { maxLength: 5 }),
  nodes: fc.array(fc.record({ key: fc.constantFrom('a', 'b', 'c'), properties: json, observation: text, gone: fc.boolean() }), {
    maxLength: 5,
  }),
});

describeEngines('any tenant', (engine) => {
  it('is the same after export, import and export', async () => {
    await fc.assert(
      fc.asyncProperty(tenant, async ({ conversations, memories, nodes }) => {
        const [from, to] = [await engine.freshTenant(), await engine.freshTenant()];
        const store = await storeFor(engine.db, { tenantId: from, redact: 'off' });
        for (const { user, messages, fate } of conversations) {
          const saved = await store.turns.save({ user, messages });
          const id = saved.conversationId;
          if (fate === 'ended') await store.conversations.update(id, { status: 'inactive_user_terminated' });
          if (fate === 'first deleted') await store.messages.softDelete(saved.messages[0]!.id);
          if (fate === 'cleared' || fate === 'removed')
            await store.conversations.remove(id, { keepRecord: fate === 'cleared', dryRun: false });
        }
        let last: string | undefined;
        for (const { content, tags, replaces } of memories) {
          const given = { content, tags, source: 'user' as const };
          const stored = await store.memories
            .remember({ ...given, ...(replaces && last !== undefined && { supersedes: last }) })
            .catch(() => null);
          last = stored?.memory.supersededById === null ? stored.memory.id : undefined;
        }
        for (const { key, properties, observation, gone } of nodes) {
          await store.graph.upsert({
            nodes: [{ key, properties, observations: [{ text: observation }] }],
            edges: [{ source: key, target: 'a', type: 'knows' }],
          });
          if (gone) await store.graph.deleteNodes([key]);
        }
        const before = await written(from);
        async function* bytes() {
          yield Buffer.from(before);
        }
        await importTenant(await storeFor(engine.db, { tenantId: to, role: 'system' }), bytes());
        expect(await written(to)).toBe(before);
      }),
      { numRuns: engine.name === 'embedded' ? 4 : 20 },
    );
  }, 120_000);

  async function written(tenantId: string): Promise<string> {
    let all = '';
    await exportTenant(await storeFor(engine.db, { tenantId, role: 'system' }), {
      choice: {},
      async sink(part) {
        all += part;
      },
    });
    return all;
  }
});
