import fc from 'fast-check';
import { expect, it } from 'vitest';
import { noCounts } from '../../src/repository/retention/retention-counts.js';
import { describeEngines } from '../support/engines.js';
import { storeFor } from '../support/store.js';
import { expectExact } from './exact.js';
import { happen, NOW, policy, step, withPolicy } from './history.js';
import { expectedAfter, readWorld, survivors } from './model.js';

const history = fc.array(step, { minLength: 5, maxLength: 40 });
const clock = () => NOW;

describeEngines('retention', (engine) => {
  it('leaves what a naive model of the policy leaves, and everything else exact', async () => {
    await fc.assert(
      fc.asyncProperty(history, policy, fc.integer({ min: 2, max: 12 }), fc.boolean(), async (steps, retention, batchSize, quick) => {
        const tenantId = await engine.freshTenant();
        await happen(engine, tenantId, steps);
        const store = await storeFor(engine.db, { tenantId, role: 'system', clock, policy: withPolicy(retention) });
        const before = await readWorld(engine.models, tenantId);
        const expected = expectedAfter(before, retention, NOW);

        const dry = await store.retention.runRetention({ dryRun: true });
        expect(dry).toMatchObject({ dryRun: true, stopped: false, counts: expected.counts });
        expect(await readWorld(engine.models, tenantId)).toEqual(before);

        const ran = await store.retention.runRetention({ batchSize, quick });
        expect(ran).toMatchObject({ dryRun: false, stopped: false, counts: expected.counts });
        const after = await readWorld(engine.models, tenantId);
        expect(survivors(after)).toEqual(expected.left);
        const old = new Set(before.events.map(({ eventSeq }) => eventSeq));
        expect(after.events.filter(({ eventSeq }) => old.has(eventSeq))).toHaveLength(expected.keptEvents);
        await expectExact(engine, tenantId, before, after);

        expect((await store.retention.runRetention({ batchSize })).counts).toEqual(noCounts());
        expect(await readWorld(engine.models, tenantId)).toEqual(after);
      }),
      { numRuns: 25 },
    );
  }, 300_000);

  it('ends in the same state when it is stopped after any batch and run again', async () => {
    await fc.assert(
      fc.asyncProperty(history, policy, fc.integer({ min: 1, max: 8 }), async (steps, retention, batches) => {
        const tenantId = await engine.freshTenant();
        await happen(engine, tenantId, steps);
        const store = await storeFor(engine.db, { tenantId, role: 'system', clock, policy: withPolicy(retention) });
        const before = await readWorld(engine.models, tenantId);
        const stop = new AbortController();
        let done = 0;
        const progress = () => {
          done += 1;
          if (done === batches) stop.abort();
        };
        const first = await store.retention.runRetention({ batchSize: 3, quick: true, signal: stop.signal, progress });
        expect(first.stopped).toBe(done >= batches);
        // Another batch may have been on its way.
        expect(done).toBeLessThanOrEqual(batches + 1);
        await store.retention.runRetention({ batchSize: 3 });
        const after = await readWorld(engine.models, tenantId);
        expect(survivors(after)).toEqual(expectedAfter(before, retention, NOW).left);
        await expectExact(engine, tenantId, before, after);
      }),
      { numRuns: 15 },
    );
  }, 300_000);
});
