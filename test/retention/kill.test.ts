import { fork } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { NO_POLICY } from '../../src/repository/retention/retention-policy.js';
import { describeEngines } from '../support/engines.js';
import { QUICK_START } from '../support/quick-start.js';
import { storeFor } from '../support/store.js';
import { expectExact } from './exact.js';
import { happen, NOW, type Step, withPolicy } from './history.js';
import { expectedAfter, readWorld, survivors } from './model.js';

const HOURS = 24;
const POLICY = {
  ...NO_POLICY.retention,
  message_retention_days: 20,
  soft_delete_after_days: 10,
  soft_delete_grace_days: 3,
  conversation_archive_days: 15,
  archived_conversation_retention_days: 4,
  memory_retention_days: 12,
};

const steps: Step[] = Array.from({ length: 30 }, (_, at): Step => {
  const words = ['garden', 'museum'].slice(0, 1 + (at % 2));
  return { do: 'save', age: (30 - at) * HOURS, key: at % 5, user: at % 2 ? 'ann' : undefined, words, tokens: at, extras: at % 3 === 0 };
});
const history: Step[] = [
  ...steps,
  ...[6, 12, 18, 24, 30].map((at): Step => ({ do: 'delete', age: 5 * HOURS - at, at })),
  ...[3, 9].map((at): Step => ({ do: 'edit', age: HOURS, at })),
  { do: 'hold', age: HOURS, key: 1 },
  { do: 'rename', age: 7 * HOURS, key: 2 },
  { do: 'archive', age: 6 * HOURS, key: 2 },
  ...[1, 2, 3].map((at): Step => ({ do: 'remember', age: (10 + at) * HOURS, at, key: at, ttl: undefined })),
];

describeEngines('retention that is killed', (engine) => {
  for (const batches of [1, 3, 6]) {
    it(`and run again ends where one would have ended that was left alone (after ${batches} batches)`, async () => {
      const tenantId = await engine.freshTenant();
      await happen(engine, tenantId, history);
      const before = await readWorld(engine.models, tenantId);
      const args = [JSON.stringify(engine.config), tenantId, JSON.stringify(POLICY)];
      const child = fork(new URL('./retaining-process.ts', import.meta.url), args, { execArgv: ['--import', 'tsx', QUICK_START] });
      for (let seen = 0; seen < batches; seen += 1) await once(child, 'message');
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;

      const between = await readWorld(engine.models, tenantId);
      const expected = expectedAfter(before, POLICY, NOW);
      expect(survivors(between)).not.toEqual(expected.left);
      await expectExact(engine, tenantId, before, between);
      const store = await storeFor(engine.db, { tenantId, role: 'system', clock: () => NOW, policy: withPolicy(POLICY) });
      await expect
        .poll(
          () =>
            store.retention.runRetention().then(
              ({ stopped }) => stopped,
              () => null,
            ),
          { timeout: 10_000 },
        )
        .toBe(false);
      const after = await readWorld(engine.models, tenantId);
      expect(survivors(after)).toEqual(expected.left);
      await expectExact(engine, tenantId, before, after);
    });
  }
});
