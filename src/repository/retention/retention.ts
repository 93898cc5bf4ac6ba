import { withJobLock } from '../../db/job-lock.js';
import { AppError } from '../../errors.js';
import { takeYourTime } from '../sql/corpus.js';
import { countDue } from '../sql/retention-due.js';
import { ConversationRetention } from './retention-conversations.js';
import { addCounts, noCounts, type RetentionCounts } from './retention-counts.js';
import { LogRetention } from './retention-logs.js';
import { MemoryRetention } from './retention-memories.js';
import { MessageRetention } from './retention-messages.js';
import { steady, YieldingPace } from './retention-pace.js';
import { RetentionPolicies } from './retention-policies.js';
import { RETENTION_KEYS, type RetentionPolicy } from './retention-policy.js';
import { type RetentionRun, RetentionStep } from './retention-step.js';

type Part = Readonly<{
  /** What of the policy it carries out. */
  keys: readonly (keyof RetentionPolicy)[];
  /** What it counts; null for everything. */
  counts: readonly (keyof RetentionCounts)[] | null;
}>;

/** What may be carried out alone. */
const PARTS = {
  all: { keys: RETENTION_KEYS, counts: null },
  inactivity: { keys: ['inactivity_timeout_minutes'], counts: null },
  expired_messages: {
    keys: ['message_retention_days', 'soft_delete_grace_days'],
    counts: ['messagesExpired', 'messagesPurged', 'assetsRemoved', 'vectorsRemoved'],
  },
  archived_conversations: { keys: ['archived_conversation_retention_days'], counts: null },
} as const satisfies Record<string, Part>;
export type RetentionPart = keyof typeof PARTS;

export type RetentionOptions = Readonly<{
  dryRun?: boolean | undefined;
  part?: RetentionPart | undefined;
  /** Rows of one batch, and so of one transaction; never more than 500. */
  batchSize?: number | undefined;
  /** Twice as fast on a server with processors to spare, and felt by those who write meanwhile. */
  quick?: boolean | undefined;
  /** Stops after the batch that is being done. */
  signal?: AbortSignal | undefined;
  /** Told what was done so far, after each batch. */
  progress?: ((counts: Readonly<RetentionCounts>) => void) | undefined;
}>;

export type RetentionReport = Readonly<{
  counts: Readonly<RetentionCounts>;
  dryRun: boolean;
  /** It was stopped before its end; the next run goes on where this one came to. */
  stopped: boolean;
  policy: RetentionPolicy;
}>;

/** Of all processes on a database, one carries out retention at a time. */
const LOCK = 'retention';
const LARGEST_BATCH = 500;

/** How long things are kept, carried out: in batches that each leave everything exact, and never on what is under legal hold. */
export class RetentionRepository extends RetentionStep {
  /** All that the policy asks for, or a part of it. Refused while another process is at it; a dry run only counts. */
  async runRetention({
    dryRun = false,
    part = 'all',
    batchSize,
    quick = false,
    signal,
    progress,
  }: RetentionOptions = {}): Promise<RetentionReport> {
    this.assertAdministrator();
    const { keys, counts: counted }: Part = PARTS[part];
    const whole = await new RetentionPolicies(this.context).get();
    const policy = Object.fromEntries(RETENTION_KEYS.map((key) => [key, keys.includes(key) ? whole[key] : null])) as RetentionPolicy;
    const report = { dryRun, policy: whole };
    const now = this.context.clock();
    if (dryRun) return { ...report, counts: await this.countDue(policy, now, counted), stopped: false };
    const counts = noCounts();
    if (Object.values(policy).every((limit) => limit === null)) return { ...report, counts, stopped: false };
    const done = (more: Partial<RetentionCounts>) => {
      addCounts(counts, more);
      progress?.(counts);
    };
    const { concurrentTransactions } = this.context.db.capabilities;
    const walks = quick && concurrentTransactions ? 2 : 1;
    const paced = batchSize === undefined && !concurrentTransactions;
    const pace = paced ? new YieldingPace() : steady(Math.max(2, Math.min(LARGEST_BATCH, batchSize ?? LARGEST_BATCH)));
    const ran = await withJobLock(this.context.db, LOCK, signal ?? new AbortController().signal, async (stop) => {
      await this.carryOut(part, policy, { now, signal: stop, pace, walks, done });
      return stop.aborted;
    });
    if (ran) return { ...report, counts, stopped: ran.result };
    throw new AppError('conflict', 'Retention is being carried out by another process right now. Nothing was done here.', {
      hint: 'Try again when it has finished.',
    });
  }

  /** Only what has become too old, or was soft-deleted long enough ago. */
  pruneExpiredMessages(options: Omit<RetentionOptions, 'part'> = {}): Promise<RetentionReport> {
    return this.runRetention({ ...options, part: 'expired_messages' });
  }

  /** Only what has been archived long enough. */
  pruneArchivedConversations(options: Omit<RetentionOptions, 'part'> = {}): Promise<RetentionReport> {
    return this.runRetention({ ...options, part: 'archived_conversations' });
  }

  private async carryOut(part: RetentionPart, policy: RetentionPolicy, run: RetentionRun): Promise<void> {
    const conversations = new ConversationRetention(this.context);
    const messages = new MessageRetention(this.context);
    const memories = new MemoryRetention(this.context);
    await conversations.timeOut(policy, run);
    await conversations.archive(policy, run);
    await conversations.prune(policy, run);
    await messages.prune(policy, run);
    await messages.hide(policy, run);
    // Their grace period is that of messages.
    if (part !== 'expired_messages') {
      await memories.prune(policy, run);
      await memories.hide(policy, run);
    }
    await new LogRetention(this.context).prune(policy, run);
  }

  private async countDue(policy: RetentionPolicy, now: Date, only: Part['counts']): Promise<RetentionCounts> {
    const ago = (days: number | null) => this.before({ now }, days);
    const minutes = policy.inactivity_timeout_minutes;
    const values = [
      this.tenantId,
      minutes === null ? null : new Date(now.getTime() - minutes * 60_000),
      ago(policy.conversation_archive_days),
      ago(policy.archived_conversation_retention_days),
      ago(policy.message_retention_days),
      ago(policy.soft_delete_grace_days),
      ago(policy.soft_delete_after_days),
      ago(policy.memory_retention_days),
      ago(policy.event_retention_days),
      ago(policy.login_attempt_retention_days),
      policy.max_conversations,
    ];
    const [due] = await this.atomically(async ({ db, transaction }) => {
      await db.query(takeYourTime, [], transaction);
      return db.query<RetentionCounts>(countDue, values, transaction);
    });
    const counts = noCounts();
    addCounts(counts, Object.fromEntries(Object.entries(due!).filter(([name]) => !only || only.includes(name as keyof RetentionCounts))));
    return counts;
  }
}
