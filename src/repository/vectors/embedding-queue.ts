import type { Database } from '../../db/database.js';
import { createVectorIndex } from '../../db/vector-index.js';
import { newId } from '../../ids.js';
import { presentOf, snapshotOf } from '../present.js';
import {
  claimSpace,
  countVectors,
  dropSpace,
  findChanged,
  findDue,
  findOlder,
  findWork,
  finishWalk,
  holdSubjects,
  listSpaces,
  moveSpace,
  pruneVectors,
  registerSpace,
  releaseSpace,
  restartWalk,
  retireSpace,
  saveVectors,
} from '../sql/embedding-queue.js';
import { countPendingEmbeddings } from '../sql/stats.js';
import { countUpTo, findVectorIndex } from '../sql/vectors.js';
import { type VectorSource, type VectorSpace, vectorIndex } from './vectors.js';

/** One of our models in one tenant. */
export type SpaceRecord = VectorSpace &
  Readonly<{
    id: string;
    queryPrefix: string;
    documentPrefix: string;
    /** When it first had everything; null while it has not. */
    coveredAt: Date | null;
  }>;

/** Where a space stands: the snapshot whose events it has seen, and its walk over all messages. */
export type SpaceProgress = { seen: string; walkAfter: string | null; walking: boolean };
/** A place among the events that one snapshot did not see and another does. */
export type EventReading = { seen: string; upto: string | null; xactId: string; eventSeq: string };

/** Something to embed; `version` tells whether it is still the same when its vector comes. */
export type DueSubject = { id: string; text: string; version: string };
export type Changed = { due: DueSubject[]; passed: number; upto: string; xactId: string | null; eventSeq: string | null };
export type Older = { due: DueSubject[]; passed: number; last: string | null };

/** Below this, comparing one by one is as fast. */
const INDEXED_FROM = 5_000;
const EARLY_FROM = 500;
const EARLY_UP_TO = 2_000;
const PRUNED_AT_ONCE = 500;
const PRUNING_SECONDS = 60;

/**
 * What our models have still to embed, of one tenant. There is no queue to fill: due is what has no vector. The log of events
 * tells where to look for new and changed messages, a walk over all of them finds those that are older or slipped through,
 * and memories and nodes are few enough to look at all of them. It works for the tenant as a whole: who may see what is
 * decided when vectors are read.
 */
export class EmbeddingQueue {
  readonly #db: Database;
  readonly #tenantId: string;

  constructor(db: Database, tenantId: string) {
    this.#db = db;
    this.#tenantId = tenantId;
  }

  spaces(): Promise<SpaceRecord[]> {
    return this.#db.query<SpaceRecord>(listSpaces, [this.#tenantId]);
  }

  async register({ provider, model, dimensions }: VectorSpace, prefixes: { query: string; document: string }): Promise<void> {
    await this.#db.query(registerSpace, [this.#tenantId, newId(), provider, model, dimensions, prefixes.query, prefixes.document]);
  }

  /** Whether there is anything to embed; memories and nodes are looked at only when `thorough`. */
  async hasWork(space: SpaceRecord, thorough: boolean): Promise<boolean> {
    const [row] = await this.#db.query<{ work: boolean }>(findWork, [...this.#of(space), space.id, thorough, await presentOf(this.#db)]);
    return row?.work === true;
  }

  /**
   * Makes the index for nearest neighbours in a space that has become large enough to need one, where pgvector is there. The
   * embedded engine does nothing else meanwhile, and for a large space that takes minutes: it gets its index early, while it is
   * small, and later only when somebody says that this is the moment (`patient`).
   */
  async ensureIndexes(space: VectorSpace, { patient = false } = {}): Promise<void> {
    const inBackground = this.#db.capabilities.concurrentTransactions;
    const from = inBackground || patient ? INDEXED_FROM : EARLY_FROM;
    for (const source of ['message', 'memory'] as const) {
      const index = vectorIndex(source, space);
      if (index === null) continue;
      const [found] = await this.#db.query<{ version: string | null; valid: boolean | null }>(findVectorIndex, [index.name]);
      if (found?.version == null || found.valid === true) continue;
      const [row] = await this.#db.query<{ count: number }>(countUpTo(source), [...this.#of(space), INDEXED_FROM]);
      const count = row?.count ?? 0;
      if (count < from || (!inBackground && !patient && count > EARLY_UP_TO)) continue;
      await createVectorIndex(this.#db, index.name, index.definition);
    }
  }

  /** Takes a space for a while, or keeps it; null when somebody else has it. */
  async claim(space: SpaceRecord, worker: string, seconds: number): Promise<SpaceProgress | null> {
    const [row] = await this.#db.query<SpaceProgress>(claimSpace, [this.#tenantId, space.id, worker, seconds]);
    return row ?? null;
  }

  async release(space: SpaceRecord, worker: string): Promise<void> {
    await this.#db.query(releaseSpace, [this.#tenantId, space.id, worker]);
  }

  /** The next page of what changed after `from`; a reading begins without `upto` and keeps that of its first page. */
  async changed(space: SpaceRecord, from: EventReading, limit: number): Promise<Changed> {
    const { seen, upto, xactId, eventSeq } = from;
    const [row] = await this.#db.query<Changed & { foreign: boolean }>(findChanged, [
      ...this.#of(space),
      seen,
      upto,
      xactId,
      eventSeq,
      limit,
      await presentOf(this.#db),
    ]);
    const { foreign, ...changed } = row!;
    if (foreign) await this.#db.query(restartWalk, [this.#tenantId, space.id, await snapshotOf(this.#db)]);
    return changed;
  }

