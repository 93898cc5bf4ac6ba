import { z } from 'zod';
import { invalidInput, notFound } from '../../errors.js';
import { newId } from '../../ids.js';
import { Repository } from '../context.js';
import { decodeCursor, encodeCursor } from '../cursor.js';
import type { JsonObject, MessageRole } from '../records.js';
import { deleteVectors, showSubjects, upsertVectors } from '../sql/brought-vectors.js';
import { OWN_PROVIDERS } from './own-providers.js';
import { type NearestFilter, type QueryVector, VectorRepository } from './vectors.js';

export const VECTOR_SUBJECTS = ['message', 'memory'] as const;
export type VectorSubject = (typeof VECTOR_SUBJECTS)[number];

export type BroughtVector = {
  kind: VectorSubject;
  subjectId: string;
  provider: string;
  model: string;
  /** Tells several vectors of one subject apart. */
  key: string;
  values: readonly number[];
  metadata: JsonObject;
};

export type StoredVector = { id: string; kind: VectorSubject; subjectId: string; created: boolean };

export type VectorHit = {
  kind: VectorSubject;
  id: string;
  cosine: number;
  metadata: JsonObject;
  conversationId: string | null;
  seq: number | null;
  role: MessageRole | null;
  author: string | null;
  text: string;
  truncated: boolean;
  createdAt: Date;
};

export type VectorSelection = {
  messageIds?: string[] | undefined;
  memoryIds?: string[] | undefined;
  conversationId?: string | undefined;
  provider?: string | undefined;
  model?: string | undefined;
};

/** Paging goes no further: what comes later is near to nothing. */
const MAX_REACH = 500;
const place = z.tuple([z.int().min(1).max(MAX_REACH)]);

/** Vectors that agents make themselves and keep beside messages and memories. */
export class BroughtVectors extends Repository {
  /** Stores all of them or none; one of the same subject, model, width and key is replaced. */
  async upsert(vectors: readonly BroughtVector[]): Promise<StoredVector[]> {
    this.check(vectors);
    return this.atomically(async ({ db, clock, transaction }) => {
      const stored: StoredVector[] = [];
      for (const kind of VECTOR_SUBJECTS) {
        const its = vectors.filter((vector) => vector.kind === kind);
        if (its.length === 0) continue;
        const rows = await db.query<Omit<StoredVector, 'kind'>>(
          upsertVectors(kind),
          [
            this.tenantId,
            this.userId,
            clock(),
            its.map(() => newId()),
            its.map(({ subjectId }) => subjectId),
            its.map(({ provider }) => provider),
            its.map(({ model }) => model),
            its.map(({ key }) => key),
            its.map(({ values }) => `{${values.join(',')}}`),
            its.map(({ metadata }) => JSON.stringify(metadata)),
          ],
          transaction,
        );
        const there = new Set(rows.map(({ subjectId }) => subjectId));
        const missing = its.find(({ subjectId }) => !there.has(subjectId));
        if (missing)
          throw notFound(kind, missing.subjectId, 'Nothing was stored. Search for the ids of messages and memories you can see.');
        stored.push(...rows.map((row) => ({ ...row, kind })));
      }
      return stored;
    });
  }

  /** What is nearest to a query, best first, of one kind or both. */
  async query(
    query: QueryVector,
    { kinds, minScore, ...filter }: NearestFilter & { kinds: readonly VectorSubject[]; minScore?: number | undefined },
    { limit, cursor }: { limit: number; cursor?: string | undefined },
  ): Promise<{ hits: VectorHit[]; nextCursor: string | null }> {
    const bound = { ...filter, kinds, minScore, query, tenantId: this.tenantId, userId: this.userId };
    const start = cursor === undefined ? 0 : decodeCursor('query_vectors', bound, cursor, place)[0];
    const vectors = new VectorRepository(this.context);
    const reach = Math.min(start + limit + 1, MAX_REACH + 1);
    const found: (Awaited<ReturnType<VectorRepository['nearest']>>[number] & { kind: VectorSubject })[] = [];
    for (const kind of kinds)
      found.push(...(await vectors.nearest(kind, query, reach, filter)).map((neighbour) => ({ ...neighbour, kind })));
    const ranked = found
      .filter(({ cosine }) => minScore === undefined || cosine >= minScore)
      .sort((a, b) => b.cosine - a.cosine || (a.id < b.id ? -1 : 1));
    const page = ranked.slice(start, start + limit);
    const shown = new Map<string, Omit<VectorHit, 'kind' | 'cosine' | 'metadata'>>();
    for (const kind of kinds) for (const row of await this.show(kind, page)) shown.set(row.id, row);
    const hits = page.flatMap(({ kind, id, cosine, metadata }) => {
      const row = shown.get(id);
      return row ? [{ kind, cosine, metadata, ...row }] : [];
    });
    const end = start + page.length;
    return { hits, nextCursor: ranked.length > end && end < MAX_REACH ? encodeCursor('query_vectors', bound, [end]) : null };
  }

  /** Removes vectors, or only counts them; those of our own providers stay. */
  async remove(
    selection: VectorSelection,
    { kinds, dryRun }: { kinds: readonly VectorSubject[]; dryRun: boolean },
  ): Promise<Record<VectorSubject, number>> {
    const { messageIds, memoryIds, conversationId = null, provider = null, model = null } = selection;
    const named = messageIds !== undefined || memoryIds !== undefined;
    const remove = async (kind: VectorSubject, ids: string[] | undefined): Promise<number> => {
      if (!kinds.includes(kind) || (named && ids === undefined)) return 0;
      const [row] = await this.context.db.query<{ count: number }>(
        deleteVectors(kind),
        [this.tenantId, this.userId, ids ?? null, conversationId, provider, model, OWN_PROVIDERS, dryRun],
        this.context.transaction,
      );
      return row?.count ?? 0;
    };
    return { message: await remove('message', messageIds), memory: await remove('memory', memoryIds) };
  }

  private show(kind: VectorSubject, page: readonly { kind: VectorSubject; id: string }[]) {
    const ids = page.filter((hit) => hit.kind === kind).map(({ id }) => id);
    if (ids.length === 0) return [];
    return this.context.db.query<Omit<VectorHit, 'kind' | 'cosine' | 'metadata'>>(
      showSubjects(kind),
      [this.tenantId, this.userId, ids],
      this.context.transaction,
    );
  }

  private check(vectors: readonly BroughtVector[]): void {
    const seen = new Set<string>();
    vectors.forEach(({ kind, subjectId, provider, model, key, values }, at) => {
      if ((OWN_PROVIDERS as readonly string[]).includes(provider))
        throw invalidInput(
          `vectors[${at}].provider ${JSON.stringify(provider)} is one of ours: its vectors are made by the server. Nothing was stored.`,
          'Leave `provider` out.',
        );
      if (values.every((value) => Math.fround(value) === 0))
        throw invalidInput(`vectors[${at}].values are all zero: they point nowhere and are near to nothing. Nothing was stored.`);
      const name = JSON.stringify([kind, subjectId, provider, model, key, values.length]);
      if (seen.has(name))
        throw invalidInput(
          `vectors[${at}] has the same subject, model and key as one before it. Nothing was stored.`,
          'Give each its own `key`.',
        );
      seen.add(name);
    });
  }
}
