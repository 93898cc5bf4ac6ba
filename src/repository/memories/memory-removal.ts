import { AppError, invalidInput, notFound } from '../../errors.js';
import { DAY_MS } from '../../timestamp.js';
import { Repository } from '../context.js';
import { CorpusChanges } from '../corpus-changes.js';
import { RetentionPolicies } from '../retention/retention-policies.js';
import {
  findTaken,
  handOn,
  lockMemories,
  pickMemories,
  putInForce,
  removeMemories,
  softDeleteMemories,
  stepBack,
  undeleteMemories,
} from '../sql/memory-changes.js';
import { FIND_MEMORY } from './memories.js';
import type { MemoryKind } from './memory-records.js';

export const FORGET_MODES = ['soft', 'hard', 'restore'] as const;
export type ForgetMode = (typeof FORGET_MODES)[number];

export type ForgetFilter = {
  user?: string | undefined;
  kinds?: MemoryKind[] | undefined;
  tags?: string[] | undefined;
  tagsMatch?: 'any' | 'all' | undefined;
  conversationId?: string | undefined;
  /** Happened, or else was stored, in this time. */
  after?: Date | undefined;
  before?: Date | undefined;
  /** Words that must all be in it. */
  query?: string | undefined;
};

export type Forgetting = { memoryIds?: string[] | undefined; filter?: ForgetFilter | undefined; mode: ForgetMode; dryRun: boolean };

export type Forgotten = {
  affected: { id: string; excerpt: string; change: 'deleted' | 'removed' | 'restored' | 'back_in_force' }[];
  counts: {
    matched: number;
    affected: number;
    /** They are so already. */
    unchanged: number;
    /** Their conversation is under legal hold. */
    held: number;
    /** The same content is in force, so they cannot come back. */
    conflicts: number;
    notFound: number;
    /** Matched too, but left for the next call. */
    remaining: number;
  };
  undoUntil: Date | null;
};

type Change = Forgotten['affected'][number]['change'];
type Row = { id: string; ownerId: string | null; excerpt: string; deleted: boolean; supersededById: string | null; held: boolean };
type Plan = { steps: { row: Row; change: Change }[]; unchanged: number; held: number; conflicts: number };

/** So many memories in one call, and so in one transaction. */
export const FORGET_BATCH = 500;

/** Forgetting, and taking it back. */
export class MemoryRemoval extends Repository {
  async forget({ memoryIds, filter, mode, dryRun }: Forgetting): Promise<Forgotten> {
    const ids = memoryIds && [...new Set(memoryIds)];
    const criteria = this.criteria(ids, filter);
    return this.atomically(async (context) => {
      const removal = new MemoryRemoval(context);
      const { picked, total } = await removal.pick(ids, criteria, mode);
      const missing = ids?.filter((id) => !picked.includes(id)) ?? [];
      if (ids && picked.length === 0) throw notFound('memory', missing[0]!, `Nothing was changed. ${FIND_MEMORY}`);
      const rows = await context.db.query<Row>(lockMemories, [this.tenantId, picked], context.transaction);
      const plan = mode === 'restore' ? await removal.planReturn(rows, ids !== undefined) : planRemoval(rows, mode);
      const now = context.clock();
      if (!dryRun) await removal.carryOut(plan, now);
      return {
        affected: plan.steps.map(({ row: { id, excerpt }, change }) => ({ id, excerpt, change })),
        counts: {
          matched: total,
          affected: plan.steps.length,
          unchanged: plan.unchanged,
          held: plan.held,
          conflicts: plan.conflicts,
          notFound: missing.length,
          remaining: total - picked.length,
        },
        undoUntil: mode === 'soft' && !dryRun && plan.steps.length > 0 ? await removal.endOfGrace(now) : null,
      };
    });
  }

  /** Until when what is forgotten now can come back; null where nothing removes it for good. */
  private async endOfGrace(now: Date): Promise<Date | null> {
    const { soft_delete_grace_days: days } = await new RetentionPolicies(this.context).get();
    return days === null ? null : new Date(now.getTime() + days * DAY_MS);
  }

  private criteria(ids: string[] | undefined, filter: ForgetFilter | undefined): ForgetFilter {
    if ((ids === undefined) === (filter === undefined)) throw invalidInput('Give either memory_ids or filter. Nothing was changed.');
    if (filter && Object.values(filter).every((value) => value === undefined || (Array.isArray(value) && value.length === 0))) {
      throw invalidInput(
        'An empty filter would forget everything. Nothing was changed.',
        'Name at least one of its fields; to see what it takes, use dry_run.',
      );
    }
    this.assertUser(filter?.user);
    return filter ?? {};
  }