  async older(space: SpaceRecord, after: string | null, limit: number): Promise<Older> {
    const [row] = await this.#db.query<Older>(findOlder, [...this.#of(space), after, limit]);
    return row!;
  }

  due(source: Exclude<VectorSource, 'message'>, space: SpaceRecord, except: readonly string[], limit: number): Promise<DueSubject[]> {
    return this.#db.query<DueSubject>(findDue(source), [...this.#of(space), except, limit]);
  }

  /** Stores vectors of what is still there and unchanged; answers how many. What has one already keeps it. */
  async save(source: VectorSource, space: SpaceRecord, rows: readonly (DueSubject & { vector: readonly number[] })[]): Promise<number> {
    if (rows.length === 0) return 0;
    const ids = rows.map(({ id }) => id);
    const values = [
      rows.map(() => newId()),
      ids,
      rows.map(({ version }) => version),
      rows.map(({ vector }) => `{${vector.map((value) => Math.fround(value)).join(',')}}`),
    ];
    const saved = await this.#db.transaction(async (transaction) => {
      await this.#db.query(holdSubjects(source), [this.#tenantId, ids], transaction);
      return this.#db.query<{ id: string }>(saveVectors(source), [...this.#of(space), ...values], transaction);
    });
    return saved.length;
  }

  /** Every event that this snapshot knows has been looked at. */
  async saw(space: SpaceRecord, snapshot: string): Promise<void> {
    await this.#db.query(moveSpace, [this.#tenantId, space.id, snapshot, null]);
  }

  async walkedTo(space: SpaceRecord, last: string): Promise<void> {
    await this.#db.query(moveSpace, [this.#tenantId, space.id, null, last]);
  }

  /** The walk has seen every message: from now on the space answers queries. */
  async finishWalk(space: SpaceRecord, nextInSeconds: number): Promise<void> {
    await this.#db.query(finishWalk, [this.#tenantId, space.id, nextInSeconds]);
  }

  async restartWalk(space: SpaceRecord): Promise<void> {
    await this.#db.query(restartWalk, [this.#tenantId, space.id, null]);
  }

  /** Messages and memories that have no vector in a space yet. */
  async pending({ provider, model, dimensions }: Omit<VectorSpace, 'dimensions'> & { dimensions: number | null }): Promise<number> {
    const [row] = await this.#db.query<{ pending: number }>(countPendingEmbeddings, [
      this.#tenantId,
      null,
      [provider],
      [model],
      [dimensions],
    ]);
    return row?.pending ?? 0;
  }

  async count(space: VectorSpace): Promise<{ messages: number; memories: number }> {
    const [row] = await this.#db.query<{ messages: number; memories: number }>(countVectors, this.#of(space));
    return row!;
  }

  /** Removes a space with its vectors, in small transactions; answers how many vectors, or null when somebody works on it. */
  async prune(space: SpaceRecord): Promise<number | null> {
    const worker = newId();
    if (!(await this.claim(space, worker, PRUNING_SECONDS))) return null;
    await this.#db.query(retireSpace, [this.#tenantId, space.id]);
    let removed = 0;
    for (const table of ['message_vectors', 'memory_vectors'] as const) {
      for (let count = PRUNED_AT_ONCE; count === PRUNED_AT_ONCE; ) {
        count = (await this.#db.query(pruneVectors(table), [...this.#of(space), PRUNED_AT_ONCE])).length;
        removed += count;
        await this.claim(space, worker, PRUNING_SECONDS);
      }
    }
    await this.#db.query(dropSpace, [this.#tenantId, space.id, worker]);
    return removed;
  }

  #of({ provider, model, dimensions }: VectorSpace): unknown[] {
    return [this.#tenantId, provider, model, dimensions];
  }
}
