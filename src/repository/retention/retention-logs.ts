import { pruneEvents, pruneLoginAttempts } from '../sql/prune-logs.js';
import type { RetentionPolicy } from './retention-policy.js';
import { type RetentionRun, RetentionStep } from './retention-step.js';

type EventPlace = { xactId: string; eventSeq: string };
const FIRST: EventPlace = { xactId: '0', eventSeq: '0' };

/** Trimming what is written down about what happened. */
export class LogRetention extends RetentionStep {
  async prune(policy: RetentionPolicy, run: RetentionRun): Promise<void> {
    const events = this.before(run, policy.event_retention_days);
    const attempts = this.before(run, policy.login_attempt_retention_days);
    const limit = run.pace.size;
    if (events)
      await this.walk(run, FIRST, async ({ db, transaction }, from) => {
        const values = [this.tenantId, events, from.xactId, from.eventSeq, limit];
        const [row] = await db.query<{ count: number } & EventPlace>(pruneEvents, values, transaction);
        const { count, xactId, eventSeq } = row!;
        return { counts: { eventsRemoved: count }, next: count === limit ? { xactId, eventSeq } : null };
      });
    if (attempts)
      await this.repeat(run, 'loginAttemptsRemoved', limit, async ({ db, transaction }) => {
        const [row] = await db.query<{ count: number }>(pruneLoginAttempts, [this.tenantId, attempts, limit], transaction);
        return row!.count;
      });
  }
}
