import { expect, it } from 'vitest';
import { NO_POLICY } from '../../src/repository/retention/retention-policy.js';
import { describeEngines } from '../support/engines.js';
import { storeFor } from '../support/store.js';
import { expectExact } from './exact.js';
import { happen, NOW, type Step, withPolicy } from './history.js';
import { expectedAfter, readWorld, survivors } from './model.js';

const HOURS = 24;
const POLICY = { ...NO_POLICY.retention, message_retention_days: 20, soft_delete_after_days: 12, inactivity_timeout_minutes: 60 };

const history = Array.from({ length: 40 }, (_, at): Step => {
  return { do: 'save', age: (40 - at) * HOURS * 0.7, key: at % 5, user: 'ann', words: ['garden'], tokens: 3, extras: at % 4 === 0 };
});

describeEngines('retention beside writers', (engine) => {
  it('leaves everything exact, and their messages alone', async () => {
    const tenantId = await engine.freshTenant();
    await happen(engine, tenantId, history);
    const before = await readWorld(engine.models, tenantId);
    const expected = expectedAfter(before, POLICY, NOW);
    expect(expected.counts.messagesExpired).toBeGreaterThan(10);
    const clock = () => NOW;
    const store = await storeFor(engine.db, { tenantId, role: 'system', clock, policy: withPolicy(POLICY) });
    const writer = await storeFor(engine.db, { tenantId, clock });
    const young = before.messages.filter(({ id }) => expected.left.messages[id] === 'sent').map(({ id }) => id);

    const old = before.messages.filter(({ id }) => expected.left.messages[id] === undefined).map(({ id }) => id);
    expect(old.length).toBeGreaterThan(10);
    const refused = () => undefined;
    // To messages that are going: either it comes too late, or it goes with them.
    const attach = async (nth: number) => {
      for (const [at, id] of old.entries()) {
        const vector = { kind: 'message' as const, subjectId: id, provider: 'p', model: `m${nth}`, key: '', values: [0.5], metadata: {} };
        const attached =
          at % 2 === nth % 2 ? writer.broughtVectors.upsert([vector]) : writer.tasks.create({ title: 'Look', messageId: id });
        await (attached as Promise<unknown>).catch(refused);
      }
    };
    const written: string[] = [];
    const write = async (nth: number) => {
      for (let round = 0; round < 6; round += 1) {
        const turn = {
          conversationKey: `key-${(nth + round) % 5}`,
          messages: [{ role: 'user' as const, content: 'harbour', outputTokens: 2 }],
        };
        written.push((await writer.turns.save(turn)).messages[0]!.id);
        await writer.messages.edit(young[(nth * 6 + round) % young.length]!, { content: `museum ${nth}` });
      }
    };
    const runs = async () => {
      for (let stopped = true; stopped; ) ({ stopped } = await store.retention.runRetention({ batchSize: 4, quick: true }));
    };
    await Promise.all([runs(), ...[0, 1, 2].map(write), ...[0, 1].map(attach)]);
    await runs();

    const after = await readWorld(engine.models, tenantId);
    const left = survivors(after).messages;
    expect(written.map((id) => left[id])).toEqual(written.map(() => 'sent'));
    const given = Object.fromEntries(Object.entries(left).filter(([id]) => !written.includes(id)));
    expect(Object.keys(given).sort()).toEqual(Object.keys(expected.left.messages).sort());
    await expectExact(engine, tenantId, before, after);
  });
});