  private async pick(ids: string[] | undefined, filter: ForgetFilter, mode: ForgetMode): Promise<{ picked: string[]; total: number }> {
    const { tags = null } = filter;
    const deleted = ids ? null : { soft: false, hard: null, restore: true }[mode];
    const rows = await this.context.db.query<{ id: string; total: number }>(
      pickMemories,
      [
        this.tenantId,
        this.userId,
        ids ?? null,
        deleted,
        filter.user ?? null,
        filter.kinds ?? null,
        filter.tagsMatch === 'all' ? null : tags,
        filter.tagsMatch === 'all' ? tags : null,
        filter.conversationId ?? null,
        filter.after ?? null,
        filter.before ?? null,
        filter.query?.normalize() ?? null,
        FORGET_BATCH,
      ],
      this.context.transaction,
    );
    return { picked: rows.map(({ id }) => id), total: rows[0]?.total ?? 0 };
  }

  /** Deleted memories come back; one that was superseded comes back in the place of its successor, when the caller names it. */
  private async planReturn(rows: readonly Row[], named: boolean): Promise<Plan> {
    const deleted = rows.filter((row) => row.deleted);
    const superseded = rows.filter((row) => !row.deleted && row.supersededById !== null);
    const { db, transaction } = this.context;
    const successors = await db.query<Row>(lockMemories, [this.tenantId, superseded.map((row) => row.supersededById)], transaction);
    for (const { id, supersededById } of successors) {
      if (supersededById === null || superseded.some((row) => row.id === id)) continue;
      const { id: first } = superseded.find((row) => row.supersededById === id)!;
      throw new AppError(
        'conflict',
        `Memory ${first} was superseded by ${id}, and that one in turn by ${supersededById}. Nothing was changed.`,
        {
          hint: `Restore ${id} first, then ${first}; or remember what holds now with supersedes.`,
        },
      );
    }
    const back = [...deleted, ...superseded];
    const makeWay = successors.map(({ id }) => id);
    const taken = await db.query<{ id: string; byId: string }>(findTaken, [this.tenantId, back.map(({ id }) => id), makeWay], transaction);
    if (named && taken[0]) {
      const { id, byId } = taken[0];
      throw new AppError('conflict', `Memory ${id} cannot come back: ${byId} says the same. Nothing was changed.`, {
        hint: `Leave ${id} out, or forget ${byId} first.`,
      });
    }
    const free = ({ id }: Row) => !taken.some((other) => other.id === id);
    return {
      steps: [
        ...deleted.filter(free).map((row) => ({ row, change: 'restored' as const })),
        // The latest first: each then finds its successor in force.
        ...superseded
          .filter(free)
          .map((row) => ({ row, change: 'back_in_force' as const }))
          .reverse(),
      ],
      unchanged: rows.length - back.length,
      held: 0,
      conflicts: taken.length,
    };
  }

  private async carryOut({ steps }: Plan, now: Date): Promise<void> {
    const { db, transaction } = this.context;
    const corpus = new CorpusChanges(this.context);
    const rowsOf = (wanted: Change): Row[] => steps.filter(({ change }) => change === wanted).map(({ row }) => row);
    const idsOf = (rows: readonly Row[]): string[] => rows.map(({ id }) => id);

    const gone = [...rowsOf('deleted'), ...rowsOf('removed')];
    if (gone.length > 0) await corpus.forget('memory', idsOf(gone));
    // Those that are removed too: one that takes its place again may say the same, and both must not be in force at once.
    if (gone.length > 0) await db.query(softDeleteMemories, [this.tenantId, idsOf(gone), now], transaction);
    const removed = idsOf(rowsOf('removed'));
    if (removed.length > 0) {
      await db.query(handOn, [this.tenantId, removed, now], transaction);
      await db.query(removeMemories, [this.tenantId, removed], transaction);
    }
    const restored = rowsOf('restored');
    if (restored.length > 0) await db.query(undeleteMemories, [this.tenantId, idsOf(restored), now], transaction);
    for (const ownerId of new Set(restored.map((row) => row.ownerId)))
      await corpus.count('memory', idsOf(restored.filter((row) => row.ownerId === ownerId)), ownerId);
    for (const { id, supersededById } of rowsOf('back_in_force')) {
      await db.query(stepBack, [this.tenantId, id, supersededById, now], transaction);
      await db.query(putInForce, [this.tenantId, id, now], transaction);
    }
  }
}

function planRemoval(rows: readonly Row[], mode: 'soft' | 'hard'): Plan {
  const held = mode === 'hard' ? rows.filter((row) => row.held) : [];
  const there = mode === 'hard' ? rows.filter((row) => !row.held) : rows.filter((row) => !row.deleted);
  const change = mode === 'hard' ? 'removed' : 'deleted';
  return {
    steps: there.map((row) => ({ row, change })),
    unchanged: rows.length - there.length - held.length,
    held: held.length,
    conflicts: 0,
  };
}
