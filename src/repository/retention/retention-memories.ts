import type { Statement } from '../../db/database.js';
import type { Context } from '../context.js';
import { MemoryRemoval } from '../memories/memory-removal.js';
import { pickMemoriesToHide, pickMemoriesToRemove } from '../sql/prune-memories.js';
import type { RetentionCounts } from './retention-counts.js';
import type { RetentionPolicy } from './retention-policy.js';
import { type RetentionRun, RetentionStep } from './retention-step.js';

/** Forgetting by age, in the same way as on request: what superseded what stays exact. */
export class MemoryRetention extends RetentionStep {
  async prune(policy: RetentionPolicy, run: RetentionRun): Promise<void> {
    const gone = this.before(run, policy.soft_delete_grace_days);
    if (gone) await this.forget(run, 'memoriesRemoved', pickMemoriesToRemove, gone, 'hard');
  }

  async hide(policy: RetentionPolicy, run: RetentionRun): Promise<void> {
    const old = this.before(run, policy.memory_retention_days);
    if (old) await this.forget(run, 'memoriesSoftDeleted', pickMemoriesToHide, old, 'soft');
  }

  private forget(run: RetentionRun, name: keyof RetentionCounts, pick: Statement, before: Date, mode: 'soft' | 'hard'): Promise<void> {
    const limit = run.pace.size;
    return this.repeat(run, name, limit, async (context: Context) => {
      const due = await context.db.query<{ id: string }>(pick, [this.tenantId, before, limit], context.transaction);
      if (due.length === 0) return 0;
      const removal = new MemoryRemoval({ ...context, clock: () => run.now });
      const { counts } = await removal.forget({ memoryIds: due.map(({ id }) => id), mode, dryRun: false });
      return counts.affected;
    });
  }
}
