import { setTimeout as sleep } from 'node:timers/promises';
import { daysBefore } from '../../timestamp.js';
import { AdministrativeRepository } from '../accounts/administration.js';
import type { Context } from '../context.js';
import type { RetentionCounts } from './retention-counts.js';
import type { Pace } from './retention-pace.js';

/** One run: when it takes place, when it is to stop, and what it has done so far. */
export type RetentionRun = Readonly<{
  now: Date;
  signal: AbortSignal;
  /** Says how many rows the next batch has. */
  pace: Pace;
  /** Walks over messages that go on at once. */
  walks: number;
  /** Called after each batch, once it is committed. */
  done(counts: Partial<RetentionCounts>): void;
}>;

/** What one batch did, and where the next one begins; null: there is nothing after it. */
export type Batch<Place> = {
  counts: Partial<RetentionCounts>;
  next: Place | null;
  passedOver?: boolean;
};

export type Place = { at: string; id: string };
export const START: Place = { at: '-infinity', id: '00000000-0000-0000-0000-000000000000' };

/** How often what somebody was writing to is tried again; after that it is left for the next run. */
const ROUNDS = 5;
const PAUSE_MS = 40;

/** Work in batches, each a transaction of its own that leaves everything exact, so that it may end after any of them. */
export abstract class RetentionStep extends AdministrativeRepository {
  /** The moment that is so many days before now; null where there is no limit. */
  protected before({ now }: Pick<RetentionRun, 'now'>, days: number | null): Date | null {
    return days === null ? null : daysBefore(now, days);
  }

  /** Batch after batch from the start, and again over what was passed over, until nothing is left or somebody says stop. */
  protected async walk<P>(run: RetentionRun, start: P, work: (context: Context, from: P) => Promise<Batch<P>>): Promise<void> {
    for (let round = 1; round <= ROUNDS && (await this.pass(run, start, work)) && !run.signal.aborted; round += 1)
      await sleep(PAUSE_MS * round, undefined, { signal: run.signal }).catch(() => undefined);
  }

  /** Batch after batch, once. True when something was passed over. */
  protected async pass<P>(run: RetentionRun, start: P, work: (context: Context, from: P) => Promise<Batch<P>>): Promise<boolean> {
    let passedOver = false;
    for (let from: P | null = start; from !== null && !run.signal.aborted; ) {
      const place: P = from;
      const asked = performance.now();
      let waited = 0;
      const batch: Batch<P> = await this.atomically((context) => {
        waited = performance.now() - asked;
        return work(context, place);
      });
      run.done(batch.counts);
      passedOver ||= batch.passedOver === true;
      from = batch.next;
      const pause = run.pace.pauseAfter(waited);
      if (pause > 0 && from !== null) await sleep(pause, undefined, { signal: run.signal }).catch(() => undefined);
    }
    return passedOver;
  }

  /** The same for a statement that finds what is due by itself, as much as it is allowed, and answers how many it was. */
  protected async repeat(
    run: RetentionRun,
    name: keyof RetentionCounts,
    limit: number,
    work: (context: Context) => Promise<number>,
  ): Promise<void> {
    await this.walk(run, limit, async (context) => {
      const count = await work(context);
      return { counts: { [name]: count }, next: count === limit ? limit : null };
    });
  }
}
