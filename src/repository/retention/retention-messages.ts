import type { Statement } from '../../db/database.js';
import type { Context } from '../context.js';
import { removeAttached } from '../sql/attachments.js';
import { hideMessages, pickDeletedMessages, pickExpiredMessages, pickMessagesToHide, pruneMessages } from '../sql/prune-messages.js';
import type { RetentionPolicy } from './retention-policy.js';
import { type Batch, type Place, type RetentionRun, RetentionStep, START } from './retention-step.js';

export type Pruned = { messages: number; expired: number; assets: number; vectors: number };
type Picked = { id: string; at: string; locked: boolean };

/** Removing and hiding messages by their age. */
export class MessageRetention extends RetentionStep {
  /** Removes for good what is older than the policy keeps it, and what was soft-deleted longer ago than the grace period. */
  async prune(policy: RetentionPolicy, run: RetentionRun): Promise<void> {
    const expired = this.before(run, policy.message_retention_days);
    const deleted = this.before(run, policy.soft_delete_grace_days);
    const remove = async (context: Context, ids: string[]) => {
      const gone = await pruneIn(context, ids, { now: run.now, actor: this.actor, expired, deleted, all: false });
      return {
        messagesExpired: gone.expired,
        messagesPurged: gone.messages - gone.expired,
        assetsRemoved: gone.assets,
        vectorsRemoved: gone.vectors,
      };
    };
    if (expired) await this.together(run, (context, from) => this.batch(context, run, pickExpiredMessages, expired, from, remove));
    if (deleted) await this.together(run, (context, from) => this.batch(context, run, pickDeletedMessages, deleted, from, remove));
  }

  async hide(policy: RetentionPolicy, run: RetentionRun): Promise<void> {
    const old = this.before(run, policy.soft_delete_after_days);
    if (!old) return;
    const hide = async (context: Context, ids: string[]) => {
      const values = [this.tenantId, ids, run.now, this.actor, old];
      const [hidden] = await context.db.query<{ messages: number }>(hideMessages, values, context.transaction);
      return { messagesSoftDeleted: hidden!.messages };
    };
    await this.together(run, (context, from) => this.batch(context, run, pickMessagesToHide, old, from, hide));
  }

  /**
   * Several walks over the same: each passes over the conversations that another one has locked, so they share the work. Most of a
   * batch is spent in checks that the database makes row by row, on one processor.
   */
  private async together(run: RetentionRun, work: (context: Context, from: Place) => Promise<Batch<Place>>): Promise<void> {
    if (run.walks === 1 || this.context.transaction) return this.walk(run, START, work);
    const ends = await Promise.allSettled(Array.from({ length: run.walks }, () => this.pass(run, START, work)));
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
    // What one passed over another one has done, but for what somebody else was writing to.
    if (ends.some((end) => end.status === 'fulfilled' && end.value)) await this.walk(run, START, work);
  }

  private async batch(
    context: Context,
    run: RetentionRun,
    statement: Statement,
    before: Date,
    from: Place,
    work: (context: Context, ids: string[]) => Promise<Batch<Place>['counts']>,
  ): Promise<Batch<Place>> {
    const limit = run.pace.size;
    const picked = await context.db.query<Picked>(statement, [this.tenantId, before, from.at, from.id, limit], context.transaction);
    const ids = picked.filter(({ locked }) => locked).map(({ id }) => id);
    const last = picked.at(-1);
    return {
      counts: ids.length > 0 ? await work(context, ids) : {},
      next: last && picked.length === limit ? { at: last.at, id: last.id } : null,
      passedOver: ids.length < picked.length,
    };
  }
}

type Due = Readonly<{ now: Date; actor: string; expired: Date | null; deleted: Date | null; all: boolean }>;

/** Removes messages whose conversations the transaction has locked, with what hangs on them; `all` of them, or those that are still due. */
export async function pruneIn({ db, principal, transaction }: Context, ids: string[], due: Due): Promise<Pruned> {
  const values = [principal.tenantId, ids, due.now, due.actor, due.expired, due.deleted, due.all];
  const [gone] = await db.query<{ messages: number; expired: number; ids: string[] | null }>(pruneMessages, values, transaction);
  const { messages, expired, ids: removed } = gone!;
  const [attached] = await db.query<Pick<Pruned, 'assets' | 'vectors'>>(removeAttached, [principal.tenantId, removed ?? ids], transaction);
  return { messages, expired, ...attached! };
}
